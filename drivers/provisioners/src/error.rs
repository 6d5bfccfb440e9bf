//! What can go wrong.

use std::path::Path;

/// What went wrong in a project of the Score tools. The messages are close to theirs, for scripts that look into them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A provisioner file is not sound.
    #[error("{0}")]
    ProvisionerFile(String),
    /// A state file is not sound.
    #[error("{0}")]
    State(String),
    /// A workload, or what it asks for, is not sound.
    #[error("{0}")]
    Workload(String),
    /// A resource could not be provisioned.
    #[error("{0}")]
    Provision(String),
    /// A workload could not be converted.
    #[error("{0}")]
    Convert(String),
    /// A patch template is not sound, or could not be applied.
    #[error("{0}")]
    Patch(String),
    /// A file or program could not be used.
    #[error("{what}: {}", reason(source))]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

/// Why something could not be done with a file, in the words of scripts: `no such file or directory`.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split_once(" (os error").map_or(&*text, |(text, _)| text);
    let mut rest = text.chars();
    rest.next().map(|first| first.to_lowercase().chain(rest).collect()).unwrap_or_default()
}

impl Error {
    pub(crate) fn io(what: &str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { what: format!("{what} '{}'", path.display()), source }
    }
}
