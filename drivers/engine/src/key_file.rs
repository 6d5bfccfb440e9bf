//! Where keys are kept.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::{Keys, SealingKey, StoreError, files};

/// Where the keys of a state come from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum KeySource {
    /// These.
    Keys(Keys),
    /// A file, made when something is first sealed.
    File(KeyFile),
    /// A random key that lives as long as all clones of this.
    Memory(Arc<OnceLock<Keys>>),
}

/// How the names of files begin that become a key once they are written.
const UNFINISHED: &str = ".key-";

/// What the name of a key file is followed by in that of the note that it is never removed, and what the note says.
const KEPT: (&str, &str) =
    (".kept", "A saved plan was sealed with the key beside this: it is kept when nothing is recorded any more.\n");

impl KeySource {
    /// A random key, made when something is first sealed, that lives as long as all clones of this.
    pub fn fresh() -> Self {
        Self::Memory(Arc::default())
    }

    /// The keys, where there are some already.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&self) -> Result<Option<Keys>, StoreError> {
        match self {
            Self::Keys(keys) => Ok(Some(keys.clone())),
            Self::File(file) => file.read(),
            Self::Memory(keys) => Ok(keys.get().cloned()),
        }
    }

    /// Where they are looked for, for messages.
    pub(crate) fn place(&self) -> Option<String> {
        match self {
            Self::File(file) => Some(file.path.display().to_string()),
            _ => None,
        }
    }

    /// The keys, made where there are none, and a guard that keeps them from being removed.
    ///
    /// # Errors
    /// The file cannot be read or made.
    pub(crate) fn hold(&self) -> Result<(Keys, KeyGuard), StoreError> {
        match self {
            Self::Keys(keys) => Ok((keys.clone(), KeyGuard::default())),
            Self::File(file) => file.hold(),
            Self::Memory(cell) => {
                if cell.get().is_none() {
                    let _ = cell.set(Keys::new(SealingKey::random()?));
                }
                match cell.get() {
                    Some(keys) => Ok((keys.clone(), KeyGuard::default())),
                    None => Err(StoreError::io("read", "the key", "it was not made")),
                }
            }
        }
    }

    /// The keys, made where there are none, for what is sealed and kept elsewhere: they are not removed when nothing is recorded any more.
    ///
    /// # Errors
    /// The file cannot be read or made.
    pub(crate) fn keep(&self) -> Result<Keys, StoreError> {
        let (keys, guard) = self.hold()?;
        if let Self::File(file) = self {
            file.note_kept()?;
        }
        drop(guard);
        Ok(keys)
    }
}

impl From<SealingKey> for KeySource {
    fn from(key: SealingKey) -> Self {
        Self::Keys(Keys::new(key))
    }
}

impl From<Keys> for KeySource {
    fn from(keys: Keys) -> Self {
        Self::Keys(keys)
    }
}

impl From<KeyFile> for KeySource {
    fn from(file: KeyFile) -> Self {
        Self::File(file)
    }
}

/// While it lives, the keys are not removed.
#[derive(Debug, Default)]
pub(crate) struct KeyGuard {
    locked: Option<File>,
    /// The file, where it was made for this guard.
    made: Option<KeyFile>,
}

impl KeyGuard {
    /// Ends guarding keys with which nothing was sealed: those that were made for this guard are removed, unless somebody else uses them now.
    pub(crate) fn leave_unused(self) {
        let Self { locked, made } = self;
        drop(locked);
        if let Some(file) = made {
            let _ = file.remove_unused();
        }
    }
}

/// A file with the keys of states, readable by its owner only. Whoever has it can read their secrets; whoever loses it cannot read them any more.
///
/// ```text
/// partitura-keys 1
/// seal 64 HEX DIGITS           the key that seals
/// open 64 HEX DIGITS           an older one, any number of them
/// fingerprint 64 HEX DIGITS    where it is not the one that seals
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    path: PathBuf,
}

const HEADER: &str = "partitura-keys ";
const VERSION: u32 = 1;

impl KeyFile {
    /// The key file at this path, which is made when something is first sealed.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The keys in it; `None` where there is no such file.
    ///
    /// # Errors
    /// It cannot be read, or is no key file.
    pub fn read(&self) -> Result<Option<Keys>, StoreError> {
        let bytes = files::read(&self.path).map_err(|error| self.error("read", error))?;
        bytes.map(|bytes| self.parse(&bytes)).transpose()
    }

    /// Makes a new key the one that seals. The older ones stay and still open what they sealed.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn rotate(&self) -> Result<Keys, StoreError> {
        let (keys, _guard) = self.hold()?;
        let rotated = keys.rotated(SealingKey::random()?);
        self.write(&rotated)?;
        Ok(rotated)
    }

    /// Removes all keys but the one that seals: what the others sealed and was not sealed anew since is lost.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn forget_old(&self) -> Result<(), StoreError> {
        match self.read()? {
            Some(mut keys) if keys.sealing.len() > 1 => {
                keys.sealing.truncate(1);
                self.write(&keys)
            }
            _ => Ok(()),
        }
    }

    fn hold(&self) -> Result<(Keys, KeyGuard), StoreError> {
        let mut made = None;
        loop {
            let file = match File::open(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.make()?;
                    made = Some(self.clone());
                    continue;
                }
                opened => opened.map_err(|error| self.error("read", error))?,
            };
            file.lock_shared().map_err(|error| self.error("lock", error))?;
            // it may have been removed, or rotated, before it was locked
            if files::is_at(&file, &self.path).map_err(|error| self.error("read", error))?
                && let Some(keys) = self.read()?
            {
                return Ok((keys, KeyGuard { locked: Some(file), made }));
            }
        }
    }

    /// Removes it, unless somebody uses it or it is kept: then that is an error.
    pub(crate) fn remove_unused(&self) -> io::Result<()> {
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened?,
        };
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::ErrorKind::ResourceBusy.into(),
            TryLockError::Error(error) => error,
        })?;
        if self.note().try_exists()? {
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        files::remove(&self.path)
    }

    /// Notes beside it, durably, that it is not to be removed.
    fn note_kept(&self) -> Result<(), StoreError> {
        let note = self.note();
        let made = match files::owner_only().write(true).create_new(true).open(&note) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            opened => opened.and_then(|mut file| file.write_all(KEPT.1.as_bytes())),
        };
        let durable = made.and_then(|()| files::sync_dir_of(&note));
        durable.map_err(|error| StoreError::io("write", note.display(), error))
    }

    fn note(&self) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(KEPT.0);
        name.into()
    }

    /// Whether a file beside it is one that a process was writing which was killed before it became the key.
    pub(crate) fn is_unfinished(name: &std::ffi::OsStr) -> bool {
        name.to_string_lossy().starts_with(UNFINISHED)
    }

    /// Makes it with a random key, unless somebody else did meanwhile.
    fn make(&self) -> Result<(), StoreError> {
        let error = |error| self.error("write", error);
        if let Some(directory) = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            files::create_dir(directory).map_err(error)?;
        }
        let text = render(&Keys::new(SealingKey::random()?));
        // written elsewhere and linked, so that nobody reads the half of it, and a key that is there is never overwritten
        let unique = crate::random::bytes::<8>()?.map(|byte| format!("{byte:02x}")).concat();
        let temporary = self.path.with_file_name(format!("{UNFINISHED}{unique}"));
        files::replace(&temporary, &[text.as_bytes()], || Ok(true)).map_err(error)?;
        let linked = std::fs::hard_link(&temporary, &self.path);
        let _ = files::remove(&temporary);
        match linked {
            // What a killed process leaves is removed, and this was taken for that: whoever wants it looks again.
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(problem) if problem.kind() != io::ErrorKind::AlreadyExists => Err(error(problem)),
            _ => files::sync_dir_of(&self.path).map_err(error),
        }
    }

    fn write(&self, keys: &Keys) -> Result<(), StoreError> {
        let written = files::replace(&self.path, &[render(keys).as_bytes()], || Ok(true));
        written.map(drop).map_err(|error| self.error("write", error))
    }

    fn parse(&self, bytes: &[u8]) -> Result<Keys, StoreError> {
        let wrong = || self.error("read", io::Error::new(io::ErrorKind::InvalidData, "this is no key file"));
        let text = std::str::from_utf8(bytes).map_err(|_| wrong())?;
        let mut lines = text.lines();
        let version = lines.next().and_then(|line| line.strip_prefix(HEADER)?.trim().parse().ok()).ok_or_else(wrong)?;
        if version > VERSION {
            let what = self.path.display().to_string();
            return Err(StoreError::UnknownFormat { what, found: version, known: VERSION });
        }
        let (mut sealing, mut fingerprints) = (Vec::new(), None);
        for line in lines.filter(|line| !line.trim().is_empty()) {
            let (word, digits) = line.trim().split_once(' ').ok_or_else(wrong)?;
            let key = from_hex(digits).ok_or_else(wrong)?;
            match word {
                "seal" => sealing.insert(0, key),
                "open" => sealing.push(key),
                "fingerprint" => fingerprints = Some(key),
                _ => return Err(wrong()),
            }
        }
        let first = sealing.first().cloned().ok_or_else(wrong)?;
        Ok(Keys { fingerprints: fingerprints.unwrap_or(first), sealing })
    }

    fn error(&self, action: &'static str, error: io::Error) -> StoreError {
        StoreError::io(action, self.path.display(), error)
    }
}

fn render(keys: &Keys) -> String {
    let mut text = format!("{HEADER}{VERSION}\n");
    for (index, key) in keys.sealing.iter().enumerate() {
        let word = if index == 0 { "seal" } else { "open" };
        text.push_str(&format!("{word} {}\n", to_hex(key)));
    }
    if keys.sealing.first() != Some(&keys.fingerprints) {
        text.push_str(&format!("fingerprint {}\n", to_hex(&keys.fingerprints)));
    }
    text
}

fn to_hex(key: &SealingKey) -> String {
    key.expose().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(digits: &str) -> Option<SealingKey> {
    let digits = digits.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut key = [0; 32];
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(SealingKey::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let file = KeyFile::new(directory.path().join("deeper/key"));
        assert_eq!(file.read().unwrap(), None);
        let (keys, guard) = file.hold().unwrap();
        assert_eq!(file.read().unwrap(), Some(keys.clone()));
        assert!(file.remove_unused().is_err());
        drop(guard);
        assert_eq!(KeyFile::new(file.path()).hold().unwrap().0, keys);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        }
        file.remove_unused().unwrap();
        assert_ne!(file.hold().unwrap().0, keys);
        assert_eq!(std::fs::read_dir(file.path().parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn many_make_it_at_once_and_agree() {
        let directory = tempfile::tempdir().unwrap();
        let file = KeyFile::new(directory.path().join("key"));
        let ids: std::collections::BTreeSet<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| file.hold().unwrap().0.id())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(ids.len(), 1);
    }

    #[test]
    fn rotation_keeps_what_opens_and_what_fingerprints() {
        let directory = tempfile::tempdir().unwrap();
        let file = KeyFile::new(directory.path().join("key"));
        let before = file.hold().unwrap().0;
        let after = file.rotate().unwrap();
        assert_ne!(after.id(), before.id());
        assert!(after.open(&before.id()));
        assert_eq!((&after.fingerprints, file.read().unwrap()), (&before.fingerprints, Some(after.clone())));
        file.forget_old().unwrap();
        let kept = file.read().unwrap().unwrap();
        assert_eq!((kept.id(), kept.open(&before.id()), kept.fingerprints), (after.id(), false, before.fingerprints));
    }

    #[track_caller]
    fn check(text: &str, message: &str) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        std::fs::write(&path, text).unwrap();
        let error = KeyFile::new(&path).read().unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        let shown = format!("{error} {source}").replace(&path.display().to_string(), "KEY");
        assert_eq!(shown.trim(), message);
    }

    #[test]
    fn what_is_no_key_file_is_refused() {
        let no = "cannot read `KEY` this is no key file";
        check("", no);
        check("partitura-keys 1\n", no);
        check("partitura-keys 1\nseal 00ff\n", no);
        check(&format!("partitura-keys 1\nseal {}\n", "é".repeat(32)), no);
        check("partitura-keys 7\nfuture\n", "`KEY` has format 7, and this program knows up to 1");
    }
}
