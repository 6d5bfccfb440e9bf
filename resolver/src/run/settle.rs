//! Settling what an interrupted call left open.

use std::sync::Arc;

use score_model::{Diagnostic, Value};

use super::apply::{ended, failure};
use super::task::{Asked, Awaiting, End, Task, Wanted};
use super::{Invocation, Run};
use crate::lanes;
use crate::outputs::{self, prior};
use crate::{
    Applied, ApplyRequest, Failure, Intent, Object, ObserveRequest, Observed, Operation, Prior, Recipe, Record,
    Request, Response,
};

impl Run {
    /// Finds out what became of an interrupted call before anything else is done to its object; where that cannot be seen, the call is repeated as it was recorded.
    pub(super) fn settle(&mut self, mut task: Task, recipe: &Recipe, wanted: Wanted, intent: Arc<Intent>) {
        if !task.observed && self.capabilities(&intent.driver).observe {
            return self.observe(task, intent);
        }
        drop(wanted);
        if intent.operation == Operation::Apply {
            self.tell_of_repetition(&task, &intent);
        }
        task.observed = true;
        self.repeat(task, recipe, intent);
    }

    /// Asks what an interrupted call left.
    pub(super) fn observe(&mut self, mut task: Task, intent: Arc<Intent>) {
        let recorded = self.snapshot.find(&task.uid, &intent.guid);
        // Whether something remains to be done is a question about what was attempted.
        let prior = Prior { inputs: intent.inputs.clone(), ..recorded.map(prior).unwrap_or_default() };
        let request = ObserveRequest::new(task.uid.clone(), intent.guid.clone(), prior);
        task.told.add(&intent.inputs);
        if let Some(object) = recorded {
            outputs::secrets_of(object, &mut task.told);
        }
        task.observed = true;
        let invocation = Invocation {
            uid: task.uid.clone(),
            driver: intent.driver.clone(),
            key: None,
            request: Request::Observe(request),
        };
        task.asked = Asked::Observe(intent);
        self.invoke(task, invocation);
    }

    pub(super) fn tell_of_repetition(&mut self, task: &Task, intent: &Intent) {
        let message = format!(
            "a call of the driver `{}` for `{}` was interrupted and what came of it cannot be observed: it is repeated",
            intent.driver, task.uid
        );
        self.tell(
            task,
            Diagnostic::warning("repeated", message)
                .help("the driver gets the same inputs and the same idempotency key"),
        );
    }

    /// A call was repeated on the way to a destroy, and its driver is certain that nothing came of it: there is nothing to destroy, as far as anybody can know.
    pub(super) fn tell_of_nothing(&mut self, task: &Task, intent: &Intent, failure: &Failure) {
        let message = format!(
            "an interrupted call of the driver `{}` for `{}` was repeated and failed, so that it says that there is nothing to destroy: {}",
            intent.driver,
            task.uid,
            task.told.redact(&failure.message)
        );
        self.tell(
            task,
            Diagnostic::warning("nothing-to-destroy", message)
                .help("the record of the call is gone: if something is there all the same, destroy it by hand"),
        );
    }

    /// Repeats an interrupted call with its inputs and its key.
    pub(super) fn repeat(&mut self, mut task: Task, recipe: &Recipe, intent: Arc<Intent>) {
        let recorded = self.snapshot.find_near(&task.uid, &intent.guid, &mut self.likely).cloned();
        if intent.operation == Operation::Destroy {
            return match recorded {
                Some(object) => self.destroy(task, &object),
                None => {
                    let (uid, guid) = (task.uid.clone(), intent.guid.clone());
                    self.write_for(task, Record::Removed { uid, guid }, Awaiting::Proceed);
                }
            };
        }
        let request = self.again(&task, recipe, &intent, recorded.as_deref().map(prior));
        task.told = self.told(&task, &request);
        let invocation = repetition(&task, &intent, request);
        task.asked = Asked::Repeat(intent);
        self.invoke(task, invocation);
    }

    /// What an interrupted call is asked once more.
    fn again(&mut self, task: &Task, recipe: &Recipe, intent: &Intent, prior: Option<Prior>) -> ApplyRequest {
        let context = recipe.context.as_ref().and_then(|context| context.eval(&self.holes(task)).ok());
        ApplyRequest {
            context: context.filter(|context| !context.has_unknown()),
            shared: lanes::seen(prior.as_ref(), self.before(task).as_ref()),
            prior,
            ..ApplyRequest::new(task.uid.clone(), intent.guid.clone(), intent.inputs.clone())
        }
    }

    /// What became of an interrupted call, on the way to an apply.
    pub(super) fn observed(
        &mut self,
        task: Task,
        recipe: &Recipe,
        intent: Arc<Intent>,
        answer: Result<Response, Failure>,
    ) {
        let observed = match answer {
            Ok(Response::Observe(observed)) => observed,
            answer => {
                let failure = failure(answer, "observe");
                return self.end(task, ended(&failure));
            }
        };
        let wanted = self.wanted_again(&task, recipe);
        let same = wanted.as_ref().is_some_and(|wanted| wanted.fingerprint == intent.fingerprint)
            && intent.driver == recipe.driver;
        match observed {
            Observed::Absent => {
                let recorded = self.snapshot.find(&task.uid, &intent.guid).is_some();
                let (uid, guid) = (task.uid.clone(), intent.guid.clone());
                if intent.operation == Operation::Apply && same {
                    if recorded {
                        // It is made anew under the same identity, so nothing is prior to it.
                        self.write(Record::Removed { uid, guid });
                        return self.write_again(task, recipe, intent);
                    }
                    return self.repeat(task, recipe, intent);
                }
                let record = if recorded { Record::Removed { uid, guid } } else { Record::Settled { guid } };
                self.write_for(task, record, Awaiting::Proceed);
            }
            Observed::Present { applied, complete } => {
                // Whoever looks is not told what others share, so cannot say that nothing remains to be done about it.
                let complete = complete && recipe.lane.is_none();
                let finished = complete && same && intent.operation == Operation::Apply;
                let stays_open = intent.operation == Operation::Apply && !finished;
                let object = self.object_of(&task, recipe, &intent, applied);
                let object = Object { complete: object.complete && complete, intent_open: stays_open, ..object };
                let then = if finished && object.complete { Awaiting::End(End::Succeeded) } else { Awaiting::Proceed };
                // Proceeding finds the intent still open and repeats the call.
                self.record(task, object, then);
            }
            Observed::Unknown => {
                self.tell_of_repetition(&task, &intent);
                self.repeat(task, recipe, intent);
            }
        }
    }

    /// The same intent once more, since removing the object closed it, then the call.
    fn write_again(&mut self, mut task: Task, recipe: &Recipe, intent: Arc<Intent>) {
        let request = self.again(&task, recipe, &intent, None);
        let invocation = repetition(&task, &intent, request);
        task.asked = Asked::Repeat(intent.clone());
        self.write_for(task, Record::Intent(intent), Awaiting::Intent(Box::new(invocation)));
    }

    /// What a repeated call gave, on the way to an apply.
    pub(super) fn repeated(
        &mut self,
        task: Task,
        recipe: &Recipe,
        intent: Arc<Intent>,
        answer: Result<Response, Failure>,
    ) {
        let failure = match answer {
            Ok(Response::Apply(applied)) => {
                let object = self.object_of(&task, recipe, &intent, applied);
                return self.record(task, object, Awaiting::Proceed);
            }
            answer => failure(answer, "apply"),
        };
        let wanted = self.wanted_again(&task, recipe);
        let changed = wanted.is_some_and(|wanted| wanted.fingerprint != intent.fingerprint);
        let end = ended(&failure);
        let goes_on = changed && !failure.cancelled;
        match failure.partial {
            Some(partial) => {
                let object = self.object_of(&task, recipe, &intent, *partial);
                // What was wanted then failed again; something else is wanted now, which closes it.
                let object = Object { complete: false, intent_open: !goes_on, ..object };
                self.record(task, object, if goes_on { Awaiting::Proceed } else { Awaiting::End(end) });
            }
            None if failure.definite => {
                let settled = Record::Settled { guid: intent.guid.clone() };
                self.write_for(task, settled, if goes_on { Awaiting::Proceed } else { Awaiting::End(end) });
            }
            None => self.end(task, end),
        }
    }

    fn wanted_again(&mut self, task: &Task, recipe: &Recipe) -> Option<Wanted> {
        self.wanted(task, recipe).ok()
    }

    /// The object that an intent was about, as it is now.
    pub(super) fn object_of(&mut self, task: &Task, recipe: &Recipe, intent: &Intent, applied: Applied) -> Object {
        let recipe = Recipe {
            module: intent.module.clone(),
            driver: intent.driver.clone(),
            driver_schema: intent.driver_schema,
            pure: false,
            depends_on: intent.depends_on.clone(),
            on_unreferenced: intent.on_unreferenced,
            ..recipe.clone()
        };
        let wanted = Wanted {
            inputs: intent.inputs.clone(),
            context: None,
            before: None,
            fingerprint: intent.fingerprint.clone(),
        };
        let made = self.made(task, &recipe, &wanted.inputs, None::<&Value>, applied);
        let object = self.object(task, &recipe, &wanted, made);
        Object { guid: intent.guid.clone(), number: intent.number, ..object }
    }
}

/// The call of an intent once more, with its key.
fn repetition(task: &Task, intent: &Intent, request: ApplyRequest) -> Invocation {
    Invocation {
        uid: task.uid.clone(),
        driver: intent.driver.clone(),
        key: Some(intent.key.clone()),
        request: Request::Apply(request),
    }
}
