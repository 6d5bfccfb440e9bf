//! The quick reader says what the whole one says, or nothing.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::{Document, Source, Value, yaml};

/// Whether the quick reader knows the text. What it then says is what the whole reader says, in the same order, without a word beside it.
#[track_caller]
fn check(text: &str) -> bool {
    let Some(value) = super::read(text) else { return false };
    let whole = Document::read_wholly(Source::new("text", text)).into_result();
    let (whole, problems) = whole.unwrap_or_else(|problems| panic!("read quickly: {text:?}\n{problems}"));
    assert_eq!(value, *whole.value(), "{text:?}");
    assert_eq!(yaml::write_in_order(&value), yaml::write_in_order(whole.value()), "{text:?}");
    assert!(problems.is_empty(), "{text:?}");
    assert!(whole.known_marks().is_none(), "there is more to say: {text:?}");
    let quick = Document::parse(Source::new("text", text)).into_result();
    assert_eq!(quick.unwrap().0.marks(), whole.marks(), "{text:?}");
    true
}

/// As developers and platform teams write them.
const FILES: [&str; 2] = [
    r#"apiVersion: score.dev/v1b1
metadata:
  name: shop # of all things
  annotations: {example.com/team: "blue", 'example.com/since': '2020'}
service:
  ports:
    web:
      port: 80
      targetPort: 8080
containers:
  main:
    image: registry.example.com/shop:1.2.3
    command: ["/bin/sh", -c]
    args:
    - |
      while true; do

        echo "hello"
      done
    variables:
      DATABASE: "postgres://${resources.db.username}:${resources.db.password}@${resources.db.host}:5432/shop"
      ESCAPED: "a \"b\" \u00e9"
      EMPTY: ""
    files:
      /etc/shop.yaml:
        mode: "0644"
        content: |-
          key: ${metadata.name}
          list: [1, 2]
    resources:
      limits: {memory: 128Mi, cpu: 500m}
    livenessProbe:
      httpGet: {path: /, port: 8080}

# What it needs.
resources:
  db:
    type: postgres
    params: {size: 10, ratio: 0.5, on: true, off: null, none: ~, since: 12:30, version: 1.2.3}
  logs: {type: volume, id: shared.logs}
"#,
    r#"- uri: template://example/postgres
  type: postgres
  state: |
    name: {{ dig "name" (printf "db-%s" (randAlpha 8 | lower)) .State | quote }}
  manifests: |
    - apiVersion: apps/v1
      kind: StatefulSet
      metadata:
        name: {{ .State.name }}
        annotations:
          k8s.score.dev/resource-uid: {{ .Uid }}
      spec:
        {{- if .Params }}
        replicas: 1
        {{- end }}
  expected_outputs: [host, port]
  supported_params:
  - size

-   uri: cmd://sh
    args: ['-c', 'it''s', {a: b, "c":d}, [], {}, ]
    #
    http://c: d:e#f
"#,
];

#[test]
fn what_is_usual_is_read_quickly() {
    for text in [
        FILES[0],
        FILES[1],
        "# a\n\na: 1 # b\nb:\n- x\n-   y: |\n      1\n\n       2\n    z:\n- - 1\n  -\n-\n\nc:\n  d: 'it''s'\n  \"e f\": \"g\\\"\\u0041\\n\"",
        "  a: [CMD, -U, 1, 1.5, 'x', {b: c, \"d\":e}, [], {}, ]\n  b: |-\n   text\n  http://c: d:e#f",
        "- |\n a\n b",
        "a: é 🔐💬x_y💬🔐\nb: 10.0.0.1/8\nc: 500m\nd: -\u{a0}",
        "a: |\n  b\n    \n  c\n",
    ] {
        assert!(check(text), "{text}");
    }
}

#[test]
fn what_says_more_than_its_value_is_left() {
    for text in [
        "80: a",
        "true: a",
        "a: 2001-01-01",
        "a: {1.5: b}",
        "~: a",
        "a: b\n<<: {c: d}",
        "a: b\na: c",
        "a: b\n---\nc: d",
        "",
    ] {
        assert!(!check(text), "{text}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the texts are in files")]
fn recorded_texts() {
    let mut texts = BTreeSet::new();
    for line in include_str!("../../../tests/fuzz/corpus.jsonl").lines() {
        texts_in(&serde_json::from_str(line).unwrap(), &mut texts);
    }
    let root = std::env::var_os("SCORE_CONFORMANCE")
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance"));
    if root.is_dir() {
        texts_below(&root, &mut texts);
    } else {
        assert!(std::env::var_os("CI").is_none(), "no `{}`: set SCORE_CONFORMANCE", root.display());
    }
    let known = texts.iter().filter(|text| check(text)).count();
    assert!(known * 3 > texts.len(), "{known} of {}", texts.len());
}

/// The texts of all YAML files below a directory, and all that JSON files have in them.
#[expect(clippy::disallowed_methods, reason = "the texts are in files")]
fn texts_below(directory: &Path, texts: &mut BTreeSet<String>) {
    for path in std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            texts_below(&path, texts);
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        match path.extension().and_then(OsStr::to_str) {
            Some("yaml" | "yml") => {
                texts.insert(text);
            }
            Some("json" | "jsonl") => {
                for json in serde_json::Deserializer::from_str(&text).into_iter() {
                    texts_in(&json.unwrap(), texts);
                }
            }
            _ => {}
        }
    }
}

/// The texts anywhere in a JSON value that have several lines.
fn texts_in(json: &serde_json::Value, texts: &mut BTreeSet<String>) {
    match json {
        serde_json::Value::String(text) if text.contains('\n') => {
            texts.insert(text.clone());
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| texts_in(item, texts)),
        serde_json::Value::Object(map) => map.values().for_each(|item| texts_in(item, texts)),
        _ => {}
    }
}

const PIECES: &[&str] = &[
    "\n",
    "\n",
    "\n\n",
    "\n  ",
    "\n  ",
    "\n    ",
    "\n - ",
    "\n- ",
    " ",
    "  ",
    ":",
    ": ",
    ": ",
    ":\n",
    "- ",
    "#",
    " # x",
    "'",
    "\"",
    "''",
    ": |\n  ",
    ": |-\n  ",
    ": |\n\n    ",
    "|",
    ">",
    "{",
    "}",
    "[",
    "]",
    ",",
    ", ",
    "{a: ",
    "[a, ",
    "&a ",
    "*a",
    "!",
    "!!str ",
    "%",
    "@",
    "`",
    "?",
    "? ",
    "~",
    "-",
    "---",
    "---\n",
    "...",
    "\t",
    "\r",
    "0",
    "00",
    "1.5",
    "-1",
    "+1",
    "1e3",
    "-12e345678",
    "007e5",
    "0_o7",
    "1e",
    "1-2",
    "1.e5",
    "1_0e5",
    "1e0e1",
    "-0b12",
    "0b11",
    "0xfg",
    "-0b1_",
    "2ab-3",
    "0x1f",
    "0o7",
    "1_0",
    "12:30",
    "2001-01-01",
    "2001-01-01T10:00:00Z",
    ".inf",
    ".",
    "true",
    "True",
    "null",
    "no",
    "a",
    "b",
    "aa",
    "key",
    "é",
    "\u{a0}",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\u{e000}",
    "\u{7f}",
    "\\n",
    "\\",
    "\\u00e9",
    "\\x41",
    "\"a\"",
    "'b'",
    "\"a\": ",
    "'b': ",
    "<<: ",
    "=",
    "/",
    "(",
    "5Gi",
    "3s",
    "10.0.0.1",
    "http://a",
];

fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof![proptest::sample::select(PIECES).prop_map(str::to_owned), "[a-z:# \n'\"{}-]{0,8}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1000..1000_i64).prop_map(Value::from),
        any::<f32>().prop_map(|float| Value::from(serde_json::json!(float))),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::list),
            proptest::collection::vec((text.clone(), inner), 0..4).prop_map(Value::map),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn soup(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..14)) {
        check(&pieces.concat());
        check(&format!("a: {}", pieces.concat()));
        check(&format!("a:\n  b: {}\n  c: d\n", pieces.concat()));
        check(&format!("- a: [{}]\n", pieces.concat()));
    }

    #[test]
    fn what_values_are_written_as(value in values(), at in any::<proptest::sample::Index>(), piece in proptest::sample::select(PIECES), taken in 0..3_usize) {
        let text = yaml::write(&value);
        check(&text);
        let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
        let place = places[at.index(places.len())];
        let rest: String = text[place..].chars().skip(taken).collect();
        check(&format!("{}{piece}{rest}", &text[..place]));
    }

    #[test]
    fn files_with_a_slip(at in any::<proptest::sample::Index>(), piece in proptest::sample::select(PIECES), taken in 0..3_usize) {
        let text = FILES.concat();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let first = at.index(lines.len());
        let text = lines[first..lines.len().min(first + 30)].concat();
        let place = at.index(text.len());
        let rest = text.get(place + taken..).unwrap_or_default();
        check(&format!("{}{piece}{rest}", &text[..place]));
    }
}
