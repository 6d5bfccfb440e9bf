//! `test`: golden paths against what they must resolve to.

use std::path::{Path, PathBuf};

use futures_executor::block_on;
use score_engine::model::Source;
use score_engine::resolver::{GoldenPathTests, Resolver};
use score_engine::{Engine, MemoryStore};
use serde_json::json;

use super::session::registry;
use super::{DONE, WRONG};
use crate::arguments::{Format, Options};
use crate::problem::{Problem, print_json, print_notes, print_text};
use crate::site::Site;

pub(super) fn run(options: &Options, files: &[PathBuf]) -> Result<u8, Problem> {
    let site = Site::find(options, files)?;
    let (platform, warnings) = site.needed_platform()?;
    print_notes(&warnings);
    let engine = Engine::new(registry(options, &site), MemoryStore::new());
    let resolver = Resolver::new(platform).drivers(engine.catalogue().clone());
    let mut outcomes = Vec::new();
    for file in test_files(&site, files)? {
        let (tests, warnings) = GoldenPathTests::load(&read(&file, None)?).into_result()?;
        print_notes(&warnings);
        let beside = file.parent().unwrap_or(Path::new(""));
        // The test that names it says that it is not there.
        let named = tests.files().filter(|name| beside.join(name).exists());
        let sources: Vec<Source> = named.map(|name| read(&beside.join(name), Some(name))).collect::<Result<_, _>>()?;
        outcomes.extend(tests.run_with(&resolver, &sources, &mut |resolution| block_on(engine.evaluate(resolution))));
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
    if options.format == Format::Json {
        let tests: Vec<_> = outcomes
            .iter()
            .map(|outcome| json!({"name": outcome.name, "passed": outcome.passed(), "diagnostics": outcome.failures}))
            .collect();
        print_json(&json!({"tests": tests, "passed": outcomes.len() - failed, "failed": failed}));
    } else {
        for outcome in &outcomes {
            print_text(&format!("{} {}", if outcome.passed() { "ok  " } else { "FAIL" }, outcome.name));
            print_text(&outcome.failures.to_string());
        }
        print_text(&format!("{} passed, {failed} failed", outcomes.len() - failed));
    }
    Ok(if failed == 0 { DONE } else { WRONG })
}

/// The files given; of a directory, and of the current one where none is given, `tests.yaml` and `*.tests.yaml`.
fn test_files(site: &Site, files: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    let mut found: Vec<PathBuf> = files.iter().filter(|file| file.is_file()).cloned().collect();
    let mut directories: Vec<&Path> = files.iter().filter(|file| file.is_dir()).map(PathBuf::as_path).collect();
    if files.is_empty() {
        directories.push(if site.base.as_os_str().is_empty() { Path::new(".") } else { &site.base });
    }
    for directory in directories {
        let entries = std::fs::read_dir(directory).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let entries = entries.map_err(|error| unreadable(directory, &error))?;
        let mut names: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
        names.retain(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name == "tests.yaml" || name.ends_with(".tests.yaml")
        });
        names.sort();
        found.append(&mut names);
    }
    if found.is_empty() {
        return Err(Problem::usage_with_help(
            "there are no tests of golden paths",
            "name a file of tests, or call it `tests.yaml` or `*.tests.yaml` beside the platform",
        ));
    }
    Ok(found)
}

fn read(path: &Path, name: Option<&str>) -> Result<Source, Problem> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    Ok(Source::new(name.map_or_else(|| path.to_string_lossy().into_owned(), str::to_owned), text))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::wrong("unreadable", format!("`{}` cannot be read: {error}", path.display()))
}
