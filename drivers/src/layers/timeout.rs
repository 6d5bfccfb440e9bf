//! An end for what takes too long.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use score_resolver::{Request, Response};

use crate::{Call, DriverRef, Error, ErrorKind, Layer};

/// Ends calls that take too long.
///
/// The call gets a deadline. When it passes, the call is cancelled; if it does not end within ten seconds then, it is dropped, and what it did is unknown.
#[derive(Clone, Copy, Debug)]
pub struct Timeout {
    after: Duration,
    grace: Duration,
}

impl Timeout {
    /// Calls may take this long.
    pub fn new(after: Duration) -> Self {
        Self { after, grace: Duration::from_secs(10) }
    }

    /// With another time to end in, once cancelled.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }
}

impl Layer for Timeout {
    async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, Error> {
        let clock = call.clock().clone();
        let cancel = call.cancel().child();
        let limited = call.clone().with_cancel(cancel.clone()).with_deadline(clock.now() + self.after);
        let late = |operation: &str| {
            let message = format!("`{operation}` took longer than {}", Readable(self.after));
            Error::new(ErrorKind::TimedOut, message)
        };
        let operation = request.operation();
        let answer = Box::pin(next.call(&limited, request));
        // The clock is asked only where the answer is not there at once.
        let over = pin!(async { clock.sleep(self.after).await });
        let answer = match select(answer, over).await {
            Either::Left((answer, _)) => return answer,
            Either::Right(((), answer)) => answer,
        };
        cancel.cancel();
        match select(answer, clock.sleep(self.grace)).await {
            Either::Left((Ok(response), _)) => Ok(response),
            Either::Left((Err(error), _)) if call.cancel().is_cancelled() => Err(error),
            Either::Left((Err(mut error), _)) => {
                let partial = error.take_partial();
                let late = late(operation).definite(error.is_definite());
                let late = if error.kind() == ErrorKind::Cancelled { late } else { late.with_source(error) };
                Err(match partial {
                    Some(partial) => late.with_partial(partial),
                    None => late,
                })
            }
            Either::Right(_) => Err(late(operation)),
        }
    }
}

/// A duration for people: `1.5 s`, `3 min`.
struct Readable(Duration);

impl std::fmt::Display for Readable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_secs() {
            seconds if seconds >= 60 && self.0.subsec_nanos() == 0 && seconds % 60 == 0 => {
                write!(f, "{} min", seconds / 60)
            }
            _ => write!(f, "{} s", self.0.as_secs_f64()),
        }
    }
}
