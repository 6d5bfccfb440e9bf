//! What plans and runs cost, without drivers and stores.
//!
//! `cargo bench -p benches --bench plan` prints tables: nanoseconds a node from 1,000 to 100,000 nodes, with `-- --large` to
//! 1,000,000, and the exponents fitted to them; then, in virtual time, how much longer than it must a deployment takes.
//! Words select rows: `-- chain plan`, `-- makespan`.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use benches::{Random, Selection, Series, Shape, inputs_of};
use score_graph::{Dag, Graph, NodeOptions, Outcome, Walk, WalkOptions};
use score_model::{FingerprintKey, Path, ResourceUid, Value};
use score_resolver::{
    Applied, Capabilities, Command, Context, DriverCatalogue, DriverInfo, Expr, Lineage, Plan, PlanOptions, Planner,
    Platform, Recipe, Record, Request, Resolution, Response, Run, RunOptions, Snapshot,
};

/// That of the program `partitura`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn uid(number: u32) -> ResourceUid {
    ResourceUid::new("thing", "default", &format!("node-{number:07}")).expect("a uid")
}

/// Each node reads an output of each that it depends on. Uids, and the names of inputs, are shared as those are that a resolver makes.
fn resolution(shape: Shape, size: u32) -> Resolution {
    let uids: Vec<ResourceUid> = (0..size).map(uid).collect();
    let (mut names, path): (Vec<Arc<str>>, _) = (vec!["size".into()], Path::root().child("value"));
    let mut inputs: Vec<Vec<(Arc<str>, Expr)>> = (0..size).map(|_| Vec::new()).collect();
    for (from, to) in shape.edges(size) {
        let inputs = &mut inputs[from as usize];
        let number = inputs.len() + 1;
        if number == names.len() {
            names.push(format!("from-{number}").into());
        }
        let hole = Expr::Output { of: uids[to as usize].clone(), path: path.clone(), or_null: false };
        inputs.push((names[number].clone(), hole));
    }
    let recipes = (0..size).zip(inputs).map(|(number, mut inputs)| {
        inputs.push((names[0].clone(), Value::from(i64::from(number)).into()));
        let mut recipe = Recipe::new("module", "driver");
        recipe.inputs = Expr::Map(Arc::new(inputs.into_iter().collect()));
        recipe.depends_on = recipe.inputs.references().into_iter().cloned().collect();
        (uids[number as usize].clone(), recipe)
    });
    let (platform, _) = Platform::builder().build().into_result().expect("an empty platform");
    Resolution::from_recipes(Arc::new(platform), Context::new("bench"), recipes).expect("no cycle")
}

fn opened() -> Snapshot {
    let mut snapshot = Snapshot::new(FingerprintKey::new([7; 32]));
    snapshot.fold(Record::Opened { lineage: Lineage::new([7; 16]), objects: 0, serial: 0 });
    snapshot
}

/// Obeys a run at once.
fn obey(plan: Arc<Plan>, snapshot: Snapshot) -> Snapshot {
    let mut run = Run::new(plan, snapshot, RunOptions::default()).expect("a plan that holds");
    loop {
        match run.poll() {
            Some(Command::Write(ticket, _)) => run.written(ticket),
            Some(Command::Invoke(ticket, invocation)) => {
                let answer = match &invocation.request {
                    Request::Destroy(_) => Response::Destroy,
                    _ => {
                        let outputs = Value::map([("value", Value::from(invocation.uid.as_str()))]);
                        Response::Apply(Applied::new(outputs))
                    }
                };
                run.answered(ticket, Ok(answer));
            }
            Some(Command::Finished(summary)) => {
                assert!(summary.is_success());
                return run.into_snapshot();
            }
            _ => {}
        }
    }
}

const OPERATIONS: [&str; 6] =
    ["plan of creates", "run of creates", "plan of nothing", "run of nothing", "plan of destroys", "run of destroys"];

/// All that the operations begin with.
struct Stage {
    drivers: DriverCatalogue,
    resolution: Resolution,
    empty: Snapshot,
    full: Snapshot,
}

impl Stage {
    fn new(shape: Shape, size: u32) -> Self {
        let can = Capabilities::default().destroy();
        let drivers: DriverCatalogue = [(Arc::from("driver"), DriverInfo::new(can))].into();
        let (resolution, empty) = (resolution(shape, size), opened());
        let mut stage = Self { drivers, resolution, full: empty.clone(), empty };
        stage.full = obey(Arc::new(stage.plan(true, &stage.empty)), stage.empty.clone());
        stage
    }

    fn snapshot(&self, empty: bool) -> &Snapshot {
        if empty { &self.empty } else { &self.full }
    }

    fn plan(&self, up: bool, snapshot: &Snapshot) -> Plan {
        let desired = up.then_some(&self.resolution);
        Planner::new(desired, snapshot, PlanOptions::default(), &self.drivers).finish().expect("a plan")
    }
}

fn measure(stages: &[Stage], operation: &str, size: u32, series: &mut Series) {
    let (up, creates) = (!operation.ends_with("destroys"), operation.ends_with("creates"));
    let count = stages.len() as u32;
    if operation.starts_with("plan") {
        let prepare = |number: u32| &stages[number as usize];
        return series.measure_each(size, count, prepare, |stage| stage.plan(up, stage.snapshot(creates)));
    }
    let plans: Vec<Arc<Plan>> = stages.iter().map(|stage| Arc::new(stage.plan(up, stage.snapshot(creates)))).collect();
    let prepare = |number: u32| (plans[number as usize].clone(), stages[number as usize].snapshot(creates).clone());
    series.measure_each(size, count, prepare, |(plan, snapshot)| obey(plan, snapshot));
}

const SHAPES: [Shape; 4] = [Shape::Chain, Shape::Wide, Shape::Layered, Shape::Hub];

fn exponents(selection: &Selection, sizes: &[u32]) {
    let columns: String = sizes.iter().map(|size| format!(" {size:e} |")).collect();
    println!("| shape | operation |{columns} exponent |\n|---|---|{}--:|", "--:|".repeat(sizes.len()));
    for shape in SHAPES {
        let mut rows: Vec<(&str, Series)> = OPERATIONS
            .into_iter()
            .filter(|operation| selection.selects(&format!("{}: {operation}", shape.name())))
            .map(|operation| (operation, Series::within(Duration::from_millis(500))))
            .collect();
        if rows.is_empty() {
            continue;
        }
        for &size in sizes {
            let stages: Vec<Stage> = (0..inputs_of(size)).map(|_| Stage::new(shape, size)).collect();
            rows.iter_mut().for_each(|(operation, series)| measure(&stages, operation, size, series));
        }
        for (operation, series) in rows {
            let times: Vec<String> = series.points().iter().map(|point| format!("{:.0}", point.per_node())).collect();
            println!("| {} | {operation} | {} | {:.2} |", shape.name(), times.join(" | "), series.exponent());
        }
    }
}

/// How long a walk takes when each node takes as long as is known beforehand.
fn makespan(dag: &Dag<u32, ()>, durations: &[u64], limit: usize) -> u64 {
    let duration = |node: u32| durations.get(node as usize).copied().unwrap_or_default();
    let mut walk =
        Walk::new(dag, WalkOptions::default().limit(limit), |node| NodeOptions::default().cost(duration(*node)));
    let (mut now, mut running) = (0, BinaryHeap::new());
    loop {
        match walk.poll() {
            Some(score_graph::Command::Start(node)) => running.push(Reverse((now + duration(dag[node]), node))),
            Some(score_graph::Command::Finished) => return now,
            _ => {
                let Reverse((ended, node)) = running.pop().expect("something runs");
                now = ended;
                walk.report(node, Outcome::Succeeded).expect("it runs");
            }
        }
    }
}

/// Random graphs of 50 to 250 nodes, each depending on up to three, with log-normal durations.
fn makespans() {
    const GRAPHS: u32 = 500;
    println!("\n| at once | mean | worst | Graham's bound |\n|--:|--:|--:|--:|");
    for limit in [1, 2, 4, 10, 64] {
        let mut random = Random::new(0xa1);
        let (mut sum, mut worst) = (0.0, 0.0_f64);
        for _ in 0..GRAPHS {
            let size = 50 + random.below(200);
            let mut edges = Vec::new();
            for from in 1..size {
                for _ in 0..random.below(4) {
                    edges.push((from as usize, random.below(from) as usize, ()));
                }
            }
            edges.sort_unstable();
            edges.dedup();
            let dag =
                Graph::from_numbered((0..size).collect(), edges).expect("well formed").into_dag().expect("acyclic");
            let durations: Vec<u64> = (0..size).map(|_| random.log_normal(1000.0, 1.0)).collect();
            let critical =
                dag.critical_path(|node| durations.get(*node as usize).copied().unwrap_or_default()).length();
            let work: u64 = durations.iter().sum();
            let bound = critical.max(work.div_ceil(limit as u64));
            let ratio = makespan(&dag, &durations, limit) as f64 / bound as f64;
            (sum, worst) = (sum + ratio, worst.max(ratio));
        }
        println!("| {limit} | {:.3} | {worst:.3} | {:.2} |", sum / f64::from(GRAPHS), 2.0 - 1.0 / limit as f64);
    }
}

fn main() {
    // Whatever is measured first pays for page faults otherwise.
    drop(black_box(vec![1_u8; 31 << 20]));
    let selection = Selection::given();
    let sizes: &[u32] = &[1_000, 10_000, 100_000, 1_000_000];
    exponents(&selection, if selection.has("--large") { sizes } else { sizes.get(..3).unwrap_or(sizes) });
    if selection.selects("makespan") {
        makespans();
    }
}
