//! Faults on purpose.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use score_resolver::{Request, Response};

use crate::{Call, DriverRef, Error, ErrorKind, Layer, Seed};

/// Makes calls fail on purpose, to see what comes of it. Which ones is decided by a seed, the resource, the operation and how often it was asked, and so is the same however calls interleave.
///
/// Each share is the part of calls that a fault befalls, from 0 to 1; together at most 1.
///
/// ```
/// use score_drivers::{Chaos, Registry, Retry, Seed};
///
/// let chaos = Chaos::new(Seed::new([7; 32])).temporary(0.2).lost_answers(0.1);
/// let registry = Registry::new().layer(chaos).layer(Retry::new());
/// ```
#[derive(Clone, Debug)]
pub struct Chaos {
    seed: Seed,
    temporary: f64,
    failures: f64,
    lost_answers: f64,
    hangs: f64,
    asked: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Chaos {
    /// No faults yet.
    pub fn new(seed: Seed) -> Self {
        Self { seed, temporary: 0.0, failures: 0.0, lost_answers: 0.0, hangs: 0.0, asked: Arc::default() }
    }

    /// This share fails for now, before anything happens.
    #[must_use]
    pub fn temporary(self, share: f64) -> Self {
        Self { temporary: share, ..self }
    }

    /// This share fails for good, before anything happens.
    #[must_use]
    pub fn failures(self, share: f64) -> Self {
        Self { failures: share, ..self }
    }

    /// This share happens, but its answer is lost.
    #[must_use]
    pub fn lost_answers(self, share: f64) -> Self {
        Self { lost_answers: share, ..self }
    }

    /// This share never answers, until it is cancelled.
    #[must_use]
    pub fn hangs(self, share: f64) -> Self {
        Self { hangs: share, ..self }
    }

    fn draw(&self, request: &Request) -> f64 {
        let what = format!("{} {}", request.operation(), request.uid());
        let times = {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            let times = asked.entry(what.clone()).or_default();
            *times += 1;
            *times
        };
        self.seed.derive(&format!("{what} {times}")).fraction()
    }
}

impl Layer for Chaos {
    async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, Error> {
        let operation = request.operation();
        let mut drawn = self.draw(&request);
        let mut befalls = |share: f64| {
            drawn -= share;
            drawn < 0.0
        };
        if befalls(self.temporary) {
            Err(Error::new(ErrorKind::Unavailable, format!("chaos: `{operation}` fails for now")).temporary())
        } else if befalls(self.failures) {
            Err(Error::new(ErrorKind::Other, format!("chaos: `{operation}` fails")))
        } else if befalls(self.lost_answers) {
            let _lost = next.call(call, request).await;
            let message = format!("chaos: the answer to `{operation}` is lost");
            Err(Error::new(ErrorKind::Unavailable, message).definite(false))
        } else if befalls(self.hangs) {
            call.cancel().cancelled().await;
            Err(Error::new(ErrorKind::Cancelled, format!("chaos: `{operation}` hung and was cancelled")))
        } else {
            next.call(call, request).await
        }
    }
}
