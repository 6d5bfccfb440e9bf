//! Whole resolutions, from parsed Score files and a loaded platform to a graph of recipes.
//!
//! `cargo bench -p benches --bench resolver` runs criterion; with `-- --exponents` it prints a table instead: microseconds
//! a node from 1,000 to 1,000,000 nodes, and the exponents fitted to them. Further words select rows. What it takes of
//! memory is in the bench `memory`.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use benches::{Deployment, Selection, Series, inputs_of};
use criterion::{BenchmarkId, Criterion, Throughput};
use score_model::{Source, Workload};
use score_resolver::{Capabilities, Context, DriverCatalogue, DriverInfo, Platform, Resolution, Resolver};
use serde_json::json;

/// That of the program `partitura`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn resolver(deployment: Deployment) -> Resolver {
    let source = Source::new("platform.yaml", deployment.platform());
    let (platform, _) = Platform::load(&[source]).into_result().expect("sound");
    Resolver::new(Arc::new(platform)).drivers(drivers())
}

/// Parsed, with all parts read, which otherwise happens when somebody asks for them.
fn workloads(deployment: Deployment, size: u32) -> Vec<Workload> {
    let parse = |text: String| {
        let workload = Workload::parse(Source::new("score.json", text)).into_result().expect("sound").0;
        black_box((workload.document().value(), workload.resources.len()));
        workload
    };
    deployment.score_files(size).into_iter().map(parse).collect()
}

fn drivers() -> DriverCatalogue {
    let info = DriverInfo::new(Capabilities::PURE).passes_inputs_except(["secrets"]).inputs(json!({
        "type": "object",
        "properties": {"secrets": {"type": "object", "additionalProperties": {"writeOnly": true}}},
    }));
    [(Arc::from("static"), info)].into_iter().collect()
}

fn resolve(resolver: &Resolver, workloads: &[Workload]) -> Resolution {
    let context = Context::new("development");
    resolver.resolve(&context, workloads).into_result().expect("sound").0
}

fn criterion(criterion: &mut Criterion) {
    let size = 10_000;
    for deployment in Deployment::ALL {
        let (resolver, workloads) = (resolver(deployment), workloads(deployment, size));
        let nodes = resolve(&resolver, &workloads).nodes().len();
        let mut group = criterion.benchmark_group(format!("resolver/{}", deployment.name()));
        group.throughput(Throughput::Elements(nodes as u64)).sample_size(10);
        group.bench_function(BenchmarkId::new("resolve", nodes), |bencher| {
            bencher.iter(|| resolve(&resolver, &workloads));
        });
        group.finish();
    }
}

const SIZES: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// How much processor time each point of the table may take, but for what is slower at once.
const BUDGET: Duration = Duration::from_secs(2);

fn table(selection: &Selection) {
    println!("| deployment | 1e3 | 1e4 | 1e5 | 1e6 | exponent |\n|---|--:|--:|--:|--:|--:|");
    for deployment in Deployment::ALL {
        if !selection.selects(deployment.name()) {
            continue;
        }
        let resolver = resolver(deployment);
        let mut series = Series::default();
        for size in SIZES {
            let inputs: Vec<Vec<Workload>> = (0..inputs_of(size)).map(|_| workloads(deployment, size)).collect();
            let input = |number: u32| &inputs[number as usize];
            let nodes = u32::try_from(resolve(&resolver, input(0)).nodes().len()).unwrap_or(u32::MAX);
            series.measure_within(BUDGET, nodes, inputs.len() as u32, |number| resolve(&resolver, input(number)));
        }
        let times: Vec<String> =
            series.points().iter().map(|point| format!("{:.2}", point.per_node() / 1000.0)).collect();
        println!("| {} | {} | {:.2} |", deployment.name(), times.join(" | "), series.exponent());
    }
}

fn main() {
    let selection = Selection::given();
    if selection.has("--exponents") {
        return table(&selection);
    }
    let mut runner = Criterion::default().configure_from_args();
    criterion(&mut runner);
    runner.final_summary();
}
