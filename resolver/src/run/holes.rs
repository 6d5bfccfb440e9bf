//! What fills the holes of recipes while a plan is executed: what is recorded.

use std::cell::Cell;

use rustc_hash::FxHashSet;
use score_model::{ResourceUid, Value};

use super::{ByUid, changes_by_uid};
use crate::lanes::Lanes;
use crate::outputs::artefact_list;
use crate::{Artefact, Guid, Holes, Plan, Snapshot};

pub(super) struct RunHoles<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) plan: &'a Plan,
    pub(super) by_uid: &'a ByUid,
    pub(super) change: usize,
    pub(super) guid: &'a Guid,
    pub(super) lanes: &'a Lanes,
    /// Where the object that is looked up next probably is among those of the snapshot.
    pub(super) likely: Cell<usize>,
}

impl RunHoles<'_> {
    /// All that the resource depends on, directly or through others, in provisioning order: that of the changes.
    fn needed(&self) -> Vec<usize> {
        let by_uid = self.by_uid.get_or_init(|| changes_by_uid(self.plan));
        let mut seen: FxHashSet<usize> = FxHashSet::default();
        let mut open = vec![self.change];
        while let Some(at) = open.pop() {
            let needed = self.plan.changes().get(at).and_then(|change| change.recipe.as_ref());
            for uid in needed.into_iter().flat_map(|recipe| &recipe.depends_on) {
                if let Some(&at) = by_uid.get(uid)
                    && seen.insert(at)
                {
                    open.push(at);
                }
            }
        }
        let mut needed: Vec<usize> = seen.into_iter().collect();
        needed.sort_unstable();
        self.lanes.arrange(&mut needed);
        needed
    }
}

impl Holes for RunHoles<'_> {
    fn outputs(&self, of: &ResourceUid) -> Option<Value> {
        let mut likely = self.likely.get();
        let object = self.snapshot.near(of, &mut likely)?;
        self.likely.set(likely);
        Some(object.outputs.clone())
    }

    fn artefacts(&self, kind: &str) -> Option<Value> {
        let needed = self.needed();
        let known: Option<Vec<(&ResourceUid, &[Artefact])>> = needed
            .into_iter()
            .map(|at| {
                let object = self.snapshot.object(&self.plan.changes().get(at)?.uid)?;
                Some((&object.uid, &*object.artefacts))
            })
            .collect();
        Some(artefact_list(known?.into_iter(), kind))
    }

    fn guid(&self) -> Option<Guid> {
        Some(self.guid.clone())
    }

    fn own(&self) -> Option<Value> {
        None
    }
}
