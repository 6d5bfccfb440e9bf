//! What goes wrong is said as the Score tool says it, for scripts that look for it.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

mod alike;
mod support;

use alike::{INIT, INSTALL, check_patch};
use support::{check_said, score};

const TOOL: &str = "score-compose";
const PROVISIONING: &str = "failed to provision";

#[track_caller]
fn check(files: &[(&str, &str)], lines: &[&str], want: Result<&str, &str>) {
    check_said(env!("CARGO_BIN_EXE_score-compose"), files, lines, want);
}

#[test]
fn score_files() {
    let check = |text: &str, want: &str| check(&[("a.yaml", text)], &[INIT, "generate a.yaml"], Err(want));
    check("b: c\na: [", "failed to decode 'a.yaml' as yaml: yaml: line 2: …");
    check("[]", "failed to decode 'a.yaml' as yaml: …");
    check("metadata: 5", "validation failed:\n  - workload in file 'a.yaml' is missing required metadata");
    check(&score(", nope: 1", ""), "validation errors in workload 'app': …");
    check(&score(", variables: {A: '${resources.b}'}", ""), "validation errors in workload 'app': …");
}

#[test]
fn flags_of_generate() {
    let file = score("", "");
    let check = |line: &str, want: &str| {
        check(&[("score.yaml", &file), ("b.yaml", &file.replace("app", "other"))], &[INIT, line], Err(want));
    };
    check("generate none.yaml", "failed to read 'none.yaml': open none.yaml: no such file or directory");
    check("generate --overrides-file x", "--overrides-file cannot be used without providing a score file");
    check("generate score.yaml b.yaml --build main=.", "--build cannot be used when multiple score files are provided");
    check("generate score.yaml --build main", "invalid --build 'main': expected 2 =-separated parts");
    check("generate score.yaml --build nope=.", "invalid --build 'nope=.': unknown container 'nope'");
    check("generate score.yaml --build main={", "invalid --build 'main={': …");
    check("generate score.yaml -p 1:app", "--publish[0] expected 3 :-separated parts");
    check(
        "generate score.yaml -p 8080:app:80,9090:app:90",
        "--publish[0] failed to find a workload named 'app:80,9090:app'",
    );
    check("generate score.yaml -p -5:app:80", "--publish[0] host port must be > 1");
}

const THING: &str = "resources: {rr: {type: thing}}";

/// What templates of a provisioner are refused for.
#[test]
fn provisioning() {
    let check = |field: &str, template: &str, want: &str| {
        let provisioners = format!("[{{uri: 'template://x', type: thing, {field}: {template:?}}}]");
        let want = format!("failed to provision: resource 'thing.default#app.rr': {want}");
        check(
            &[("score.yaml", &score("", THING)), ("p.yaml", &provisioners)],
            &[INSTALL, "generate score.yaml"],
            Err(&want),
        );
    };
    check("outputs", "[]", "failed to provision: outputs template failed: failed to decode output: …");
    check("outputs", "5: a", "failed to provision: outputs template failed: failed to decode output: …");
    check("info_logs", "a", "failed to provision: info logs template failed: failed to decode output: …");
    check("services", "s: {ports: [80]}", "failed to provision: services template failed: failed to decode output: …");
    check(
        "directories",
        "{../x: true}",
        "failed to apply outputs: failing to write non relative volume directory '../x'",
    );
    check("files", "{.: a}", "failed to apply outputs: failed to write file '…");
}

#[test]
fn resources() {
    let check = |params: &str, line: &str, want: &str| {
        let rest = format!(
            "resources: {{rr: {{type: thing, id: one}}, ss: {{type: thing, id: one, params: {params}}}, tt: {{type: thing, id: one, params: {{a: 1}}}}}}"
        );
        let file = score("", &rest);
        let provisioners = "[{uri: 'Template://x', type: thing, outputs: '{a: b}'}]";
        check(&[("score.yaml", &file), ("p.yaml", provisioners)], &[INSTALL, "generate score.yaml", line], Err(want));
    };
    check(
        "{a: 2}",
        "generate score.yaml",
        "failed to prime resources: resource 'thing.default#one': multiple definitions with different params",
    );
    check("{a: 1}", "resources get-outputs thing.default#one -f {{", "failed to parse format template: template: …");
    check("{a: 1}", "resources get-outputs none", "no such resource 'none'");
}

#[test]
fn patches() {
    check_patch("{}", "failed to unmarshal patches from template execution output: …");
    check_patch(
        "- {op: set, path: services.app-main.environment.A, value: 5}",
        "failed to unmarshal patched output: …",
    );
}
