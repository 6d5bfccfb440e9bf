//! What pure drivers make of a resolution where nothing is recorded.

use score_drivers::Seed;
use score_model::{Diagnostics, FingerprintKey};
use score_resolver::{Ask, DriverCatalogue, Lineage, PlanOptions, Planner, Preview, Record, Resolution, Snapshot};

use crate::Engine;

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
        while let Some(proposal) = planner.propose() {
            let mut call = self.call(&resolution.context().scope());
            if let Ask::Evaluate(request) = &proposal.ask {
                call = call.with_seed(Seed::new([0; 32]).derive(request.guid.as_str()));
            }
            let answer = self.ask(&proposal.driver, &call, proposal.ask.into_request()).await;
            planner.settle(&proposal.uid, Preview::from(answer));
        }
        match planner.finish() {
            Ok(_) => Diagnostics::new(),
            Err(mut problems) => {
                problems.sort();
                problems
            }
        }
    }
}
