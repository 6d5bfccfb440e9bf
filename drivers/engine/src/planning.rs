//! Planning: the planner proposes, drivers are asked.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use score_drivers::Seed;
use score_model::Diagnostics;
use score_resolver::{Ask, Plan, PlanOptions, Planner, Preview, Proposal, Resolution, Scope, Settled, Snapshot};

use crate::asking::AT_ONCE;
use crate::{Engine, EngineError};

/// What is random where there is no state: nobody knows what it will be.
pub(crate) const UNSEEDED: [u8; 32] = [0; 32];

/// The plan that turns `snapshot` into what is desired.
pub(crate) async fn plan(
    engine: &Engine,
    scope: &Scope,
    seed: Option<&Seed>,
    desired: Option<&Resolution>,
    snapshot: &Snapshot,
    options: PlanOptions,
) -> Result<Plan, EngineError> {
    let mut planner = Planner::new(desired, snapshot, options, engine.catalogue());
    ask(engine, scope, seed, snapshot, &mut planner).await?;
    Ok(finished(planner)?)
}

/// The same, going on from what was found out before, and leaving there what is found out now.
pub(crate) async fn plan_again(
    engine: &Engine,
    seed: Option<&Seed>,
    settled: &mut Settled,
    desired: &Resolution,
    snapshot: &Snapshot,
    options: PlanOptions,
) -> Result<Plan, EngineError> {
    let before = std::mem::take(settled);
    let mut planner = Planner::going_on(before, Some(desired), snapshot, options, engine.catalogue());
    ask(engine, &desired.context().scope(), seed, snapshot, &mut planner).await?;
    let plan;
    (plan, *settled) = planner.finish_to_go_on();
    Ok(plan.map_err(sorted)?)
}

/// Asks all that the planner wants to know, unless it is interrupted.
async fn ask(
    engine: &Engine,
    scope: &Scope,
    seed: Option<&Seed>,
    snapshot: &Snapshot,
    planner: &mut Planner<'_>,
) -> Result<(), EngineError> {
    // Guids are not known before there is a state either, and what differs from one to another is not taken to be known.
    let unseeded = Seed::new(UNSEEDED);
    let seed = seed.or(snapshot.lineage().is_none().then_some(&unseeded));
    let asking = pin!(ask_all(engine, scope, seed, planner));
    match select(asking, engine.wish().draining()).await {
        Either::Left(_) => Ok(()),
        Either::Right(_) => Err(EngineError::Interrupted),
    }
}

/// Asks all that the planner wants to know.
pub(crate) async fn ask_all(engine: &Engine, scope: &Scope, seed: Option<&Seed>, planner: &mut Planner<'_>) {
    /// After so many answers others have their turn: who interrupts, say.
    const AT_A_STRETCH: usize = 256;
    let mut asked = FuturesUnordered::new();
    let call = engine.call(scope);
    let mut answers = 0;
    loop {
        while asked.len() < AT_ONCE
            && let Some(Proposal { uid, driver, ask, .. }) = planner.propose()
        {
            let call = match (&ask, seed) {
                (Ask::Evaluate(request), Some(seed)) => call.clone().with_seed(seed.derive(&request.guid.to_string())),
                _ => call.clone(),
            };
            let mut answer = Box::pin(async move {
                let answer = engine.ask(&driver, &call, ask.into_request()).await;
                (uid, Preview::from(answer))
            });
            // Pure drivers wait for nothing.
            match answer.as_mut().now_or_never() {
                Some((uid, preview)) => {
                    planner.settle(&uid, preview);
                    answers += 1;
                    if answers % AT_A_STRETCH == 0 {
                        pause().await;
                    }
                }
                None => asked.push(answer),
            }
        }
        let Some((uid, preview)) = asked.next().await else { return };
        planner.settle(&uid, preview);
    }
}

/// Lets others have their turn.
async fn pause() {
    let mut paused = false;
    poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The plan, or all that is wrong, sorted.
pub(crate) fn finished(planner: Planner<'_>) -> Result<Plan, Diagnostics> {
    planner.finish().map_err(sorted)
}

fn sorted(mut problems: Diagnostics) -> Diagnostics {
    problems.sort();
    problems
}
