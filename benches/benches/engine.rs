//! Deployments that survive a loss of power, beside the bare syncs that they cannot do without.

#![expect(clippy::expect_used, reason = "a bench")]

use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use futures_executor::block_on;
use score_engine::drivers::{MemoryDriver, Registry};
use score_engine::model::{Source, Workload};
use score_engine::resolver::{Context, PlanOptions, Platform, RunOptions};
use score_engine::{Engine, FileStore, Goal, LockOptions, MemoryStore, Store};

const PLATFORM: &str = "
types: {thing: {}, constant: {}}
modules: {thing: {type: thing, driver: memory, inputs: {id: '${context.id}', params: '${params}'}}, constant: {type: constant, driver: static, inputs: {id: '${context.id}', params: '${params}'}}}
rules: [{module: thing}, {module: constant}]
";

/// A workload of so many resources; with `chain`, each reads the one before.
fn workload(ty: &str, count: usize, chain: bool) -> Workload {
    let resources: Vec<String> = (0..count)
        .map(|at| match at.checked_sub(1).filter(|_| chain) {
            Some(before) => format!(r#""n{at}": {{"type": "{ty}", "params": {{"d": "${{resources.n{before}.id}}"}}}}"#),
            None => format!(r#""n{at}": {{"type": "{ty}"}}"#),
        })
        .collect();
    let text = format!(
        r#"{{"apiVersion": "score.dev/v1b1", "metadata": {{"name": "bench"}}, "containers": {{"main": {{"image": "busybox"}}}}, "resources": {{{}}}}}"#,
        resources.join(", ")
    );
    Workload::parse(Source::new("score.yaml", text)).into_result().expect("it is sound").0
}

/// The calling thread is the only one, so that what is measured is the engine and not the starting of threads.
fn engine(store: impl Store) -> Engine {
    let (platform, _) = Platform::load(&[Source::new("platform.yaml", PLATFORM)]).into_result().expect("it is sound");
    Engine::new(Registry::new().with("memory", MemoryDriver::new()), store).platform(platform).isolation(None)
}

fn deploy(engine: &Engine, goal: Goal) {
    let context = Context::new("development");
    let done = block_on(async {
        let mut session = engine.open(&context.scope(), LockOptions::default()).await?;
        let plan = session.plan(&context, goal, PlanOptions::default()).await?;
        let summary = session.apply(plan, RunOptions::default(), &mut |_| {}).await?;
        session.close().await?;
        Ok::<_, score_engine::EngineError>(summary)
    });
    assert!(done.expect("it is written").is_success());
}

fn durable(c: &mut Criterion) {
    let mut group = c.benchmark_group("durable");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    let directory = tempfile::tempdir().expect("a directory");
    let mut file = File::create(directory.path().join("bare")).expect("a file");
    group.bench_function("bare/write and fdatasync of 300 bytes", |b| {
        b.iter(|| file.write_all(&[7; 300]).and_then(|()| file.sync_data()).expect("it is written"));
    });
    for (name, workload) in [
        ("up/1000 pure", workload("constant", 1000, false)),
        ("up/1000 with effects, wide", workload("thing", 1000, false)),
        ("up/100 with effects, chain", workload("thing", 100, true)),
    ] {
        group.bench_function(name, |b| {
            b.iter_batched(
                || {
                    let directory = tempfile::tempdir().expect("a directory");
                    (engine(FileStore::new(directory.path().join("state"))), directory)
                },
                |(engine, directory)| {
                    deploy(&engine, Goal::up([workload.clone()]));
                    (engine, directory)
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn in_memory(c: &mut Criterion) {
    let mut group = c.benchmark_group("memory");
    group.sample_size(10);
    let workload = workload("thing", 1000, false);
    group.bench_function("up/1000 with effects, wide", |b| {
        let up = || engine(MemoryStore::new());
        b.iter_batched(up, |engine| deploy(&engine, Goal::up([workload.clone()])), BatchSize::PerIteration);
    });
    let engine = engine(MemoryStore::new());
    deploy(&engine, Goal::up([workload.clone()]));
    group.bench_function("up again/1000 with nothing to do", |b| {
        b.iter(|| deploy(&engine, Goal::up([workload.clone()])));
    });
    let scope = Context::new("development").scope();
    group.bench_function("journal read/1000 objects", |b| {
        b.iter(|| black_box(block_on(engine.snapshot(&scope)).expect("it is read")));
    });
    group.finish();
}

criterion_group!(benches, durable, in_memory);
criterion_main!(benches);
