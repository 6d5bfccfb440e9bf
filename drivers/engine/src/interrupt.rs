//! The wish that a deployment stops, in two steps.

use std::fmt;

use score_drivers::{Cancel, Cancelled};

/// The wish that what an engine does stops: the first [`interrupt`](Self::interrupt) starts nothing new and waits for what runs; the second cancels that too.
///
/// Clones are the same wish. It may be told from any thread, a handler of Ctrl-C say.
///
/// ```
/// use score_engine::Interrupt;
///
/// let interrupt = Interrupt::new();
/// let handler = interrupt.clone();
/// handler.interrupt();
/// assert!(interrupt.is_draining() && !interrupt.is_cancelled());
/// handler.interrupt();
/// assert!(interrupt.is_cancelled());
/// ```
#[derive(Clone, Default)]
pub struct Interrupt {
    drain: Cancel,
    cancel: Cancel,
}

impl Interrupt {
    /// No wish yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wishes it once more.
    pub fn interrupt(&self) {
        if self.drain.is_cancelled() {
            self.cancel.cancel();
        }
        self.drain.cancel();
    }

    /// Whether nothing new is to be started.
    pub fn is_draining(&self) -> bool {
        self.drain.is_cancelled()
    }

    /// Whether also what runs is to stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Resolves when nothing new is to be started.
    pub(crate) fn draining(&self) -> Cancelled {
        self.drain.cancelled()
    }

    /// What calls of drivers are cancelled by.
    pub(crate) fn cancel(&self) -> &Cancel {
        &self.cancel
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupt")
            .field("draining", &self.is_draining())
            .field("cancelled", &self.is_cancelled())
            .finish()
    }
}
