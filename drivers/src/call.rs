//! What a driver is told of the call itself: everything that is not deterministic.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use score_resolver::{IdempotencyKey, Scope};

use crate::{Cancel, ClockRef, Error, Seed, SystemClock};

/// What a driver is told of the call itself. Whatever is not deterministic reaches a driver through this.
///
/// Cheap to clone. Layers hand on a changed clone.
///
/// ```
/// use score_drivers::{Call, IdempotencyKey};
/// # let scope = score_drivers::Context::new("development").scope();
///
/// let call = Call::new(scope).with_progress(|progress| drop(progress));
/// call.log("nothing to do");
/// assert_eq!(call.attempt(), 1);
/// ```
#[derive(Clone)]
pub struct Call {
    scope: Scope,
    key: Option<IdempotencyKey>,
    attempt: u32,
    cancel: Cancel,
    deadline: Option<Instant>,
    clock: ClockRef,
    seed: Option<Seed>,
    progress: ProgressSink,
}

/// Where a call's progress goes. It must not block.
pub type ProgressSink = Arc<dyn Fn(Progress) + Send + Sync>;

/// What happens during a call, for people who watch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// A line of the driver's log.
    Log(String),
    /// An attempt failed and is repeated.
    Retried {
        /// The number of the attempt that comes, 2 for the first repetition.
        attempt: u32,
        /// How long it waits before.
        wait: Duration,
        /// Why the attempt before failed.
        message: String,
    },
}

impl Call {
    /// A first attempt in this scope, without key, deadline or seed, on the system's clock, that nobody watches.
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            key: None,
            attempt: 1,
            cancel: Cancel::new(),
            deadline: None,
            clock: Arc::new(SystemClock),
            seed: None,
            progress: Arc::new(|_| {}),
        }
    }

    /// With the identity of the attempt, for operations with effects.
    #[must_use]
    pub fn with_key(self, key: IdempotencyKey) -> Self {
        Self { key: Some(key), ..self }
    }

    /// With another number of the attempt.
    #[must_use]
    pub fn with_attempt(self, attempt: u32) -> Self {
        Self { attempt, ..self }
    }

    /// Cancelled by `cancel`.
    #[must_use]
    pub fn with_cancel(self, cancel: Cancel) -> Self {
        Self { cancel, ..self }
    }

    /// With a deadline. One that comes earlier already stays.
    #[must_use]
    pub fn with_deadline(self, deadline: Instant) -> Self {
        Self { deadline: Some(self.deadline.map_or(deadline, |earlier| earlier.min(deadline))), ..self }
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(self, clock: ClockRef) -> Self {
        Self { clock, ..self }
    }

    /// With a seed.
    #[must_use]
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Watched by `sink`, which must not block.
    #[must_use]
    pub fn with_progress(self, sink: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self { progress: Arc::new(sink), ..self }
    }

    /// For which organisation, project and environment.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The identity of the attempt: the same when it is repeated, by whomever. A driver that passes it on makes nothing twice. Absent for operations without effects.
    pub fn key(&self) -> Option<&IdempotencyKey> {
        self.key.as_ref()
    }

    /// The number of this attempt, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether, and when, somebody wishes it to stop.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// When it should be done; on the time of [`clock`](Self::clock).
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// What time it is.
    pub fn clock(&self) -> &ClockRef {
        &self.clock
    }

    /// Randomness that is the same whenever this object is asked about; absent where nobody gave any.
    pub fn seed(&self) -> Option<&Seed> {
        self.seed.as_ref()
    }

    /// A line of the log. Secrets that the driver was given are struck out.
    pub fn log(&self, line: impl Into<String>) {
        self.report(Progress::Log(line.into()));
    }

    /// Tells those who watch.
    pub fn report(&self, progress: Progress) {
        (self.progress)(progress);
    }

    /// Where its progress goes.
    pub fn progress(&self) -> &ProgressSink {
        &self.progress
    }

    /// Waits.
    ///
    /// # Errors
    /// It was cancelled meanwhile.
    pub async fn sleep(&self, duration: Duration) -> Result<(), Error> {
        match select(self.clock.sleep(duration), self.cancel.cancelled()).await {
            Either::Left(_) => Ok(()),
            Either::Right(_) => Err(Error::cancelled()),
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("scope", &self.scope)
            .field("key", &self.key)
            .field("attempt", &self.attempt)
            .field("cancel", &self.cancel)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
