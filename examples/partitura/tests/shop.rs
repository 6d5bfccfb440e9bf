//! The shop, as a new user brings it up: the real program on a copy of the example.

#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

struct Shop {
    directory: tempfile::TempDir,
    /// Everything that was printed.
    printed: String,
}

fn files(below: &Path) -> BTreeSet<PathBuf> {
    let (mut found, mut open) = (BTreeSet::new(), vec![below.to_owned()]);
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path);
            }
        }
    }
    found
}

impl Shop {
    fn new() -> Self {
        Self { directory: support::example("shop"), printed: String::new() }
    }

    #[track_caller]
    fn run(&mut self, arguments: &[&str]) -> String {
        let program = env!("CARGO_BIN_EXE_partitura");
        let output = Command::new(program).args(arguments).current_dir(self.directory.path()).output().unwrap();
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{arguments:?}: {out}{err}");
        self.printed += &(out.clone() + &err);
        out
    }

    /// The last event of a deployment.
    #[track_caller]
    fn finished(&mut self, arguments: &[&str]) -> Value {
        let out = self.run(&[arguments, &["--yes", "--format", "json"]].concat());
        serde_json::from_str(out.lines().last().unwrap()).unwrap()
    }
}

#[track_caller]
fn check(environment: &str, document: &str, contains: &[&str]) {
    let mut shop = Shop::new();
    let before = files(shop.directory.path());
    let options = [".", "-e", environment];
    let up = [&["up"], &options[..]].concat();
    let first = shop.finished(&up);
    assert_eq!((&first["failed"], &first["unchanged"]), (&Value::from(0), &Value::from(0)));
    let second = shop.finished(&up);
    assert_eq!((&second["succeeded"], &second["unchanged"]), (&Value::from(0), &first["succeeded"]));

    let text = fs::read_to_string(shop.directory.path().join("out").join(environment).join(document)).unwrap();
    for part in contains {
        assert!(text.contains(part), "{document} lacks `{part}`");
    }
    for command in ["plan", "outputs", "resolve"] {
        shop.run(&[&[command], &options[..]].concat());
    }
    shop.run(&[&["state", "export"], &options[..]].concat());
    // what is sealed opens with the new key
    shop.run(&[&["state", "rotate-key", "--forget-old"], &options[..]].concat());
    let program = env!("CARGO_BIN_EXE_partitura");
    let secrets = Command::new(program)
        .args([&["outputs", "postgres.default#shop"], &options[..], &["--show-secrets", "--format", "json"]].concat())
        .current_dir(shop.directory.path())
        .output()
        .unwrap();
    let secrets: Value = serde_json::from_slice(&secrets.stdout).unwrap();
    let password = secrets["postgres.default#shop"]["password"].as_str().unwrap().to_owned();
    assert!(password.len() >= 16);
    assert!(!shop.printed.contains(&password), "the password was printed");
    for file in files(&shop.directory.path().join(".partitura")) {
        let bytes = fs::read(&file).unwrap();
        let found = bytes.windows(password.len()).any(|window| window == password.as_bytes());
        assert!(!found, "the password lies in {}", file.display());
    }

    shop.finished(&[&["down"], &options[..]].concat());
    assert_eq!(files(shop.directory.path()), before, "`down` leaves something behind");
}

#[test]
fn development_is_a_compose_project() {
    check("development", "compose.yaml", &["services:", "postgres-shop:", "healthcheck:", "volumes:"]);
}

#[test]
fn production_is_kubernetes_manifests() {
    check("production", "manifests.yaml", &["kind: Deployment", "kind: Service", "kind: Secret", "kind: Namespace"]);
}

#[test]
fn environments_live_side_by_side_and_one_file_leaves_the_others_alone() {
    let mut shop = Shop::new();
    shop.finished(&["up", "."]);
    shop.finished(&["up", ".", "-e", "production"]);
    let one = shop.finished(&["up", "orders.score.yaml"]);
    assert_eq!((&one["succeeded"], &one["failed"]), (&Value::from(0), &Value::from(0)));
    shop.finished(&["down", "."]);
    let again = shop.finished(&["up", ".", "-e", "production"]);
    assert_eq!(again["succeeded"], Value::from(0));
}

#[test]
fn its_golden_paths_are_tested() {
    let mut shop = Shop::new();
    assert!(shop.run(&["test", "."]).ends_with("5 passed, 0 failed\n"));
    let tests = shop.directory.path().join("tests.yaml");
    let text = fs::read_to_string(&tests).unwrap().replace("postgres-kubernetes", "postgres-elsewhere");
    fs::write(&tests, text).unwrap();
    let program = env!("CARGO_BIN_EXE_partitura");
    let output = Command::new(program).args(["test", "."]).current_dir(shop.directory.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("tests.yaml:"), "the place of the expectation is told");
}
