//! How a program ended.

use std::process::ExitStatus;

use super::Program;
use super::pipes::STDOUT_LIMIT;
use crate::{Error, ErrorKind};

/// Exit status of a program that failed for now: trying again may help.
const TEMPORARY: i32 = 75;

/// How a program ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    pub(super) status: ExitStatus,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// The last lines of its log.
    pub(super) stderr_tail: String,
    pub(super) stopped: Option<Stop>,
}

/// Why a program was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Cancelled,
    TimedOut,
    TooMuchOutput,
}

impl Ended {
    /// The exit status; `None` if it was killed.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// That it failed; for now where its exit status is 75.
    pub fn failure(&self, program: &Program) -> Error {
        let error = Error::new(self.kind(), format!("{program} {}", self.describe())).definite(self.by_itself());
        if self.code() == Some(TEMPORARY) { error.temporary() } else { error }
    }

    /// Whether it ended when it wanted to.
    fn by_itself(&self) -> bool {
        self.stopped.is_none() && self.code().is_some()
    }

    fn kind(&self) -> ErrorKind {
        match self.stopped {
            Some(Stop::Cancelled) => ErrorKind::Cancelled,
            Some(Stop::TimedOut) => ErrorKind::TimedOut,
            Some(Stop::TooMuchOutput) => ErrorKind::BadAnswer,
            None => ErrorKind::Other,
        }
    }

    /// What happened, to go on after the name of the program.
    fn describe(&self) -> String {
        let what = match (self.stopped, self.code()) {
            (Some(Stop::Cancelled), _) => "was cancelled".to_owned(),
            (Some(Stop::TimedOut), _) => "took too long and was stopped".to_owned(),
            (Some(Stop::TooMuchOutput), _) => format!("printed more than {} MiB", STDOUT_LIMIT >> 20),
            (None, Some(code)) => format!("failed with exit status {code}"),
            (None, None) => format!("was killed ({})", self.status),
        };
        if self.stderr_tail.is_empty() { what } else { format!("{what}: {}", self.stderr_tail) }
    }
}
