//! Whole resolutions, from parsed Score files and a loaded platform to a graph of recipes.
//!
//! `cargo bench -p benches --bench resolver` runs criterion; with `-- --exponents` it prints a table instead: nanoseconds
//! a node from 1,000 to 1,000,000 nodes, the exponents fitted to them, and bytes a node that a resolution keeps. Further
//! words select rows.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench")]

use std::hint::black_box;
use std::sync::Arc;

use benches::{Series, Shape};
use criterion::{BenchmarkId, Criterion, Throughput};
use score_model::{Source, Workload};
use score_resolver::{Capabilities, Context, DriverCatalogue, DriverInfo, Platform, Resolution, Resolver};
use serde_json::json;

/// What is deployed.
#[derive(Clone, Copy)]
enum Deployment {
    Things(Shape),
    Ordinary,
}

impl Deployment {
    const ALL: [Self; 5] = [
        Self::Things(Shape::Chain),
        Self::Things(Shape::Wide),
        Self::Things(Shape::Layered),
        Self::Things(Shape::Hub),
        Self::Ordinary,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Things(shape) => shape.name(),
            Self::Ordinary => "ordinary",
        }
    }

    fn resolver(self) -> Resolver {
        let text = match self {
            Self::Things(_) => benches::THINGS,
            Self::Ordinary => benches::ORDINARY,
        };
        let (platform, _) = Platform::load(&[Source::new("platform.yaml", text)]).into_result().expect("sound");
        Resolver::new(Arc::new(platform)).drivers(drivers())
    }

    fn workloads(self, size: u32) -> Vec<Workload> {
        let texts = match self {
            Self::Things(shape) => benches::things(shape, size),
            Self::Ordinary => benches::ordinary(size),
        };
        let parse = |text: String| Workload::parse(Source::new("score.json", text)).into_result().expect("sound").0;
        texts.into_iter().map(parse).collect()
    }
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
        let (resolver, workloads) = (deployment.resolver(), deployment.workloads(size));
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

/// How many bytes of memory the process has, as the operating system counts.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split_whitespace().nth(1)?.parse::<usize>().ok());
    pages.unwrap_or_default() * 4096
}

fn table(words: &[String]) {
    println!("| deployment | 1e3 | 1e4 | 1e5 | 1e6 | exponent | bytes a node |\n|---|--:|--:|--:|--:|--:|--:|");
    for deployment in Deployment::ALL {
        if !words.iter().all(|word| deployment.name().contains(word)) {
            continue;
        }
        let resolver = deployment.resolver();
        let mut series = Series::default();
        let mut bytes = 0;
        for size in SIZES {
            let workloads = deployment.workloads(size);
            let before = resident();
            let resolution = resolve(&resolver, &workloads);
            let nodes = resolution.nodes().len();
            bytes = resident().saturating_sub(before) / nodes;
            drop(resolution);
            series.measure(u32::try_from(nodes).unwrap_or(u32::MAX), || (), |()| resolve(&resolver, &workloads));
        }
        let times: Vec<String> = series.points().iter().map(|point| format!("{:.0}", point.per_node())).collect();
        println!("| {} | {} | {:.2} | {bytes} |", deployment.name(), times.join(" | "), series.exponent());
    }
}

fn main() {
    drop(black_box(vec![1_u8; 31 << 20]));
    let mut arguments = std::env::args().filter(|argument| argument != "--bench");
    if arguments.any(|argument| argument == "--exponents") {
        return table(&arguments.collect::<Vec<_>>());
    }
    let mut runner = Criterion::default().configure_from_args();
    criterion(&mut runner);
    runner.final_summary();
}
