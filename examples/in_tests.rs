//! A test suite asserts on a resolution: no file, no network, no clock.
//!
//! In a project this is a file under `tests/`; here it also runs as a program.

use std::sync::Arc;

use score_engine::model::{Source, Workload};
use score_engine::resolver::{Context, Module, Platform, Resolution, Resolver, ResourceType, Rule};

fn platform() -> Arc<Platform> {
    let (platform, _) = Platform::builder()
        .ty("postgres", ResourceType::new())
        .module("postgres-container", Module::new("postgres", "static"))
        .module("postgres-managed", Module::new("postgres", "static"))
        .rule(Rule::new("postgres-container"))
        .rule(Rule::new("postgres-managed").environment_type("production"))
        .build()
        .into_result()
        .expect("the platform is sound");
    Arc::new(platform)
}

fn resolve(context: &Context) -> Resolution {
    let text = r#"{"apiVersion": "score.dev/v1b1", "metadata": {"name": "shop"}, "containers": {"main": {"image": "shop:1"}},
        "resources": {"db": {"type": "postgres"}}}"#;
    let (workload, _) = Workload::parse(Source::new("score.yaml", text)).into_result().expect("the workload is sound");
    let (resolution, _) = Resolver::new(platform()).resolve(context, &[workload]).into_result().expect("it resolves");
    resolution
}

#[track_caller]
fn check(environment_type: &str, module: &str) {
    let resolution = resolve(&Context::new("somewhere").environment_type(environment_type));
    let uid = "postgres.default#shop.db".parse().expect("a uid");
    let node = resolution.node(&uid).expect("the database is in the graph");
    assert_eq!(&*node.recipe.module, module, "{}", resolution.explain(&uid).expect("it is explained"));
}

#[test]
fn databases_are_managed_in_production_only() {
    check("production", "postgres-managed");
    check("development", "postgres-container");
}

fn main() {
    check("production", "postgres-managed");
    check("development", "postgres-container");
    println!("databases are managed in production only");
}
