//! The same in, the same out: whatever the order of files, documents, keys and rules.

use proptest::prelude::*;
use score_model::Source;
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

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
}
