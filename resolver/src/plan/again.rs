//! Planning again: from what was found out before, and what differs.
//!
//! Looked at again is what another recipe makes, and what reads something that came out otherwise: wave by wave, so that nothing is looked at before all that it depends on. What comes out as it was ends it there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use score_graph::NodeId;
use score_model::{Diagnostics, FingerprintKey, Path, ResourceUid, Value};

use super::nodes::{Known, NodePlan};
use super::planner::{Planner, Wanted};
use super::steps::Steps;
use super::{Action, Change, Changes, Plan, PlanOptions, Reason};
use crate::outputs::Schemas;
use crate::sameness::{same_recipe, same_value, same_values};
use crate::{Artefact, DriverCatalogue, Expr, Lineage, Node, Recipe, Resolution, Snapshot};

/// What a [`Planner`] found out, for [the next one](Planner::going_on).
///
/// It keeps what is known of every node, some hundred bytes each, and shares the changes with the plan.
#[derive(Debug, Default)]
pub struct Settled(Option<Box<Found>>);

#[derive(Debug)]
struct Found {
    desired: Resolution,
    state: State,
    /// Of them what has a say in what happens to resources.
    options: PlanOptions,
    drivers: DriverCatalogue,
    nodes: Vec<NodePlan>,
    ranks: Vec<usize>,
    schemas: Schemas,
    changes: Changes,
    steps: Arc<Steps>,
    used_drivers: DriverCatalogue,
}

/// Which state it was found out of.
#[derive(Debug, PartialEq)]
struct State {
    lineage: Option<Lineage>,
    serial: u64,
    empty: bool,
    key: FingerprintKey,
}

/// What is left to be done.
#[derive(Debug)]
pub(super) struct Again {
    /// What is to be looked at, by its place in the order of the graph.
    open: BTreeSet<usize>,
    /// What is looked at, all of one wave.
    under_way: BTreeSet<usize>,
    wave: usize,
    /// What was known before of what was looked at.
    before: BTreeMap<usize, NodePlan>,
    /// Of the plan before.
    changes: Changes,
    steps: Arc<Steps>,
    used_drivers: DriverCatalogue,
}

impl<'a> Planner<'a> {
    /// Like [`finish`](Self::finish), and what was found out, to plan again later.
    ///
    /// # Errors
    /// Those of `finish`; from what there is then nothing is gone on.
    pub fn finish_to_go_on(mut self) -> (Result<Plan, Diagnostics>, Settled) {
        self.settle_open();
        let plan = match self.plan_again() {
            Some(plan) => Ok(plan),
            None => {
                let decided = self.decided();
                self.conclude(decided)
            }
        };
        let settled = plan.as_ref().ok().and_then(|plan| self.found(plan));
        (plan, Settled(settled.map(Box::new)))
    }

    /// Like [`new`](Self::new), going on from what another planner found out: only that is looked at again, and only for that are drivers asked, of which another recipe is desired, or which depends on what comes out in another way. The
    /// plan is the one that a new planner would make.
    ///
    /// Nothing can be gone on from, so that all is looked at anew, where the state, the platform, the drivers, the options or the graph are others than before, where resources are refreshed or share documents, and where there was something to
    /// report. Costs what there is to do, and a little for every hundred nodes; of [`finish`](Self::finish) the same holds where nothing comes or goes, and nothing is replaced. What a plan says of documents is made anew each time.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use score_model::{FingerprintKey, Source, Workload};
    /// use score_resolver::{Context, DriverCatalogue, Plan, PlanOptions, Planner, Platform, Resolution, Resolver, Settled, Snapshot};
    ///
    /// fn plan(settled: &mut Settled, desired: &Resolution, snapshot: &Snapshot) -> Result<Plan, score_model::Diagnostics> {
    ///     let drivers = DriverCatalogue::new();
    ///     let options = PlanOptions::default();
    ///     let mut planner = Planner::going_on(std::mem::take(settled), Some(desired), snapshot, options, &drivers);
    ///     while let Some(proposal) = planner.propose() {
    ///         // Ask its driver, and `settle` it with the answer.
    ///     }
    ///     let plan;
    ///     (plan, *settled) = planner.finish_to_go_on();
    ///     plan
    /// }
    ///
    /// let platform = "
    /// types: {postgres: {}}
    /// modules: {pg: {type: postgres, driver: cloud, inputs: {size: '${params.size}'}}}
    /// rules: [{module: pg}]
    /// ";
    /// let score = |size: u32| {
    ///     let text = format!(
    ///         "{{apiVersion: score.dev/v1b1, metadata: {{name: shop}}, containers: {{main: {{image: x}}}}, resources: {{db: {{type: postgres, params: {{size: {size}}}}}}}}}"
    ///     );
    ///     Workload::parse(Source::new("score.yaml", text)).into_result().map(|(workload, _)| workload)
    /// };
    /// let (platform, _) = Platform::load(&[Source::new("platform.yaml", platform)]).into_result()?;
    /// let resolver = Resolver::new(Arc::new(platform));
    /// let snapshot = Snapshot::new(FingerprintKey::new([7; 32]));
    ///
    /// let (mut resolution, _) = resolver.resolve(&Context::new("dev"), &[score(1)?]).into_result()?;
    /// let mut settled = Settled::default();
    /// plan(&mut settled, &resolution, &snapshot)?;
    /// for size in 2..5 {
    ///     (resolution, _) = resolver.update(&resolution, &[score(size)?]).into_result()?;
    ///     let plan = plan(&mut settled, &resolution, &snapshot)?;
    ///     let inputs = plan.changes()[0].after.clone().unwrap();
    ///     assert_eq!(inputs.redacted()["size"], size);
    /// }
    /// # Ok::<(), score_model::Diagnostics>(())
    /// ```
    pub fn going_on(
        settled: Settled,
        desired: Option<&'a Resolution>,
        snapshot: &'a Snapshot,
        options: PlanOptions,
        drivers: &'a DriverCatalogue,
    ) -> Self {
        let mut planner = Self::idle(desired, snapshot, options, drivers);
        match (settled.0, desired) {
            (Some(found), Some(desired)) if found.holds_for(&planner, desired) => planner.go_on(*found, desired),
            _ => planner.begin(),
        }
        planner
    }

    fn go_on(&mut self, found: Found, desired: &Resolution) {
        let Found { desired: before, nodes, ranks, schemas, changes, steps, used_drivers, .. } = found;
        let (old, new) = (&before.inner.nodes, &desired.inner.nodes);
        let differs = |at: &usize| match (old.get(*at), new.get(*at)) {
            (Some(old), Some(new)) => is_other(&old.recipe, &new.recipe),
            _ => true,
        };
        let differing: Vec<usize> = new.not_shared(old).filter(differs).collect();
        if differing.iter().any(|at| new.get(*at).is_none_or(|node| node.recipe.lane.is_some())) {
            return self.begin();
        }
        self.defers = changes.have([Action::Deferred]);
        let open = differing.into_iter().filter_map(|at| ranks.get(at).copied()).collect();
        let (under_way, before) = Default::default();
        self.again = Some(Box::new(Again { open, under_way, wave: 0, before, changes, steps, used_drivers }));
        (self.nodes, self.ranks, self.schemas) = (nodes, ranks, schemas);
    }

    /// What is to be looked at next, and may be already.
    pub(super) fn next_again(&mut self) -> Option<NodeId> {
        let (again, graph) = (self.again.as_mut()?, self.desired?.graph());
        let rank = *again.open.first()?;
        let wave = graph.wave_of(rank);
        if wave != again.wave && !again.under_way.is_empty() {
            return None;
        }
        let id = *graph.order().get(rank)?;
        let node = self.nodes.get_mut(id.index())?;
        let fresh = NodePlan { fresh: node.fresh.clone(), ..NodePlan::default() };
        again.before.insert(rank, std::mem::replace(node, fresh));
        again.open.remove(&rank);
        again.under_way.insert(rank);
        again.wave = wave;
        Some(id)
    }

    /// Whether what comes of a node is known, since it is told what it was told before; then that is taken.
    pub(super) fn is_known_already(
        &mut self,
        id: NodeId,
        node: &Node,
        wanted: &Wanted,
        action: Action,
        reasons: &[Reason],
    ) -> bool {
        let (Some(again), Some(rank)) = (self.again.as_mut(), self.ranks.get(id.index())) else { return false };
        let Some(change) = again.before.get(rank).and_then(|before| before.change.as_ref()) else { return false };
        let same = change.action == action
            && change.reasons == reasons
            && wanted.context.is_none()
            && wanted.before.is_none()
            && !wanted.inputs.has_secret()
            && same_values(change.after.as_ref(), Some(&wanted.inputs))
            && change.recipe.as_ref().is_some_and(|recipe| !is_other(recipe, &node.recipe));
        if !same {
            return false;
        }
        again.under_way.remove(rank);
        if let Some(before) = again.before.remove(rank) {
            self.nodes[id.index()] = before;
        }
        true
    }

    /// Something was decided: what depends on it is looked at, where that comes to something else than before.
    pub(super) fn decided_again(&mut self, id: NodeId, desired: &Resolution) {
        let (Some(again), Some(rank)) = (self.again.as_mut(), self.ranks.get(id.index())) else { return };
        let (Some(before), Some(now)) = (again.before.get(rank), self.nodes.get(id.index())) else { return };
        again.under_way.remove(rank);
        let (graph, deferral) = (desired.graph(), is_deferred(before) != is_deferred(now));
        if deferral || !same_known(&before.outputs, &now.outputs) {
            let uid = &graph[id];
            let sees = |id: &&NodeId| {
                let Some(node) = desired.at(**id) else { return false };
                deferral || reads(&node.recipe, |of, path| of == uid && !same_at(&before.outputs, &now.outputs, path))
            };
            let dependents = graph.dependents(id).iter().filter(sees);
            again.open.extend(dependents.filter_map(|id| self.ranks.get(id.index())));
        }
        if !same_artefacts(before.artefacts.as_deref(), now.artefacts.as_deref()) {
            let reads = |id: &NodeId| desired.at(*id).is_some_and(|node| reads_artefacts(&node.recipe));
            let readers = graph.all_dependents(id).into_iter().filter(reads);
            again.open.extend(readers.filter_map(|id| self.ranks.get(id.index())));
        }
    }

    /// The plan, where it is the one before but for what happens to single nodes.
    pub(super) fn plan_again(&mut self) -> Option<Plan> {
        let again = self.again.take()?;
        let plan = self.plan_with(*again);
        if plan.is_none() {
            // Not all of them were looked at.
            let nodes = self.desired.into_iter().flat_map(Resolution::nodes);
            nodes.for_each(|node| self.used_drivers.add(&node.recipe.driver));
            self.state.in_any_order().for_each(|object| self.used_drivers.add(&object.driver));
        }
        plan
    }

    fn plan_with(&mut self, again: Again) -> Option<Plan> {
        let Again { before, mut changes, steps, used_drivers, .. } = again;
        if !self.problems.is_empty() {
            return None;
        }
        let graph = self.desired?.graph();
        let only_recorded = graph.len()..changes.len();
        let deletes = only_recorded.filter_map(|at| changes.get(at)).any(|change| change.action == Action::Delete);
        for (rank, before) in &before {
            let now = self.nodes.get(graph.order().get(*rank)?.index())?.change.as_ref()?;
            let before = before.change.as_ref()?;
            let comes = [before, now].iter().any(|change| change.action == Action::Create);
            if !means_the_same_to_others(before, now) || (deletes && comes) {
                return None;
            }
            changes.set(*rank, now.clone());
        }
        Some(self.plan(changes, steps, used_drivers))
    }

    /// All changes that were decided, in the order of the graph.
    fn decided(&self) -> impl Iterator<Item = (Arc<Change>, Option<usize>)> + use<> {
        let order = self.desired.map(|desired| desired.graph().order()).unwrap_or_default();
        let decided = order.iter().filter_map(|id| {
            let node = self.nodes.get(id.index())?;
            Some((node.change.clone()?, node.recorded()))
        });
        decided.collect::<Vec<_>>().into_iter()
    }

    /// What was found out, where it can be gone on from.
    fn found(self, plan: &Plan) -> Option<Found> {
        if plan.options.refresh || !self.lanes.is_empty() || !plan.warnings.is_empty() {
            return None;
        }
        let PlanOptions { targets, excludes, replace, .. } = &plan.options;
        let (targets, excludes, replace) = (targets.clone(), excludes.clone(), replace.clone());
        Some(Found {
            desired: self.desired?.clone(),
            state: State::of(&self.state, plan.serial),
            options: PlanOptions { targets, excludes, replace, ..PlanOptions::default() },
            drivers: self.drivers.clone(),
            nodes: self.nodes,
            ranks: self.ranks,
            schemas: self.schemas,
            changes: plan.changes.clone(),
            steps: plan.steps.clone(),
            used_drivers: plan.drivers.clone(),
        })
    }
}

impl Found {
    /// Whether all that is not looked at again would come out as it did.
    fn holds_for(&self, planner: &Planner<'_>, desired: &Resolution) -> bool {
        let (old, new) = (&*self.desired.inner, &*desired.inner);
        let (was, is) = (&self.options, &planner.options);
        let serial = planner.state.serial() - planner.moves.len() as u64;
        Arc::ptr_eq(&old.platform, &new.platform)
            && old.context == new.context
            && (self.state.lineage.is_some() || self.state.empty)
            && self.state == State::of(&planner.state, serial)
            && (&was.targets, &was.excludes, &was.replace) == (&is.targets, &is.excludes, &is.replace)
            && !is.refresh
            && self.drivers == *planner.drivers
            && (Arc::ptr_eq(&old.graph, &new.graph) || old.graph == new.graph)
    }
}

impl State {
    fn of(snapshot: &Snapshot, serial: u64) -> Self {
        let (lineage, key) = (snapshot.lineage().cloned(), snapshot.fingerprint_key().clone());
        Self { lineage, serial, empty: snapshot.is_empty(), key }
    }
}

impl Again {
    /// What is looked at and not decided.
    pub(super) fn under_way<'r>(&self, desired: &'r Resolution) -> impl Iterator<Item = &'r Node> {
        self.under_way.iter().filter_map(|rank| desired.at(*desired.graph().order().get(*rank)?))
    }
}

/// Whether two changes of one node are the same to all that is planned beside it: what only state knows, steps, the order of replacements.
fn means_the_same_to_others(before: &Change, now: &Change) -> bool {
    let replaces = |change: &Change| change.action == Action::Replace || change.may_replace();
    let (Some(old), Some(new)) = (&before.recipe, &now.recipe) else { return false };
    !replaces(before)
        && !replaces(now)
        && before.applies() == now.applies()
        && (&before.guid, before.number) == (&now.guid, now.number)
        && (&old.driver, &old.depends_on, old.on_unreferenced) == (&new.driver, &new.depends_on, new.on_unreferenced)
}

fn is_other(old: &Arc<Recipe>, new: &Arc<Recipe>) -> bool {
    !Arc::ptr_eq(old, new) && !same_recipe(old, new)
}

fn is_deferred(node: &NodePlan) -> bool {
    node.change.as_ref().is_some_and(|change| change.action == Action::Deferred)
}

fn same_known(one: &Known, other: &Known) -> bool {
    match (one, other) {
        (Known::Nothing, Known::Nothing) => true,
        (Known::Some(one), Known::Some(other)) | (Known::All(one), Known::All(other)) => same_value(one, other),
        _ => false,
    }
}

/// Whether the same is known of what lies at a path.
fn same_at(one: &Known, other: &Known, path: &Path) -> bool {
    match (one, other) {
        (Known::Some(one), Known::Some(other)) | (Known::All(one), Known::All(other)) => {
            same_values(one.get(path).as_ref(), other.get(path).as_ref())
        }
        (one, other) => same_known(one, other),
    }
}

fn same_artefacts(one: Option<&[Artefact]>, other: Option<&[Artefact]>) -> bool {
    let same = |(one, other): (&Artefact<Value>, &Artefact<Value>)| {
        (&one.kind, &one.key) == (&other.kind, &other.key) && same_value(&one.value, &other.value)
    };
    match (one, other) {
        (Some(one), Some(other)) => one.len() == other.len() && one.iter().zip(other).all(same),
        (None, None) => true,
        _ => false,
    }
}

/// Whether a recipe reads an output, of whom and where, of which this holds.
fn reads(recipe: &Recipe, holds: impl Fn(&ResourceUid, &Path) -> bool) -> bool {
    any_part(recipe, |expr| matches!(expr, Expr::Output { of, path, .. } if holds(of, path)))
}

/// Whether a recipe reads artefacts of what the node depends on, directly or through others.
fn reads_artefacts(recipe: &Recipe) -> bool {
    any_part(recipe, |expr| matches!(expr, Expr::Artefacts(_)))
}

fn any_part(recipe: &Recipe, holds: impl Fn(&Expr) -> bool) -> bool {
    let mut any = false;
    for expr in [Some(&recipe.inputs), recipe.context.as_ref(), recipe.outputs.as_ref()].into_iter().flatten() {
        expr.visit(&mut |expr| any = any || holds(expr));
    }
    any
}
