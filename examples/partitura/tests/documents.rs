//! What the platforms of the examples make is what Compose and Kubernetes read.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test")]

#[path = "../../score-compose/tests/support/mod.rs"]
mod recorded;
mod support;
#[path = "../../score-k8s/tests/typed/mod.rs"]
mod typed;
#[path = "../../score-compose/tests/validated/mod.rs"]
mod validated;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use recorded::{conformance, score_files};
use serde_json::Value;
use validated::compose_schema;

fn run(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_partitura")).args(arguments).current_dir(directory).output().unwrap()
}

/// The document of what was brought up.
#[track_caller]
fn rendered(directory: &Path, document: &str, options: &[&str]) -> Value {
    let up = run(directory, &[&["up", "--yes"], options].concat());
    assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
    render(directory, document, options)
}

#[track_caller]
fn render(directory: &Path, document: &str, options: &[&str]) -> Value {
    let render = ["render", document, "--show-secrets", "--format", "json"];
    let output = run(directory, &[&render, options].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn compose_documents_of_the_examples() {
    let Some(conformance) = conformance() else { return };
    let schema = compose_schema(&conformance);
    for (example, options) in [("shop", [".", "-e", "development"].as_slice()), ("provisioners", &["."])] {
        let directory = support::example(example);
        let document = rendered(directory.path(), "compose", options);
        assert!(!document["services"].as_object().unwrap().is_empty());
        validated::check(&schema, &document, Path::new(example));
    }
}

#[test]
fn kubernetes_objects_of_the_examples() {
    let directory = support::example("shop");
    let objects = rendered(directory.path(), "kubernetes", &[".", "-e", "production"]);
    let objects = objects.as_array().unwrap();
    let typed = objects.iter().filter(|object| typed::check(object)).count();
    assert!(typed >= 10 && typed + 2 >= objects.len(), "only {typed} of {} are of known kinds", objects.len());
}

/// The platform for samples.
fn samples() -> String {
    let platform = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/platform");
    platform.to_str().unwrap().to_owned()
}

#[test]
fn compose_documents_of_samples() {
    let Some(conformance) = conformance() else { return };
    let schema = compose_schema(&conformance);
    let mut files: Vec<PathBuf> = Vec::new();
    score_files(&conformance.join("inputs"), &mut files);
    files.sort();
    let (mut checked, mut refused) = (0, 0);
    for file in files {
        let directory = tempfile::tempdir().unwrap();
        support::copy(file.parent().unwrap(), directory.path());
        let name = file.file_name().unwrap().to_str().unwrap();
        let options = [name, "--platform", &samples()];
        if !run(directory.path(), &[&["up", "--yes"], options.as_slice()].concat()).status.success() {
            refused += 1;
            continue;
        }
        validated::check(&schema, &render(directory.path(), "compose", &options), &file);
        checked += 1;
    }
    eprintln!("{checked} documents checked, {refused} Score files ask for what the platform does not have");
    assert!(checked >= 5, "only {checked} documents could be checked");
}

#[test]
fn files_that_are_no_texts_are_mounted() {
    let directory = tempfile::tempdir().unwrap();
    let score = "apiVersion: score.dev/v1b1\nmetadata: {name: shop}\ncontainers: {main: {image: x, files: {/bin/app: {binaryContent: f0VM/w==, mode: '0755'}}}}\n";
    fs::write(directory.path().join("score.yaml"), score).unwrap();
    let options = ["score.yaml", "--platform", &samples()];
    let document = rendered(directory.path(), "compose", &options);
    let [config] = document["configs"].as_object().unwrap().values().collect::<Vec<_>>()[..] else {
        panic!("one config: {document}");
    };
    let file = config["file"].as_str().unwrap().strip_prefix("./").unwrap().to_owned();
    // By the platform's own node that writes files, and by `render`.
    let out = run(directory.path(), &[&["render", "compose", "--out", "."], options.as_slice()].concat());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    for base in ["out", "."] {
        let path = directory.path().join(base).join(&file);
        assert_eq!(fs::read(&path).unwrap(), b"\x7fEL\xff", "{}", path.display());
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o755, "{}", path.display());
        }
    }
}
