//! Platforms and Score files from short texts, and what comes of them as short texts.

use std::sync::Arc;

use score_model::{Diagnostics, Source, Value, Workload};
use score_resolver::{Capabilities, Context, DriverCatalogue, DriverInfo, Platform, Resolution, Resolver};
use serde_json::json;

/// A driver that passes its inputs on, one whose inputs have an argument list, one that makes files of artefacts, and one of which nothing is known.
pub(crate) fn drivers() -> DriverCatalogue {
    let passes = DriverInfo::new(Capabilities::PURE).passes_inputs_except(["secrets"]).inputs(json!({
        "type": "object",
        "properties": {"secrets": {"type": "object", "additionalProperties": {"writeOnly": true}}},
    }));
    let command = DriverInfo::new(Capabilities::default()).inputs(json!({
        "type": "object",
        "required": ["command"],
        "properties": {"command": {"type": "array", "minItems": 1, "items": {"type": "string"}, "writeOnly": false}},
    }));
    let writer = DriverInfo::new(Capabilities::default()).inputs(json!({
        "type": "object",
        "properties": {"artefacts": {"type": "array", "items": {"type": "object", "properties": {"key": {"writeOnly": false}}}}},
    }));
    let opaque = DriverInfo::new(Capabilities::default());
    [("static", passes), ("command", command), ("writer", writer), ("opaque", opaque)]
        .map(|(name, info)| (Arc::from(name), info))
        .into_iter()
        .collect()
}

/// The platform of one file.
#[track_caller]
pub(crate) fn platform(text: &str) -> Arc<Platform> {
    match Platform::load(&[Source::new("platform.yaml", text)]).into_result() {
        Ok((platform, _)) => Arc::new(platform),
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

/// A Score file `NAME.yaml` of a workload of this name with these resources.
#[track_caller]
pub(crate) fn workload(name: &str, resources: &str) -> Workload {
    let text = format!(
        "apiVersion: score.dev/v1b1\nmetadata: {{name: {name}}}\ncontainers: {{main: {{image: x}}}}\nresources: {resources}\n"
    );
    score(name, &text)
}

/// A whole Score file.
#[track_caller]
pub(crate) fn score(name: &str, text: &str) -> Workload {
    match Workload::parse(Source::new(format!("{name}.yaml"), text)).into_result() {
        Ok((workload, _)) => workload,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

pub(crate) fn resolve_in(
    context: &Context,
    platform: &Arc<Platform>,
    workloads: &[Workload],
) -> Result<Resolution, Diagnostics> {
    let resolver = Resolver::new(platform.clone()).drivers(drivers());
    resolver.resolve(context, workloads).into_result().map(|(resolution, _)| resolution)
}

#[track_caller]
pub(crate) fn resolve(platform_text: &str, workloads: &[Workload]) -> Resolution {
    match resolve_in(&Context::new("dev"), &platform(platform_text), workloads) {
        Ok(resolution) => resolution,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

#[track_caller]
pub(crate) fn problems(platform_text: &str, workloads: &[Workload]) -> Diagnostics {
    resolve_in(&Context::new("dev"), &platform(platform_text), workloads).expect_err("there are problems")
}

/// `UID by MODULE` for each node in order, then `FROM → TO kind alias` for each edge. `default` classes are left out.
pub(crate) fn shown(resolution: &Resolution) -> String {
    let short = |uid: &score_model::ResourceUid| uid.as_str().replace(".default#", "#");
    let mut lines: Vec<String> =
        resolution.nodes().map(|node| format!("{} by {}", short(&node.uid), node.recipe.module)).collect();
    let graph = resolution.graph();
    for edge in graph.edges() {
        let alias = edge.label.alias.as_deref().map(|alias| format!(" {alias}")).unwrap_or_default();
        lines.push(format!("{} → {} {}{alias}", short(&graph[edge.from]), short(&graph[edge.to]), edge.label.kind));
    }
    lines.join("\n")
}

/// The inputs of a node where nothing is made yet, as JSON.
#[track_caller]
pub(crate) fn inputs(resolution: &Resolution, uid: &str) -> serde_json::Value {
    struct Nothing;
    impl score_resolver::Holes for Nothing {
        fn outputs(&self, of: &score_model::ResourceUid) -> Option<Value> {
            Some(Value::map([("value", Value::from(format!("<{of}>")))]))
        }
        fn has_more_outputs(&self, _: &score_model::ResourceUid) -> bool {
            true
        }
        fn artefacts(&self, _: &str) -> Option<Value> {
            None
        }
        fn guid(&self) -> Option<score_resolver::Guid> {
            None
        }
        fn own(&self) -> Option<Value> {
            None
        }
    }
    let uid = uid.parse().expect("a uid");
    let node = resolution.node(&uid).expect("a node");
    node.recipe.inputs.eval(&Nothing).expect("outputs that are there").redacted()
}

/// `FILE:LINE code` for each problem, in order.
pub(crate) fn places(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics
        .iter()
        .map(|diagnostic| {
            let place = diagnostic
                .place
                .as_ref()
                .map(|place| format!("{}:{} ", place.source.name(), place.position().line))
                .unwrap_or_default();
            format!("{place}{}", diagnostic.code)
        })
        .collect()
}

/// So many cases, or as many as `PROPTEST_CASES` says.
pub(crate) fn cases(fewest: u32) -> proptest::test_runner::Config {
    let usual = proptest::test_runner::Config { failure_persistence: None, ..Default::default() };
    // So many there are where nobody says otherwise.
    let cases = if usual.cases == 256 { fewest } else { usual.cases };
    proptest::test_runner::Config { cases, ..usual }
}
