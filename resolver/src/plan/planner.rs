//! The planner: it proposes what to ask drivers, and draws its conclusions from what they say.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_graph::NodeId;
use score_model::{Diagnostic, Diagnostics, Fingerprint, ResourceUid, SecretTexts, Value};

use super::again::Again;
use super::compare::Comparison;
use super::decide::{marked, stand_in_guid};
use super::nodes::{Known, NodePlan, PlanHoles, Refreshed, Stage};
use super::selection::Selection;
use super::used_drivers::UsedDrivers;
use super::{Action, Ask, Change, PlanOptions, Preview, Proposal, Reason};
use crate::kept::Kept;
use crate::lanes::{Lanes, Member};
use crate::outputs::{Schemas, prior, secrets_of};
use crate::{
    DriverCatalogue, Guid, Intent, MissingOutput, Node, Object, ObserveRequest, Observed, Resolution, Snapshot,
};

/// Compares what is desired with what is recorded, node by node, dependencies first, as a state machine that calls nobody.
///
/// [`propose`](Self::propose) says what a driver is to be asked, [`settle`](Self::settle) takes its answer. Several proposals may be open at once; in which order they are settled makes no
/// difference. Whoever has no drivers at hand goes straight to [`finish`](Self::finish). Who plans again and again, at each change of a file, [goes on](Self::going_on) from what was found out before.
#[derive(Debug)]
pub struct Planner<'a> {
    pub(super) desired: Option<&'a Resolution>,
    /// As it is once the moves are recorded.
    pub(super) state: Cow<'a, Snapshot>,
    pub(super) options: PlanOptions,
    pub(super) drivers: &'a DriverCatalogue,
    /// From, to.
    pub(super) moves: Vec<(ResourceUid, ResourceUid)>,
    /// The old uid by the new one.
    pub(super) moved: FxHashMap<ResourceUid, ResourceUid>,
    /// In the order of the graph's ids.
    pub(super) nodes: Vec<NodePlan>,
    /// How many dependencies of each node are not decided.
    pub(super) waits_for: Vec<u32>,
    /// What refresh found, where anybody looked.
    pub(super) refreshed: FxHashMap<NodeId, Refreshed>,
    /// The parts of what is shared in lanes, where they are known.
    pub(super) shared: FxHashMap<NodeId, Value>,
    /// Where each node stands in the order of the graph.
    pub(super) ranks: Vec<usize>,
    /// The place in the order of the graph of the next node that was not looked at yet: in this order most things lie in memory.
    pub(super) next: usize,
    /// Nodes before it that had to wait and need not any more.
    pub(super) ready: VecDeque<NodeId>,
    /// Where the object of the next node probably is among those that are recorded.
    likely: usize,
    /// Whether anything is deferred.
    pub(super) defers: bool,
    /// Whether a driver was to be asked anything.
    pub(super) proposed: bool,
    /// Open intents on objects that are not recorded, by uid: what may have come to exist.
    pub(super) attempts: FxHashMap<ResourceUid, Vec<Guid>>,
    selection: Selection,
    pub(super) schemas: Schemas,
    pub(super) used_drivers: UsedDrivers,
    /// By the numbers of nodes in provisioning order.
    pub(super) lanes: Lanes,
    pub(super) problems: Diagnostics,
    /// Where it goes on from what was found out before.
    pub(super) again: Option<Box<Again>>,
}

/// What is desired of a node, evaluated as far as known.
pub(super) struct Wanted {
    pub(super) inputs: Value,
    pub(super) context: Option<Value>,
    /// What the members of its lane before it share; `None` where it is in none.
    pub(super) before: Option<Value>,
}

impl<'a> Planner<'a> {
    /// A planner of what turns the snapshot into what is desired; `None`: into nothing.
    ///
    /// The catalogue says what drivers can do; one that is not in it is never asked anything here.
    pub fn new(
        desired: Option<&'a Resolution>,
        snapshot: &'a Snapshot,
        options: PlanOptions,
        drivers: &'a DriverCatalogue,
    ) -> Self {
        let mut planner = Self::idle(desired, snapshot, options, drivers);
        planner.begin();
        planner
    }

    /// One that has nothing to do yet.
    pub(super) fn idle(
        desired: Option<&'a Resolution>,
        snapshot: &'a Snapshot,
        options: PlanOptions,
        drivers: &'a DriverCatalogue,
    ) -> Self {
        let (moves, state) = super::moves::apply(desired, snapshot);
        let mut attempts: FxHashMap<ResourceUid, Vec<Guid>> = FxHashMap::default();
        for intent in state.intents().filter(|intent| state.find(&intent.uid, &intent.guid).is_none()) {
            attempts.entry(intent.uid.clone()).or_default().push(intent.guid.clone());
        }
        Self {
            desired,
            selection: Selection::new(desired, &options),
            state,
            options,
            drivers,
            moved: moves.iter().cloned().map(|(from, to)| (to, from)).collect(),
            moves,
            nodes: Vec::new(),
            waits_for: Vec::new(),
            refreshed: FxHashMap::default(),
            shared: FxHashMap::default(),
            ranks: Vec::new(),
            next: usize::MAX,
            ready: VecDeque::new(),
            likely: 0,
            defers: false,
            proposed: false,
            attempts,
            schemas: Schemas::default(),
            used_drivers: UsedDrivers::default(),
            lanes: Lanes::default(),
            problems: Diagnostics::new(),
            again: None,
        }
    }

    /// Everything is to be looked at.
    pub(super) fn begin(&mut self) {
        let Some(desired) = self.desired else { return };
        let graph = desired.graph();
        self.nodes = graph.ids().map(|_| NodePlan::default()).collect();
        self.waits_for = graph.ids().map(|id| graph.dependencies(id).len() as u32).collect();
        self.ranks = vec![0; graph.len()];
        for (rank, id) in graph.order().iter().enumerate() {
            self.ranks[id.index()] = rank;
        }
        self.lanes = self.lanes_of(desired);
        if !self.lanes.is_empty() {
            let next = |rank| graph.order().get(self.lanes.next(rank)?);
            (0..graph.len()).filter_map(next).for_each(|next| self.waits_for[next.index()] += 1);
        }
        self.next = 0;
    }

    fn next_in_order(&mut self) -> Option<NodeId> {
        let order = self.desired?.graph().order();
        let mut left = order.get(self.next..)?.iter();
        let found = left.find(|id| self.waits_for[id.index()] == 0).copied();
        self.next = order.len() - left.len();
        found
    }

    /// Members are ordered by the numbers of their objects; what is new comes later.
    fn lanes_of(&self, desired: &Resolution) -> Lanes {
        if !desired.inner.may_have_lanes {
            return Lanes::default();
        }
        let graph = desired.graph();
        let member = |rank: usize| {
            let id = *graph.order().get(rank)?;
            let node = desired.at(id)?;
            let lane = node.recipe.lane.as_ref()?;
            let number = self.state.object(&node.uid).map_or_else(|| self.fresh_number(id), |object| object.number);
            Some(Member { lane, number })
        };
        Lanes::new(graph.len(), |rank| self.needs(rank), member)
    }

    /// On which others a node depends, all by their places in the order of the graph; none where there is none at this place.
    pub(super) fn needs(&self, rank: usize) -> impl Iterator<Item = usize> {
        let graph = self.desired.map(Resolution::graph);
        let ids = graph.and_then(|graph| Some(graph.dependencies(*graph.order().get(rank)?))).unwrap_or_default();
        ids.iter().map(|id| self.ranks[id.index()])
    }

    /// The next question; `None` while there is none before another answer, and at the end.
    pub fn propose(&mut self) -> Option<Proposal> {
        let desired = self.desired?;
        while let Some(id) = self.ready.pop_front().or_else(|| self.next_in_order()).or_else(|| self.next_again()) {
            let node = desired.at(id)?;
            if let Some(ask) = self.consider(id, node) {
                self.proposed = true;
                return Some(Proposal { uid: node.uid.clone(), driver: self.asked(id, node), ask });
            }
        }
        None
    }

    /// Takes the answer to a proposal. An answer to what was not asked is ignored.
    pub fn settle(&mut self, uid: &ResourceUid, preview: Preview) {
        let Some(desired) = self.desired else { return };
        let Some(id) = desired.graph().id(uid) else { return };
        let Some(node) = desired.at(id) else { return };
        match self.nodes[id.index()].stage.clone() {
            Stage::Waiting | Stage::Decided => {}
            Stage::Observing => {
                let refreshed = self.refreshed(id, node, preview);
                self.refreshed.insert(id, refreshed);
                self.nodes[id.index()].stage = Stage::Waiting;
                self.ready.push_front(id);
            }
            Stage::Planning => self.settle_planned(id, node, preview),
            Stage::Evaluating(earlier) => self.settle_evaluated(id, node, preview, earlier.map(|earlier| *earlier)),
        }
    }

    /// Whom a proposal about a node goes to: what is there was made by the recorded driver.
    fn asked(&self, id: NodeId, node: &Node) -> Arc<str> {
        match self.recorded(id) {
            Some(object) if self.nodes[id.index()].stage == Stage::Observing => object.driver.clone(),
            _ => node.recipe.driver.clone(),
        }
    }

    pub(super) fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Whether a proposal about a node is open.
    pub(super) fn is_asked(&self, id: NodeId) -> bool {
        !matches!(self.nodes[id.index()].stage, Stage::Waiting | Stage::Decided)
    }

    /// The question that a node needs answered, or its decision.
    fn consider(&mut self, id: NodeId, node: &'a Node) -> Option<Ask> {
        self.used_drivers.add(&node.recipe.driver);
        let place = self.state.place_near(&node.uid, &mut self.likely);
        self.nodes[id.index()].set_recorded(place);
        if let Some(object) = place.and_then(|place| self.state.at(place)) {
            self.used_drivers.add(&object.driver);
        }
        if matches!(self.nodes[id.index()].stage, Stage::Evaluating(Some(_))) {
            let wanted = self.wanted(id, node, None);
            return Some(self.evaluation(node, wanted, None, None, stand_in_guid(&node.uid, true)));
        }
        if let Some(reason) = self.deferred(id) {
            let before = self.recorded(id).map(|object| object.inputs.clone());
            self.shares(id, self.recorded_part(id));
            let wanted = self.wanted(id, node, Some(Action::Update));
            let change = Change { before, ..self.change(id, node, Action::Deferred, vec![reason], wanted.inputs) };
            self.decide(id, change, Known::Nothing, None);
            return None;
        }
        if let Some(ask) = self.observation(id, node) {
            self.nodes[id.index()].stage = Stage::Observing;
            return Some(ask);
        }
        let (wanted, action, reasons) = self.judged(id, node, &[]);
        if self.is_known_already(id, node, &wanted, action, &reasons) {
            return None;
        }
        if action == Action::None {
            self.decide_none(id, node, wanted, action, reasons);
            return None;
        }
        self.changed(id, node, wanted, action, reasons)
    }

    /// Evaluates and compares. What is replaced is evaluated again with its new guid.
    pub(super) fn judged(
        &mut self,
        id: NodeId,
        node: &'a Node,
        driver_replaces: &[score_model::Path],
    ) -> (Wanted, Action, Vec<Reason>) {
        let wanted = self.wanted(id, node, Some(Action::Update));
        let object = self.recorded(id).map(|object| &**object);
        let intent = match object {
            Some(object) => self.state.intent(&object.guid),
            None => self.attempt(&node.uid),
        };
        let is_recorded = object.is_some() || intent.is_some();
        let refreshed = self.refreshed.get(&id);
        let comparison = Comparison {
            recipe: &node.recipe,
            inputs: &wanted.inputs,
            before: wanted.before.as_ref(),
            fingerprint: if is_recorded { self.fingerprint(&wanted) } else { None },
            object,
            intent,
            gone: refreshed == Some(&Refreshed::Gone),
            unfinished: matches!(refreshed, Some(Refreshed::Present { complete: false, .. })),
            requested: self.selection.is_replaced(&node.uid),
            driver_replaces,
        };
        let (action, reasons) = comparison.verdict();
        let is_new = action == Action::Replace || (action == Action::Create && object.is_some());
        let wanted = if is_new { self.wanted(id, node, Some(action)) } else { wanted };
        (wanted, action, reasons)
    }

    /// Evaluates what a node is told, with the guid that it has after such an action; `None`: with one that is not known.
    pub(super) fn wanted(&mut self, id: NodeId, node: &'a Node, after: Option<Action>) -> Wanted {
        let Some(desired) = self.desired else {
            return Wanted { inputs: Value::Null, context: None, before: None };
        };
        let holes = PlanHoles::new(self, desired, id, node, after);
        let mut missing = Vec::new();
        let mut eval = |expr: &crate::Expr| {
            expr.eval(&holes).unwrap_or_else(|problems| {
                missing.extend(problems);
                Value::Unknown
            })
        };
        let inputs = eval(&node.recipe.inputs);
        let context = node.recipe.context.as_ref().map(&mut eval);
        for output in missing {
            self.missing(desired, node, &output);
        }
        let before = self.before(id);
        Wanted { inputs, context, before }
    }

    /// Tells of an output that is not there, at each place where the node reads it.
    fn missing(&mut self, desired: &Resolution, node: &Node, output: &MissingOutput) {
        let problem = Diagnostic::error("missing-output", format!("{output}, which `{}` reads", node.uid));
        let places = desired.reads(node, output);
        if places.is_empty() {
            return self.problem(node, problem);
        }
        for place in places {
            self.problems.push(problem.clone().at(place));
        }
    }

    fn fingerprint(&self, wanted: &Wanted) -> Option<Fingerprint> {
        let Wanted { inputs, context, before } = wanted;
        crate::outputs::fingerprint(inputs, context.as_ref(), before.as_ref(), self.state.fingerprint_key())
    }

    /// The object that is recorded of a node that was considered.
    pub(super) fn recorded(&self, id: NodeId) -> Option<&Arc<Object>> {
        self.state.at(self.nodes.get(id.index())?.recorded()?)
    }

    /// What the members of a node's lane before it share.
    fn before(&mut self, id: NodeId) -> Option<Value> {
        let (shared, order) = (&self.shared, self.desired?.graph().order());
        let part = |rank: usize| {
            let part = order.get(rank).and_then(|id| shared.get(id));
            part.cloned().unwrap_or(Value::Unknown)
        };
        self.lanes.before(*self.ranks.get(id.index())?, part)
    }

    /// Takes a node's part of what is shared in its lane.
    pub(super) fn shares(&mut self, id: NodeId, part: Value) {
        if !self.lanes.is_empty() {
            self.shared.insert(id, part);
        }
    }

    /// The part of what is shared that is recorded of a node.
    fn recorded_part(&self, id: NodeId) -> Value {
        self.recorded(id).map(|object| Kept::of(&object.state).shared).unwrap_or_default()
    }

    /// The guid that a node has after such an action; `None` before the state exists.
    pub(super) fn guid_for(&self, id: NodeId, node: &Node, action: Action) -> Option<Guid> {
        match self.recorded(id) {
            Some(object) if !matches!(action, Action::Create | Action::Replace) => Some(object.guid.clone()),
            _ => match self.continued(id, node, action) {
                Some(intent) => Some(intent.guid.clone()),
                None => {
                    let lineage = self.state.lineage()?;
                    let fresh = &self.nodes.get(id.index())?.fresh;
                    let derive = || Box::new(Guid::derive(lineage, &node.uid, self.fresh_number(id)));
                    Some(Guid::clone(fresh.get_or_init(derive)))
                }
            },
        }
    }

    /// The interrupted creation that such an action goes on with.
    pub(super) fn continued(&self, id: NodeId, node: &Node, action: Action) -> Option<&Intent> {
        let attempt = self.attempt(&node.uid).filter(|intent| intent.driver == node.recipe.driver)?;
        let goes_on = match self.recorded(id) {
            Some(_) => matches!(action, Action::Create | Action::Replace),
            // A replacement of what may have come to exist has an identity of its own.
            None => action != Action::Replace,
        };
        goes_on.then_some(attempt)
    }

    /// The number that a new object of this node gets: the same however planning went, and used by no other.
    pub(super) fn fresh_number(&self, id: NodeId) -> u64 {
        self.state.object_count() + 1 + self.ranks.get(id.index()).copied().unwrap_or_default() as u64
    }

    /// The open intent on an object of this uid that is not recorded.
    pub(super) fn attempt(&self, uid: &ResourceUid) -> Option<&Intent> {
        if self.attempts.is_empty() {
            return None;
        }
        self.state.intent(self.attempts.get(uid)?.first()?)
    }

    fn deferred(&self, id: NodeId) -> Option<Reason> {
        let desired = self.desired?;
        if let Some(reason) = self.selection.deferral(id) {
            return Some(reason);
        }
        if !self.defers {
            return None;
        }
        let deferred = |id: &&NodeId| {
            let change = self.nodes.get(id.index()).and_then(|node| node.change.as_ref());
            change.is_some_and(|change| change.action == Action::Deferred)
        };
        let because_of = desired.graph().dependencies(id).iter().find(deferred)?;
        Some(Reason::BecauseOf { uid: desired.graph().key(*because_of)?.clone() })
    }

    fn observation(&mut self, id: NodeId, node: &'a Node) -> Option<Ask> {
        if !self.options.refresh || self.refreshed.contains_key(&id) {
            return None;
        }
        let object = self.recorded(id)?;
        if object.pure || object.driver.is_empty() || self.state.intent(&object.guid).is_some() {
            return None;
        }
        if !self.drivers.get(&object.driver).is_some_and(|driver| driver.capabilities.observe) {
            self.not_observable(node, "its driver cannot tell");
            return None;
        }
        Some(Ask::Observe(ObserveRequest::new(node.uid.clone(), object.guid.clone(), prior(object))))
    }

    fn not_observable(&mut self, node: &Node, why: &str) {
        let message = format!("what there is of `{}` could not be observed: {why}", node.uid);
        let warning = Diagnostic::warning("not-observed", message).help("it is taken to be as recorded");
        self.problems.push(warning);
    }

    fn refreshed(&mut self, id: NodeId, node: &Node, preview: Preview) -> Refreshed {
        let Some(object) = self.recorded(id).cloned() else { return Refreshed::AsRecorded };
        match preview {
            Preview::Observed(Observed::Absent) => Refreshed::Gone,
            Preview::Observed(Observed::Present { applied, complete }) => {
                let told = told_of(&object);
                Refreshed::Present { applied: Box::new(marked(applied, &told)), complete }
            }
            Preview::Failed(failure) => {
                let message = told_of(&object).redact(&failure.message).into_owned();
                self.not_observable(node, &message);
                Refreshed::AsRecorded
            }
            _ => {
                self.not_observable(node, "its driver cannot tell");
                Refreshed::AsRecorded
            }
        }
    }
}

pub(super) fn told_of(object: &Object) -> SecretTexts {
    let mut told = SecretTexts::new();
    secrets_of(object, &mut told);
    told
}
