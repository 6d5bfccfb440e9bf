//! A store in a directory.
//!
//! # What is in the directory
//!
//! | file | what |
//! |---|---|
//! | `ORGANISATION+PROJECT+ENVIRONMENT.journal` | the entries of one scope; in names everything but `a-z 0-9 - _` is written `%XX` |
//! | `….lock` | while somebody writes the scope: the operating system's lock, and who holds it |
//! | `….cancel` | somebody asked the holder of the lock to stop |
//! | `….new` | a file that is being written before it takes the place of the one it is named after |
//! | `key` | the key with which secrets in the entries are sealed (not of this store: see [`KeyFile`](crate::KeyFile)) |
//! | `key.kept` | the key is not to be removed: a saved plan that needs no state was sealed with it |
//!
//! All are readable by their owner only. When nothing is recorded of any scope, the directory is removed too, unless the key is kept.
//!
//! # The journal file, format 1
//!
//! Numbers are little-endian. A sum is the first bytes of a BLAKE3 hash.
//!
//! ```text
//! file   = "partitura-j\n"  format: u32 = 1  frame*
//! frame  = "PTB\n"  entries: u32  length of body: u64  version: u64  epoch: u64
//!          link of the frame (or file header) before: [8]  sum of body: [16]  link, the sum of all before it: [8]  body
//! body   = (length: u32  bytes)*
//! ```
//!
//! A batch is one frame, written with one `write` and one `fdatasync`. Versions rise, epochs never fall, and the links make a chain, so a frame proves all those before it. The first batch, and a compaction,
//! write a new file beside the old one, which then takes its name.
//!
//! A batch at the end that is not all there (its end is missing, or a sector of it was never written) was never acknowledged: readers leave it out, and the next writer cuts it off. Anything else that is not as it
//! was written is [`Damage`]: the file is refused, untouched, with what can be saved.
//!
//! A file of a later format is refused. Files of earlier formats will be read as they are, and become the latest when they are next compacted.

mod damage;
mod format;
mod lock;
mod name;
mod writer;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _, ready};
use score_resolver::Scope;

pub use damage::Damage;
use format::{Scan, Tail, Unreadable};
use lock::{Lock, Taken};
use writer::Writer;

use crate::{Ack, Holder, KeyFile, KeySource, Lease, Loaded, Store, StoreError, files};

/// A store in a directory, usually `.partitura`: an append-only, checksummed journal file for each scope. One process at a time writes a scope; its lock is the operating system's, so it ends with the
/// process. Any number read, and none waits for a writer.
///
/// It works on local file systems, and on shared ones as far as their locks do. It blocks the thread that calls it for as long as the disk takes.
///
/// ```
/// use futures_executor::block_on;
/// use score_engine::{FileStore, Holder, Store as _};
/// # let directory = tempfile::tempdir()?;
/// # let directory = directory.path().join(".partitura");
///
/// let store = FileStore::new(&directory);
/// let scope = score_resolver::Context::new("development").scope();
/// let (lease, loaded) = block_on(store.lock(&scope, Holder::this_process(std::time::SystemTime::now())))?;
/// let ack = block_on(store.append(&lease, loaded.version, &[b"one".to_vec(), b"two".to_vec()]))?;
/// assert_eq!(block_on(store.load(&scope))?.entries.len(), 2);
/// # assert_eq!(ack.version, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FileStore {
    directory: PathBuf,
    writers: Mutex<BTreeMap<u128, Writer>>,
}

/// The files of one scope.
#[derive(Clone, Debug)]
struct Files {
    journal: PathBuf,
    lock: PathBuf,
    cancel: PathBuf,
}

impl FileStore {
    /// The store in this directory, which is made when something is written.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), writers: Mutex::default() }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn files(&self, scope: &Scope) -> Files {
        let name = name::of(scope);
        let file = |extension| self.directory.join(format!("{name}.{extension}"));
        Files { journal: file("journal"), lock: file("lock"), cancel: file("cancel") }
    }

    fn key_file(&self) -> KeyFile {
        KeyFile::new(self.directory.join("key"))
    }

    fn writers(&self) -> MutexGuard<'_, BTreeMap<u128, Writer>> {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something under a lease, which is over when that shows that it was lost.
    fn writing<T>(
        &self,
        lease: &Lease,
        act: impl FnOnce(&mut Writer) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writers = self.writers();
        let Some(writer) = writers.get_mut(&lease.nonce) else {
            return Err(StoreError::Fenced { scope: lease.scope.clone() });
        };
        let done = act(writer);
        if matches!(done, Err(StoreError::Fenced { .. })) {
            writers.remove(&lease.nonce);
        }
        done
    }

    /// Removes the directory where nothing is left in it.
    fn tidy(&self) {
        // fails, as it should, where there is something in it
        let _ = fs::remove_dir(&self.directory).and_then(|()| files::sync_dir_of(&self.directory));
    }

    /// Removes its own key where nothing else is left in the directory, and nobody uses it.
    fn tidy_key(&self) {
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        let names: Vec<_> = entries.map_while(Result::ok).map(|entry| entry.file_name()).collect();
        let (unfinished, names): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| KeyFile::is_unfinished(name));
        if names.iter().all(|name| name == "key") && self.key_file().remove_unused().is_ok() {
            for name in unfinished {
                let _ = files::remove(&self.directory.join(name));
            }
        }
    }

    fn load_now(&self, scope: &Scope) -> Result<Loaded, StoreError> {
        const ATTEMPTS: u32 = 5;
        let path = self.files(scope).journal;
        let mut attempt = 1;
        loop {
            let (scan, length) = read(&path)?;
            // an unfinished batch may be one that is being written just now
            if scan.1.end == length || attempt == ATTEMPTS {
                return Ok(loaded(scan, length, &path));
            }
            attempt += 1;
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn lock_now(&self, scope: &Scope, holder: Holder) -> Result<(Lease, Loaded), StoreError> {
        let files = self.files(scope);
        let lock = match Lock::take(&files.lock).map_err(|error| StoreError::io("lock", files.lock.display(), error))? {
            Taken::Ours(lock) => lock,
            Taken::Theirs(holder) => return Err(StoreError::Locked { scope: scope.clone(), holder }),
        };
        let opened = Writer::open(lock, files, holder).and_then(|opened| Ok((opened, crate::random::bytes()?)));
        let ((writer, loaded), nonce) = opened.inspect_err(|_| self.tidy())?;
        let nonce = u128::from_le_bytes(nonce);
        let lease = Lease { scope: scope.clone(), epoch: writer.epoch(), nonce, ttl: None };
        self.writers().insert(nonce, writer);
        Ok((lease, loaded))
    }

    fn remove_now(&self, lease: &Lease) -> Result<(), StoreError> {
        self.writing(lease, |writer| writer.remove(&lease.scope))?;
        let released = self.release(lease);
        self.tidy_key();
        self.tidy();
        released
    }

    fn unlock_now(&self, lease: &Lease) -> Result<(), StoreError> {
        let released = self.release(lease);
        self.tidy();
        released
    }

    fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.writers().remove(&lease.nonce).map_or(Ok(()), Writer::release)
    }

    fn break_lock_now(&self, scope: &Scope) -> Result<Option<Holder>, StoreError> {
        let path = self.files(scope).lock;
        if !path.exists() {
            return Ok(None);
        }
        // taking it works exactly when no process holds it: then there is nobody to take it from, only a note to remove
        match Lock::take(&path).map_err(|error| StoreError::io("lock", path.display(), error))? {
            Taken::Theirs(holder) => Err(StoreError::Locked { scope: scope.clone(), holder }),
            Taken::Ours(lock) => {
                let released = lock.release().map_err(|error| StoreError::io("remove", path.display(), error));
                self.tidy();
                released.map(|()| None)
            }
        }
    }

    fn request_cancel_now(&self, scope: &Scope) -> Result<(), StoreError> {
        let files = self.files(scope);
        if !files.lock.exists() {
            return Ok(());
        }
        let made = files::owner_only().write(true).create(true).truncate(true).open(&files.cancel);
        made.map(drop).map_err(|error| StoreError::io("write", files.cancel.display(), error))
    }
}

/// What the file holds, and how long it is; nothing where there is none.
fn read(path: &Path) -> Result<(Scan, u64), StoreError> {
    let bytes = files::read(path).map_err(|error| StoreError::io("read", path.display(), error))?;
    let Some(bytes) = bytes else { return Ok((Scan::default(), 0)) };
    match format::scan(&bytes) {
        Ok(scan) => Ok((scan, bytes.len() as u64)),
        Err(Unreadable::Damaged(damage)) => {
            Err(StoreError::Damaged(Box::new(Damage { path: path.to_owned(), ..damage })))
        }
        Err(Unreadable::Format(found)) => {
            Err(StoreError::UnknownFormat { what: path.display().to_string(), found, known: format::VERSION })
        }
    }
}

fn loaded((entries, tail): Scan, length: u64, path: &Path) -> Loaded {
    let cut = length - tail.end;
    let warning = format!(
        "`{}` ends in {cut} bytes of a batch that was never finished, which are left out: whoever wrote it was interrupted",
        path.display()
    );
    Loaded { version: tail.version, entries, warnings: if cut > 0 { vec![warning] } else { Vec::new() } }
}

impl Store for FileStore {
    fn load<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Loaded, StoreError>> {
        ready(self.load_now(scope)).boxed()
    }

    fn lock<'a>(&'a self, scope: &'a Scope, holder: Holder) -> BoxFuture<'a, Result<(Lease, Loaded), StoreError>> {
        ready(self.lock_now(scope, holder)).boxed()
    }

    fn append<'a>(
        &'a self,
        lease: &'a Lease,
        expected: u64,
        batch: &'a [Vec<u8>],
    ) -> BoxFuture<'a, Result<Ack, StoreError>> {
        ready(self.writing(lease, |writer| writer.append(&lease.scope, expected, batch))).boxed()
    }

    fn replace<'a>(
        &'a self,
        lease: &'a Lease,
        expected: u64,
        entries: &'a [Vec<u8>],
    ) -> BoxFuture<'a, Result<Ack, StoreError>> {
        ready(self.writing(lease, |writer| writer.replace(&lease.scope, expected, entries))).boxed()
    }

    fn remove(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        ready(self.remove_now(&lease)).boxed()
    }

    fn unlock(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        ready(self.unlock_now(&lease)).boxed()
    }

    fn break_lock<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Option<Holder>, StoreError>> {
        ready(self.break_lock_now(scope)).boxed()
    }

    fn request_cancel<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<(), StoreError>> {
        ready(self.request_cancel_now(scope)).boxed()
    }

    fn holder<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Option<Holder>> {
        ready(lock::holder(&self.files(scope).lock)).boxed()
    }

    fn default_key(&self) -> KeySource {
        KeySource::File(self.key_file())
    }
}
