//! Feeding a program, reading from it and waiting for it, each on a thread of its own, so that no full pipe stops anybody.

use std::collections::VecDeque;
use std::io::{self, Read, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use futures_channel::oneshot;

use super::ended::{Ended, Stop};
use super::group::{Force, Group};
use crate::{Progress, ProgressSink};

/// How much of stdout is read.
pub(super) const STDOUT_LIMIT: usize = 16 << 20;
/// How much of stderr goes to the log; what comes then is read and dropped.
const LOG_LIMIT: usize = 4 << 20;
/// How long a line of the log can be.
const LINE_LIMIT: usize = 16 << 10;
/// How much of the end of stderr goes into the message of a failure.
const TAIL_LINES: usize = 5;
const TAIL_LIMIT: usize = 2 << 10;
/// How long pipes are read after a program has ended: others that it started may hold them open for ever.
pub(super) const PIPES_GRACE: Duration = Duration::from_secs(2);

/// Feeds a program, reads what it says and waits for its end.
pub(super) fn watch(
    group: &Arc<Group>,
    input: Vec<u8>,
    log: ProgressSink,
) -> io::Result<oneshot::Receiver<io::Result<Ended>>> {
    let (stdin, stdout, stderr) = group.take_pipes();
    let (done, both_done) = mpsc::channel::<()>();
    let (sender, receiver) = oneshot::channel();
    let output = Arc::new(Mutex::new(Vec::new()));
    let tail = Arc::new(Mutex::new(Tail::default()));
    if let Some(mut stdin) = stdin {
        // a program need not read what it is told
        spawn("command stdin", move || drop(stdin.write_all(&input)))?;
    }
    if let Some(mut stdout) = stdout {
        let (output, group, done) = (output.clone(), group.clone(), done.clone());
        spawn("command stdout", move || {
            // the pipe stays open until then: otherwise the program would end by itself
            if read_output(&mut stdout, &output) {
                group.stop(Stop::TooMuchOutput, Force::Kill);
            }
            drop(done);
        })?;
    }
    if let Some(stderr) = stderr {
        let (tail, log) = (tail.clone(), log.clone());
        spawn("command stderr", move || {
            read_log(stderr, &tail, &log);
            drop(done);
        })?;
    }
    let group = group.clone();
    spawn("command wait", move || {
        let status = group.wait();
        if both_done.recv_timeout(PIPES_GRACE) == Err(RecvTimeoutError::Timeout) {
            log(Progress::Log("it ended and left others behind that hold its output open".to_owned()));
        }
        let stdout = std::mem::take(&mut *output.lock().unwrap_or_else(PoisonError::into_inner));
        let stderr_tail = tail.lock().unwrap_or_else(PoisonError::into_inner).text();
        // whoever waited may be gone
        let _unheard = sender.send(status.map(|(status, stopped)| Ended { status, stdout, stderr_tail, stopped }));
    })?;
    Ok(receiver)
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).stack_size(256 << 10).spawn(run).map(drop)
}

/// Reads until the end or the limit; tells whether there was more.
fn read_output(mut stdout: impl Read, output: &Mutex<Vec<u8>>) -> bool {
    let mut chunk = [0; 8 << 10];
    loop {
        match stdout.read(&mut chunk) {
            Ok(0) => return false,
            Ok(read) => {
                let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
                if output.len() + read > STDOUT_LIMIT {
                    return true;
                }
                output.extend_from_slice(chunk.get(..read).unwrap_or_default());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}

/// Reads until the end, line by line; a line that is too long becomes several.
fn read_log(mut stderr: impl Read, tail: &Mutex<Tail>, log: &ProgressSink) {
    let mut chunk = [0; 8 << 10];
    let (mut line, mut room) = (Vec::new(), LOG_LIMIT);
    let mut emit = |line: &mut Vec<u8>| {
        let text = String::from_utf8_lossy(line).trim_end().to_owned();
        line.clear();
        if text.is_empty() {
            return;
        }
        tail.lock().unwrap_or_else(PoisonError::into_inner).push(&text);
        match room.checked_sub(text.len()) {
            Some(left) => {
                room = left;
                log(Progress::Log(text));
            }
            None if room > 0 => {
                room = 0;
                log(Progress::Log(format!("the log is longer than {} MiB; the rest is left out", LOG_LIMIT >> 20)));
            }
            None => {}
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
