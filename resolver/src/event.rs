//! What is told of a deployment as it happens.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use score_model::{Diagnostic, ResourceUid};
use serde::Serialize;

use crate::Operation;

/// Something that happened in a deployment. Serialised as `{"event": "started", "uid", …}`; no secret is in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Event {
    /// A driver is about to be called.
    Started {
        /// For which resource.
        uid: ResourceUid,
        /// What for.
        operation: Operation,
    },
    /// A driver tells how far it is.
    Progress {
        /// For which resource.
        uid: ResourceUid,
        /// What it says.
        message: Arc<str>,
    },
    /// A driver failed for now and is called again.
    Retried {
        /// For which resource.
        uid: ResourceUid,
        /// How often it was called before: the number of the attempt that failed.
        attempt: u32,
        /// What it said.
        message: Arc<str>,
    },
    /// It is done and recorded.
    Succeeded {
        /// Which resource.
        uid: ResourceUid,
        /// What was done.
        operation: Operation,
    },
    /// Nothing was to be done.
    Unchanged {
        /// Which resource.
        uid: ResourceUid,
    },
    /// It could not be done. What came to exist is recorded.
    Failed {
        /// Which resource.
        uid: ResourceUid,
        /// What could not be done.
        operation: Operation,
        /// What happened.
        message: Arc<str>,
    },
    /// It was not started, because something else failed.
    Skipped {
        /// Which resource.
        uid: ResourceUid,
        /// What it depends on that failed; `None` if it does not depend on it.
        #[serde(skip_serializing_if = "Option::is_none")]
        because_of: Option<ResourceUid>,
    },
    /// It was not started or not finished, because the deployment was cancelled.
    Cancelled {
        /// Which resource.
        uid: ResourceUid,
    },
    /// Something that people should know.
    Diagnostic {
        /// Of which resource, if of one.
        #[serde(skip_serializing_if = "Option::is_none")]
        uid: Option<ResourceUid>,
        /// What.
        #[serde(flatten)]
        diagnostic: Box<Diagnostic>,
    },
}

impl Event {
    /// The resource it is about, if it is about one.
    pub fn uid(&self) -> Option<&ResourceUid> {
        match self {
            Self::Started { uid, .. }
            | Self::Progress { uid, .. }
            | Self::Retried { uid, .. }
            | Self::Succeeded { uid, .. }
            | Self::Unchanged { uid }
            | Self::Failed { uid, .. }
            | Self::Skipped { uid, .. }
            | Self::Cancelled { uid } => Some(uid),
            Self::Diagnostic { uid, .. } => uid.as_ref(),
        }
    }

    /// The name of the kind of event, as in the JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Progress { .. } => "progress",
            Self::Retried { .. } => "retried",
            Self::Succeeded { .. } => "succeeded",
            Self::Unchanged { .. } => "unchanged",
            Self::Failed { .. } => "failed",
            Self::Skipped { .. } => "skipped",
            Self::Cancelled { .. } => "cancelled",
            Self::Diagnostic { .. } => "diagnostic",
        }
    }
}

/// One line for people: `postgres.default#shop.db: applying`. What drivers say is shown without what steers terminals.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn words(operation: &Operation) -> [&'static str; 3] {
            match operation {
                Operation::Apply => ["applying", "applied", "could not be applied"],
                Operation::Destroy => ["destroying", "destroyed", "could not be destroyed"],
            }
        }
        match self {
            Self::Started { uid, operation } => write!(f, "{uid}: {}", words(operation)[0]),
            Self::Progress { uid, message } => write!(f, "{uid}: {}", plain(message)),
            Self::Retried { uid, attempt, message } => {
                write!(f, "{uid}: attempt {attempt} failed for now: {}", plain(message))
            }
            Self::Succeeded { uid, operation } => write!(f, "{uid}: {}", words(operation)[1]),
            Self::Unchanged { uid } => write!(f, "{uid}: unchanged"),
            Self::Failed { uid, operation, message } => {
                write!(f, "{uid}: {}: {}", words(operation)[2], plain(message))
            }
            Self::Skipped { uid, because_of: Some(cause) } => write!(f, "{uid}: skipped, because `{cause}` failed"),
            Self::Skipped { uid, because_of: None } => write!(f, "{uid}: skipped"),
            Self::Cancelled { uid } => write!(f, "{uid}: cancelled"),
            Self::Diagnostic { uid: Some(uid), diagnostic } => write!(f, "{uid}: {diagnostic}"),
            Self::Diagnostic { uid: None, diagnostic } => diagnostic.fmt(f),
        }
    }
}

/// A text without control characters but the ends of lines and tabs, and without the sequences that set colours or move about.
fn plain(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(steers) {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // `ESC [ … LETTER`
            '\u{1b}' if characters.next_if_eq(&'[').is_some() => {
                characters.find(|c| !matches!(c, ' '..='?'));
            }
            // `ESC ] … BEL` or `ESC ] … ESC \`, or to the end of the line
            '\u{1b}' if characters.next_if_eq(&']').is_some() => {
                while characters.next_if(|c| !matches!(c, '\u{7}' | '\u{1b}' | '\n')).is_some() {}
                if characters.next_if_eq(&'\u{1b}').is_some() {
                    characters.next_if_eq(&'\\');
                }
            }
            '\r' if characters.peek().is_none_or(|next| *next == '\n') => {}
            // what would be written over is a line of its own
            '\r' => plain.push('\n'),
            c if steers(c) => {}
            c => plain.push(c),
        }
    }
    plain.into()
}

/// How the resources of a deployment ended, each counted once: with several steps, the worst counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Those whose driver was called (a pure one: whose result is new).
    pub succeeded: usize,
    /// All others that ended well.
    pub unchanged: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that were not started after a failure.
    pub skipped: usize,
    /// Those that were not started or not finished after the deployment was cancelled.
    pub cancelled: usize,
}

impl Summary {
    /// Whether everything ended well.
    pub fn is_success(&self) -> bool {
        self.failed == 0 && self.skipped == 0 && self.cancelled == 0
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} succeeded, {} unchanged", self.succeeded, self.unchanged)?;
        for (count, what) in [(self.failed, "failed"), (self.skipped, "skipped"), (self.cancelled, "cancelled")] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[track_caller]
    fn check(text: &str, shown: &str) {
        assert_eq!(plain(text), shown);
    }

    #[test]
    fn what_steers_terminals_is_not_shown() {
        check("made `é`\n\tof 3", "made `é`\n\tof 3");
        check("\u{1b}[1;31mred\u{1b}[0m and \u{1b}[2J\u{1b}[Hgone\u{7}", "red and gone");
        check("\u{1b}]0;title\u{7}text\u{1b}]8;;http://x\u{1b}\\link", "textlink");
        check("10 %\r20 %\r\ndone\r", "10 %\n20 %\ndone");
        check("\u{1b}", "");
        check("\u{1b}[", "");
        check("\u{9b}2J", "2J");
    }
}
