//! Outputs of which only a plan finds out that they are not there: told where they are read.

use std::sync::Arc;

use score_model::{FingerprintKey, Value, Workload};
use score_resolver::{
    Applied, Ask, Capabilities, Context, DriverCatalogue, DriverInfo, PlanOptions, Planner, Preview, Resolver, Snapshot,
};

use crate::support::{platform, score, workload};

/// What is wrong with a plan in which every driver makes `{host: h}`.
#[track_caller]
fn check(text: &str, workloads: &[Workload], problems: &[&str]) {
    let drivers: DriverCatalogue = [(Arc::from("pure"), DriverInfo::new(Capabilities::PURE))].into_iter().collect();
    let resolver = Resolver::new(platform(text)).drivers(drivers.clone());
    let resolved = resolver.resolve(&Context::new("dev"), workloads).into_result();
    let (resolution, _) = resolved.unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    let snapshot = Snapshot::new(FingerprintKey::new([7; 32]));
    let mut planner = Planner::new(Some(&resolution), &snapshot, PlanOptions::default(), &drivers);
    while let Some(proposal) = planner.propose() {
        assert!(matches!(proposal.ask, Ask::Evaluate(_)));
        let made = Applied::new(Value::map([("host", Value::from("h"))]));
        planner.settle(&proposal.uid, Preview::Evaluated(made));
    }
    let found = planner.finish().err().unwrap_or_default();
    let told = |problem: &score_model::Diagnostic| {
        let place = problem.place.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{place} {}: {}", problem.code, problem.message)
    };
    assert_eq!(found.iter().map(told).collect::<Vec<_>>(), problems);
}

const PLATFORM: &str = r#"types: {db: {}, app: {}, server: {}, bare: {}}
modules:
  db: {type: db, driver: pure, inputs: {params: "${params}"}, dependencies: {on: {type: server, params: {of: "${params}"}}}}
  app:
    type: app
    driver: pure
    inputs: {at: "${resources.db.host}:${resources.db.port}"}
    dependencies: {db: {type: bare}, on: {type: server, params: {of: "${resources.db.name}"}}}
  server: {type: server, driver: pure, inputs: {of: "${params.of}"}}
  bare: {type: bare, driver: pure}
  workload: {type: workload, driver: pure, inputs: {does: "${params}"}}
rules: [{module: db}, {module: app}, {module: server}, {module: bare}, {module: workload}]
"#;

#[test]
fn in_a_module_and_its_entries() {
    check(
        PLATFORM,
        &[workload("shop", "{app: {type: app}}")],
        &[
            "platform.yaml:7:40 missing-output: `bare.default#shop.app` has no output `port`, which `app.default#shop.app` reads",
            "platform.yaml:8:71 missing-output: `bare.default#shop.app` has no output `name`, which `server.default#shop.app` reads",
        ],
    );
}

#[test]
fn in_params_of_a_score_file_also_where_they_are_handed_on() {
    check(
        PLATFORM,
        &[workload("shop", "{aa: {type: bare}, bb: {type: db, params: {x: [1, 'to ${resources.aa.port}']}}}")],
        &[
            "shop.yaml:4:66 missing-output: `bare.default#shop.aa` has no output `port`, which `db.default#shop.bb` reads",
            "shop.yaml:4:66 missing-output: `bare.default#shop.aa` has no output `port`, which `server.default#shop.bb` reads",
        ],
    );
}

#[test]
fn in_what_a_workload_does_each_time() {
    let file = "apiVersion: score.dev/v1b1
metadata: {name: shop}
containers:
  main:
    image: x
    variables: {A: '${resources.aa.host} ${resources.aa.port}', B: '${resources.aa.port}'}
resources: {aa: {type: bare}}
";
    check(
        PLATFORM,
        &[score("shop", file)],
        &[
            "shop.yaml:6:42 missing-output: `bare.default#shop.aa` has no output `port`, which `workload.default#shop` reads",
            "shop.yaml:6:69 missing-output: `bare.default#shop.aa` has no output `port`, which `workload.default#shop` reads",
        ],
    );
}
