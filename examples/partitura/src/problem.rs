//! Why a command was not done, and how that is told.

use std::io::Write;

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

/// Writes a file that only its owner reads: there may be secrets in it.
pub(crate) fn write_private(path: &std::path::Path, text: &str) -> Result<(), Problem> {
    let mut open = std::fs::OpenOptions::new();
    open.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    open.open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Problem::wrong("unwritable", format!("`{}` cannot be written: {error}", path.display())))
}
