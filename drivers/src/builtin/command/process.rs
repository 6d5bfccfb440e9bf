//! Running a program that may do anything: fill its pipes, never end, start others, not be there.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read};
use std::path::{MAIN_SEPARATOR, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::{Either, pending, select};

use crate::{Call, Error, ErrorKind, Progress, ProgressSink};

/// How much of stdout is read.
const STDOUT_LIMIT: usize = 16 << 20;
/// How long a line of the log can be.
const LINE_LIMIT: usize = 16 << 10;
/// How much of the end of stderr goes into the message of a failure.
const TAIL_LINES: usize = 5;
const TAIL_LIMIT: usize = 2 << 10;
/// How long a program has to end by itself after it was asked to.
const GRACE: Duration = Duration::from_secs(3);
/// How long pipes are read after a program has ended: others that it started may hold them open for ever.
const PIPES_GRACE: Duration = Duration::from_secs(2);

/// A program and what it is given.
#[derive(Debug)]
pub(super) struct Program {
    arguments: Vec<String>,
    directory: Option<PathBuf>,
    stdin: Vec<u8>,
}

impl Program {
    pub(super) fn new(arguments: Vec<String>, directory: Option<PathBuf>, stdin: Vec<u8>) -> Self {
        Self { arguments, directory, stdin }
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

/// How a program ended.
#[derive(Debug)]
pub(super) struct Ended {
    status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    stderr_tail: String,
    stopped: Option<Stop>,
}

/// Why a program was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Cancelled,
    TimedOut,
    TooMuchOutput,
}

impl Ended {
    /// The exit status; `None` if it was killed.
    pub(super) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Whether it ended when it wanted to.
    pub(super) fn by_itself(&self) -> bool {
        self.stopped.is_none() && self.code().is_some()
    }

    pub(super) fn kind(&self) -> ErrorKind {
        match self.stopped {
            Some(Stop::Cancelled) => ErrorKind::Cancelled,
            Some(Stop::TimedOut) => ErrorKind::TimedOut,
            Some(Stop::TooMuchOutput) => ErrorKind::BadAnswer,
            None => ErrorKind::Other,
        }
    }

    /// What happened, to go on after the name of the program.
    pub(super) fn describe(&self) -> String {
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

/// Runs a program to its end, whatever it does. When this is dropped, the program and all that it started in its group are killed.
pub(super) async fn run(program: &Program, call: &Call) -> Result<Ended, Error> {
    if call.cancel().is_cancelled() {
        return Err(Error::cancelled());
    }
    let mut child = program.start()?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let group = KillOnDrop(Arc::new(Group { child: Mutex::new(Watched { child, gone: false, stopped: None }) }));
    let (sender, mut ended) = oneshot::channel();
    let watch = Watch { group: group.0.clone(), log: call.progress().clone(), stdout_limit: STDOUT_LIMIT };
    let started = watch.start(stdin, program.stdin.clone(), stdout, stderr, sender);
    started.map_err(|error| {
        let message = format!("{program} cannot be watched: there are no threads left");
        Error::new(ErrorKind::Unavailable, message).temporary().definite(false).with_source(error)
    })?;

    let stop = match select(&mut ended, Box::pin(stop_wanted(call))).await {
        Either::Left((ended, _)) => return finished(program, ended),
        Either::Right((stop, _)) => stop,
    };
    group.0.stop(stop, Force::Ask);
    match select(&mut ended, call.clock().sleep(GRACE)).await {
        Either::Left((ended, _)) => return finished(program, ended),
        Either::Right(_) => group.0.stop(stop, Force::Kill),
    }
    match select(&mut ended, call.clock().sleep(GRACE + PIPES_GRACE)).await {
        Either::Left((ended, _)) => finished(program, ended),
        Either::Right(_) => Err(Error::new(ErrorKind::TimedOut, format!("{program} was killed and does not end"))),
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

/// A program and the process group that it leads.
struct Group {
    child: Mutex<Watched>,
}

struct Watched {
    child: Child,
    /// Its number may be somebody else's by now.
    gone: bool,
    stopped: Option<Stop>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Force {
    Ask,
    Kill,
}

impl Group {
    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self, why: Stop, force: Force) {
        let mut watched = self.lock();
        if !watched.gone {
            watched.stopped.get_or_insert(why);
            signal(&mut watched.child, force);
        }
    }

    /// Waits until the program ends. If it was stopped, what is left of its group goes with it.
    fn wait(&self) -> io::Result<(ExitStatus, Option<Stop>)> {
        wait_without_reaping(self)?;
        let mut watched = self.lock();
        if watched.stopped.is_some() {
            signal(&mut watched.child, Force::Kill);
        }
        watched.gone = true;
        Ok((watched.child.wait()?, watched.stopped))
    }
}

struct KillOnDrop(Arc<Group>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.0.stop(Stop::Cancelled, Force::Kill);
    }
}

#[cfg(unix)]
fn signal(child: &mut Child, force: Force) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // the number is still its own: it is not reaped before `gone` is set
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _gone_already = kill_process_group(pid, if force == Force::Ask { Signal::TERM } else { Signal::KILL });
    }
}

#[cfg(not(unix))]
fn signal(child: &mut Child, _: Force) {
    let _gone_already = child.kill();
}

#[cfg(unix)]
fn wait_without_reaping(group: &Group) -> io::Result<()> {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let id = group.lock().child.id();
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
    loop {
        match waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Err(rustix::io::Errno::INTR) => {}
            other => return other.map(drop).map_err(io::Error::from),
        }
    }
}

#[cfg(not(unix))]
fn wait_without_reaping(group: &Group) -> io::Result<()> {
    while group.lock().child.try_wait()?.is_none() {
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// The threads that feed a program, read from it and wait for it.
struct Watch {
    group: Arc<Group>,
    log: ProgressSink,
    stdout_limit: usize,
}

impl Watch {
    fn start(
        self,
        stdin: Option<impl io::Write + Send + 'static>,
        input: Vec<u8>,
        stdout: Option<impl Read + Send + 'static>,
        stderr: Option<impl Read + Send + 'static>,
        ended: oneshot::Sender<io::Result<Ended>>,
    ) -> io::Result<()> {
        let (done, both_done) = mpsc::channel::<()>();
        let output = Arc::new(Mutex::new(Vec::new()));
        let tail = Arc::new(Mutex::new(Tail::default()));
        if let Some(mut stdin) = stdin {
            // a program need not read what it is told
            spawn("command stdin", move || drop(stdin.write_all(&input)))?;
        }
        if let Some(stdout) = stdout {
            let (output, group, done, limit) = (output.clone(), self.group.clone(), done.clone(), self.stdout_limit);
            spawn("command stdout", move || {
                if read_output(stdout, &output, limit) {
                    group.stop(Stop::TooMuchOutput, Force::Kill);
                }
                drop(done);
            })?;
        }
        if let Some(stderr) = stderr {
            let (tail, log) = (tail.clone(), self.log.clone());
            spawn("command stderr", move || {
                read_log(stderr, &tail, &log);
                drop(done);
            })?;
        }
        spawn("command wait", move || {
            let status = self.group.wait();
            if both_done.recv_timeout(PIPES_GRACE) == Err(RecvTimeoutError::Timeout) {
                (self.log)(Progress::Log("it ended and left others behind that hold its output open".to_owned()));
            }
            let stdout = std::mem::take(&mut *output.lock().unwrap_or_else(PoisonError::into_inner));
            let stderr_tail = tail.lock().unwrap_or_else(PoisonError::into_inner).text();
            // whoever waited may be gone
            let _unheard = ended.send(status.map(|(status, stopped)| Ended { status, stdout, stderr_tail, stopped }));
        })
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).stack_size(256 << 10).spawn(run).map(drop)
}

/// Reads until the end or the limit; tells whether there was more.
fn read_output(mut stdout: impl Read, output: &Mutex<Vec<u8>>, limit: usize) -> bool {
    let mut chunk = [0; 8 << 10];
    loop {
        match stdout.read(&mut chunk) {
            Ok(0) => return false,
            Ok(read) => {
                let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
                if output.len() + read > limit {
                    return true;
                }
                output.extend_from_slice(chunk.get(..read).unwrap_or_default());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}

/// Reads until the end, line by line; a line that is too long is cut into several.
fn read_log(mut stderr: impl Read, tail: &Mutex<Tail>, log: &ProgressSink) {
    let mut chunk = [0; 8 << 10];
    let mut line = Vec::new();
    let emit = |line: &mut Vec<u8>| {
        let text = String::from_utf8_lossy(line).trim_end().to_owned();
        line.clear();
        if !text.is_empty() {
            tail.lock().unwrap_or_else(PoisonError::into_inner).push(&text);
            log(Progress::Log(text));
        }
    };
    loop {
        match stderr.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => {
                for &byte in chunk.get(..read).unwrap_or_default() {
                    if byte == b'\n' || line.len() == LINE_LIMIT {
                        emit(&mut line);
                    }
                    if byte != b'\n' {
                        line.push(byte);
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    emit(&mut line);
}

/// The last lines.
#[derive(Default)]
struct Tail(VecDeque<String>);

impl Tail {
    fn push(&mut self, line: &str) {
        let end = line.char_indices().nth(TAIL_LIMIT).map_or(line.len(), |(end, _)| end);
        self.0.push_back(line.get(..end).unwrap_or_default().to_owned());
        if self.0.len() > TAIL_LINES {
            self.0.pop_front();
        }
    }

    fn text(&self) -> String {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}
