//! Drivers that hang without holding others up.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use score_resolver::{Request, Response};

use crate::{Call, DriverRef, Error, ErrorKind, Layer, panic};

/// Work that is run elsewhere.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs each call elsewhere, so that a driver that blocks or hangs holds up nobody else: on a thread of its own, or where the embedder says.
///
/// A driver that does not end within ten seconds after its call was cancelled is left alone, and what it did is unknown. Pure drivers are called in place, since they wait for nothing.
///
/// Drivers that need a runtime must be run on it:
///
/// ```
/// use score_drivers::{Isolate, Registry};
///
/// # fn register(runtime: tokio::runtime::Handle) -> Registry {
/// Registry::empty().layer(Isolate::on(move |task| drop(runtime.spawn(task))))
/// # }
/// ```
#[derive(Clone)]
pub struct Isolate {
    spawn: Arc<dyn Fn(Task) -> std::io::Result<()> + Send + Sync>,
    grace: Duration,
}

impl Isolate {
    /// A thread for each call.
    pub fn new() -> Self {
        let spawn = |task| {
            let thread = std::thread::Builder::new().name("driver".to_owned());
            thread.spawn(move || futures_executor::block_on(task)).map(drop)
        };
        Self { spawn: Arc::new(spawn), grace: Duration::from_secs(10) }
    }

    /// `spawn` for each call; it must not wait for the task.
    pub fn on(spawn: impl Fn(Task) + Send + Sync + 'static) -> Self {
        let spawn = move |task| {
            spawn(task);
            Ok(())
        };
        Self { spawn: Arc::new(spawn), ..Self::new() }
    }

    /// With another time to end in, once cancelled.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }
}

impl Default for Isolate {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Isolate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Isolate").field("grace", &self.grace).finish_non_exhaustive()
    }
}

impl Layer for Isolate {
    async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, Error> {
        if next.info().capabilities.pure {
            return next.call(call, request).await;
        }
        let operation = request.operation();
        let (mut sender, mut receiver) = oneshot::channel();
        let (inner, next) = (call.clone(), next.clone());
        let task = Box::pin(async move {
            let answer = Box::pin(panic::caught(next.call(&inner, request)));
            // when nobody waits any more, the call is dropped
            if let Either::Left((answer, _)) = select(answer, sender.cancellation()).await {
                let _unheard = sender.send(answer);
            }
        });
        (self.spawn)(task).map_err(|error| {
            Error::new(ErrorKind::Unavailable, "there are no threads left").temporary().with_source(error)
        })?;
        let lost = || Error::new(ErrorKind::Panicked, format!("`{operation}` ended without an answer"));
        match select(&mut receiver, call.cancel().cancelled()).await {
            Either::Left((answer, _)) => return answer.unwrap_or_else(|_| Err(lost())),
            Either::Right(_) => {}
        }
        match select(receiver, call.clock().sleep(self.grace)).await {
            Either::Left((answer, _)) => answer.unwrap_or_else(|_| Err(lost())),
            Either::Right(_) => {
                let message = format!("`{operation}` was cancelled and does not end; it is left alone");
                Err(Error::new(ErrorKind::Cancelled, message))
            }
        }
    }
}
