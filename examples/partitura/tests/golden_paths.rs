//! What a platform team learns of a golden path that it breaks, before any developer meets it: the real program on a copy of the shop.

#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use std::fs;
use std::process::Command;

/// A copy of the shop.
struct Shop(tempfile::TempDir);

impl Shop {
    fn new() -> Self {
        Self(support::example("shop"))
    }

    #[track_caller]
    fn change(&self, file: &str, from: &str, to: &str) {
        let path = self.0.path().join("platform").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} lacks {from:?}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// Status and everything that is printed, but for what is promised.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let program = env!("CARGO_BIN_EXE_partitura");
        let output = Command::new(program).args(arguments).current_dir(self.0.path()).output().unwrap();
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        let lines: Vec<&str> = out.lines().chain(err.lines()).filter(|line| !line.starts_with("promised")).collect();
        (output.status.code().unwrap(), lines.join("\n"))
    }
}

/// Breaks the shop's platform in one way. `check` or `test` must say so; what they say is a snapshot.
#[track_caller]
fn check(name: &str, file: &str, from: &str, to: &str) {
    let shop = Shop::new();
    shop.change(file, from, to);
    let (checked, found) = shop.run(&["check", "--strict", "."]);
    let (tested, failed) = shop.run(&["test", "."]);
    assert!(checked == 1 || tested == 1, "{name}: nobody noticed");
    insta::assert_snapshot!(name, format!("check: {checked}\n{found}\n\ntest: {tested}\n{failed}"));
}

#[test]
fn a_sound_platform_says_nothing() {
    let shop = Shop::new();
    assert_eq!(shop.run(&["check", "--strict", "."]), (0, String::new()));
    let (status, printed) = shop.run(&["test", "."]);
    assert_eq!((status, printed.lines().last().unwrap()), (0, "5 passed, 0 failed"));
}

#[test]
fn broken_types() {
    check("an output gets another type", "types.yaml", "port: { type: integer }", "port: { type: string }");
    check(
        "a type is for modules only",
        "types.yaml",
        "description: A cache.",
        "description: A cache.\n    requested_by: modules",
    );
    check(
        "a param is required",
        "types.yaml",
        "properties: { size: { type: string, default: 1Gi } }",
        "required: [zone]\n      properties: { size: { type: string, default: 1Gi }, zone: { type: string } }",
    );
}

#[test]
fn broken_modules() {
    check("a template lacks an output", "development.yaml", "          port: 5432\n", "");
    check("a template cannot be read", "development.yaml", "host: {{ .name }}", "host: {{ .name }");
    check("a template reads nothing", "development.yaml", "{{ .init.password }}", "{{ .init.pasword | b64enc }}");
    check("a param is mistyped", "production.yaml", "${params.size}", "${params.sizes}");
    check("a driver is mistyped", "everywhere.yaml", "driver: directory", "driver: directroy");
    check(
        "two modules need each other",
        "production.yaml",
        "  namespace-kubernetes:\n    type: namespace\n",
        "  namespace-kubernetes:\n    type: namespace\n    dependencies: { files: { type: volume } }\n",
    );
    check(
        "a secret gets into a path",
        "everywhere.yaml",
        "path: out/${context.environment}\n      artefacts: ${artefacts.file}\n",
        "path: out/${resources.password.password}\n      artefacts: ${artefacts.file}\n    dependencies: { password: { type: password } }\n",
    );
}

#[test]
fn broken_rules() {
    check("a rule is gone", "production.yaml", "  - { module: redis-kubernetes, environment_type: production }\n", "");
    check(
        "an environment type is mistyped",
        "production.yaml",
        "redis-kubernetes, environment_type: production",
        "redis-kubernetes, environment_type: prodution",
    );
    check("an environment is renamed", "environments.yaml", "production: { type: production }", "live: { type: live }");
    check(
        "two rules tie",
        "production.yaml",
        "  - { module: redis-kubernetes, environment_type: production }\n",
        "  - { module: redis-kubernetes, environment_type: production }\n  - { module: redis-compose, environment_type: production }\n",
    );
    check(
        "a rule takes everything from another",
        "development.yaml",
        "  - { module: redis-compose, environment_type: development }\n",
        "  - { module: redis-compose, environment_type: development }\n  - { module: redis-kubernetes, environment: development }\n",
    );
}

/// What `check --against` says when these changes are made to the platform, before and after the shop was brought up in development.
#[track_caller]
fn check_against(changes: &[(&str, &str, &str)], status: i32, want: &str) {
    let shop = Shop::new();
    support::copy(&shop.0.path().join("platform"), &shop.0.path().join("old"));
    for deployed in [false, true] {
        if deployed {
            assert_eq!(shop.run(&["up", ".", "--platform", "old", "--yes"]).0, 0);
        } else {
            changes.iter().for_each(|(file, from, to)| shop.change(file, from, to));
        }
        let (code, printed) = shop.run(&["check", ".", "--against", "old"]);
        assert_eq!((code, printed.trim()), (status, want), "deployed: {deployed}");
    }
}

#[test]
fn a_change_tells_what_it_would_do() {
    check_against(
        &[],
        0,
        "environment `development`: everything stays as it is\nenvironment `production`: everything stays as it is",
    );
    check_against(
        &[
            ("development.yaml", "  redis-compose:", "  cache-compose:"),
            ("development.yaml", "module: redis-compose", "module: cache-compose"),
        ],
        0,
        "environment `development`:\n  `redis.default#shop` stays as it is: module `cache-compose` instead of `redis-compose` (for dashboard, fulfilment)\nenvironment `production`: everything stays as it is",
    );
    check_against(
        &[("production.yaml", "replicas: 1", "replicas: 2")],
        0,
        "environment `development`: everything stays as it is\nenvironment `production`:\n  `workload.default#dashboard` is changed in place: module `workload-kubernetes` (for dashboard)\n  `workload.default#fulfilment` is changed in place: module `workload-kubernetes` (for fulfilment)\n  `workload.default#orders` is changed in place: module `workload-kubernetes` (for fulfilment, orders)\n  `workload.default#storefront` is changed in place: module `workload-kubernetes` (for storefront)",
    );
    check_against(
        &[
            ("everywhere.yaml", "driver: template", "driver: static"),
            ("everywhere.yaml", "      templates:\n", "      secrets: { password: fixed }\n      templates:\n"),
        ],
        0,
        "environment `development`:\n  `password.default#dashboard.admin` is replaced: module `generated-password` (for dashboard)\n  `workload.default#dashboard` is changed in place: module `workload-compose` (for dashboard)\nenvironment `production`:\n  `password.default#dashboard.admin` is replaced: module `generated-password` (for dashboard)\n  `workload.default#dashboard` is changed in place: module `workload-kubernetes` (for dashboard)",
    );
}

#[test]
fn a_change_tells_whom_it_would_refuse() {
    let shop = Shop::new();
    support::copy(&shop.0.path().join("platform"), &shop.0.path().join("old"));
    shop.change("production.yaml", "  - { module: redis-kubernetes, environment_type: production }\n", "");
    let (status, printed) = shop.run(&["check", ".", "--against", "old"]);
    assert_eq!(status, 1);
    insta::assert_snapshot!("a change that refuses", printed);
    let (_, json) = shop.run(&["check", ".", "--against", "old", "--format", "json", "-e", "development"]);
    assert!(json.contains("\"impact\": []"), "{json}");
    assert_eq!(shop.run(&["check", ".", "--against", "elsewhere"]).0, 2);
}
