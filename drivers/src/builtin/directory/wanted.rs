//! What should be in the directory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Component;

use score_model::{Path, Value};
use score_resolver::InputProblem;

use crate::FileArtefact;

/// What should be in the directory.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) path: String,
    pub(super) files: BTreeMap<String, Content>,
}

/// What should be in a file.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    /// Whether it is for its owner only.
    pub(super) secret: bool,
    /// Its permissions, where it matters which.
    pub(super) mode: Option<u32>,
}

impl Content {
    fn new(value: &Value, secret: bool) -> Self {
        let secret = secret || value.has_secret();
        let FileArtefact { bytes, mode } = FileArtefact::read(value);
        Self { bytes, secret, mode: if secret { mode.map(|mode| mode & 0o700) } else { mode } }
    }

    pub(super) fn digest(&self) -> String {
        digest(&self.bytes)
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

impl Wanted {
    /// What the inputs say, or everything that is wrong with them. What is unknown is left out.
    pub(super) fn read(inputs: &Value) -> Result<Self, Vec<InputProblem>> {
        let (inputs, secret) = open(inputs);
        let mut problems = Problems::default();
        let mut path = String::new();
        match inputs.child("path").map(open) {
            Some((Value::String(given), false)) if !given.is_empty() => path = given.to_string(),
            Some((Value::Unknown, _)) => {}
            Some((_, true)) => problems.add("path", "`path` is a secret, and paths can be seen by everybody".into()),
            _ => problems.add("path", "`path` is not the path of a directory".into()),
        }
        let mut files = BTreeMap::new();
        let (artefacts, artefacts_secret) = inputs.child("artefacts").map(open).unwrap_or((&Value::Null, false));
        match artefacts {
            Value::List(artefacts) => {
                for item in artefacts.iter() {
                    let (artefact, item_secret) = open(item);
                    let content = artefact.child("value").unwrap_or(&Value::Null);
                    match artefact.child("key").map(open) {
                        Some((Value::String(key), false)) => {
                            let secret = secret || artefacts_secret || item_secret;
                            files.insert(key.to_string(), Content::new(content, secret));
                        }
                        Some((Value::Unknown, _)) => {}
                        _ => problems.add("artefacts", "an artefact has no `key` to name its file".into()),
                    }
                }
            }
            Value::Null | Value::Unknown => {}
            _ => problems.add("artefacts", "`artefacts` is not a list of artefacts".into()),
        }
        let (named, named_secret) = inputs.child("files").map(open).unwrap_or((&Value::Null, false));
        match named {
            Value::Map(named) => {
                for (name, content) in named.iter() {
                    files.insert(name.to_string(), Content::new(content, secret || named_secret));
                }
            }
            Value::Null | Value::Unknown => {}
            _ => problems.add("files", "`files` is not a map of names and texts".into()),
        }
        for name in files.keys() {
            if let Some(problem) = problem_of(name) {
                problems.add("files", format!("the file name `{name}` {problem}"));
            }
            if let Some(above) = parents(name).find(|above| files.contains_key(*above)) {
                problems.add("files", format!("`{above}` cannot be both a file and the directory of `{name}`"));
            }
        }
        if problems.0.is_empty() { Ok(Self { path, files }) } else { Err(problems.0) }
    }

    /// The directories below the directory that there must be, from the outside in.
    pub(super) fn directories(&self) -> BTreeSet<String> {
        self.files.keys().flat_map(|name| parents(name)).map(str::to_owned).collect()
    }
}

/// The directories that a name leads through.
pub(super) fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').filter_map(|(at, _)| name.get(..at))
}

#[derive(Default)]
struct Problems(Vec<InputProblem>);

impl Problems {
    fn add(&mut self, input: &str, message: String) {
        self.0.push(InputProblem::new(Path::root().child(input), message));
    }
}

/// The value under its mark, and whether it had one.
fn open(value: &Value) -> (&Value, bool) {
    match value {
        Value::Secret(secret) => (secret.expose(), true),
        other => (other, false),
    }
}

fn problem_of(name: &str) -> Option<&'static str> {
    let path = std::path::Path::new(name);
    if name.is_empty() || name.ends_with('/') || name.contains('\0') {
        Some("names no file")
    } else if path.is_absolute() || path.has_root() {
        Some("is absolute; it must be relative to the directory")
    } else if path.components().any(|part| matches!(part, Component::ParentDir | Component::Prefix(_))) {
        Some("leads out of the directory")
    } else if name.split('/').any(|part| part.is_empty() || part == ".") {
        Some("has an empty part or a `.` in it")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_bad(name: &str, want: &str) {
        let inputs = Value::map([("path", Value::from("out")), ("files", Value::map([(name, Value::from(""))]))]);
        let problems = Wanted::read(&inputs).unwrap_err();
        assert_eq!(problems[0].message, format!("the file name `{name}` {want}"));
    }

    #[test]
    fn names_that_lead_elsewhere() {
        check_bad("", "names no file");
        check_bad("a/", "names no file");
        check_bad("/etc/passwd", "is absolute; it must be relative to the directory");
        check_bad("../x", "leads out of the directory");
        check_bad("a/../../x", "leads out of the directory");
        check_bad("a//b", "has an empty part or a `.` in it");
        check_bad("./a", "has an empty part or a `.` in it");
    }

    #[test]
    fn all_problems_at_once() {
        let inputs = serde_json::json!({"files": {"a": "", "a/b": "", "../c": ""}, "artefacts": [{"value": 1}]});
        assert_eq!(Wanted::read(&inputs.into()).unwrap_err().len(), 4);
    }
}
