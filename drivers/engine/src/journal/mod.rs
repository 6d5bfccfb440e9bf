//! Journals: records in a store, secrets sealed.

mod entry;
mod packed;
mod texts;

use std::error::Error as StdError;
use std::sync::Arc;

use futures_util::future::FutureExt as _;
use score_model::{FingerprintKey, Split};
use score_resolver::{Lineage, Record, Scope, Snapshot};
use serde::Serialize;

use crate::key_file::KeyGuard;
use crate::{Ack, Holder, KeyId, KeySource, Keys, Lease, Loaded, Sealer, Store, StoreError};

/// The journal of one scope, open for writing: typed records above the bytes of a [`Store`]. It seals, and each batch is one append.
///
/// Whoever has it is the scope's one writer. Dropped without being closed, it gives the lease back where that needs no waiting; nothing that was acknowledged is lost either way.
#[derive(Debug)]
pub struct Journal {
    store: Arc<dyn Store>,
    lease: Option<Lease>,
    source: KeySource,
    keys: Keys,
    sealer: Sealer,
    guard: Option<KeyGuard>,
    version: u64,
    /// How many entries the store holds.
    stored: usize,
    /// The key in the header of what the store holds.
    sealed_with: Option<KeyId>,
    /// Written with the first batch: the beginning of a state that was none yet.
    pending: Option<Record>,
    /// Something could not be written: what is in the store may be less than what was said to be recorded.
    failed: bool,
}

/// What a journal says.
#[derive(Debug)]
#[non_exhaustive]
pub struct Recorded {
    /// The sum of its records.
    pub snapshot: Snapshot,
    /// What people should know of the state.
    pub warnings: Vec<String>,
}

/// Everything recorded in one scope, secrets sealed, for other programs: `{"format": 1, "scope", "serial", "records"}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Export {
    /// The version of this form.
    pub format: u32,
    /// Of which scope.
    pub scope: Scope,
    /// The number of records that were ever written.
    pub serial: u64,
    /// The records, folded.
    pub records: Vec<Record<Split>>,
}

/// Why a journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The store says so.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key is not there.
    #[error("the key `{needed}`, with which the state of `{scope}` is sealed, is not there")]
    MissingKey {
        /// Whose state.
        scope: Scope,
        /// The key's name.
        needed: KeyId,
        /// Where it was looked for.
        place: Option<String>,
    },
    /// There is a key, but another.
    #[error("the state of `{scope}` is sealed with the key `{needed}`, and this is the key `{found}`")]
    WrongKey {
        /// Whose state.
        scope: Scope,
        /// The name of the right key.
        needed: KeyId,
        /// The name of the key that there is.
        found: KeyId,
    },
    /// An entry cannot be understood.
    #[error("entry {number} of the state of `{scope}` cannot be read")]
    Entry {
        /// Whose state.
        scope: Scope,
        /// Which entry, from 1.
        number: usize,
        /// Why not.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// A record cannot be kept.
    #[error("what was to be recorded in `{scope}` cannot be kept")]
    Record {
        /// Whose state.
        scope: Scope,
        /// Why not.
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl JournalError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.help(),
            Self::MissingKey { place, .. } => Some(match place {
                Some(place) => format!("put the key file back at `{place}`, or say with `--state-key` where it is"),
                None => "say with `--state-key` where it is".to_owned(),
            }),
            Self::WrongKey { .. } => Some("say with `--state-key` where the right one is".to_owned()),
            Self::Entry { .. } => Some("use the version that wrote it, or a later one".to_owned()),
            Self::Record { .. } => None,
        }
    }
}

impl Journal {
    /// What is recorded in a scope. Waits for nobody, and changes nothing.
    ///
    /// # Errors
    /// The store cannot be read, or not with these keys.
    pub async fn read(store: &dyn Store, keys: &KeySource, scope: &Scope) -> Result<Recorded, JournalError> {
        const ATTEMPTS: u32 = 3;
        let mut attempt = 1;
        loop {
            let loaded = store.load(scope).await?;
            match fold(loaded, keys.read()?, keys, scope) {
                // the state may have been removed after it was read, with its key
                Err(JournalError::MissingKey { .. }) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
                Ok((recorded, _)) => return Ok(recorded),
            }
        }
    }

    /// Becomes the scope's one writer. A state that was none yet gets its [`Record::Opened`], which is written with the first batch.
    ///
    /// # Errors
    /// Another is the writer ([`StoreError::Locked`]), and those of [`read`](Self::read).
    pub async fn open(
        store: Arc<dyn Store>,
        keys: &KeySource,
        scope: &Scope,
        holder: Holder,
    ) -> Result<(Self, Recorded), JournalError> {
        let (lease, loaded) = store.lock(scope, holder).await?;
        match Self::begin(store.clone(), keys, lease.clone(), loaded) {
            Ok(opened) => Ok(opened),
            Err(error) => {
                let _ = store.unlock(lease).await;
                Err(error)
            }
        }
    }

    fn begin(
        store: Arc<dyn Store>,
        source: &KeySource,
        lease: Lease,
        loaded: Loaded,
    ) -> Result<(Self, Recorded), JournalError> {
        let (version, stored) = (loaded.version, loaded.entries.len());
        let scope = &lease.scope;
        // a key that is lost must not be made anew: it would open nothing
        let held = if stored > 0 && source.read()?.is_none() { None } else { Some(source.hold()?) };
        let known = held.as_ref().map(|(keys, _)| keys.clone());
        let (mut recorded, sealed_with) = fold(loaded, known, source, scope)?;
        let (keys, guard) = held.map_or_else(|| source.hold(), Ok)?;
        let mut pending = None;
        if recorded.snapshot.lineage().is_none() {
            let lineage = Lineage::new(crate::random::bytes()?);
            let opened = Record::Opened { lineage, objects: 0, serial: recorded.snapshot.serial() };
            recorded.snapshot.fold(opened.clone());
            pending = Some(opened);
        }
        let sealer = Sealer::new(&keys, scope)?;
        let (guard, lease, source) = (Some(guard), Some(lease), source.clone());
        Ok((
            Self { store, lease, source, keys, sealer, guard, version, stored, sealed_with, pending, failed: false },
            recorded,
        ))
    }

    /// Adds records: all or none, durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where another is the writer now: nothing more can be written. A part of a record is not known.
    pub async fn append(&mut self, records: impl IntoIterator<Item = Record>) -> Result<Ack, JournalError> {
        // Where this is dropped, nobody knows whether it was written.
        let failed = std::mem::replace(&mut self.failed, true);
        let appended = self.try_append(records).await;
        self.failed = failed || appended.is_err();
        appended
    }

    /// What is recorded is more than its user knows: nothing is folded or removed in the end.
    pub(crate) fn abandon(&mut self) {
        self.failed = true;
    }

    async fn try_append(&mut self, records: impl IntoIterator<Item = Record>) -> Result<Ack, JournalError> {
        let lease = self.lease()?;
        let mut batch = Vec::new();
        let records = self.pending.clone().into_iter().chain(records);
        for record in records {
            batch.push(self.encode(record)?);
        }
        if self.stored == 0 && !batch.is_empty() {
            batch.insert(0, self.header()?);
        }
        let ack = self.store.append(&lease, self.version, &batch).await?;
        self.version = ack.version;
        if self.stored == 0 && !batch.is_empty() {
            self.sealed_with = Some(self.keys.id());
        }
        self.stored += batch.len();
        self.pending = None;
        Ok(ack)
    }

    /// Shows the store that the writer lives, where its lease ends without that.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub async fn renew(&mut self) -> Result<Ack, JournalError> {
        let lease = self.lease()?;
        Ok(self.store.append(&lease, self.version, &[]).await?)
    }

    /// How often the lease is to be [renewed](Self::renew); `None`: never.
    pub fn renewal(&self) -> Option<std::time::Duration> {
        Some(self.lease.as_ref()?.ttl? / 3)
    }

    /// Puts the folded form of `snapshot`, which must be all that is recorded, in the place of all entries, sealed anew.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub async fn compact(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        let lease = self.lease()?;
        let mut entries = vec![self.header()?];
        for record in snapshot.records() {
            entries.push(self.encode(record)?);
        }
        self.version = self.store.replace(&lease, self.version, &entries).await?.version;
        (self.stored, self.pending, self.sealed_with) = (entries.len(), None, Some(self.keys.id()));
        Ok(())
    }

    /// Makes a new key the one that seals, and seals `snapshot`, which must be all that is recorded, with it. The old key still opens what other scopes sealed with it.
    ///
    /// # Errors
    /// The keys are not in a file; and those of [`append`](Self::append).
    pub async fn rotate_key(&mut self, snapshot: &Snapshot) -> Result<KeyId, JournalError> {
        let scope = self.lease()?.scope;
        let KeySource::File(file) = &self.source else {
            return Err(StoreError::io("rotate", "the key", "it is not in a file").into());
        };
        self.keys = file.rotate()?;
        self.guard = Some(self.source.hold()?.1);
        self.sealer = Sealer::new(&self.keys, &scope)?;
        if self.stored > 0 {
            self.compact(snapshot).await?;
        }
        Ok(self.keys.id())
    }

    /// Ends writing. `snapshot` must be all that is recorded: where that is nothing, the scope is removed; where it is much less than what was written, it is written anew.
    ///
    /// # Errors
    /// As [`append`](Self::append). The lease is given back all the same.
    pub async fn close(mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        let done = if !self.failed && self.is_wasteful(snapshot) { self.compact(snapshot).await } else { Ok(()) };
        match self.guard.take() {
            Some(guard) if self.stored == 0 => guard.leave_unused(),
            guard => drop(guard),
        }
        let Some(lease) = self.lease.take() else { return done };
        let ended = if snapshot.is_empty() && self.stored > 0 && !self.failed && done.is_ok() {
            self.store.remove(lease.clone()).await
        } else {
            Ok(())
        };
        let unlocked = self.store.unlock(lease).await;
        done.and(ended.map_err(JournalError::from)).and(unlocked.map_err(JournalError::from))
    }

    /// Whether the entries are many more than those of the folded form, or sealed with an old key. Only sometimes true, so that writing costs no more in the long run.
    fn is_wasteful(&self, snapshot: &Snapshot) -> bool {
        const SPARE: usize = 64;
        let folded = 2 + snapshot.documents().len() + snapshot.size() + snapshot.intents().len();
        let folded = folded + 2 * snapshot.deposed().len();
        let old = self.sealed_with.as_ref().is_some_and(|id| *id != self.keys.id());
        !snapshot.is_empty() && (old || self.stored > folded + folded / 4 + SPARE)
    }

    /// The keys that seal it.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What seals it.
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    fn lease(&self) -> Result<Lease, JournalError> {
        self.lease.clone().ok_or_else(|| StoreError::io("write", "the state", "it is closed").into())
    }

    fn header(&self) -> Result<Vec<u8>, JournalError> {
        let header = entry::Header { journal: entry::VERSION, key: self.keys.id() };
        serde_json::to_vec(&header).map_err(|error| StoreError::io("write", "the state", error).into())
    }

    fn encode(&self, record: Record) -> Result<Vec<u8>, JournalError> {
        entry::encode(record, &self.sealer).map_err(|error| {
            let scope = self.lease.as_ref().map(|lease| lease.scope.clone());
            match scope {
                Some(scope) => JournalError::Record { scope, source: error.into() },
                None => StoreError::io("write", "the state", error).into(),
            }
        })
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            // without a runtime nothing can be waited for here; leases of stores that need waiting end by themselves
            let _ = self.store.unlock(lease).now_or_never();
        }
    }
}

impl Export {
    /// What `snapshot` says, secrets sealed.
    ///
    /// # Errors
    /// A part of it is not known.
    pub fn new(snapshot: &Snapshot, scope: &Scope, sealer: &Sealer) -> Result<Self, JournalError> {
        let records = snapshot.records().into_iter().map(|record| entry::sealed(record, sealer));
        let records = records.collect::<Result<_, _>>();
        let records = records.map_err(|error| JournalError::Record { scope: scope.clone(), source: error.into() })?;
        Ok(Self { format: 1, scope: scope.clone(), serial: snapshot.serial(), records })
    }
}

fn fold(
    loaded: Loaded,
    keys: Option<Keys>,
    source: &KeySource,
    scope: &Scope,
) -> Result<(Recorded, Option<KeyId>), JournalError> {
    let warnings = loaded.warnings;
    let mut entries = loaded.entries.into_iter();
    let Some(header) = entries.next() else {
        // with nothing recorded there is no fingerprint to compare with
        let key = keys.map_or_else(|| FingerprintKey::new([0; 32]), |keys| keys.fingerprint_key(scope));
        return Ok((Recorded { snapshot: Snapshot::new(key), warnings }, None));
    };
    let misread = |number: usize, source: Box<dyn StdError + Send + Sync>| JournalError::Entry {
        scope: scope.clone(),
        number,
        source,
    };
    let header: entry::Header = serde_json::from_slice(&header).map_err(|error| misread(1, error.into()))?;
    if header.journal > entry::VERSION {
        let what = format!("the state of {scope}");
        return Err(StoreError::UnknownFormat { what, found: header.journal, known: entry::VERSION }.into());
    }
    let needed = header.key;
    let Some(keys) = keys else {
        return Err(JournalError::MissingKey { scope: scope.clone(), needed, place: source.place() });
    };
    if !keys.open(&needed) {
        return Err(JournalError::WrongKey { scope: scope.clone(), needed, found: keys.id() });
    }
    let sealer = Sealer::new(&keys, scope)?;
    let mut snapshot = Snapshot::new(keys.fingerprint_key(scope));
    let mut reader = entry::Reader::new(&sealer);
    for (number, bytes) in (2..).zip(entries) {
        snapshot.fold(reader.decode(&bytes).map_err(|error| misread(number, error.into()))?);
    }
    Ok((Recorded { snapshot, warnings }, Some(needed)))
}
