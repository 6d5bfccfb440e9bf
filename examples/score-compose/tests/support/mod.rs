//! What both programs are tried on.
#![allow(dead_code, reason = "each test uses some of it")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A Score file, with more below its container and at its end.
pub(crate) fn score(container: &str, rest: &str) -> String {
    format!(
        "apiVersion: score.dev/v1b1\nmetadata: {{name: app}}\ncontainers: {{main: {{image: x{container}}}}}\n{rest}"
    )
}

/// Runs a program in a directory with these files, once for each line, and holds the last run against its exit status and what is printed, and said after `Error: `.
#[track_caller]
pub(crate) fn check_said(program: &str, files: &[(&str, &str)], lines: &[&str], want: Result<&str, &str>) {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut ended = None;
    for line in lines {
        ended = Some(Command::new(program).args(line.split(' ')).current_dir(directory.path()).output().unwrap());
    }
    let ended = ended.unwrap();
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    match want {
        Ok(printed) => {
            assert!(ended.status.success(), "{lines:?}: {err}");
            assert!(out.contains(printed), "{lines:?}: {out}");
        }
        Err(message) => {
            let said = err.split_once("Error: ").map_or("", |(_, said)| said.trim_end());
            assert_eq!(ended.status.code(), Some(1), "{lines:?}: {out}{err}");
            assert!(out.is_empty(), "{lines:?}: {out}");
            let (start, whole) = message.strip_suffix('…').map_or((message, true), |start| (start, false));
            assert!(said.starts_with(start) && (!whole || said == start), "{lines:?}: {said}\nwant {message}");
        }
    }
}

/// The directory of the recorded cases, where there is one.
pub(crate) fn conformance() -> Option<PathBuf> {
    let root = std::env::var_os("SCORE_CONFORMANCE").map(PathBuf::from);
    let root = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"));
    if root.is_dir() {
        return Some(root);
    }
    assert!(std::env::var_os("CI").is_none(), "no `{}`: set SCORE_CONFORMANCE", root.display());
    eprintln!("no `{}`: what needs it is not checked", root.display());
    None
}

/// All Score files below a directory.
pub(crate) fn score_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            score_files(&path, found);
        } else if name.ends_with("score.yaml") || (name.starts_with("score") && name.ends_with(".yaml")) {
            found.push(path);
        }
    }
}

/// The documents that recorded cases are to end with.
pub(crate) fn expected(cases: &Path) -> Vec<PathBuf> {
    let cases = std::fs::read_dir(cases).unwrap().map(|case| case.unwrap().path().join("expected.yaml"));
    let mut found: Vec<PathBuf> = cases.filter(|file| file.is_file()).collect();
    found.sort();
    found
}
