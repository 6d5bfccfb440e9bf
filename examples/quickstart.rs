//! An embedder resolves, plans and applies: no server, no files, thirty lines.

use std::error::Error;

use futures_executor::block_on;
use score_engine::drivers::Registry;
use score_engine::model::{Source, Workload};
use score_engine::resolver::{Context, Module, PlanOptions, Platform, ResourceType, RunOptions};
use score_engine::{Engine, LockOptions, MemoryStore};
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    // What a developer wrote: my workload needs a Postgres.
    let text = r#"{
        "apiVersion": "score.dev/v1b1", "metadata": {"name": "shop"},
        "containers": {"main": {"image": "shop:1", "variables": {"DB": "${resources.db.host}:${resources.db.port}"}}},
        "resources": {"db": {"type": "postgres"}}}"#;
    let (workload, _) = Workload::parse(Source::new("score.yaml", text)).into_result()?;

    // What the platform team offers: a golden path to it.
    let inputs = json!({"host": "${context.id}.${context.environment}.internal", "port": 5432, "secrets": {"password": "hunter2"}});
    let (platform, _) = Platform::builder()
        .ty("postgres", ResourceType::new().description("A PostgreSQL database."))
        .serve("postgres-shared", Module::new("postgres", "static").inputs(inputs))
        .build()
        .into_result()?;

    // Plan and apply, in memory.
    let engine = Engine::new(Registry::new(), MemoryStore::new()).platform(platform);
    let context = Context::new("development");
    block_on(async {
        let mut session = engine.open(&context.scope(), LockOptions::default()).await?;
        let plan = session.plan(&context, vec![workload], PlanOptions::default()).await?;
        println!("{plan}");
        let summary = session.apply(plan, RunOptions::default(), &mut |event| println!("{event}")).await?;
        println!("{summary}");
        for object in session.snapshot().objects() {
            println!("{} {}", object.uid, object.outputs.redacted());
        }
        Ok(())
    })
}
