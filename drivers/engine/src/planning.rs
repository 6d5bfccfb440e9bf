//! Planning: the planner proposes, drivers are asked.

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use score_drivers::Seed;
use score_model::Diagnostics;
use score_resolver::{Ask, Plan, PlanOptions, Planner, Preview, Proposal, Resolution, Scope, Snapshot};

use crate::asking::AT_ONCE;
use crate::{Engine, EngineError};

/// The plan that turns `snapshot` into what is desired.
pub(crate) async fn plan(
    engine: &Engine,
    scope: &Scope,
    seed: Option<&Seed>,
    desired: Option<&Resolution>,
    snapshot: &Snapshot,
    options: PlanOptions,
) -> Result<Plan, EngineError> {
    // Before there is a state nobody knows what randomness will be. Guids are not known then either, and what differs from one to another is not taken to be known.
    let unseeded = Seed::new([0; 32]);
    let seed = seed.or(snapshot.lineage().is_none().then_some(&unseeded));
    let mut planner = Planner::new(desired, snapshot, options, engine.catalogue());
    let mut asked = FuturesUnordered::new();
    let mut draining = engine.wish().draining();
    loop {
        while asked.len() < AT_ONCE
            && let Some(Proposal { uid, driver, ask, .. }) = planner.propose()
        {
            let mut call = engine.call(scope);
            if let Ask::Evaluate(request) = &ask
                && let Some(seed) = seed
            {
                call = call.with_seed(seed.derive(request.guid.as_str()));
            }
            asked.push(async move {
                let answer = engine.ask(&driver, &call, ask.into_request()).await;
                (uid, Preview::from(answer))
            });
        }
        if asked.is_empty() {
            break;
        }
        match select(asked.next(), draining).await {
            Either::Left((answer, waiting)) => {
                draining = waiting;
                if let Some((uid, preview)) = answer {
                    planner.settle(&uid, preview);
                }
            }
            Either::Right(_) => return Err(EngineError::Interrupted),
        }
    }
    planner.finish().map_err(|mut problems: Diagnostics| {
        problems.sort();
        problems.into()
    })
}
