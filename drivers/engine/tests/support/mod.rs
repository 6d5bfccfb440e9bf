//! Small systems, and stores that count or fail.

#![allow(dead_code, reason = "each test uses some of it")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use score_engine::drivers::{MemoryDriver, Registry};
use score_engine::model::{Source, Workload};
use score_engine::resolver::{Context, Event, Plan, PlanOptions, Platform, RunOptions, Scope, Summary};
use score_engine::{
    Ack, Engine, EngineError, Goal, Holder, KeySource, Lease, Loaded, LockOptions, MemoryStore, Session, Store,
    StoreError,
};

pub(crate) fn platform() -> Platform {
    let text = r#"
types: {thing: {}, constant: {}, vault: {outputs: {type: object, properties: {password: {type: string, writeOnly: true}}}}}
modules:
  thing: {type: thing, driver: memory, inputs: {id: "${context.id}", params: "${params}"}}
  constant: {type: constant, driver: static, inputs: {id: "${context.id}", params: "${params}"}}
  vault: {type: vault, driver: static, inputs: {secrets: {password: canary}}}
rules: [{module: thing}, {module: constant}, {module: vault}]
"#;
    Platform::load(&[Source::new("platform.yaml", text)]).into_result().unwrap().0
}

/// A workload `name` of these resources, each a name, a type and what it reads.
pub(crate) fn workload(name: &str, resources: &[(String, &str, Vec<String>)]) -> Workload {
    let resources: serde_json::Map<String, serde_json::Value> = resources
        .iter()
        .map(|(name, ty, reads)| {
            let params: serde_json::Map<String, serde_json::Value> = reads
                .iter()
                .enumerate()
                .map(|(at, read)| (format!("d{at}"), format!("${{resources.{read}}}").into()))
                .collect();
            (name.clone(), serde_json::json!({"type": ty, "params": params}))
        })
        .collect();
    let text = serde_json::json!({
        "apiVersion": "score.dev/v1b1", "metadata": {"name": name},
        "containers": {"main": {"image": "busybox"}}, "resources": resources,
    });
    Workload::parse(Source::new(format!("{name}.score.yaml"), text.to_string())).into_result().unwrap().0
}

/// `count` resources of a type, each reading the one before.
pub(crate) fn chain(ty: &'static str, count: usize) -> Workload {
    let resources: Vec<_> = (0..count)
        .map(|at| (format!("n{at}"), ty, at.checked_sub(1).map(|before| format!("n{before}.id")).into_iter().collect()))
        .collect();
    workload("chain", &resources)
}

/// `count` resources of a type that read nothing.
pub(crate) fn wide(ty: &'static str, count: usize) -> Workload {
    let resources: Vec<_> = (0..count).map(|at| (format!("n{at}"), ty, Vec::new())).collect();
    workload("wide", &resources)
}

pub(crate) fn context() -> Context {
    Context::new("development")
}

pub(crate) fn engine(world: &MemoryDriver, store: impl Store) -> Engine {
    Engine::new(Registry::new().with("memory", world.clone()), store).platform(platform()).isolation(None)
}

/// Opens, plans, applies, closes.
pub(crate) async fn deploy(engine: &Engine, goal: impl Into<Goal>) -> Result<(Summary, Vec<Event>), EngineError> {
    let mut session = engine.open(&context().scope(), LockOptions::default()).await?;
    let plan = session.plan(&context(), goal, PlanOptions::default()).await?;
    let done = apply(&mut session, plan).await;
    session.close().await?;
    done
}

pub(crate) async fn apply(session: &mut Session, plan: Plan) -> Result<(Summary, Vec<Event>), EngineError> {
    let mut events = Vec::new();
    let summary = session.apply(plan, RunOptions::default(), &mut |event| events.push(event.clone())).await?;
    Ok((summary, events))
}

/// When a [`Faulty`] store fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// As if the power went just before the write.
    Before,
    /// As if it went just after.
    After,
}

/// A store that counts what is written, and fails once, for good.
#[derive(Clone, Debug)]
pub(crate) struct Faulty(pub(crate) Arc<FaultyInner>);

#[derive(Debug)]
pub(crate) struct FaultyInner {
    pub(crate) store: MemoryStore,
    pub(crate) writes: AtomicUsize,
    pub(crate) fail: Option<(usize, Fault)>,
}

impl Faulty {
    pub(crate) fn new(store: MemoryStore, fail: Option<(usize, Fault)>) -> Self {
        Self(Arc::new(FaultyInner { store, writes: AtomicUsize::new(0), fail }))
    }

    pub(crate) fn writes(&self) -> usize {
        self.0.writes.load(Ordering::SeqCst)
    }

    async fn write(&self, act: BoxFuture<'_, Result<Ack, StoreError>>) -> Result<Ack, StoreError> {
        let number = self.0.writes.fetch_add(1, Ordering::SeqCst);
        match self.0.fail {
            Some((at, Fault::Before)) if number >= at => Err(StoreError::io("write", "the store", "it is gone")),
            Some((at, Fault::After)) if number >= at => {
                if number == at {
                    act.await?;
                }
                Err(StoreError::io("write", "the store", "it is gone"))
            }
            _ => act.await,
        }
    }
}

impl Store for Faulty {
    fn load<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Loaded, StoreError>> {
        self.0.store.load(scope)
    }
    fn lock<'a>(&'a self, scope: &'a Scope, holder: Holder) -> BoxFuture<'a, Result<(Lease, Loaded), StoreError>> {
        self.0.store.lock(scope, holder)
    }
    fn append<'a>(
        &'a self,
        lease: &'a Lease,
        expected: u64,
        batch: &'a [Vec<u8>],
    ) -> BoxFuture<'a, Result<Ack, StoreError>> {
        Box::pin(self.write(self.0.store.append(lease, expected, batch)))
    }
    fn replace<'a>(
        &'a self,
        lease: &'a Lease,
        expected: u64,
        entries: &'a [Vec<u8>],
    ) -> BoxFuture<'a, Result<Ack, StoreError>> {
        Box::pin(self.write(self.0.store.replace(lease, expected, entries)))
    }
    fn remove(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        self.0.store.remove(lease)
    }
    fn unlock(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        self.0.store.unlock(lease)
    }
    fn break_lock<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Option<Holder>, StoreError>> {
        self.0.store.break_lock(scope)
    }
    fn request_cancel<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.store.request_cancel(scope)
    }
    fn default_key(&self) -> KeySource {
        self.0.store.default_key()
    }
}
