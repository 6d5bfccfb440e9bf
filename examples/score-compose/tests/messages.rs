//! What goes wrong is said as the Score tool says it, for scripts that look for it.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

mod support;

use support::{check_said, score};

const TOOL: &str = "score-compose";

#[track_caller]
fn check(files: &[(&str, &str)], lines: &[&str], want: Result<&str, &str>) {
    check_said(env!("CARGO_BIN_EXE_score-compose"), files, lines, want);
}

const INIT: &str = "init --no-sample";
const INSTALL: &str = "init --no-sample --no-default-provisioners --provisioners p.yaml";

/// Provisioner files that are refused, and why.
#[test]
fn provisioner_files() {
    let check = |text: &str, want: &str| {
        let message = format!("failed to save provisioner from p.yaml: invalid provisioners file: {want}");
        check(&[("p.yaml", text)], &[INSTALL], Err(&message));
    };
    check("{}", "failed to decode file: …");
    check("# nothing", "failed to decode file: …");
    check("[{uri: 'foo://x'}]", "0: unsupported provisioner type 'foo'");
    check("[{type: x}]", "0: missing uri schema ''");
    check("[{uri: 'template://x'}]", "0: template://x: failed to parse: type not set");
    check("[{uri: 'template://x', type: x, nope: 1}]", "0: template://x: failed to parse: field nope not found");
    check(
        "[{uri: 'cmd://x?y', type: x}]",
        "0: cmd://x?y: failed to parse: cmd provisioner uri cannot contain query params",
    );
    check(
        "[{uri: 'cmd://u@x', type: x}]",
        "0: cmd://u@x: failed to parse: cmd provisioner uri cannot contain user info",
    );
    check(
        "[{uri: 'cmd://x:80', type: x}]",
        "0: cmd://x:80: failed to parse: cmd provisioner uri cannot contain a port",
    );
}

#[test]
fn what_is_fetched() {
    let missing = |uri: &str| format!("init --provisioners {uri}");
    check(&[], &[&missing("ftp://x")], Err("failed to load provisioner 1: unsupported scheme 'ftp'"));
    check(
        &[],
        &[&missing("x.yaml")],
        Err("failed to load provisioner 1: failed to read file 'x.yaml': no such file or directory"),
    );
    check(&[], &["init --patch-templates x.tpl"], Err("error fetching patch template from x.tpl: …"));
    check(&[("t.tpl", "{{ nope }}")], &["init --patch-templates ."], Err("error parsing patch template from t.tpl: …"));
    check(
        &[("t.tpl", "{{ nope }}")],
        &["init --patch-templates t.tpl"],
        Err(
            "error parsing patch template from t.tpl: failed to parse template: template: :1: function \"nope\" not defined",
        ),
    );
}

#[test]
fn arguments() {
    let refused = |line: &str, want: &str| check(&[], &[line], Err(&want.replace("TOOL", TOOL)));
    refused("nope", "unknown command \"nope\" for \"TOOL\"");
    refused("genrate", "unknown command \"genrate\" for \"TOOL\"\n\nDid you mean this?\n\tgenerate");
    refused("--nope", "unknown flag: --nope");
    refused("generate --nope=3", "unknown flag: --nope");
    refused("generate -xyz", "unknown shorthand flag: 'x' in -xyz");
    refused("generate -vx", "unknown shorthand flag: 'x' in -x");
    refused("generate --output", "flag needs an argument: --output");
    refused("generate -o", "flag needs an argument: 'o' in -o");
    refused(
        "init --no-sample=x",
        "invalid argument \"x\" for \"--no-sample\" flag: strconv.ParseBool: parsing \"x\": invalid syntax",
    );
    refused("init x y", "unknown command \"x\" for \"TOOL init\"");
    refused("version x", "unknown command \"x\" for \"TOOL version\"");
    refused("check-version", "accepts 1 arg(s), received 0");
    refused("check-version --quiet", "accepts 1 arg(s), received 0");
    refused("resources list x y", "accepts 0 arg(s), received 2");
    refused("resources get-outputs", "accepts 1 arg(s), received 0");
    refused("resources get-outputs a -f json b", "accepts 1 arg(s), received 2");
    for command in ["resources", "provisioners", "completion"] {
        let help = format!("Usage: {TOOL} {command}");
        check(&[], &[command], Ok(&help));
        check(&[], &[&format!("{command} nope")], Ok(&help));
    }
    check(&[], &["help nope"], Ok(""));
}

#[test]
fn state() {
    let path = format!(".{TOOL}/state.yaml");
    for text in ["", "a: [", "[]", "nope: 1"] {
        for line in ["generate score.yaml", "resources list", "init"] {
            let want = Err("failed to load existing state directory: state file couldn't be decoded: …");
            check(&[(&path, text), ("score.yaml", &score("", ""))], &[line], want);
        }
    }
}

#[test]
fn overrides() {
    let check = |text: &str, line: &str, want: &str| {
        check(
            &[("score.yaml", &score("", "")), ("o.yaml", text)],
            &[INIT, &format!("generate score.yaml {line}")],
            Err(want),
        );
    };
    check(
        "a: [",
        "--overrides-file o.yaml",
        "--overrides-file 'o.yaml' is invalid: failed to decode yaml: yaml: line 1: …",
    );
    check("[]", "--overrides-file o.yaml", "--overrides-file 'o.yaml' is invalid: failed to decode yaml: …");
    check(
        "",
        "--overrides-file x.yaml",
        "--overrides-file 'x.yaml' is invalid, failed to read file: open x.yaml: no such file or directory",
    );
    check("", "--override-property a", "--override-property 'a' is invalid, expected a =-separated path and value");
    check("", "--override-property a=[", "--override-property 'a=[' is invalid, failed to unmarshal value as json: …");
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
fn output() {
    let files = [("score.yaml", &*score("", "")), ("x/y", "")];
    check(&files, &[INIT, "generate score.yaml -o x"], Err("failed to write output file: …"));
}

#[test]
fn patches() {
    let check = |template: &str, want: &str| {
        let want = format!("failed to patch template 1: {want}");
        let lines = ["init --no-sample --patch-templates t.tpl", "generate score.yaml"];
        check(&[("score.yaml", &score("", "")), ("t.tpl", template)], &lines, Err(&want));
    };
    check("{}", "failed to unmarshal patches from template execution output: …");
    check("- {op: set, path: services.app-main.environment.A, value: 5}", "failed to unmarshal patched output: …");
}

/// What the default provisioner takes for a route.
#[test]
fn routes() {
    let check = |params: &str, want: Result<&str, ()>| {
        let rest =
            format!("service: {{ports: {{www: {{port: 80}}}}}}\nresources: {{rr: {{type: route, params: {params}}}}}");
        let want = want.map_err(
            |()| "failed to provision: resource 'route.default#app.rr': failed to provision: init template failed: …",
        );
        let lines = ["init --no-sample", "generate score.yaml -o -"];
        check(&[("score.yaml", &score("", &rest))], &lines, want);
    };
    check("{host: a.b, path: /a, port: 80}", Ok("app"));
    check("{host: a.b, path: /a/, port: 80}", Ok("app"));
    check("{host: a.b, path: a, port: 80}", Err(()));
    check("{host: a.b, port: 80}", Err(()));
    check("{host: a b, path: /, port: 80}", Err(()));
    check("{path: /, port: 80}", Err(()));
    check("{host: a.b, path: /, port: 81}", Err(()));
}
