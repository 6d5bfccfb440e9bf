//! A store that lives as long as its process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{BoxFuture, FutureExt as _, ready};
use score_resolver::Scope;

use crate::{Ack, Holder, KeySource, Lease, Loaded, Store, StoreError};

/// A store that lives as long as its process: for tests, and for embedders that keep state elsewhere. Clones are the same store.
#[derive(Clone)]
pub struct MemoryStore(Arc<Inner>);

struct Inner {
    key: KeySource,
    scopes: Mutex<BTreeMap<Scope, Kept>>,
}

#[derive(Default)]
struct Kept {
    version: u64,
    entries: Vec<Vec<u8>>,
    /// The version before the last batch, and the batch's length.
    last: (u64, usize),
    epoch: u64,
    held: Option<(u128, Holder)>,
    cancel_wanted: bool,
}

impl MemoryStore {
    /// An empty store. Its states are sealed with a random key, made when it is first needed.
    pub fn new() -> Self {
        Self(Arc::new(Inner { key: KeySource::fresh(), scopes: Mutex::default() }))
    }

    fn with<T>(&self, scope: &Scope, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(self.lock_all().entry(scope.clone()).or_default())
    }

    fn holding<T>(&self, lease: &Lease, act: impl FnOnce(&mut Kept) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.with(&lease.scope, |kept| match &kept.held {
            Some((nonce, _)) if *nonce == lease.nonce => act(kept),
            _ => Err(StoreError::Fenced { scope: lease.scope.clone() }),
        })
    }

    fn lock_all(&self) -> MutexGuard<'_, BTreeMap<Scope, Kept>> {
        self.0.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("scopes", &self.lock_all().len()).finish_non_exhaustive()
    }
}

impl Kept {
    fn loaded(&self) -> Loaded {
        Loaded { version: self.version, entries: self.entries.clone(), warnings: Vec::new() }
    }

    fn ack(&self) -> Ack {
        Ack { version: self.version, cancel_wanted: self.cancel_wanted }
    }

    fn expect(&self, scope: &Scope, expected: u64) -> Result<(), StoreError> {
        if self.version == expected {
            return Ok(());
        }
        Err(StoreError::Conflict { scope: scope.clone(), expected, found: self.version })
    }
}

impl Store for MemoryStore {
    fn load<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Loaded, StoreError>> {
        ready(Ok(self.with(scope, |kept| kept.loaded()))).boxed()
    }

    fn lock<'a>(&'a self, scope: &'a Scope, holder: Holder) -> BoxFuture<'a, Result<(Lease, Loaded), StoreError>> {
        let locked = self.with(scope, |kept| {
            if let Some((_, holder)) = &kept.held {
                return Err(StoreError::Locked { scope: scope.clone(), holder: Some(holder.clone()) });
            }
            kept.epoch += 1;
            let nonce = u128::from(kept.epoch);
            kept.held = Some((nonce, holder));
            kept.cancel_wanted = false;
            Ok((Lease { scope: scope.clone(), epoch: kept.epoch, nonce, ttl: None }, kept.loaded()))
        });
        ready(locked).boxed()
    }

    fn append<'a>(
        &'a self,
        lease: &'a Lease,
        expected: u64,
        batch: &'a [Vec<u8>],
    ) -> BoxFuture<'a, Result<Ack, StoreError>> {
        let acknowledged = self.holding(lease, |kept| {
            let (before, length) = kept.last;
            let again = before == expected && before < kept.version && kept.entries.ends_with(batch);
            if again && length == batch.len() {
                return Ok(kept.ack());
            }
            kept.expect(&lease.scope, expected)?;
            if !batch.is_empty() {
                kept.last = (kept.version, batch.len());
                kept.entries.extend_from_slice(batch);
                kept.version += 1;
            }
            Ok(kept.ack())
        });
        ready(acknowledged).boxed()
    }

    fn replace<'a>(
        &'a self,
        lease: &'a Lease,
        expected: u64,
        entries: &'a [Vec<u8>],
    ) -> BoxFuture<'a, Result<Ack, StoreError>> {
        let acknowledged = self.holding(lease, |kept| {
            kept.expect(&lease.scope, expected)?;
            kept.entries = entries.to_vec();
            kept.version += 1;
            kept.last = (kept.version, 0);
            Ok(kept.ack())
        });
        ready(acknowledged).boxed()
    }

    fn remove(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        let removed = self.holding(&lease, |kept| {
            // the epoch goes on: a lease of before must never be taken for one of after
            *kept = Kept { epoch: kept.epoch, ..Kept::default() };
            Ok(())
        });
        ready(removed).boxed()
    }

    fn unlock(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        let _ = self.holding(&lease, |kept| {
            kept.held = None;
            Ok(())
        });
        ready(Ok(())).boxed()
    }

    fn break_lock<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Option<Holder>, StoreError>> {
        ready(Ok(self.with(scope, |kept| kept.held.take().map(|(_, holder)| holder)))).boxed()
    }

    fn request_cancel<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<(), StoreError>> {
        self.with(scope, |kept| kept.cancel_wanted = kept.held.is_some());
        ready(Ok(())).boxed()
    }

    fn default_key(&self) -> KeySource {
        self.0.key.clone()
    }
}
