//! Steps that destroy.

use std::sync::Arc;

use super::Run;
use super::apply::{ended, failure};
use super::task::{Asked, Awaiting, End, Task};
use crate::kept::Kept;
use crate::{Action, Failure, Intent, Object, Observed, Operation, Recipe, Record, Response};

impl Run {
    pub(super) fn proceed_destroy(&mut self, task: Task) {
        let plan = self.plan.clone();
        let Some(change) = plan.changes().get(task.change) else { return };
        let replaces = change.recipe.is_some();
        if change.may_replace() && !self.snapshot.is_deposed(&task.guid) {
            return self.end(task, End::Nothing);
        }
        let object = self.snapshot.find_near(&task.uid, &task.guid, &mut self.likely).cloned();
        let intent = self.snapshot.shared_intent(&task.guid).cloned();
        let without_call = if replaces { End::Nothing } else { End::Unchanged };
        let (object, intent) = match (object, intent) {
            (None, None) => {
                let end = if task.called { End::Succeeded } else { without_call };
                return self.end(task, end);
            }
            found => found,
        };
        let touches_nothing = object.as_ref().is_some_and(|object| {
            object.pure || object.driver.is_empty() || !self.capabilities(&object.driver).destroy
        });
        if change.action == Action::Forget || touches_nothing {
            let (uid, guid) = (task.uid.clone(), task.guid.clone());
            return self.write_for(task, Record::Removed { uid, guid }, Awaiting::End(without_call));
        }
        match (object, intent) {
            (_, Some(intent))
                if intent.operation == Operation::Apply
                    && !task.observed
                    && self.capabilities(&intent.driver).observe =>
            {
                self.observe(task, intent);
            }
            (Some(object), _) => self.destroy(task, &object),
            (None, Some(intent)) => {
                // Nothing is known of it but that it may exist: making it sure tells what to destroy.
                self.tell_of_repetition(&task, &intent);
                self.repeat(Task { observed: true, ..task }, &recipe_of(&intent), intent);
            }
            (None, None) => {}
        }
    }

    pub(super) fn destroy_answered(&mut self, mut task: Task, answer: Result<Response, Failure>) {
        let (uid, guid) = (task.uid.clone(), task.guid.clone());
        match (std::mem::replace(&mut task.asked, Asked::Nothing), answer) {
            (Asked::Destroy, Ok(Response::Destroy)) => {
                self.write_for(task, Record::Removed { uid, guid }, Awaiting::End(End::Succeeded));
            }
            (Asked::Destroy, answer) => self.destroy_failed(task, failure(answer, "destroy")),
            (Asked::Observe(_), Ok(Response::Observe(Observed::Absent))) => {
                self.write_for(task, Record::Removed { uid, guid }, Awaiting::End(End::Succeeded));
            }
            (Asked::Observe(intent), Ok(Response::Observe(Observed::Present { applied, .. }))) => {
                self.record_found(task, &intent, applied);
            }
            (Asked::Observe(_), Ok(Response::Observe(Observed::Unknown))) => self.proceed_destroy(task),
            (Asked::Observe(_), answer) => {
                let failure = failure(answer, "observe");
                self.end(task, ended(&failure));
            }
            (Asked::Repeat(intent), Ok(Response::Apply(applied))) => self.record_found(task, &intent, applied),
            (Asked::Repeat(intent), answer) => {
                let failure = failure(answer, "apply");
                match failure.partial {
                    Some(partial) => self.record_found(task, &intent, *partial),
                    None if failure.definite => {
                        self.tell_of_nothing(&task, &intent, &failure);
                        self.write_for(task, Record::Removed { uid, guid }, Awaiting::End(End::Succeeded));
                    }
                    None => self.end(task, ended(&failure)),
                }
            }
            (Asked::Nothing | Asked::Apply(_), _) => {}
        }
    }

    /// Records what is known now of something that is to go, then goes on.
    fn record_found(&mut self, task: Task, intent: &Intent, applied: crate::Applied) {
        // What was not recorded yet and goes is an old object from the start: the uid may get another one meanwhile.
        let is_current = self.snapshot.object(&task.uid).is_some_and(|object| object.guid == intent.guid);
        let object = self.object_of(&task, &recipe_of(intent), intent, applied);
        let deposed = !is_current;
        let object = Object { complete: false, intent_open: false, referenced: false, deposed, ..object };
        self.write_for(task, Record::Object(Arc::new(object)), Awaiting::Proceed);
    }

    pub(super) fn destroy_failed(&mut self, task: Task, failure: Failure) {
        let end = ended(&failure);
        if let Some(object) = failure.partial.is_some().then(|| self.snapshot.find(&task.uid, &task.guid)).flatten() {
            let partial = failure.partial.map(|partial| *partial).unwrap_or_default();
            let object = Object {
                state: score_model::Value::secret(
                    Kept { state: partial.state, shared: Kept::of(&object.state).shared }.into_value(),
                ),
                complete: false,
                intent_open: !failure.definite,
                ..Object::clone(object)
            };
            return self.write_for(task, Record::Object(Arc::new(object)), Awaiting::End(end));
        }
        if failure.definite {
            let settled = Record::Settled { guid: task.guid.clone() };
            return self.write_for(task, settled, Awaiting::End(end));
        }
        self.end(task, end);
    }
}

/// What an intent says of how its object is made; outputs are as the driver gives them.
fn recipe_of(intent: &Intent) -> Recipe {
    Recipe {
        driver_schema: intent.driver_schema,
        depends_on: intent.depends_on.clone(),
        on_unreferenced: intent.on_unreferenced,
        ..Recipe::new(intent.module.clone(), intent.driver.clone())
    }
}
