//! What drivers are asked and what they answer: values only.

use std::fmt;
use std::sync::Arc;

use score_model::{Path, ResourceUid, SecretTexts, Value};
use serde::{Deserialize, Serialize};

use crate::Guid;

/// A piece of a document made from many nodes, such as a Compose service or a Kubernetes object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Artefact<V = Value> {
    /// What it is a piece of, such as `compose.service`.
    pub kind: Arc<str>,
    /// Its name in that document; for one kind and key the later replaces the earlier.
    pub key: Arc<str>,
    /// The piece.
    pub value: V,
}

impl Artefact {
    /// With what is secret in its value marked.
    #[must_use]
    pub fn marked(self, secrets: &SecretTexts) -> Self {
        Self { value: secrets.mark(&self.value), ..self }
    }
}

/// One question to a driver.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Request {
    /// Are these inputs sound?
    Validate(ValidateRequest),
    /// What would an apply give?
    Plan(PlanRequest),
    /// Make it so.
    Apply(ApplyRequest),
    /// Make it gone.
    Destroy(DestroyRequest),
    /// What is there?
    Observe(ObserveRequest),
    /// Adopt what is there.
    Import(ImportRequest),
}

/// The answer to the [`Request`] of the same name.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Response {
    /// The problems of the inputs, none if they are sound.
    Validate(Vec<InputProblem>),
    /// What an apply would give.
    Plan(Planned),
    /// What there is now.
    Apply(Applied),
    /// It is gone.
    Destroy,
    /// What is there.
    Observe(Observed),
    /// What was adopted.
    Import(Observed),
}

macro_rules! name_of {
    ($enum:ident) => {
        impl $enum {
            /// The name of the operation, in lower case.
            pub fn operation(&self) -> &'static str {
                match self {
                    Self::Validate { .. } => "validate",
                    Self::Plan { .. } => "plan",
                    Self::Apply { .. } => "apply",
                    Self::Destroy { .. } => "destroy",
                    Self::Observe { .. } => "observe",
                    Self::Import { .. } => "import",
                }
            }
        }
    };
}
name_of!(Request);
name_of!(Response);

impl Request {
    /// The resource it is about.
    pub fn uid(&self) -> &ResourceUid {
        match self {
            Self::Validate(request) => &request.uid,
            Self::Plan(request) => &request.uid,
            Self::Apply(request) => &request.uid,
            Self::Destroy(request) => &request.uid,
            Self::Observe(request) => &request.uid,
            Self::Import(request) => &request.uid,
        }
    }
}

/// What is recorded of an object: what its driver answered last.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Prior {
    /// The inputs it was made with.
    pub inputs: Value,
    /// What the driver answered, before the module's `outputs`.
    pub outputs: Value,
    /// What the driver keeps for itself.
    pub state: Value,
    /// Pieces of documents.
    pub artefacts: Vec<Artefact>,
    /// Its own part of what is shared in its lane.
    pub shared: Value,
}

impl Prior {
    /// What is recorded of something made with these inputs, that answered this.
    pub fn new(inputs: Value, applied: Applied) -> Self {
        let Applied { outputs, state, artefacts, shared } = applied;
        Self { inputs, outputs, state, artefacts, shared }
    }
}

/// Are these inputs sound?
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ValidateRequest {
    /// Whose inputs.
    pub uid: ResourceUid,
    /// The inputs, as far as known.
    pub inputs: Value,
}

impl ValidateRequest {
    /// A request to check these inputs.
    pub fn new(uid: ResourceUid, inputs: Value) -> Self {
        Self { uid, inputs }
    }
}

/// What is wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputProblem {
    /// Where in the inputs.
    pub path: Path,
    /// What is wrong.
    pub message: String,
}

impl InputProblem {
    /// This is wrong with the input at `path`.
    pub fn new(path: Path, message: impl Into<String>) -> Self {
        Self { path, message: message.into() }
    }
}

/// What would an apply give? The world may be read, not written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PlanRequest {
    /// The resource.
    pub uid: ResourceUid,
    /// Its guid, where it is known.
    pub guid: Option<Guid>,
    /// The inputs, as far as known.
    pub inputs: Value,
    /// The context, for drivers that ask for it.
    pub context: Option<Value>,
    /// What is recorded; `None` if it is to be created.
    pub prior: Option<Prior>,
    /// What is shared in its lane, as far as known: see [`ApplyRequest::shared`].
    pub shared: Value,
}

impl PlanRequest {
    /// A request for something new.
    pub fn new(uid: ResourceUid, inputs: Value) -> Self {
        Self { uid, guid: None, inputs, context: None, prior: None, shared: Value::Null }
    }
}

/// What an apply would give.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Planned {
    /// The outputs as far as known: what is known must be what apply gives. `None`: nothing is known.
    pub outputs: Option<Value>,
    /// The artefacts, where they are known.
    pub artefacts: Option<Vec<Artefact>>,
    /// The inputs that cannot be changed in place: not empty forces a replacement.
    pub replace: Vec<Path>,
    /// The driver cannot plan yet, and why: the node is deferred.
    pub deferred: Option<String>,
    /// Handed back to apply as it is.
    pub private: Value,
}

/// Make it so: create, or change what is there into this. With the same key and inputs again: the same answer, nothing made twice.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ApplyRequest {
    /// The resource.
    pub uid: ResourceUid,
    /// The identity of the thing: the same from its creation to its end.
    pub guid: Guid,
    /// The inputs, all known.
    pub inputs: Value,
    /// The context, for drivers that ask for it.
    pub context: Option<Value>,
    /// What is recorded; `None` if it is to be created.
    pub prior: Option<Prior>,
    /// What the driver's plan handed over.
    pub private: Value,
    /// What is shared in its lane, as it sees it: its own part, and over that those of the members before it. Null where it is in no lane.
    pub shared: Value,
}

impl ApplyRequest {
    /// A request to create something.
    pub fn new(uid: ResourceUid, guid: Guid, inputs: Value) -> Self {
        Self { uid, guid, inputs, context: None, prior: None, private: Value::Null, shared: Value::Null }
    }
}

/// What there is after an apply.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Applied {
    /// The outputs, a map; secret ones marked.
    pub outputs: Value,
    /// What the driver wants to be told next time. Always sealed when kept.
    pub state: Value,
    /// Pieces of documents.
    pub artefacts: Vec<Artefact>,
    /// Its part of what is shared in its lane: a merge patch (RFC 7386) on what it saw. Null: nothing. Sealed when kept, as the state is.
    pub shared: Value,
}

impl Applied {
    /// These outputs, nothing else.
    pub fn new(outputs: Value) -> Self {
        Self { outputs, ..Self::default() }
    }

    /// With this to be told next time.
    #[must_use]
    pub fn state(mut self, state: Value) -> Self {
        self.state = state;
        self
    }

    /// With this part of what is shared in its lane.
    #[must_use]
    pub fn shared(mut self, patch: Value) -> Self {
        self.shared = patch;
        self
    }

    /// With these pieces of documents.
    #[must_use]
    pub fn artefacts(mut self, artefacts: Vec<Artefact>) -> Self {
        self.artefacts = artefacts;
        self
    }
}

/// Make it gone. What is gone already is gone: that succeeds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DestroyRequest {
    /// The resource.
    pub uid: ResourceUid,
    /// The identity of the thing.
    pub guid: Guid,
    /// What is recorded.
    pub prior: Prior,
}

impl DestroyRequest {
    /// A request to destroy what is recorded as `prior`.
    pub fn new(uid: ResourceUid, guid: Guid, prior: Prior) -> Self {
        Self { uid, guid, prior }
    }
}

/// What is there?
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ObserveRequest {
    /// The resource.
    pub uid: ResourceUid,
    /// The identity of the thing.
    pub guid: Guid,
    /// What is recorded; after an interrupted apply with the inputs that were attempted: whether something remains to be done is a question about those.
    pub prior: Prior,
}

impl ObserveRequest {
    /// A request to look for what is recorded as `prior`.
    pub fn new(uid: ResourceUid, guid: Guid, prior: Prior) -> Self {
        Self { uid, guid, prior }
    }
}

/// What is there. A driver that is not told something of it (outputs, state, artefacts) answers what is recorded, which it finds in the request.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Observed {
    /// Nothing.
    Absent,
    /// This.
    Present {
        /// Outputs, state and artefacts as they are.
        applied: Applied,
        /// Whether nothing remains to be done.
        complete: bool,
    },
    /// The driver cannot tell.
    Unknown,
}

/// Adopt what is there.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ImportRequest {
    /// The resource.
    pub uid: ResourceUid,
    /// The identity that it gets.
    pub guid: Guid,
    /// The inputs that it would have been made with.
    pub inputs: Value,
}

impl ImportRequest {
    /// A request to adopt what these inputs would have made.
    pub fn new(uid: ResourceUid, guid: Guid, inputs: Value) -> Self {
        Self { uid, guid, inputs }
    }
}

/// Why a driver did not do what it was asked: what crosses from drivers back into a run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// What happened, for people.
    pub message: String,
    /// What did come to exist all the same: recorded as incomplete.
    pub partial: Option<Box<Applied>>,
    /// Whether it is certain that nothing happened beyond `partial`. Not certain, for example, after a timeout or a panic.
    pub definite: bool,
    /// Whether it was cancelled rather than failed.
    pub cancelled: bool,
}

impl Failure {
    /// A definite failure: nothing came to exist.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), partial: None, definite: true, cancelled: false }
    }

    /// The same failure, after which this is there.
    #[must_use]
    pub fn partial(mut self, applied: Applied) -> Self {
        self.partial = Some(Box::new(applied));
        self
    }

    /// The same failure, after which nobody knows what happened.
    #[must_use]
    pub fn indefinite(mut self) -> Self {
        self.definite = false;
        self
    }

    /// The same failure, because of a cancellation.
    #[must_use]
    pub fn cancelled(mut self) -> Self {
        self.cancelled = true;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
