//! Who depends on what in a snapshot: made for moves, of which there may be many in a row.

use rustc_hash::{FxHashMap, FxHashSet};
use score_model::ResourceUid;

use crate::Guid;

/// Something recorded that depends on others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Dependent {
    Object(ResourceUid),
    Deposed(Guid),
    Intent(Guid),
}

/// What depends on each uid, and what else than the current object is of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dependents {
    on: FxHashMap<ResourceUid, FxHashSet<Dependent>>,
    of: FxHashMap<ResourceUid, FxHashSet<Dependent>>,
}

impl Dependents {
    /// Adds one, which is of `uid`.
    pub(crate) fn add(&mut self, dependent: &Dependent, uid: &ResourceUid, depends_on: &[ResourceUid]) {
        for on in depends_on {
            self.on.entry(on.clone()).or_default().insert(dependent.clone());
        }
        if !matches!(dependent, Dependent::Object(_)) {
            self.of.entry(uid.clone()).or_default().insert(dependent.clone());
        }
    }

    /// Takes out the current object of a uid.
    pub(crate) fn remove(&mut self, uid: &ResourceUid, depends_on: &[ResourceUid]) {
        for on in depends_on {
            if let Some(dependents) = self.on.get_mut(on) {
                dependents.remove(&Dependent::Object(uid.clone()));
            }
        }
    }

    /// Gives a uid another name. What depends on it, and what else is of it.
    pub(crate) fn rename(
        &mut self,
        from: &ResourceUid,
        to: &ResourceUid,
    ) -> (FxHashSet<Dependent>, FxHashSet<Dependent>) {
        let rename = |map: &mut FxHashMap<ResourceUid, FxHashSet<Dependent>>| {
            let moved = map.remove(from).unwrap_or_default();
            if !moved.is_empty() {
                map.entry(to.clone()).or_default().extend(moved.iter().cloned());
            }
            moved
        };
        (rename(&mut self.on), rename(&mut self.of))
    }
}
