//! Runs the recorded cases of the Score tools that concern this crate, from the directory in `SCORE_CONFORMANCE`, or from `../shared/conformance` beside the workspace. Where there is none, it says so
//! and passes, unless `CI` is set. Prints one line for each file: how many cases passed, and of how many.

#![expect(clippy::panic, reason = "what cannot be read fails the test")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod yaml_read;

/// How a file of cases went.
#[derive(Default)]
struct Report {
    passed: usize,
    failures: Vec<String>,
    /// What else there is to say, on the same line.
    note: String,
}

impl Report {
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
    let files: &[File] = &[("yaml_read.jsonl", yaml_read::run)];
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
        for failure in &report.failures {
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
