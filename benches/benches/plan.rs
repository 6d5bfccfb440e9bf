//! What a plan and a run cost, without drivers and stores: nanoseconds a node.

#![expect(clippy::expect_used, reason = "a bench")]

use std::hint::black_box;
use std::sync::Arc;

use benches::Shape;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use score_model::{FingerprintKey, Path, ResourceUid, Value};
use score_resolver::{
    Applied, Capabilities, Command, Context, DriverCatalogue, DriverInfo, Expr, Lineage, Plan, PlanOptions, Planner,
    Platform, Recipe, Record, Resolution, Response, Run, RunOptions, Snapshot,
};

fn uid(number: u32) -> ResourceUid {
    ResourceUid::new("thing", "default", &format!("node-{number:06}")).expect("a uid")
}

/// Each node reads an output of each that it depends on.
fn resolution(shape: Shape, size: u32) -> Resolution {
    let mut inputs: Vec<Vec<(Arc<str>, Expr)>> = (0..size).map(|_| Vec::new()).collect();
    for (from, to) in shape.edges(size) {
        let hole = Expr::Output { of: uid(to), path: Path::root().child("value"), or_null: false };
        inputs[from as usize].push((format!("from-{to}").into(), hole));
    }
    let recipes = (0..size).zip(inputs).map(|(number, mut inputs)| {
        inputs.push(("size".into(), Value::from(i64::from(number)).into()));
        let mut recipe = Recipe::new("module", "driver");
        recipe.inputs = Expr::Map(Arc::new(inputs.into_iter().collect()));
        recipe.depends_on = recipe.inputs.references().into_iter().cloned().collect();
        (uid(number), recipe)
    });
    let (platform, _) = Platform::builder().build().into_result().expect("an empty platform");
    Resolution::from_recipes(Arc::new(platform), Context::new("bench"), recipes).expect("no cycle")
}

fn opened() -> Snapshot {
    let mut snapshot = Snapshot::new(FingerprintKey::new([7; 32]));
    snapshot.fold(Record::Opened { lineage: Lineage::new([7; 16]), objects: 0, serial: 0 });
    snapshot
}

fn plan(resolution: &Resolution, snapshot: &Snapshot, drivers: &DriverCatalogue) -> Plan {
    Planner::new(Some(resolution), snapshot, PlanOptions::default(), drivers).finish().expect("a plan")
}

/// Obeys a run at once.
fn obey(plan: Arc<Plan>, snapshot: Snapshot) -> Snapshot {
    let mut run = Run::new(plan, snapshot, RunOptions::default()).expect("a plan that holds");
    loop {
        match run.poll() {
            Some(Command::Write(ticket, _)) => run.written(ticket),
            Some(Command::Invoke(ticket, invocation)) => {
                let outputs = Value::map([("value", Value::from(invocation.uid.as_str()))]);
                run.answered(ticket, Ok(Response::Apply(Applied::new(outputs))));
            }
            Some(Command::Finished(summary)) => {
                assert!(summary.is_success());
                return run.snapshot().clone();
            }
            _ => {}
        }
    }
}

fn benches(criterion: &mut Criterion) {
    let drivers: DriverCatalogue = [(Arc::from("driver"), DriverInfo::new(Capabilities::default().destroy()))].into();
    for size in [1_000, 10_000, 100_000] {
        let mut group = criterion.benchmark_group(format!("plan-{size}"));
        group.throughput(Throughput::Elements(u64::from(size))).sample_size(10);
        for shape in [Shape::Chain, Shape::Wide, Shape::Layered] {
            let (resolution, empty) = (resolution(shape, size), opened());
            let create = Arc::new(plan(&resolution, &empty, &drivers));
            let full = obey(create.clone(), empty.clone());
            let none = Arc::new(plan(&resolution, &full, &drivers));
            assert!(!none.has_changes());
            let id = |what: &str| BenchmarkId::new(what, shape.name());
            group.bench_function(id("plan of creates"), |bench| {
                bench.iter(|| black_box(plan(&resolution, &empty, &drivers)));
            });
            group.bench_function(id("plan of nothing"), |bench| {
                bench.iter(|| black_box(plan(&resolution, &full, &drivers)));
            });
            let run = |plan: &Arc<Plan>, snapshot: &Snapshot| {
                let (plan, snapshot) = (plan.clone(), snapshot.clone());
                move || (plan.clone(), snapshot.clone())
            };
            for (what, plan, snapshot) in [("run of creates", &create, &empty), ("run of nothing", &none, &full)] {
                group.bench_function(id(what), |bench| {
                    bench.iter_batched(
                        run(plan, snapshot),
                        |(plan, snapshot)| black_box(obey(plan, snapshot)),
                        BatchSize::LargeInput,
                    );
                });
            }
        }
        group.finish();
    }
}

criterion_group!(all, benches);
criterion_main!(all);
