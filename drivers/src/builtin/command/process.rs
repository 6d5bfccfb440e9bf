//! Running a program that may do anything: fill its pipes, never end, start others, not be there.

use std::fmt;
use std::io;
use std::path::{MAIN_SEPARATOR, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::{Either, pending, select};

use super::ended::{Ended, Stop};
use super::group::{Force, Group, KillOnDrop};
use super::pipes::{PIPES_GRACE, watch};
use crate::{Call, Error, ErrorKind};

/// How long a program has to end by itself after it was asked to.
const GRACE: Duration = Duration::from_secs(3);

/// A program and what it is given, for drivers that start programs.
///
/// It runs in a process group of its own. When the call is cancelled or its deadline passes, the group is asked to end and, three seconds later, killed; when the call is dropped it is killed at once. Of stdout at
/// most 16 MiB are read, and 4 MiB of stderr, which is its log.
#[derive(Debug)]
pub struct Program {
    arguments: Vec<String>,
    directory: Option<PathBuf>,
    stdin: Vec<u8>,
}

impl Program {
    /// The program that the first argument names, as a path from `directory` or to be searched for, with the others; `None`: in the current directory.
    pub fn new(arguments: Vec<String>, directory: Option<PathBuf>, stdin: Vec<u8>) -> Self {
        Self { arguments, directory, stdin }
    }

    /// Runs it to its end, whatever it does. When this is dropped, the program and all that it started in its group are killed.
    ///
    /// # Errors
    /// It cannot be started, or nobody knows how it ended.
    pub async fn run(&self, call: &Call) -> Result<Ended, Error> {
        if call.cancel().is_cancelled() {
            return Err(Error::cancelled());
        }
        let group = KillOnDrop::new(Group::new(self.start()?));
        let mut ended = watch(&group, self.stdin.clone(), call.progress().clone()).map_err(|error| {
            let message = format!("{self} cannot be watched: there are no threads left");
            Error::new(ErrorKind::Unavailable, message).temporary().definite(false).with_source(error)
        })?;

        let stop = match select(&mut ended, Box::pin(stop_wanted(call))).await {
            Either::Left((ended, _)) => return finished(self, ended),
            Either::Right((stop, _)) => stop,
        };
        group.stop(stop, Force::Ask);
        match select(&mut ended, call.clock().sleep(GRACE)).await {
            Either::Left((ended, _)) => return finished(self, ended),
            Either::Right(_) => group.stop(stop, Force::Kill),
        }
        match select(&mut ended, call.clock().sleep(GRACE + PIPES_GRACE)).await {
            Either::Left((ended, _)) => finished(self, ended),
            Either::Right(_) => Err(Error::new(ErrorKind::TimedOut, format!("{self} was killed and does not end"))),
        }
    }

    fn start(&self) -> Result<Child, Error> {
        let name = self.arguments.first().map_or("", String::as_str);
        // a path is taken from the directory it runs in; what the system would do with it differs from system to system
        let is_path = name.contains('/') || name.contains(MAIN_SEPARATOR);
        let mut command = match &self.directory {
            Some(directory) if is_path => {
                Command::new(std::path::absolute(directory).unwrap_or_else(|_| directory.clone()).join(name))
            }
            _ => Command::new(name),
        };
        command.args(self.arguments.iter().skip(1));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().map_err(|error| {
            let (kind, temporary) = match error.kind() {
                io::ErrorKind::NotFound => (ErrorKind::NotFound, false),
                io::ErrorKind::PermissionDenied => (ErrorKind::Denied, false),
                // out of processes or memory, or the file is still being written
                io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory | io::ErrorKind::ExecutableFileBusy => {
                    (ErrorKind::Unavailable, true)
                }
                _ => (ErrorKind::Other, false),
            };
            let place = self.directory.as_ref().map(|at| format!(" in `{}`", at.display())).unwrap_or_default();
            let error = Error::new(kind, format!("{self} cannot be started{place}")).with_source(error);
            if temporary { error.temporary() } else { error }
        })
    }
}

/// As in messages: the argument list, shortened, in backticks.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LIMIT: usize = 80;
        let text = self.arguments.join(" ");
        match text.char_indices().nth(LIMIT) {
            None => write!(f, "`{text}`"),
            Some((end, _)) => write!(f, "`{}…`", text.get(..end).unwrap_or_default()),
        }
    }
}

fn finished(program: &Program, ended: Result<io::Result<Ended>, oneshot::Canceled>) -> Result<Ended, Error> {
    let error = match ended {
        Ok(Ok(ended)) => return Ok(ended),
        Ok(Err(error)) => Error::new(ErrorKind::Other, format!("{program} was lost sight of")).with_source(error),
        Err(_) => Error::new(ErrorKind::Other, format!("{program} was lost sight of")),
    };
    Err(error.definite(false))
}

async fn stop_wanted(call: &Call) -> Stop {
    let deadline = async {
        match call.deadline() {
            Some(deadline) => call.clock().sleep(deadline.saturating_duration_since(call.clock().now())).await,
            None => pending().await,
        }
    };
    match select(call.cancel().cancelled(), Box::pin(deadline)).await {
        Either::Left(_) => Stop::Cancelled,
        Either::Right(_) => Stop::TimedOut,
    }
}
