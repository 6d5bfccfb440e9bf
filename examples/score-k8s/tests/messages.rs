//! What goes wrong is said as the Score tool says it, for scripts that look for it.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

#[path = "../../score-compose/tests/alike/mod.rs"]
mod alike;
#[path = "../../score-compose/tests/support/mod.rs"]
mod support;

use alike::{INIT, INSTALL, check_patch};
use support::{check_said, score};

const TOOL: &str = "score-k8s";
const PROVISIONING: &str = "failed to provision resources";

#[track_caller]
fn check(files: &[(&str, &str)], lines: &[&str], want: Result<&str, &str>) {
    check_said(env!("CARGO_BIN_EXE_score-k8s"), files, lines, want);
}

#[test]
fn score_files() {
    let check = |text: &str, want: &str| check(&[("a.yaml", text)], &[INIT, "generate a.yaml"], Err(want));
    check("b: c\na: [", "failed to decode input score file: a.yaml: yaml: line 2: …");
    check("[]", "failed to decode input score file: a.yaml: …");
    check("metadata: 5", "validation failed:\n - workload in file 'a.yaml' is missing required metadata");
    check(&score(", nope: 1", ""), "invalid score file: a.yaml: …");
}

#[test]
fn workloads() {
    let check = |container: &str, outputs: &str, want: &str| {
        let provisioners = format!("[{{uri: 'template://x', type: thing, outputs: {outputs:?}}}]");
        let files = [("score.yaml", &*score(container, "resources: {rr: {type: thing}}")), ("p.yaml", &provisioners)];
        let want = format!("workload: app: failed to convert: containers.main.{want}");
        check(&files, &[INSTALL, "generate score.yaml"], Err(&want));
    };
    check(", livenessProbe: {}", "", "livenessProbe: either httpGet or exec must be defined");
    let variable = ", variables: {A: '${resources.rr.a}'}";
    let converting = "variables: failed to convert: 'A': failed to convert:";
    check(
        variable,
        "b: c",
        &format!("{converting} failed to substitute placeholders: invalid ref 'resources.rr.a': key 'a' not found"),
    );
    let volume = |source: &str| format!(", volumes: {{/v: {{source: '{source}'}}}}");
    let converting = "volumes./v: failed to convert:";
    check(&volume("none"), "", &format!("{converting} source: resource 'none' does not exist…"));
    check(&volume("${resources.none}"), "", &format!("{converting} source: failed to resolve placeholder: …"));
    let outputs = "failed to convert resource 'thing.default#app.rr' outputs into volume:";
    check(&volume("${resources.rr}"), "source: {}", &format!("{converting} {outputs} source is empty"));
    check(
        &volume("${resources.rr}"),
        "a: b",
        &format!("{converting} failed to convert resource 'thing.default#app.rr' outputs into a Kubernetes volume: …"),
    );
    check(
        ", files: {/f: {source: none}}",
        "",
        "files./f: failed to convert: source: failed to read file 'none': open none: no such file or directory",
    );
}

/// What has no metadata has no namespace.
#[test]
fn namespaces() {
    let provisioners = "- uri: CMD://echo\n  type: thing\n  args: ['{\"manifests\": [{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": []}]}']\n";
    let files = [("score.yaml", &*score("", "resources: {rr: {type: thing}}")), ("p.yaml", provisioners)];
    check(
        &files,
        &[INSTALL, "generate score.yaml --namespace ns -o -"],
        Ok("---\napiVersion: v1\nitems: []\nkind: List\n---"),
    );
}

#[test]
fn patches() {
    check_patch("{}", "failed to unmarshal patches from template execution output: …");
    check_patch("- {op: set, path: 0, value: 5}", "failed to unmarshal patched output: …");
}
