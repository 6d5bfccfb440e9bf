//! What both programs say alike. Whoever includes this says which program it is, how it is run and how it calls provisioning.

use super::support::score;
use super::{PROVISIONING, TOOL, check};

pub(super) const INIT: &str = "init --no-sample";
pub(super) const INSTALL: &str = "init --no-sample --no-default-provisioners --provisioners p.yaml";

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
fn output() {
    let files = [("score.yaml", &*score("", "")), ("x/y", "")];
    check(&files, &[INIT, "generate score.yaml -o x"], Err("failed to write output file: …"));
}

/// What the default provisioner takes for a route.
#[test]
fn routes() {
    let check = |params: &str, want: Result<&str, ()>| {
        let rest =
            format!("service: {{ports: {{www: {{port: 80}}}}}}\nresources: {{rr: {{type: route, params: {params}}}}}");
        let failed =
            format!("{PROVISIONING}: resource 'route.default#app.rr': failed to provision: init template failed: …");
        let want = want.map_err(|()| failed.as_str());
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

/// Why a patch template is refused.
#[track_caller]
pub(super) fn check_patch(template: &str, want: &str) {
    let want = format!("failed to patch template 1: {want}");
    let lines = ["init --no-sample --patch-templates t.tpl", "generate score.yaml"];
    check(&[("score.yaml", &score("", "")), ("t.tpl", template)], &lines, Err(&want));
}
