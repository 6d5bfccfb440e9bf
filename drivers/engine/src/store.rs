//! Stores: where the bytes of a state lie, and who may write them.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::future::BoxFuture;
use score_resolver::Scope;
use serde::{Deserialize, Serialize};

use crate::{Damage, KeySource};

/// Keeps the entries of journals, one journal a scope, and lets one writer at a time write each. Deals in bytes: what they mean, and that no secret is in them, is the business of the
/// [`Journal`](crate::Journal) above it.
///
/// Any implementation passes [`store_conformance`](crate::store_conformance).
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// What is recorded. Never waits for a writer, and never sees a part of a batch. A scope of which nothing was ever written has no entries.
    ///
    /// # Errors
    /// The store cannot be read, or what it holds is damaged.
    fn load<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Loaded, StoreError>>;

    /// Makes `holder` the one writer of the scope, and loads. Taking the lease and reading are one act. Does not wait: whoever finds it taken tries again later.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another holds it, also another of this process; and those of [`load`](Self::load).
    fn lock<'a>(&'a self, scope: &'a Scope, holder: Holder) -> BoxFuture<'a, Result<(Lease, Loaded), StoreError>>;

    /// Adds a batch: all of it or nothing, durable when this returns. Checking the lease, adding and renewing the lease are one act. An empty batch only renews.
    ///
    /// `expected` is the version that the caller knows: that of [`Loaded`], then that of the last [`Ack`]. A batch that was added already (the last one, same bytes, same `expected`) is acknowledged again, so
    /// that it can be repeated when an answer was lost.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the lease is not held any more, which is final; [`StoreError::Conflict`] when the version is another; [`StoreError::Io`] when it is not certain that it is durable: then
    /// nothing more can be written under this lease.
    fn append<'a>(
        &'a self,
        lease: &'a Lease,
        expected: u64,
        batch: &'a [Vec<u8>],
    ) -> BoxFuture<'a, Result<Ack, StoreError>>;

    /// Puts `entries` in the place of all entries: all of it or nothing, durable when this returns.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    fn replace<'a>(
        &'a self,
        lease: &'a Lease,
        expected: u64,
        entries: &'a [Vec<u8>],
    ) -> BoxFuture<'a, Result<Ack, StoreError>>;

    /// Removes all that is kept of the scope, and gives the lease back. Other scopes, and those who wait for this one, are not disturbed.
    ///
    /// # Errors
    /// As [`append`](Self::append); what was not removed is loaded as before or as nothing.
    fn remove(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Gives the lease back. Does nothing when it is not held any more.
    ///
    /// # Errors
    /// The store cannot be reached; the lease then ends by itself.
    fn unlock(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>>;

    /// An operator's way out: takes the lease away from its holder, who is told, and can write no more. `None` where nobody held it.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where the store knows that the holder lives, since it is better ended.
    fn break_lock<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Option<Holder>, StoreError>>;

    /// Asks whoever holds the lease to stop; it learns so from its next [`Ack`]. Does nothing when nobody holds it.
    ///
    /// # Errors
    /// The store cannot be reached.
    fn request_cancel<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Who holds the lease, as far as that can be told without disturbing anybody.
    fn holder<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Option<Holder>> {
        let _ = scope;
        Box::pin(std::future::ready(None))
    }

    /// Where the key lies with which this store's states are sealed, unless the engine is told otherwise.
    fn default_key(&self) -> KeySource;
}

/// A store that many share.
impl<S: Store + ?Sized> Store for Arc<S> {
    fn load<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Loaded, StoreError>> {
        S::load(self, scope)
    }
    fn lock<'a>(&'a self, scope: &'a Scope, holder: Holder) -> BoxFuture<'a, Result<(Lease, Loaded), StoreError>> {
        S::lock(self, scope, holder)
    }
    fn append<'a>(
        &'a self,
        lease: &'a Lease,
        expected: u64,
        batch: &'a [Vec<u8>],
    ) -> BoxFuture<'a, Result<Ack, StoreError>> {
        S::append(self, lease, expected, batch)
    }
    fn replace<'a>(
        &'a self,
        lease: &'a Lease,
        expected: u64,
        entries: &'a [Vec<u8>],
    ) -> BoxFuture<'a, Result<Ack, StoreError>> {
        S::replace(self, lease, expected, entries)
    }
    fn remove(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        S::remove(self, lease)
    }
    fn unlock(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        S::unlock(self, lease)
    }
    fn break_lock<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Option<Holder>, StoreError>> {
        S::break_lock(self, scope)
    }
    fn request_cancel<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<(), StoreError>> {
        S::request_cancel(self, scope)
    }
    fn holder<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Option<Holder>> {
        S::holder(self, scope)
    }
    fn default_key(&self) -> KeySource {
        S::default_key(self)
    }
}

/// The right to write one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Which scope.
    pub scope: Scope,
    /// Rises whenever the lease of the scope is taken.
    pub epoch: u64,
    /// Another whenever it is taken, by whomever: an epoch may come again where a store lost its last writes.
    pub nonce: u128,
    /// How long it is held without being renewed; `None`: as long as the process lives.
    pub ttl: Option<std::time::Duration>,
}

/// What a store holds of a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Rises with everything that is written; 0 where nothing is.
    pub version: u64,
    /// The entries, in the order in which they were added.
    pub entries: Vec<Vec<u8>>,
    /// What people should know: for example that a batch that was not acknowledged was cut off.
    pub warnings: Vec<String>,
}

/// What a store says when something was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The version now.
    pub version: u64,
    /// Whether somebody asked the holder of the lease to stop.
    pub cancel_wanted: bool,
}

/// Who holds a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// The machine it runs on.
    pub host: String,
    /// When it took the lease, in seconds since 1970-01-01 UTC.
    pub since: u64,
}

impl Holder {
    /// This process, from `now` on.
    pub fn this_process(now: SystemTime) -> Self {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |duration| duration.as_secs());
        Self { pid: std::process::id(), host: host(), since }
    }

    /// Whether it may still run: false only where it is known to be gone.
    pub(crate) fn may_live(&self) -> bool {
        if self.host != host() || !cfg!(target_os = "linux") {
            return true;
        }
        // `4711 (name) S ...`: a zombie runs no more, it was only not asked how it ended
        let status = std::fs::read_to_string(format!("/proc/{}/stat", self.pid));
        status
            .is_ok_and(|text| text.rsplit_once(')').is_none_or(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X'])))
    }
}

/// `process 4711 on host since 2026-11-25T21:48:36Z`
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on `{}`", self.pid, self.host)?;
        match i64::try_from(self.since).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()) {
            Some(since) => write!(f, " since {since}"),
            None => Ok(()),
        }
    }
}

fn host() -> String {
    let named =
        std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::fs::read_to_string("/etc/hostname"));
    let named = named.ok().or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok());
    named.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another holds the lease.
    #[error("the state of `{scope}` is in use by {}", .holder.as_ref().map_or_else(|| "another process".to_owned(), Holder::to_string))]
    Locked {
        /// Of which scope.
        scope: Scope,
        /// Who, where that is known.
        holder: Option<Holder>,
    },
    /// The lease is not held any more: nothing may be written. Final.
    #[error("the lease on the state of `{scope}` was lost: another process may write it now")]
    Fenced {
        /// On which scope.
        scope: Scope,
    },
    /// Somebody wrote in between.
    #[error("the state of `{scope}` is at version {found}, not at {expected}")]
    Conflict {
        /// Of which scope.
        scope: Scope,
        /// What the caller knew.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// What is kept was changed by something else.
    #[error(transparent)]
    Damaged(Box<Damage>),
    /// What is kept has a format that this program does not know.
    #[error("`{what}` has format {found}, and this program knows up to {known}")]
    UnknownFormat {
        /// What, such as the path of a file.
        what: String,
        /// Its format.
        found: u32,
        /// The latest that is known.
        known: u32,
    },
    /// It cannot be read or written.
    #[error("cannot {action} `{what}`")]
    Io {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// With what, such as the path of a file.
        what: String,
        /// Why not.
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl StoreError {
    /// It cannot be read or written.
    pub fn io(
        action: &'static str,
        what: impl fmt::Display,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::Io { action, what: what.to_string(), source: source.into() }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Locked { .. } => Some(
                "wait for it, with `--lock-timeout` as long as you like; if no process holds it any more, `partitura state unlock`"
                    .to_owned(),
            ),
            Self::Fenced { .. } => Some("see what the other process did, then try again".to_owned()),
            Self::Damaged(damage) => Some(damage.help()),
            Self::UnknownFormat { .. } => Some("use the version that wrote it, or a later one".to_owned()),
            Self::Io { source, .. } => help_with(source.downcast_ref::<io::Error>()?.kind()).map(str::to_owned),
            Self::Conflict { .. } => None,
        }
    }
}

fn help_with(kind: io::ErrorKind) -> Option<&'static str> {
    use io::ErrorKind::{
        AlreadyExists, FileTooLarge, NotADirectory, NotFound, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem,
        StorageFull,
    };
    Some(match kind {
        PermissionDenied | ReadOnlyFilesystem => {
            "see to it that you may read and write there, or name another place with `--state`"
        }
        StorageFull | QuotaExceeded | FileTooLarge => {
            "make room there, then do it again: what was recorded is not lost"
        }
        NotADirectory | AlreadyExists | NotFound => "name a directory with `--state`",
        _ => return None,
    })
}
