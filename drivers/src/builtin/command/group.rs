//! A program and all that it starts, as one thing that can be ended.

use std::io;
use std::ops::Deref;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ended::Stop;

/// A program and the process group that it leads.
pub(super) struct Group {
    child: Mutex<Watched>,
}

struct Watched {
    child: Child,
    /// Its number may be somebody else's by now.
    gone: bool,
    stopped: Option<Stop>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    Ask,
    Kill,
}

impl Group {
    pub(super) fn new(child: Child) -> Self {
        Self { child: Mutex::new(Watched { child, gone: false, stopped: None }) }
    }

    /// The program's pipes; the second time there are none.
    pub(super) fn take_pipes(&self) -> (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>) {
        let child = &mut self.lock().child;
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    }

    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks it to end, or ends it.
    pub(super) fn stop(&self, why: Stop, force: Force) {
        let mut watched = self.lock();
        if !watched.gone {
            watched.stopped.get_or_insert(why);
            signal(&mut watched.child, force);
        }
    }

    /// Waits until the program ends. If it was stopped, what is left of its group goes with it.
    pub(super) fn wait(&self) -> io::Result<(ExitStatus, Option<Stop>)> {
        wait_without_reaping(self)?;
        let mut watched = self.lock();
        if watched.stopped.is_some() {
            signal(&mut watched.child, Force::Kill);
        }
        watched.gone = true;
        Ok((watched.child.wait()?, watched.stopped))
    }
}

/// A group that is killed when nobody waits for it any more.
pub(super) struct KillOnDrop(Arc<Group>);

impl KillOnDrop {
    pub(super) fn new(group: Group) -> Self {
        Self(Arc::new(group))
    }
}

impl Deref for KillOnDrop {
    type Target = Arc<Group>;

    fn deref(&self) -> &Arc<Group> {
        &self.0
    }
}

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
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    Ok(())
}
