//! Runs the recorded cases of the Score tools that concern this crate, from the directory in `SCORE_CONFORMANCE`, or from `../shared/conformance` beside the workspace. Where there is none, it says so
//! and passes, unless `CI` is set. Prints one line for each file: how many cases passed, and of how many.

#![expect(
    clippy::panic,
    clippy::disallowed_methods,
    reason = "the cases are files; what cannot be read fails the test"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod model;
mod schema;
mod yaml_read;
mod yaml_write;

/// How a file of cases went.
#[derive(Default)]
struct Report {
    passed: usize,
    failures: Vec<String>,
    /// What else there is to say, on the same line.
    note: String,
    /// What is not as recorded and may be so, shown where `SCORE_CONFORMANCE_VERBOSE` is set.
    details: Vec<String>,
}

impl Report {
    fn case(&mut self, name: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(message) => self.failures.push(format!("{name}: {message}")),
        }
    }

    fn total(&self) -> usize {
        self.passed + self.failures.len()
    }
}

fn main() -> ExitCode {
    let directory = std::env::var_os("SCORE_CONFORMANCE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance"), PathBuf::from);
    let mut out = std::io::stdout().lock();
    if !directory.is_dir() {
        let _ = writeln!(out, "there are no recorded cases at {}: nothing was checked", directory.display());
        return if std::env::var_os("CI").is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    type File = (&'static str, fn(&Path) -> Report);
    let files: &[File] = &[
        ("schema.json", schema::run),
        ("validate.json", schema::validate),
        ("normalize.json", model::normalize),
        ("placeholders.json", model::placeholders),
        ("overrides.json", model::overrides),
        ("resource_uid.json", model::resource_uid),
        ("units.json", model::units),
        ("state.json", model::state),
        ("yaml_read.jsonl", yaml_read::run),
        ("yaml_write.jsonl", yaml_write::run),
    ];
    let verbose = std::env::var_os("SCORE_CONFORMANCE_VERBOSE").is_some();
    let mut good = true;
    for (name, run) in files {
        let path = directory.join(name);
        if !path.exists() {
            let _ = writeln!(out, "{name}: is not there");
            good = false;
            continue;
        }
        let report = run(&path);
        let _ = writeln!(out, "{name}: {} of {} passed{}", report.passed, report.total(), report.note);
        let details = report.details.iter().filter(|_| verbose);
        for failure in report.failures.iter().chain(details) {
            let _ = writeln!(out, "  {failure}");
        }
        good &= report.failures.is_empty();
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Reads a file of one JSON value a line.
fn lines(path: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line:.100}: {error}"))).collect()
}

/// Reads a file of JSON.
fn file(path: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads a file of a JSON list.
fn cases(path: &Path) -> Vec<serde_json::Value> {
    match file(path) {
        serde_json::Value::Array(cases) => cases,
        _ => panic!("{} is no list", path.display()),
    }
}
