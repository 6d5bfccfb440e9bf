//! Documents: what they say, where it was written, and that nothing makes reading them panic.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use proptest::prelude::*;
use score_model::{Document, Nulls, Path, Position, Property, Source, Span, Value, Workload, yaml};
use serde_json::Value as Json;

fn document(text: &str) -> Document {
    Document::parse(Source::new("a.yaml", text)).into_result().unwrap().0
}

#[track_caller]
fn check_places(text: &str, path: &str, value: (usize, usize), key: (usize, usize)) {
    let document = document(text);
    let path: Path = path.parse().unwrap();
    let position = |(line, column)| Position { line, column };
    assert_eq!(document.place(&path).position(), position(value), "the value");
    assert_eq!(document.key_place(&path).position(), position(key), "the key");
}

#[test]
fn places_in_yaml() {
    let text = "a: &x\n  b: [1, 2]\nc: *x\nd:\n  <<: *x\n  e: 'f'\n";
    check_places(text, "a.b", (2, 6), (2, 3));
    check_places(text, "a.b.1", (2, 10), (2, 10));
    check_places(text, "c", (3, 4), (3, 1));
    check_places(text, "c.b.0", (2, 7), (2, 7));
    check_places(text, "d.b", (2, 6), (2, 3));
    check_places(text, "d.e", (6, 6), (6, 3));
    check_places(text, "d.missing", (5, 3), (5, 3));
    check_places("\u{feff}a: 1\nb: é\n", "b", (2, 4), (2, 1));
}

#[test]
fn places_in_json() {
    let text = "{\"a\": {\"b\\\"\": [1, \"x,]\"]},\n \"c\": null}";
    check_places(text, "a.b\".1", (1, 19), (1, 19));
    check_places(text, "c", (2, 7), (2, 2));
}

#[track_caller]
fn check_within(text: &str, piece: &str, at: (usize, usize)) {
    let document = document(text);
    let path: Path = "a".parse().unwrap();
    let whole = document.value().get(&path).unwrap();
    let start = whole.as_str().unwrap().rfind(piece).unwrap();
    let place = document.place_within(&path, Span::new(start, start + piece.len()));
    assert_eq!(place.position(), Position { line: at.0, column: at.1 });
}

#[test]
fn places_within_texts() {
    check_within("a: x ${y} z\n", "${y}", (1, 6));
    check_within("a: \"x ${y} ${y}\"\n", "${y}", (1, 12));
    check_within("a: 'it''s ${y}'\n", "${y}", (1, 11));
    check_within("a: |\n  one\n  two ${y}\n", "${y}", (3, 7));
    check_within("a: >-\n  one\n  two ${y}\n", "${y}", (3, 7));
    check_within("{\"a\": \"${y}\"}", "${y}", (1, 8));
    // It is not written as it reads: the whole text it is.
    check_within("a: \"\\x24{y}\"\n", "${y}", (1, 4));
}

#[test]
fn overrides_keep_places() {
    let over = Document::parse(Source::new("over.yaml", "a:\n  b: 2\n  c: {d: 3}\n")).into_result().unwrap().0;
    let merged = document("a: {b: 1, z: 9}\n").merged(&over, Nulls::Replace);
    let at = |path: &str| merged.place(&path.parse().unwrap()).to_string();
    assert_eq!([at("a.b"), at("a.z"), at("a.c.d")], ["over.yaml:2:6", "a.yaml:1:14", "over.yaml:3:10"]);
    let property: Property = "a.b=[x]".parse().unwrap();
    let changed = merged.with_property(&property).unwrap();
    assert_eq!(changed.place(&"a.z".parse().unwrap()).to_string(), "a.yaml:1:14");
    assert_eq!(changed.value().get(&"a.b.0".parse().unwrap()), Some(Value::from("x")));
}

#[track_caller]
fn check_problem(text: &str, want: &str) {
    let problems = Document::parse(Source::new("a.yaml", text)).into_result().map(|_| ()).unwrap_err();
    let shown: Vec<String> = problems
        .iter()
        .map(|problem| format!("{} {}: {}", problem.place.as_ref().unwrap(), problem.code, problem.message))
        .collect();
    assert_eq!(shown.join("\n"), want);
}

#[test]
fn what_is_no_yaml_is_said_with_its_place() {
    check_problem(
        "a: 1\na: 2\n'a': 3\n",
        "a.yaml:2:1 duplicate-key: the key `a` is given twice, first in line 1\na.yaml:3:1 duplicate-key: the key `a` is given twice, first in line 1",
    );
    check_problem("a: [1, 2\nb: 3\n", "a.yaml:2:2 syntax: a `:` cannot stand here");
    check_problem("a:\n\tb: 1\n", "a.yaml:2:2 syntax: a tab cannot be used for indentation");
    check_problem("a: b: c\n", "a.yaml:1:5 syntax: a `:` cannot stand here");
    check_problem("a: \"b\n", "a.yaml:1:4 syntax: a quote is not closed");
    check_problem("a: *b\n", "a.yaml:1:4 syntax: an alias (`*name`) to what is not anchored before it");
    check_problem("a: &b [*b]\n", "a.yaml:1:8 alias: `*b` stands inside what it repeats");
    check_problem("&a: b\n", "a.yaml:1:1 syntax: the name of an anchor has letters, digits, `_` and `-` only");
    check_problem("{?: 1}\n", "a.yaml:1:2 syntax: a `?` or `:` glued to a text is ambiguous between brackets");
    check_problem("{a:}\n", "a.yaml:1:3 syntax: a `?` or `:` glued to a text is ambiguous between brackets");
    check_problem("a: @b\n", "a.yaml:1:4 syntax: no value begins with `@`");
    check_problem("a: \u{1}\n", "a.yaml:1:4 syntax: the character U+0001 may not stand in the text");
    check_problem("", "a.yaml:1:1 empty: there is nothing in this file");
    check_problem("{\"a\": 1, \"a\": 2}", "a.yaml:1:10 duplicate-key: the key `a` is given twice, first in line 1");
    check_problem(&"[".repeat(200), "a.yaml:1:103 syntax: nested more than 100 levels deep");
}

#[test]
fn bombs_do_not_go_off() {
    let mut bomb = "a0: &a0 [x]\n".to_owned();
    for level in 1..30 {
        bomb += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(", "));
    }
    assert!(Document::parse(Source::new("a.yaml", bomb)).into_result().is_err());
    let deep = format!("{}1{}", "{a: ".repeat(100_000), "}".repeat(100_000));
    assert!(Document::parse(Source::new("a.yaml", deep)).into_result().is_err());
    assert!(Document::parse(Source::new("a.json", "[".repeat(1_000_000))).into_result().is_err());
}

fn json() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        3 => "[a-z]{0,6}",
        2 => proptest::sample::select(vec![
            "", " ", "~", "null", "yes", "true", "1", "1.5", "1:30", "2001-01-01", "a: b", "# a", "- a", "a\nb", "\n", "\na", "a\n", "a\n\n", " a\nb",
            "\ta\nb", "a\tb", "a \nb", "\r", "é", "😀", "\u{85}", "\u{2028}", "\u{feff}", "\u{feff}a", "<<", "${x}", "'", "\"", "\\", "{a}", "[a]",
            "&a", "*a", "!a", "%a", "@a", "|", ">", "?", "? a", "a:", ":", "a #b", "...", "---", "0x1F", ".inf", "=", "a\n\tb", "\n\n  a\n", "a\n ",
        ]).prop_map(str::to_owned),
        1 => ".{0,8}",
    ]
    .boxed();
    let number = prop_oneof![
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from)
    ];
    let leaf = prop_oneof![
        4 => text.clone().prop_map(Json::from),
        1 => number,
        1 => any::<bool>().prop_map(Json::from),
        1 => Just(Json::Null),
    ];
    leaf.prop_recursive(4, 30, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            proptest::collection::btree_map(text.clone(), inner, 0..5)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

/// Every path of a value.
fn paths(value: &Value, at: &Path, all: &mut Vec<Path>) {
    all.push(at.clone());
    match value {
        Value::Map(map) => map.iter().for_each(|(key, value)| paths(value, &at.child(key.clone()), all)),
        Value::List(items) => {
            items.iter().enumerate().for_each(|(index, value)| paths(value, &at.child(index.to_string()), all));
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(json in json()) {
        let value = Value::from(json);
        for text in [yaml::write(&value), yaml::write_in_order(&value)] {
            let read = Document::parse(Source::new("a.yaml", text.clone())).into_result();
            prop_assert!(read.is_ok(), "{text:?}: {}", read.unwrap_err());
            let read = read.unwrap().0;
            prop_assert_eq!(read.value(), &value, "{:?}", text);
        }
    }

    /// JSON is YAML: read fast or as YAML, it says the same, and each part stands at the same place.
    #[test]
    fn json_reads_as_yaml_does(json in json()) {
        let text = json.to_string();
        prop_assume!(json.is_object() || json.is_array());
        let fast = Document::parse(Source::new("a.json", text.clone())).into_result();
        let as_yaml = Document::parse(Source::new("a.yaml", format!("# c\n{text}"))).into_result();
        let (Ok((fast, _)), Ok((as_yaml, _))) = (fast, as_yaml) else { return Ok(()) };
        prop_assert_eq!(&fast, &as_yaml);
        let mut all = Vec::new();
        paths(fast.value(), &Path::root(), &mut all);
        for path in all {
            let (fast, slow) = (fast.place(&path).span, as_yaml.place(&path).span);
            prop_assert_eq!((fast.start + 4, fast.end + 4), (slow.start, slow.end), "{}", path);
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in "[-?:,{}\\[\\]#&*!|>'\"%@`a~1.<\\\\\\t \\n$é]{0,40}") {
        let source = Source::new("a.yaml", text);
        let _ = Workload::parse(source.clone()).diagnostics().to_string();
        let _ = Document::parse_all(source);
    }
}
