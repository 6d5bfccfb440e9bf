//! What is checked of a run while it is obeyed, and at its end.

use std::collections::BTreeSet;

use score_graph::NodeId;
use score_model::ResourceUid;
use score_resolver::{Event, Guid, Invocation, OnFailure, Operation, Record, Request, Run, Step};

use crate::defect::Defect;
use crate::execution::Execution;
use crate::invariant::{Check, ensure};
use crate::world::Behave;

impl Execution<'_> {
    pub(crate) fn check_call(&mut self, invocation: &Invocation) -> Check {
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
                        .map(|(_, open)| open)
                        .chain(&self.lingering)
                        .any(|open| open.uid == uid && !matches!(open.request, Request::Destroy(_)));
                    let complete = self.durable.object(&uid).is_some_and(|object| object.complete);
                    ensure(complete && !running, 3, || {
                        format!("`{}` is applied before `{uid}` is there", request.uid)
                    })?;
                }
            }
            Request::Destroy(request) => {
                let repeated = invocation.key.as_ref().is_some_and(|key| self.interrupted.contains(key));
                self.check_destroy(&request.uid, &request.guid, repeated)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// What depends on it, and goes too, is gone.
    fn check_destroy(&self, uid: &ResourceUid, guid: &Guid, repeated: bool) -> Check {
        let steps = self.plan.steps();
        let goes = |uid: &ResourceUid, guid: &Guid| steps.id(&Step::destroy(uid.clone(), guid.clone())).is_some();
        let is_current = self.durable.object(uid).is_some_and(|object| object.guid == *guid);
        if !is_current || !goes(uid, guid) {
            return Ok(());
        }
        let order = self.durable.in_order();
        let rank = |uid: &ResourceUid| order.iter().position(|object| object.uid == *uid);
        let edges = &self.simulation.edges;
        let depends = |guid: &Guid| edges.get(guid).is_some_and(|depends_on| depends_on.contains(uid));
        for object in self.durable.objects().filter(|object| depends(&object.guid)) {
            let may = self.plan.changes().iter().any(|change| change.uid == object.uid && change.may_replace());
            // What ends without a call is there as long as it is recorded; but a call that is repeated need not wait for records.
            let called = !object.pure && !self.simulation.forgotten.contains(&object.guid);
            let in_the_world = self.simulation.lab.world.things.contains_key(&object.guid);
            let there = if called { in_the_world } else { !repeated };
            let first = there && goes(&object.uid, &object.guid) && !may && rank(&object.uid) > rank(uid);
            ensure(!first, 3, || format!("`{uid}` is destroyed before `{}`", object.uid))?;
        }
        Ok(())
    }

    /// With room for one more, every apply whose dependencies have ended has started.
    pub(crate) fn check_busy(&self) -> Check {
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
                || self.unwritten.iter().any(|(_, record)| uid_of(record) == Some(&step.uid));
            ensure(!ready || begun || busy, 4, || format!("`{}` could run", step.uid))?;
        }
        Ok(())
    }

    pub(crate) fn check_end(&mut self, run: &Run) -> Check {
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
        let below = |ids: &[NodeId]| -> BTreeSet<&ResourceUid> {
            let steps = steps.all_dependents_of(ids.iter().copied()).into_iter().filter_map(|id| steps.key(id));
            steps.filter(|step| step.operation == Operation::Apply).map(|step| &step.uid).collect()
        };
        // Of two destroys of one name, it is not told which failed.
        let named = |id: &NodeId| steps.key(*id).map(|step| (&step.uid, step.operation));
        let alone = |id: &&NodeId| failed_ids.iter().filter(|other| named(other) == named(id)).count() == 1;
        let surely: Vec<NodeId> = failed_ids.iter().filter(alone).copied().collect();
        let skipped: BTreeSet<&ResourceUid> =
            self.events.iter().filter(|event| matches!(event, Event::Skipped { .. })).filter_map(Event::uid).collect();
        if !self.cancelled {
            let failed: BTreeSet<&ResourceUid> = failed.iter().map(|(uid, _)| uid).collect();
            for uid in &below(&surely) {
                ensure(skipped.contains(uid) || failed.contains(uid), 6, || format!("`{uid}` depends on what failed"))?;
            }
            for uid in skipped.iter().filter(|_| self.on_failure == OnFailure::Continue) {
                let destroys =
                    |id| steps.key(id).is_some_and(|step| step.operation == Operation::Destroy && step.uid == **uid);
                let destroy_below = steps.all_dependents_of(failed_ids.iter().copied()).into_iter().any(destroys);
                ensure(below(&failed_ids).contains(uid) || destroy_below, 6, || {
                    format!("`{uid}` was skipped for nothing")
                })?;
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
}

/// The resource that a record is about.
fn uid_of(record: &Record) -> Option<&ResourceUid> {
    match record {
        Record::Intent(intent) => Some(&intent.uid),
        Record::Object(object) => Some(&object.uid),
        Record::Deposed { uid, .. } | Record::Removed { uid, .. } | Record::Relinked { uid, .. } => Some(uid),
        _ => None,
    }
}
