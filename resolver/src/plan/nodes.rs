//! What the planner knows of each node, and how that fills the holes of others.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};

use score_graph::{Dag, NodeId};
use score_model::{ResourceUid, Value};

use super::{Action, Change, Planner};
use crate::outputs::artefact_list;
use crate::{Applied, Artefact, EdgeLabel, Guid, Holes, Node, Resolution};

/// What the planner knows of one node.
#[derive(Debug, Default)]
pub(super) struct NodePlan {
    pub(super) stage: Stage,
    /// See [`recorded`](Self::recorded).
    pub(super) recorded: Option<u32>,
    /// The answer of the driver's plan or, of a pure driver, what it made under another guid.
    pub(super) outputs: Known,
    /// `None`: not known.
    pub(super) artefacts: Option<Box<[Artefact]>>,
    pub(super) change: Option<Arc<Change>>,
    /// The guid of a new object of it, made when first asked for.
    pub(super) fresh: OnceLock<Box<Guid>>,
}

impl NodePlan {
    /// The place of its object among those that are recorded, looked up when it is considered.
    pub(super) fn recorded(&self) -> Option<usize> {
        self.recorded.map(|place| place as usize)
    }

    pub(super) fn set_recorded(&mut self, place: Option<usize>) {
        self.recorded = place.and_then(|place| u32::try_from(place).ok());
    }
}

/// Where a node is on its way to a decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Stage {
    /// Not looked at, or to be looked at again.
    #[default]
    Waiting,
    /// Its driver is asked what there is.
    Observing,
    /// Its driver is asked what an apply would give.
    Planning,
    /// Its pure driver is asked what it makes of the inputs, under a guid that is not known yet: the second time another one, and the answers must be equal.
    Evaluating(Option<Box<Applied>>),
    /// There is a change.
    Decided,
}

/// What refresh found.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Refreshed {
    /// Nothing else than what is recorded, or nobody can tell.
    AsRecorded,
    /// It is gone.
    Gone,
    /// This instead of what is recorded.
    Present { applied: Box<Applied>, complete: bool },
}

/// The outputs of a node, as far as known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Known {
    /// Nothing.
    #[default]
    Nothing,
    /// These, and there may be others.
    Some(Value),
    /// All of them.
    All(Value),
}

/// What fills the holes of one node while planning.
pub(super) struct PlanHoles<'p, 'a> {
    planner: &'p Planner<'a>,
    graph: &'a Dag<ResourceUid, EdgeLabel>,
    id: NodeId,
    node: &'a Node,
    /// What will have been done when it has the guid that counts; `None`: that is not known.
    after: Option<Action>,
    /// The one after the dependency that was read last: most are read in their order.
    likely: Cell<usize>,
}

impl<'p, 'a> PlanHoles<'p, 'a> {
    pub(super) fn new(
        planner: &'p Planner<'a>,
        desired: &'a Resolution,
        id: NodeId,
        node: &'a Node,
        after: Option<Action>,
    ) -> Self {
        Self { planner, graph: desired.graph(), id, node, after, likely: Cell::new(0) }
    }

    fn known(&self, of: &ResourceUid) -> Option<&Known> {
        // Nearly always it is one of a few, which are in the order of their uids.
        let (dependencies, likely) = (self.graph.dependencies(self.id), self.likely.get());
        let place = match dependencies.get(likely) {
            Some(id) if self.graph[*id] == *of => Some(likely),
            _ => dependencies.binary_search_by(|id| self.graph[*id].cmp(of)).ok(),
        };
        self.likely.set(place.map_or(likely, |place| place + 1));
        let id = place.and_then(|place| dependencies.get(place).copied()).or_else(|| self.graph.id(of))?;
        Some(&self.planner.nodes.get(id.index())?.outputs)
    }
}

impl Holes for PlanHoles<'_, '_> {
    fn outputs(&self, of: &ResourceUid) -> Option<Value> {
        match self.known(of)? {
            Known::Nothing => None,
            Known::Some(outputs) | Known::All(outputs) => Some(outputs.clone()),
        }
    }

    fn has_more_outputs(&self, of: &ResourceUid) -> bool {
        matches!(self.known(of), Some(Known::Some(_)))
    }

    fn artefacts(&self, kind: &str) -> Option<Value> {
        let mut needed = needed_by(self.graph, self.id, &self.planner.ranks);
        self.planner.lanes.arrange(&mut needed);
        let needed = needed.into_iter().filter_map(|rank| self.graph.order().get(rank).copied());
        let known: Option<Vec<(&ResourceUid, &[Artefact])>> = needed
            .map(|node| Some((self.graph.key(node)?, self.planner.nodes.get(node.index())?.artefacts.as_deref()?)))
            .collect();
        Some(artefact_list(known?.into_iter(), kind))
    }

    fn guid(&self) -> Option<Guid> {
        self.planner.guid_for(self.id, self.node, self.after?)
    }

    fn own(&self) -> Option<Value> {
        None
    }
}

/// All that a node depends on, directly or through others: their numbers in provisioning order.
fn needed_by<E>(graph: &Dag<ResourceUid, E>, node: NodeId, ranks: &[usize]) -> Vec<usize> {
    let mut seen = rustc_hash::FxHashSet::default();
    let mut open = vec![node];
    let mut found = Vec::new();
    while let Some(at) = open.pop() {
        for &dependency in graph.dependencies(at) {
            if seen.insert(dependency) {
                found.extend(ranks.get(dependency.index()));
                open.push(dependency);
            }
        }
    }
    found.sort_unstable();
    found
}
