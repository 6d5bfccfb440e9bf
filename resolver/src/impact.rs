//! What a change of the platform would do to what is there, before it is merged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use score_model::ResourceUid;
use serde::Serialize;

use crate::{Node, Object, Resolution, Retention};

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
    /// It would be destroyed.
    Destroyed,
    /// Nobody would ask for it, and it would stay.
    Kept,
    /// It would leave the state and stay in the world.
    Forgotten,
    /// It is protected, and the deployment would be refused.
    Refused,
}

/// What a change of the platform would do: the same workloads and context, resolved on the platform as it is and as it would be. What would stay as it is is not listed. Sorted by uid.
///
/// `recorded` are the objects of the state, where there is one: what is recorded and no longer what the old platform says is judged by the record. So is everything where there is no `old`
/// resolution, because the old platform refuses the workloads.
pub fn impact<'a>(
    old: Option<&Resolution>,
    new: &Resolution,
    recorded: impl IntoIterator<Item = &'a Object>,
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
    let gone: BTreeSet<&ResourceUid> = moves.values().copied().collect();
    let resolved = old.into_iter().chain([new]).flat_map(|resolution| resolution.graph().keys());
    let uids: BTreeSet<&ResourceUid> = resolved.chain(recorded.keys().copied()).collect();
    let listed = uids.difference(&gone).filter_map(|uid| {
        let moved_from = moves.get(uid).copied();
        let was = moved_from.unwrap_or(uid);
        let (before, after, object) = (before(was), new.node(uid), recorded.get(was).copied());
        let effect = effect(before, after, object).or(moved_from.map(|_| Effect::Moved))?;
        let from = object.map(|object| object.module.clone()).or_else(|| before.map(|node| node.recipe.module.clone()));
        let to = after.map(|node| node.recipe.module.clone());
        let mut workloads = workloads(new, uid);
        workloads.extend(old.into_iter().flat_map(|old| self::workloads(old, was)));
        let (uid, moved_from) = ((*uid).clone(), moved_from.cloned());
        Some(Impact { uid, effect, moved_from, from, to, workloads: workloads.into_iter().collect() })
    });
    listed.collect()
}

fn effect(before: Option<&Node>, after: Option<&Node>, object: Option<&Object>) -> Option<Effect> {
    let (was, retention) = match (object, before) {
        (Some(object), _) => ((&object.module, &object.driver), object.on_unreferenced),
        (None, Some(node)) => ((&node.recipe.module, &node.recipe.driver), node.recipe.on_unreferenced),
        (None, None) => return after.map(|_| Effect::Created),
    };
    let Some(after) = after else {
        return Some(match retention {
            Retention::Delete => Effect::Destroyed,
            Retention::Keep => Effect::Kept,
            Retention::Forget => Effect::Forgotten,
            Retention::Protect => Effect::Refused,
        });
    };
    let (old, new) = (before.map(|node| &node.recipe), &after.recipe);
    let forced = || {
        let old = old?;
        new.replace_on.iter().find(|input| old.inputs.get(input) != new.inputs.get(input))
    };
    if *was.1 != new.driver || forced().is_some() {
        return Some(if retention == Retention::Protect { Effect::Refused } else { Effect::Replaced });
    }
    let changed = old.is_none_or(|old| {
        old.inputs != new.inputs || old.outputs != new.outputs || old.driver_schema != new.driver_schema
    });
    if changed {
        return Some(Effect::Updated);
    }
    (*was.0 != new.module).then_some(Effect::Relinked)
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
