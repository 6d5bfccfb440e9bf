//! Runs: one execution of a plan, as a machine that says what to write and whom to call.

mod apply;
mod destroy;
mod holes;
mod options;
mod settle;
mod tally;
mod task;

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use score_graph::{NodeId, NodeOptions, Outcome, SkipReason, Walk, WalkOptions};
use score_model::{Diagnostic, ResourceUid, SecretTexts, Value};

pub use options::RunOptions;

use crate::lanes::{Lanes, Member};
use crate::outputs::Schemas;
use crate::{
    Capabilities, Change, DriverInfo, Event, Failure, Guid, IdempotencyKey, MovedBasis, Object, Operation, Plan,
    Record, Request, Response, Snapshot, Stale, Summary,
};
use tally::Tally;
use task::{Awaiting, End, Task};

/// One execution of a plan: a state machine that writes nothing and calls nobody, but says what to write and whom to call.
///
/// [`poll`](Self::poll) until it answers `None`, do what it says, tell it what came of that, and poll again. Same answers in the same order, same commands.
///
/// - What is to be [written](Command::Write) is written in the order in which it was said; several may be outstanding, so that they can be written together.
///   [`written`](Self::written) says that one is durable.
/// - A driver with effects is called only after its intent is durable, and what depends on its resource starts only after its result is. Results without effects need not be awaited: they become durable before
///   whatever follows from them, but for a call that repeats an interrupted one: its intent is durable already.
/// - [`cancel`](Self::cancel) starts nothing new. What runs is awaited: whoever drives the run may interrupt it.
///
/// A run that ended early, whatever the instant, is continued by planning again, or by [`restore`](Self::restore) from the same plan and what was recorded.
#[derive(Clone, Debug)]
pub struct Run {
    plan: Arc<Plan>,
    snapshot: Snapshot,
    /// Where the object that is looked up next probably is among those of the snapshot.
    likely: usize,
    walk: Walk,
    /// The change of each step, by the step's number.
    change_of: Vec<usize>,
    by_uid: ByUid,
    tasks: FxHashMap<NodeId, Task>,
    tickets: FxHashMap<Ticket, NodeId>,
    next_ticket: u64,
    unwritten: usize,
    commands: VecDeque<Command>,
    cancelled: bool,
    tally: Tally,
    schemas: Schemas,
    /// By the numbers of changes.
    lanes: Lanes,
}

/// The change of each desired resource, once somebody has asked.
type ByUid = OnceLock<FxHashMap<ResourceUid, usize>>;

/// What a command is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// What is to be done now.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// Write this; answer with [`Run::written`] once it is durable.
    Write(Ticket, Record),
    /// Call a driver; answer with [`Run::answered`].
    Invoke(Ticket, Box<Invocation>),
    /// Tell this. There is nothing to answer.
    Emit(Event),
    /// Everything has ended and is durable. Said again each time.
    Finished(Summary),
}

/// A call of a driver.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Invocation {
    /// For which resource.
    pub uid: ResourceUid,
    /// The driver.
    pub driver: Arc<str>,
    /// The identity of the attempt; `None` for calls without effects.
    pub key: Option<IdempotencyKey>,
    /// What it is asked.
    pub request: Request,
}

impl Invocation {
    /// A call without effects, so without a key.
    pub fn new(uid: ResourceUid, driver: impl Into<Arc<str>>, request: Request) -> Self {
        Self { uid, driver: driver.into(), key: None, request }
    }
}

impl Run {
    /// A run of this plan on the state that it was made for.
    ///
    /// # Errors
    /// The state moved since, or was not made yet: its first record is [`Record::Opened`].
    pub fn new(plan: Arc<Plan>, snapshot: Snapshot, options: RunOptions) -> Result<Self, Stale> {
        plan.holds_for(&snapshot)?;
        if snapshot.lineage().is_none() {
            return Err(Stale { moved: vec![MovedBasis::NoState] });
        }
        Ok(Self::restore(plan, snapshot, options))
    }

    /// Takes over a run of this plan that ended early: the snapshot is that of the plan and what that run recorded. What is done is not done again, open intents are settled.
    ///
    /// Whoever calls this answers for it that nothing but that run wrote since.
    pub fn restore(plan: Arc<Plan>, snapshot: Snapshot, options: RunOptions) -> Self {
        let change_of = change_of(&plan);
        let by_uid = OnceLock::new();
        let lanes = lanes(&plan, &snapshot, &by_uid);
        let walk = walk(&plan, &snapshot, &change_of, &options, &lanes);
        let tally = Tally::new(plan.changes().len());
        let mut run = Self {
            plan,
            snapshot,
            likely: 0,
            walk,
            change_of,
            by_uid,
            tasks: FxHashMap::default(),
            tickets: FxHashMap::default(),
            next_ticket: 0,
            unwritten: 0,
            commands: VecDeque::new(),
            cancelled: false,
            tally,
            schemas: Schemas::default(),
            lanes,
        };
        run.open();
        run
    }

    /// What comes before all steps: records move, documents are recorded.
    fn open(&mut self) {
        let plan = self.plan.clone();
        for (from, to) in plan.moves() {
            if self.snapshot.object(from).is_some() && self.snapshot.object(to).is_none() {
                self.write(Record::Moved { from: from.clone(), to: to.clone() });
            }
        }
        for (name, document) in plan.documents() {
            let recorded = self.snapshot.documents().get(name);
            match document {
                Some(new) if recorded != Some(new) => {
                    let (file, text) = (new.file.clone(), new.text.clone());
                    self.write(Record::Document { name: name.clone(), file, text });
                }
                None if recorded.is_some() => {
                    self.write(Record::DocumentRemoved { name: name.clone() });
                }
                _ => {}
            }
        }
    }

    /// The next thing to do; `None` while there is nothing to do before the next answer.
    pub fn poll(&mut self) -> Option<Command> {
        loop {
            if let Some(command) = self.commands.pop_front() {
                return Some(command);
            }
            match self.walk.poll()? {
                score_graph::Command::Start(step) => self.start(step),
                score_graph::Command::Skip(step, reason) => self.skip(step, reason),
                _ if self.unwritten > 0 => return None,
                _ => return Some(Command::Finished(self.tally.summary())),
            }
        }
    }

    /// Says that a record is durable.
    pub fn written(&mut self, ticket: Ticket) {
        self.unwritten = self.unwritten.saturating_sub(1);
        let Some(step) = self.tickets.remove(&ticket) else { return };
        let Some(mut task) = self.tasks.remove(&step) else { return };
        match std::mem::replace(&mut task.awaiting, Awaiting::Proceed) {
            Awaiting::Intent(_) if self.cancelled => {
                // Nothing was called: the intent is closed again.
                let settled = Record::Settled { guid: task.guid.clone() };
                self.write_for(task, settled, Awaiting::End(End::Cancelled));
            }
            Awaiting::Intent(invocation) => self.invoke(task, *invocation),
            Awaiting::End(end) => self.end(task, end),
            Awaiting::Proceed => self.proceed(task),
            Awaiting::Answer => {
                self.tasks.insert(step, Task { awaiting: Awaiting::Answer, ..task });
            }
        }
    }

    /// Says what a driver answered. An answer to what was not asked is ignored.
    pub fn answered(&mut self, ticket: Ticket, answer: Result<Response, Failure>) {
        let Some(step) = self.tickets.get(&ticket).copied() else { return };
        let Some(task) = self.tasks.remove(&step) else { return };
        if !matches!(task.awaiting, Awaiting::Answer) {
            self.tasks.insert(step, task);
            return;
        }
        self.tickets.remove(&ticket);
        match task.operation {
            Operation::Apply => self.apply_answered(task, answer),
            Operation::Destroy => self.destroy_answered(task, answer),
        }
    }

    /// Says how far a driver is. What is secret in it is not told on.
    pub fn progress(&mut self, ticket: Ticket, message: &str) {
        if let Some(task) = self.tickets.get(&ticket).and_then(|step| self.tasks.get(step)) {
            let (uid, message) = (task.uid.clone(), task.told.redact(message).into());
            self.emit(Event::Progress { uid, message });
        }
    }

    /// Says that a driver failed for now, after that many attempts, and is called again. What is secret in the message is not told on.
    pub fn retried(&mut self, ticket: Ticket, attempt: u32, message: &str) {
        if let Some(task) = self.tickets.get(&ticket).and_then(|step| self.tasks.get(step)) {
            let (uid, message) = (task.uid.clone(), task.told.redact(message).into());
            self.emit(Event::Retried { uid, attempt, message });
        }
    }

    /// Starts nothing new. What runs is awaited and recorded.
    pub fn cancel(&mut self) {
        self.cancelled = true;
        self.walk.cancel();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled
    }

    /// The plan that it executes.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The state as it is once all is written that was said to be.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The same, when the run is over.
    pub fn into_snapshot(self) -> Snapshot {
        self.snapshot
    }

    /// How the resources ended so far.
    pub fn summary(&self) -> Summary {
        self.tally.summary()
    }

    fn start(&mut self, step: NodeId) {
        let plan = self.plan.clone();
        let number = self.change_of.get(step.index()).copied().unwrap_or(usize::MAX);
        let (Some(key), Some(change)) = (plan.steps().key(step), plan.changes().get(number)) else {
            // Not reached: each step has a change.
            let _ = self.walk.report(step, Outcome::Failed);
            return;
        };
        let guid = match &key.guid {
            Some(guid) => guid.clone(),
            None => self.target(change),
        };
        let task = Task::new(step, number, key, guid);
        self.proceed(task);
    }

    /// The guid of what an apply makes or changes: the recorded object's, or, of what comes to be, the planned one.
    fn target(&mut self, change: &Change) -> Guid {
        let goes = |object: &Object| {
            (change.gone || change.action == crate::Action::Replace) && Some(&object.guid) == change.guid.as_ref()
        };
        match self.snapshot.near(&change.uid, &mut self.likely).filter(|object| !goes(object)) {
            Some(object) => object.guid.clone(),
            None => self.new_guid(change),
        }
    }

    /// The guid that a change plans for what comes to be.
    fn new_guid(&self, change: &Change) -> Guid {
        match self.snapshot.lineage() {
            Some(lineage) => Guid::derive(lineage, &change.uid, change.number),
            None => Guid::derive(&crate::Lineage::new([0; 16]), &change.uid, change.number),
        }
    }

    /// Looks at what is recorded and does what is to be done next.
    fn proceed(&mut self, task: Task) {
        if self.cancelled && task.proceeded {
            return self.end(task, End::Cancelled);
        }
        let mut task = task;
        let again = std::mem::replace(&mut task.proceeded, true);
        match task.operation {
            Operation::Apply => self.proceed_apply(task, again),
            Operation::Destroy => self.proceed_destroy(task),
        }
    }

    fn skip(&mut self, step: NodeId, reason: SkipReason) {
        let number = self.change_of.get(step.index()).copied().unwrap_or(usize::MAX);
        let (Some(key), Some(change)) = (self.plan.steps().key(step), self.plan.changes().get(number)) else { return };
        let conditional = key.operation == Operation::Destroy && change.may_replace();
        if conditional || self.tally.is_skipped(number) {
            return;
        }
        let uid = key.uid.clone();
        let event = if self.cancelled {
            self.tally.cancelled(number);
            Event::Cancelled { uid }
        } else {
            self.tally.skipped(number);
            let because_of = match reason {
                SkipReason::DependencyFailed(on) => self.plan.steps().key(on).map(|step| step.uid.clone()),
                _ => None,
            };
            Event::Skipped { uid, because_of }
        };
        self.emit(event);
    }

    fn end(&mut self, task: Task, end: End) {
        let outcome = match &end {
            End::Failed(_) => Outcome::Failed,
            End::Cancelled => Outcome::Cancelled,
            End::Succeeded | End::Unchanged | End::Nothing => Outcome::Succeeded,
        };
        let (uid, operation, change) = (task.uid.clone(), task.operation, task.change);
        match end {
            End::Succeeded => {
                self.tally.succeeded(change);
                self.emit(Event::Succeeded { uid, operation });
            }
            End::Unchanged => {
                self.tally.unchanged(change);
                self.emit(Event::Unchanged { uid });
            }
            End::Nothing => {}
            End::Failed(message) => {
                self.tally.failed(change);
                let message = task.told.redact(&message).into();
                self.emit(Event::Failed { uid, operation, message });
            }
            End::Cancelled => {
                self.tally.cancelled(change);
                self.emit(Event::Cancelled { uid });
            }
        }
        if !task.released {
            // Not an error: the walk started this step and it was not reported yet.
            let _ = self.walk.report(task.step, outcome);
        }
    }

    fn emit(&mut self, event: Event) {
        self.commands.push_back(Command::Emit(event));
    }

    fn tell(&mut self, task: &Task, diagnostic: Diagnostic) {
        self.emit(Event::Diagnostic { uid: Some(task.uid.clone()), diagnostic: Box::new(diagnostic) });
    }

    fn started(&mut self, task: &mut Task) {
        if !std::mem::replace(&mut task.announced, true) {
            self.emit(Event::Started { uid: task.uid.clone(), operation: task.operation });
        }
    }

    fn ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        Ticket(self.next_ticket)
    }

    fn write(&mut self, record: Record) -> Ticket {
        let ticket = self.ticket();
        self.snapshot.fold(record.clone());
        self.unwritten += 1;
        self.commands.push_back(Command::Write(ticket, record));
        ticket
    }

    /// Writes a record, and goes on with the task once it is durable.
    fn write_for(&mut self, mut task: Task, record: Record, then: Awaiting) {
        let ticket = self.write(record);
        if !task.has_effects && matches!(then, Awaiting::End(End::Succeeded | End::Unchanged | End::Nothing)) {
            // Nothing happened in the world that could be lost, and what is written later is never durable without this: what depends on it need not wait.
            task.released = true;
            let _ = self.walk.report(task.step, Outcome::Succeeded);
        }
        task.awaiting = then;
        self.tickets.insert(ticket, task.step);
        self.tasks.insert(task.step, task);
    }

    fn invoke(&mut self, mut task: Task, invocation: Invocation) {
        self.started(&mut task);
        let ticket = self.ticket();
        task.awaiting = Awaiting::Answer;
        task.called = true;
        task.has_effects |= invocation.key.is_some();
        self.tickets.insert(ticket, task.step);
        self.tasks.insert(task.step, task);
        self.commands.push_back(Command::Invoke(ticket, Box::new(invocation)));
    }

    fn driver(&self, name: &str) -> Option<&DriverInfo> {
        self.plan.drivers().get(name)
    }

    fn capabilities(&self, name: &str) -> Capabilities {
        self.driver(name).map(|driver| driver.capabilities).unwrap_or_default()
    }
}

/// The change of each step, by the step's number.
fn change_of(plan: &Plan) -> Vec<usize> {
    let steps = plan.steps();
    let mut change_of = vec![usize::MAX; steps.len()];
    // Steps and changes mostly come in one order.
    let mut next = 0;
    for (number, change) in plan.changes().iter().enumerate() {
        for step in change.apply_step().into_iter().chain(change.destroy_step()) {
            let is_next = steps.keys().get(next) == Some(&step);
            let Some(at) = is_next.then_some(next).or_else(|| Some(steps.id(&step)?.index())) else { continue };
            change_of[at] = number;
            next = at + 1;
        }
    }
    change_of
}

/// The change of each desired resource.
fn changes_by_uid(plan: &Plan) -> FxHashMap<ResourceUid, usize> {
    let desired = plan.changes().iter().enumerate().filter(|(_, change)| change.recipe.is_some());
    desired.map(|(number, change)| (change.uid.clone(), number)).collect()
}

/// The lanes of the plan's changes: members that are recorded go first, in the order of their numbers.
fn lanes(plan: &Plan, snapshot: &Snapshot, by_uid: &ByUid) -> Lanes {
    if !plan.has_lanes() {
        return Lanes::default();
    }
    let changes = plan.changes();
    let recipe = |at: usize| changes.get(at).and_then(|change| change.recipe.as_ref());
    let dependencies = |at: usize| {
        let needed = recipe(at).map(|recipe| recipe.depends_on.as_slice()).unwrap_or_default();
        needed.iter().filter_map(|uid| by_uid.get_or_init(|| changes_by_uid(plan)).get(uid).copied())
    };
    Lanes::new(changes.len(), dependencies, |at| {
        let change = changes.get(at)?;
        let lane = change.recipe.as_ref()?.lane.as_ref()?;
        let number = snapshot.object(&change.uid).map_or(change.number, |object| object.number);
        Some(Member { lane, number })
    })
}

/// The walk over the plan's steps: limits, lanes, expected durations.
fn walk(plan: &Plan, snapshot: &Snapshot, change_of: &[usize], options: &RunOptions, order: &Lanes) -> Walk {
    let mut walk_options = WalkOptions::default().limit(options.parallelism.get()).on_failure(options.on_failure);
    let mut groups: FxHashMap<&str, u32> = FxHashMap::default();
    for (number, (driver, limit)) in (0..).zip(&options.driver_limits) {
        groups.insert(driver, number);
        walk_options = walk_options.group_limit(number, limit.get());
    }
    let mut lanes: FxHashMap<&str, u32> = FxHashMap::default();
    let recipes = plan.changes().iter().filter(|_| plan.has_lanes()).filter_map(|change| change.recipe.as_ref());
    for lane in recipes.filter_map(|recipe| recipe.lane.as_deref()) {
        let number = lanes.len() as u32;
        lanes.entry(lane).or_insert(number);
    }
    let simple = groups.is_empty() && lanes.is_empty() && options.durations.is_empty();
    let steps = plan.steps();
    Walk::new(steps, walk_options, |step| {
        let node = NodeOptions::default();
        if simple {
            return node;
        }
        let node = node.cost(options.durations.get(step).copied().unwrap_or_default());
        let number = steps.id(step).and_then(|id| change_of.get(id.index()).copied());
        let Some(change) = number.and_then(|number| plan.changes().get(number)) else { return node };
        match (&step.guid, &change.recipe) {
            (None, Some(recipe)) => {
                let lane = recipe.lane.as_deref().and_then(|lane| lanes.get(lane).copied());
                let rank = number.and_then(|number| order.rank(number)).unwrap_or_default();
                node.lane(lane).rank(rank as u32).group(groups.get(&*recipe.driver).copied())
            }
            (Some(guid), _) => {
                let driver = snapshot.find(&step.uid, guid).map(|object| &*object.driver);
                node.group(driver.and_then(|driver| groups.get(driver).copied()))
            }
            _ => node,
        }
    })
}

/// The secrets of what a driver is told.
fn secrets<'a>(values: impl IntoIterator<Item = &'a Value>) -> SecretTexts {
    let mut secrets = SecretTexts::new();
    for value in values {
        secrets.add(value);
    }
    secrets
}
