//! Not too many in a time.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use score_resolver::{Request, Response};

use crate::{Call, DriverRef, Error, Layer};

/// Lets so many calls begin in any stretch of time of a given length; the others wait, and go in the order in which they came.
///
/// Clones share the limit, as those of [`Concurrency`](crate::Concurrency) do.
#[derive(Clone, Debug)]
pub struct Rate {
    calls: NonZeroU32,
    per: Duration,
    begun: Arc<Mutex<std::collections::VecDeque<Instant>>>,
}

impl Rate {
    /// So many calls in any `per`.
    pub fn new(calls: NonZeroU32, per: Duration) -> Self {
        Self { calls, per, begun: Arc::default() }
    }

    /// Takes a turn, and tells when it is.
    fn turn(&self, now: Instant) -> Instant {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at = now;
        if begun.len() >= self.calls.get() as usize
            && let Some(first) = begun.pop_front()
        {
            at = at.max(first + self.per);
        }
        begun.push_back(at);
        at
    }
}

impl Layer for Rate {
    async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, Error> {
        let now = call.clock().now();
        let wait = self.turn(now).saturating_duration_since(now);
        if !wait.is_zero() {
            call.sleep(wait).await?;
        }
        next.call(call, request).await
    }
}
