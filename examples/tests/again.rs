//! The shop in a development loop: whatever file changes, what goes on from before is what beginning anew gives.

mod shipped;

use std::path::Path;
use std::sync::Arc;

use futures_executor::block_on;
use score_engine::model::{Source, Workload};
use score_engine::resolver::{Context, Plan, PlanOptions, Resolution, Settled};
use score_engine::{Engine, MemoryStore};

const FILES: [&str; 4] = ["dashboard", "fulfilment", "orders", "storefront"];

fn engine() -> Engine {
    let (platform, _) = shipped::platform("shop/platform");
    Engine::new(shipped::drivers(), MemoryStore::new()).platform(platform)
}

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("shop/{name}.score.yaml"));
    std::fs::read_to_string(path).unwrap()
}

fn workload(name: &str, text: &str) -> Workload {
    Workload::parse(Source::new(format!("{name}.score.yaml"), text)).into_result().unwrap().0
}

fn plan(engine: &Engine, settled: &mut Settled, resolution: &Resolution) -> Plan {
    let recorded = block_on(engine.snapshot(&resolution.context().scope())).unwrap();
    block_on(engine.plan_again(settled, resolution, &recorded, PlanOptions::default())).unwrap()
}

/// How many resources are not made again when the image of one workload changes.
fn shared(environment: &str, changed: &str) -> (usize, usize) {
    let (engine, context) = (engine(), Context::new(environment));
    let workloads = |of: &str, new: &str| -> Vec<Workload> {
        let text = |name: &str| if name == of { new.to_owned() } else { text(name) };
        FILES.iter().map(|name| workload(name, &text(name))).collect()
    };
    let (before, _) = engine.resolve(&context, &workloads("", "")).into_result().unwrap();
    let mut settled = Settled::default();
    plan(&engine, &mut settled, &before);
    let edited = text(changed).replacen("image: ", "image: other/", 1);
    assert_ne!(edited, text(changed));
    let (after, _) = engine.resolver().update(&before, &[workload(changed, &edited)]).into_result().unwrap();
    let (anew, _) = engine.resolve(&context, &workloads(changed, &edited)).into_result().unwrap();
    assert_eq!(after.to_json(), anew.to_json());
    assert_eq!(plan(&engine, &mut settled, &after), plan(&engine, &mut Settled::default(), &anew));
    let same = after
        .nodes()
        .filter(|node| before.node(&node.uid).is_some_and(|before| Arc::ptr_eq(&before.recipe, &node.recipe)));
    (same.count(), after.nodes().len())
}

#[test]
fn another_image_makes_one_workload_again() {
    for environment in ["development", "production"] {
        for name in FILES {
            let (same, all) = shared(environment, name);
            assert_eq!(same, all - 1, "{name} in {environment}");
        }
    }
}
