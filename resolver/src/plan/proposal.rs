//! What the planner asks drivers, and what comes of it.

use std::sync::Arc;

use score_model::ResourceUid;

use crate::{
    Applied, ApplyRequest, Failure, Invocation, ObserveRequest, Observed, PlanRequest, Planned, Request, Response,
};

/// A question for a driver, to be answered to [`Planner::settle`](super::Planner::settle).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Proposal {
    /// The resource it is about.
    pub uid: ResourceUid,
    /// The driver to ask.
    pub driver: Arc<str>,
    /// The question.
    pub ask: Ask,
}

/// What a driver is asked while planning.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Ask {
    /// A pure driver: what comes of these inputs?
    Evaluate(ApplyRequest),
    /// What would an apply give?
    Plan(PlanRequest),
    /// What is there?
    Observe(ObserveRequest),
}

/// What came of a [`Proposal`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Preview {
    /// Nobody was asked.
    Unknown,
    /// What a pure driver made of it.
    Evaluated(Applied),
    /// What an apply would give.
    Planned(Planned),
    /// What is there.
    Observed(Observed),
    /// The driver could not say.
    Failed(Failure),
}

impl Proposal {
    /// The call that answers it.
    pub fn into_invocation(self) -> Invocation {
        Invocation::new(self.uid, self.driver, self.ask.into_request())
    }
}

impl Ask {
    /// The request to send.
    pub fn into_request(self) -> Request {
        match self {
            Self::Evaluate(request) => Request::Apply(request),
            Self::Plan(request) => Request::Plan(request),
            Self::Observe(request) => Request::Observe(request),
        }
    }
}

impl From<Result<Response, Failure>> for Preview {
    fn from(answer: Result<Response, Failure>) -> Self {
        match answer {
            Ok(Response::Apply(applied)) => Self::Evaluated(applied),
            Ok(Response::Plan(planned)) => Self::Planned(planned),
            Ok(Response::Observe(observed)) => Self::Observed(observed),
            Ok(_) => Self::Unknown,
            Err(failure) => Self::Failed(failure),
        }
    }
}
