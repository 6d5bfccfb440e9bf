//! Panics of foreign code as errors.

use std::any::Any;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Once;

use futures_util::FutureExt as _;

use crate::{Error, ErrorKind};

thread_local! {
    /// How many calls of drivers this thread is in.
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// For programs: what drivers panic with is told by the errors of their calls, where secrets are struck out, and no longer on standard error as well. All other panics are told as before.
///
/// Changes the process's panic hook, once.
pub fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if CALLS.get() == 0 {
                tell(panic);
            }
        }));
    });
}

/// The answer of foreign code, or what it panicked with.
pub(crate) async fn caught<T>(answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let mut answer = pin!(answer);
    let answer = poll_fn(|context| {
        let _inside = Inside::new();
        answer.as_mut().poll(context)
    });
    AssertUnwindSafe(answer).catch_unwind().await.unwrap_or_else(|payload| Err(error(&*payload)))
}

/// While this lives, its thread is in a call.
struct Inside;

impl Inside {
    fn new() -> Self {
        CALLS.set(CALLS.get() + 1);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        CALLS.set(CALLS.get() - 1);
    }
}

/// The error of what was caught.
fn error(payload: &(dyn Any + Send)) -> Error {
    let message = payload.downcast_ref::<String>().map(String::as_str);
    let message = message.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("it does not say why");
    Error::new(ErrorKind::Panicked, format!("the driver panicked: {message}"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_executor::block_on;

    use super::*;

    #[test]
    fn only_panics_of_drivers_are_quiet() {
        static TOLD: AtomicUsize = AtomicUsize::new(0);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| match panic.payload_as_str() {
            Some("planned") => _ = TOLD.fetch_add(1, Ordering::Relaxed),
            _ => before(panic),
        }));
        quiet_panics();
        let error = block_on(caught(async { if true { panic!("planned") } else { Ok(()) } })).unwrap_err();
        assert_eq!((error.message(), TOLD.load(Ordering::Relaxed)), ("the driver panicked: planned", 0));
        assert!(std::panic::catch_unwind(|| panic!("planned")).is_err());
        assert_eq!(TOLD.load(Ordering::Relaxed), 1);
    }
}
