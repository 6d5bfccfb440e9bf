//! Provisioner files of the Score tools as modules of a platform.

use std::sync::Arc;

use proptest::prelude::*;
use score_model::{Diagnostics, Source, Value};
use score_resolver::{Capabilities, Context, DriverInfo, Platform, Resolution, Resolver};
use serde_json::json;

use crate::support::{drivers, inputs, places, shown, workload};

fn load(files: &[(&str, &str)]) -> (Option<Arc<Platform>>, Diagnostics) {
    let files: Vec<Source> = files.iter().map(|(name, text)| Source::new(*name, *text)).collect();
    let (platform, found) = Platform::load(&files).into_parts();
    (platform.map(Arc::new), found)
}

fn resolver(files: &[(&str, &str)]) -> Resolver {
    let (platform, found) = load(files);
    assert!(!found.has_errors(), "{found}");
    let mut catalogue = drivers();
    for (name, can) in [("provisioner", Capabilities::PURE), ("provisioner-command", Capabilities::default())] {
        catalogue.insert(name.into(), DriverInfo::new(can));
    }
    Resolver::new(platform.expect("a platform")).drivers(catalogue)
}

fn resolve(files: &[(&str, &str)], workloads: &[score_model::Workload]) -> Resolution {
    match resolver(files).resolve(&Context::new("dev"), workloads).into_result() {
        Ok((resolution, _)) => resolution,
        Err(problems) => panic!("{problems}"),
    }
}

#[test]
fn the_first_that_matches_serves_and_rules_go_first() {
    let files = [
        (
            "20.provisioners.yaml",
            "- {uri: template://any, type: cache}\n- {uri: template://small, type: cache, class: small}",
        ),
        (
            "10.provisioners.yaml",
            "- {uri: cmd://sh#one, type: cache, id: shop.one}\n- {uri: template://large, type: cache, class: large}",
        ),
        (
            "rules.yaml",
            "modules: {cache-static: {type: cache, driver: static}}\nrules: [{module: cache-static, class: ruled}, {module: 'template://small', class: named}]",
        ),
    ];
    let shop = workload(
        "shop",
        "{one: {type: cache}, two: {type: cache}, three: {type: cache, class: large}, four: {type: cache, class: small}, five: {type: cache, class: ruled}, six: {type: cache, class: named}}",
    );
    let resolution = resolve(&files, &[shop]);
    let modules: Vec<String> =
        shown(&resolution).lines().filter(|line| line.contains(" by ")).map(str::to_owned).collect();
    assert_eq!(
        modules,
        [
            "cache#shop.one by cmd://sh#one",
            "cache#shop.two by template://any",
            "cache.large#shop.three by template://large",
            "cache.named#shop.six by template://small",
            "cache.ruled#shop.five by cache-static",
            "cache.small#shop.four by template://any",
            "workload#shop by workload",
        ]
    );
    let uid = "cache.large#shop.three".parse().expect("a uid");
    let explanation = resolution.explain(&uid).expect("a node").to_string();
    insta::assert_snapshot!(explanation, @r"
    `cache.large#shop.three` is served by module `template://large` (10.provisioners.yaml:2)
      rather than `template://any` (20.provisioners.yaml:1): the entry that won comes first
      not `cmd://sh#one` (10.provisioners.yaml:1): id is `shop.three`, wanted `shop.one`
      not `template://small` (20.provisioners.yaml:2): class is `large`, wanted `small`
      not `cache-static` (rules.yaml:2): class is `large`, wanted `ruled`
      not `template://small` (rules.yaml:2): class is `large`, wanted `named`
    ");
}

proptest! {
    /// Held against taking the first of all entries in the order of files and lines.
    #[test]
    fn matching_is_the_first_match(
        entries in prop::collection::vec((0..3_u8, 0..3_u8, 0..3_u8), 1..12),
        class in 1..4_u8,
        id in 1..4_u8,
    ) {
        let name = |what: &str, number: u8| format!("{what}{number}");
        let mut files = vec![String::new(); 3];
        for (index, (file, entry_class, entry_id)) in entries.iter().enumerate() {
            let class = if *entry_class > 0 { format!(", class: {}", name("class", *entry_class)) } else { String::new() };
            let id = if *entry_id > 0 { format!(", id: {}", name("id", *entry_id)) } else { String::new() };
            files[usize::from(*file)] += &format!("- {{uri: 'template://{index}', type: cache{class}{id}}}\n");
        }
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by_key(|index| entries[*index].0);
        let want = order.into_iter().find(|index| {
            let (_, entry_class, entry_id) = entries[*index];
            (entry_class == 0 || entry_class == class) && (entry_id == 0 || entry_id == id)
        });
        let names = ["a.provisioners.yaml", "b.provisioners.yaml", "c.provisioners.yaml"];
        let files: Vec<(&str, &str)> = names.into_iter().zip(files.iter().map(String::as_str)).filter(|(_, text)| !text.is_empty()).collect();
        let asked = format!("{{it: {{type: cache, class: {}, id: {}}}}}", name("class", class), name("id", id));
        let resolution = resolver(&files).resolve(&Context::new("dev"), &[workload("shop", &asked)]).into_parts().0;
        let got = resolution.and_then(|resolution| {
            let node = resolution.nodes().find(|node| !node.uid.is_workload())?;
            Some(node.recipe.module.to_string())
        });
        prop_assert_eq!(got, want.map(|index| format!("template://{index}")));
    }
}

#[test]
fn what_a_provisioner_is_told_is_what_it_mentions() {
    let files = [(
        "a.provisioners.yaml",
        "
- {uri: template://plain, type: plain, outputs: 'host: ${literal} {{ .Params.size }}'}
- {uri: template://all, type: all, outputs: '{{ .WorkloadServices }} {{ .WorkloadMetadata }} {{ .Shared }}', manifests: ''}
- {uri: 'cmd://sh#x', type: program, args: [-c, 'echo ${HOME} $${x}', 5]}
",
    )];
    let resources = "{plain: {type: plain, params: {size: 3}, metadata: {a: b}}, all: {type: all, id: shared}, program: {type: program}}";
    let (shop, other) = (workload("shop", resources), workload("orders", "{all: {type: all, id: shared}}"));
    let resolution = resolve(&files, &[shop, other]);
    assert_eq!(
        inputs(&resolution, "plain.default#shop.plain"),
        json!({
            "provisioner": {"uri": "template://plain", "dialect": "kubernetes", "templates": {"outputs": "host: ${literal} {{ .Params.size }}"}},
            "params": {"size": 3}, "metadata": {"a": "b"}, "source_workload": "shop",
        })
    );
    let all = inputs(&resolution, "all.default#shared");
    assert_eq!(all["source_workload"], "orders");
    assert_eq!(all["workload_metadata"], json!({"name": "orders"}));
    assert_eq!(all["workloads"]["shop"], json!({"metadata": {"name": "shop"}}));
    assert_eq!(
        inputs(&resolution, "program.default#shop.program")["provisioner"],
        json!({"uri": "cmd://sh#x", "dialect": "kubernetes", "args": ["-c", "echo ${HOME} $${x}", "5"]})
    );
    let lane = |uid: &str| resolution.node(&uid.parse().expect("a uid")).and_then(|node| node.recipe.lane.clone());
    assert!(lane("all.default#shared").is_some());
    assert!(lane("plain.default#shop.plain").is_none() && lane("program.default#shop.program").is_none());
}

#[test]
fn types_are_open_unless_declared() {
    let files = [
        (
            "a.provisioners.yaml",
            "- {uri: template://a, type: cache, description: Fast., supported_params: [size], expected_outputs: [host]}",
        ),
        ("b.yaml", "types: {postgres: {outputs: {type: object, additionalProperties: false}}}"),
        (
            "b.provisioners.yaml",
            "- {uri: template://b, type: postgres, expected_outputs: [host]}\n- {uri: template://b, type: queue}",
        ),
    ];
    let (platform, found) = load(&files);
    assert!(found.is_empty(), "{found}");
    let platform = platform.expect("a platform");
    let ty = platform.ty("cache").expect("a type");
    assert_eq!(ty.description.as_deref(), Some("Fast."));
    assert_eq!(ty.params.as_deref().map(Value::redacted), Some(json!({"type": "object", "properties": {"size": {}}})));
    assert_eq!(
        platform
            .ty("postgres")
            .and_then(|ty| ty.outputs.clone())
            .map(|schema| schema.redacted()["additionalProperties"].clone()),
        Some(json!(false))
    );
    // Entries may have one uri, and are told apart by a number.
    let names: Vec<&str> = platform.modules().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["template://a", "template://b", "template://b#2"]);
}

#[test]
fn the_environment_is_given_as_far_as_it_is_read() {
    let files = [
        ("a.provisioners.yaml", "- {uri: 'local-env://here'}"),
        (
            "b.yaml",
            "modules: {run: {type: workload, driver: opaque, inputs: {all: '${params}'}}}\nrules: [{module: run}]",
        ),
    ];
    let score = |text: &str| {
        crate::support::score(
            "shop",
            &format!(
                "apiVersion: score.dev/v1b1\nmetadata: {{name: shop}}\ncontainers: {{main: {{image: x, variables: {{V: '{text}'}}}}}}\nresources: {{env: {{type: environment}}}}\n"
            ),
        )
    };
    let resolver = resolver(&files).variables([("ONE", "1"), ("TWO", "2")]);
    let (resolution, _) =
        resolver.resolve(&Context::new("dev"), &[score("${resources.env.ONE}")]).into_result().expect("no problems");
    assert_eq!(inputs(&resolution, "environment.default#shop.env"), json!({"secrets": {"ONE": {"$secret": true}}}));
    let problems = resolver.resolve(&Context::new("dev"), &[score("${resources.env.THREE}")]).into_parts().1;
    insta::assert_snapshot!(problems, @r#"
    shop.yaml:3:47: error[unknown-output]: the variable `THREE` is not set in the environment
    3 | containers: {main: {image: x, variables: {V: '${resources.env.THREE}'}}}
      |                                               ^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn every_problem_of_every_file() {
    let found = load(&[
        ("a.provisioners.yaml", ""),
        ("b.provisioners.yaml", "{uri: template://a}"),
        (
            "c.provisioners.yaml",
            "
- {type: cache}
- {uri: tempalte://a, type: cache}
- {uri: template://a, type: cache, serivces: ''}
- {uri: template://b}
- {uri: template://c, type: cache, services: 'a: {}', manifests: '[]'}
- {uri: cmd://d, type: cache, args: -c, supported_params: [[]]}
- {uri: 'local-env://e', id: shared}
- {uri: template://f, type: cache, class: no_class, outputs: [host]}
- just text
",
        ),
        ("d.yaml", "types: {queue: {classes: {default: ''}}}"),
        (
            "d.provisioners.yaml",
            "- {uri: template://g, type: queue, class: large}\n- {uri: template://h, type: queue, id: Not.An.Id}\n- {uri: template://i, type: no_type}",
        ),
    ])
    .1;
    assert_eq!(
        places(&found),
        [
            "a.provisioners.yaml:1 empty",
            "b.provisioners.yaml:1 wrong-type",
            "c.provisioners.yaml:2 missing-key",
            "c.provisioners.yaml:3 unknown-value",
            "c.provisioners.yaml:4 unknown-key",
            "c.provisioners.yaml:5 missing-key",
            "c.provisioners.yaml:6 two-dialects",
            "c.provisioners.yaml:7 wrong-type",
            "c.provisioners.yaml:7 wrong-type",
            "c.provisioners.yaml:8 unknown-key",
            "c.provisioners.yaml:9 invalid-name",
            "c.provisioners.yaml:9 wrong-type",
            "c.provisioners.yaml:10 wrong-type",
            "d.provisioners.yaml:1 unknown-class",
            "d.provisioners.yaml:2 invalid-name",
            "d.provisioners.yaml:3 invalid-name",
        ],
        "{found}"
    );
    let text = found.to_string();
    assert!(text.contains("did you mean `services`?"), "{text}");
}
