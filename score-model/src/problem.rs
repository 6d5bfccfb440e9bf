//! Problems that checks find, before they have a place in a file.

use crate::{Diagnostic, Document, Path, Severity, Span};

/// Something that is wrong with a part of a document.
#[derive(Debug)]
#[must_use]
pub(crate) struct Problem {
    pub(crate) path: Path,
    severity: Severity,
    code: &'static str,
    message: String,
    help: Option<String>,
    /// The help is to put what is written in quotes; a number says no more how it was written.
    quote: bool,
    spot: Spot,
}

/// What of a part is wrong.
#[derive(Debug)]
enum Spot {
    Value,
    Key,
    Within(Span),
}

impl Problem {
    pub(crate) fn error(code: &'static str, path: Path, message: impl Into<String>) -> Self {
        Self {
            path,
            severity: Severity::Error,
            code,
            message: message.into(),
            help: None,
            quote: false,
            spot: Spot::Value,
        }
    }

    pub(crate) fn warning(code: &'static str, path: Path, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, path, message) }
    }

    pub(crate) fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }

    /// What is written should be in quotes.
    pub(crate) fn quote_it(mut self) -> Self {
        self.quote = true;
        self
    }

    /// The key is wrong, or shows best what is.
    pub(crate) fn at_key(mut self) -> Self {
        self.spot = Spot::Key;
        self
    }

    /// These bytes of the text are wrong.
    pub(crate) fn within(mut self, span: Span) -> Self {
        self.spot = Spot::Within(span);
        self
    }

    /// The problem with its place in the file; in a document that no file contains, with the path in its message.
    pub(crate) fn diagnostic(self, document: &Document) -> Diagnostic {
        let place = match self.spot {
            _ if !document.was_written() => None,
            Spot::Value => Some(document.place(&self.path)),
            Spot::Key => Some(document.key_place(&self.path)),
            Spot::Within(span) => Some(document.place_within(&self.path, span)),
        };
        let message = match place {
            None if !self.path.is_root() => format!("{}: {}", self.path, self.message),
            _ => self.message,
        };
        let mut diagnostic = match self.severity {
            Severity::Error => Diagnostic::error(self.code, message),
            Severity::Warning => Diagnostic::warning(self.code, message),
        };
        let written = place.as_ref().filter(|_| self.quote).and_then(|place| {
            let written = place.source.text().get(place.span.start..place.span.end)?;
            (!written.contains(['"', '\\', '\n', '*', '!', '&']))
                .then(|| format!("put it in quotes: `\"{}\"`", written.trim()))
        });
        diagnostic.help = written.or(self.help);
        diagnostic.at(place)
    }
}
