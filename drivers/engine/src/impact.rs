//! What another platform would do to what is there.

use std::sync::Arc;

use score_resolver::{Context, Impact, Platform, impact};

use crate::{Engine, EngineError, Goal};

impl Engine {
    /// What this engine's platform would do to what is there, compared with the `old` one, which may know the environment as another [context](Platform::context): to what is recorded, and to what these workloads and the recorded ones of
    /// other names ask for. Changes nothing, and calls no driver: see [`impact`](score_resolver::impact).
    ///
    /// Where the old platform does not know the environment (`None`), or refuses the workloads, what is recorded alone counts.
    ///
    /// # Errors
    /// [`EngineError::Rejected`] with all that this engine's platform refuses; the state cannot be read.
    pub async fn impact(
        &self,
        old: Option<(Arc<Platform>, &Context)>,
        context: &Context,
        goal: impl Into<Goal>,
    ) -> Result<Vec<Impact>, EngineError> {
        let snapshot = self.snapshot(&context.scope()).await?.snapshot;
        let desired = goal.into().desired(&snapshot)?;
        let workloads = desired.map(|desired| desired.workloads).unwrap_or_default();
        let (new, _) = self.resolve(context, &workloads).into_result()?;
        let before =
            old.and_then(|(old, context)| self.clone().platform(old).resolve(context, &workloads).into_result().ok());
        let before = before.map(|(before, _)| before);
        Ok(impact(before.as_ref(), &new, snapshot.objects(), self.catalogue()))
    }
}
