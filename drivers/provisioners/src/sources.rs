//! Where provisioner files and patch templates come from.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::Error;

/// The most bytes that are taken from anywhere.
const LIMIT: u64 = 1 << 30;

/// One file that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched {
    /// The uri that names it: of a file in a directory, that of the directory and its name.
    pub uri: String,
    /// Its content.
    pub content: String,
}

/// Fetches what a uri names: a file or directory (`PATH`, `file://PATH`, `~/PATH`), or standard input (`-`). A directory gives its files in the order of their names.
///
/// # Errors
/// There is nothing, or it is too much, or no text. The schemes `http`, `https`, `git-ssh`, `git-https` and `oci` are not built.
pub fn fetch(uri: &str, directory: &Path, home: Option<&Path>) -> Result<Vec<Fetched>, Error> {
    if uri == "-" {
        let read = read(std::io::stdin().lock(), "standard input")?;
        if read.is_empty() {
            return Err(Error::ProvisionerFile("standard input is empty".into()));
        }
        return Ok(vec![Fetched { uri: "from-stdin".into(), content: read }]);
    }
    let path = match uri.split_once("://") {
        None => uri,
        Some(("file", path)) => path,
        Some((scheme @ ("http" | "https" | "git-ssh" | "git-https" | "oci"), _)) => {
            let message =
                format!("'{uri}': fetching by '{scheme}' is not built yet; fetch it yourself and give the file");
            return Err(Error::ProvisionerFile(message));
        }
        Some((scheme, _)) => return Err(Error::ProvisionerFile(format!("unsupported scheme '{scheme}'"))),
    };
    let path: PathBuf = match (path.strip_prefix("~/"), home) {
        (Some(below), Some(home)) => home.join(below),
        _ => directory.join(path),
    };
    if !path.is_dir() {
        return Ok(vec![Fetched { uri: uri.into(), content: read_file(&path)? }]);
    }
    let failed = |e| Error::io("failed to read directory", &path, e);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().is_file() {
            names.push(entry.file_name());
        }
    }
    if names.is_empty() {
        return Err(Error::ProvisionerFile(format!("directory '{}' has no files", path.display())));
    }
    names.sort();
    let fetched = names.into_iter().map(|name| {
        let uri = format!("{}/{}", uri.trim_end_matches('/'), name.to_string_lossy());
        Ok(Fetched { uri, content: read_file(&path.join(name))? })
    });
    fetched.collect()
}

fn read_file(path: &Path) -> Result<String, Error> {
    let file = std::fs::File::open(path).map_err(|e| Error::io("failed to read file", path, e))?;
    read(file, &path.display().to_string())
}

fn read(source: impl std::io::Read, name: &str) -> Result<String, Error> {
    let mut text = String::new();
    let failed = |source| Error::Io { what: format!("failed to read '{name}'"), source };
    source.take(LIMIT + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > LIMIT {
        return Err(Error::ProvisionerFile(format!("'{name}' is larger than {LIMIT} bytes")));
    }
    Ok(text)
}
