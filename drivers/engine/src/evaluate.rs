//! What pure drivers make of a resolution where nothing is recorded.

use score_drivers::Seed;
use score_model::{Diagnostics, FingerprintKey};
use score_resolver::{DriverCatalogue, Lineage, PlanOptions, Planner, Record, Resolution, Snapshot};

use crate::{Engine, planning};

impl Engine {
    /// Has pure drivers make what they would make of a resolution where nothing is recorded, and says what is wrong with it: a template that cannot be rendered, an output that a type promises
    /// and does not come out. Reads no state and calls no other driver: what only these know counts as not known.
    pub async fn evaluate(&self, resolution: &Resolution) -> Diagnostics {
        let pure: DriverCatalogue = self
            .catalogue()
            .iter()
            .filter(|(_, info)| info.capabilities.pure)
            .map(|(name, info)| (name.clone(), info.clone()))
            .collect();
        // A state of nobody: guids and random values are the same each time.
        let mut snapshot = Snapshot::new(FingerprintKey::new([0; 32]));
        snapshot.fold(Record::Opened { lineage: Lineage::new([0; 16]), objects: 0, serial: 0 });
        let mut planner = Planner::new(Some(resolution), &snapshot, PlanOptions::default(), &pure);
        let seed = Seed::new(planning::UNSEEDED);
        planning::ask_all(self, &resolution.context().scope(), Some(&seed), &mut planner).await;
        planning::finished(planner).err().unwrap_or_default()
    }
}
