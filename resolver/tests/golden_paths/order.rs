//! The same in, the same out: whatever the order of files, documents, keys and rules.

use proptest::prelude::*;
use score_model::{Document, Source, Value};
use score_resolver::{Context, Platform};

use crate::support::{resolve_in, score, shown};

const TYPES: &[&str] = &["postgres: {outputs: {properties: {host: {}}}}", "server: {}", "policy: {}", "config: {}"];
const MODULES: &[&str] = &[
    "pg: {type: postgres, driver: static, inputs: {host: '${resources.server.value}'}, dependencies: {server: {type: server, id: main}, spare: {type: server, id: spare}}, coprovision: [{type: policy, dependents_follow: true}]}",
    "sv: {type: server, driver: opaque}",
    "po: {type: policy, driver: static, inputs: {all: \"${select.consumers('postgres').params}\"}}",
    "cf: {type: config, driver: static, inputs: {given: '${params}'}}",
    "cf-live: {type: config, driver: static}",
];
const RULES: &[&str] = &[
    "{module: pg, class: '*'}",
    "{module: sv}",
    "{module: po}",
    "{module: cf}",
    "{module: cf-live, environment: live, environment_type: production}",
];
const RESOURCES: &[&str] = &[
    "db: {type: postgres, id: main}",
    "big: {type: postgres, class: large}",
    "conf: {type: config, params: {host: '${resources.db.host}', list: [1, 2]}}",
    "srv: {type: server, id: main}",
];

/// What is shown of the resolution of these parts, put together in this order.
fn outcome(types: &[&str], modules: &[&str], rules: &[&str], resources: &[&str], turned: bool) -> String {
    let platform = format!(
        "types: {{{}}}\n---\nmodules:\n  {}\n---\nrules:\n- {}\n",
        types.join(", "),
        modules.join("\n  "),
        rules.join("\n- ")
    );
    let more = "environments: {dev: {type: development}, live: {type: production}}";
    let mut files = [Source::new("a.yaml", platform), Source::new("b/c.yaml", more)];
    let document = |name: &str| {
        score(
            name,
            &format!(
                "apiVersion: score.dev/v1b1\nmetadata: {{name: {name}}}\ncontainers: {{main: {{image: x}}}}\nresources:\n  {}\n",
                resources.join("\n  ")
            ),
        )
    };
    let mut workloads = [document("api"), document("web")];
    if turned {
        files.reverse();
        workloads.reverse();
    }
    let (platform, _) = Platform::load(&files).into_result().expect("a sound platform");
    let resolution =
        resolve_in(&Context::new("dev"), &std::sync::Arc::new(platform), &workloads).expect("a resolution");
    let recipes: Vec<String> = resolution
        .nodes()
        .map(|node| {
            let recipe = &node.recipe;
            format!("{} {:?} {:?} {:?}", node.uid, recipe.inputs, recipe.depends_on, node.requested_by)
        })
        .collect();
    let explained: Vec<String> =
        resolution.nodes().map(|node| resolution.explain(&node.uid).expect("it is there").module.to_string()).collect();
    format!("{}\n{}\n{}", shown(&resolution), recipes.join("\n"), explained.join("\n"))
}

/// A value as YAML, the keys of every map in another order.
fn turned(value: &Value, seed: &mut u64) -> String {
    match value {
        Value::Map(map) => {
            let mut entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{:?}: {}", &**key, turned(value, seed))).collect();
            for place in (1..entries.len()).rev() {
                *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                entries.swap(place, (*seed >> 33) as usize % (place + 1));
            }
            format!("{{{}}}", entries.join(", "))
        }
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| turned(item, seed)).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.expose().to_string(),
    }
}

/// The JSON that programs read, without the lines of rules, and all inputs.
fn written(platform: &str, score_file: &str) -> String {
    let (platform, _) = Platform::load(&[Source::new("a.yaml", platform)]).into_result().expect("a sound platform");
    let workloads = [score("api", score_file)];
    let resolution =
        resolve_in(&Context::new("dev"), &std::sync::Arc::new(platform), &workloads).expect("a resolution");
    let mut json = resolution.to_json();
    for node in json["nodes"].as_array_mut().into_iter().flatten() {
        node["rule"].take();
    }
    let inputs: Vec<String> =
        resolution.nodes().map(|node| crate::support::inputs(&resolution, node.uid.as_str()).to_string()).collect();
    format!("{json}\n{}", inputs.join("\n"))
}

proptest! {
    #![proptest_config(crate::support::cases(48))]

    #[test]
    fn no_order_matters(
        types in Just(TYPES.to_vec()).prop_shuffle(),
        modules in Just(MODULES.to_vec()).prop_shuffle(),
        rules in Just(RULES.to_vec()).prop_shuffle(),
        resources in Just(RESOURCES.to_vec()).prop_shuffle(),
        turned: bool,
    ) {
        let want = outcome(TYPES, MODULES, RULES, RESOURCES, false);
        prop_assert_eq!(outcome(&types, &modules, &rules, &resources, turned), want);
    }

    #[test]
    fn no_order_of_keys_matters(mut seed: u64) {
        let list = |parts: &[&str]| parts.join(", ");
        let platform = format!(
            "{{types: {{{}}}, modules: {{{}}}, rules: [{}]}}",
            list(TYPES), list(MODULES), list(RULES)
        );
        let score_file = format!(
            "{{apiVersion: score.dev/v1b1, metadata: {{name: api, annotations: {{bb: '1', aa: '2'}}}}, containers: {{main: {{image: x, variables: {{B: '${{resources.db.host}}', A: b}}}}}}, resources: {{{}}}}}",
            list(RESOURCES)
        );
        let want = written(&platform, &score_file);
        let mut turn = |text: &str| {
            let (document, _) = Document::parse(Source::new("a.yaml", text)).into_result().expect("it is YAML");
            turned(document.value(), &mut seed)
        };
        prop_assert_eq!(written(&turn(&platform), &turn(&score_file)), want);
    }
}
