//! Runs: one execution of a plan, as a machine that says what to write and whom to call.

mod options;

use std::sync::Arc;

pub use options::RunOptions;

use crate::{Event, Failure, IdempotencyKey, Plan, Record, Request, Response, Snapshot, Stale, Summary};
use score_model::ResourceUid;

/// One execution of a plan: a state machine that writes nothing and calls nobody, but says what to write and whom to call.
///
/// [`poll`](Self::poll) until it answers `None`, do what it says, tell it what came of that, and poll again. Same answers in the same order, same commands.
///
/// - What is to be [written](Command::Write) is written in the order in which it was said; several may be outstanding, so that they can be written together.
///   [`written`](Self::written) says that one is durable.
/// - A driver with effects is called only after its intent is durable, and what depends on a resource starts only after its result is.
/// - [`cancel`](Self::cancel) starts nothing new. What runs is awaited: whoever drives the run may interrupt it.
#[derive(Clone, Debug)]
pub struct Run {
    plan: Arc<Plan>,
    snapshot: Snapshot,
}

/// What a command is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// What is to be done now.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// Write this; answer with [`Run::written`] once it is durable.
    Write(Ticket, Record),
    /// Call a driver; answer with [`Run::answered`].
    Invoke(Ticket, Box<Invocation>),
    /// Tell this. There is nothing to answer.
    Emit(Event),
    /// Everything has ended and is durable. Said again each time.
    Finished(Summary),
}

/// A call of a driver.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Invocation {
    /// For which resource.
    pub uid: ResourceUid,
    /// The driver.
    pub driver: Arc<str>,
    /// The identity of the attempt; `None` for calls without effects.
    pub key: Option<IdempotencyKey>,
    /// What it is asked.
    pub request: Request,
}

impl Run {
    /// A run of this plan on the state that it was made for.
    ///
    /// # Errors
    /// The state moved since.
    pub fn new(plan: Arc<Plan>, snapshot: Snapshot, _options: RunOptions) -> Result<Self, Stale> {
        plan.holds_for(&snapshot)?;
        Ok(Self { plan, snapshot })
    }

    /// The next thing to do; `None` while there is nothing to do before the next answer.
    pub fn poll(&mut self) -> Option<Command> {
        let _ = &self.plan;
        Some(Command::Finished(Summary::default()))
    }

    /// Says that a record is durable.
    pub fn written(&mut self, _ticket: Ticket) {}

    /// Says what a driver answered.
    pub fn answered(&mut self, _ticket: Ticket, _answer: Result<Response, Failure>) {}

    /// Says how far a driver is. What is secret in it is not told on.
    pub fn progress(&mut self, _ticket: Ticket, _message: &str) {}

    /// Says that a driver failed for now and is called again. What is secret in the message is not told on.
    pub fn retried(&mut self, _ticket: Ticket, _attempt: u32, _message: &str) {}

    /// Starts nothing new.
    pub fn cancel(&mut self) {}

    /// The state as it is when all that was to be written is.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }
}
