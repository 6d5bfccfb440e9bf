//! The invariants of ARCHITECTURE.md that can be read off the manifests.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Every crate that `package` needs, directly or through others, tests and builds aside.
fn needs(package: &str) -> BTreeSet<String> {
    let tree =
        cargo(&["tree", "--offline", "--package", package, "--edges", "normal", "--prefix", "none", "--all-features"]);
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).filter(|name| name != package).collect()
}

#[track_caller]
fn check(package: &str, never: &[&str]) {
    let needs = needs(package);
    let found: Vec<_> = never.iter().filter(|name| needs.contains(**name)).collect();
    assert!(found.is_empty(), "`{package}` needs {found:?}");
}

const WORLD: [&str; 8] =
    ["tokio", "async-std", "smol", "futures-util", "futures-executor", "futures-timer", "getrandom", "reqwest"];

#[test]
fn pure_crates_have_no_runtime() {
    check("score-graph", &WORLD);
    check("score-model", &WORLD[..6]);
    check("score-resolver", &WORLD[..6]);
}

#[test]
fn arrows_point_one_way() {
    check("score-graph", &["score-model", "score-resolver", "score-drivers", "score-engine"]);
    check("score-model", &["score-graph", "score-resolver", "score-drivers", "score-engine"]);
    check("score-resolver", &["score-drivers", "score-engine"]);
    check("score-drivers", &["score-engine", "score-templates", "score-workloads"]);
}

#[test]
fn no_driver_depends_on_the_engine() {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--offline", "--no-deps", "--format-version", "1"])).unwrap();
    let root = metadata["workspace_root"].as_str().unwrap();
    let mut drivers = 0;
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let path = package["manifest_path"].as_str().unwrap();
        if path.starts_with(&format!("{root}/drivers/")) && name != "score-engine" {
            drivers += 1;
            check(name, &["score-engine"]);
        }
    }
    assert!(drivers >= 3, "only {drivers} driver crates were found");
}
