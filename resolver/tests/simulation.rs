//! Deterministic simulation: from one seed, random resources and drivers that fail, hang, lie and half succeed; runs that crash at any step, lose what was not durable, and leave calls behind that
//! nobody waits for; a second runner that goes on without the right to write. Thirteen invariants hold whatever happens.
//!
//! `PARTITURA_SEEDS=1000000 cargo test -p score-resolver --release --test simulation` runs that many seeds; `PARTITURA_SEED=7` runs that one.
#![allow(unreachable_pub, reason = "the world is shared between tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "how many seeds are run is asked of the environment")]

mod world;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use score_model::{ResourceUid, Value};
use score_resolver::{
    Action, Command, Event, Guid, IdempotencyKey, Invocation, OnFailure, Operation, Plan, PlanOptions, Planner,
    Preview, Recipe, Record, ReplaceOrder, Request, Response, Retention, Run, RunOptions, Snapshot, Step, Ticket,
};
use serde_json::json;
use world::{Behave, Lab, catalogue, recipe, uid};

/// A broken invariant, by its number:
/// 1 nothing happens without a durable intent; 2 whatever crashes, the end is that of a run without faults, and a key never comes with other inputs; 3 dependencies first, destroys in reverse;
/// 4 never idle while something could run; 5 never more than the limit; 6 exactly what depends on a failure is skipped; 7 the serial grows, the lineage stays, a stale plan is refused;
/// 8 after success nothing is to be done; 9 same inputs, same plan; 10 no secret in the clear; 11 a cancelled run ends and loses nothing; 12 garbage fails its node alone; 13 commands are linear.
#[derive(Debug, Clone, PartialEq)]
struct Broken(u8, String);

/// What is done wrong on purpose, to see that it is noticed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Defect {
    IntentNotWritten,
    DurableTooEarly,
    KeyForgotten,
    OrderIgnored,
    Idle,
    LimitIgnored,
    SkipForgotten,
    StaleTaken,
    ResultForgotten,
    PlanDiffers,
    SecretUnmarked,
    CancelLosesAnswers,
    GarbageTaken,
    CommandsRepeated,
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

const CANARY: &str = "canary-of-the-simulation";

struct Simulation {
    random: Random,
    lab: Lab,
    forgotten: BTreeSet<Guid>,
    defect: Option<Defect>,
    last_serial: u64,
}

/// How a run ended.
#[derive(Debug, PartialEq)]
enum Ended {
    Finished,
    Crashed,
}

type Check = Result<(), Broken>;

fn ensure(holds: bool, invariant: u8, what: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(Broken(invariant, what())) }
}

impl Simulation {
    fn new(seed: u64, defect: Option<Defect>) -> Self {
        let lab = Lab::default();
        Self { random: Random(seed), lab, forgotten: BTreeSet::new(), defect, last_serial: 0 }
    }

    fn whole(mut self) -> Check {
        for _ in 0..2 + self.random.below(4) {
            self.change_what_is_desired();
            self.misbehave();
            self.deploy(true)?;
        }
        self.lab.world.behave.clear();
        // What was interrupted may need one run to be settled, and what was deposed then another.
        for _ in 0..3 {
            self.deploy(false)?;
        }
        self.end_is_as_without_faults()
    }

    fn node(&mut self, index: usize) -> Recipe {
        let driver = self.random.pick(&["cloud", "cloud", "blind", "pure", "planner"]);
        let mut inputs = json!({"size": self.random.below(3), "name": self.random.below(2)});
        inputs["outputs"] = json!({"out": self.random.below(2)});
        for other in 0..index {
            if self.random.percent(30) && self.lab.desired.contains_key(&uid(&format!("n{other}"))) {
                let from = &self.lab.desired[&uid(&format!("n{other}"))];
                let path = match &*from.driver {
                    "pure" => "size",
                    _ => self.random.pick(&["value", "id", "out"]),
                };
                inputs[format!("from{other}")] = json!(format!("${{n{other}.{path}}}"));
            }
        }
        if self.random.percent(20) && driver != "pure" && self.lab.desired.contains_key(&uid("key")) {
            inputs["outputs"]["told"] = json!("${key.password}");
        }
        if driver == "planner" && self.random.percent(50) {
            inputs["promise"] = json!("p");
            inputs["outputs"]["promise"] = json!("p");
        }
        let mut node = recipe(driver, inputs);
        if self.random.percent(40) {
            node.replace_on = vec![self.random.pick(&["name", "from0", "from1"]).parse().unwrap()];
        }
        if self.random.percent(50) {
            node.replace = ReplaceOrder::CreateBeforeDestroy;
        }
        node.on_unreferenced =
            self.random.pick(&[Retention::Delete, Retention::Delete, Retention::Delete, Retention::Forget]);
        if self.random.percent(25) {
            node.lane = Some("lane".into());
        }
        node
    }

    fn change_what_is_desired(&mut self) {
        let mut key = recipe("pure", json!({}));
        key.inputs = Value::map([("password", Value::secret(Value::from(CANARY)))]).into();
        self.lab.desired.insert(uid("key"), key);
        let nodes = 1 + self.random.below(7);
        for index in 0..7 {
            let id = uid(&format!("n{index}"));
            if index >= nodes {
                self.lab.desired.remove(&id);
            } else if self.random.percent(50) || !self.lab.desired.contains_key(&id) {
                let node = self.node(index);
                self.lab.desired.insert(id, node);
            }
        }
        // Nothing reads what is not there, nor an output that its driver does not give.
        let desired = self.lab.desired.clone();
        for recipe in self.lab.desired.values_mut() {
            let exists = |uid: &&ResourceUid| desired.contains_key(*uid);
            let sound = recipe.inputs.references().iter().all(exists);
            let gives = |expr: &score_resolver::Expr| match expr {
                score_resolver::Expr::Output { of, path, .. } => {
                    let pure = desired.get(of).is_some_and(|of| of.pure);
                    pure == matches!(path.to_string().as_str(), "size" | "password")
                }
                _ => true,
            };
            let mut all = true;
            recipe.inputs.visit(&mut |expr| all &= gives(expr));
            if !sound || !all {
                *recipe = world::recipe(&recipe.driver.clone(), json!({"outputs": {"out": 1}, "size": 1}));
            }
        }
    }

    fn misbehave(&mut self) {
        self.lab.world.behave.clear();
        let behave = [Behave::Fail, Behave::Half, Behave::Lost, Behave::Hang, Behave::Stay, Behave::Garbage];
        let desired: Vec<(ResourceUid, Recipe)> = self.lab.desired.clone().into_iter().collect();
        for (uid, recipe) in desired {
            if self.random.percent(25) && !recipe.pure {
                let lie = Behave::Lie(json!({"id": "x", "value": "x", "out": 1, "promise": "broken"}));
                let promises = &*recipe.driver == "planner" && recipe.inputs != world::recipe("x", json!({})).inputs;
                let promises = promises && format!("{:?}", recipe.inputs).contains("promise");
                let how = if promises && self.random.percent(50) { lie } else { self.random.pick(&behave) };
                self.lab.world.behave.insert(uid, how);
            }
        }
    }

    fn plan(&mut self, faults: bool) -> Result<Plan, Broken> {
        let resolution = self.lab.resolution();
        let (snapshot, drivers) = (self.lab.snapshot(), catalogue());
        let refresh = faults && self.random.percent(20);
        let target = faults && self.random.percent(10);
        let mut options = PlanOptions::default().refresh(refresh);
        if target {
            options = options.target(uid("n0"));
        }
        let mut plan = || {
            let mut planner = Planner::new(Some(&resolution), &snapshot, options.clone(), &drivers);
            let mut open = Vec::new();
            loop {
                open.extend(planner.propose());
                if open.is_empty() {
                    return planner.finish();
                }
                if self.random.percent(50) || planner_waits(&open) {
                    let proposal = open.remove(self.random.below(open.len()));
                    let invocation = proposal.into_invocation();
                    let answer = self.lab.world.call(&invocation);
                    planner.settle(&invocation.uid, Preview::from(answer));
                }
            }
        };
        let (one, other) = (plan(), plan());
        let one = one.map_err(|problems| Broken(0, format!("no plan: {problems}")))?;
        let mut other = other.map_err(|problems| Broken(0, format!("no plan: {problems}")))?;
        if self.defect == Some(Defect::PlanDiffers) && !one.steps().is_empty() {
            other = Planner::new(None, &snapshot, PlanOptions::default(), &drivers).finish().unwrap_or(other);
        }
        ensure(one.redacted() == other.redacted() && one.digest() == other.digest(), 9, || "plans differ".to_owned())?;
        let texts = format!("{one} {} {}", one.redacted(), one.to_markdown());
        ensure(!texts.contains(CANARY), 10, || "a secret in a plan".to_owned())?;
        Ok(one)
    }

    fn deploy(&mut self, faults: bool) -> Check {
        let plan = Arc::new(self.plan(faults)?);
        for change in plan.changes().iter().filter(|change| change.action == Action::Forget) {
            self.forgotten.extend(change.guid.clone());
        }
        let before = self.lab.snapshot();
        let limit = 1 + self.random.below(4);
        let on_failure = if self.random.percent(50) { OnFailure::Stop } else { OnFailure::Continue };
        let actual = match self.defect {
            Some(Defect::LimitIgnored) => 9,
            Some(Defect::Idle) => 1,
            _ => limit,
        };
        let options = RunOptions::default().parallelism(NonZeroUsize::new(actual).unwrap()).on_failure(on_failure);
        let run =
            Run::new(plan.clone(), before.clone(), options.clone()).map_err(|stale| Broken(7, stale.to_string()))?;
        let ended = Execution::new(self, &plan, limit, on_failure, faults).drive(run)?;
        let after = self.lab.snapshot();
        ensure(after.lineage() == before.lineage() && after.serial() >= self.last_serial, 7, || {
            "the serial fell".to_owned()
        })?;
        self.last_serial = after.serial();
        if after.serial() > before.serial() {
            let again = match self.defect {
                Some(Defect::StaleTaken) => Ok(Run::restore(plan.clone(), after.clone(), options.clone())),
                _ => Run::new(plan.clone(), after.clone(), options.clone()),
            };
            ensure(again.is_err(), 7, || "a stale plan was taken".to_owned())?;
        }
        if ended == Ended::Crashed && self.random.percent(50) {
            // Somebody takes over with the same plan.
            let run = Run::restore(plan.clone(), after, options);
            Execution::new(self, &plan, limit, on_failure, faults).drive(run)?;
        }
        Ok(())
    }

    fn end_is_as_without_faults(&mut self) -> Check {
        if self.defect == Some(Defect::ResultForgotten) {
            let last = self.lab.journal.iter().rposition(|record| matches!(record, Record::Object(_)));
            last.map(|last| self.lab.journal.remove(last));
        }
        let plan = self.plan(false)?;
        let left = world::actions(&plan);
        ensure(!plan.has_changes(), 8, || format!("after success there is to be done: {left}"))?;
        let snapshot = self.lab.snapshot();
        ensure(snapshot.intents().len() == 0, 2, || {
            format!("intents are open: {:?}", snapshot.intents().map(|intent| &intent.uid).collect::<Vec<_>>())
        })?;
        ensure(snapshot.deposed().len() == 0, 2, || "an old object is left".to_owned())?;
        ensure(!self.lab.world.key_reused, 2, || "a key came with other inputs".to_owned())?;
        let recorded: Vec<&ResourceUid> = snapshot.objects().map(|object| &object.uid).collect();
        let desired: Vec<&ResourceUid> = self.lab.desired.keys().collect();
        ensure(recorded == desired, 2, || format!("recorded {recorded:?}, desired {desired:?}"))?;
        for object in snapshot.objects().filter(|object| !object.pure) {
            let thing = self.lab.world.things.get(&object.guid);
            let same = thing.is_some_and(|thing| thing.complete && thing.inputs.unmarked() == object.inputs.unmarked());
            ensure(object.complete && same, 2, || {
                let history: Vec<String> = self.lab.journal.iter().map(|record| format!("{record:?}")).collect();
                let history: Vec<&String> = history.iter().filter(|text| text.contains(object.uid.as_str())).collect();
                format!("`{}` is recorded and is not so: {thing:?} {history:#?}", object.uid)
            })?;
        }
        self.what_is_shared()?;
        for (guid, thing) in &self.lab.world.things {
            let known = self.forgotten.contains(guid) || snapshot.find(&thing.uid, guid).is_some();
            ensure(known, 2, || format!("nobody knows of a `{}`", thing.uid))?;
        }
        let outcome = self.lab.up();
        ensure(outcome.calls.is_empty(), 8, || format!("called without need: {:?}", outcome.calls))
    }
}

impl Simulation {
    /// Another member, new and at the end of the lane, sees the part of each of the others.
    fn what_is_shared(&mut self) -> Check {
        let mut probe = recipe("pure", json!({"size": 0}));
        probe.lane = Some("lane".into());
        let mut lab = self.lab.clone();
        lab.desired.insert(uid("probe"), probe);
        let resolution = lab.resolution();
        let (snapshot, drivers) = (lab.snapshot(), catalogue());
        let mut planner = Planner::new(Some(&resolution), &snapshot, PlanOptions::default(), &drivers);
        let mut seen = Value::Null;
        while let Some(proposal) = planner.propose() {
            let invocation = proposal.into_invocation();
            if let Request::Apply(request) = &invocation.request
                && request.uid == uid("probe")
            {
                seen = request.shared.clone();
            }
            planner.settle(&invocation.uid, Preview::from(lab.world.call(&invocation)));
        }
        let members = self.lab.desired.iter().filter(|(_, recipe)| recipe.lane.is_some());
        let parts = members.map(|(uid, recipe)| {
            let inputs = recipe.inputs.get(&"size".parse().unwrap()).and_then(|size| size.as_value().cloned());
            (uid.id(), inputs.unwrap_or_default())
        });
        let want = Value::map(parts.filter(|(_, size)| *size != Value::Null));
        ensure(seen.canonical_bytes() == want.canonical_bytes(), 8, || format!("shared is {seen:?}, not {want:?}"))
    }
}

fn planner_waits(open: &[score_resolver::Proposal]) -> bool {
    open.len() > 1
}

/// One run, obeyed by somebody unreliable.
struct Execution<'a> {
    simulation: &'a mut Simulation,
    plan: &'a Plan,
    limit: usize,
    on_failure: OnFailure,
    faults: bool,
    unwritten: Vec<(Ticket, Record)>,
    open: Vec<(Ticket, Invocation)>,
    events: Vec<Event>,
    started: BTreeSet<ResourceUid>,
    ended: BTreeSet<ResourceUid>,
    commands: usize,
    cancelled: bool,
    durable: Snapshot,
    /// The keys of calls that were interrupted before this run.
    interrupted: BTreeSet<IdempotencyKey>,
}

impl<'a> Execution<'a> {
    fn new(simulation: &'a mut Simulation, plan: &'a Plan, limit: usize, on_failure: OnFailure, faults: bool) -> Self {
        let durable = simulation.lab.snapshot();
        Self {
            simulation,
            plan,
            limit,
            on_failure,
            faults,
            unwritten: Vec::new(),
            open: Vec::new(),
            events: Vec::new(),
            started: BTreeSet::new(),
            ended: BTreeSet::new(),
            commands: 0,
            cancelled: false,
            interrupted: durable.intents().map(|intent| intent.key.clone()).collect(),
            durable,
        }
    }

    fn defect(&self, defect: Defect) -> bool {
        self.simulation.defect == Some(defect)
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.simulation.random.percent(chance)
    }

    fn drive(mut self, mut run: Run) -> Result<Ended, Broken> {
        loop {
            if self.faults && self.percent(3) {
                return self.crash(run);
            }
            if self.faults && !self.cancelled && self.percent(1) {
                run.cancel();
                self.cancelled = true;
            }
            let finished = self.poll(&mut run)?;
            if finished {
                self.check_end(&run)?;
                return Ok(Ended::Finished);
            }
            if self.unwritten.is_empty() && self.open.is_empty() {
                return Err(Broken(4, "the run waits for nothing".to_owned()));
            }
            if self.open.is_empty() || (!self.unwritten.is_empty() && self.percent(60)) {
                let count = 1 + self.simulation.random.below(self.unwritten.len());
                for (ticket, record) in self.unwritten.drain(..count).collect::<Vec<_>>() {
                    self.append(record)?;
                    run.written(ticket);
                }
            } else {
                let (ticket, invocation) = self.open.remove(self.simulation.random.below(self.open.len()));
                let mut answer = self.simulation.lab.world.call(&invocation);
                if self.cancelled && self.defect(Defect::CancelLosesAnswers) {
                    answer = Err(score_resolver::Failure::new("cancelled").cancelled());
                }
                if self.defect(Defect::GarbageTaken)
                    && matches!((&answer, &invocation.request), (Ok(Response::Destroy), Request::Apply(_)))
                {
                    answer = Ok(Response::Apply(score_resolver::Applied::new(Value::map([("value", Value::from(1))]))));
                }
                run.answered(ticket, answer);
            }
        }
    }

    fn append(&mut self, record: Record) -> Check {
        if self.defect(Defect::IntentNotWritten) && matches!(record, Record::Intent(_)) {
            return Ok(());
        }
        let record = match record {
            Record::Object(mut object) if self.defect(Defect::SecretUnmarked) => {
                object.outputs = object.outputs.unmarked();
                Record::Object(object)
            }
            record => record,
        };
        ensure(!format!("{record:?}").contains(CANARY), 10, || format!("a secret in {record:?}"))?;
        self.durable.fold(record.clone());
        self.simulation.lab.journal.push(record);
        Ok(())
    }

    /// Takes all commands that there are; whether the run has finished.
    fn poll(&mut self, run: &mut Run) -> Result<bool, Broken> {
        while let Some(command) = run.poll() {
            self.commands += if self.defect(Defect::CommandsRepeated) { 30 } else { 1 };
            match command {
                Command::Write(ticket, record) if self.defect(Defect::DurableTooEarly) => {
                    self.unwritten.push((ticket, record));
                    run.written(ticket);
                }
                Command::Write(ticket, record) => self.unwritten.push((ticket, record)),
                Command::Invoke(ticket, invocation) => {
                    let mut invocation = *invocation;
                    self.check_call(&invocation)?;
                    if self.defect(Defect::KeyForgotten) && invocation.key.is_some() {
                        let guid = self.durable.object(&invocation.uid).map(|object| object.guid.clone());
                        invocation.key =
                            guid.map(|guid| score_resolver::IdempotencyKey::new(&guid, 1)).or(invocation.key);
                    }
                    self.open.push((ticket, invocation));
                    ensure(self.open.len() <= self.limit, 5, || format!("{} calls at once", self.open.len()))?;
                }
                Command::Emit(event) => {
                    ensure(!format!("{event:?}").contains(CANARY), 10, || format!("a secret in {event:?}"))?;
                    self.note(&event);
                    self.events.push(event);
                }
                Command::Finished(_) => {
                    ensure(self.unwritten.is_empty() && self.open.is_empty(), 11, || "finished too early".to_owned())?;
                    return Ok(true);
                }
                other => return Err(Broken(0, format!("{other:?}"))),
            }
        }
        self.check_busy()?;
        Ok(false)
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Started { uid, operation: Operation::Apply } => {
                self.started.insert(uid.clone());
            }
            Event::Succeeded { uid, operation: Operation::Apply } | Event::Unchanged { uid } => {
                self.ended.insert(uid.clone());
            }
            Event::Failed { uid, .. } | Event::Cancelled { uid } | Event::Skipped { uid, .. } => {
                self.started.insert(uid.clone());
            }
            _ => {}
        }
    }

    fn check_call(&mut self, invocation: &Invocation) -> Check {
        if let Some(key) = &invocation.key {
            let written = self.durable.intents().any(|intent| intent.key == *key);
            ensure(written, 1, || format!("`{}` is called and its intent is not durable", invocation.uid))?;
        }
        match &invocation.request {
            // A call without effects may come early; what is repeated to find out what is to be destroyed depends on nothing any more.
            Request::Apply(request) if invocation.key.as_ref().is_some_and(|key| !self.interrupted.contains(key)) => {
                let change =
                    self.plan.changes().iter().find(|change| change.uid == request.uid && change.recipe.is_some());
                let needed = change.and_then(|change| change.recipe.clone()).map(|recipe| recipe.depends_on.clone());
                for uid in needed.unwrap_or_default() {
                    let running = self
                        .open
                        .iter()
                        .any(|(_, open)| open.uid == uid && !matches!(open.request, Request::Destroy(_)));
                    let complete = self.durable.object(&uid).is_some_and(|object| object.complete);
                    let sound = if self.defect(Defect::OrderIgnored) { running } else { complete && !running };
                    ensure(sound, 3, || format!("`{}` is applied before `{uid}` is there", request.uid))?;
                }
            }
            Request::Destroy(request) => self.check_destroy(&request.uid, &request.guid)?,
            _ => {}
        }
        Ok(())
    }

    /// What depends on it as recorded, and goes too, is gone.
    fn check_destroy(&self, uid: &ResourceUid, guid: &Guid) -> Check {
        let steps = self.plan.steps();
        let goes = |uid: &ResourceUid, guid: &Guid| steps.id(&Step::destroy(uid.clone(), guid.clone())).is_some();
        let is_current = self.durable.object(uid).is_some_and(|object| object.guid == *guid);
        if !is_current || !goes(uid, guid) {
            return Ok(());
        }
        let order = self.durable.in_order();
        let rank = |uid: &ResourceUid| order.iter().position(|object| object.uid == *uid);
        for object in self.durable.objects().filter(|object| object.depends_on.contains(uid)) {
            let may = self.plan.changes().iter().any(|change| change.uid == object.uid && change.may_replace());
            let first = goes(&object.uid, &object.guid) && !may && rank(&object.uid) > rank(uid);
            ensure(!first, 3, || format!("`{uid}` is destroyed before `{}`", object.uid))?;
        }
        Ok(())
    }

    /// With room for one more, every apply whose dependencies have ended has started.
    fn check_busy(&self) -> Check {
        let failed = self.events.iter().any(|event| matches!(event, Event::Failed { .. } | Event::Cancelled { .. }));
        if self.open.len() + self.unwritten.len() >= self.limit || failed || self.cancelled {
            return Ok(());
        }
        let steps = self.plan.steps();
        for id in steps.ids() {
            let Some(step) = steps.key(id) else { continue };
            let in_lane = self.plan.changes().iter().any(|change| {
                change.uid == step.uid && change.recipe.as_ref().is_some_and(|recipe| recipe.lane.is_some())
            });
            if step.operation == Operation::Destroy || in_lane {
                continue;
            }
            let ready = steps
                .dependencies(id)
                .iter()
                .filter_map(|id| steps.key(*id))
                .all(|needed| needed.operation == Operation::Apply && self.ended.contains(&needed.uid));
            let begun = self.started.contains(&step.uid) || self.ended.contains(&step.uid);
            let busy = self.open.iter().any(|(_, open)| open.uid == step.uid)
                || self.unwritten.iter().any(|(_, record)| format!("{record:?}").contains(step.uid.as_str()));
            ensure(!ready || begun || busy, 4, || format!("`{}` could run", step.uid))?;
        }
        Ok(())
    }

    fn check_end(&mut self, run: &Run) -> Check {
        let bound = 16 * (self.plan.steps().len() + 2);
        ensure(self.commands <= bound, 13, || format!("{} commands", self.commands))?;
        ensure(*run.snapshot() == self.simulation.lab.snapshot(), 11, || {
            "what is recorded is not what was said".to_owned()
        })?;
        if self.defect(Defect::SkipForgotten) {
            self.events.retain(|event| !matches!(event, Event::Skipped { .. }));
        }
        let steps = self.plan.steps();
        let of = |event: &Event| match event {
            Event::Failed { uid, operation, .. } => Some((uid.clone(), *operation)),
            _ => None,
        };
        let failed: BTreeSet<(ResourceUid, Operation)> = self.events.iter().filter_map(of).collect();
        let failed_ids: Vec<_> = steps
            .ids()
            .filter(|id| steps.key(*id).is_some_and(|step| failed.contains(&(step.uid.clone(), step.operation))))
            .collect();
        let below: BTreeSet<&ResourceUid> = steps
            .all_dependents_of(failed_ids.iter().copied())
            .into_iter()
            .filter_map(|id| steps.key(id))
            .filter(|step| step.operation == Operation::Apply)
            .map(|step| &step.uid)
            .collect();
        let skipped: BTreeSet<&ResourceUid> =
            self.events.iter().filter(|event| matches!(event, Event::Skipped { .. })).filter_map(Event::uid).collect();
        if !self.cancelled {
            let failed: BTreeSet<&ResourceUid> = failed.iter().map(|(uid, _)| uid).collect();
            for uid in &below {
                ensure(skipped.contains(uid) || failed.contains(uid), 6, || format!("`{uid}` depends on what failed"))?;
            }
            for uid in skipped.iter().filter(|_| self.on_failure == OnFailure::Continue) {
                let destroys =
                    |id| steps.key(id).is_some_and(|step| step.operation == Operation::Destroy && step.uid == **uid);
                let destroy_below = steps.all_dependents_of(failed_ids.iter().copied()).into_iter().any(destroys);
                ensure(below.contains(uid) || destroy_below, 6, || format!("`{uid}` was skipped for nothing"))?;
            }
        }
        // What drivers said came to be is recorded, also after a cancellation and whatever else failed.
        let snapshot = self.simulation.lab.snapshot();
        for (guid, thing) in &self.simulation.lab.world.things {
            let known = snapshot.find(&thing.uid, guid).is_some() || snapshot.intent(guid).is_some();
            let garbage = self.simulation.lab.world.behave.get(&thing.uid) == Some(&Behave::Garbage);
            ensure(known || self.simulation.forgotten.contains(guid), if garbage { 12 } else { 11 }, || {
                format!("nobody knows of a `{}`", thing.uid)
            })?;
        }
        let garbage = |uid: &ResourceUid| self.simulation.lab.world.behave.get(uid) == Some(&Behave::Garbage);
        for event in &self.events {
            if let Event::Succeeded { uid, operation: Operation::Apply } = event {
                let applied =
                    self.simulation.lab.world.calls.iter().any(|(operation, of, _)| operation == "apply" && of == uid);
                let told =
                    snapshot.object(uid).is_some_and(|object| object.outputs.child("id").is_some() || object.pure);
                ensure(!garbage(uid) || !applied || told, 12, || format!("`{uid}` succeeded with garbage"))?;
            }
        }
        self.simulation.lab.world.calls.clear();
        Ok(())
    }

    /// The runner is gone: of what was not acknowledged some was written, of its calls some happen all the same. Or it only lost its lease, and goes on for a while without being able to write.
    fn crash(mut self, mut run: Run) -> Result<Ended, Broken> {
        let kept = self.simulation.random.below(self.unwritten.len() + 1);
        for (_, record) in self.unwritten.drain(..kept).collect::<Vec<_>>() {
            self.append(record)?;
        }
        let zombie = self.percent(50);
        for (ticket, invocation) in std::mem::take(&mut self.open) {
            if self.simulation.random.percent(50) {
                let answer = self.simulation.lab.world.call(&invocation);
                if zombie {
                    run.answered(ticket, answer);
                }
            }
        }
        if zombie {
            // Nothing that it says is written, so it calls nobody any more.
            while let Some(command) = run.poll() {
                match command {
                    Command::Invoke(_, invocation) => self.check_call(&invocation)?,
                    Command::Finished(_) => break,
                    _ => {}
                }
            }
        }
        self.simulation.lab.world.calls.clear();
        Ok(Ended::Crashed)
    }
}

fn simulate(seed: u64, defect: Option<Defect>) -> Check {
    Simulation::new(seed, defect).whole()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn invariants_hold_whatever_happens() {
    if let Some(seed) = number("PARTITURA_SEED") {
        return simulate(seed, None).unwrap();
    }
    let seeds = number("PARTITURA_SEEDS").unwrap_or(120);
    for seed in 0..seeds {
        if let Err(broken) = simulate(seed, None) {
            panic!("PARTITURA_SEED={seed}: {broken:?}");
        }
    }
}

#[track_caller]
fn check_noticed(defect: Defect, invariant: u8) {
    let mut others = BTreeSet::new();
    for seed in 0..2000 {
        match simulate(seed, Some(defect)) {
            Err(Broken(number, _)) if number == invariant => return,
            Err(Broken(number, _)) => _ = others.insert(number),
            Ok(()) => {}
        }
    }
    panic!("{defect:?} should break {invariant}, broke {others:?}");
}

#[test]
fn each_invariant_notices_a_planted_defect() {
    check_noticed(Defect::IntentNotWritten, 1);
    check_noticed(Defect::DurableTooEarly, 1);
    check_noticed(Defect::KeyForgotten, 2);
    check_noticed(Defect::OrderIgnored, 3);
    check_noticed(Defect::Idle, 4);
    check_noticed(Defect::LimitIgnored, 5);
    check_noticed(Defect::SkipForgotten, 6);
    check_noticed(Defect::StaleTaken, 7);
    check_noticed(Defect::ResultForgotten, 8);
    check_noticed(Defect::PlanDiffers, 9);
    check_noticed(Defect::SecretUnmarked, 10);
    check_noticed(Defect::CancelLosesAnswers, 11);
    check_noticed(Defect::GarbageTaken, 12);
    check_noticed(Defect::CommandsRepeated, 13);
}
