//! Steps that apply: from what is recorded and desired to the next question or record.

use std::cell::Cell;
use std::sync::Arc;

use score_model::{Path, Value};

use super::holes::RunHoles;
use super::task::{Asked, Awaiting, End, Task, Wanted};
use super::{Invocation, Run, secrets};
use crate::kept::Kept;
use crate::lanes;
use crate::outputs::{self, Made, Making, prior};
use crate::plan::differences;
use crate::{
    Action, Applied, ApplyRequest, Artefact, Change, DestroyRequest, Failure, IdempotencyKey, Intent, Object,
    Operation, Planned, Reason, Recipe, Record, ReplaceOrder, Request, Response, Retention,
};

impl Run {
    /// `again`: it did something already, after which its object may be another.
    pub(super) fn proceed_apply(&mut self, mut task: Task, again: bool) {
        let plan = self.plan.clone();
        let Some(change) = plan.changes().get(task.change) else { return };
        let Some(recipe) = change.recipe.clone() else { return self.stay(task) };
        if change.gone
            && let Some(object) = self.snapshot.near(&task.uid, &mut self.likely)
            && Some(&object.guid) == change.guid.as_ref()
        {
            let (uid, guid) = (task.uid.clone(), object.guid.clone());
            return self.write_for(task, Record::Removed { uid, guid }, Awaiting::Proceed);
        }
        if again {
            task.guid = self.target(change);
        }
        let wanted = match self.wanted(&task, &recipe) {
            Ok(wanted) => wanted,
            Err(message) => return self.end(task, End::Failed(message.into())),
        };
        if let Some(intent) = self.snapshot.shared_intent(&task.guid).cloned() {
            return self.settle(task, &recipe, wanted, intent);
        }
        let current = self.snapshot.near(&task.uid, &mut self.likely);
        let current = current.filter(|object| object.guid == task.guid).cloned();
        match current {
            Some(object) if self.is_as_desired(change, &recipe, &wanted, &object, &task) => {
                self.leave(task, change, &recipe, &object);
            }
            Some(object) if forces_replacement(change, &recipe, &object, &wanted) => {
                self.replace_after_all(task, change, &recipe, wanted, object);
            }
            Some(object) => self.make(task, change, &recipe, wanted, Some(&object)),
            None => self.make(task, change, &recipe, wanted, None),
        }
    }

    /// What only state knows and stays: nobody asks for it.
    fn stay(&mut self, task: Task) {
        match self.snapshot.near(&task.uid, &mut self.likely).filter(|object| object.referenced) {
            Some(object) => {
                let relinked = Record::Relinked {
                    uid: object.uid.clone(),
                    depends_on: object.depends_on.clone(),
                    module: object.module.clone(),
                    on_unreferenced: object.on_unreferenced,
                    referenced: false,
                };
                self.write_for(task, relinked, Awaiting::End(End::Unchanged));
            }
            None => self.end(task, End::Unchanged),
        }
    }

    pub(super) fn wanted(&mut self, task: &Task, recipe: &Recipe) -> Result<Wanted, String> {
        let before = self.before(task);
        let holes = self.holes(task);
        let fill = |expr: &crate::Expr, what: &str| match expr.eval(&holes) {
            Ok(value) if value.has_unknown() => {
                Err(format!("{what} are not known: what they are read from did not tell"))
            }
            Ok(value) => Ok(value),
            Err(missing) => {
                let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
                Err(format!("{what} read what is not there: {}", missing.join(", ")))
            }
        };
        let inputs = fill(&recipe.inputs, "its inputs")?;
        let context = recipe.context.as_ref().map(|context| fill(context, "its context")).transpose()?;
        let key = self.snapshot.fingerprint_key();
        match outputs::fingerprint(&inputs, context.as_ref(), before.as_ref(), key) {
            Some(fingerprint) => Ok(Wanted { inputs, context, before, fingerprint }),
            None => Err("its inputs are not known".to_owned()),
        }
    }

    /// What the members of the lane before it share, as recorded now.
    pub(super) fn before(&mut self, task: &Task) -> Option<Value> {
        let (snapshot, changes) = (&self.snapshot, self.plan.changes());
        self.lanes.before(task.change, |change| {
            let object = changes.get(change).and_then(|change| snapshot.object(&change.uid));
            object.map(|object| Kept::of(&object.state).shared).unwrap_or_default()
        })
    }

    pub(super) fn holes<'a>(&'a self, task: &'a Task) -> RunHoles<'a> {
        RunHoles {
            snapshot: &self.snapshot,
            plan: &self.plan,
            by_uid: &self.by_uid,
            change: task.change,
            guid: &task.guid,
            lanes: &self.lanes,
            likely: Cell::new(self.likely),
        }
    }

    fn is_as_desired(&self, change: &Change, recipe: &Recipe, wanted: &Wanted, object: &Object, task: &Task) -> bool {
        // Refresh may have found that something remains to be done of what is recorded as complete.
        let unfinished = !task.called && is_as_planned(change, object) && change.reasons.contains(&Reason::Incomplete);
        object.complete
            && !unfinished
            && object.driver == recipe.driver
            && object.driver_schema == recipe.driver_schema
            && object.fingerprint == wanted.fingerprint
    }

    /// Nothing is to be made; what is recorded may still have to follow the recipe or the world.
    fn leave(&mut self, task: Task, change: &Change, recipe: &Arc<Recipe>, object: &Object) {
        let end = task.well();
        // What is made again of the same inputs looks as before: what was seen while planning may be of before that.
        let made_again = |reason: &Reason| {
            matches!(
                reason,
                Reason::Incomplete
                    | Reason::SharedChanged
                    | Reason::SharedUnknown
                    | Reason::ContextChanged
                    | Reason::SchemaChanged { .. }
            )
        };
        let holds = !task.called && is_as_planned(change, object) && !change.reasons.iter().any(made_again);
        let observed = change.observed.as_deref().filter(|_| holds).cloned();
        let links_as_recorded = object.depends_on == recipe.depends_on
            && object.module == recipe.module
            && object.on_unreferenced == recipe.on_unreferenced
            && object.referenced;
        let reads_nothing = recipe.outputs.is_none() && recipe.outputs_schema.is_none() && observed.is_none();
        let new = if reads_nothing && object.outputs == object.raw_outputs {
            None
        } else {
            let drifted = observed.is_some();
            let recorded = || outputs::recorded(object);
            let made = self.made(&task, recipe, &object.inputs, None, observed.unwrap_or_else(recorded));
            let same = made.outputs == object.outputs
                && (!drifted || (made.raw == object.raw_outputs && made.artefacts == object.artefacts));
            (!same || drifted).then_some(made)
        };
        match new {
            Some(made) if !made.problems.is_empty() => {
                let message = made.problems.join("; ");
                self.end(task, End::Failed(message.into()));
            }
            Some(made) => {
                let object = Object {
                    raw_outputs: made.raw,
                    outputs: made.outputs,
                    state: made.state,
                    artefacts: made.artefacts,
                    depends_on: recipe.depends_on.clone(),
                    module: recipe.module.clone(),
                    on_unreferenced: recipe.on_unreferenced,
                    referenced: true,
                    ..Object::clone(object)
                };
                self.write_for(task, Record::Object(Arc::new(object)), Awaiting::End(end));
            }
            None if links_as_recorded => self.end(task, end),
            None => {
                let relinked = Record::Relinked {
                    uid: task.uid.clone(),
                    depends_on: recipe.depends_on.clone(),
                    module: recipe.module.clone(),
                    on_unreferenced: recipe.on_unreferenced,
                    referenced: true,
                };
                self.write_for(task, relinked, Awaiting::End(end));
            }
        }
    }

    /// Inputs that cannot be changed in place turned out to have changed.
    fn replace_after_all(
        &mut self,
        mut task: Task,
        change: &Change,
        recipe: &Arc<Recipe>,
        wanted: Wanted,
        object: Arc<Object>,
    ) {
        if recipe.on_unreferenced == Retention::Protect {
            let message = "it is protected and would be replaced: inputs that cannot be changed in place changed";
            return self.end(task, End::Failed(message.into()));
        }
        if change.order == ReplaceOrder::CreateBeforeDestroy {
            task.guid = self.new_guid(change);
            // What is evaluated may contain the guid.
            return match self.wanted(&task, recipe) {
                Ok(wanted) => match self.snapshot.shared_intent(&task.guid).cloned() {
                    Some(intent) => self.settle(task, recipe, wanted, intent),
                    None => self.make(task, change, recipe, wanted, None),
                },
                Err(message) => self.end(task, End::Failed(message.into())),
            };
        }
        drop(wanted);
        if object.pure || object.driver.is_empty() || !self.capabilities(&object.driver).destroy {
            let removed = Record::Removed { uid: object.uid.clone(), guid: object.guid.clone() };
            return self.write_for(task, removed, Awaiting::Proceed);
        }
        self.destroy(task, &object);
    }

    /// Makes what is desired: records it where there is no driver, evaluates a pure one, calls another after its intent is written.
    fn make(&mut self, mut task: Task, change: &Change, recipe: &Arc<Recipe>, wanted: Wanted, old: Option<&Object>) {
        if !recipe.has_driver() {
            let made = self.made(&task, recipe, &wanted.inputs, None, Applied::default());
            return self.record_pure(task, recipe, &wanted, made);
        }
        if recipe.pure {
            let inputs = wanted.inputs.unmarked();
            let is_the_same = change.after.as_ref().is_some_and(|planned| planned.unmarked() == inputs);
            let evaluated = change.evaluated.as_deref().filter(|_| is_the_same && change.before_it == wanted.before);
            if let Some(applied) = evaluated.cloned() {
                let made = self.made(&task, recipe, &wanted.inputs, wanted.context.as_ref(), applied);
                return self.record_pure(task, recipe, &wanted, made);
            }
        }
        let prior = old.map(prior);
        let request = ApplyRequest {
            context: wanted.context.clone(),
            shared: lanes::seen(prior.as_ref(), wanted.before.as_ref()),
            prior,
            private: change.planned.as_ref().map(|planned| planned.private.clone()).unwrap_or_default(),
            ..ApplyRequest::new(task.uid.clone(), task.guid.clone(), wanted.inputs.clone())
        };
        if recipe.pure {
            let (uid, driver) = (task.uid.clone(), recipe.driver.clone());
            task.asked = Asked::Apply(Box::new(wanted));
            task.told = self.told(&task, &request);
            let invocation = Invocation { uid, driver, key: None, request: Request::Apply(request) };
            return self.invoke(task, invocation);
        }
        let intent = Intent {
            uid: task.uid.clone(),
            guid: task.guid.clone(),
            number: old.map_or(change.number, |object| object.number),
            key: IdempotencyKey::new(&task.guid, self.snapshot.serial() + 1),
            operation: Operation::Apply,
            module: recipe.module.clone(),
            driver: recipe.driver.clone(),
            driver_schema: recipe.driver_schema,
            inputs: wanted.inputs.clone(),
            fingerprint: wanted.fingerprint.clone(),
            depends_on: recipe.depends_on.clone(),
            on_unreferenced: recipe.on_unreferenced,
        };
        let invocation = Invocation {
            uid: task.uid.clone(),
            driver: recipe.driver.clone(),
            key: Some(intent.key.clone()),
            request: Request::Apply(request.clone()),
        };
        task.told = self.told(&task, &request);
        task.asked = Asked::Apply(Box::new(wanted));
        self.started(&mut task);
        self.write_for(task, Record::Intent(Arc::new(intent)), Awaiting::Intent(Box::new(invocation)));
    }

    pub(super) fn told(&mut self, task: &Task, request: &ApplyRequest) -> score_model::SecretTexts {
        let mut told = secrets([&request.inputs].into_iter().chain(&request.context));
        if let Some(object) = self.snapshot.near(&task.uid, &mut self.likely) {
            outputs::secrets_of(object, &mut told);
        }
        told
    }

    pub(super) fn made(
        &mut self,
        task: &Task,
        recipe: &Recipe,
        inputs: &Value,
        context: Option<&Value>,
        applied: Applied,
    ) -> Made {
        // What comes back may also be of what was there before, or of what was attempted.
        let attempted = self.snapshot.intent(&task.guid).map(|intent| &intent.inputs);
        let mut told = secrets([inputs].into_iter().chain(context).chain(attempted));
        if let Some(object) = self.snapshot.find_near(&task.uid, &task.guid, &mut self.likely) {
            outputs::secrets_of(object, &mut told);
        }
        let driver_outputs = self.plan.drivers().get(&recipe.driver).and_then(|driver| driver.outputs.as_ref());
        let mut schemas = std::mem::take(&mut self.schemas);
        let holes = self.holes(task);
        let mut made = Making { recipe, told: &told, holes: &holes, driver_outputs }.of(applied, &mut schemas);
        self.schemas = schemas;
        made.problems.extend(made.unknown());
        made
    }

    /// The object that is recorded once something was made.
    pub(super) fn object(&mut self, task: &Task, recipe: &Recipe, wanted: &Wanted, made: Made) -> Object {
        let recorded = self.snapshot.find_near(&task.uid, &task.guid, &mut self.likely).map(|object| object.number);
        let attempted = self.snapshot.intent(&task.guid).map(|intent| intent.number);
        let planned = self.plan.changes().get(task.change).map(|change| change.number);
        let known = |value: Value| if value.has_unknown() { Value::Null } else { value };
        Object {
            uid: task.uid.clone(),
            guid: task.guid.clone(),
            number: recorded.or(attempted).or(planned).unwrap_or_default(),
            module: recipe.module.clone(),
            driver: recipe.driver.clone(),
            driver_schema: recipe.driver_schema,
            pure: recipe.pure,
            // What came out as a secret is one in the inputs, too.
            inputs: made.secrets.mark(&wanted.inputs),
            fingerprint: wanted.fingerprint.clone(),
            complete: made.problems.is_empty(),
            raw_outputs: known(made.raw),
            outputs: known(made.outputs),
            state: known(made.state),
            artefacts: made.artefacts.into_iter().map(|one| Artefact { value: known(one.value), ..one }).collect(),
            depends_on: recipe.depends_on.clone(),
            on_unreferenced: recipe.on_unreferenced,
            referenced: true,
            intent_open: false,
            deposed: self.snapshot.is_deposed(&task.guid),
        }
    }

    /// Records what was made; another object of the uid is deposed before.
    pub(super) fn record(&mut self, task: Task, object: Object, then: Awaiting) {
        self.lanes.changed(task.change);
        if let Some(old) = self.snapshot.near(&task.uid, &mut self.likely).filter(|old| old.guid != object.guid) {
            let (uid, guid) = (old.uid.clone(), old.guid.clone());
            self.write(Record::Deposed { uid, guid });
        }
        self.write_for(task, Record::Object(Arc::new(object)), then);
    }

    fn record_pure(&mut self, mut task: Task, recipe: &Recipe, wanted: &Wanted, made: Made) {
        let problems = made.problems.join("; ");
        let object = self.object(&task, recipe, wanted, made);
        let current = self.snapshot.near(&task.uid, &mut self.likely);
        let is_new = current.is_none_or(|old| {
            old.guid != object.guid
                || old.outputs != object.outputs
                || old.raw_outputs != object.raw_outputs
                || old.artefacts != object.artefacts
                || old.state.unmarked() != object.state.unmarked()
        });
        let end = if !problems.is_empty() {
            End::Failed(problems.into())
        } else if recipe.has_driver() && is_new {
            self.started(&mut task);
            End::Succeeded
        } else {
            End::Unchanged
        };
        self.record(task, object, Awaiting::End(end));
    }

    pub(super) fn apply_answered(&mut self, mut task: Task, answer: Result<Response, Failure>) {
        let plan = self.plan.clone();
        let Some(change) = plan.changes().get(task.change) else { return };
        let Some(recipe) = change.recipe.clone() else { return };
        let asked = std::mem::replace(&mut task.asked, Asked::Nothing);
        match (asked, answer) {
            (Asked::Apply(wanted), Ok(Response::Apply(applied))) => {
                let broken = change.planned.as_ref().map(|planned| contradictions(planned, &applied));
                let mut made = self.made(&task, &recipe, &wanted.inputs, wanted.context.as_ref(), applied);
                if recipe.pure {
                    return self.record_pure(task, &recipe, &wanted, made);
                }
                let broken = broken.unwrap_or_default().into_iter();
                made.problems.extend(broken.map(|path| format!("`{path}` is not what the driver's plan said")));
                let problems = made.problems.join("; ");
                let object = self.object(&task, &recipe, &wanted, made);
                let end = if problems.is_empty() { End::Succeeded } else { End::Failed(problems.into()) };
                self.record(task, object, Awaiting::End(end));
            }
            (Asked::Apply(wanted), answer) => {
                let failure = failure(answer, "apply");
                self.apply_failed(task, &recipe, &wanted, failure);
            }
            (Asked::Repeat(intent), answer) => self.repeated(task, &recipe, intent, answer),
            (Asked::Observe(intent), answer) => self.observed(task, &recipe, intent, answer),
            (Asked::Destroy, answer) => self.destroyed_before(task, answer),
            (Asked::Nothing, _) => {}
        }
    }

    pub(super) fn apply_failed(&mut self, task: Task, recipe: &Recipe, wanted: &Wanted, failure: Failure) {
        let end = ended(&failure);
        match failure.partial {
            _ if recipe.pure => self.end(task, end),
            Some(partial) => {
                let made = self.made(&task, recipe, &wanted.inputs, wanted.context.as_ref(), *partial);
                let object = self.object(&task, recipe, wanted, made);
                let object = Object { complete: false, intent_open: true, ..object };
                self.record(task, object, Awaiting::End(end));
            }
            None if failure.definite => {
                let settled = Record::Settled { guid: task.guid.clone() };
                self.write_for(task, settled, Awaiting::End(end));
            }
            None => self.end(task, end),
        }
    }

    /// The old object was to go before the new one comes.
    fn destroyed_before(&mut self, task: Task, answer: Result<Response, Failure>) {
        match answer {
            Ok(Response::Destroy) => {
                let (uid, guid) = (task.uid.clone(), task.guid.clone());
                self.write_for(task, Record::Removed { uid, guid }, Awaiting::Proceed);
            }
            answer => self.destroy_failed(task, failure(answer, "destroy")),
        }
    }

    /// Writes an intent to destroy an object, then calls its driver.
    pub(super) fn destroy(&mut self, mut task: Task, object: &Object) {
        let open = self.snapshot.intent(&object.guid).filter(|intent| intent.operation == Operation::Destroy);
        let key = open.map(|intent| intent.key.clone());
        let is_written = key.is_some();
        let key = key.unwrap_or_else(|| IdempotencyKey::new(&object.guid, self.snapshot.serial() + 1));
        task.asked = Asked::Destroy;
        task.guid = object.guid.clone();
        outputs::secrets_of(object, &mut task.told);
        let request = DestroyRequest::new(task.uid.clone(), object.guid.clone(), prior(object));
        let invocation = Invocation {
            uid: task.uid.clone(),
            driver: object.driver.clone(),
            key: Some(key.clone()),
            request: Request::Destroy(request),
        };
        if is_written {
            return self.invoke(task, invocation);
        }
        let intent = Intent {
            uid: task.uid.clone(),
            guid: object.guid.clone(),
            number: object.number,
            key,
            operation: Operation::Destroy,
            module: object.module.clone(),
            driver: object.driver.clone(),
            driver_schema: object.driver_schema,
            inputs: object.inputs.clone(),
            fingerprint: object.fingerprint.clone(),
            depends_on: object.depends_on.clone(),
            on_unreferenced: object.on_unreferenced,
        };
        self.started(&mut task);
        self.write_for(task, Record::Intent(Arc::new(intent)), Awaiting::Intent(Box::new(invocation)));
    }
}

/// Whether an object is still the one that the plan was made for: what was found out of it while planning still holds.
fn is_as_planned(change: &Change, object: &Object) -> bool {
    change.guid.as_ref() == Some(&object.guid) && change.before.as_ref() == Some(&object.inputs)
}

/// Whether inputs that were not known turned out to force a replacement.
fn forces_replacement(change: &Change, recipe: &Recipe, object: &Object, wanted: &Wanted) -> bool {
    let driver_changed = object.driver != recipe.driver;
    let may = change.action == Action::Update && !recipe.replace_on.is_empty();
    driver_changed
        || (may && {
            let (changed, _) = differences(&object.inputs, &wanted.inputs);
            let fixed = |path: &Path| recipe.replace_on.iter().any(|fixed| crate::plan::meets(fixed, path));
            changed.iter().any(fixed)
        })
}

/// Where an answer is not what the driver's plan said it would be.
fn contradictions(planned: &Planned, applied: &Applied) -> Vec<Path> {
    fn look(planned: &Value, applied: Option<&Value>, at: &mut Vec<Arc<str>>, found: &mut Vec<Path>) {
        match (planned, applied) {
            (Value::Unknown, _) => {}
            (Value::Map(planned), Some(Value::Map(applied))) => {
                for (key, planned) in planned.iter() {
                    at.push(key.clone());
                    look(planned, applied.get(key), at, found);
                    at.pop();
                }
            }
            (planned, _) if planned.has_unknown() => {}
            (planned, Some(applied)) if planned.unmarked() == applied.unmarked() => {}
            _ => found.push(at.iter().cloned().collect()),
        }
    }
    let mut found = Vec::new();
    if let Some(outputs) = &planned.outputs {
        look(outputs, Some(&applied.outputs), &mut Vec::new(), &mut found);
    }
    found
}

/// How a step ends after such a failure.
pub(super) fn ended(failure: &Failure) -> End {
    if failure.cancelled { End::Cancelled } else { End::Failed(failure.message.as_str().into()) }
}

/// The failure in an answer that is not the one that was asked for.
pub(super) fn failure(answer: Result<Response, Failure>, asked: &str) -> Failure {
    match answer {
        Err(failure) => failure,
        Ok(other) => Failure {
            definite: false,
            ..Failure::new(format!("the driver was asked to {asked} and answered to {}", other.operation()))
        },
    }
}
