//! What happens to what only state knows: nobody asks for it.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use score_model::ResourceUid;

use super::recorded::OfChange;
use super::used_drivers::UsedDrivers;
use super::{Action, Change, Changes, Planner, Reason};
use crate::provisioned::Provisioned;
use crate::{Guid, Intent, Object, ReplaceOrder, Retention};

/// What happens to what only state knows.
#[derive(Default)]
pub(super) struct OnlyRecorded<'s> {
    /// Each change with what is recorded of what it is about.
    pub(super) found: Vec<(Arc<Change>, OfChange<'s>)>,
    /// Whether something of it is to be protected.
    pub(super) protects: bool,
}

impl Planner<'_> {
    /// What happens to all that only state knows, by uid, old objects after the others.
    pub(super) fn only_recorded(
        &self,
        changes: &Changes,
        is_desired: &[bool],
        used_drivers: &mut UsedDrivers,
    ) -> OnlyRecorded<'_> {
        let OnlyRecorded { mut found, protects } = self.unreferenced(changes, is_desired, used_drivers);
        let count = found.len();
        for object in self.state.deposed() {
            used_drivers.add(&object.driver);
            let reason = Reason::Deposed { guid: object.guid.clone() };
            let action = if self.is_left_alone(&object.uid) { Action::Deferred } else { Action::Delete };
            found.push((of_object(object, action, vec![reason]), self.recorded_of(&object.uid, &object.guid)));
        }
        if !self.attempts.is_empty() {
            found.extend(self.attempted(changes));
        }
        if found.len() > count {
            found.sort_by(|(a, _), (b, _)| (&a.uid, is_old(a), &a.guid).cmp(&(&b.uid, is_old(b), &b.guid)));
        }
        OnlyRecorded { found, protects }
    }

    /// What is recorded of what has this uid and this guid.
    fn recorded_of(&self, uid: &ResourceUid, guid: &Guid) -> OfChange<'_> {
        let place = self.state.place_near(uid, &mut 0);
        OfChange { place, object: self.state.find(uid, guid), intent: self.state.intent(guid) }
    }

    /// What happens to what may have come to exist beside what is recorded and what goes on with it.
    fn attempted(&self, changes: &Changes) -> Vec<(Arc<Change>, OfChange<'_>)> {
        let deferred = deferred(changes);
        let continued: FxHashMap<&ResourceUid, u64> =
            changes.iter().filter(|change| change.applies()).map(|change| (&change.uid, change.number)).collect();
        let destroyed: FxHashSet<&Guid> = changes.iter().filter_map(Change::destroys).collect();
        let mut found = Vec::new();
        for intent in self.attempts.values().flatten().filter_map(|guid| self.state.intent(guid)) {
            let continues = continued.get(&intent.uid) == Some(&intent.number) || deferred.contains(&intent.uid);
            if !continues && !destroyed.contains(&intent.guid) {
                let action = if self.is_left_alone(&intent.uid) { Action::Deferred } else { Action::Delete };
                found.push((of_intent(intent, action), self.recorded_of(&intent.uid, &intent.guid)));
            }
        }
        found
    }

    /// What happens to all objects that nobody asks for, by uid.
    fn unreferenced(&self, changes: &Changes, is_desired: &[bool], used_drivers: &mut UsedDrivers) -> OnlyRecorded<'_> {
        let OnlyRecorded { mut found, mut protects } = OnlyRecorded::default();
        if !is_desired.contains(&false) {
            return OnlyRecorded { found, protects };
        }
        let mut may_stay = self.selection().is_partial() || changes.have([Action::Deferred]);
        let mut in_order = true;
        for (place, object) in self.state.in_any_order().enumerate().filter(|(place, _)| !is_desired[*place]) {
            used_drivers.add(&object.driver);
            let goes = if object.on_unreferenced == Retention::Forget { Action::Forget } else { Action::Delete };
            may_stay |= object.on_unreferenced == Retention::Keep;
            protects |= object.on_unreferenced == Retention::Protect;
            in_order &= found.last().is_none_or(|(last, _)| last.uid < object.uid);
            let of = OfChange { place: Some(place), object: Some(object), intent: self.state.intent(&object.guid) };
            found.push((of_object(object, goes, vec![self.why_it_goes()]), of));
        }
        if !in_order {
            found.sort_by(|(a, _), (b, _)| a.uid.cmp(&b.uid));
        }
        if may_stay {
            self.let_stay(found.iter_mut().map(|(change, _)| change), changes, is_desired);
        }
        OnlyRecorded { found, protects }
    }

    /// Lets stay what is kept or does not go now, of what nobody asks for.
    fn let_stay<'c>(&self, found: impl Iterator<Item = &'c mut Arc<Change>>, changes: &Changes, is_desired: &[bool]) {
        let provisioned = Provisioned::of(&self.state);
        let is_desired: Vec<bool> = provisioned.places.iter().map(|place| is_desired[*place]).collect();
        let mut stays = self.kept(&provisioned, &is_desired);
        let mut held = self.held(&provisioned, &is_desired, &deferred(changes));
        let unreferenced = (0..is_desired.len()).filter(|at| !is_desired[*at]);
        for (at, change) in unreferenced.zip(found) {
            let (action, reason) = match (held.remove(&at), stays.remove(&at)) {
                (Some(reason), _) => (Action::Deferred, reason),
                (None, Some(reason)) => (Action::None, reason),
                (None, None) => continue,
            };
            let change = Arc::make_mut(change);
            (change.action, change.reasons) = (action, vec![reason]);
        }
    }

    fn why_it_goes(&self) -> Reason {
        if self.desired.is_none() { Reason::Down } else { Reason::Unreferenced }
    }

    fn is_left_alone(&self, uid: &ResourceUid) -> bool {
        self.selection().is_excluded(uid) || (self.selection().has_targets() && !self.selection().is_target(uid))
    }

    /// What stays though nobody asks for it: what is to be kept, and what that depends on.
    fn kept(&self, provisioned: &Provisioned<'_>, is_desired: &[bool]) -> FxHashMap<usize, Reason> {
        let mut stays = FxHashMap::default();
        let mut needed_by: Vec<Option<usize>> = vec![None; is_desired.len()];
        for &at in provisioned.order.iter().rev().filter(|at| !is_desired[**at]) {
            let object = provisioned.objects[at];
            let kept = object.on_unreferenced == Retention::Keep && !(self.desired.is_none() && self.options.all);
            let reason = match needed_by[at] {
                _ if kept => Reason::Kept,
                Some(by) => Reason::NeededByKept { uid: provisioned.objects[by].uid.clone() },
                None => continue,
            };
            stays.insert(at, reason);
            for on in provisioned.depends_on.of(at) {
                needed_by[*on].get_or_insert(at);
            }
        }
        stays
    }

    /// What does not go now: what is not selected, and what deferred nodes used to depend on.
    fn held(
        &self,
        provisioned: &Provisioned<'_>,
        is_desired: &[bool],
        deferred: &FxHashSet<&ResourceUid>,
    ) -> FxHashMap<usize, Reason> {
        let Provisioned { objects, depends_on, order, .. } = provisioned;
        let mut targeted = vec![false; objects.len()];
        for &at in order.iter().filter(|at| !is_desired[**at]) {
            targeted[at] =
                self.selection().is_target(&objects[at].uid) || depends_on.of(at).iter().any(|on| targeted[*on]);
        }
        let mut held = FxHashMap::default();
        let mut needed_by: Vec<Option<usize>> = vec![None; objects.len()];
        for &at in order.iter().rev() {
            let uid = &objects[at].uid;
            if !is_desired[at] {
                let reason = if self.selection().is_excluded(uid) {
                    Some(Reason::Excluded)
                } else if self.selection().has_targets() && !targeted[at] {
                    Some(Reason::NotTargeted)
                } else {
                    needed_by[at].map(|by| Reason::BecauseOf { uid: objects[by].uid.clone() })
                };
                let Some(reason) = reason else { continue };
                held.insert(at, reason);
            } else if !deferred.contains(uid) {
                continue;
            }
            for on in depends_on.of(at) {
                needed_by[*on].get_or_insert(at);
            }
        }
        held
    }
}

/// What does not change now, though something may be to be done.
fn deferred(changes: &Changes) -> FxHashSet<&ResourceUid> {
    if !changes.have([Action::Deferred]) {
        return FxHashSet::default();
    }
    changes.iter().filter(|change| change.action == Action::Deferred).map(|change| &change.uid).collect()
}

pub(super) fn is_old(change: &Change) -> bool {
    matches!(change.reasons.first(), Some(Reason::Deposed { .. }))
}

fn of_object(object: &Object, action: Action, reasons: Vec<Reason>) -> Arc<Change> {
    let Object { uid, guid, number, module, .. } = object;
    Arc::new(Change { reasons, before: Some(object.inputs.clone()), ..of_recorded(action, uid, guid, *number, module) })
}

fn of_intent(intent: &Intent, action: Action) -> Arc<Change> {
    let Intent { uid, guid, number, module, .. } = intent;
    Arc::new(Change { reasons: vec![Reason::Interrupted], ..of_recorded(action, uid, guid, *number, module) })
}

fn of_recorded(action: Action, uid: &ResourceUid, guid: &Guid, number: u64, module: &Arc<str>) -> Change {
    Change {
        uid: uid.clone(),
        action,
        module: module.clone(),
        reasons: Vec::new(),
        before: None,
        after: None,
        recipe: None,
        guid: Some(guid.clone()),
        number,
        order: ReplaceOrder::default(),
        gone: false,
        observed: None,
        planned: None,
        evaluated: None,
        before_it: None,
    }
}
