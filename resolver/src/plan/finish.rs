//! From decided nodes to a plan: the order of replacements, what speaks against it.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use score_model::{Diagnostic, Diagnostics, ResourceUid};

use super::only_recorded::{OnlyRecorded, is_old};
use super::recorded::Recorded;
use super::steps::Steps;
use super::{Action, Change, Changes, Plan, Planner, Preview, Reason, hints, hold, steps};
use crate::{Context, DriverCatalogue, ReplaceOrder, Retention, StoredDocument};

impl<'a> Planner<'a> {
    /// The plan. Proposals that are not settled count as unknown.
    ///
    /// # Errors
    /// Everything that speaks against it: options that name nothing (`no-such-resource`), what is protected and would go (`protected`), drivers that fail or are not there, outputs that are known
    /// not to be there.
    pub fn finish(mut self) -> Result<Plan, Diagnostics> {
        self.settle_open();
        match self.plan_again() {
            Some(plan) => Ok(plan),
            None => {
                let decided = self.take_decided();
                self.conclude(decided)
            }
        }
    }

    /// The plan of what was decided, of each node with the place of its object in the state.
    pub(super) fn conclude(
        &mut self,
        decided: impl Iterator<Item = (Arc<Change>, Option<usize>)>,
    ) -> Result<Plan, Diagnostics> {
        let mut problems = std::mem::take(&mut self.problems);
        // Found in the order of answers.
        problems.sort();
        problems.append(self.options.unknown_names(self.desired, &self.state));

        let mut is_desired = vec![false; self.state.size()];
        let mut changes: Changes = decided
            .map(|(change, recorded)| {
                if let Some(is_desired) = recorded.and_then(|place| is_desired.get_mut(place)) {
                    *is_desired = true;
                }
                change
            })
            .collect();
        let mut used_drivers = std::mem::take(&mut self.used_drivers);
        self.state.intents().for_each(|intent| used_drivers.add(&intent.driver));
        let desired = changes.len();
        let OnlyRecorded { found, protects } = self.only_recorded(&changes, &is_desired, &mut used_drivers);
        let (only_recorded, of): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        changes.extend(only_recorded);

        let mut recorded = Recorded::of_nothing(&self.state);
        if changes.have([Action::Update, Action::Replace, Action::Delete, Action::Forget]) {
            recorded.add(changes.iter().take(desired), of);
            create_before_destroy(&mut changes, &recorded);
            hold::for_deferred(&mut changes, &recorded);
            if protects || changes.have([Action::Replace]) {
                problems.append(protected(&changes, &recorded));
            }
            if !used_drivers.are_all_in(self.drivers) {
                problems.append(self.missing_drivers(&changes, &recorded));
            }
            hints::renames(&changes, &self.state, &mut problems);
        }

        let graph = steps::graph(&changes, &recorded, &self.ranks, |place| self.needs(place));
        let steps = match graph {
            Ok(steps) if !problems.has_errors() => steps,
            Ok(_) => return Err(problems),
            Err(cycles) => {
                problems.append(cycles);
                return Err(problems);
            }
        };
        let drivers = used_drivers.of(self.drivers);
        Ok(Plan { warnings: problems, ..self.plan(changes, Arc::new(Steps::new(steps)), drivers) })
    }

    /// A plan of these changes and steps, which has nothing to warn of. Takes the options with it.
    pub(super) fn plan(&mut self, changes: Changes, steps: Arc<Steps>, drivers: DriverCatalogue) -> Plan {
        let context = self.desired.map(|desired| desired.context().clone());
        let context = context.or_else(|| self.options.context.clone()).unwrap_or_else(|| Context::new("development"));
        Plan {
            context,
            lineage: self.state.lineage().cloned(),
            // Moves are part of the plan, not of the state it was made for.
            serial: self.state.serial() - self.moves.len() as u64,
            drivers,
            documents: self.documents(&changes),
            moves: std::mem::take(&mut self.moves),
            options: std::mem::take(&mut self.options),
            changes,
            has_lanes: !self.lanes.is_empty(),
            steps,
            warnings: Diagnostics::new(),
        }
    }

    pub(super) fn settle_open(&mut self) {
        let asked: Vec<ResourceUid> = match (self.desired, &self.again) {
            (None, _) => return,
            (Some(desired), Some(again)) => again.under_way(desired).map(|node| node.uid.clone()).collect(),
            (Some(_), None) if !self.proposed => Vec::new(),
            (Some(desired), None) => {
                let asked = desired.graph().ids().filter(|id| self.is_asked(*id));
                asked.filter_map(|id| desired.graph().key(id).cloned()).collect()
            }
        };
        for uid in asked {
            self.settle(&uid, Preview::Unknown);
        }
        while let Some(proposal) = self.propose() {
            self.settle(&proposal.uid, Preview::Unknown);
        }
    }

    /// All changes that were decided, in the order of the graph.
    fn take_decided(&mut self) -> impl Iterator<Item = (Arc<Change>, Option<usize>)> + use<'a> {
        // What else is known of the nodes is not needed any more.
        let mut nodes = std::mem::take(&mut self.nodes);
        let order = self.desired.map(|desired| desired.graph().order()).unwrap_or_default();
        order.iter().filter_map(move |id| {
            let node = nodes.get_mut(id.index())?;
            Some((node.change.take()?, node.recorded()))
        })
    }

    fn missing_drivers(&self, changes: &Changes, recorded: &Recorded<'_>) -> Diagnostics {
        let missing = changes.iter().enumerate().filter_map(|(place, change)| {
            change.destroys().filter(|_| change.action != Action::Forget)?;
            let (driver, pure) = match recorded.object(place) {
                Some(object) => (&object.driver, object.pure),
                None => (&recorded.intent(place)?.driver, false),
            };
            let known = driver.is_empty() || pure || self.drivers.contains_key(driver);
            (!known).then_some((change, driver))
        });
        missing
            .map(|(change, driver)| {
                let message =
                    format!("`{}` cannot be destroyed: there is no driver `{driver}`, which made it", change.uid);
                Diagnostic::error("no-such-driver", message)
                    .help("register that driver, or take the resource out of the state with `state forget`")
            })
            .collect()
    }

    /// What is to be recorded of documents: those that are other than recorded, `None` for those that go.
    fn documents(&self, changes: &Changes) -> BTreeMap<Arc<str>, Option<StoredDocument>> {
        let recorded = self.state.documents();
        let wanted = match (&self.options.documents, self.desired) {
            (Some(wanted), _) => wanted.clone(),
            (None, Some(_)) => return BTreeMap::new(),
            (None, None) => {
                // Nothing is desired: the documents stay of those workloads only that do not go now.
                let stays = changes.iter().filter(|change| change.uid.is_workload());
                let stays: FxHashSet<&str> =
                    stays.filter(|change| change.action == Action::Deferred).map(|change| change.uid.id()).collect();
                recorded
                    .iter()
                    .filter(|(name, _)| stays.contains(&***name))
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect()
            }
        };
        let gone = recorded.keys().filter(|name| !wanted.contains_key(*name)).map(|name| (name.clone(), None));
        let new = wanted.iter().filter(|(name, document)| recorded.get(*name) != Some(document));
        gone.chain(new.map(|(name, document)| (name.clone(), Some(document.clone())))).collect()
    }
}

fn protected(changes: &Changes, recorded: &Recorded<'_>) -> Diagnostics {
    let refused = changes.iter().enumerate().filter(|(place, change)| {
        let goes = matches!(change.action, Action::Delete | Action::Replace);
        let recipe = change.recipe.as_ref().map(|recipe| recipe.on_unreferenced);
        let retention = || recipe.or_else(|| Some(recorded.object(*place)?.on_unreferenced));
        goes && !matches!(change.reasons.first(), Some(Reason::Deposed { .. } | Reason::Interrupted))
            && change.guid.is_some()
            && retention() == Some(Retention::Protect)
    });
    refused
        .map(|(_, change)| {
            let reasons: Vec<String> = change.reasons.iter().map(ToString::to_string).collect();
            let doing = if change.action == Action::Replace { "replaced" } else { "deleted" };
            let message = format!("`{}` is protected and would be {doing}: {}", change.uid, reasons.join(", "));
            Diagnostic::error("protected", message).help(
                "ask for it again as it was; or, to let it go, give its module another `on_unreferenced` and bring that up first, or take it out of the state with `state forget`",
            )
        })
        .collect()
}

/// What is replaced, and something that is created before its old object is destroyed depends on it, directly or through others, is replaced likewise.
fn create_before_destroy(changes: &mut Changes, recorded: &Recorded<'_>) {
    let replaces = |change: &Change| change.action == Action::Replace || change.may_replace();
    let cbd = |change: &Change| replaces(change) && change.order == ReplaceOrder::CreateBeforeDestroy;
    if !changes.have([Action::Replace, Action::Update]) || !changes.iter().any(cbd) {
        return;
    }
    let mut numbers: FxHashMap<ResourceUid, usize> = FxHashMap::default();
    for (number, change) in changes.iter().enumerate().filter(|(_, change)| !is_old(change)) {
        // Of one uid the desired comes first, then what may have come to exist beside it.
        numbers.entry(change.uid.clone()).or_insert(number);
    }
    let mut seen = vec![false; changes.len()];
    let sources: Vec<usize> = (0..changes.len()).filter(|at| changes.get(*at).is_some_and(cbd)).collect();
    for source in sources {
        let mut open = vec![source];
        while let Some(at) = open.pop() {
            let Some(change) = changes.get(at) else { continue };
            let recorded = recorded.depends_on(at);
            let desired = change.recipe.as_ref().map_or(&[][..], |recipe| &recipe.depends_on);
            let needed: Vec<usize> = recorded.chain(desired).filter_map(|uid| numbers.get(uid).copied()).collect();
            let because_of = changes.get(source).map(|source| source.uid.clone());
            for needed in needed {
                if std::mem::replace(&mut seen[needed], true) {
                    continue;
                }
                open.push(needed);
                let likewise = changes.get(needed).is_some_and(|change| replaces(change) && !cbd(change));
                if let Some(because_of) = because_of.clone().filter(|_| likewise) {
                    changes.edit(needed, |change| {
                        change.order = ReplaceOrder::CreateBeforeDestroy;
                        change.reasons.push(Reason::CreateBeforeDestroy { because_of });
                    });
                }
            }
        }
    }
}
