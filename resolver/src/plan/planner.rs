//! The planner: it proposes what to ask drivers, and draws its conclusions from what they say.

use score_graph::GraphBuilder;
use score_model::{Diagnostics, ResourceUid};
use std::sync::Arc;

use super::{Change, Plan, PlanOptions};
use crate::{
    Applied, ApplyRequest, Context, DriverCatalogue, Failure, ObserveRequest, Observed, PlanRequest, Planned, Request,
    Resolution, Response, Snapshot,
};

/// Compares what is desired with what is recorded, node by node, dependencies first, as a state machine that calls nobody.
///
/// [`propose`](Self::propose) says what a driver is to be asked, [`settle`](Self::settle) takes its answer. Several proposals may be open at once, in which order they are settled makes no
/// difference. Whoever has no drivers at hand goes straight to [`finish`](Self::finish).
#[derive(Debug)]
pub struct Planner<'a> {
    desired: Option<&'a Resolution>,
    snapshot: &'a Snapshot,
    options: PlanOptions,
}

/// A question for a driver, to be answered to [`Planner::settle`].
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

impl<'a> Planner<'a> {
    /// A planner of what turns the snapshot into what is desired; `None`: into nothing.
    pub fn new(
        desired: Option<&'a Resolution>,
        snapshot: &'a Snapshot,
        options: PlanOptions,
        _drivers: &'a DriverCatalogue,
    ) -> Self {
        Self { desired, snapshot, options }
    }

    /// The next question; `None` while there is none before another answer, and at the end.
    pub fn propose(&mut self) -> Option<Proposal> {
        None
    }

    /// Takes the answer to a proposal. An answer to what was not asked is ignored.
    pub fn settle(&mut self, _uid: &ResourceUid, _preview: Preview) {}

    /// The plan. Proposals that are not settled count as unknown.
    ///
    /// # Errors
    /// All that speaks against it.
    pub fn finish(self) -> Result<Plan, Diagnostics> {
        let context = self.desired.map(|desired| desired.context().clone());
        let context = context.or(self.options.context.clone()).unwrap_or_else(|| Context::new("development"));
        let changes: Vec<Change> = Vec::new();
        Ok(Plan {
            context,
            options: self.options,
            lineage: self.snapshot.lineage().cloned(),
            serial: self.snapshot.serial(),
            drivers: DriverCatalogue::new(),
            moves: Vec::new(),
            documents: std::collections::BTreeMap::new(),
            changes,
            steps: GraphBuilder::new().build().into_dag().map_err(|_| Diagnostics::new())?,
            warnings: Diagnostics::new(),
        })
    }
}
