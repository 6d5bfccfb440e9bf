//! What any store must do, as a suite that any author of one runs.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use score_resolver::{Context, Scope};

use crate::{Ack, Holder, Lease, Loaded, Store, StoreError};

/// Holds a store to what [`Store`] demands: every demand is tried, and all that are broken are told.
///
/// `open` gives handles to one and the same storage, each as another process would have it. The suite writes scopes of the organisation `conformance`, and removes them. It takes about as long as some
/// hundred appends.
///
/// ```
/// use std::sync::Arc;
/// use score_engine::{MemoryStore, store_conformance};
///
/// let store = MemoryStore::new();
/// futures_executor::block_on(store_conformance(&|| Arc::new(store.clone())))?;
/// # Ok::<(), score_engine::Nonconforming>(())
/// ```
///
/// # Errors
/// The store does not keep a demand.
pub async fn store_conformance(open: &(dyn Fn() -> Arc<dyn Store> + Sync)) -> Result<(), Nonconforming> {
    let mut broken = Vec::new();
    macro_rules! demands {
        ($($demand:ident),* $(,)?) => {$(
            let stage = Stage { one: open(), two: open(), scope: scope(stringify!($demand)) };
            if let Err(Broken(why)) = $demand(&stage).await {
                broken.push(format!("{}: {why}", stringify!($demand).replace('_', " ")));
            }
            stage.clear().await;
        )*};
    }
    demands!(
        nothing_was_written_at_first,
        what_was_appended_is_loaded_in_order,
        bytes_are_kept_as_they_are,
        big_batches_are_kept,
        an_empty_batch_changes_nothing,
        a_lease_is_held_once,
        a_claim_race_has_one_winner,
        epochs_rise_and_nonces_differ,
        readers_do_not_wait_for_the_writer,
        scopes_are_apart,
        a_stale_append_is_refused,
        a_repeated_append_is_done_once,
        a_lease_given_back_is_over,
        a_broken_lease_is_fenced,
        replacing_leaves_what_replaced,
        removing_leaves_nothing,
        what_was_removed_can_be_written_again,
        a_cancel_reaches_the_holder,
        a_cancel_is_not_for_the_next_one,
    );
    if broken.is_empty() { Ok(()) } else { Err(Nonconforming { broken }) }
}

/// The demands that a store does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Nonconforming {
    /// Each demand, and what happened instead.
    pub broken: Vec<String>,
}

impl fmt::Display for Nonconforming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store breaks {} demands:", self.broken.len())?;
        self.broken.iter().try_for_each(|broken| write!(f, "\n- {broken}"))
    }
}

impl std::error::Error for Nonconforming {}

struct Broken(String);

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken(otherwise())) }
}

fn same<T: PartialEq + fmt::Debug>(found: T, wanted: T) -> Result<(), Broken> {
    ensure(found == wanted, || format!("{found:?} instead of {wanted:?}"))
}

fn refused<T: fmt::Debug>(found: Result<T, StoreError>, as_it_should: fn(&StoreError) -> bool) -> Result<(), Broken> {
    match found {
        Err(error) if as_it_should(&error) => Ok(()),
        other => Err(Broken(format!("{other:?} instead of being refused"))),
    }
}

fn fenced(error: &StoreError) -> bool {
    matches!(error, StoreError::Fenced { .. })
}

fn locked(error: &StoreError) -> bool {
    matches!(error, StoreError::Locked { .. })
}

fn conflict(error: &StoreError) -> bool {
    matches!(error, StoreError::Conflict { .. })
}

fn scope(environment: &str) -> Scope {
    Context::new(environment).organisation("conformance").scope()
}

fn holder() -> Holder {
    Holder::this_process(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000))
}

fn batch(entries: &[&str]) -> Vec<Vec<u8>> {
    entries.iter().map(|entry| entry.as_bytes().to_vec()).collect()
}

/// Two processes and a scope.
struct Stage {
    one: Arc<dyn Store>,
    two: Arc<dyn Store>,
    scope: Scope,
}

impl Stage {
    async fn lock(&self) -> Result<(Lease, Loaded), StoreError> {
        self.one.lock(&self.scope, holder()).await
    }

    async fn append(&self, lease: &Lease, expected: u64, entries: &[&str]) -> Result<Ack, StoreError> {
        self.one.append(lease, expected, &batch(entries)).await
    }

    /// Takes the lease, appends, gives it back.
    async fn write(&self, entries: &[&str]) -> Result<u64, StoreError> {
        let (lease, loaded) = self.lock().await?;
        let ack = self.append(&lease, loaded.version, entries).await?;
        self.one.unlock(lease).await?;
        Ok(ack.version)
    }

    /// As the other process sees it.
    async fn entries(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        Ok(self.two.load(&self.scope).await?.entries)
    }

    async fn clear(&self) {
        if let Ok((lease, _)) = self.lock().await {
            let _ = self.one.remove(lease).await;
        }
    }
}

async fn nothing_was_written_at_first(stage: &Stage) -> Result<(), Broken> {
    same(stage.two.load(&stage.scope).await?, Loaded::default())?;
    let (lease, loaded) = stage.lock().await?;
    same(loaded, Loaded::default())?;
    Ok(stage.one.unlock(lease).await?)
}

async fn what_was_appended_is_loaded_in_order(stage: &Stage) -> Result<(), Broken> {
    let (lease, loaded) = stage.lock().await?;
    let first = stage.append(&lease, loaded.version, &["b", "a"]).await?;
    ensure(first.version > loaded.version, || "the version does not rise".to_owned())?;
    let second = stage.append(&lease, first.version, &["c"]).await?;
    ensure(second.version > first.version, || "the version does not rise".to_owned())?;
    let (stored, wanted) = (stage.two.load(&stage.scope).await?, batch(&["b", "a", "c"]));
    same(stored, Loaded { version: second.version, entries: wanted.clone(), warnings: Vec::new() })?;
    stage.one.unlock(lease).await?;
    let (lease, loaded) = stage.two.lock(&stage.scope, holder()).await?;
    same(loaded.entries, wanted)?;
    same(loaded.version, second.version)?;
    Ok(stage.two.unlock(lease).await?)
}

async fn bytes_are_kept_as_they_are(stage: &Stage) -> Result<(), Broken> {
    let entries = vec![vec![], vec![0], (0..=255).collect(), vec![0; 4096], b"\n".to_vec(), vec![]];
    let (lease, loaded) = stage.lock().await?;
    stage.one.append(&lease, loaded.version, &entries).await?;
    stage.one.unlock(lease).await?;
    same(stage.entries().await?, entries)
}

async fn big_batches_are_kept(stage: &Stage) -> Result<(), Broken> {
    let entries: Vec<Vec<u8>> = (0..2000_u32).map(|n| n.to_le_bytes().repeat(100)).collect();
    let (lease, loaded) = stage.lock().await?;
    stage.one.append(&lease, loaded.version, &entries).await?;
    stage.one.unlock(lease).await?;
    ensure(stage.entries().await? == entries, || "something else was loaded".to_owned())
}

async fn an_empty_batch_changes_nothing(stage: &Stage) -> Result<(), Broken> {
    let (lease, loaded) = stage.lock().await?;
    same(stage.append(&lease, loaded.version, &[]).await?.version, loaded.version)?;
    let version = stage.append(&lease, loaded.version, &["a"]).await?.version;
    same(stage.append(&lease, version, &[]).await?.version, version)?;
    same(stage.entries().await?, batch(&["a"]))?;
    Ok(stage.one.unlock(lease).await?)
}

async fn a_lease_is_held_once(stage: &Stage) -> Result<(), Broken> {
    let (lease, _) = stage.lock().await?;
    match stage.two.lock(&stage.scope, holder()).await {
        Err(StoreError::Locked { holder: Some(found), .. }) => same(found, holder())?,
        other => return Err(Broken(format!("{other:?} for the second one"))),
    }
    refused(stage.one.lock(&stage.scope, holder()).await, locked)?;
    stage.one.unlock(lease).await?;
    let (lease, _) = stage.two.lock(&stage.scope, holder()).await?;
    Ok(stage.two.unlock(lease).await?)
}

async fn a_claim_race_has_one_winner(stage: &Stage) -> Result<(), Broken> {
    for _ in 0..10 {
        let stores = (0..8).map(|index| if index % 2 == 0 { &stage.one } else { &stage.two });
        let claims = join_all(stores.map(async |store| (store, store.lock(&stage.scope, holder()).await))).await;
        let mut winners = 0;
        for (store, claim) in claims {
            if let Ok((lease, _)) = claim {
                winners += 1;
                store.unlock(lease).await?;
            }
        }
        // one after another each may win, but never two at once: those would both have been given back here
        ensure(winners == 1, || format!("{winners} winners"))?;
    }
    Ok(())
}

async fn epochs_rise_and_nonces_differ(stage: &Stage) -> Result<(), Broken> {
    let mut last: Option<Lease> = None;
    for entry in ["a", "b", "c"] {
        let (lease, loaded) = stage.lock().await?;
        if let Some(last) = last {
            ensure(lease.epoch > last.epoch, || format!("epoch {} after {}", lease.epoch, last.epoch))?;
            ensure(lease.nonce != last.nonce, || "the same nonce".to_owned())?;
        }
        stage.append(&lease, loaded.version, &[entry]).await?;
        stage.one.unlock(lease.clone()).await?;
        last = Some(lease);
    }
    Ok(())
}

async fn readers_do_not_wait_for_the_writer(stage: &Stage) -> Result<(), Broken> {
    stage.write(&["a"]).await?;
    let (lease, loaded) = stage.lock().await?;
    same(stage.entries().await?, batch(&["a"]))?;
    stage.append(&lease, loaded.version, &["b"]).await?;
    same(stage.entries().await?, batch(&["a", "b"]))?;
    Ok(stage.one.unlock(lease).await?)
}

async fn scopes_are_apart(stage: &Stage) -> Result<(), Broken> {
    let other = Stage { scope: scope("another"), one: stage.one.clone(), two: stage.two.clone() };
    stage.write(&["a"]).await?;
    let (lease, _) = stage.lock().await?;
    other.write(&["b"]).await?;
    same(stage.entries().await?, batch(&["a"]))?;
    same(other.entries().await?, batch(&["b"]))?;
    other.clear().await;
    same(stage.entries().await?, batch(&["a"]))?;
    same(other.entries().await?, batch(&[]))?;
    Ok(stage.one.unlock(lease).await?)
}

async fn a_stale_append_is_refused(stage: &Stage) -> Result<(), Broken> {
    let (lease, loaded) = stage.lock().await?;
    let first = stage.append(&lease, loaded.version, &["a"]).await?.version;
    let second = stage.append(&lease, first, &["b"]).await?.version;
    refused(stage.append(&lease, first, &["c"]).await, conflict)?;
    refused(stage.append(&lease, second + 1, &["c"]).await, conflict)?;
    refused(stage.one.replace(&lease, first, &batch(&["c"])).await, conflict)?;
    same(stage.entries().await?, batch(&["a", "b"]))?;
    Ok(stage.one.unlock(lease).await?)
}

async fn a_repeated_append_is_done_once(stage: &Stage) -> Result<(), Broken> {
    let (lease, loaded) = stage.lock().await?;
    let first = stage.append(&lease, loaded.version, &["a"]).await?.version;
    same(stage.append(&lease, loaded.version, &["a"]).await?.version, first)?;
    let second = stage.append(&lease, first, &["b", "c"]).await?.version;
    same(stage.append(&lease, first, &["b", "c"]).await?.version, second)?;
    refused(stage.append(&lease, first, &["c"]).await, conflict)?;
    same(stage.entries().await?, batch(&["a", "b", "c"]))?;
    Ok(stage.one.unlock(lease).await?)
}

async fn a_lease_given_back_is_over(stage: &Stage) -> Result<(), Broken> {
    let (lease, loaded) = stage.lock().await?;
    let version = stage.append(&lease, loaded.version, &["a"]).await?.version;
    stage.one.unlock(lease.clone()).await?;
    refused(stage.append(&lease, version, &["b"]).await, fenced)?;
    stage.one.unlock(lease.clone()).await?;
    let (new, _) = stage.two.lock(&stage.scope, holder()).await?;
    stage.one.unlock(lease.clone()).await?;
    refused(stage.append(&lease, version, &["b"]).await, fenced)?;
    refused(stage.one.replace(&lease, version, &batch(&["b"])).await, fenced)?;
    refused(stage.one.remove(lease).await, fenced)?;
    stage.two.append(&new, version, &batch(&["c"])).await?;
    same(stage.entries().await?, batch(&["a", "c"]))?;
    Ok(stage.two.unlock(new).await?)
}

/// Where a store knows that the holder lives, it may refuse to break the lease; where it does break it, the holder can write no more.
async fn a_broken_lease_is_fenced(stage: &Stage) -> Result<(), Broken> {
    same(stage.two.break_lock(&stage.scope).await?, None)?;
    let (lease, loaded) = stage.lock().await?;
    match stage.two.break_lock(&stage.scope).await {
        Err(StoreError::Locked { .. }) => {
            stage.append(&lease, loaded.version, &["a"]).await?;
            stage.one.unlock(lease).await?;
        }
        broken => {
            same(broken?, Some(holder()))?;
            refused(stage.append(&lease, loaded.version, &["a"]).await, fenced)?;
            let (new, loaded) = stage.two.lock(&stage.scope, holder()).await?;
            refused(stage.append(&lease, loaded.version, &["a"]).await, fenced)?;
            stage.two.append(&new, loaded.version, &batch(&["b"])).await?;
            stage.two.unlock(new).await?;
            same(stage.entries().await?, batch(&["b"]))?;
        }
    }
    same(stage.two.break_lock(&stage.scope).await?, None)
}

async fn replacing_leaves_what_replaced(stage: &Stage) -> Result<(), Broken> {
    let before = stage.write(&["a", "b", "c"]).await?;
    let (lease, loaded) = stage.lock().await?;
    let replaced = stage.one.replace(&lease, loaded.version, &batch(&["d"])).await?.version;
    ensure(replaced > before, || "the version does not rise".to_owned())?;
    same(stage.entries().await?, batch(&["d"]))?;
    stage.append(&lease, replaced, &["e"]).await?;
    same(stage.entries().await?, batch(&["d", "e"]))?;
    stage.one.unlock(lease).await?;
    let (lease, loaded) = stage.lock().await?;
    same(loaded.entries, batch(&["d", "e"]))?;
    Ok(stage.one.unlock(lease).await?)
}

async fn removing_leaves_nothing(stage: &Stage) -> Result<(), Broken> {
    stage.write(&["a"]).await?;
    let (lease, loaded) = stage.lock().await?;
    stage.one.remove(lease.clone()).await?;
    same(stage.two.load(&stage.scope).await?, Loaded::default())?;
    refused(stage.append(&lease, loaded.version, &["b"]).await, fenced)
}

async fn what_was_removed_can_be_written_again(stage: &Stage) -> Result<(), Broken> {
    stage.write(&["a"]).await?;
    let (old, _) = stage.lock().await?;
    stage.one.remove(old.clone()).await?;
    let (new, loaded) = stage.two.lock(&stage.scope, holder()).await?;
    stage.two.append(&new, loaded.version, &batch(&["b"])).await?;
    refused(stage.append(&old, loaded.version, &["c"]).await, fenced)?;
    stage.two.unlock(new).await?;
    same(stage.entries().await?, batch(&["b"]))
}

async fn a_cancel_reaches_the_holder(stage: &Stage) -> Result<(), Broken> {
    let (lease, loaded) = stage.lock().await?;
    let ack = stage.append(&lease, loaded.version, &["a"]).await?;
    ensure(!ack.cancel_wanted, || "cancelled too early".to_owned())?;
    stage.two.request_cancel(&stage.scope).await?;
    let ack = stage.append(&lease, ack.version, &["b"]).await?;
    ensure(ack.cancel_wanted, || "an append does not tell".to_owned())?;
    let ack = stage.append(&lease, ack.version, &[]).await?;
    ensure(ack.cancel_wanted, || "a renewal does not tell".to_owned())?;
    same(stage.entries().await?, batch(&["a", "b"]))?;
    Ok(stage.one.unlock(lease).await?)
}

async fn a_cancel_is_not_for_the_next_one(stage: &Stage) -> Result<(), Broken> {
    stage.two.request_cancel(&stage.scope).await?;
    let (lease, loaded) = stage.lock().await?;
    ensure(!stage.append(&lease, loaded.version, &["a"]).await?.cancel_wanted, || "nobody was asked".to_owned())?;
    stage.two.request_cancel(&stage.scope).await?;
    stage.one.unlock(lease).await?;
    let (lease, loaded) = stage.lock().await?;
    ensure(!stage.append(&lease, loaded.version, &["b"]).await?.cancel_wanted, || "the one before was".to_owned())?;
    Ok(stage.one.unlock(lease).await?)
}
