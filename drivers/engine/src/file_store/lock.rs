//! The lock file of a scope: the operating system's lock, and a note of who holds it.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Holder, files};

/// The operating system's lock on a file of its own: it ends with the process, however that ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

/// What the file says, for people and for the next epoch.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Note {
    epoch: u64,
    holder: Option<Holder>,
}

/// What became of an attempt to take a lock.
#[derive(Debug)]
pub(super) enum Taken {
    /// It is ours.
    Ours(Lock),
    /// Somebody else's.
    Theirs(Option<Holder>),
}

impl Lock {
    /// Tries to take it, making the file and the directories above it.
    pub(super) fn take(path: &Path) -> io::Result<Taken> {
        loop {
            if let Some(directory) = path.parent() {
                files::create_dir(directory)?;
            }
            let file = match files::owner_only().read(true).write(true).create(true).truncate(false).open(path) {
                // the one before us removed the directory in between
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened?,
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Taken::Theirs(note(path).holder)),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // the one before us may have removed the file that we have locked: then another may lock the new one
            if files::is_at(&file, path)? {
                return Ok(Taken::Ours(Self { file, path: path.to_owned() }));
            }
        }
    }

    /// The epoch of the one before, where it left a note.
    pub(super) fn last_epoch(&mut self) -> u64 {
        let mut text = String::new();
        let read = self.file.rewind().and_then(|()| self.file.read_to_string(&mut text));
        read.ok().and_then(|_| serde_json::from_str::<Note>(&text).ok()).map_or(0, |note| note.epoch)
    }

    /// Says who holds it. Not durable: it need not outlive the machine.
    pub(super) fn write(&mut self, epoch: u64, holder: Holder) -> io::Result<()> {
        let text = serde_json::to_vec(&Note { epoch, holder: Some(holder) })?;
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(&text)
    }

    /// Whether it is still ours: nobody removed the file, so nobody else can hold another one of its name.
    pub(super) fn is_held(&self) -> io::Result<bool> {
        files::is_at(&self.file, &self.path)
    }

    /// Gives it back.
    pub(super) fn release(self) -> io::Result<()> {
        if cfg!(unix) {
            if self.is_held()? { files::remove(&self.path) } else { Ok(()) }
        } else {
            // where a name cannot be compared with an open file, the file stays
            self.file.set_len(0)
        }
    }
}

/// Who holds the lock at `path`, as its note says.
pub(super) fn holder(path: &Path) -> Option<Holder> {
    note(path).holder.filter(Holder::may_live)
}

/// What the file at `path` says; nothing where it cannot be read.
fn note(path: &Path) -> Note {
    fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}
