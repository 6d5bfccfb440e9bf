//! One running step.

use std::sync::Arc;

use score_graph::NodeId;
use score_model::{Fingerprint, ResourceUid, SecretTexts, Value};

use super::Invocation;
use crate::{Guid, Intent, Operation, Step};

/// A step that runs: where it is, and what it has to remember between two answers.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) step: NodeId,
    pub(super) change: usize,
    pub(super) uid: ResourceUid,
    pub(super) operation: Operation,
    /// The object that it makes, changes or destroys.
    pub(super) guid: Guid,
    pub(super) awaiting: Awaiting,
    /// What the last question was about.
    pub(super) asked: Asked,
    /// Whether a driver was called.
    pub(super) called: bool,
    /// Whether one of those calls may have changed the world.
    pub(super) has_effects: bool,
    /// Whether the walk knows already that it ended well.
    pub(super) released: bool,
    /// Whether it was said that it started.
    pub(super) announced: bool,
    /// Whether it did something already.
    pub(super) proceeded: bool,
    /// Whether the driver was asked what became of an interrupted call.
    pub(super) observed: bool,
    /// The secrets that the driver knows: not to be told on.
    pub(super) told: SecretTexts,
}

/// What a task waits for.
#[derive(Clone, Debug)]
pub(super) enum Awaiting {
    /// The intent is written: then this is called.
    Intent(Box<Invocation>),
    /// A driver answers.
    Answer,
    /// The result is written: then it has ended.
    End(End),
    /// Something is written: then there is more to do.
    Proceed,
}

/// What a driver was asked.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Nothing,
    /// To make what is desired.
    Apply(Box<Wanted>),
    /// Once more what an interrupted call was to make.
    Repeat(Arc<Intent>),
    /// What became of an interrupted call.
    Observe(Arc<Intent>),
    /// To destroy, or to destroy once more.
    Destroy,
}

/// What is desired, evaluated.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) inputs: Value,
    pub(super) context: Option<Value>,
    /// What the members of its lane before it share; `None` where it is in none.
    pub(super) before: Option<Value>,
    pub(super) fingerprint: Fingerprint,
}

/// How a step ends.
#[derive(Clone, Debug)]
pub(super) enum End {
    Succeeded,
    Unchanged,
    /// Well, and not worth telling.
    Nothing,
    Failed(Arc<str>),
    Cancelled,
}

impl Task {
    pub(super) fn new(step: NodeId, change: usize, key: &Step, guid: Guid) -> Self {
        Self {
            step,
            change,
            uid: key.uid.clone(),
            operation: key.operation,
            guid,
            awaiting: Awaiting::Proceed,
            asked: Asked::Nothing,
            called: false,
            has_effects: false,
            released: false,
            announced: false,
            proceeded: false,
            observed: false,
            told: SecretTexts::new(),
        }
    }

    /// How a step ends that has nothing more to do.
    pub(super) fn well(&self) -> End {
        if self.called { End::Succeeded } else { End::Unchanged }
    }
}
