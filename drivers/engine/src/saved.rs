//! Saved plans: read, written, and held against what they stand on.

use score_resolver::{Plan, Scope, SourceDigest, UnreadablePlan};
use serde::Deserialize;

use crate::{Engine, EngineError, Sealer, Session};

/// What of a saved plan is read before its seal is known: whose it is.
#[derive(Deserialize)]
struct Peek {
    plan: PeekPlan,
}

#[derive(Deserialize)]
struct PeekPlan {
    context: Scope,
}

impl Engine {
    /// A plan as a file. Its secrets are sealed with the key of its state, which is made where there is none yet, and kept as long as the plan may hold.
    ///
    /// # Errors
    /// The key cannot be read or made.
    pub fn save(&self, plan: &Plan) -> Result<String, EngineError> {
        // A plan that stands on a state is void when that is gone. One that stands on none holds whenever there is none.
        let keys = match plan.lineage() {
            Some(_) => self.keys().hold()?.0,
            None => self.keys().keep()?,
        };
        Ok(plan.save(&Sealer::new(&keys, &plan.context().scope())?))
    }

    /// Reads a saved plan, which nobody without the key can have changed.
    ///
    /// # Errors
    /// [`EngineError::Plan`]: it is none, was saved with another key, or was changed; the key cannot be read.
    pub fn load(&self, text: &str) -> Result<Plan, EngineError> {
        let scope = match serde_json::from_str::<Peek>(text) {
            Ok(peek) => peek.plan.context,
            Err(error) => return Err(UnreadablePlan::Malformed(error.to_string()).into()),
        };
        let keys = self.keys().read()?.ok_or(UnreadablePlan::Changed)?;
        Ok(Plan::load(text, &Sealer::new(&keys, &scope)?)?)
    }
}

impl Session {
    /// Whether everything that a plan stands on is as it was: the files, as `sources` says they are now, the drivers, and the state.
    ///
    /// # Errors
    /// [`EngineError::Stale`] with all that moved.
    pub fn holds(&self, plan: &Plan, sources: &[SourceDigest]) -> Result<(), EngineError> {
        let (snapshot, drivers) = (self.snapshot(), self.engine().catalogue());
        Ok(plan.holds(&score_resolver::Basis { context: plan.context(), sources, drivers, snapshot })?)
    }
}
