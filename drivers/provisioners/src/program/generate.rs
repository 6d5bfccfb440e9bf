//! The flags of `generate`.

use std::path::{Path, PathBuf};

use clap::Args;
use score_model::Source;

use crate::{Dialect, Error, Overrides, replace_file};

/// What both programs take for `generate`.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct GenerateArguments {
    /// Score files; without any, the project as it is.
    pub files: Vec<PathBuf>,
    /// A file to lay over the Score file.
    #[arg(long, value_name = "FILE")]
    pub overrides_file: Option<PathBuf>,
    /// A value to lay over the Score file; an empty one takes away what is there.
    #[arg(long, value_name = "PATH=VALUE", allow_hyphen_values = true)]
    pub override_property: Vec<String>,
    /// The image of containers whose image is `.`.
    #[arg(short, long)]
    pub image: Option<String>,
    /// Refuse provisioners that are programs.
    #[arg(long)]
    pub forbid_commands: bool,
}

impl GenerateArguments {
    /// The Score files, sorted by their paths.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn sources(&self, dialect: Dialect) -> Result<Vec<Source>, Error> {
        let mut files: Vec<&PathBuf> = self.files.iter().collect();
        files.sort();
        let read = |path: &PathBuf| {
            let name = path.display();
            read(
                path,
                match dialect {
                    Dialect::Compose => format!("failed to read '{name}'"),
                    Dialect::Kubernetes => format!("failed to read input score file: {name}"),
                },
            )
        };
        files.into_iter().map(read).collect()
    }

    /// What is laid over the Score file.
    ///
    /// # Errors
    /// The file of overrides cannot be read.
    pub fn overrides(&self) -> Result<Overrides, Error> {
        let file =
            self.overrides_file.as_deref().filter(|path| !path.as_os_str().is_empty()).map(|path| {
                read(path, format!("--overrides-file '{}' is invalid, failed to read file", path.display()))
            });
        Ok(Overrides {
            file: file.transpose()?,
            properties: given(&self.override_property).to_vec(),
            image: self.image.clone().filter(|image| !image.is_empty()),
            ..Overrides::default()
        })
    }
}

/// What a flag that may be repeated was given: one empty text alone is nothing, as where a variable of a script is not set.
pub fn given(texts: &[String]) -> &[String] {
    match texts {
        [only] if only.is_empty() => &[],
        texts => texts,
    }
}

/// Brings a document to where `--output` says; what is to be printed comes back.
///
/// # Errors
/// It says nothing, or the file cannot be written.
pub fn deliver(output: &str, text: String) -> Result<String, Error> {
    match output {
        "" => Err(Error::Convert("no output file specified".into())),
        "-" => Ok(text),
        path => {
            let written = replace_file(Path::new(path), text.as_bytes(), 0o644).map(|()| String::new());
            written.map_err(|e| Error::Convert(format!("failed to write output file: {e}")))
        }
    }
}

/// `failed`: what is said where it cannot be read.
fn read(path: &Path, failed: String) -> Result<Source, Error> {
    let failed = |source| Error::Io { what: format!("{failed}: open {}", path.display()), source };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    Ok(Source::new(path.display().to_string(), text))
}
