//! Why an engine did not do what it was asked.

use score_model::Diagnostics;
use score_resolver::{ImportError, Scope, Stale, UnreadablePlan};

use crate::{Holder, JournalError, StoreError};

/// Why an engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// What was asked for cannot be done: all that speaks against it.
    #[error(transparent)]
    Rejected(#[from] Diagnostics),
    /// Another process writes the state.
    #[error("the state of `{scope}` is in use by {}", .holder.as_ref().map_or_else(|| "another process".to_owned(), Holder::to_string))]
    Locked {
        /// Of which scope.
        scope: Scope,
        /// Who, where that is known.
        holder: Option<Holder>,
    },
    /// The lease on the state was lost while it was written: everything stopped, and nothing more was recorded. What drivers were doing is recorded as begun, and settled by the next deployment.
    #[error("the lease on the state of `{scope}` was lost: another process may write it now")]
    Fenced {
        /// Of which scope.
        scope: Scope,
    },
    /// A call of this session was dropped before it ended. What it did is recorded, but not known here.
    #[error(
        "what was begun on the state of `{scope}` was dropped before it ended: this session does not know what is recorded"
    )]
    Abandoned {
        /// Of which scope.
        scope: Scope,
    },
    /// The plan does not hold any more.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The state cannot be read or written.
    #[error(transparent)]
    Journal(JournalError),
    /// A saved plan cannot be read.
    #[error(transparent)]
    Plan(#[from] UnreadablePlan),
    /// A resource cannot be adopted.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// It was interrupted before anything was done.
    #[error("interrupted")]
    Interrupted,
}

impl From<JournalError> for EngineError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Store(StoreError::Locked { scope, holder }) => Self::Locked { scope, holder },
            JournalError::Store(StoreError::Fenced { scope }) => Self::Fenced { scope },
            other => Self::Journal(other),
        }
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        JournalError::from(error).into()
    }
}

impl EngineError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Locked { .. } => Some(
                "wait for it, with `--lock-timeout` as long as you like; if that process is gone, `partitura state unlock`"
                    .to_owned(),
            ),
            Self::Fenced { .. } => Some("see what the other process does, then try again".to_owned()),
            Self::Abandoned { .. } => Some("close the session and open another: it settles what was under way".to_owned()),
            Self::Journal(error) => error.help(),
            Self::Rejected(_) | Self::Stale(_) | Self::Plan(_) | Self::Import(_) | Self::Interrupted => None,
        }
    }

    /// The message, and those of what caused it, in one text.
    pub fn full_message(&self) -> String {
        score_drivers::full_message(self)
    }
}
