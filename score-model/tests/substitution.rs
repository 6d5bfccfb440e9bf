//! Placeholders, overrides and embedding, beside naive references and the laws they follow.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use proptest::prelude::*;
use score_model::{
    Document, Escapes, Lookup, Nulls, Property, Source, Template, Value, Whole, Workload, substitute, unique_names,
};

/// Score's law, character by character: `$${…}` and `$$` are escapes, `${…}` is replaced, everything else stays.
fn naive(text: &str, lookup: &dyn Fn(&str) -> String) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (String::new(), 0);
    while at < chars.len() {
        let close = |from: usize| (from..chars.len()).find(|index| chars[*index] == '}');
        let starts = |text: &str| chars[at..].iter().collect::<String>().starts_with(text);
        let between = |from: usize, to: usize| chars[from..to].iter().collect::<String>();
        match (close(at + 2), close(at + 3)) {
            (_, Some(end)) if starts("$${") => {
                out += &between(at + 1, end + 1);
                at = end + 1;
            }
            (Some(end), _) if starts("${") => {
                out += &lookup(&between(at + 2, end));
                at = end + 1;
            }
            _ if starts("$$") => {
                out.push('$');
                at += 2;
            }
            _ => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn as_a_naive_reference_does(text in "[${}ab. é]{0,16}") {
        let want = naive(&text, &|inner| format!("<{inner}>"));
        let template = Template::parse(&text, Escapes::Score);
        let got = template.render(Whole::IsText, &mut |inner| Ok::<_, String>(Value::from(format!("<{inner}>"))));
        prop_assert_eq!(got, Ok(Value::from(want)));
        for (inner, span) in template.placeholders() {
            prop_assert_eq!(&text[span.start..span.end], format!("${{{inner}}}"));
        }
    }
}

#[test]
fn types_secrets_and_what_is_not_known() {
    let mut lookup = |inner: &str| match inner {
        "n" => Ok(Value::from(1)),
        "s" => Ok(Value::secret(Value::from("x"))),
        "u" => Ok(Value::Unknown),
        other => Err(other.to_owned()),
    };
    let mut check = |text: &str, whole: Whole, want: Result<Value, Vec<String>>| {
        let got = Template::parse(text, Escapes::Score).render(whole, &mut lookup);
        assert_eq!(got, want, "{text}");
    };
    check("${n}", Whole::KeepsType, Ok(Value::from(1)));
    check("${n}", Whole::IsText, Ok(Value::from("1")));
    check("a${n}", Whole::KeepsType, Ok(Value::from("a1")));
    check("a${s}", Whole::KeepsType, Ok(Value::secret(Value::from("ax"))));
    check("a${u}", Whole::IsText, Ok(Value::Unknown));
    check("${a}${n}${b}", Whole::IsText, Err(vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn errors_have_the_path_of_their_text() {
    let value = Value::from(serde_json::json!({"a": ["$$x", {"b": "${no} ${no}"}], "c": "${metadata.no}"}));
    let metadata = Value::Null;
    let resource = |_: &str, _: &[Arc<str>]| None;
    let scope = Lookup { metadata: &metadata, resource: &resource };
    let errors = substitute(&value, Whole::IsText, &mut |inner| scope.find(inner)).unwrap_err();
    let shown: Vec<String> = errors.iter().map(|(path, error)| format!("{path}: {error}")).collect();
    assert_eq!(
        shown,
        [
            "a.1.b: invalid ref 'no': unknown reference root, use $$ to escape the substitution",
            "a.1.b: invalid ref 'no': unknown reference root, use $$ to escape the substitution",
            "c: invalid ref 'metadata.no': cannot lookup key 'no', context is not a map",
        ]
    );
}

fn document(json: &str) -> Document {
    Document::parse(Source::new("a.json", json)).into_result().unwrap().0
}

#[track_caller]
fn check_merge(below: &str, above: &str, replaced: &str, deleted: &str) {
    let merged = |nulls| document(below).merged(&document(above), nulls).value().expose().to_string();
    assert_eq!((&*merged(Nulls::Replace), &*merged(Nulls::Delete)), (replaced, deleted));
    if !above.contains("null") {
        assert_eq!(merged(Nulls::DeleteExisting), deleted);
    }
}

#[test]
fn the_laws_of_merging() {
    check_merge(
        r#"{"a":{"b":1,"c":2}}"#,
        r#"{"a":{"b":null,"d":[]}}"#,
        r#"{"a":{"b":null,"c":2,"d":[]}}"#,
        r#"{"a":{"c":2,"d":[]}}"#,
    );
    check_merge(r#"{"a":{"b":1}}"#, r#"{"a":{}}"#, r#"{"a":{"b":1}}"#, r#"{"a":{"b":1}}"#);
    check_merge(r#"{"a":[1,2]}"#, r#"{"a":[3]}"#, r#"{"a":[3]}"#, r#"{"a":[3]}"#);
    check_merge(r#"{"a":1}"#, r#"{"a":{"b":null}}"#, r#"{"a":{"b":null}}"#, r#"{"a":{}}"#);
    check_merge(r#"{"a":{"b":1}}"#, r#"{"a":""}"#, r#"{"a":""}"#, r#"{"a":""}"#);
    let over = document(r#"{"a":null,"b":{"c":null},"d":{"e":null}}"#);
    let merged = document(r#"{"a":1,"b":{"c":1}}"#).merged(&over, Nulls::DeleteExisting);
    assert_eq!(merged.value().expose().to_string(), r#"{"b":{},"d":{"e":null}}"#);
}

#[track_caller]
fn check_property(text: &str, want: Result<&str, &str>) {
    let spec = document(r#"{"a":{"b":[{"x":1},2]},"c":"d"}"#);
    let got = text.parse::<Property>().and_then(|property| spec.with_property(&property));
    let got = got.map(|document| document.value().expose().to_string()).map_err(|error| error.to_string());
    assert_eq!(got.as_deref().map_err(|error| &**error), want, "{text}");
}

#[test]
fn properties() {
    check_property("a.b.0.x=[1, yes]", Ok(r#"{"a":{"b":[{"x":[1,"yes"]},2]},"c":"d"}"#));
    check_property("a.b.-1=true", Ok(r#"{"a":{"b":[{"x":1},2,true]},"c":"d"}"#));
    check_property("a.b.0=", Ok(r#"{"a":{"b":[2]},"c":"d"}"#));
    check_property("c=null", Ok(r#"{"a":{"b":[{"x":1},2]}}"#));
    check_property(r"e.f\.g=1", Ok(r#"{"a":{"b":[{"x":1},2]},"c":"d","e":{"f.g":1}}"#));
    check_property("e.-1=1", Ok(r#"{"a":{"b":[{"x":1},2]},"c":"d","e":{"-1":1}}"#));
    check_property("x.y=", Ok(r#"{"a":{"b":[{"x":1},2]},"c":"d","x":{}}"#));
    check_property("a.b.2=1", Err("a: b: cannot set '2' in array: out of range"));
    check_property("a.b.-1=", Err("a: b: cannot remove '-1' in array: out of range"));
    check_property("a.b.-1.x=1", Err("a: b: cannot set '-1' in array: out of range"));
    check_property("a.b.x=1", Err("a: b: failed to parse 'x' as array index"));
    check_property("c.x=1", Err("c: cannot set path in non-map/non-array"));
    check_property("c", Err("expected a =-separated path and value"));
}

#[test]
fn images_files_and_names() {
    let text = "apiVersion: score.dev/v1b1\nmetadata: {name: shop}\ncontainers:\n  main:\n    image: .\n    files:\n      /a: {source: a.txt, mode: \"0644\"}\n      /b: {source: b.bin}\n      /c: {source: missing}\n";
    let document = Document::parse(Source::new("score.yaml", text)).into_result().unwrap().0.with_image("shop:1");
    let (embedded, problems) = document
        .embed_files(&mut |path| match path {
            "a.txt" => Ok(b"text".to_vec()),
            "b.bin" => Ok(vec![0xff]),
            _ => Err("no such file".to_owned()),
        })
        .into_parts();
    let embedded = embedded.unwrap();
    assert_eq!(
        embedded.value().child("containers").unwrap().expose().to_string(),
        r#"{"main":{"files":{"/a":{"content":"text","mode":"0644"},"/b":{"binaryContent":"/w=="},"/c":{"source":"missing"}},"image":"shop:1"}}"#
    );
    assert_eq!(problems.iter().map(|problem| problem.position().unwrap().line).collect::<Vec<_>>(), [9]);

    let workload = |name: &str| Workload::parse(Source::new(name, text)).value().cloned().unwrap();
    let problems = unique_names(&[workload("one.yaml"), workload("two.yaml")]).to_string();
    assert!(
        problems.starts_with(
            "two.yaml:2:18: error[duplicate-workload]: two workloads are called `shop`, first at one.yaml:2:18"
        ),
        "{problems}"
    );
}

#[test]
fn deprecated_forms_are_upgraded_with_a_warning_each() {
    let text = "apiVersion: score.dev/v1b1
metadata: {name: shop}
containers:
  main:
    image: a
    files:
      - target: /etc/a
        content: [one, 2]
        mode: \"0644\"
    volumes:
      - {source: data, target: /data, read_only: true}
";
    let checked = Workload::parse(Source::new("score.yaml", text));
    let shown: Vec<String> =
        checked.diagnostics().iter().map(|d| format!("{}: {}", d.position().unwrap().line, d.message)).collect();
    assert_eq!(
        shown,
        [
            "6: `files` as a list is deprecated",
            "8: `content` as a list is deprecated",
            "10: `volumes` as a list is deprecated",
            "11: `read_only` is deprecated",
        ]
    );
    let (workload, _) = checked.into_result().unwrap();
    assert_eq!(
        serde_json::to_string(&workload.containers["main"]).unwrap(),
        r#"{"image":"a","files":{"/etc/a":{"mode":"0644","content":"one\n2"}},"volumes":{"/data":{"source":"data","readOnly":true}}}"#
    );
    assert_eq!(
        workload.place(&"containers.main.volumes./data.source".parse().unwrap()).unwrap().to_string(),
        "score.yaml:11:18"
    );
}
