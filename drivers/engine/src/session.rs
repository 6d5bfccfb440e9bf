//! Sessions: the time in which an engine is the one writer of a scope.

use std::sync::Arc;

use score_drivers::Seed;
use score_resolver::{Context, Plan, PlanOptions, Record, Run, RunOptions, Scope, Snapshot, Summary};

use crate::engine::seed;
use crate::executor::{OnEvent, execute};
use crate::{Engine, EngineError, Goal, Journal, KeyId, Recorded};

/// The time in which an engine is the one writer of a scope: what is planned here can be applied here.
///
/// [`close`](Self::close) it in the end. One that is dropped loses nothing, but may leave behind what closing would have tidied up. Nor does anything get lost where a call is dropped before it ends, say because it took too long; the session can
/// then only be closed, since it does not know what is recorded ([`EngineError::Abandoned`]), and the next one settles what was under way.
#[derive(Debug)]
pub struct Session {
    engine: Engine,
    scope: Scope,
    journal: Journal,
    recorded: Recorded,
    seed: Seed,
    /// Something that writes began and did not end.
    writing: bool,
}

impl Session {
    pub(crate) fn new(engine: Engine, scope: Scope, journal: Journal, recorded: Recorded) -> Self {
        let seed = seed(journal.keys(), &scope);
        Self { engine, scope, journal, recorded, seed, writing: false }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Of which scope.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// What is recorded now.
    pub fn snapshot(&self) -> &Snapshot {
        &self.recorded.snapshot
    }

    /// What people should know of the state as it was found.
    pub fn warnings(&self) -> &[String] {
        &self.recorded.warnings
    }

    /// What would turn what is recorded into what is desired.
    ///
    /// # Errors
    /// [`EngineError::Rejected`] with all that speaks against it.
    pub async fn plan(
        &self,
        context: &Context,
        goal: impl Into<Goal>,
        options: PlanOptions,
    ) -> Result<Plan, EngineError> {
        self.knows_all()?;
        self.engine.plan_on(context, goal.into(), options, &self.recorded, Some(&self.seed)).await
    }

    /// Makes it so, and tells `on_event` of everything as it happens. What drivers could not do is in the events and counted in the summary; it is no error.
    ///
    /// # Errors
    /// [`EngineError::Stale`] where the plan was made for another state; [`EngineError::Fenced`] and [`EngineError::Journal`] where the state cannot be written any more: everything stops, and what drivers were
    /// doing is recorded as begun.
    pub async fn apply(
        &mut self,
        plan: impl Into<Arc<Plan>>,
        options: RunOptions,
        on_event: OnEvent<'_>,
    ) -> Result<Summary, EngineError> {
        self.knows_all()?;
        let plan = plan.into();
        plan.holds_for(&self.recorded.snapshot)?;
        self.writing = true;
        let mut lent = Lent { snapshot: &mut self.recorded.snapshot, run: None };
        let run = lent.run(plan, options);
        let done = execute(&self.engine, &mut self.journal, &self.scope, &self.seed, run, on_event).await;
        drop(lent);
        self.writing = false;
        done
    }

    /// Adds records, durably: what operators change of a state by hand.
    ///
    /// # Errors
    /// The state cannot be written.
    pub async fn append(&mut self, records: Vec<Record>) -> Result<(), EngineError> {
        self.knows_all()?;
        self.writing = true;
        let done = self.journal.append(records.clone()).await;
        self.writing = false;
        done?;
        records.into_iter().for_each(|record| self.recorded.snapshot.fold(record));
        Ok(())
    }

    /// Makes a new key the one that seals, and seals this state with it. The old one stays in the key file while other states need it: see [`KeyFile::forget_old`](crate::KeyFile::forget_old).
    ///
    /// # Errors
    /// The keys are not in a file; the state cannot be written.
    pub async fn rotate_key(&mut self) -> Result<KeyId, EngineError> {
        self.knows_all()?;
        self.writing = true;
        let done = self.journal.rotate_key(&self.recorded.snapshot).await;
        self.writing = false;
        Ok(done?)
    }

    /// Gives the lock back. Where nothing is recorded, nothing is left of the state; where much was written since it was last folded, it is folded.
    ///
    /// # Errors
    /// The state cannot be written. The lock is given back all the same.
    pub async fn close(mut self) -> Result<(), EngineError> {
        if self.writing {
            self.journal.abandon();
        }
        Ok(self.journal.close(&self.recorded.snapshot).await?)
    }

    fn knows_all(&self) -> Result<(), EngineError> {
        if self.writing { Err(EngineError::Abandoned { scope: self.scope.clone() }) } else { Ok(()) }
    }
}

/// The snapshot of a session while a run has it. The session has it back when this is dropped, so also where nobody waits for the run any more. It may then say more than what is durable, but after an error nothing is written in that
/// session.
struct Lent<'s> {
    snapshot: &'s mut Snapshot,
    run: Option<Run>,
}

impl Lent<'_> {
    /// A run of a plan that is for this snapshot.
    fn run(&mut self, plan: Arc<Plan>, options: RunOptions) -> &mut Run {
        let nothing = Snapshot::new(self.snapshot.fingerprint_key().clone());
        self.run.insert(Run::restore(plan, std::mem::replace(self.snapshot, nothing), options))
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(run) = self.run.take() {
            *self.snapshot = run.into_snapshot();
        }
    }
}
