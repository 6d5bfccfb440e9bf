//! The steps that make a plan's changes.

use std::fmt;
use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};
use score_graph::{Dag, Graph};
use score_model::{Diagnostic, Diagnostics, ResourceUid};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::recorded::Recorded;
use super::{Action, Change, Changes, Reason};
use crate::provisioned::{Dependencies, places_in, waves};
use crate::{Guid, Operation, ReplaceOrder};

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
        self.guid.as_ref().filter(|_| destroys && !self.is_still_used())
    }

    /// The step that applies it.
    pub(crate) fn apply_step(&self) -> Option<Step> {
        self.applies().then(|| Step::apply(self.uid.clone()))
    }

    /// The step that destroys its object.
    pub(crate) fn destroy_step(&self) -> Option<Step> {
        Some(Step::destroy(self.uid.clone(), self.destroys()?.clone()))
    }

    /// Whether its old object stays when a new one comes.
    fn is_still_used(&self) -> bool {
        self.reasons.iter().any(|reason| matches!(reason, Reason::StillUsed { .. }))
    }

    pub(super) fn destroys_first(&self) -> bool {
        self.action == Action::Replace && self.order == ReplaceOrder::DestroyFirst
    }
}

/// The steps of these changes and what each waits for; `needs` says of the one at a place which others, by their places, what it is about is to depend on. `by_uid` are the places of the first changes in the order of their uids: it
/// saves sorting.
///
/// - An apply waits for the applies of its dependencies and, where the old object goes first, for its destruction.
/// - A destroy waits for the destroys of what depends on it as recorded.
/// - A destroy after which the uid is gone, or another object's, waits for the applies of all that stay and depend or used to depend on it. That is given up where it cannot be had:
///   where something between them is destroyed first.
pub(super) fn graph<I: Iterator<Item = usize>>(
    changes: &Changes,
    recorded: &Recorded<'_>,
    by_uid: &[usize],
    needs: impl Fn(usize) -> I,
) -> Result<Dag<Step, ()>, Diagnostics> {
    let mut builder = Builder::new(changes, recorded, by_uid);
    builder.applies_after_dependencies(needs);
    builder.destroys_in_reverse();
    builder.destroys_after_dependents();
    builder.build()
}

struct Builder<'a> {
    changes: &'a Changes,
    recorded: &'a Recorded<'a>,
    by_uid: &'a [usize],
    steps: Vec<Step>,
    /// From, to, and whether the plan is sound without it.
    edges: Vec<(usize, usize, bool)>,
    /// The step that applies each change, if one does.
    applies: Vec<Option<usize>>,
    destroys: Vec<Destroy>,
    last_destroys: LastDestroys<'a>,
}

/// The last destroy of each uid.
#[derive(Default)]
struct LastDestroys<'a> {
    /// By the place of the object of the uid in the state.
    recorded: Vec<Option<usize>>,
    /// Of uids of which there is no object but old ones, and what may have come to exist.
    others: FxHashMap<&'a ResourceUid, usize>,
}

struct Destroy {
    step: usize,
    /// The change that it is of.
    change: usize,
    /// Another destroy of the same uid, if there is one.
    before: Option<usize>,
}

impl<'a> Builder<'a> {
    fn new(changes: &'a Changes, recorded: &'a Recorded<'a>, by_uid: &'a [usize]) -> Self {
        let mut builder = Self {
            changes,
            recorded,
            by_uid,
            steps: Vec::with_capacity(changes.len()),
            edges: Vec::with_capacity(changes.len()),
            applies: vec![None; changes.len()],
            destroys: Vec::new(),
            last_destroys: LastDestroys::default(),
        };
        let mut destroys = Vec::new();
        for place in by_uid.iter().copied().chain(by_uid.len()..changes.len()) {
            let Some(change) = changes.get(place) else { continue };
            builder.applies[place] = change.apply_step().map(|step| builder.step(step));
            destroys.extend(change.destroy_step().map(|step| (place, builder.step(step), change)));
        }
        destroys.sort_unstable_by_key(|(place, ..)| *place);
        for (place, step, change) in destroys {
            let before = builder.last_destroys.insert(&change.uid, place, recorded, builder.destroys.len());
            builder.destroys.push(Destroy { step, change: place, before });
            if let Some(apply) = builder.applies[place] {
                let (from, to) = if change.destroys_first() { (apply, step) } else { (step, apply) };
                builder.edges.push((from, to, false));
            }
        }
        builder
    }

    fn step(&mut self, step: Step) -> usize {
        self.steps.push(step);
        self.steps.len() - 1
    }

    /// The destroys of a uid, by their places.
    fn destroys_of(&self, uid: &ResourceUid, likely: &mut usize) -> impl Iterator<Item = usize> + use<'_, 'a> {
        let last = self.last_destroys.get(uid, self.recorded, likely);
        std::iter::successors(last, |place| self.destroys.get(*place)?.before)
    }

    fn applies_after_dependencies<I: Iterator<Item = usize>>(&mut self, needs: impl Fn(usize) -> I) {
        let applies = self.applies.iter().enumerate().filter_map(|(place, apply)| Some((place, (*apply)?)));
        for (place, apply) in applies {
            let needed = needs(place).filter_map(|place| *self.applies.get(place)?);
            self.edges.extend(needed.map(|needed| (apply, needed, false)));
        }
    }

    /// Along the recorded edges, as far as they form no cycle.
    fn destroys_in_reverse(&mut self) {
        let mut needs = Dependencies::default();
        let mut likely = 0;
        for destroy in &self.destroys {
            let depended = self.recorded.depends_on(destroy.change);
            needs.push(depended.flat_map(|uid| self.destroys_of(uid, &mut likely)));
        }
        let order = waves(&needs);
        let rank = places_in(&order);
        for (at, destroy) in self.destroys.iter().enumerate() {
            let needed = needs.of(at).iter().filter(|needed| rank[**needed] < rank[at]);
            let needed = needed.filter_map(|needed| self.destroys.get(*needed));
            self.edges.extend(needed.map(|needed| (needed.step, destroy.step, false)));
        }
    }

    fn destroys_after_dependents(&mut self) {
        let (changes, recorded) = (self.changes, self.recorded);
        if self.destroys.is_empty() {
            return;
        }
        let (mut edges, mut likely) = (Vec::new(), 0);
        for (place, change) in changes.iter().enumerate() {
            let Some(apply) = self.applies.get(place).copied().flatten() else { continue };
            let depended = recorded.object(place).map_or(&[][..], |object| &object.depends_on);
            let depends = change.recipe.as_ref().map_or(&[][..], |recipe| &recipe.depends_on);
            for uid in depended.iter().chain(depends) {
                let destroys = self.destroys_of(uid, &mut likely).filter_map(|destroy| self.destroys.get(destroy));
                let later =
                    destroys.filter(|destroy| changes.get(destroy.change).is_some_and(|of| !of.destroys_first()));
                edges.extend(later.map(|destroy| (destroy.step, apply, true)));
            }
        }
        self.edges.append(&mut edges);
    }

    fn build(self) -> Result<Dag<Step, ()>, Diagnostics> {
        let Self { changes, recorded, by_uid, steps, mut edges, .. } = self;
        let on_cycles = match assemble(steps, &edges) {
            Ok(dag) => return Ok(dag),
            Err(on_cycles) => on_cycles,
        };
        let steps = Self::new(changes, recorded, by_uid).steps;
        let is_on_cycle: Vec<bool> = steps.iter().map(|step| on_cycles.contains(step)).collect();
        edges.retain(|&(from, to, dispensable)| !(dispensable && is_on_cycle[from] && is_on_cycle[to]));
        assemble(steps, &edges).map_err(|on_cycles| {
            let mut steps: Vec<String> = on_cycles.iter().map(|step| format!("`{step}`")).collect();
            steps.sort_unstable();
            let message = format!("no order of steps can make these changes: {} wait for each other", steps.join(", "));
            Diagnostic::error("step-cycle", message)
                .help("let the modules of those that are replaced say `replace: create_before_destroy`, or change them one after the other")
                .into()
        })
    }
}

impl<'a> LastDestroys<'a> {
    /// Puts another one in its place: that of the change at a place.
    fn insert(&mut self, uid: &'a ResourceUid, place: usize, recorded: &Recorded<'_>, destroy: usize) -> Option<usize> {
        let Some(place) = recorded.place(place) else { return self.others.insert(uid, destroy) };
        if self.recorded.is_empty() {
            self.recorded = vec![None; recorded.size()];
        }
        self.recorded.get_mut(place)?.replace(destroy)
    }

    fn get(&self, uid: &ResourceUid, recorded: &Recorded<'_>, likely: &mut usize) -> Option<usize> {
        match recorded.place_near(uid, likely) {
            Some(place) => self.recorded.get(place).copied().flatten(),
            None => self.others.get(uid).copied(),
        }
    }
}

/// The graph, or all steps that are on cycles.
fn assemble(steps: Vec<Step>, edges: &[(usize, usize, bool)]) -> Result<Dag<Step, ()>, FxHashSet<Step>> {
    let edges = edges.iter().map(|&(from, to, _)| (from, to, ()));
    // Not malformed: each step is there once, and edges are between steps.
    let graph = Graph::from_numbered(steps, edges).map_err(|_| FxHashSet::default())?;
    graph.into_dag().map_err(|cycles| {
        let on_cycles = cycles.components().iter().flatten();
        on_cycles.filter_map(|id| cycles.graph().key(*id).cloned()).collect()
    })
}
