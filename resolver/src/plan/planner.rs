//! The planner: it proposes what to ask drivers, and draws its conclusions from what they say.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;
use score_graph::NodeId;
use score_model::{Diagnostic, Diagnostics, Fingerprint, ResourceUid, SecretTexts, Value};

use super::compare::{Comparison, differences};
use super::nodes::{Known, NodePlan, PlanHoles, Refreshed, Stage};
use super::selection::Selection;
use super::{Action, Change, PlanOptions, Reason};
use crate::kept::Kept;
use crate::lanes::{self, Lanes, Member};
use crate::outputs::{Made, Making, Schemas, prior, secrets_of};
use crate::{
    Applied, ApplyRequest, DriverCatalogue, Failure, Guid, Intent, Invocation, Lineage, Node, Object, ObserveRequest,
    Observed, PlanRequest, Planned, Prior, Request, Resolution, Response, Snapshot,
};

/// Compares what is desired with what is recorded, node by node, dependencies first, as a state machine that calls nobody.
///
/// [`propose`](Self::propose) says what a driver is to be asked, [`settle`](Self::settle) takes its answer. Several proposals may be open at once; in which order they are settled makes no
/// difference. Whoever has no drivers at hand goes straight to [`finish`](Self::finish).
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
    moved: FxHashMap<ResourceUid, ResourceUid>,
    /// In the order of the graph's ids.
    pub(super) nodes: Vec<NodePlan>,
    /// Where each node stands in the order of the graph.
    ranks: Vec<usize>,
    ready: VecDeque<NodeId>,
    /// Open intents on objects that are not recorded, by uid: what may have come to exist.
    pub(super) attempts: FxHashMap<ResourceUid, Vec<Guid>>,
    selection: Selection,
    schemas: Schemas,
    /// By the numbers of nodes in provisioning order.
    lanes: Lanes,
    pub(super) problems: Diagnostics,
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

/// What is desired of a node, evaluated as far as known.
struct Wanted {
    inputs: Value,
    context: Option<Value>,
    /// What the members of its lane before it share; `None` where it is in none.
    before: Option<Value>,
    fingerprint: Option<Fingerprint>,
}

impl Wanted {
    /// What it sees of what is shared in its lane, over its own part.
    fn seen(&self, prior: Option<&Prior>) -> Value {
        let own = prior.map_or(&Value::Null, |prior| &prior.shared);
        self.before.as_ref().map_or(Value::Null, |before| lanes::seen(own, before))
    }
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
        let (moves, state) = super::moves::apply(desired, snapshot);
        let mut attempts: FxHashMap<ResourceUid, Vec<Guid>> = FxHashMap::default();
        for intent in state.intents().filter(|intent| state.find(&intent.uid, &intent.guid).is_none()) {
            attempts.entry(intent.uid.clone()).or_default().push(intent.guid.clone());
        }
        let mut planner = Self {
            desired,
            selection: Selection::new(desired, &options),
            state,
            options,
            drivers,
            moved: moves.iter().cloned().map(|(from, to)| (to, from)).collect(),
            moves,
            nodes: Vec::new(),
            ranks: Vec::new(),
            ready: VecDeque::new(),
            attempts,
            schemas: Schemas::default(),
            lanes: Lanes::default(),
            problems: Diagnostics::new(),
        };
        if let Some(desired) = desired {
            let graph = desired.graph();
            let node = |id| NodePlan { waits_for: graph.dependencies(id).len(), ..NodePlan::default() };
            planner.nodes = graph.ids().map(node).collect();
            planner.ranks = vec![0; graph.len()];
            for (rank, id) in graph.order().iter().enumerate() {
                planner.ranks[id.index()] = rank;
            }
            planner.lanes = planner.lanes_of(desired);
            for rank in 0..graph.len() {
                if let Some(next) = planner.lanes.next(rank).and_then(|next| graph.order().get(next)) {
                    planner.nodes[next.index()].waits_for += 1;
                }
            }
            planner.ready =
                graph.order().iter().copied().filter(|id| planner.nodes[id.index()].waits_for == 0).collect();
        }
        planner
    }

    /// Members are ordered by the numbers of their objects; what is new comes later.
    fn lanes_of(&self, desired: &Resolution) -> Lanes {
        let graph = desired.graph();
        let at = |rank: usize| graph.order().get(rank).copied();
        let dependencies = |rank: usize| {
            let ids = at(rank).map(|id| graph.dependencies(id)).unwrap_or_default();
            ids.iter().map(|id| self.ranks[id.index()])
        };
        Lanes::new(graph.len(), dependencies, |rank| {
            let node = at(rank).and_then(|id| desired.at(id));
            let recorded = node.and_then(|node| self.state.object(&node.uid)).map(|object| object.number);
            let number = recorded.unwrap_or_else(|| self.state.object_count() + 1 + rank as u64);
            Member { lane: node.and_then(|node| node.recipe.lane.as_ref()), number }
        })
    }

    /// The next question; `None` while there is none before another answer, and at the end.
    pub fn propose(&mut self) -> Option<Proposal> {
        let desired = self.desired?;
        while let Some(id) = self.ready.pop_front() {
            let node = desired.at(id)?;
            if let Some(ask) = self.consider(id, node) {
                return Some(Proposal { uid: node.uid.clone(), driver: self.asked(node), ask });
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
                self.nodes[id.index()].refreshed = self.refreshed(node, preview);
                self.nodes[id.index()].stage = Stage::Waiting;
                self.ready.push_front(id);
            }
            Stage::Planning => self.settle_planned(id, node, preview),
            Stage::Evaluating(earlier) => self.settle_evaluated(id, node, preview, earlier.map(|earlier| *earlier)),
        }
    }

    /// Whom a proposal about a node goes to: what is there was made by the recorded driver.
    fn asked(&self, node: &Node) -> Arc<str> {
        let observing = self.nodes_of(node).is_some_and(|plan| plan.stage == Stage::Observing);
        match self.state.object(&node.uid) {
            Some(object) if observing => object.driver.clone(),
            _ => node.recipe.driver.clone(),
        }
    }

    pub(super) fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Whether a proposal about a node is open.
    pub(super) fn is_asked(&self, node: &Node) -> bool {
        self.nodes_of(node).is_some_and(|plan| !matches!(plan.stage, Stage::Waiting | Stage::Decided))
    }

    fn nodes_of(&self, node: &Node) -> Option<&NodePlan> {
        self.nodes.get(self.desired?.graph().id(&node.uid)?.index())
    }

    /// The question that a node needs answered, or its decision.
    fn consider(&mut self, id: NodeId, node: &'a Node) -> Option<Ask> {
        if matches!(self.nodes[id.index()].stage, Stage::Evaluating(Some(_))) {
            let wanted = self.wanted(id, node, None);
            return Some(self.evaluation(node, wanted, None, None, stand_in_guid(&node.uid, true)));
        }
        if let Some(reason) = self.deferred(id) {
            let before = self.state.object(&node.uid).map(|object| object.inputs.clone());
            self.nodes[id.index()].shared = Some(self.recorded_part(node));
            let wanted = self.wanted(id, node, self.guid_for(id, node, Action::Update));
            let change = Change { before, ..self.change(id, node, Action::Deferred, vec![reason], wanted.inputs) };
            self.decide(id, change, Known::Nothing, None);
            return None;
        }
        if self.nodes[id.index()].refreshed == Refreshed::NotYet {
            if let Some(ask) = self.observation(node) {
                self.nodes[id.index()].stage = Stage::Observing;
                return Some(ask);
            }
            self.nodes[id.index()].refreshed = Refreshed::AsRecorded;
        }
        let (wanted, action, reasons) = self.judged(id, node, &[]);
        if action == Action::None {
            self.decide_none(id, node, wanted, action, reasons);
            return None;
        }
        self.changed(id, node, wanted, action, reasons)
    }

    /// Evaluates and compares. What is replaced is evaluated again with its new guid.
    fn judged(
        &mut self,
        id: NodeId,
        node: &'a Node,
        driver_replaces: &[score_model::Path],
    ) -> (Wanted, Action, Vec<Reason>) {
        let wanted = self.wanted(id, node, self.guid_for(id, node, Action::Update));
        let object = self.state.object(&node.uid);
        let intent = match object {
            Some(object) => self.state.intent(&object.guid),
            None => self.attempt(&node.uid),
        };
        let refreshed = &self.nodes[id.index()].refreshed;
        let comparison = Comparison {
            recipe: &node.recipe,
            inputs: &wanted.inputs,
            before: wanted.before.as_ref(),
            fingerprint: wanted.fingerprint.as_ref(),
            object,
            intent,
            gone: *refreshed == Refreshed::Gone,
            unfinished: matches!(refreshed, Refreshed::Present { complete: false, .. }),
            requested: self.selection.is_replaced(&node.uid),
            driver_replaces,
        };
        let (action, reasons) = comparison.verdict();
        let is_new = action == Action::Replace || (action == Action::Create && object.is_some());
        let wanted = if is_new { self.wanted(id, node, self.guid_for(id, node, action)) } else { wanted };
        (wanted, action, reasons)
    }

    fn wanted(&mut self, id: NodeId, node: &'a Node, guid: Option<Guid>) -> Wanted {
        let Some(desired) = self.desired else {
            return Wanted { inputs: Value::Null, context: None, before: None, fingerprint: None };
        };
        let (graph, nodes) = (desired.graph(), &self.nodes);
        let holes = PlanHoles { graph, nodes, ranks: &self.ranks, node: id, guid, lanes: &self.lanes };
        let mut missing = Vec::new();
        let mut eval = |expr: &crate::Expr| {
            expr.eval(&holes).unwrap_or_else(|problems| {
                missing.extend(problems);
                Value::Unknown
            })
        };
        let inputs = eval(&node.recipe.inputs);
        let context = node.recipe.context.as_ref().map(&mut eval);
        for problem in missing {
            self.problem(node, Diagnostic::error("missing-output", format!("{problem}, which `{}` reads", node.uid)));
        }
        let before = self.before(id);
        let key = self.state.fingerprint_key();
        let fingerprint = crate::outputs::fingerprint(&inputs, context.as_ref(), before.as_ref(), key);
        Wanted { inputs, context, before, fingerprint }
    }

    /// What the members of a node's lane before it share.
    fn before(&mut self, id: NodeId) -> Option<Value> {
        let (nodes, order) = (&self.nodes, self.desired?.graph().order());
        let part = |rank: usize| {
            let node = order.get(rank).and_then(|id| nodes.get(id.index()));
            node.and_then(|node| node.shared.clone()).unwrap_or(Value::Unknown)
        };
        self.lanes.before(*self.ranks.get(id.index())?, part)
    }

    /// The part of what is shared that is recorded of a node.
    fn recorded_part(&self, node: &Node) -> Value {
        self.state.object(&node.uid).map(|object| Kept::of(&object.state).shared).unwrap_or_default()
    }

    /// The guid that a node has after such an action; `None` before the state exists.
    fn guid_for(&self, id: NodeId, node: &Node, action: Action) -> Option<Guid> {
        match self.state.object(&node.uid) {
            Some(object) if !matches!(action, Action::Create | Action::Replace) => Some(object.guid.clone()),
            _ => match self.continued(node, action) {
                Some(intent) => Some(intent.guid.clone()),
                None => Some(Guid::derive(self.state.lineage()?, &node.uid, self.fresh_number(id))),
            },
        }
    }

    /// The interrupted creation that such an action goes on with.
    fn continued(&self, node: &Node, action: Action) -> Option<&Intent> {
        let attempt = self.attempt(&node.uid).filter(|intent| intent.driver == node.recipe.driver)?;
        let goes_on = match self.state.object(&node.uid) {
            Some(_) => matches!(action, Action::Create | Action::Replace),
            // A replacement of what may have come to exist has an identity of its own.
            None => action != Action::Replace,
        };
        goes_on.then_some(attempt)
    }

    /// The number that a new object of this node gets: the same however planning went, and used by no other.
    fn fresh_number(&self, id: NodeId) -> u64 {
        self.state.object_count() + 1 + self.ranks.get(id.index()).copied().unwrap_or_default() as u64
    }

    /// The open intent on an object of this uid that is not recorded.
    pub(super) fn attempt(&self, uid: &ResourceUid) -> Option<&Intent> {
        self.state.intent(self.attempts.get(uid)?.first()?)
    }

    fn deferred(&self, id: NodeId) -> Option<Reason> {
        let desired = self.desired?;
        if let Some(reason) = self.selection.deferral(id) {
            return Some(reason);
        }
        let deferred = |id: &&NodeId| {
            let change = self.nodes.get(id.index()).and_then(|node| node.change.as_ref());
            change.is_some_and(|change| change.action == Action::Deferred)
        };
        let because_of = desired.graph().dependencies(id).iter().find(deferred)?;
        Some(Reason::BecauseOf { uid: desired.graph().key(*because_of)?.clone() })
    }

    fn observation(&mut self, node: &'a Node) -> Option<Ask> {
        let object = self.state.object(&node.uid)?;
        if !self.options.refresh || object.pure || object.driver.is_empty() || self.state.intent(&object.guid).is_some()
        {
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

    fn refreshed(&mut self, node: &'a Node, preview: Preview) -> Refreshed {
        let Some(object) = self.state.object(&node.uid) else { return Refreshed::AsRecorded };
        match preview {
            Preview::Observed(Observed::Absent) => Refreshed::Gone,
            Preview::Observed(Observed::Present { applied, complete }) => {
                let told = told_of(object);
                Refreshed::Present { applied: Box::new(marked(applied, &told)), complete }
            }
            Preview::Failed(failure) => {
                let message = told_of(object).redact(&failure.message).into_owned();
                self.not_observable(node, &message);
                Refreshed::AsRecorded
            }
            _ => {
                self.not_observable(node, "its driver cannot tell");
                Refreshed::AsRecorded
            }
        }
    }

    /// Decides for a node of which nothing is to be done; what depends on it reads what is there.
    fn decide_none(&mut self, id: NodeId, node: &'a Node, wanted: Wanted, action: Action, mut reasons: Vec<Reason>) {
        let Some(object) = self.state.object(&node.uid) else { return };
        let object = object.clone();
        let observed = match &self.nodes[id.index()].refreshed {
            Refreshed::Present { applied, .. } => Some(applied.as_ref().clone()),
            _ => None,
        };
        let recorded = crate::outputs::recorded(&object);
        let drifted = observed.filter(|observed| {
            let (changed, _) = differences(&recorded.outputs, &observed.outputs);
            let differs = !changed.is_empty()
                || observed.state.unmarked() != recorded.state.unmarked()
                || observed.shared != recorded.shared
                || observed.artefacts != recorded.artefacts;
            if !changed.is_empty() {
                reasons.push(Reason::Drifted { paths: changed });
            }
            differs
        });
        let applied = drifted.clone().unwrap_or(recorded);
        self.nodes[id.index()].shared = Some(applied.shared.clone());
        let known = self.made(id, node, &wanted, action, applied);
        let action = if action == Action::None && self.moved_from(node).is_some() { Action::Move } else { action };
        let change = Change {
            observed: drifted,
            // What is recorded is equal, and marked as it was.
            after: Some(object.inputs.clone()),
            ..self.change(id, node, action, reasons, Value::Null)
        };
        match known {
            Some(made) => self.decide(id, change, Known::All(made.outputs), Some(made.artefacts)),
            None => self.decide(id, change, Known::Nothing, None),
        }
    }

    /// The question about a node that changes, or its decision.
    fn changed(
        &mut self,
        id: NodeId,
        node: &'a Node,
        wanted: Wanted,
        action: Action,
        reasons: Vec<Reason>,
    ) -> Option<Ask> {
        let recipe = &node.recipe;
        let capabilities = self.drivers.get(&recipe.driver).map(|driver| driver.capabilities);
        let stays = action == Action::Update;
        let prior = self.state.object(&node.uid).filter(|_| stays).map(prior);
        let known = !wanted.inputs.has_unknown() && !wanted.before.as_ref().is_some_and(Value::has_unknown);
        if !recipe.has_driver() {
            let made = if known { self.made(id, node, &wanted, action, Applied::default()) } else { None };
            let change = self.change(id, node, action, reasons, wanted.inputs);
            match made {
                Some(made) => self.decide(id, change, Known::All(made.outputs), Some(made.artefacts)),
                None => self.decide(id, change, Known::Nothing, Some(Vec::new())),
            }
            return None;
        }
        let guid = self.guid_for(id, node, action);
        let asks = capabilities.is_some_and(|can| if recipe.pure { can.pure } else { can.plan });
        let mut change = self.change(id, node, action, reasons, wanted.inputs.clone());
        change.before_it.clone_from(&wanted.before);
        if recipe.pure && known && asks {
            self.nodes[id.index()].change = Some(change);
            self.nodes[id.index()].stage = Stage::Evaluating(None);
            return Some(self.evaluation(node, wanted, prior, guid, stand_in_guid(&node.uid, false)));
        }
        if !recipe.pure && asks {
            self.nodes[id.index()].change = Some(change);
            self.nodes[id.index()].stage = Stage::Planning;
            let shared = wanted.seen(prior.as_ref());
            let request = PlanRequest::new(node.uid.clone(), wanted.inputs);
            return Some(Ask::Plan(PlanRequest { guid, context: wanted.context, prior, shared, ..request }));
        }
        let passed = self.drivers.get(&recipe.driver).filter(|_| recipe.pure);
        let passed = passed.and_then(|driver| driver.passed(&wanted.inputs));
        let made = passed.and_then(|outputs| self.made(id, node, &wanted, action, Applied::new(outputs)));
        let outputs =
            made.filter(|made| made.problems.is_empty()).map_or(Known::Nothing, |made| Known::Some(made.outputs));
        self.decide(id, change, outputs, None);
        None
    }

    /// The question to a pure driver; where the guid is not known yet, under another one.
    fn evaluation(
        &self,
        node: &Node,
        wanted: Wanted,
        prior: Option<crate::Prior>,
        guid: Option<Guid>,
        stand_in: Guid,
    ) -> Ask {
        let shared = wanted.seen(prior.as_ref());
        let context = wanted.context.map(|context| known_as(context, stand_in.as_str()));
        let request = ApplyRequest::new(node.uid.clone(), guid.unwrap_or(stand_in), wanted.inputs);
        Ask::Evaluate(ApplyRequest { context, prior, shared, ..request })
    }

    fn settle_planned(&mut self, id: NodeId, node: &'a Node, preview: Preview) {
        let Some(mut change) = self.nodes[id.index()].change.take() else { return };
        let planned = match preview {
            Preview::Planned(planned) => planned,
            Preview::Failed(failure) => {
                self.driver_problem(node, &change, "plan-failed", "the driver cannot plan", &failure);
                return self.decide(id, change, Known::Nothing, None);
            }
            _ => return self.decide(id, change, Known::Nothing, None),
        };
        if let Some(message) = planned.deferred {
            change.action = Action::Deferred;
            change.reasons = vec![Reason::DriverDefers { message: self.told(&change).redact(&message).into_owned() }];
            return self.decide(id, change, Known::Nothing, None);
        }
        if !planned.replace.is_empty() && change.action == Action::Update {
            let (wanted, action, reasons) = self.judged(id, node, &planned.replace);
            change = self.change(id, node, action, reasons, wanted.inputs);
        }
        let known = planned.outputs.clone().and_then(|outputs| {
            let guid = self.guid_for(id, node, change.action);
            let wanted = self.wanted(id, node, guid);
            self.made(id, node, &wanted, change.action, Applied::new(outputs))
        });
        let artefacts = planned.artefacts.clone();
        let told = self.told(&change);
        change.planned = Some(Planned {
            outputs: planned.outputs.map(|outputs| told.mark(&outputs)),
            artefacts: planned.artefacts.map(|artefacts| marked_artefacts(artefacts, &told)),
            ..planned
        });
        self.decide(id, change, known.map_or(Known::Nothing, |made| Known::Some(made.outputs)), artefacts);
    }

    fn settle_evaluated(&mut self, id: NodeId, node: &'a Node, preview: Preview, earlier: Option<Applied>) {
        let Some(mut change) = self.nodes[id.index()].change.take() else { return };
        let applied = match preview {
            Preview::Evaluated(applied) => applied,
            Preview::Failed(failure) => {
                self.driver_problem(node, &change, "evaluation-failed", "it cannot be evaluated", &failure);
                return self.decide(id, change, Known::Nothing, None);
            }
            _ => return self.decide(id, change, Known::Nothing, None),
        };
        let guid = self.guid_for(id, node, change.action);
        let wanted = self.wanted(id, node, guid.clone());
        match earlier {
            None if guid.is_none() && !self.passes_inputs(node) => {
                // Nobody knows the guid yet: what comes out whatever it is, is known all the same.
                self.nodes[id.index()].change = Some(change);
                self.nodes[id.index()].stage = Stage::Evaluating(Some(Box::new(applied)));
                self.ready.push_front(id);
                return;
            }
            Some(earlier) if earlier != applied => return self.decide(id, change, Known::Nothing, None),
            _ => {}
        }
        match self.made(id, node, &wanted, change.action, applied.clone()) {
            Some(made) => {
                for problem in &made.problems {
                    let message = format!(
                        "the outputs of `{}`, served by module `{}`, are not what its type promises: {problem}",
                        node.uid, node.recipe.module
                    );
                    self.problem(node, Diagnostic::error("outputs", message));
                }
                change.after = change.after.map(|inputs| made.secrets.mark(&inputs));
                self.nodes[id.index()].shared = Some(applied.shared.clone());
                change.evaluated = Some(marked(applied, &made.secrets));
                self.decide(id, change, Known::All(made.outputs), Some(made.artefacts));
            }
            None => self.decide(id, change, Known::Nothing, None),
        }
    }

    fn made(&mut self, id: NodeId, node: &'a Node, wanted: &Wanted, action: Action, applied: Applied) -> Option<Made> {
        let desired = self.desired?;
        let mut told = SecretTexts::of(&wanted.inputs);
        wanted.context.iter().for_each(|context| told.add(context));
        let guid = self.guid_for(id, node, action);
        let (graph, nodes) = (desired.graph(), &self.nodes);
        let holes = PlanHoles { graph, nodes, ranks: &self.ranks, node: id, guid, lanes: &self.lanes };
        let driver_outputs = self.drivers.get(&node.recipe.driver).and_then(|driver| driver.outputs.as_ref());
        let making = Making { recipe: &node.recipe, told: &told, holes: &holes, driver_outputs };
        Some(making.of(applied, &mut self.schemas))
    }

    /// Whether the outputs come of the inputs alone.
    fn passes_inputs(&self, node: &Node) -> bool {
        self.drivers.get(&node.recipe.driver).is_some_and(|driver| driver.passes_inputs_except.is_some())
    }

    fn told(&self, change: &Change) -> SecretTexts {
        let mut told = self.state.object(&change.uid).map(told_of).unwrap_or_default();
        change.after.iter().for_each(|inputs| told.add(inputs));
        told
    }

    fn driver_problem(&mut self, node: &Node, change: &Change, code: &'static str, what: &str, failure: &Failure) {
        let message = self.told(change).redact(&failure.message).into_owned();
        let message = format!("`{}`, served by module `{}`: {what}: {message}", node.uid, node.recipe.module);
        self.problem(node, Diagnostic::error(code, message));
    }

    fn problem(&mut self, node: &Node, problem: Diagnostic) {
        self.problems.push(problem.at(node.place()));
    }

    fn moved_from(&self, node: &Node) -> Option<ResourceUid> {
        if self.moves.is_empty() { None } else { self.moved.get(&node.uid).cloned() }
    }

    fn change(&self, id: NodeId, node: &Node, action: Action, mut reasons: Vec<Reason>, after: Value) -> Change {
        let object = self.state.object(&node.uid);
        if let Some(from) = self.moved_from(node) {
            reasons.insert(0, Reason::Moved { from });
        }
        let continued = self.continued(node, action).map(|intent| intent.number);
        let guid = object.map(|object| &object.guid).or(self.attempt(&node.uid).map(|intent| &intent.guid));
        Change {
            uid: node.uid.clone(),
            action,
            module: node.recipe.module.clone(),
            reasons,
            before: object.map(|object| object.inputs.clone()),
            after: Some(after),
            recipe: Some(node.recipe.clone()),
            guid: guid.cloned(),
            number: continued.unwrap_or_else(|| self.fresh_number(id)),
            order: node.recipe.replace,
            gone: self.nodes[id.index()].refreshed == Refreshed::Gone,
            observed: match &self.nodes[id.index()].refreshed {
                Refreshed::Present { applied, .. } => Some(applied.as_ref().clone()),
                _ => None,
            },
            planned: None,
            evaluated: None,
            before_it: None,
        }
    }

    fn decide(&mut self, id: NodeId, change: Change, outputs: Known, artefacts: Option<Vec<crate::Artefact>>) {
        let node = &mut self.nodes[id.index()];
        node.change = Some(change);
        node.outputs = outputs;
        node.artefacts = artefacts;
        node.stage = Stage::Decided;
        let Some(desired) = self.desired else { return };
        let graph = desired.graph();
        let next = self.ranks.get(id.index()).and_then(|rank| self.lanes.next(*rank));
        let next = next.and_then(|next| graph.order().get(next));
        for dependent in graph.dependents(id).iter().chain(next) {
            let waits_for = &mut self.nodes[dependent.index()].waits_for;
            *waits_for = waits_for.saturating_sub(1);
            if *waits_for == 0 {
                self.ready.push_back(*dependent);
            }
        }
    }
}

/// What a driver said, with what is secret in it marked, since a plan is shown and saved.
fn marked(applied: Applied, secrets: &SecretTexts) -> Applied {
    Applied {
        outputs: secrets.mark(&applied.outputs),
        state: secrets.mark(&applied.state),
        shared: secrets.mark(&applied.shared),
        artefacts: marked_artefacts(applied.artefacts, secrets),
    }
}

fn marked_artefacts(artefacts: Vec<crate::Artefact>, secrets: &SecretTexts) -> Vec<crate::Artefact> {
    let mark = |artefact: crate::Artefact| crate::Artefact { value: secrets.mark(&artefact.value), ..artefact };
    artefacts.into_iter().map(mark).collect()
}

fn told_of(object: &Object) -> SecretTexts {
    let mut told = SecretTexts::new();
    secrets_of(object, &mut told);
    told
}

/// One of two guids to try things with while the real one is not known.
fn stand_in_guid(uid: &ResourceUid, second: bool) -> Guid {
    static LINEAGES: LazyLock<[Lineage; 2]> = LazyLock::new(|| [1, 2].map(|which| Lineage::new([which; 16])));
    let [one, other] = &*LINEAGES;
    Guid::derive(if second { other } else { one }, uid, 0)
}

/// The value with this text where something is not known.
fn known_as(value: Value, text: &str) -> Value {
    match value {
        Value::Unknown => Value::from(text),
        Value::List(items) => Value::list(items.iter().map(|item| known_as(item.clone(), text))),
        Value::Map(map) => Value::map(map.iter().map(|(key, item)| (key.clone(), known_as(item.clone(), text)))),
        other => other,
    }
}
