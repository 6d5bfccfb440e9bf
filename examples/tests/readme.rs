//! What the README shows is what there is.

use std::path::Path;
use std::sync::Arc;

use score_engine::model::Workload;
use score_engine::resolver::{Context, Platform, Resolver};
use score_engine::{read_platform, read_score_files};

const README: &str = include_str!("../../README.md");

#[test]
fn the_embedding_example() {
    assert!(README.contains(include_str!("../quickstart.rs")), "the README shows another `examples/quickstart.rs`");
}

#[test]
fn the_graph_of_the_shop() {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("shop");
    let platform = Platform::load(&read_platform(&shop.join("platform")).unwrap()).into_result().unwrap().0;
    let workloads: Vec<Workload> = read_score_files(&[shop])
        .unwrap()
        .into_iter()
        .map(|source| Workload::parse(source).into_result().unwrap().0)
        .collect();
    let known = Resolver::new(Arc::new(platform));
    let context = Context::new("development");
    let resolution = known.resolve(&context, &workloads).into_result().unwrap().0;
    assert!(README.contains(&resolution.to_mermaid()), "the README shows another graph:\n{}", resolution.to_mermaid());
}
