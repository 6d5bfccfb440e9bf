//! Asking drivers what is in the world: drift and adoption.

use futures_util::StreamExt as _;
use score_drivers::{Call, Failure, Request, Response};
use score_model::{ResourceUid, Workload};
use score_resolver::{Context, Drift, Import, Invocation, Record, Scope};

use crate::{Engine, EngineError, Goal, Session};

/// How many drivers are asked at once: enough to hide their waiting, few enough not to flood a machine with their programs.
pub(crate) const AT_ONCE: usize = 16;

impl Engine {
    /// What differs in the world from what is recorded in a scope. Changes nothing.
    ///
    /// # Errors
    /// The state cannot be read.
    pub async fn drift(&self, scope: &Scope) -> Result<Drift, EngineError> {
        let snapshot = self.snapshot(scope).await?.snapshot;
        let mut drift = Drift::new(&snapshot, self.catalogue());
        let asked = snapshot.observations(self.catalogue()).into_iter().map(|invocation| async {
            let Invocation { uid, driver, request, .. } = invocation;
            (uid, self.ask(&driver, &self.call(scope), request).await)
        });
        let mut answers = futures_util::stream::iter(asked).buffer_unordered(AT_ONCE);
        while let Some((uid, answer)) = answers.next().await {
            drift.tell(&snapshot, &uid, answer);
        }
        Ok(drift)
    }

    /// A call that asks a driver something outside a deployment.
    pub(crate) fn call(&self, scope: &Scope) -> Call {
        Call::new(scope.clone()).with_clock(self.now().clone()).with_cancel(self.wish().cancel().child())
    }

    /// What the driver of this name answers.
    pub(crate) async fn ask(&self, driver: &str, call: &Call, request: Request) -> Result<Response, Failure> {
        match self.driver(driver) {
            Some(driver) => driver.call(call, request).await.map_err(Failure::from),
            None => Err(Failure::new(format!("there is no driver `{driver}`"))),
        }
    }
}

impl Session {
    /// Adopts a resource that exists in the world as one that these workloads, and those recorded under other names, ask for. Nothing else is changed.
    ///
    /// # Errors
    /// [`EngineError::Import`]: it is not asked for, is recorded already, is not there, or its driver cannot tell; [`EngineError::Rejected`] where the workloads do not resolve.
    pub async fn import(
        &mut self,
        context: &Context,
        workloads: Vec<Workload>,
        uid: &ResourceUid,
    ) -> Result<(), EngineError> {
        let workloads = match Goal::up(workloads).desired(self.snapshot())? {
            Some(desired) => desired.workloads,
            None => Vec::new(),
        };
        let (resolution, _) = self.engine().resolve(context, &workloads).into_result()?;
        let import = Import::new(&resolution, self.snapshot(), uid, self.engine().catalogue())?;
        let Invocation { driver, request, .. } = import.invocation().clone();
        let answer = self.engine().ask(&driver, &self.engine().call(self.scope()), request).await;
        let record: Record = import.adopt(answer)?;
        self.append(vec![record]).await
    }
}
