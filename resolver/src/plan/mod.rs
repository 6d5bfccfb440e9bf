//! Plans: what turns a snapshot into a resolution.

mod again;
mod change;
mod changes;
mod compare;
mod decide;
mod finish;
mod hints;
mod hold;
mod json;
mod moves;
mod nodes;
mod only_recorded;
mod options;
mod planner;
mod proposal;
mod reason;
mod recorded;
mod saved;
mod selection;
mod stale;
mod steps;
mod text;
mod used_drivers;
mod warn;

use std::collections::BTreeMap;
use std::sync::Arc;

use score_graph::Dag;
use score_model::{Diagnostics, ResourceUid};

pub use again::Settled;
pub use change::{Action, Change, PlanSummary};
pub use changes::Changes;
pub(crate) use compare::{differences, meets};
pub use options::{PlanOptions, SourceDigest};
pub use planner::Planner;
pub use proposal::{Ask, Preview, Proposal};
pub use reason::Reason;
pub use saved::UnreadablePlan;
pub use stale::{Basis, MovedBasis, Stale};
pub use steps::Step;
use steps::Steps;

use crate::{Context, DriverCatalogue, Lineage, StoredDocument};

/// What turns a snapshot into a resolution: changes, and the steps that make them.
///
/// It contains all that applying it needs, the recipes included: neither the platform nor a Score file is read again. It is valid for one moment of one state: that with its
/// [`lineage`](Self::lineage) and [`serial`](Self::serial).
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    context: Context,
    options: PlanOptions,
    lineage: Option<Lineage>,
    serial: u64,
    drivers: DriverCatalogue,
    moves: Vec<(ResourceUid, ResourceUid)>,
    documents: BTreeMap<Arc<str>, Option<StoredDocument>>,
    changes: Changes,
    /// Whether something that is desired is in a lane.
    has_lanes: bool,
    steps: Arc<Steps>,
    warnings: Diagnostics,
}

impl Plan {
    /// For whom and where.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// What was asked for.
    pub fn options(&self) -> &PlanOptions {
        &self.options
    }

    /// The state it was made for; `None` if there was none yet.
    pub fn lineage(&self) -> Option<&Lineage> {
        self.lineage.as_ref()
    }

    /// The serial of the state it was made for.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// What is known of the drivers that it calls.
    pub fn drivers(&self) -> &DriverCatalogue {
        &self.drivers
    }

    /// The records that get another uid first: from, to.
    pub fn moves(&self) -> &[(ResourceUid, ResourceUid)] {
        &self.moves
    }

    /// The documents that are recorded first, by the names of their workloads; `None` for those that are removed.
    pub fn documents(&self) -> &BTreeMap<Arc<str>, Option<StoredDocument>> {
        &self.documents
    }

    /// What happens to each resource: those of the resolution in its order, then those that only state knows, by uid.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// The steps, each depending on those that must succeed before.
    pub fn steps(&self) -> &Dag<Step, ()> {
        self.steps.dag()
    }

    /// Whether something that is desired is in a [lane](crate::Recipe::lane).
    pub(crate) fn has_lanes(&self) -> bool {
        self.has_lanes
    }

    /// What people should know before they say yes.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// How many changes there are of each action.
    pub fn summary(&self) -> PlanSummary {
        PlanSummary::new(&self.changes)
    }

    /// Whether there is anything to do to a resource.
    pub fn has_changes(&self) -> bool {
        self.changes.have(Action::ALL.into_iter().filter(|action| action.is_change()))
    }
}
