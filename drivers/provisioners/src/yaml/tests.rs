//! The quick reader says what the whole one says, or nothing.

use proptest::prelude::*;
use score_model::{Document, Source, Value, yaml};

use super::quick;

/// Whether the quick reader knows the text. What it then says is what the whole reader says, in the same order.
#[track_caller]
fn check(text: &str) -> bool {
    let Some(value) = quick::read(text) else { return false };
    let whole = Document::parse(Source::new("text", text)).into_result();
    let (document, problems) = whole.unwrap_or_else(|problems| panic!("read quickly: {text:?}\n{problems}"));
    assert_eq!(value, *document.value(), "{text:?}");
    assert_eq!(yaml::write_in_order(&value), yaml::write_in_order(document.value()), "{text:?}");
    assert!(problems.is_empty(), "{text:?}");
    true
}

#[test]
fn what_is_written_here_is_read_quickly() {
    for text in [
        include_str!("../defaults/compose.provisioners.yaml"),
        include_str!("../defaults/kubernetes.provisioners.yaml"),
        include_str!("../defaults/sample.score.yaml"),
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
fn recorded_documents() {
    let root = std::env::var_os("SCORE_CONFORMANCE")
        .map(std::path::PathBuf::from)
        .unwrap_or_else(|| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"));
    let Ok(text) = std::fs::read_to_string(root.join("yaml_read.jsonl")) else {
        assert!(std::env::var_os("CI").is_none(), "no `{}`: set SCORE_CONFORMANCE", root.display());
        return;
    };
    let known = text.lines().filter(|line| {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        case["yaml"].as_str().is_some_and(check)
    });
    assert!(known.count() > 200);
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
        let text = include_str!("../defaults/kubernetes.provisioners.yaml");
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let first = at.index(lines.len());
        let text = lines[first..lines.len().min(first + 30)].concat();
        let place = at.index(text.len());
        let rest = text.get(place + taken..).unwrap_or_default();
        check(&format!("{}{piece}{rest}", &text[..place]));
    }
}
