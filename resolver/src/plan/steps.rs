//! The steps that make a plan's changes.

use std::fmt;
use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};
use score_graph::{Dag, Graph};
use score_model::{Diagnostic, Diagnostics, ResourceUid};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Action, Change, Changes};
use crate::snapshot::waves;
use crate::{Guid, Operation, ReplaceOrder, Snapshot};

/// One step of a plan: to apply a resource, or to destroy one object. Ordered by uid, then apply before destroy, then guid.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step {
    /// Whose.
    pub uid: ResourceUid,
    /// What is done.
    pub operation: Operation,
    /// Which object goes; `None` for an apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guid: Option<Guid>,
}

/// The steps of a plan, each depending on those that must succeed before.
#[derive(Debug)]
pub(super) struct Steps {
    dag: Dag<Step, ()>,
    /// Once somebody has asked.
    digest: OnceLock<blake3::Hash>,
}

impl Steps {
    pub(super) fn new(dag: Dag<Step, ()>) -> Self {
        Self { dag, digest: OnceLock::new() }
    }

    pub(super) fn dag(&self) -> &Dag<Step, ()> {
        &self.dag
    }

    pub(super) fn digest(&self) -> &blake3::Hash {
        self.digest.get_or_init(|| {
            let edges: Vec<_> = self.dag.edges().map(|edge| (edge.from.index(), edge.to.index())).collect();
            blake3::hash(json!([self.dag.keys(), edges]).to_string().as_bytes())
        })
    }
}

impl PartialEq for Steps {
    fn eq(&self, other: &Self) -> bool {
        self.dag == other.dag
    }
}

impl Step {
    /// The step that applies a resource.
    pub fn apply(uid: ResourceUid) -> Self {
        Self { uid, operation: Operation::Apply, guid: None }
    }

    /// The step that destroys an object.
    pub fn destroy(uid: ResourceUid, guid: Guid) -> Self {
        Self { uid, operation: Operation::Destroy, guid: Some(guid) }
    }
}

/// `apply(UID)` or `destroy(UID GUID)`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.operation, &self.guid) {
            (Operation::Apply, _) => write!(f, "apply({})", self.uid),
            (Operation::Destroy, Some(guid)) => write!(f, "destroy({} {guid})", self.uid),
            (Operation::Destroy, None) => write!(f, "destroy({})", self.uid),
        }
    }
}

impl Change {
    /// Whether a step applies it. What only state knows and stays has one too: what is recorded of it may change.
    pub(crate) fn applies(&self) -> bool {
        !matches!(self.action, Action::Deferred | Action::Delete | Action::Forget)
    }

    /// The object that a step destroys, if one does. Where it only may be replaced, that step does nothing if it was not; one that is destroyed first is destroyed by the step that applies.
    pub(crate) fn destroys(&self) -> Option<&Guid> {
        let destroys = match self.action {
            Action::Delete | Action::Forget | Action::Replace => true,
            _ => self.may_replace() && self.order == ReplaceOrder::CreateBeforeDestroy,
        };
        self.guid.as_ref().filter(|_| destroys)
    }

    fn destroys_first(&self) -> bool {
        self.action == Action::Replace && self.order == ReplaceOrder::DestroyFirst
    }
}

/// The steps of these changes and what each waits for.
///
/// - An apply waits for the applies of its dependencies and, where the old object goes first, for its destruction.
/// - A destroy waits for the destroys of what depends on it as recorded.
/// - A destroy after which the uid is gone, or another object's, waits for the applies of all that stay and depend or used to depend on it. That is given up where it cannot be had:
///   where something between them is destroyed first.
pub(super) fn graph(changes: &Changes, state: &Snapshot) -> Result<Dag<Step, ()>, Diagnostics> {
    let mut builder = Builder::new(changes);
    builder.applies(changes);
    builder.destroys_in_reverse(changes, state);
    builder.destroys_after_dependents(changes, state);
    builder.build()
}

struct Builder<'a> {
    steps: Vec<Step>,
    /// From, to, and whether the plan is sound without it.
    edges: Vec<(usize, usize, bool)>,
    apply_of: FxHashMap<&'a ResourceUid, usize>,
    /// The destroy steps by uid, each with its change.
    destroys_of: FxHashMap<&'a ResourceUid, Vec<(usize, usize)>>,
}

impl<'a> Builder<'a> {
    fn new(changes: &'a Changes) -> Self {
        let mut builder = Self {
            steps: Vec::with_capacity(changes.len()),
            edges: Vec::new(),
            apply_of: FxHashMap::default(),
            destroys_of: FxHashMap::default(),
        };
        for (index, change) in changes.iter().enumerate() {
            if change.applies() {
                builder.apply_of.insert(&change.uid, builder.steps.len());
                builder.steps.push(Step::apply(change.uid.clone()));
            }
            if let Some(guid) = change.destroys() {
                builder.destroys_of.entry(&change.uid).or_default().push((builder.steps.len(), index));
                builder.steps.push(Step::destroy(change.uid.clone(), guid.clone()));
            }
        }
        builder
    }

    fn applies(&mut self, changes: &Changes) {
        for change in changes.iter().filter(|change| change.applies()) {
            let Some(&apply) = self.apply_of.get(&change.uid) else { continue };
            let needed = change.recipe.iter().flat_map(|recipe| &recipe.depends_on);
            for dependency in needed.filter_map(|uid| self.apply_of.get(uid)) {
                self.edges.push((apply, *dependency, false));
            }
            let own = self.destroys_of.get(&change.uid).into_iter().flatten();
            for &(destroy, _) in own.filter(|(_, of)| changes.get(*of).is_some_and(|of| std::ptr::eq(of, change))) {
                if change.destroys_first() {
                    self.edges.push((apply, destroy, false));
                } else {
                    self.edges.push((destroy, apply, false));
                }
            }
        }
    }

    /// Along the recorded edges, as far as they form no cycle.
    fn destroys_in_reverse(&mut self, changes: &Changes, state: &Snapshot) {
        let mut destroys: Vec<(usize, &Change)> = self
            .destroys_of
            .values()
            .flatten()
            .filter_map(|&(step, change)| Some((step, changes.get(change)?)))
            .collect();
        destroys.sort_unstable_by_key(|(step, _)| *step);
        let mut places: FxHashMap<&ResourceUid, Vec<usize>> = FxHashMap::default();
        for (place, (_, change)) in destroys.iter().enumerate() {
            places.entry(&change.uid).or_default().push(place);
        }
        let needs: Vec<Vec<usize>> = destroys
            .iter()
            .map(|(_, change)| {
                recorded_edges(state, change).filter_map(|uid| places.get(uid)).flatten().copied().collect()
            })
            .collect();
        let order = waves(destroys.len(), |at| needs.get(at).into_iter().flatten().copied());
        let mut rank = vec![0; order.len()];
        for (position, &at) in order.iter().enumerate() {
            rank[at] = position;
        }
        for (at, needs) in needs.iter().enumerate() {
            for &needed in needs.iter().filter(|needed| rank[**needed] < rank[at]) {
                if let (Some((first, _)), Some((then, _))) = (destroys.get(at), destroys.get(needed)) {
                    self.edges.push((*then, *first, false));
                }
            }
        }
    }

    fn destroys_after_dependents(&mut self, changes: &Changes, state: &Snapshot) {
        if self.destroys_of.is_empty() {
            return;
        }
        for change in changes.iter().filter(|change| change.applies()) {
            let Some(&apply) = self.apply_of.get(&change.uid) else { continue };
            let recorded = state.object(&change.uid).map_or(&[][..], |object| &object.depends_on);
            let desired = change.recipe.as_ref().map_or(&[][..], |recipe| &recipe.depends_on);
            for uid in recorded.iter().chain(desired) {
                for &(destroy, of) in self.destroys_of.get(uid).into_iter().flatten() {
                    if changes.get(of).is_some_and(|of| !of.destroys_first()) {
                        self.edges.push((destroy, apply, true));
                    }
                }
            }
        }
    }

    fn build(mut self) -> Result<Dag<Step, ()>, Diagnostics> {
        match assemble(&self.steps, &self.edges) {
            Ok(dag) => return Ok(dag),
            Err(on_cycles) => {
                self.edges.retain(|&(from, to, dispensable)| {
                    !(dispensable && on_cycles.contains(&self.steps[from]) && on_cycles.contains(&self.steps[to]))
                });
            }
        }
        assemble(&self.steps, &self.edges).map_err(|on_cycles| {
            let mut steps: Vec<String> = on_cycles.iter().map(|step| format!("`{step}`")).collect();
            steps.sort_unstable();
            let message = format!("no order of steps can make these changes: {} wait for each other", steps.join(", "));
            Diagnostic::error("step-cycle", message)
                .help("let the modules of those that are replaced say `replace: create_before_destroy`, or change them one after the other")
                .into()
        })
    }
}

/// The graph, or all steps that are on cycles.
fn assemble(steps: &[Step], edges: &[(usize, usize, bool)]) -> Result<Dag<Step, ()>, FxHashSet<Step>> {
    let edges = edges.iter().map(|&(from, to, _)| (from, to, ()));
    // Not malformed: each step is there once, and edges are between steps.
    let graph = Graph::from_numbered(steps.to_vec(), edges).map_err(|_| FxHashSet::default())?;
    graph.into_dag().map_err(|cycles| {
        let on_cycles = cycles.components().iter().flatten();
        on_cycles.filter_map(|id| cycles.graph().key(*id).cloned()).collect()
    })
}

/// What an object depends on as recorded, and where a call for it was interrupted, what its intent says, too: it may have come to that.
pub(super) fn recorded_edges<'s>(
    state: &'s Snapshot,
    change: &Change,
) -> impl Iterator<Item = &'s ResourceUid> + use<'s> {
    let guid = change.guid.as_ref();
    let object = guid.and_then(|guid| state.find(&change.uid, guid)).map(|object| &object.depends_on);
    let intent = guid.and_then(|guid| state.intent(guid)).map(|intent| &intent.depends_on);
    object.into_iter().chain(intent).flatten()
}
