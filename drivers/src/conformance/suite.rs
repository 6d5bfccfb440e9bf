//! The calls that show whether a driver keeps what every driver keeps.

use std::sync::Arc;
use std::time::Duration;

use futures_executor::block_on;
use futures_util::FutureExt as _;
use score_model::{ResourceUid, SecretTexts, Value};
use score_resolver::{
    Applied, ApplyRequest, Context, DestroyRequest, Guid, IdempotencyKey, ImportRequest, InputProblem, Lineage,
    ObserveRequest, Observed, PlanRequest, Planned, Prior, Schema, ValidateRequest,
};

use super::demands as demand;
use super::{Conformance, UnmetDemand};
use crate::{Call, Cancel, DriverRef, Error, ErrorKind, Isolate, ManualClock, Seed, Timeout};

pub(super) struct Suite<'a> {
    test: &'a Conformance,
    /// The driver as it is.
    bare: DriverRef,
    /// The driver, so that nothing it does can hold up the test.
    driver: DriverRef,
    inputs: Value,
    outputs_schema: Option<Schema>,
    things: u64,
    attempts: u64,
    unmet: Vec<UnmetDemand>,
}

/// Something to be made: a resource of its own.
#[derive(Clone)]
struct Thing {
    uid: ResourceUid,
    guid: Guid,
}

impl<'a> Suite<'a> {
    pub(super) fn new(test: &'a Conformance, driver: DriverRef) -> Self {
        let bare = driver.clone();
        let driver = driver
            .layer(Isolate::new().grace(test.limit.saturating_mul(2)))
            .layer(Timeout::new(test.limit).grace(Duration::ZERO));
        let inputs = test.inputs.clone();
        Self { test, bare, driver, inputs, outputs_schema: None, things: 0, attempts: 0, unmet: Vec::new() }
    }

    pub(super) fn run(mut self) -> Vec<UnmetDemand> {
        let parts = [
            Self::schemas,
            Self::nothing_there,
            Self::planning,
            Self::life,
            Self::repeated,
            Self::unrecorded,
            Self::importing,
            Self::cancelled,
            Self::dropped,
            Self::bad_inputs,
            Self::pure,
        ];
        for part in parts {
            part(&mut self);
            // What hangs once hangs in other calls, too: each would take the whole time, and a driver that blocks keeps the thread on which one is dropped.
            if self.unmet.iter().any(|unmet| unmet.demand == demand::ENDS) {
                break;
            }
        }
        self.unmet
    }

    fn schemas(&mut self) {
        let info = self.driver.info().clone();
        let mut schema = |json: Option<Arc<Value>>| match json.map(Schema::new).transpose() {
            Ok(schema) => schema,
            Err(error) => {
                self.unmet(demand::SCHEMAS, error.to_string());
                None
            }
        };
        let (inputs, outputs) = (schema(info.inputs), schema(info.outputs));
        self.outputs_schema = outputs;
        if let Some(inputs) = inputs {
            for violation in inputs.violations(&self.inputs) {
                self.unmet(demand::OWN_INPUTS, violation.to_string());
            }
            self.inputs = inputs.conceal(self.inputs.clone());
        }
        let can = info.capabilities;
        if can.pure && (can.destroy || can.observe || can.import) {
            self.unmet(demand::PURE_CANNOT, format!("{can:?}"));
        }
    }

    /// Before anything was made.
    fn nothing_there(&mut self) {
        let thing = self.thing();
        let prior = Prior::new(self.inputs.clone(), Applied::default());
        if self.can().observe {
            match self.observe(&thing, prior.clone()) {
                Ok(Observed::Absent | Observed::Unknown) => {}
                other => self.unmet(demand::NOT_YET, format!("it answered {}", said(&other))),
            }
        }
        if self.can().import {
            let request = ImportRequest::new(thing.uid.clone(), thing.guid.clone(), self.inputs.clone());
            if let Ok(observed @ Observed::Present { .. }) = self.import(request) {
                self.unmet(demand::NOTHING_IMPORTED, format!("it answered {observed:?}"));
            }
        }
        if let Err(error) = self.destroy(&thing, prior) {
            self.unmet(demand::DESTROYS_AGAIN, told(&error));
        }
    }

    fn planning(&mut self) {
        let before = self.count();
        for inputs in self.partly_unknown() {
            let uid = self.thing().uid;
            match self.validate(ValidateRequest::new(uid, inputs)) {
                Ok(problems) if problems.is_empty() => {}
                other => self.unmet(demand::SOUND, format!("it answered {}", said(&other))),
            }
        }
        if self.can().plan {
            for inputs in self.partly_unknown() {
                if let Err(error) = self.plan(inputs) {
                    self.unmet(demand::PLANS, told(&error));
                }
            }
        }
        self.expect_count(demand::PLAN_CHANGES_NOTHING, before);
    }

    /// Made, made again, changed, destroyed, destroyed again.
    fn life(&mut self) {
        let thing = self.thing();
        let before = self.count();
        let planned = self.plan(self.inputs.clone()).ok();
        let Some(first) = self.made(&thing, demand::APPLIES) else { return };
        self.well_formed(&first);
        if let Some(outputs) = planned.and_then(|planned| planned.outputs)
            && !agrees(&outputs, &first.outputs, 0)
        {
            let found = format!("{outputs:?} was planned and {:?} came out", first.outputs);
            self.unmet(demand::PLAN_KEPT, found);
        }
        let mut prior = Prior::new(self.inputs.clone(), first.clone());
        self.expect_observed(&thing, &prior, &first);

        match self.apply(&thing, None, self.inputs.clone(), Some(prior.clone())) {
            Ok(second) => {
                if second.outputs.unmarked() != first.outputs.unmarked() {
                    let found = format!("outputs became {:?} from {:?}", second.outputs, first.outputs);
                    self.unmet(demand::AGAIN, found);
                }
                prior = Prior::new(self.inputs.clone(), second);
            }
            Err(error) => self.unmet(demand::AGAIN, told(&error)),
        }
        if let Some(changed) = self.test.changed.clone() {
            match self.apply(&thing, None, changed.clone(), Some(prior.clone())) {
                Ok(applied) => {
                    self.well_formed(&applied);
                    prior = Prior::new(changed, applied.clone());
                    self.expect_observed(&thing, &prior, &applied);
                }
                Err(error) => self.unmet(demand::CHANGES, told(&error)),
            }
        }
        self.expect_made(demand::AGAIN, before);
        self.expect_destroyed(&thing, prior, before);
    }

    /// As after a crash between an effect and its record.
    fn repeated(&mut self) {
        let thing = self.thing();
        let before = self.count();
        let key = self.key(&thing);
        let once = self.apply(&thing, Some(key.clone()), self.inputs.clone(), None);
        let twice = self.apply(&thing, Some(key), self.inputs.clone(), None);
        let (Ok(once), Ok(twice)) = (once, twice) else {
            return self.unmet(demand::SAME_ANSWER, "one of them failed".to_owned());
        };
        if once.outputs.unmarked() != twice.outputs.unmarked() {
            self.unmet(demand::SAME_ANSWER, format!("{:?} came out and then {:?}", once.outputs, twice.outputs));
        }
        self.expect_made(demand::ONCE, before);
        self.expect_destroyed(&thing, Prior::new(self.inputs.clone(), twice), before);
    }

    /// What was attempted and not recorded.
    fn unrecorded(&mut self) {
        if !self.can().observe {
            return;
        }
        let thing = self.thing();
        let before = self.count();
        let Some(applied) = self.made(&thing, demand::APPLIES) else { return };
        let attempted = Prior::new(self.inputs.clone(), Applied::default());
        match self.observe(&thing, attempted) {
            Ok(Observed::Present { .. } | Observed::Unknown) => {}
            other => self.unmet(demand::OBSERVED_UNRECORDED, format!("it answered {}", said(&other))),
        }
        self.expect_destroyed(&thing, Prior::new(self.inputs.clone(), applied), before);
    }

    fn importing(&mut self) {
        if !self.can().import {
            return;
        }
        let thing = self.thing();
        let before = self.count();
        let Some(applied) = self.made(&thing, demand::APPLIES) else { return };
        let request = ImportRequest::new(thing.uid.clone(), thing.guid.clone(), self.inputs.clone());
        let prior = match self.import(request) {
            Ok(Observed::Present { applied: imported, .. }) => {
                if imported.outputs.unmarked() != applied.outputs.unmarked() {
                    let found = format!("{:?} was made and {:?} imported", applied.outputs, imported.outputs);
                    self.unmet(demand::IMPORTED, found);
                }
                imported
            }
            Ok(Observed::Unknown) => applied,
            other => {
                self.unmet(demand::IMPORTED, format!("it answered {}", said(&other)));
                applied
            }
        };
        self.expect_destroyed(&thing, Prior::new(self.inputs.clone(), prior), before);
    }

    fn cancelled(&mut self) {
        let thing = self.thing();
        let before = self.count();
        let cancel = Cancel::new();
        cancel.cancel();
        let call = self.call().with_key(self.key(&thing)).with_cancel(cancel);
        let request = self.apply_request(&thing, self.inputs.clone(), None);
        let prior = match block_on(self.driver.apply(&call, request)) {
            Ok(applied) => applied,
            Err(mut error) => {
                let nothing = error.is_definite() && error.partial().is_none();
                if error.kind() != ErrorKind::Cancelled {
                    self.unmet(demand::CANCELLED, told(&error));
                } else if nothing {
                    self.expect_count(demand::MADE_NOTHING, before);
                }
                error.take_partial().unwrap_or_default()
            }
        };
        self.expect_destroyed(&thing, Prior::new(self.inputs.clone(), prior), before);
    }

    /// As when its engine goes away in the middle.
    fn dropped(&mut self) {
        let thing = self.thing();
        let before = self.count();
        let key = self.key(&thing);
        let call = self.call().with_key(key.clone());
        let request = self.apply_request(&thing, self.inputs.clone(), None);
        let _dropped = Box::pin(self.bare.apply(&call, request)).now_or_never();
        match self.apply(&thing, Some(key), self.inputs.clone(), None) {
            Ok(applied) => {
                self.expect_made(demand::DROPPED, before);
                self.expect_destroyed(&thing, Prior::new(self.inputs.clone(), applied), before);
            }
            Err(error) => self.unmet(demand::DROPPED, told(&error)),
        }
    }

    fn bad_inputs(&mut self) {
        let mut bad = vec![Value::Null, Value::list([]), Value::from("text"), Value::map::<&str>([])];
        for key in self.inputs.as_map().into_iter().flat_map(|map| map.keys().cloned()) {
            for instead in [Value::Null, Value::list([Value::Null]), Value::map([("unheard-of", Value::Null)])] {
                let mut map = self.inputs.as_map().cloned().unwrap_or_default();
                map.insert(key.clone(), instead);
                bad.push(map.into());
            }
        }
        for inputs in bad {
            let thing = self.thing();
            let before = self.count();
            let made = match self.apply(&thing, None, inputs.clone(), None) {
                Ok(applied) => Some(applied),
                Err(mut error) => {
                    if error.is_definite() && error.partial().is_none() {
                        self.expect_count(demand::MADE_NOTHING, before);
                    }
                    error.take_partial()
                }
            };
            let _sane = self.destroy(&thing, Prior::new(inputs, made.unwrap_or_default()));
        }
    }

    fn pure(&mut self) {
        if !self.can().pure {
            return;
        }
        let thing = self.thing();
        let request = self.apply_request(&thing, self.inputs.clone(), None);
        let mut answers = [0, 1_000_000].map(|seconds| {
            let clock = ManualClock::new();
            clock.advance(Duration::from_secs(seconds));
            let call = self.call().with_clock(Arc::new(clock));
            block_on(self.driver.apply(&call, request.clone())).ok()
        });
        if answers[0] != answers[1] {
            let found = format!("{:?} came out and then {:?}", answers[0].take(), answers[1].take());
            self.unmet(demand::PURE_SAME, found);
        }
    }

    // What is expected.

    fn well_formed(&mut self, applied: &Applied) {
        let outputs = &applied.outputs;
        if outputs.as_map().is_none() || outputs.has_unknown() {
            self.unmet(demand::OUTPUTS_ARE_A_MAP, format!("they are {outputs:?}"));
        }
        if applied.state.has_unknown() {
            self.unmet(demand::STATE_IS_KNOWN, format!("it is {:?}", applied.state));
        }
        let secrets = SecretTexts::of(&self.inputs);
        let mut unmarked = secrets.mark(outputs) != *outputs;
        if let Some(schema) = self.outputs_schema.clone() {
            for violation in schema.violations(outputs) {
                self.unmet(demand::OUTPUTS_MEET, violation.to_string());
            }
            unmarked |= schema.conceal(outputs.clone()) != *outputs;
        }
        unmarked |= applied.artefacts.iter().any(|artefact| secrets.mark(&artefact.value) != artefact.value);
        if unmarked {
            self.unmet(demand::SECRETS_MARKED, "one is not".to_owned());
        }
        if let Some(nameless) = applied.artefacts.iter().find(|one| one.kind.is_empty() || one.key.is_empty()) {
            let found = format!("there is one of kind `{}` with key `{}`", nameless.kind, nameless.key);
            self.unmet(demand::ARTEFACTS_NAMED, found);
        }
    }

    fn made(&mut self, thing: &Thing, demand: &'static str) -> Option<Applied> {
        match self.apply(thing, None, self.inputs.clone(), None) {
            Ok(applied) => Some(applied),
            Err(error) => {
                self.unmet(demand, told(&error));
                None
            }
        }
    }

    fn expect_observed(&mut self, thing: &Thing, prior: &Prior, made: &Applied) {
        if !self.can().observe {
            return;
        }
        match self.observe(thing, prior.clone()) {
            Ok(Observed::Unknown) => {}
            Ok(Observed::Present { applied, complete: true })
                if applied.outputs.unmarked() == made.outputs.unmarked() => {}
            other => self.unmet(demand::OBSERVED, format!("it answered {}", said(&other))),
        }
    }

    fn expect_destroyed(&mut self, thing: &Thing, prior: Prior, before: Option<usize>) {
        if !self.can().destroy {
            return;
        }
        if let Err(error) = self.destroy(thing, prior.clone()) {
            return self.unmet(demand::DESTROYS, told(&error));
        }
        if self.can().observe {
            match self.observe(thing, prior.clone()) {
                Ok(Observed::Absent | Observed::Unknown) => {}
                other => self.unmet(demand::GONE, format!("it answered {}", said(&other))),
            }
        }
        self.expect_count(demand::GONE, before);
        if let Err(error) = self.destroy(thing, prior) {
            self.unmet(demand::DESTROYS_AGAIN, told(&error));
        }
    }

    fn expect_count(&mut self, demand: &'static str, expected: Option<usize>) {
        let found = self.count();
        if let (Some(expected), Some(found)) = (expected, found)
            && expected != found
        {
            self.unmet(demand, format!("there are {found} things instead of {expected}"));
        }
    }

    fn expect_made(&mut self, demand: &'static str, before: Option<usize>) {
        self.expect_count(demand, before.map(|before| before + 1));
    }

    /// Each once, however often it is found.
    fn unmet(&mut self, demand: &'static str, found: String) {
        if self.unmet.iter().all(|unmet| unmet.demand != demand) {
            self.unmet.push(UnmetDemand { demand, found });
        }
    }

    fn sane(&mut self, error: &Error) {
        match error.kind() {
            ErrorKind::Panicked => self.unmet(demand::NEVER_PANICS, told(error)),
            ErrorKind::TimedOut => self.unmet(demand::ENDS, told(error)),
            _ => {}
        }
    }

    // What is asked.

    fn can(&self) -> score_resolver::Capabilities {
        self.driver.info().capabilities
    }

    fn count(&self) -> Option<usize> {
        self.test.count.as_ref().map(|count| count())
    }

    fn thing(&mut self) -> Thing {
        self.things += 1;
        #[expect(clippy::expect_used, reason = "its form is known here")]
        let uid = ResourceUid::new("conformance", "default", &format!("thing-{}", self.things)).expect("a valid uid");
        Thing { guid: Guid::derive(&Lineage::new([7; 16]), &uid, self.things), uid }
    }

    fn key(&mut self, thing: &Thing) -> IdempotencyKey {
        self.attempts += 1;
        IdempotencyKey::new(&thing.guid, self.attempts)
    }

    fn call(&self) -> Call {
        Call::new(Context::new("conformance").scope()).with_seed(Seed::new([7; 32]))
    }

    /// What is asked, and a look at what became of it.
    fn seen<T>(&mut self, answer: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &answer {
            self.sane(error);
        }
        answer
    }

    fn apply_request(&self, thing: &Thing, inputs: Value, prior: Option<Prior>) -> ApplyRequest {
        let mut request = ApplyRequest::new(thing.uid.clone(), thing.guid.clone(), inputs);
        request.context = self.test.context.clone();
        request.prior = prior;
        request
    }

    fn apply(
        &mut self,
        thing: &Thing,
        key: Option<IdempotencyKey>,
        inputs: Value,
        prior: Option<Prior>,
    ) -> Result<Applied, Error> {
        let key = key.unwrap_or_else(|| self.key(thing));
        let request = self.apply_request(thing, inputs, prior);
        let answer = block_on(self.driver.apply(&self.call().with_key(key), request));
        self.seen(answer)
    }

    fn validate(&mut self, request: ValidateRequest) -> Result<Vec<InputProblem>, Error> {
        let answer = block_on(self.driver.validate(&self.call(), request));
        self.seen(answer)
    }

    fn plan(&mut self, inputs: Value) -> Result<Planned, Error> {
        let mut request = PlanRequest::new(self.thing().uid, inputs);
        request.context = self.test.context.clone();
        let answer = block_on(self.driver.plan(&self.call(), request));
        self.seen(answer)
    }

    fn observe(&mut self, thing: &Thing, prior: Prior) -> Result<Observed, Error> {
        let request = ObserveRequest::new(thing.uid.clone(), thing.guid.clone(), prior);
        let answer = block_on(self.driver.observe(&self.call(), request));
        self.seen(answer)
    }

    fn import(&mut self, request: ImportRequest) -> Result<Observed, Error> {
        let answer = block_on(self.driver.import(&self.call(), request));
        self.seen(answer)
    }

    fn destroy(&mut self, thing: &Thing, prior: Prior) -> Result<(), Error> {
        let call = self.call().with_key(self.key(thing));
        let request = DestroyRequest::new(thing.uid.clone(), thing.guid.clone(), prior);
        let answer = block_on(self.driver.destroy(&call, request));
        self.seen(answer)
    }

    /// The inputs, and the inputs with one of them unknown.
    fn partly_unknown(&self) -> Vec<Value> {
        let keys = self.inputs.as_map().into_iter().flat_map(|map| map.keys().cloned());
        let without = keys.map(|key| {
            let mut map = self.inputs.as_map().cloned().unwrap_or_default();
            map.insert(key, Value::Unknown);
            Value::from(map)
        });
        std::iter::once(self.inputs.clone()).chain(without).collect()
    }
}

/// Whether what is known of the plan came out.
fn agrees(planned: &Value, applied: &Value, depth: usize) -> bool {
    const DEEPEST: usize = 128;
    match (planned, applied) {
        _ if depth > DEEPEST => true,
        (Value::Unknown, _) => true,
        (Value::Secret(planned), applied) => agrees(planned.expose(), applied, depth + 1),
        (planned, Value::Secret(applied)) => agrees(planned, applied.expose(), depth + 1),
        (Value::Map(planned), Value::Map(applied)) => planned
            .iter()
            .all(|(key, planned)| applied.get(key).is_some_and(|applied| agrees(planned, applied, depth + 1))),
        (Value::List(planned), Value::List(applied)) => {
            planned.len() == applied.len() && planned.iter().zip(applied.iter()).all(|(a, b)| agrees(a, b, depth + 1))
        }
        (planned, applied) => planned == applied,
    }
}

fn told(error: &Error) -> String {
    format!("it failed: {}", error.full_message())
}

fn said<T: std::fmt::Debug>(answer: &Result<T, Error>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => format!("with an error: {}", error.full_message()),
    }
}
