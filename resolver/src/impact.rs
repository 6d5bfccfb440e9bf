//! What a change of the platform would do to what is there, before it is merged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use score_model::{Path, ResourceUid, Value};
use serde::Serialize;

use crate::foreseen::{Foreseen, Foresight, Read, Told};
use crate::plan::{differences, meets};
use crate::{DriverCatalogue, Node, Object, Resolution, Retention};

/// What a change of the platform would do to one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Impact {
    /// The resource.
    pub uid: ResourceUid,
    /// What would become of it.
    pub effect: Effect,
    /// The uid that it has now, where a `moved` entry of the new platform gives it another one.
    pub moved_from: Option<ResourceUid>,
    /// The module that serves it now; `None` where there is nothing yet.
    pub from: Option<Arc<str>>,
    /// The module that would serve it; `None` where nobody would ask for it.
    pub to: Option<Arc<str>>,
    /// The workloads that depend on it, directly or through others, in either resolution.
    pub workloads: Vec<ResourceUid>,
}

/// What would become of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Effect {
    /// It would be made.
    Created,
    /// It would be changed where it is.
    Updated,
    /// Another module would serve it, in the same way: the thing stays as it is.
    Relinked,
    /// It would get another uid, and stay as it is.
    Moved,
    /// A new one would be made, and the old one destroyed.
    Replaced,
    /// It would be changed, and whether in place depends on what comes out of a change to something else.
    MayBeReplaced,
    /// It would be destroyed.
    Destroyed,
    /// Nobody would ask for it, and it would stay.
    Kept,
    /// It would leave the state and stay in the world.
    Forgotten,
    /// It is protected, and the deployment would be refused.
    Refused,
}

/// What a change of the platform would do: the same workloads, resolved on the platform as it is and as it would be. What would stay as it is is not listed. Sorted by uid.
///
/// `recorded` are the objects of the state, where there is one. What the old platform asks for is compared with what the new one does; where there is no `old` resolution, because the old platform refuses the workloads or does
/// not know the environment, and where it asks for something else, the record counts. What goes is judged by the record, what stays by the new platform.
///
/// No driver is called. Outputs of [drivers that pass their inputs on](crate::DriverInfo::passes_inputs_except) are known; those of others stay as they are where nothing is to be done to the resource, and are not known
/// where something is: then what reads them may change, too.
pub fn impact<'a>(
    old: Option<&'a Resolution>,
    new: &'a Resolution,
    recorded: impl IntoIterator<Item = &'a Object>,
    drivers: &'a DriverCatalogue,
) -> Vec<Impact> {
    let before = |uid: &ResourceUid| old.and_then(|old| old.node(uid));
    let recorded: BTreeMap<&ResourceUid, &Object> = recorded.into_iter().map(|object| (&object.uid, object)).collect();
    let is_there = |uid: &ResourceUid| before(uid).is_some() || recorded.contains_key(uid);
    let moves: BTreeMap<&ResourceUid, &ResourceUid> = new
        .platform()
        .moves()
        .filter(|(from, to)| is_there(from) && new.node(from).is_none() && new.node(to).is_some() && !is_there(to))
        .map(|(from, to)| (to, from))
        .collect();
    let effects = Effects { old, recorded: &recorded, moves: &moves, drivers }.of_all(new);
    let gone: BTreeSet<&ResourceUid> = moves.values().copied().collect();
    let resolved = old.into_iter().chain([new]).flat_map(|resolution| resolution.graph().keys());
    let uids: BTreeSet<&ResourceUid> = resolved.chain(recorded.keys().copied()).collect();
    let listed = uids.difference(&gone).filter_map(|uid| {
        let moved_from = moves.get(uid).copied();
        let was = moved_from.unwrap_or(uid);
        let (before, after, object) = (before(was), new.node(uid), recorded.get(was).copied());
        let effect = match after {
            Some(_) => effects.get(uid).copied().flatten(),
            None => Some(without_requests(before, object)),
        };
        let effect = effect.or(moved_from.map(|_| Effect::Moved))?;
        let from = object.map(|object| object.module.clone()).or_else(|| before.map(|node| node.recipe.module.clone()));
        let to = after.map(|node| node.recipe.module.clone());
        let mut workloads = workloads(new, uid);
        workloads.extend(old.into_iter().flat_map(|old| self::workloads(old, was)));
        let (uid, moved_from) = ((*uid).clone(), moved_from.cloned());
        Some(Impact { uid, effect, moved_from, from, to, workloads: workloads.into_iter().collect() })
    });
    listed.collect()
}

/// What becomes of that for which nobody asks any more.
fn without_requests(before: Option<&Node>, object: Option<&Object>) -> Effect {
    let retention = object.map(|object| object.on_unreferenced).or(before.map(|node| node.recipe.on_unreferenced));
    match retention.unwrap_or_default() {
        Retention::Delete => Effect::Destroyed,
        Retention::Keep => Effect::Kept,
        Retention::Forget => Effect::Forgotten,
        Retention::Protect => Effect::Refused,
    }
}

/// What becomes of that for which somebody asks.
struct Effects<'a, 's> {
    old: Option<&'a Resolution>,
    recorded: &'s BTreeMap<&'a ResourceUid, &'a Object>,
    /// What is moved, by the new uid.
    moves: &'s BTreeMap<&'a ResourceUid, &'a ResourceUid>,
    drivers: &'a DriverCatalogue,
}

impl<'a> Effects<'a, '_> {
    /// The effect on each resource of the new resolution; `None` where it stays as it is.
    fn of_all(&self, new: &'a Resolution) -> BTreeMap<&'a ResourceUid, Option<Effect>> {
        let mut read = Read::default();
        self.old.into_iter().for_each(|old| read.note(old, |uid| uid));
        read.note(new, |uid| self.was(uid));
        let mut before = Foreseen::new(self.drivers);
        for node in self.old.into_iter().flat_map(Resolution::nodes) {
            let object = self.recorded.get(&node.uid);
            let guid = object.map(|object| &object.guid);
            let answered = || object.map_or_else(|| read.stand_ins(&node.uid), |object| object.raw_outputs.clone());
            before.add(node, guid, before.told(node, guid), answered);
        }
        let (mut after, mut effects) = (Foreseen::new(self.drivers), BTreeMap::new());
        for node in new.nodes() {
            let was = self.was(&node.uid);
            let old = self.old.and_then(|old| old.node(was)).zip(before.get(was));
            let object = self.recorded.get(was).copied();
            let guid = object.map(|object| &object.guid);
            let told = after.told(node, guid);
            let effect = driver_effect(node, old, object, &told);
            let found = after.add(node, guid, told, || {
                let answered = old.map(|(_, old)| &old.own).or(object.map(|object| &object.raw_outputs));
                answered.filter(|_| effect.is_none()).cloned().unwrap_or(Value::Unknown)
            });
            let outputs = old.map(|(_, old)| &old.outputs).or(object.map(|object| &object.outputs));
            let effect = effect.or_else(|| {
                let differ = outputs.is_some_and(|outputs| Difference::new(outputs, &found.outputs).is_some());
                differ.then_some(Effect::Updated)
            });
            let module = object.map(|object| &object.module).or(old.map(|(node, _)| &node.recipe.module));
            let relinked = || module.filter(|module| **module != node.recipe.module).map(|_| Effect::Relinked);
            effects.insert(&node.uid, effect.or_else(relinked));
        }
        effects
    }

    /// The uid that a resource has now.
    fn was(&self, uid: &'a ResourceUid) -> &'a ResourceUid {
        self.moves.get(uid).copied().unwrap_or(uid)
    }
}

/// What its driver would have to do to a resource that it is told this of; `None`: nothing.
fn driver_effect(
    node: &Node,
    old: Option<(&Node, &Foresight)>,
    object: Option<&Object>,
    told: &Told,
) -> Option<Effect> {
    let new = &node.recipe;
    let was = old.map(|(old, _)| (&old.recipe.driver, old.recipe.driver_schema));
    let Some((driver, schema)) = object.map(|object| (&object.driver, object.driver_schema)).or(was) else {
        return Some(Effect::Created);
    };
    let old_inputs = old.map(|(_, old)| &old.told.inputs).or(object.map(|object| &object.inputs));
    let difference = old_inputs.and_then(|old| Difference::new(old, &told.inputs));
    let forces = |paths: &[Path]| paths.iter().any(|path| new.replace_on.iter().any(|fixed| meets(fixed, path)));
    let (replaced, may_be) = match &difference {
        Some(difference) => (forces(&difference.changed), forces(&difference.unknown)),
        None => (false, false),
    };
    if *driver != new.driver || replaced {
        return Some(if new.on_unreferenced == Retention::Protect { Effect::Refused } else { Effect::Replaced });
    }
    let told_otherwise = old.is_some_and(|(_, old)| Difference::new(&old.told.context, &told.context).is_some());
    match (may_be, difference.is_some() || schema != new.driver_schema || told_otherwise) {
        (true, _) => Some(Effect::MayBeReplaced),
        (false, true) => Some(Effect::Updated),
        (false, false) => None,
    }
}

/// Where two values differ.
struct Difference {
    changed: Vec<Path>,
    /// What is not known any more.
    unknown: Vec<Path>,
}

impl Difference {
    /// `None` where they are the same.
    fn new(before: &Value, after: &Value) -> Option<Self> {
        let (changed, mut unknown) = differences(before, after);
        unknown.retain(|path| before.get(path) != Some(Value::Unknown));
        (!changed.is_empty() || !unknown.is_empty()).then_some(Self { changed, unknown })
    }
}

fn workloads(resolution: &Resolution, uid: &ResourceUid) -> BTreeSet<ResourceUid> {
    let graph = resolution.graph();
    let Some(id) = graph.id(uid) else { return BTreeSet::new() };
    let dependents = graph.all_dependents(id).into_iter().chain([id]);
    dependents.map(|id| &graph[id]).filter(|uid| uid.is_workload()).cloned().collect()
}

/// One line for people.
impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.effect {
            Effect::Created => "is created",
            Effect::Updated => "is changed in place",
            Effect::Relinked | Effect::Moved => "stays as it is",
            Effect::Replaced => "is replaced",
            Effect::MayBeReplaced => "is changed, and may be replaced",
            Effect::Destroyed => "is destroyed",
            Effect::Kept => "is kept, and nobody asks for it",
            Effect::Forgotten => "is forgotten, and stays in the world",
            Effect::Refused => "is protected: the deployment is refused",
        };
        write!(f, "`{}`", self.uid)?;
        if let Some(from) = &self.moved_from {
            write!(f, ", which was `{from}`,")?;
        }
        write!(f, " {what}")?;
        match (&self.from, &self.to) {
            (Some(from), Some(to)) if from != to => write!(f, ": module `{to}` instead of `{from}`")?,
            (Some(module), _) | (None, Some(module)) => write!(f, ": module `{module}`")?,
            (None, None) => {}
        }
        if !self.workloads.is_empty() {
            let names: Vec<&str> = self.workloads.iter().map(ResourceUid::id).collect();
            write!(f, " (for {})", names.join(", "))?;
        }
        Ok(())
    }
}
