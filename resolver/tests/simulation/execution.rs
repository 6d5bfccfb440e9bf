//! One run, obeyed by somebody unreliable.

use std::collections::BTreeSet;
use std::sync::Arc;

use score_model::{ResourceUid, Value};
use score_resolver::{
    Applied, Command, Event, Failure, IdempotencyKey, Invocation, OnFailure, Operation, Plan, Record, Request,
    Response, Run, Snapshot, Ticket,
};

use crate::defect::Defect;
use crate::deployments::{CANARY, Simulation};
use crate::invariant::{Broken, Check, ensure};
use crate::world::Behave;

/// How a run ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Ended {
    Finished,
    Crashed,
}

/// One run, obeyed by somebody unreliable.
pub(crate) struct Execution<'a> {
    pub(crate) simulation: &'a mut Simulation,
    pub(crate) plan: &'a Plan,
    pub(crate) limit: usize,
    pub(crate) on_failure: OnFailure,
    faults: bool,
    pub(crate) unwritten: Vec<(Ticket, Record)>,
    /// Calls that were not answered yet.
    pub(crate) open: Vec<(Ticket, Invocation)>,
    /// Calls that were answered and have not ended: only with a defect.
    pub(crate) lingering: Vec<Invocation>,
    pub(crate) events: Vec<Event>,
    pub(crate) started: BTreeSet<ResourceUid>,
    pub(crate) ended: BTreeSet<ResourceUid>,
    pub(crate) commands: usize,
    pub(crate) cancelled: bool,
    pub(crate) durable: Snapshot,
    /// The keys of calls that were interrupted before this run.
    pub(crate) interrupted: BTreeSet<IdempotencyKey>,
}

impl<'a> Execution<'a> {
    pub(crate) fn new(
        simulation: &'a mut Simulation,
        plan: &'a Plan,
        limit: usize,
        on_failure: OnFailure,
        faults: bool,
    ) -> Self {
        let durable = simulation.lab.snapshot();
        Self {
            simulation,
            plan,
            limit,
            on_failure,
            faults,
            unwritten: Vec::new(),
            open: Vec::new(),
            lingering: Vec::new(),
            events: Vec::new(),
            started: BTreeSet::new(),
            ended: BTreeSet::new(),
            commands: 0,
            cancelled: false,
            interrupted: durable.intents().map(|intent| intent.key.clone()).collect(),
            durable,
        }
    }

    pub(crate) fn defect(&self, defect: Defect) -> bool {
        self.simulation.defect == Some(defect)
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.simulation.random.percent(chance)
    }

    pub(crate) fn drive(mut self, mut run: Run) -> Result<Ended, Broken> {
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
                self.answer(&mut run);
            }
            if self.faults && self.percent(5) {
                self.simulation.land(|_| true);
            }
        }
    }

    /// Lets one call end. What hangs ends last, when its time is over.
    fn answer(&mut self, run: &mut Run) {
        let hangs = |uid: &ResourceUid| self.simulation.lab.world.behave.get(uid) == Some(&Behave::Hang);
        let mut ready: Vec<usize> = (0..self.open.len()).filter(|at| !hangs(&self.open[*at].1.uid)).collect();
        if ready.is_empty() {
            ready = (0..self.open.len()).collect();
        }
        let (ticket, invocation) = self.open.remove(self.simulation.random.pick(&ready));
        let mut answer = self.simulation.call(&invocation);
        if self.faults && self.percent(5) {
            // Sent twice on its way: the second answer counts.
            answer = self.simulation.call(&invocation);
        }
        if self.cancelled && self.defect(Defect::CancelLosesAnswers) {
            answer = Err(Failure::new("cancelled").cancelled());
        }
        if self.defect(Defect::GarbageTaken)
            && matches!((&answer, &invocation.request), (Ok(Response::Destroy), Request::Apply(_)))
        {
            answer = Ok(Response::Apply(Applied::new(Value::map([("value", Value::from(1))]))));
        }
        let again = (self.faults && self.percent(10)).then(|| answer.clone());
        run.answered(ticket, answer);
        if let Some(again) = again {
            // Answered twice, and perhaps with something else.
            run.answered(ticket, if self.percent(50) { again } else { Ok(Response::Destroy) });
        }
        if self.defect(Defect::AnsweredTooEarly) {
            self.lingering.push(invocation);
        }
    }

    fn append(&mut self, record: Record) -> Check {
        if self.defect(Defect::IntentNotWritten) && matches!(record, Record::Intent(_)) {
            return Ok(());
        }
        match &record {
            Record::Object(object) => {
                self.simulation.edges.insert(object.guid.clone(), object.depends_on.clone());
            }
            Record::Relinked { uid, depends_on, .. } => {
                let guid = self.durable.object(uid).map(|object| object.guid.clone());
                self.simulation.edges.extend(guid.map(|guid| (guid, depends_on.clone())));
            }
            _ => {}
        }
        let record = match record {
            Record::Object(mut object) if self.defect(Defect::SecretUnmarked) => {
                let outputs = object.outputs.unmarked();
                Arc::make_mut(&mut object).outputs = outputs;
                Record::Object(object)
            }
            Record::Object(mut object) if self.defect(Defect::EdgesForgotten) => {
                Arc::make_mut(&mut object).depends_on.clear();
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
                        invocation.key = guid.map(|guid| IdempotencyKey::new(&guid, 1)).or(invocation.key);
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

    /// Whether something of this name is destroyed.
    fn goes(&self, uid: &ResourceUid) -> bool {
        let steps = self.plan.steps();
        let mut destroyed =
            steps.ids().filter_map(|id| steps.key(id)).filter(|step| step.operation == Operation::Destroy);
        destroyed.any(|step| step.uid == *uid)
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Started { uid, operation: Operation::Apply } => {
                self.started.insert(uid.clone());
            }
            Event::Succeeded { uid, operation: Operation::Apply } => {
                self.ended.insert(uid.clone());
            }
            // Of two of one name, it is not told which.
            Event::Unchanged { uid } if self.goes(uid) => {
                self.started.insert(uid.clone());
            }
            Event::Unchanged { uid } => {
                self.ended.insert(uid.clone());
            }
            Event::Failed { uid, .. } | Event::Cancelled { uid } | Event::Skipped { uid, .. } => {
                self.started.insert(uid.clone());
            }
            _ => {}
        }
    }

    /// The runner is gone: of what was not acknowledged some was written, of its calls some happen all the same. Or it only lost its lease, and goes on for a while without being able to write.
    fn crash(mut self, mut run: Run) -> Result<Ended, Broken> {
        let kept = self.simulation.random.below(self.unwritten.len() + 1);
        for (_, record) in self.unwritten.drain(..kept).collect::<Vec<_>>() {
            self.append(record)?;
        }
        let zombie = self.percent(50);
        for (ticket, invocation) in std::mem::take(&mut self.open) {
            match self.simulation.random.below(3) {
                0 => {}
                1 => self.simulation.late.push(invocation),
                _ => {
                    let answer = self.simulation.call(&invocation);
                    if zombie {
                        run.answered(ticket, answer);
                    }
                }
            }
        }
        if zombie {
            // Nothing that it says is written, so it calls nobody any more of whom nothing is written.
            while let Some(command) = run.poll() {
                match command {
                    Command::Invoke(_, invocation) => {
                        self.check_call(&invocation)?;
                        self.simulation.late.push(*invocation);
                    }
                    Command::Finished(_) => break,
                    _ => {}
                }
            }
        }
        self.simulation.lab.world.calls.clear();
        Ok(Ended::Crashed)
    }
}
