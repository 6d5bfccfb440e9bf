//! The wish that something stops.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The wish that something stops, shared by all clones. Once cancelled it stays so.
///
/// Works under any executor, and without one: code that blocks asks [`is_cancelled`](Self::is_cancelled) now and then, code that waits races with [`cancelled`](Self::cancelled).
#[derive(Clone, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Default)]
struct Inner {
    parent: Option<Cancel>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    cancelled: bool,
    waiting: BTreeMap<u64, Waker>,
}

impl Cancel {
    /// Not cancelled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that is also cancelled when this one is, but not the other way round.
    #[must_use]
    pub fn child(&self) -> Self {
        Self(Arc::new(Inner { parent: Some(self.clone()), state: Mutex::default() }))
    }

    /// Wishes that it stops.
    pub fn cancel(&self) {
        let waiting = {
            let mut state = self.lock();
            state.cancelled = true;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_values().for_each(Waker::wake);
    }

    /// Whether this one or one that it is a child of was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.chain().any(|cancel| cancel.lock().cancelled)
    }

    /// Resolves when it is cancelled.
    pub fn cancelled(&self) -> Cancelled {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Cancelled { cancel: self.clone(), id: NEXT.fetch_add(1, Ordering::Relaxed) }
    }

    fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |cancel| cancel.0.parent.as_ref())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel").field("cancelled", &self.is_cancelled()).finish()
    }
}

/// What [`Cancel::cancelled`] gives.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Cancelled {
    cancel: Cancel,
    id: u64,
}

impl Future for Cancelled {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        for cancel in self.cancel.chain() {
            let mut state = cancel.lock();
            if state.cancelled {
                return Poll::Ready(());
            }
            state.waiting.insert(self.id, context.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        for cancel in self.cancel.chain() {
            cancel.lock().waiting.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn goes_down_and_not_up() {
        let parent = Cancel::new();
        let (one, two) = (parent.child(), parent.child());
        one.cancel();
        assert_eq!((parent.is_cancelled(), one.is_cancelled(), two.is_cancelled()), (false, true, false));
        parent.cancel();
        assert!(two.is_cancelled());
    }

    #[test]
    fn wakes_those_that_wait_for_a_child() {
        let parent = Cancel::new();
        let waiting = parent.child().child().cancelled();
        let thread = std::thread::spawn(move || block_on(waiting));
        parent.cancel();
        thread.join().unwrap();
    }

    #[test]
    fn what_no_longer_waits_leaves_nothing_behind() {
        let parent = Cancel::new();
        let mut waiting = parent.child().cancelled();
        assert_eq!((&mut waiting).now_or_never(), None);
        assert_eq!(parent.lock().waiting.len(), 1);
        drop(waiting);
        assert_eq!(parent.lock().waiting.len(), 0);
    }
}
