//! The one writer of a scope.

use std::fs::File;
use std::io::{self, Write as _};

use score_resolver::Scope;

use super::{Files, Lock, Tail, format, loaded, read};
use crate::{Ack, Holder, Loaded, StoreError, files};

/// The one writer of a scope, for as long as it holds the lock.
#[derive(Debug)]
pub(super) struct Writer {
    lock: Lock,
    files: Files,
    epoch: u64,
    /// The journal; `None` before its first batch.
    file: Option<File>,
    tail: Tail,
    /// The last batch: the version before it, and its frame's sum.
    last: Option<(u64, format::Link)>,
    /// It is not certain what the last write left: nothing more is written.
    failed: bool,
}

impl Writer {
    /// Begins to write under the lock, which is given back where that fails.
    pub(super) fn open(lock: Lock, files: Files, holder: Holder) -> Result<(Self, Loaded), StoreError> {
        let mut writer = Self { lock, files, epoch: 0, file: None, tail: Tail::default(), last: None, failed: false };
        match writer.begin(holder) {
            Ok(loaded) => Ok((writer, loaded)),
            Err(error) => {
                let _ = writer.release();
                Err(error)
            }
        }
    }

    fn begin(&mut self, holder: Holder) -> Result<Loaded, StoreError> {
        let Files { journal, lock, cancel } = &self.files;
        let (scan, length) = read(journal)?;
        self.tail = scan.1.clone();
        self.epoch = self.tail.epoch.max(self.lock.last_epoch()) + 1;
        self.lock.write(self.epoch, holder).map_err(|error| StoreError::io("write", lock.display(), error))?;
        files::remove(cancel).map_err(|error| StoreError::io("remove", cancel.display(), error))?;
        if length > 0 {
            let opened = open(journal, &self.tail, length);
            self.file = Some(opened.map_err(|error| StoreError::io("write", journal.display(), error))?);
        }
        Ok(loaded(scan, length, journal))
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn append(&mut self, scope: &Scope, expected: u64, batch: &[Vec<u8>]) -> Result<Ack, StoreError> {
        self.check(scope)?;
        let linked_to = self.tail.link;
        if let Some((before, previous)) = self.last
            && before == expected
            && format::frame(batch, self.tail.version, self.epoch, previous).1 == linked_to
        {
            return Ok(self.ack());
        }
        self.expect(scope, expected)?;
        if batch.is_empty() {
            return Ok(self.ack());
        }
        let Some(file) = &mut self.file else { return self.replace(scope, expected, batch) };
        let version = expected + 1;
        let (frame, link) = format::frame(batch, version, self.epoch, linked_to);
        if file.metadata().map_or(0, |metadata| metadata.len()) != self.tail.end {
            return Err(StoreError::Fenced { scope: scope.clone() });
        }
        let written = file.write_all(&frame).and_then(|()| file.sync_data());
        self.done(written)?;
        self.last = Some((expected, linked_to));
        self.tail = Tail { version, epoch: self.epoch, link, end: self.tail.end + frame.len() as u64 };
        Ok(self.ack())
    }

    pub(super) fn replace(&mut self, scope: &Scope, expected: u64, entries: &[Vec<u8>]) -> Result<Ack, StoreError> {
        self.check(scope)?;
        self.expect(scope, expected)?;
        let version = expected + 1;
        let (header, link) = format::file_header();
        let (frame, next) = format::frame(entries, version, self.epoch, link);
        // whoever lost the lock while the file was written must not put it in the place of another's
        let replaced = files::replace(&self.files.journal, &[&header, &frame], || self.lock.is_held());
        match self.done(replaced)? {
            None => return Err(StoreError::Fenced { scope: scope.clone() }),
            file => self.file = file,
        }
        self.last = Some((expected, link));
        self.tail = Tail { version, epoch: self.epoch, link: next, end: (header.len() + frame.len()) as u64 };
        Ok(self.ack())
    }

    /// Removes the scope's files, but for the lock, which goes when it is given back.
    pub(super) fn remove(&mut self, scope: &Scope) -> Result<(), StoreError> {
        self.check(scope)?;
        let Files { journal, cancel, .. } = &self.files;
        for path in [journal, &files::beside(journal), cancel] {
            files::remove(path).map_err(|error| StoreError::io("remove", path.display(), error))?;
        }
        files::sync_dir_of(journal).map_err(|error| StoreError::io("remove", journal.display(), error))
    }

    /// Gives the lock back.
    pub(super) fn release(self) -> Result<(), StoreError> {
        let path = self.files.lock;
        let _ = files::remove(&self.files.cancel);
        self.lock.release().map_err(|error| StoreError::io("remove", path.display(), error))
    }

    fn check(&self, scope: &Scope) -> Result<(), StoreError> {
        let path = self.files.lock.display();
        if !self.lock.is_held().map_err(|error| StoreError::io("read", path, error))? {
            return Err(StoreError::Fenced { scope: scope.clone() });
        }
        if self.failed {
            let why = "an earlier write failed, and it is not certain what it left";
            return Err(StoreError::io("write", self.files.journal.display(), why));
        }
        Ok(())
    }

    fn expect(&self, scope: &Scope, expected: u64) -> Result<(), StoreError> {
        if self.tail.version == expected {
            return Ok(());
        }
        Err(StoreError::Conflict { scope: scope.clone(), expected, found: self.tail.version })
    }

    /// After a failed write or sync nobody knows what is on the disk: trying again could acknowledge what is not.
    fn done<T>(&mut self, written: io::Result<T>) -> Result<T, StoreError> {
        written.map_err(|error| {
            self.failed = true;
            StoreError::io("write", self.files.journal.display(), error)
        })
    }

    fn ack(&self) -> Ack {
        Ack { version: self.tail.version, cancel_wanted: self.files.cancel.exists() }
    }
}

/// The journal, open for appending, without what was never finished.
fn open(path: &std::path::Path, tail: &Tail, length: u64) -> io::Result<File> {
    let file = files::owner_only().append(true).read(true).open(path)?;
    if tail.end < length {
        file.set_len(tail.end)?;
        file.sync_all()?;
    }
    Ok(file)
}
