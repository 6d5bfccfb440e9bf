//! Why a command was not done, and how that is told.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use score_engine::EngineError;
use score_engine::model::{Diagnostic, Diagnostics};
use serde_json::json;

use crate::arguments::Format;
use crate::events;

/// Why a command was not done.
#[derive(Debug)]
pub(crate) enum Problem {
    /// It was asked for in a way that cannot be.
    Usage(Diagnostics),
    /// Something is wrong with what was asked, or with the world.
    Wrong(Diagnostics),
}

impl Problem {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(Diagnostic::error("usage", message).into())
    }

    pub(crate) fn usage_with_help(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage(Diagnostic::error("usage", message).help(help).into())
    }

    pub(crate) fn wrong(code: &'static str, message: impl Into<String>) -> Self {
        Self::Wrong(Diagnostic::error(code, message).into())
    }

    /// What a later version will do.
    pub(crate) fn not_built(what: &str) -> Self {
        Self::usage(format!("{what} is not built yet"))
    }

    fn diagnostics(&self) -> Diagnostics {
        match self {
            Self::Usage(diagnostics) | Self::Wrong(diagnostics) => diagnostics.clone(),
        }
    }

    /// Tells it: as JSON on standard output, as text on standard error. `lines`: as events, one a line, with the last one that ends them all.
    pub(crate) fn print(&self, format: Format, lines: bool) {
        let diagnostics = self.diagnostics();
        if format == Format::Json && lines {
            events::print_diagnostics(&diagnostics);
            events::print_finished(&Default::default());
        } else if format == Format::Json {
            print_json(&json!({"diagnostics": diagnostics}));
        } else {
            // A closed pipe is no reason to fail.
            let _ = writeln!(std::io::stderr(), "{diagnostics}");
        }
    }
}

impl From<Diagnostics> for Problem {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Wrong(diagnostics)
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let code = match error {
            // An option that names nothing.
            EngineError::Rejected(found) if found.iter().any(|one| one.code == "no-such-resource") => {
                return Self::Usage(found);
            }
            EngineError::Rejected(diagnostics) => return Self::Wrong(diagnostics),
            EngineError::Locked { .. } => "locked",
            EngineError::Fenced { .. } => "fenced",
            EngineError::Stale(_) => "stale",
            EngineError::Plan(_) => "plan",
            EngineError::Import(_) => "import",
            EngineError::Interrupted => "interrupted",
            _ => "state",
        };
        let diagnostic = Diagnostic::error(code, error.full_message());
        Self::Wrong(match error.help() {
            Some(help) => diagnostic.help(help).into(),
            None => diagnostic.into(),
        })
    }
}

/// Prints a result as JSON. A closed pipe is no reason to fail.
pub(crate) fn print_json(value: &serde_json::Value) {
    let _ = writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(value).unwrap_or_default());
}

/// Prints a result as text. A closed pipe is no reason to fail.
pub(crate) fn print_text(text: &str) {
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes());
    if !text.is_empty() && !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
}

/// Prints what accompanies a result, such as warnings, to standard error.
pub(crate) fn print_notes(notes: &Diagnostics) {
    for note in notes {
        let _ = writeln!(std::io::stderr(), "{note}");
    }
}

/// Writes a file that only its owner reads, since there may be secrets in it: all of it, or the one that is there stays. What is no ordinary file, such as a pipe, is written to.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Problem> {
    let ordinary = fs::symlink_metadata(path).map_or(true, |found| found.is_file());
    let written = if ordinary { replace(path, text) } else { fs::write(path, text) };
    written.map_err(|error| Problem::wrong("unwritable", format!("`{}` cannot be written: {error}", path.display())))
}

/// Puts a file in the place of another, or writes to that where nothing can be put beside it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let mut open = fs::OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    let Ok(mut file) = open.open(&beside) else { return fs::write(path, text) };
    let written = file.write_all(text.as_bytes());
    let done = written.and_then(|()| fs::rename(&beside, path).or_else(|_| fs::write(path, text)));
    // Where it took the other's place there is none any more.
    drop(fs::remove_file(&beside));
    done
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn what_is_written_is_private_and_alone() {
        let directory = tempfile::tempdir().unwrap();
        let (path, link) = (directory.path().join("plan"), directory.path().join("link"));
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write_private(&path, "after").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        symlink("plan", &link).unwrap();
        write_private(&link, "through").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "through");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2, "nothing is left beside");
        assert!(write_private(directory.path(), "x").is_err());
        assert!(write_private(&directory.path().join("no/plan"), "x").is_err());
    }
}
