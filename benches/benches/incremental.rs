//! What it costs to resolve and plan again when one input changed, beside resolving and planning everything.
//!
//! `cargo bench -p benches --bench incremental` prints a table: microseconds and their ratio, from 1,000 to 100,000 resources that are all up; then the same of the digest of the plan. Words select rows.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench")]

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use benches::{Deployment, Selection, Series, Shape};
use score_model::{FingerprintKey, Source, Workload};
use score_resolver::{
    Applied, Ask, Capabilities, Command, Context, DriverCatalogue, DriverInfo, Lineage, Plan, PlanOptions, Planner,
    Platform, Preview, Record, Request, Resolution, Resolver, Response, Run, RunOptions, Settled, Snapshot,
};

/// That of the program `partitura`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// All that is up, and what changes in it.
struct Stage {
    resolver: Resolver,
    drivers: DriverCatalogue,
    workloads: Vec<Workload>,
    snapshot: Snapshot,
    /// The text of the file that changes.
    text: String,
    resolution: RefCell<Resolution>,
    settled: RefCell<Settled>,
    edits: Cell<u32>,
}

fn parse(text: String) -> Workload {
    let workload = Workload::parse(Source::new("score.json", text)).into_result().expect("sound").0;
    black_box((workload.document().value(), workload.resources.len()));
    workload
}

impl Stage {
    fn new(shape: Shape, size: u32, first: bool) -> Self {
        let deployment = Deployment::Things(shape);
        let drivers: DriverCatalogue =
            [(Arc::from("static"), DriverInfo::new(Capabilities::PURE).passes_inputs_except(["secrets"]))].into();
        let source = Source::new("platform.yaml", deployment.platform());
        let (platform, _) = Platform::load(&[source]).into_result().expect("sound");
        let resolver = Resolver::new(Arc::new(platform)).drivers(drivers.clone());
        let texts = deployment.score_files(size);
        let text = texts[if first { 0 } else { texts.len() / 2 }].clone();
        let workloads: Vec<Workload> = texts.into_iter().map(parse).collect();
        let resolution = resolver.resolve(&Context::new("bench"), &workloads).into_result().expect("sound").0;
        let mut snapshot = Snapshot::new(FingerprintKey::new([7; 32]));
        snapshot.fold(Record::Opened { lineage: Lineage::new([7; 16]), objects: 0, serial: 0 });
        let resolution = RefCell::new(resolution);
        let (settled, edits) = (RefCell::default(), Cell::default());
        let mut stage = Self { resolver, drivers, workloads, snapshot, text, resolution, settled, edits };
        let plan = stage.plan(&stage.resolution.borrow().clone());
        stage.snapshot = obey(plan, stage.snapshot.clone());
        stage.again(None);
        stage
    }

    /// The changed file, other than all before it.
    fn edit(&self) -> Workload {
        self.edits.set(self.edits.get() + 1);
        let (before, rest) = self.text.split_once("\"size\":").expect("a size");
        let (_, after) = rest.split_once(',').expect("more params");
        parse(format!("{before}\"size\":{},{after}", 1000 + self.edits.get()))
    }

    fn plan(&self, resolution: &Resolution) -> Plan {
        let planner = Planner::new(Some(resolution), &self.snapshot, PlanOptions::default(), &self.drivers);
        asked(planner).finish().expect("a plan")
    }

    fn anew(&self) -> (Resolution, Plan) {
        let (resolution, _) =
            self.resolver.resolve(&Context::new("bench"), &self.workloads).into_result().expect("sound");
        let plan = self.plan(&resolution);
        (resolution, plan)
    }

    fn again(&self, changed: Option<Workload>) -> Plan {
        let mut resolution = self.resolution.borrow_mut();
        if let Some(changed) = changed {
            *resolution = self.resolver.update(&resolution, &[changed]).into_result().expect("sound").0;
        }
        let settled = self.settled.take();
        let options = PlanOptions::default();
        let planner = Planner::going_on(settled, Some(&resolution), &self.snapshot, options, &self.drivers);
        let (plan, settled) = asked(planner).finish_to_go_on();
        self.settled.replace(settled);
        plan.expect("a plan")
    }
}

/// The planner with all that it asks answered.
fn asked(mut planner: Planner<'_>) -> Planner<'_> {
    while let Some(proposal) = planner.propose() {
        if let Ask::Evaluate(request) = proposal.ask {
            planner.settle(&proposal.uid, Preview::Evaluated(Applied::new(request.inputs)));
        }
    }
    planner
}

/// Obeys a run at once.
fn obey(plan: Plan, snapshot: Snapshot) -> Snapshot {
    let mut run = Run::new(Arc::new(plan), snapshot, RunOptions::default()).expect("a plan that holds");
    loop {
        match run.poll() {
            Some(Command::Write(ticket, _)) => run.written(ticket),
            Some(Command::Invoke(ticket, invocation)) => {
                let answer = match invocation.request {
                    Request::Apply(request) => Response::Apply(Applied::new(request.inputs)),
                    _ => Response::Destroy,
                };
                run.answered(ticket, Ok(answer));
            }
            Some(Command::Finished(_)) => return run.snapshot().clone(),
            _ => {}
        }
    }
}

const ROWS: [(&str, Shape, bool); 5] = [
    ("chain", Shape::Chain, false),
    ("wide", Shape::Wide, false),
    ("layered", Shape::Layered, false),
    ("hub", Shape::Hub, false),
    ("hub: what all depend on", Shape::Hub, true),
];

fn main() {
    // As in the bench `graph`: whatever is measured first pays for page faults otherwise.
    drop(black_box(vec![1_u8; 31 << 20]));
    let selection = Selection::given();
    println!("| what changes | resources | everything, µs | again, µs | ratio | digest, µs | again, µs |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for (name, shape, first) in ROWS {
        if !selection.selects(name) {
            continue;
        }
        for size in [1_000, 10_000, 100_000] {
            let stage = Stage::new(shape, size, first);
            let series = |millis| Series::within(Duration::from_millis(millis));
            let (mut anew, mut again) = (series(2000), series(500));
            let (mut digest, mut digest_again) = (series(2000), series(500));
            anew.measure(size, || (), |()| stage.anew());
            again.measure(size, || stage.edit(), |changed| stage.again(Some(changed)));
            digest.measure(size, || stage.plan(&stage.resolution.borrow()), |plan| plan.digest());
            stage.again(None).digest();
            digest_again.measure(size, || stage.again(Some(stage.edit())), |plan| plan.digest());
            let micros = |series: &Series| series.points()[0].time.as_secs_f64() * 1e6;
            let (anew, again, ratio) = (micros(&anew), micros(&again), micros(&again) / micros(&anew) * 100.0);
            let (digest, digest_again) = (micros(&digest), micros(&digest_again));
            println!("| {name} | {size} | {anew:.0} | {again:.0} | {ratio:.2} % | {digest:.0} | {digest_again:.0} |");
        }
    }
}
