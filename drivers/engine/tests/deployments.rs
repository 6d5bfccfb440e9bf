//! Deployments from workloads to records and back.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_executor::block_on;
use futures_util::FutureExt as _;
use score_engine::drivers::{
    Artefact, Call, DriverRef, Error, ErrorKind, Layer, MemoryDriver, Registry, Request, Response, Retry, Value,
};
use score_engine::resolver::{Action, Event, PlanOptions, RunOptions};
use score_engine::{Engine, EngineError, FileStore, Goal, Interrupt, LockOptions, MemoryStore, Store};
use support::{Fault, Faulty, apply, chain, context, deploy, engine, wide, workload};

#[test]
fn up_again_and_down() {
    let (world, store) = (MemoryDriver::new(), Faulty::new(MemoryStore::new(), None));
    let engine = engine(&world, store.clone());
    let (summary, _) = block_on(deploy(&engine, vec![chain("thing", 5)])).unwrap();
    assert_eq!((summary.succeeded, summary.failed, world.objects().len()), (5, 0, 5));
    let written = store.writes();
    let (summary, _) = block_on(deploy(&engine, vec![chain("thing", 5)])).unwrap();
    assert_eq!((summary.succeeded, summary.unchanged, world.changes()), (0, 6, 5));
    assert_eq!(store.writes(), written, "nothing changed, so nothing is written");
    let (summary, _) = block_on(deploy(&engine, Goal::down())).unwrap();
    assert_eq!((summary.failed, world.objects().len()), (0, 0));
    assert_eq!(block_on(store.load(&context().scope())).unwrap().entries.len(), 0);
}

#[test]
fn workloads_given_replace_those_recorded_and_others_stay() {
    let world = MemoryDriver::new();
    let engine = engine(&world, MemoryStore::new());
    let one = |ty| workload("one", &[("aa".to_owned(), ty, vec![])]);
    let two = workload("two", &[("bb".to_owned(), "thing", vec![])]);
    block_on(deploy(&engine, vec![one("thing")])).unwrap();
    block_on(deploy(&engine, vec![two.clone()])).unwrap();
    assert_eq!(world.objects().len(), 2);
    block_on(deploy(&engine, vec![one("constant")])).unwrap();
    assert_eq!(world.objects().len(), 1);
    let plan =
        block_on(engine.plan(&context(), Goal::up([one("constant")]).prune(true), PlanOptions::default())).unwrap();
    assert_eq!(plan.summary().count(Action::Delete), 2, "the workload and what it asked for");
    block_on(deploy(&engine, Goal::up([one("constant")]).prune(true))).unwrap();
    assert_eq!(world.objects().len(), 0);
    let twice = block_on(deploy(&engine, vec![two.clone(), two])).unwrap_err();
    assert!(matches!(twice, EngineError::Rejected(_)), "{twice}");
}

#[test]
fn a_plan_says_who_is_deploying() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine(&MemoryDriver::new(), FileStore::new(directory.path().join("state")));
    let plan = || block_on(engine.plan(&context(), vec![chain("thing", 1)], PlanOptions::default())).unwrap();
    let holders = || {
        let (plan, holder) = (plan(), format!("process {} ", std::process::id()));
        let under_way = plan.warnings().iter().filter(|found| found.code == "under-way").cloned().collect::<Vec<_>>();
        assert!(under_way.iter().all(|found| found.message.contains(&holder)), "{under_way:?}");
        under_way.len()
    };
    assert_eq!(holders(), 0);
    let session = block_on(engine.open(&context().scope(), LockOptions::default())).unwrap();
    assert_eq!(holders(), 1);
    block_on(session.close()).unwrap();
    assert_eq!(holders(), 0);
}

#[test]
fn a_thousand_pure_resources_are_a_handful_of_writes() {
    let store = Faulty::new(MemoryStore::new(), None);
    block_on(deploy(&engine(&MemoryDriver::new(), store.clone()), vec![wide("constant", 1000)])).unwrap();
    assert!(store.writes() <= 5, "{} writes", store.writes());
}

#[test]
fn a_chain_of_effects_is_at_most_three_writes_each() {
    let (count, store) = (50, Faulty::new(MemoryStore::new(), None));
    block_on(deploy(&engine(&MemoryDriver::new(), store.clone()), vec![chain("thing", count)])).unwrap();
    assert!(store.writes() <= 3 * count, "{} writes", store.writes());
}

#[test]
fn no_secret_is_stored_in_clear() {
    let store = MemoryStore::new();
    let resources =
        [("vault".to_owned(), "vault", vec![]), ("thing".to_owned(), "thing", vec!["vault.password".to_owned()])];
    block_on(deploy(&engine(&MemoryDriver::new(), store.clone()), vec![workload("shop", &resources)])).unwrap();
    let loaded = block_on(store.load(&context().scope())).unwrap();
    assert!(loaded.entries.len() > 4);
    let canary = loaded.entries.iter().find(|entry| entry.windows(6).any(|window| window == b"canary"));
    assert_eq!(canary.map(|entry| String::from_utf8_lossy(entry).into_owned()), None);
}

/// The store dies before or after each of its writes; whoever comes next finishes, and nothing is made twice or lost.
#[test]
fn a_crash_at_any_write_loses_nothing() {
    let workloads = || vec![chain("thing", 4), wide("thing", 3)];
    let total = {
        let store = Faulty::new(MemoryStore::new(), None);
        block_on(deploy(&engine(&MemoryDriver::new(), store.clone()), workloads())).unwrap();
        store.writes()
    };
    for at in 0..total {
        for fault in [Fault::Before, Fault::After] {
            let (world, kept) = (MemoryDriver::new(), MemoryStore::new());
            let crashed = block_on(deploy(&engine(&world, Faulty::new(kept.clone(), Some((at, fault)))), workloads()));
            assert!(matches!(crashed, Err(EngineError::Journal(_))), "{fault:?} {at}: {crashed:?}");
            let next = engine(&world, kept);
            let recorded = block_on(next.snapshot(&context().scope())).unwrap().snapshot;
            for object in recorded.objects().filter(|object| !object.pure) {
                assert!(object.driver.is_empty() || world.get(&object.uid).is_some(), "{fault:?} {at}: a ghost");
            }
            let (summary, _) = block_on(deploy(&next, workloads())).unwrap();
            assert_eq!((summary.failed, summary.skipped), (0, 0), "{fault:?} {at}");
            assert_eq!((world.objects().len(), world.changes()), (7, 7), "{fault:?} {at}: made once each");
            let (_, events) = block_on(deploy(&next, Goal::down())).unwrap();
            assert_eq!(world.objects().len(), 0, "{fault:?} {at}: {events:?}");
        }
    }
}

#[test]
fn a_lost_lease_ends_everything() {
    let (world, store) = (MemoryDriver::new(), MemoryStore::new());
    let (first, second) = (engine(&world, store.clone()), engine(&world, store));
    block_on(async {
        let mut session = first.open(&context().scope(), LockOptions::default()).await.unwrap();
        let plan = session.plan(&context(), vec![chain("thing", 3)], PlanOptions::default()).await.unwrap();
        let locked = second.open(&context().scope(), LockOptions::default()).await.unwrap_err();
        assert!(
            matches!(&locked, EngineError::Locked { holder: Some(holder), .. } if holder.pid == std::process::id())
        );
        second.unlock(&context().scope()).await.unwrap().unwrap();
        deploy(&second, vec![wide("thing", 2)]).await.unwrap();
        let fenced = apply(&mut session, plan).await.unwrap_err();
        assert!(matches!(fenced, EngineError::Fenced { .. }), "{fenced}");
        session.close().await.unwrap();
    });
    assert_eq!(world.objects().len(), 2, "whoever lost the lease called nobody");
    let recorded = block_on(second.snapshot(&context().scope())).unwrap().snapshot;
    assert_eq!(recorded.objects().len(), 3);
}

#[test]
fn an_interrupt_starts_nothing_new() {
    let (world, interrupt) = (MemoryDriver::new(), Interrupt::new());
    let engine = engine(&world, MemoryStore::new()).interrupt(interrupt.clone());
    let summary = block_on(async {
        let mut session = engine.open(&context().scope(), LockOptions::default()).await.unwrap();
        let plan = session.plan(&context(), vec![chain("thing", 5)], PlanOptions::default()).await.unwrap();
        let mut seen = 0;
        let mut watch = |event: &Event| {
            seen += usize::from(matches!(event, Event::Succeeded { .. }));
            if seen == 2 {
                interrupt.interrupt();
            }
        };
        let summary = session.apply(plan, RunOptions::default(), &mut watch).await.unwrap();
        session.close().await.unwrap();
        summary
    });
    assert_eq!(summary.succeeded + summary.cancelled, 6 - summary.unchanged, "{summary:?}");
    assert!(summary.cancelled >= 2 && world.objects().len() == summary.succeeded, "{summary:?}");
}

#[test]
fn a_repetition_tells_which_attempt_failed() {
    /// Fails for now when it is asked first.
    #[derive(Clone)]
    struct Late;
    impl Layer for Late {
        async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, Error> {
            match call.attempt() {
                1 => Err(Error::new(ErrorKind::Unavailable, "busy").temporary()),
                _ => next.call(call, request).await,
            }
        }
    }
    let registry = Registry::empty().with("memory", MemoryDriver::new()).layer(Late);
    let engine = Engine::new(registry, MemoryStore::new()).platform(support::platform()).isolation(None);
    let engine = engine.retry(Retry::new().first_wait(Duration::ZERO));
    let (summary, events) = block_on(deploy(&engine, vec![chain("thing", 1)])).unwrap();
    assert_eq!(summary.succeeded, 1);
    let retried: Vec<_> = events.iter().filter(|event| event.name() == "retried").map(ToString::to_string).collect();
    assert_eq!(retried, ["thing.default#chain.n0: attempt 1 failed for now: busy"]);
}

#[test]
fn a_driver_that_leaves_parts_open_fails_alone() {
    /// Leaves open what it keeps and what is in its artefact, of the resource `n0`.
    #[derive(Clone)]
    struct Vague;
    impl Layer for Vague {
        async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, Error> {
            let vague = request.uid().id().ends_with("n0");
            let mut response = next.call(call, request).await?;
            if let (Response::Apply(applied), true) = (&mut response, vague) {
                applied.state = Value::map([("handle", Value::Unknown)]);
                applied.artefacts = vec![Artefact { kind: "file".into(), key: "a".into(), value: Value::Unknown }];
            }
            Ok(response)
        }
    }
    let world = MemoryDriver::new();
    let registry = Registry::new().with("memory", world.clone()).layer(Vague);
    let engine = Engine::new(registry, MemoryStore::new()).platform(support::platform()).isolation(None);
    let (summary, events) = block_on(deploy(&engine, vec![wide("thing", 2)])).unwrap();
    assert_eq!((summary.succeeded, summary.failed, summary.skipped), (1, 1, 1));
    let failed: Vec<_> = events.iter().filter(|event| event.name() == "failed").map(ToString::to_string).collect();
    let told =
        "its driver leaves open a part of what it keeps for itself; its driver leaves open a part of its artefacts";
    assert_eq!(failed, [format!("thing.default#wide.n0: could not be applied: {told}")]);
    let recorded = block_on(engine.snapshot(&context().scope())).unwrap().snapshot;
    let statuses = recorded.list().iter().map(|listed| listed.status.to_string()).collect::<Vec<_>>();
    assert_eq!(statuses, ["incomplete", "ready"]);
    block_on(deploy(&engine, Goal::down())).unwrap();
    assert_eq!(world.objects().len(), 0);
}

#[test]
fn a_deployment_that_is_dropped_loses_nothing() {
    /// Never answers when it has made the resource `n1`, and keeps what it is told to stop by.
    #[derive(Clone, Default)]
    struct Hangs(Arc<Mutex<Option<Call>>>);
    impl Layer for Hangs {
        async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, Error> {
            let hangs = matches!(request, Request::Apply(_)) && request.uid().id().ends_with("n1");
            let answer = next.call(call, request).await;
            if hangs {
                *self.0.lock().unwrap() = Some(call.clone());
                return std::future::pending().await;
            }
            answer
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let stores: [Arc<dyn Store>; 2] =
        [Arc::new(MemoryStore::new()), Arc::new(FileStore::new(directory.path().join("state")))];
    for store in stores {
        let (world, hangs) = (MemoryDriver::new(), Hangs::default());
        let registry = Registry::new().with("memory", world.clone()).layer(hangs.clone());
        let hanging = Engine::new(registry, store.clone()).platform(support::platform()).isolation(None);
        let session = block_on(async {
            let mut session = hanging.open(&context().scope(), LockOptions::default()).await.unwrap();
            let plan = session.plan(&context(), vec![wide("thing", 2)], PlanOptions::default()).await.unwrap();
            assert!(apply(&mut session, plan).now_or_never().is_none(), "it ended");
            let again = session.plan(&context(), vec![wide("thing", 2)], PlanOptions::default()).await;
            assert!(matches!(again, Err(EngineError::Abandoned { .. })), "{again:?}");
            session
        });
        assert!(hangs.0.lock().unwrap().as_ref().unwrap().cancel().is_cancelled());
        block_on(session.close()).unwrap();
        let recorded = block_on(hanging.snapshot(&context().scope())).unwrap().snapshot;
        let statuses = recorded.list().iter().map(|listed| listed.status.to_string()).collect::<Vec<_>>();
        assert_eq!(statuses, ["ready", "unknown"]);
        let (summary, _) = block_on(deploy(&engine(&world, store), vec![wide("thing", 2)])).unwrap();
        assert!(summary.is_success(), "{summary}");
        assert_eq!((world.objects().len(), world.changes()), (2, 2), "nothing is made twice");
    }
}

#[test]
fn what_is_done_can_run_on_any_executor() {
    fn send<T: Send>(_: &T) {}
    let engine = engine(&MemoryDriver::new(), MemoryStore::new());
    let deployed = deploy(&engine, vec![chain("thing", 1)]);
    send(&deployed);
    block_on(deployed).unwrap();
}
