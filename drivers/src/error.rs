//! Why a driver did not do what it was asked.

use std::error::Error as StdError;
use std::fmt;

use score_resolver::{Applied, Failure};

/// Why a driver did not do what it was asked.
///
/// An error is permanent unless it says otherwise ([`temporary`](Self::temporary)); only temporary ones are retried, and only by the [`Retry`](crate::Retry) layer. What did come to exist all the same belongs in
/// [`partial`](Self::partial): it is recorded, so that it can be completed or destroyed.
///
/// ```
/// use score_drivers::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Unavailable, "the server `db-1` does not answer").temporary();
/// assert!(error.is_temporary() && error.is_definite());
/// ```
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    temporary: bool,
    definite: bool,
    message: String,
    partial: Option<Box<Applied>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What kind of error it is, for callers that tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// None of the others.
    Other,
    /// The inputs cannot be served.
    InvalidInput,
    /// What it needs is not there.
    NotFound,
    /// What it would make is there already, and somebody else's.
    Conflict,
    /// It is not allowed to.
    Denied,
    /// What it talks to does not answer, or is busy.
    Unavailable,
    /// The driver does not do this.
    Unsupported,
    /// The driver did not keep its contract: it answered what is no answer.
    BadAnswer,
    /// It took too long.
    TimedOut,
    /// It was cancelled.
    Cancelled,
    /// The driver panicked.
    Panicked,
}

impl ErrorKind {
    const ALL: [Self; 11] = [
        Self::Other,
        Self::InvalidInput,
        Self::NotFound,
        Self::Conflict,
        Self::Denied,
        Self::Unavailable,
        Self::Unsupported,
        Self::BadAnswer,
        Self::TimedOut,
        Self::Cancelled,
        Self::Panicked,
    ];

    /// Its name in files and logs, such as `timed out`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::InvalidInput => "invalid input",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
            Self::Unsupported => "unsupported",
            Self::BadAnswer => "bad answer",
            Self::TimedOut => "timed out",
            Self::Cancelled => "cancelled",
            Self::Panicked => "panicked",
        }
    }

    /// The kind of this name; [`Other`](Self::Other) if there is none.
    pub(crate) fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).unwrap_or(Self::Other)
    }
}

impl Error {
    /// A permanent error. The message says what happened to what, what it happened to in backticks.
    ///
    /// It is certain that nothing happened, unless the kind is [`TimedOut`](ErrorKind::TimedOut), [`Cancelled`](ErrorKind::Cancelled), [`Panicked`](ErrorKind::Panicked) or
    /// [`BadAnswer`](ErrorKind::BadAnswer); see [`definite`](Self::definite).
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        use ErrorKind::{BadAnswer, Cancelled, Panicked, TimedOut};
        let definite = !matches!(kind, TimedOut | Cancelled | Panicked | BadAnswer);
        Self { kind, temporary: false, definite, message: message.into(), partial: None, source: None }
    }

    /// The inputs cannot be served.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    /// The driver does not do this operation.
    pub fn unsupported(operation: &str) -> Self {
        Self::new(ErrorKind::Unsupported, format!("the driver does not do `{operation}`"))
    }

    /// It was cancelled before anything happened.
    pub fn cancelled() -> Self {
        Self::new(ErrorKind::Cancelled, "cancelled").definite(true)
    }

    /// The same, temporary: trying again may help.
    #[must_use]
    pub fn temporary(self) -> Self {
        Self { temporary: true, ..self }
    }

    /// The same, permanent: trying again does not help.
    #[must_use]
    pub fn permanent(self) -> Self {
        Self { temporary: false, ..self }
    }

    /// The same, and whether it is certain that nothing happened beyond [`partial`](Self::partial).
    #[must_use]
    pub fn definite(self, definite: bool) -> Self {
        Self { definite, ..self }
    }

    /// The same, with what did come to exist.
    #[must_use]
    pub fn with_partial(self, partial: Applied) -> Self {
        Self { partial: Some(Box::new(partial)), ..self }
    }

    /// The same, with what caused it.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// The same, with another message.
    #[must_use]
    pub fn with_message(self, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..self }
    }

    pub(crate) fn without_source(self) -> Self {
        Self { source: None, ..self }
    }

    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether trying again may help.
    pub fn is_temporary(&self) -> bool {
        self.temporary
    }

    /// Whether it is certain that nothing happened beyond [`partial`](Self::partial).
    pub fn is_definite(&self) -> bool {
        self.definite
    }

    /// What happened.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What did come to exist.
    pub fn partial(&self) -> Option<&Applied> {
        self.partial.as_deref()
    }

    /// What did come to exist, taken out.
    pub fn take_partial(&mut self) -> Option<Applied> {
        self.partial.take().map(|partial| *partial)
    }

    /// The message, and those of what caused it, in one text.
    pub fn full_message(&self) -> String {
        full_message(self)
    }
}

/// The message of an error, and those of what caused it that it does not say itself, in one text.
pub fn full_message(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// What crosses back into a run. The causes become part of the message.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut failure = Self::new(error.full_message());
        failure.definite = error.definite;
        failure.cancelled = error.kind == ErrorKind::Cancelled;
        failure.partial = error.partial;
        failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn becomes_a_failure() {
        let error = Error::new(ErrorKind::TimedOut, "`db` took longer than 5 s").with_source("no route to host");
        let failure = Failure::from(error);
        assert_eq!(failure.message, "`db` took longer than 5 s: no route to host");
        assert_eq!((failure.definite, failure.cancelled), (false, false));
        assert!(Failure::from(Error::cancelled()).cancelled);
    }
}
