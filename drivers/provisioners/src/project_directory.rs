//! The directory in which a Score tool keeps what it knows of a project.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use score_model::Source;
use sha2::{Digest as _, Sha256};

use crate::sources::Fetched;
use crate::state::State;
use crate::{Dialect, Error, Provisioner, replace_file};

const SUFFIX: &str = ".provisioners.yaml";
const DEFAULTS: &str = "zz-default.provisioners.yaml";

/// The directory in which a Score tool keeps state and provisioners of a project.
#[derive(Clone, Debug)]
pub struct ProjectDirectory {
    pub(crate) dialect: Dialect,
    path: PathBuf,
}

impl ProjectDirectory {
    /// That of the project in `directory`, whether it is there or not.
    pub fn of(dialect: Dialect, directory: &Path) -> Self {
        Self { dialect, path: directory.join(dialect.directory()) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn state_file(&self) -> PathBuf {
        self.path.join("state.yaml")
    }

    /// What the project remembers; `None` where there is no project.
    ///
    /// # Errors
    /// The state file cannot be read, or is not sound.
    pub fn load(&self) -> Result<Option<State>, Error> {
        let path = self.state_file();
        if !path.exists() {
            return Ok(None);
        }
        let failed = |problem| Error::State(format!("failed to load existing state directory: {problem}"));
        let text = std::fs::read_to_string(&path).map_err(|e| failed(Error::io("failed to read file", &path, e)))?;
        State::read(Source::new(path.display().to_string(), text)).map(Some).map_err(failed)
    }

    /// What the project remembers, which must be there.
    ///
    /// # Errors
    /// There is no project, or [`load`](Self::load) fails.
    pub fn load_existing(&self) -> Result<State, Error> {
        let tool = self.dialect.tool();
        let none = || Error::State(format!("state directory does not exist, please run \"{tool} init\" first"));
        self.load()?.ok_or_else(none)
    }

    /// Writes what the project remembers. Only its owner can read it: it holds passwords.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self, state: &State) -> Result<(), Error> {
        replace_file(&self.state_file(), state.write(self.dialect).as_bytes(), 0o600)
    }

    /// All provisioners, in the order in which they are asked: by the names of their files, then as written.
    ///
    /// # Errors
    /// A file cannot be read, or is not sound.
    pub fn provisioners(&self) -> Result<Vec<Provisioner>, Error> {
        let mut provisioners = Vec::new();
        for name in self.provisioner_files()? {
            let path = self.path.join(&name);
            let text = std::fs::read_to_string(&path).map_err(|e| Error::io("failed to read file", &path, e))?;
            let read = Provisioner::read_all(self.dialect, Source::new(name.clone(), text));
            provisioners.extend(read.map_err(|e| Error::ProvisionerFile(format!("failed to load '{name}': {e}")))?);
        }
        Ok(provisioners)
    }

    fn provisioner_files(&self) -> Result<Vec<String>, Error> {
        let failed = |e| Error::io("failed to read directory", &self.path, e);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(SUFFIX) && !entry.path().is_dir() {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Whether the default provisioners are there.
    pub fn has_defaults(&self) -> bool {
        self.path.join(DEFAULTS).exists()
    }

    /// Writes the default provisioners.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write_defaults(&self) -> Result<(), Error> {
        let text = match self.dialect {
            Dialect::Compose => include_str!("defaults/compose.provisioners.yaml"),
            Dialect::Kubernetes => include_str!("defaults/kubernetes.provisioners.yaml"),
        };
        replace_file(&self.path.join(DEFAULTS), text.as_bytes(), 0o644)
    }

    /// Keeps a provisioner file, before all that are there; one that was fetched from the same uri goes. `now` is the time in nanoseconds since 1970, later for each file.
    ///
    /// The name begins with 16 hex digits that fall with time, so that the order of the names is that of the files, newest first.
    ///
    /// # Errors
    /// It is not sound, or cannot be written.
    pub fn install(&self, fetched: &Fetched, now: u64, time: &str) -> Result<(), Error> {
        Provisioner::read_all(self.dialect, Source::new(fetched.uri.clone(), fetched.content.clone()))
            .map_err(|e| Error::ProvisionerFile(format!("invalid provisioners file: {e}")))?;
        let text = format!("# Downloaded from {} at {time}\n{}", fetched.uri, fetched.content);
        if fetched.uri == "-" {
            return replace_file(&self.path.join(format!("from-stdin{SUFFIX}")), text.as_bytes(), 0o600);
        }
        let hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(fetched.uri.as_bytes())[..16]);
        let same = format!(".{hash}{SUFFIX}");
        let name = format!("{:016x}{same}", (i64::MAX as u64).saturating_sub(now));
        for old in self.provisioner_files()?.into_iter().filter(|old| old.ends_with(&same) && *old != name) {
            let old = self.path.join(old);
            std::fs::remove_file(&old).map_err(|e| Error::io("failed to remove file", &old, e))?;
        }
        replace_file(&self.path.join(name), text.as_bytes(), 0o600)
    }

    /// Makes the directory.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(&self) -> Result<(), Error> {
        let directories = match self.dialect {
            Dialect::Compose => self.path.join("mounts"),
            Dialect::Kubernetes => self.path.clone(),
        };
        std::fs::create_dir_all(&directories).map_err(|e| Error::io("failed to create directory", &directories, e))
    }
}
