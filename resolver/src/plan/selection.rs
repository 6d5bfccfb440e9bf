//! Which nodes a plan is about: targets, exclusions, replacements that were asked for.

use rustc_hash::FxHashSet;
use score_graph::NodeId;
use score_model::{Diagnostic, Diagnostics, ResourceUid};

use super::{PlanOptions, Reason};
use crate::{Resolution, Snapshot};

/// What was asked for by uid, spread over the nodes.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// By node; empty: all.
    targeted: Vec<bool>,
    excluded: FxHashSet<ResourceUid>,
    excluded_nodes: Vec<bool>,
    replaced: FxHashSet<ResourceUid>,
    targets: FxHashSet<ResourceUid>,
}

impl Selection {
    pub(super) fn new(desired: Option<&Resolution>, options: &PlanOptions) -> Self {
        let mut selection = Self {
            excluded: options.excludes.iter().cloned().collect(),
            replaced: options.replace.iter().cloned().collect(),
            targets: options.targets.iter().cloned().collect(),
            ..Self::default()
        };
        let Some(graph) = desired.map(Resolution::graph) else { return selection };
        let ids = |uids: &[ResourceUid]| -> Vec<NodeId> { uids.iter().filter_map(|uid| graph.id(uid)).collect() };
        if !selection.excluded.is_empty() {
            selection.excluded_nodes = vec![false; graph.len()];
            for id in ids(&options.excludes) {
                selection.excluded_nodes[id.index()] = true;
            }
        }
        if !selection.targets.is_empty() {
            selection.targeted = vec![false; graph.len()];
            let mut open = ids(&options.targets);
            while let Some(id) = open.pop() {
                if !std::mem::replace(&mut selection.targeted[id.index()], true) {
                    open.extend(graph.dependencies(id));
                }
            }
        }
        selection
    }

    /// Why a node is deferred for its own sake.
    pub(super) fn deferral(&self, id: NodeId) -> Option<Reason> {
        if self.excluded_nodes.get(id.index()) == Some(&true) {
            return Some(Reason::Excluded);
        }
        (self.targeted.get(id.index()) == Some(&false)).then_some(Reason::NotTargeted)
    }

    pub(super) fn is_replaced(&self, uid: &ResourceUid) -> bool {
        self.replaced.contains(uid)
    }

    pub(super) fn is_excluded(&self, uid: &ResourceUid) -> bool {
        self.excluded.contains(uid)
    }

    pub(super) fn is_target(&self, uid: &ResourceUid) -> bool {
        self.targets.contains(uid)
    }

    /// Whether it leaves anything out.
    pub(super) fn is_partial(&self) -> bool {
        self.has_targets() || !self.excluded.is_empty()
    }

    /// Whether only targets are dealt with.
    pub(super) fn has_targets(&self) -> bool {
        !self.targets.is_empty()
    }
}

impl PlanOptions {
    /// A diagnostic (`no-such-resource`) for each target, exclusion and replacement that names nothing, or, of replacements, nothing that is desired.
    pub fn unknown_names(&self, desired: Option<&Resolution>, snapshot: &Snapshot) -> Diagnostics {
        let is_desired = |uid: &ResourceUid| desired.is_some_and(|desired| desired.node(uid).is_some());
        let known = |uid: &ResourceUid| {
            let deposed = || snapshot.deposed().any(|object| object.uid == *uid);
            let attempted = || snapshot.intents().any(|intent| intent.uid == *uid);
            is_desired(uid) || snapshot.object(uid).is_some() || deposed() || attempted()
        };
        let named = [("--target", &self.targets), ("--exclude", &self.excludes)];
        let mut problems = Diagnostics::new();
        let mut problem = |option: &str, uid: &ResourceUid| {
            let message = format!("`{option} {uid}` names nothing: there is no such resource");
            problems.push(Diagnostic::error("no-such-resource", message).help("`plan` lists all resources"));
        };
        for (option, uids) in named {
            uids.iter().filter(|uid| !known(uid)).for_each(|uid| problem(option, uid));
        }
        self.replace.iter().filter(|uid| !is_desired(uid)).for_each(|uid| problem("--replace", uid));
        problems
    }
}
