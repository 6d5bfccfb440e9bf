//! Trying again.

use std::time::Duration;

use score_resolver::{Request, Response};

use crate::{Call, DriverRef, Error, Layer, Progress};

/// Waits do not grow beyond this.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Tries again what failed for now: errors that are temporary, and no others. Every attempt has the same key.
///
/// Waits between attempts grow threefold from a second to at most half a minute, each shortened by up to a half by chance (from the call's seed; not at all without one). Five attempts at most, within two minutes and before the call's deadline. Each
/// repetition is told as [`Progress::Retried`]. What remains of the last attempt is a permanent error that says how many there were; what an earlier attempt had made is not forgotten.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    attempts: u32,
    within: Duration,
    first_wait: Duration,
}

impl Retry {
    /// Five attempts within two minutes.
    pub fn new() -> Self {
        Self { attempts: 5, within: Duration::from_secs(120), first_wait: Duration::from_secs(1) }
    }

    /// With so many attempts at most, the first included.
    #[must_use]
    pub fn attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// With no attempt that begins later than this after the first.
    #[must_use]
    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// With a wait of at most this after the first attempt.
    #[must_use]
    pub fn first_wait(self, first_wait: Duration) -> Self {
        Self { first_wait, ..self }
    }

    fn wait(&self, call: &Call, attempt: u32) -> Duration {
        let longest = self.first_wait.saturating_mul(3_u32.saturating_pow(attempt.saturating_sub(1)));
        let longest = longest.min(LONGEST_WAIT.max(self.first_wait));
        let purpose = format!("wait after attempt {attempt}");
        let chance = call.seed().map_or(0.0, |seed| seed.derive(&purpose).fraction());
        longest.mul_f64(1.0 - chance / 2.0)
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::new()
    }
}

impl Layer for Retry {
    async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, Error> {
        let started = call.clock().now();
        let mut attempt = 1;
        let mut partial = None;
        loop {
            let mut error = match next.call(&call.clone().with_attempt(attempt), request.clone()).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            partial = error.take_partial().or(partial);
            let give_up = |error: Error| match partial.clone() {
                Some(partial) => error.with_partial(partial),
                None => error,
            };
            if !error.is_temporary() {
                return Err(give_up(error));
            }
            let wait = self.wait(call, attempt);
            let now = call.clock().now();
            let too_late = now + wait > started + self.within
                || call.deadline().is_some_and(|deadline| now + wait >= deadline)
                || call.cancel().is_cancelled();
            if attempt >= self.attempts || too_late {
                let message = format!("{} (after {attempt} attempts)", error.message());
                let error = if attempt > 1 { error.with_message(message) } else { error };
                return Err(give_up(error.permanent()));
            }
            attempt += 1;
            call.report(Progress::Retried { attempt, wait, message: error.full_message() });
            if call.sleep(wait).await.is_err() {
                return Err(give_up(error.permanent()));
            }
        }
    }
}
