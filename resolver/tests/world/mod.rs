//! A world in memory for the machines to work on: drivers as functions, a journal as a list of records.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use score_model::{FingerprintKey, ResourceUid, Value};
use score_resolver::{
    Applied, Capabilities, Command, Context, DriverCatalogue, DriverInfo, Event, Expr, Failure, Guid, IdempotencyKey,
    Invocation, Lineage, Observed, Plan, PlanOptions, Planner, Platform, Preview, Recipe, Record, Request, Resolution,
    Response, Run, RunOptions, Snapshot, Summary,
};
use serde_json::{Value as Json, json};

pub fn uid(text: &str) -> ResourceUid {
    let text = if text.contains('#') { text.to_owned() } else { format!("thing.default#{text}") };
    text.parse().unwrap()
}

/// JSON in which a text `${UID.PATH}` is an output, `${guid}` the guid and `${artefacts.KIND}` artefacts.
pub fn expr(json: &Json) -> Expr {
    match json {
        Json::String(text) => match text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            Some("guid") => Expr::Guid,
            Some(hole) if hole.starts_with("artefacts.") => Expr::Artefacts(hole["artefacts.".len()..].into()),
            Some(hole) if hole.starts_with("self.") => Expr::Own(hole["self.".len()..].parse().unwrap()),
            Some(hole) => {
                let (of, path) = hole.split_once('.').unwrap();
                Expr::Output { of: uid(of), path: path.parse().unwrap(), or_null: false }
            }
            None => Expr::Value(Value::from(text.as_str())),
        },
        Json::Array(items) => Expr::List(items.iter().map(expr).collect()),
        Json::Object(map) => {
            Expr::Map(Arc::new(map.iter().map(|(key, item)| (Arc::from(key.as_str()), expr(item))).collect()))
        }
        other => Expr::Value(Value::from(other.clone())),
    }
}

/// A recipe with these inputs; it depends on what they read.
pub fn recipe(driver: &str, inputs: Json) -> Recipe {
    let mut recipe = Recipe::new("mk", driver);
    recipe.inputs = expr(&inputs);
    recipe.depends_on = recipe.inputs.references().into_iter().cloned().collect();
    recipe.pure = driver == "pure";
    recipe
}

/// The drivers: `cloud` can do everything but plan, `blind` cannot observe, `pure` gives its inputs as outputs, `planner` also plans.
pub fn catalogue() -> DriverCatalogue {
    let all = Capabilities::default().destroy().observe();
    [
        ("cloud", all),
        ("blind", Capabilities::default().destroy()),
        ("planner", all.plan()),
        ("pure", Capabilities::PURE),
    ]
    .map(|(name, can)| {
        let info = DriverInfo::new(can);
        (Arc::from(name), if can.pure { info.passes_inputs_except(["secrets"]) } else { info })
    })
    .into()
}

/// A thing in the world.
#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    pub uid: ResourceUid,
    pub inputs: Value,
    pub complete: bool,
    /// Its part of what is shared in its lane.
    pub shared: Value,
    /// What it was made or changed under last.
    pub key: Option<IdempotencyKey>,
}

/// How a driver misbehaves with a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Behave {
    /// Nothing happens, and that is said.
    Fail,
    /// It comes to be, and half of it is said.
    Half,
    /// It comes to be, and nobody says so.
    Lost,
    /// Nothing comes to be, and nobody says so.
    Hang,
    /// Its destruction fails.
    Stay,
    /// It says something else.
    Lie(Json),
    /// It answers something that it was not asked.
    Garbage,
}

#[derive(Clone, Debug, Default)]
pub struct World {
    pub things: BTreeMap<Guid, Thing>,
    pub behave: BTreeMap<ResourceUid, Behave>,
    pub drifted: BTreeMap<ResourceUid, Json>,
    /// Every call with effects: operation, uid, key.
    pub calls: Vec<(String, ResourceUid, Option<IdempotencyKey>)>,
    /// The keys with which something came to be: who comes with one again is not told that nothing did.
    pub made_with: BTreeSet<IdempotencyKey>,
    /// The inputs that each key came with.
    pub inputs_of: BTreeMap<IdempotencyKey, Value>,
    /// Whether a key ever came with other inputs.
    pub key_reused: bool,
    /// Whether what is there was ever made anew, under another key.
    pub made_twice: bool,
}

impl World {
    pub fn outputs(guid: &Guid, inputs: &Value, uid: &ResourceUid) -> Value {
        let mut outputs = inputs.child("outputs").and_then(Value::as_map).cloned().unwrap_or_default();
        outputs.insert("id".into(), Value::from(guid.to_string()));
        outputs.insert("value".into(), Value::from(uid.as_str()));
        // Marks do not survive foreign code.
        Value::from(outputs).unmarked()
    }

    /// What a resource adds to what is shared: its size under its name. Nothing outside of lanes.
    pub fn part(shared: &Value, inputs: &Value, uid: &ResourceUid) -> Value {
        match shared {
            Value::Null => Value::Null,
            _ => Value::map([(uid.id(), inputs.child("size").cloned().unwrap_or_default())]),
        }
    }

    fn artefacts(inputs: &Value) -> Vec<score_resolver::Artefact> {
        let artefacts = inputs.child("artefacts").and_then(Value::as_map).cloned().unwrap_or_default();
        let page = |(key, value): (&Arc<str>, &Value)| score_resolver::Artefact {
            kind: "page".into(),
            key: key.clone(),
            value: value.clone(),
        };
        artefacts.iter().map(page).collect()
    }

    pub fn call(&mut self, invocation: &Invocation) -> Result<Response, Failure> {
        let behave = self.behave.get(&invocation.uid).cloned();
        let uid = invocation.uid.clone();
        if &*invocation.driver != "pure" {
            self.calls.push((invocation.request.operation().to_owned(), uid.clone(), invocation.key.clone()));
        }
        let lost = Failure::new("nobody answers").indefinite();
        match &invocation.request {
            Request::Apply(request) if &*invocation.driver == "pure" => {
                let part = Self::part(&request.shared, &request.inputs, &uid);
                let artefacts = Self::artefacts(&request.inputs);
                Ok(Response::Apply(Applied::new(request.inputs.clone()).shared(part).artefacts(artefacts)))
            }
            Request::Apply(request) => {
                let key = invocation.key.clone().unwrap();
                let other = self.things.get(&request.guid).is_some_and(|thing| thing.key.as_ref() != Some(&key));
                self.made_twice |= other && request.prior.is_none();
                let behave = behave.filter(|how| *how != Behave::Fail || !self.made_with.contains(&key));
                let inputs = self.inputs_of.entry(key.clone()).or_insert_with(|| request.inputs.clone());
                self.key_reused |= inputs.unmarked() != request.inputs.unmarked();
                let artefacts = Self::artefacts(&request.inputs);
                let made = Value::map([("made", Value::from(true))]);
                let part = Self::part(&request.shared, &request.inputs, &uid);
                let outputs = Self::outputs(&request.guid, &request.inputs, &uid);
                let applied = Applied::new(outputs).state(made).artefacts(artefacts).shared(part.clone());
                let lie = |outputs: Json| Applied::new(outputs.into()).shared(part.clone());
                let (inputs, shared) = (request.inputs.clone(), part.clone());
                let thing = Thing { uid, inputs, complete: true, shared, key: Some(key.clone()) };
                match behave {
                    Some(Behave::Fail) => return Err(Failure::new("no room left")),
                    Some(Behave::Hang) => return Err(lost),
                    Some(Behave::Garbage) => return Ok(Response::Destroy),
                    Some(Behave::Half) => {
                        self.made_with.insert(key);
                        self.things.insert(request.guid.clone(), Thing { complete: false, ..thing });
                        return Err(Failure::new("half of it").partial(applied));
                    }
                    _ => {}
                }
                self.made_with.insert(key);
                self.things.insert(request.guid.clone(), thing);
                match behave {
                    Some(Behave::Lost) => Err(lost),
                    Some(Behave::Lie(outputs)) => Ok(Response::Apply(lie(outputs))),
                    _ => Ok(Response::Apply(applied)),
                }
            }
            Request::Destroy(request) => {
                if behave == Some(Behave::Stay) {
                    return Err(Failure::new("it does not go away"));
                }
                self.things.remove(&request.guid);
                Ok(Response::Destroy)
            }
            Request::Observe(request) => Ok(Response::Observe(match self.things.get(&request.guid) {
                None => Observed::Absent,
                Some(thing) => {
                    let mut outputs = Self::outputs(&request.guid, &thing.inputs, &uid);
                    if let Some(Json::Object(drifted)) = self.drifted.get(&uid) {
                        for (key, value) in drifted {
                            outputs.insert(&key.parse().unwrap(), Value::from(value.clone()));
                        }
                    }
                    let made = Value::map([("made", Value::from(true))]);
                    let applied = Applied::new(outputs).state(made).artefacts(request.prior.artefacts.clone());
                    let applied = applied.shared(thing.shared.clone());
                    let complete = thing.complete && thing.inputs.unmarked() == request.prior.inputs.unmarked();
                    Observed::Present { applied, complete }
                }
            })),
            Request::Plan(request) => {
                let value = request.inputs.child("promise").cloned();
                let outputs = value.map(|value| Value::map([("promise", value)]));
                let mut planned = score_resolver::Planned::default();
                planned.outputs = outputs;
                planned.deferred = request.inputs.child("wait").and_then(Value::as_str).map(Into::into);
                Ok(Response::Plan(planned))
            }
            other => panic!("nobody asks to {}", other.operation()),
        }
    }

    /// The calls as texts, then forgets them.
    pub fn take_calls(&mut self) -> Vec<String> {
        std::mem::take(&mut self.calls)
            .into_iter()
            .map(|(operation, uid, _)| format!("{operation} {}", uid.id()))
            .collect()
    }
}

/// A state, the world, and what is desired.
#[derive(Clone, Debug)]
pub struct Lab {
    pub journal: Vec<Record>,
    pub world: World,
    pub desired: BTreeMap<ResourceUid, Recipe>,
    pub platform: Arc<Platform>,
    pub options: RunOptions,
}

impl Default for Lab {
    fn default() -> Self {
        let opened = Record::Opened { lineage: Lineage::new([7; 16]), objects: 0, serial: 0 };
        let (platform, _) = Platform::builder().build().into_result().unwrap();
        Self {
            journal: vec![opened],
            world: World::default(),
            desired: BTreeMap::new(),
            platform: Arc::new(platform),
            options: RunOptions::default(),
        }
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub summary: Summary,
    pub events: Vec<Event>,
    pub calls: Vec<String>,
}

impl Lab {
    pub fn new<const N: usize>(desired: [(&str, Recipe); N]) -> Self {
        let mut lab = Self::default();
        lab.want(desired);
        lab
    }

    pub fn want<const N: usize>(&mut self, desired: [(&str, Recipe); N]) {
        self.desired = desired.into_iter().map(|(id, recipe)| (uid(id), recipe)).collect();
    }

    pub fn moved(&mut self, from: &str, to: &str) {
        let (platform, _) = Platform::builder().moved(uid(from), uid(to)).build().into_result().unwrap();
        self.platform = Arc::new(platform);
    }

    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::new(FingerprintKey::new([1; 32]));
        self.journal.iter().cloned().for_each(|record| snapshot.fold(record));
        snapshot
    }

    pub fn resolution(&self) -> Resolution {
        Resolution::from_recipes(self.platform.clone(), Context::new("development"), self.desired.clone()).unwrap()
    }

    pub fn try_plan(&mut self, options: PlanOptions) -> Result<Plan, String> {
        let resolution = self.resolution();
        self.plan_for(Some(&resolution), options)
    }

    pub fn plan(&mut self, options: PlanOptions) -> Plan {
        self.try_plan(options).unwrap()
    }

    pub fn plan_for(&mut self, desired: Option<&Resolution>, options: PlanOptions) -> Result<Plan, String> {
        let (snapshot, drivers) = (self.snapshot(), catalogue());
        let mut planner = Planner::new(desired, &snapshot, options, &drivers);
        while let Some(proposal) = planner.propose() {
            let invocation = proposal.into_invocation();
            planner.settle(&invocation.uid, Preview::from(self.world.call(&invocation)));
        }
        planner.finish().map_err(|problems| problems.to_string())
    }

    pub fn apply(&mut self, plan: Plan) -> Outcome {
        let mut run = Run::new(Arc::new(plan), self.snapshot(), self.options.clone()).unwrap();
        self.drive(&mut run)
    }

    /// Obeys a run: everything is written at once, drivers answer in the order in which they were called.
    pub fn drive(&mut self, run: &mut Run) -> Outcome {
        let mut events = Vec::new();
        let mut open = VecDeque::new();
        loop {
            match run.poll() {
                Some(Command::Write(ticket, record)) => {
                    self.journal.push(record);
                    run.written(ticket);
                }
                Some(Command::Invoke(ticket, invocation)) => open.push_back((ticket, invocation)),
                Some(Command::Emit(event)) => events.push(event),
                Some(Command::Finished(summary)) => {
                    assert_eq!(*run.snapshot(), self.snapshot());
                    return Outcome { summary, events, calls: self.world.take_calls() };
                }
                Some(other) => panic!("{other:?}"),
                None => {
                    let (ticket, invocation) = open.pop_front().expect("a run that waits for nothing");
                    let answer = self.world.call(&invocation);
                    run.answered(ticket, answer);
                }
            }
        }
    }

    pub fn up(&mut self) -> Outcome {
        let plan = self.plan(PlanOptions::default());
        self.world.calls.clear();
        self.apply(plan)
    }

    pub fn down(&mut self, options: PlanOptions) -> Outcome {
        let plan = self.plan_for(None, options).unwrap();
        self.apply(plan)
    }

    /// The actions that a plan would take, but for none: `create a, update b`.
    pub fn actions(&mut self, options: PlanOptions) -> String {
        actions(&self.plan(options))
    }

    pub fn statuses(&self) -> String {
        let snapshot = self.snapshot();
        let list: Vec<String> =
            snapshot.list().iter().map(|listed| format!("{} {}", listed.uid.id(), listed.status)).collect();
        list.join(", ")
    }
}

pub fn actions(plan: &Plan) -> String {
    let changes = plan.changes().iter().filter(|change| change.action != score_resolver::Action::None);
    changes.map(|change| format!("{} {}", change.action, change.uid.id())).collect::<Vec<_>>().join(", ")
}

pub fn empty() -> Json {
    json!({})
}
