//! What time it is, and waiting: given to whoever needs it, so that tests decide how time passes.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant, SystemTime};

/// What time it is, and waiting.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// A moment that never goes back, for durations and deadlines.
    fn now(&self) -> Instant;
    /// The time of day, for people and certificates. It may jump.
    fn system_time(&self) -> SystemTime;
    /// Resolves when `duration` has passed. Needs no runtime.
    fn sleep(&self, duration: Duration) -> Sleep;
}

/// A clock that many share.
pub type ClockRef = Arc<dyn Clock>;

/// What [`Clock::sleep`] gives.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The clock of the system, with timers that work under any executor.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn system_time(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(futures_timer::Delay::new(duration))
    }
}

/// A clock that stands still until told otherwise, for tests. Clones are the same clock. Its time of day begins at 2000-01-01.
///
/// ```
/// use std::time::Duration;
/// use score_drivers::{Clock, ManualClock};
///
/// let clock = ManualClock::new();
/// let start = clock.now();
/// clock.run(clock.sleep(Duration::from_secs(3600)));   // an hour passes at once
/// assert_eq!(clock.now() - start, Duration::from_secs(3600));
/// ```
#[derive(Clone)]
pub struct ManualClock(Arc<Manual>);

struct Manual {
    start: Instant,
    state: Mutex<ManualState>,
}

#[derive(Default)]
struct ManualState {
    passed: Duration,
    next: u64,
    timers: BTreeMap<(Duration, u64), Option<Waker>>,
}

impl ManualClock {
    /// A clock that stands still.
    pub fn new() -> Self {
        Self(Arc::new(Manual { start: Instant::now(), state: Mutex::default() }))
    }

    /// Lets time pass: who slept until then wakes.
    pub fn advance(&self, duration: Duration) {
        let woken = {
            let mut state = self.lock();
            state.passed = state.passed.saturating_add(duration);
            let now = (state.passed, u64::MAX);
            let later = state.timers.split_off(&now);
            std::mem::replace(&mut state.timers, later)
        };
        woken.into_values().flatten().for_each(Waker::wake);
    }

    /// How long it is until the next one who sleeps wakes; `None` if nobody sleeps.
    pub fn until_next(&self) -> Option<Duration> {
        let state = self.lock();
        state.timers.keys().next().map(|(due, _)| due.saturating_sub(state.passed))
    }

    /// Runs a future to its end on this thread. Whenever it waits, time goes on to the next one who sleeps; if nobody sleeps, it waits for other threads.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let unpark = Arc::new(Unpark { thread: thread::current(), woken: Mutex::new(false) });
        let waker = Waker::from(unpark.clone());
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            while !std::mem::take(&mut *unpark.lock()) {
                match self.until_next() {
                    Some(duration) => self.advance(duration),
                    None => thread::park(),
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, ManualState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualClock").field("passed", &self.lock().passed).finish()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.0.start + self.lock().passed
    }

    fn system_time(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(946_684_800) + self.lock().passed
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let mut state = self.lock();
        let key = (state.passed.saturating_add(duration), state.next);
        state.next += 1;
        if !duration.is_zero() {
            state.timers.insert(key, None);
        }
        Box::pin(ManualSleep { clock: self.clone(), key })
    }
}

struct ManualSleep {
    clock: ManualClock,
    key: (Duration, u64),
}

impl Future for ManualSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.clock.lock().timers.get_mut(&self.key) {
            Some(waker) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}

impl Drop for ManualSleep {
    fn drop(&mut self) {
        self.clock.lock().timers.remove(&self.key);
    }
}

struct Unpark {
    thread: Thread,
    woken: Mutex<bool>,
}

impl Unpark {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        *self.lock() = true;
        self.thread.unpark();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::{Either, join, select};

    use super::*;

    #[test]
    fn time_passes_in_order() {
        let clock = ManualClock::new();
        let seconds = Duration::from_secs;
        let (first, _) = match clock.run(select(clock.sleep(seconds(5)), clock.sleep(seconds(3)))) {
            Either::Left(_) => ("five", ()),
            Either::Right(_) => ("three", ()),
        };
        assert_eq!(first, "three");
        assert_eq!(clock.until_next(), None);
        let start = clock.now();
        clock.run(join(clock.sleep(seconds(2)), clock.sleep(seconds(1))));
        assert_eq!(clock.now() - start, seconds(2));
    }

    #[test]
    fn stands_still_until_told() {
        let clock = ManualClock::new();
        let sleep = clock.sleep(Duration::from_secs(10));
        clock.advance(Duration::from_secs(9));
        assert_eq!(clock.until_next(), Some(Duration::from_secs(1)));
        clock.advance(Duration::from_secs(1));
        futures_executor::block_on(sleep);
    }

    #[test]
    fn the_system_clock_needs_no_runtime() {
        let start = SystemClock.now();
        futures_executor::block_on(SystemClock.sleep(Duration::from_millis(1)));
        assert!(SystemClock.now() > start);
    }
}
