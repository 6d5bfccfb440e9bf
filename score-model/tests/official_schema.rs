//! The JSON Schema that this crate makes, the fast check and the specification's own schema say the same of every document.
//!
//! The specification's schema is read from `inputs/spec` of the directory in `SCORE_CONFORMANCE`, or of `../shared/conformance` beside the workspace; where there is none, this says so and passes,
//! unless `CI` is set. Real Score files are read from there as well, and from the directory in `SCORE_FILES`.

#![expect(clippy::disallowed_methods, reason = "the specification's schema and real Score files are files")]
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and say why")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use score_model::{Document, Mode, Source, Value, Workload, score_schema, upgrade, yaml};
use serde_json::{Value as Json, json};

fn directory() -> Option<PathBuf> {
    let directory = std::env::var_os("SCORE_CONFORMANCE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance"), PathBuf::from);
    if directory.is_dir() {
        return Some(directory);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is not there", directory.display());
    eprintln!("{} is not there: nothing was checked", directory.display());
    None
}

fn validator(schema: &Json) -> jsonschema::Validator {
    jsonschema::validator_for(schema).unwrap()
}

fn official(directory: &Path) -> jsonschema::Validator {
    let text = std::fs::read_to_string(directory.join("inputs/spec/score-v1b1.json")).unwrap();
    validator(&serde_json::from_str(&text).unwrap())
}

/// What the checks of this crate say of the schema alone: rules beyond it, and what the deprecated forms allow beyond it, aside.
fn verdict(document: &Json) -> bool {
    let beyond = [
        "undeclared-resource",
        "unknown-reference",
        "unknown-metadata",
        "malformed-placeholder",
        "before-itself",
        "unknown-container",
        "before-cycle",
        "not-base64",
    ];
    let checked = Workload::from_document(Document::from_value(Value::from(document.clone())), Mode::Strict);
    let diagnostics = checked.diagnostics();
    !diagnostics.iter().any(|d| d.severity == score_model::Severity::Error && !beyond.contains(&&*d.code))
}

fn has_lists(document: &Json) -> bool {
    let containers = document["containers"].as_object();
    containers.into_iter().flatten().any(|(_, c)| c["files"].is_array() || c["volumes"].is_array())
}

fn sample() -> Json {
    json!({
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "hello-world", "annotations": {"example.com/key": "value"}, "more": {"a": [1, null]}},
        "service": {"ports": {"www": {"port": 80, "targetPort": 8080, "protocol": "TCP"}}},
        "containers": {
            "main": {
                "image": "busybox",
                "command": ["/bin/echo"],
                "args": ["hello", "world"],
                "variables": {"FRIEND": "World!"},
                "files": {
                    "/etc/a": {"mode": "0644", "content": "a", "noExpand": true},
                    "/etc/b": {"binaryContent": "aGVsbG8="},
                    "/etc/c": {"source": "./c"}
                },
                "volumes": {"/mnt/data": {"source": "${resources.data}", "path": "sub/path", "readOnly": true}},
                "before": {"other": {"ready": "healthy"}},
                "resources": {"limits": {"memory": "128Mi", "cpu": "500m"}, "requests": {"memory": "1.5G", "cpu": "0.25"}},
                "livenessProbe": {"exec": {"command": ["true"]}},
                "readinessProbe": {"httpGet": {"path": "/", "port": 80, "host": "h", "scheme": "HTTPS", "httpHeaders": [{"name": "X-a", "value": "b"}]}}
            },
            "other": {"image": ".", "files": [{"target": "/x", "content": "y"}], "volumes": [{"target": "/v", "source": "s"}]}
        },
        "resources": {
            "data": {"type": "volume", "class": "large", "id": "a.b-c", "metadata": {"annotations": {"xx.yz/ab": "1"}, "z": 1}, "params": {"a": {"b": [1]}}},
            "env": {"type": "environment"}
        }
    })
}

/// Every path of a document.
fn pointers(json: &Json, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match json {
        Json::Object(map) => {
            for (key, value) in map {
                pointers(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), all);
            }
        }
        Json::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, &format!("{at}/{index}"), all);
            }
        }
        _ => {}
    }
}

#[derive(Clone, Debug)]
enum Change {
    Replace(Json),
    Remove,
    Add(String, Json),
    Rename(String),
    Move(usize),
}

fn apply(document: &mut Json, at: usize, change: Change) {
    let mut all = Vec::new();
    pointers(document, "", &mut all);
    let pointer = all[at % all.len()].clone();
    let (parent, key) = pointer.rsplit_once('/').map_or((None, ""), |(parent, key)| (Some(parent), key));
    let key = key.replace("~1", "/").replace("~0", "~");
    match change {
        Change::Replace(value) => {
            if let Some(target) = document.pointer_mut(&pointer) {
                *target = value;
            }
        }
        Change::Move(from) => {
            let value = document.pointer(&all[from % all.len()]).cloned().unwrap_or_default();
            if let Some(target) = document.pointer_mut(&pointer) {
                *target = value;
            }
        }
        Change::Add(name, value) => {
            if let Some(target) = document.pointer_mut(&pointer).and_then(Json::as_object_mut) {
                target.insert(name, value);
            }
        }
        Change::Remove | Change::Rename(_) => {
            let Some(map) = parent.and_then(|parent| document.pointer_mut(parent)).and_then(Json::as_object_mut) else {
                return;
            };
            if let (Some(value), Change::Rename(name)) = (map.remove(&key), change) {
                map.insert(name, value);
            }
        }
    }
}

fn words() -> impl Strategy<Value = String> {
    let known = [
        "",
        "a",
        "ab",
        "a-b",
        "-ab",
        "Ab",
        "a.b",
        "a..b",
        "a_b",
        "é",
        "éé",
        "name",
        "type",
        "image",
        "content",
        "source",
        "binaryContent",
        "target",
        "readOnly",
        "read_only",
        "annotations",
        "ports",
        "port",
        "TCP",
        "UDP",
        "tcp",
        "HTTP",
        "https",
        "started",
        "ready",
        "complete",
        "0644",
        "644",
        "888",
        "06440",
        "1",
        "0",
        "0.5",
        ".5",
        "1.5",
        "1.",
        "128Mi",
        "1k",
        "1K",
        "1Ki",
        "1Pi",
        "1i",
        "01",
        "0.0",
        "500m",
        "0.5m",
        "m",
        "score.dev/v1b1",
        "score.dev/v1b2",
        "A=B",
        "=",
        "x.yz/ab",
        "x/ab",
        "a/b/cd",
        "$ref",
        "\n",
        "ab\n",
        "\nab",
        "1\n",
        "0644\n",
    ];
    prop_oneof![
        8 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => "[a-zA-Z0-9._/-]{1,70}",
        1 => "[a-z0-9-]{60,70}",
        // JSON does not escape what may not stand in YAML.
        1 => "[^\u{7f}-\u{9f}\u{2028}\u{2029}\u{fffe}\u{ffff}]{0,3}",
    ]
}

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        4 => words().prop_map(Json::from),
        1 => Just(Json::Null),
        1 => any::<bool>().prop_map(Json::from),
        1 => prop_oneof![Just(0), Just(1), Just(-1), Just(65535), Just(65536), Just(80)].prop_map(Json::from),
        1 => prop_oneof![Just(0.5), Just(80.0), Just(1e10), Just(65535.5)].prop_map(Json::from),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
            proptest::collection::btree_map(words(), inner, 0..3)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => value().prop_map(Change::Replace),
        2 => Just(Change::Remove),
        2 => (words(), value()).prop_map(|(name, value)| Change::Add(name, value)),
        2 => words().prop_map(Change::Rename),
        2 => any::<usize>().prop_map(Change::Move),
    ]
}

#[test]
fn the_same_verdict_on_documents_that_are_nearly_right() {
    let Some(directory) = directory() else { return };
    let (official, ours) = (official(&directory), validator(&score_schema()));
    assert!(official.is_valid(&sample()) && ours.is_valid(&sample()) && verdict(&sample()));
    let cases = ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(cases, |(changes in proptest::collection::vec((any::<usize>(), change()), 1..4))| {
        let mut document = sample();
        for (at, change) in changes {
            apply(&mut document, at, change);
        }
        let want = official.is_valid(&document);
        prop_assert_eq!(ours.is_valid(&document), want, "our schema: {}", document);
        // The quick way for JSON finds what the usual way finds.
        let source = Source::new("score.json", document.to_string());
        let quick = Workload::parse(source.clone());
        let usual = Document::parse(source).into_parts().0.map(|document| Workload::from_document(document, Mode::Strict));
        prop_assert_eq!(Some(quick), usual, "{}", document);
        // Deprecated lists are upgraded first, which puts some things right and needs a target.
        if !has_lists(&document) {
            prop_assert_eq!(verdict(&document), want, "our check: {}", document);
        }
    });
}

fn yaml_files(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            yaml_files(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml" || extension == "json")
        {
            files.push(path);
        }
    }
}

#[test]
fn real_files_are_read_judged_and_written() {
    let Some(directory) = directory() else { return };
    let official = official(&directory);
    let mut files = Vec::new();
    for part in ["inputs", "compose", "k8s"] {
        yaml_files(&directory.join(part), &mut files);
    }
    if let Some(further) = std::env::var_os("SCORE_FILES") {
        yaml_files(Path::new(&further), &mut files);
    }
    files.sort();
    let mut seen = 0;
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        if !text.contains("apiVersion: score.dev/v1b1")
            || text.contains("- uri:")
            || text.contains("\nresources:\n  - ")
        {
            continue;
        }
        let source = Source::new(file.display().to_string(), text);
        let Some(document) = Document::parse(source.clone()).value().cloned() else { continue };
        let json = document.value().expose();
        if json.get("apiVersion") != Some(&json!("score.dev/v1b1")) {
            continue;
        }
        seen += 1;
        // Deprecated forms are put right first, and judged as what they become.
        let upgraded = upgrade(document.clone(), Mode::Strict).into_result().map(|(document, _)| document);
        assert_eq!(
            verdict(&json),
            upgraded.is_ok_and(|document| official.is_valid(&document.value().expose())),
            "{}: {}",
            file.display(),
            Workload::parse(source.clone()).diagnostics()
        );
        let workload = Workload::parse(source).value().cloned();
        for written in [yaml::write(document.value()), yaml::write_in_order(document.value()), json.to_string()] {
            let again = Document::parse(Source::new("again", written)).into_result().unwrap().0;
            assert_eq!(again, document, "{}", file.display());
            let again = Workload::from_document(again, Mode::Strict);
            assert_eq!(again.value().map(|w| w.document().value()), workload.as_ref().map(|w| w.document().value()));
        }
    }
    eprintln!("{seen} Score files read");
    assert!(seen > 100, "only {seen} Score files were found");
}
