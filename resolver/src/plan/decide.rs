//! What is decided of a node: at once, or when its driver has answered.

use std::sync::{Arc, LazyLock};

use score_graph::NodeId;
use score_model::{Diagnostic, ResourceUid, SecretTexts, Value};

use super::compare::differences;
use super::nodes::{Known, PlanHoles, Refreshed, Stage};
use super::planner::{Planner, Wanted, told_of};
use super::{Action, Ask, Change, Preview, Reason};
use crate::lanes;
use crate::outputs::{Made, Making, prior};
use crate::{Applied, ApplyRequest, Failure, Guid, Lineage, Node, PlanRequest, Planned};

impl<'a> Planner<'a> {
    /// Decides for a node of which nothing is to be done; what depends on it reads what is there.
    pub(super) fn decide_none(
        &mut self,
        id: NodeId,
        node: &'a Node,
        wanted: Wanted,
        action: Action,
        mut reasons: Vec<Reason>,
    ) {
        let Some(object) = self.recorded(id).cloned() else { return };
        let observed = match self.refreshed.get(&id) {
            Some(Refreshed::Present { applied, .. }) => Some(applied.as_ref().clone()),
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
        self.shares(id, applied.shared.clone());
        let known = self.made(id, node, (&wanted.inputs, wanted.context.as_ref()), action, applied);
        let action = if action == Action::None && self.moved_from(node).is_some() { Action::Move } else { action };
        let change = Change {
            observed: drifted.map(Box::new),
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
    pub(super) fn changed(
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
        let prior = self.recorded(id).filter(|_| stays).map(|object| prior(object));
        let known = !wanted.inputs.has_unknown() && !wanted.before.as_ref().is_some_and(Value::has_unknown);
        if !recipe.has_driver() {
            let told = (&wanted.inputs, wanted.context.as_ref());
            let made = if known { self.made(id, node, told, action, Applied::default()) } else { None };
            let change = self.change(id, node, action, reasons, wanted.inputs);
            match made {
                Some(made) => self.decide(id, change, Known::All(made.outputs), Some(made.artefacts)),
                None => self.decide(id, change, Known::Nothing, Some(Vec::new())),
            }
            return None;
        }
        let asks = capabilities.is_some_and(|can| if recipe.pure { can.pure } else { can.plan });
        let mut change = self.change(id, node, action, reasons, wanted.inputs.clone());
        change.before_it.clone_from(&wanted.before);
        if recipe.pure && known && asks {
            self.nodes[id.index()].change = Some(Arc::new(change));
            self.nodes[id.index()].stage = Stage::Evaluating(None);
            let guid = self.guid_for(id, node, action);
            return Some(self.evaluation(node, wanted, prior, guid, stand_in_guid(&node.uid, false)));
        }
        if !recipe.pure && asks {
            self.nodes[id.index()].change = Some(Arc::new(change));
            self.nodes[id.index()].stage = Stage::Planning;
            let shared = lanes::seen(prior.as_ref(), wanted.before.as_ref());
            let guid = self.guid_for(id, node, action);
            let request = PlanRequest::new(node.uid.clone(), wanted.inputs);
            return Some(Ask::Plan(PlanRequest { guid, context: wanted.context, prior, shared, ..request }));
        }
        let passed = self.drivers.get(&recipe.driver).filter(|_| recipe.pure);
        let passed = passed.and_then(|driver| driver.passed(&wanted.inputs));
        let told = (&wanted.inputs, wanted.context.as_ref());
        let made = passed.and_then(|outputs| self.made(id, node, told, action, Applied::new(outputs)));
        let outputs =
            made.filter(|made| made.problems.is_empty()).map_or(Known::Nothing, |made| Known::Some(made.outputs));
        self.decide(id, change, outputs, None);
        None
    }

    /// The question to a pure driver; where the guid is not known yet, under another one.
    pub(super) fn evaluation(
        &self,
        node: &Node,
        wanted: Wanted,
        prior: Option<crate::Prior>,
        guid: Option<Guid>,
        stand_in: Guid,
    ) -> Ask {
        let shared = lanes::seen(prior.as_ref(), wanted.before.as_ref());
        let context = wanted.context.map(|context| known_as(context, &stand_in.to_string()));
        let request = ApplyRequest::new(node.uid.clone(), guid.unwrap_or(stand_in), wanted.inputs);
        Ask::Evaluate(ApplyRequest { context, prior, shared, ..request })
    }

    pub(super) fn settle_planned(&mut self, id: NodeId, node: &'a Node, preview: Preview) {
        let Some(change) = self.nodes[id.index()].change.take() else { return };
        let mut change = Arc::unwrap_or_clone(change);
        let planned = match preview {
            Preview::Planned(planned) => planned,
            Preview::Failed(failure) => {
                self.driver_problem(id, node, &change, "plan-failed", "the driver cannot plan", &failure);
                return self.decide(id, change, Known::Nothing, None);
            }
            _ => return self.decide(id, change, Known::Nothing, None),
        };
        if let Some(message) = planned.deferred {
            change.action = Action::Deferred;
            change.reasons =
                vec![Reason::DriverDefers { message: self.told(id, &change).redact(&message).into_owned() }];
            return self.decide(id, change, Known::Nothing, None);
        }
        if !planned.replace.is_empty() && change.action == Action::Update {
            let (wanted, action, reasons) = self.judged(id, node, &planned.replace);
            change = self.change(id, node, action, reasons, wanted.inputs);
        }
        let known = planned.outputs.clone().and_then(|outputs| {
            let context = self.context_again(id, node, change.action);
            let told = (change.after.as_ref()?, context.as_ref());
            self.made(id, node, told, change.action, Applied::new(outputs))
        });
        let artefacts = planned.artefacts.clone();
        let told = self.told(id, &change);
        change.planned = Some(Box::new(Planned {
            outputs: planned.outputs.map(|outputs| told.mark(&outputs)),
            artefacts: planned.artefacts.map(|artefacts| marked_artefacts(artefacts, &told)),
            ..planned
        }));
        self.decide(id, change, known.map_or(Known::Nothing, |made| Known::Some(made.outputs)), artefacts);
    }

    pub(super) fn settle_evaluated(&mut self, id: NodeId, node: &'a Node, preview: Preview, earlier: Option<Applied>) {
        let Some(change) = self.nodes[id.index()].change.take() else { return };
        let mut change = Arc::unwrap_or_clone(change);
        let applied = match preview {
            Preview::Evaluated(applied) => applied,
            Preview::Failed(failure) => {
                self.driver_problem(id, node, &change, "evaluation-failed", "it cannot be evaluated", &failure);
                return self.decide(id, change, Known::Nothing, None);
            }
            _ => return self.decide(id, change, Known::Nothing, None),
        };
        let guid = self.guid_for(id, node, change.action);
        match earlier {
            None if guid.is_none() && !self.passes_inputs(node) => {
                // Nobody knows the guid yet: what comes out whatever it is, is known all the same.
                self.nodes[id.index()].change = Some(Arc::new(change));
                self.nodes[id.index()].stage = Stage::Evaluating(Some(Box::new(applied)));
                self.ready.push_front(id);
                return;
            }
            Some(earlier) if earlier != applied => return self.decide(id, change, Known::Nothing, None),
            _ => {}
        }
        let context = self.context_again(id, node, change.action);
        let told = change.after.as_ref().map(|inputs| (inputs, context.as_ref()));
        match told.and_then(|told| self.made(id, node, told, change.action, applied.clone())) {
            Some(made) => {
                for problem in &made.problems {
                    let message = format!("`{}`, served by module `{}`: {problem}", node.uid, node.recipe.module);
                    self.problem(node, Diagnostic::error("outputs", message));
                }
                change.after = change.after.map(|inputs| made.secrets.mark(&inputs));
                self.shares(id, applied.shared.clone());
                change.evaluated = Some(Box::new(marked(applied, &made.secrets)));
                self.decide(id, change, Known::All(made.outputs), Some(made.artefacts));
            }
            None => self.decide(id, change, Known::Nothing, None),
        }
    }

    /// The context that a node's driver is told, where it asks for it.
    fn context_again(&mut self, id: NodeId, node: &'a Node, action: Action) -> Option<Value> {
        node.recipe.context.as_ref()?;
        self.wanted(id, node, Some(action)).context
    }

    /// What an answer comes to of a driver that was told these inputs and this context.
    fn made(
        &mut self,
        id: NodeId,
        node: &'a Node,
        (inputs, context): (&Value, Option<&Value>),
        action: Action,
        applied: Applied,
    ) -> Option<Made> {
        let desired = self.desired?;
        let mut told = SecretTexts::of(inputs);
        context.into_iter().for_each(|context| told.add(context));
        let mut schemas = std::mem::take(&mut self.schemas);
        let holes = PlanHoles::new(self, desired, id, node, Some(action));
        let driver_outputs = self.drivers.get(&node.recipe.driver).and_then(|driver| driver.outputs.as_ref());
        let making = Making { recipe: &node.recipe, told: &told, holes: &holes, driver_outputs };
        let made = making.of(applied, &mut schemas);
        self.schemas = schemas;
        Some(made)
    }

    /// Whether the outputs come of the inputs alone.
    fn passes_inputs(&self, node: &Node) -> bool {
        self.drivers.get(&node.recipe.driver).is_some_and(|driver| driver.passes_inputs_except.is_some())
    }

    fn told(&self, id: NodeId, change: &Change) -> SecretTexts {
        let mut told = self.recorded(id).map(|object| told_of(object)).unwrap_or_default();
        change.after.iter().for_each(|inputs| told.add(inputs));
        told
    }

    fn driver_problem(
        &mut self,
        id: NodeId,
        node: &Node,
        change: &Change,
        code: &'static str,
        what: &str,
        failure: &Failure,
    ) {
        let message = self.told(id, change).redact(&failure.message).into_owned();
        let message = format!("`{}`, served by module `{}`: {what}: {message}", node.uid, node.recipe.module);
        self.problem(node, Diagnostic::error(code, message));
    }

    pub(super) fn problem(&mut self, node: &Node, problem: Diagnostic) {
        self.problems.push(problem.at(node.place()));
    }

    fn moved_from(&self, node: &Node) -> Option<ResourceUid> {
        if self.moves.is_empty() { None } else { self.moved.get(&node.uid).cloned() }
    }

    pub(super) fn change(
        &self,
        id: NodeId,
        node: &Node,
        action: Action,
        mut reasons: Vec<Reason>,
        after: Value,
    ) -> Change {
        let object = self.recorded(id);
        if let Some(from) = self.moved_from(node) {
            reasons.insert(0, Reason::Moved { from });
        }
        let continued = self.continued(id, node, action).map(|intent| intent.number);
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
            gone: self.refreshed.get(&id) == Some(&Refreshed::Gone),
            observed: match self.refreshed.get(&id) {
                Some(Refreshed::Present { applied, .. }) => Some(applied.clone()),
                _ => None,
            },
            planned: None,
            evaluated: None,
            before_it: None,
        }
    }

    pub(super) fn decide(
        &mut self,
        id: NodeId,
        mut change: Change,
        outputs: Known,
        artefacts: Option<Vec<crate::Artefact>>,
    ) {
        change.conceal_recipe();
        self.defers |= change.action == Action::Deferred;
        let node = &mut self.nodes[id.index()];
        node.change = Some(Arc::new(change));
        node.outputs = outputs;
        node.artefacts = artefacts.map(Vec::into_boxed_slice);
        node.stage = Stage::Decided;
        let Some(desired) = self.desired else { return };
        if self.again.is_some() {
            return self.decided_again(id, desired);
        }
        let graph = desired.graph();
        let next = self.ranks.get(id.index()).and_then(|rank| self.lanes.next(*rank));
        let next = next.and_then(|next| graph.order().get(next));
        for dependent in graph.dependents(id).iter().chain(next) {
            let waits_for = &mut self.waits_for[dependent.index()];
            *waits_for = waits_for.saturating_sub(1);
            if *waits_for == 0 && self.ranks[dependent.index()] < self.next {
                self.ready.push_back(*dependent);
            }
        }
    }
}

/// What a driver said, with what is secret in it marked, since a plan is shown and saved.
pub(super) fn marked(applied: Applied, secrets: &SecretTexts) -> Applied {
    Applied {
        outputs: secrets.mark(&applied.outputs),
        state: secrets.mark(&applied.state),
        shared: secrets.mark(&applied.shared),
        artefacts: marked_artefacts(applied.artefacts, secrets),
    }
}

fn marked_artefacts(artefacts: Vec<crate::Artefact>, secrets: &SecretTexts) -> Vec<crate::Artefact> {
    artefacts.into_iter().map(|artefact| artefact.marked(secrets)).collect()
}

/// One of two guids to try things with while the real one is not known.
pub(super) fn stand_in_guid(uid: &ResourceUid, second: bool) -> Guid {
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
