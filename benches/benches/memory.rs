//! What whole resolutions take of memory: bytes a node that a resolution keeps, and the most that there were while it was made.
//!
//! `cargo bench -p benches --bench memory` prints a table; words after `--` select rows.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench")]

use std::hint::black_box;
use std::sync::Arc;

use benches::{Deployment, Selection};
use peak_alloc::PeakAlloc;
use score_model::{Source, Workload};
use score_resolver::{Capabilities, Context, DriverInfo, Platform, Resolver};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const SIZES: [u32; 3] = [1_000, 10_000, 100_000];

/// Bytes a node that are kept, and the most that there were, beside platform and Score files.
fn measure(deployment: Deployment, size: u32) -> (usize, usize) {
    let source = Source::new("platform.yaml", deployment.platform());
    let (platform, _) = Platform::load(&[source]).into_result().expect("sound");
    let passes = DriverInfo::new(Capabilities::PURE).passes_inputs_except(["secrets"]);
    let resolver = Resolver::new(Arc::new(platform)).drivers([(Arc::from("static"), passes)].into());
    // With all parts read, which otherwise happens when somebody asks for them.
    let parse = |text: String| {
        let workload = Workload::parse(Source::new("score.json", text)).into_result().expect("sound").0;
        black_box((workload.document().value(), workload.resources.len()));
        workload
    };
    let workloads: Vec<Workload> = deployment.score_files(size).into_iter().map(parse).collect();

    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let resolved = resolver.resolve(&Context::new("development"), &workloads).into_result();
    let (kept, peak) = (MEMORY.current_usage(), MEMORY.peak_usage());
    let nodes = resolved.expect("sound").0.nodes().len();
    (kept.saturating_sub(before) / nodes, peak.saturating_sub(before) / nodes)
}

fn main() {
    let selection = Selection::given();
    println!("| deployment | 1e3 | 1e4 | 1e5 |\n|---|--:|--:|--:|");
    for deployment in Deployment::ALL {
        if selection.selects(deployment.name()) {
            let points: Vec<String> = SIZES
                .iter()
                .map(|size| {
                    let (kept, peak) = measure(deployment, *size);
                    format!("{kept} ({peak})")
                })
                .collect();
            println!("| {} | {} |", deployment.name(), points.join(" | "));
        }
    }
}
