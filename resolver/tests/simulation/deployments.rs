//! Deployments one after the other: what is desired changes, drivers misbehave, runs end early; at last all is well and must be as if nothing had happened.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use score_model::{ResourceUid, Value};
use score_resolver::{
    Action, Expr, Failure, Guid, Invocation, OnFailure, Plan, PlanOptions, Planner, Preview, Proposal, Recipe, Record,
    ReplaceOrder, Request, Response, Retention, Run, RunOptions,
};
use serde_json::json;

use crate::defect::Defect;
use crate::execution::{Ended, Execution};
use crate::invariant::{Broken, Check, ensure};
use crate::random::Random;
use crate::world::{self, Behave, Lab, catalogue, recipe, uid};

pub(crate) const CANARY: &str = "canary-of-the-simulation";

/// One environment, from its first deployment to its last.
pub(crate) struct Simulation {
    pub(crate) random: Random,
    pub(crate) lab: Lab,
    pub(crate) defect: Option<Defect>,
    /// What left state and may stay in the world.
    pub(crate) forgotten: BTreeSet<Guid>,
    /// Calls of runners that are gone: each has its effect before its thing is asked about again, or never.
    pub(crate) late: Vec<Invocation>,
    /// What each object depends on, whatever records say.
    pub(crate) edges: BTreeMap<Guid, Vec<ResourceUid>>,
    last_serial: u64,
}

impl Simulation {
    pub(crate) fn new(seed: u64, defect: Option<Defect>) -> Self {
        Self {
            random: Random::new(seed),
            lab: Lab::default(),
            defect,
            forgotten: BTreeSet::new(),
            late: Vec::new(),
            edges: BTreeMap::new(),
            last_serial: 0,
        }
    }

    pub(crate) fn whole(mut self) -> Check {
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
        self.land(|_| true);
        self.end_is_as_without_faults()
    }

    /// Calls a driver, after what is still under way to the same thing.
    pub(crate) fn call(&mut self, invocation: &Invocation) -> Result<Response, Failure> {
        let about = guid(&invocation.request);
        self.land(|late| about.is_some() && guid(&late.request) == about);
        self.lab.world.call(invocation)
    }

    /// Late calls arrive, or never will.
    pub(crate) fn land(&mut self, which: impl Fn(&Invocation) -> bool) {
        let late = std::mem::take(&mut self.late);
        let (landing, late) = late.into_iter().partition(which);
        self.late = late;
        let landing: Vec<Invocation> = landing;
        for call in landing {
            if self.random.percent(50) {
                let _ = self.lab.world.call(&call);
            }
        }
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
            let gives = |expr: &Expr| match expr {
                Expr::Output { of, path, .. } => {
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
        if refresh {
            // What is seen is seen twice.
            self.land(|_| true);
        }
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
        // The digest is in it.
        let redacted = one.redacted();
        ensure(redacted == other.redacted(), 9, || "plans differ".to_owned())?;
        let texts = format!("{one} {redacted} {}", one.to_markdown());
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
        ensure(!self.lab.world.made_twice, 2, || "something was made twice".to_owned())?;
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

/// The thing that a call is about.
fn guid(request: &Request) -> Option<&Guid> {
    match request {
        Request::Apply(request) => Some(&request.guid),
        Request::Destroy(request) => Some(&request.guid),
        Request::Observe(request) => Some(&request.guid),
        _ => None,
    }
}

fn planner_waits(open: &[Proposal]) -> bool {
    open.len() > 1
}
