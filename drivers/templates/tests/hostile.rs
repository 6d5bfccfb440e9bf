//! Templates that mean harm: none may panic, hang, exhaust memory or the stack.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test")]

use proptest::prelude::*;
use score_templates::{Data, ErrorKind, Functions, Host, Limits, Template, TemplateError};

fn data() -> Data {
    Data::from(serde_json::json!({
        "s": "hello", "i": 42, "f": 2.5, "t": true, "n": null, "l": [1, 2, 3], "m": {"a": 1, "b": {"c": "deep"}},
    }))
}

fn render_within(text: &str, limits: Limits) -> Result<String, TemplateError> {
    let template = Template::parse("t", text, &Functions::default())?;
    let mut host = Host::default().with_seed("seed").with_time(0, 0);
    Ok(template.render_within(&data(), &mut host, limits)?.text)
}

/// With less than by default, which takes long without optimisation.
fn render(text: &str) -> Result<String, TemplateError> {
    render_within(text, Limits::default().with_steps(500_000).with_size(1 << 20))
}

#[track_caller]
fn check_fails(text: &str, kind: ErrorKind, message: &str) {
    let error = render(text).expect_err("fails");
    assert_eq!((error.kind(), error.message()), (kind, message));
}

#[track_caller]
fn check_limited(text: &str) {
    assert_eq!(render(text).expect_err("goes beyond a limit").kind(), ErrorKind::Limit);
}

#[test]
fn nesting_is_bounded_by_neither_stack() {
    let parentheses = |depth: usize| format!("{{{{ {}1{} }}}}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(render(&parentheses(100)).as_deref(), Ok("1"));
    check_fails(&parentheses(100_000), ErrorKind::Syntax, "max expression depth exceeded");

    let ifs = |depth: usize| format!("{}x{}", "{{if true}}".repeat(depth), "{{end}}".repeat(depth));
    assert_eq!(render(&ifs(50_000)).as_deref(), Ok("x"));
    let chain = format!("{{{{if false}}}}{}{{{{else}}}}x{{{{end}}}}", "{{else if false}}".repeat(50_000));
    assert_eq!(render(&chain).as_deref(), Ok("x"));
    assert_eq!(render(&"{{if true}}".repeat(50_000)).expect_err("no end").message(), "unexpected EOF");
    let blocks = format!("{}x{}", "{{block \"b\" .}}".repeat(500), "{{end}}".repeat(500));
    assert!(render(&blocks).is_err());
}

#[test]
fn recursion_ends() {
    let endless = r#"{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" . }}"#;
    check_fails(endless, ErrorKind::Execution, "exceeded maximum template depth (100000)");
    check_fails("{{ template \"t\" . }}", ErrorKind::Execution, "exceeded maximum template depth (100000)");
    let limits = Limits::default().with_depth(10);
    assert_eq!(render_within(endless, limits).expect_err("too deep").message(), "exceeded maximum template depth (10)");
}

#[test]
fn loops_end() {
    check_limited("{{ range 9000000000000000000 }}{{ end }}");
    check_limited("{{ range $i := 10000000 }}{{ range $j := 10000000 }}x{{ end }}{{ end }}");
    let limits = Limits::default().with_steps(100);
    assert_eq!(render_within("{{ range 200 }}x{{ end }}", limits).expect_err("too long").kind(), ErrorKind::Limit);
    assert!(render_within("{{ range 20 }}x{{ end }}", limits).is_ok());
}

#[test]
fn sizes_are_bounded() {
    check_limited(r#"{{ repeat 9000000000000000000 "x" }}"#);
    check_limited("{{ until 9000000000000000000 }}");
    check_limited(r#"{{ indent 1000000000 "x" }}"#);
    check_limited(r#"{{ $x := "x" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}"#);
    check_limited("{{ $x := list 1 }}{{ range 100 }}{{ $x = concat $x $x }}{{ end }}");
    check_limited(r#"{{ $x := repeat 1000 "x" }}{{ range 100 }}{{ $x = replace "x" $x $x }}{{ end }}"#);
    check_limited(&format!("{{{{ printf \"{}\" {} }}}}", "%1000000d".repeat(100), "1 ".repeat(100)));
    check_limited("{{ range 10000000 }}0123456789{{ end }}");
    assert_eq!(render(r#"{{ printf "%999999999d" 1 }}"#).as_deref(), Ok("%!(NOVERB)%!(EXTRA int=1)"));
    let limits = Limits::default().with_size(10);
    assert_eq!(render_within("0123456789", limits).as_deref(), Ok("0123456789"));
    assert_eq!(render_within("0123456789a", limits).expect_err("too large").kind(), ErrorKind::Limit);
}

#[test]
fn values_that_contain_themselves() {
    check_limited(r#"{{ $m := dict }}{{ $_ := set $m "m" $m }}{{ $m }}"#);
    assert_eq!(render(r#"{{ $m := dict }}{{ $_ := set $m "m" $m }}{{ toJson $m }}"#).as_deref(), Ok(""));
    check_limited(r#"{{ $_ := set .m "m" .m }}"#);
    check_limited(r#"{{ $m := dict }}{{ $_ := set $m "m" $m }}{{ deepCopy $m }}"#);
    check_limited(
        r#"{{ $a := dict }}{{ $_ := set $a "m" $a }}{{ $b := dict }}{{ $_ := set $b "m" $b }}{{ deepEqual $a $b }}"#,
    );
    check_limited(
        r#"{{ $a := dict }}{{ $_ := set $a "m" $a }}{{ $b := dict }}{{ $_ := set $b "m" $b }}{{ merge $a $b }}"#,
    );
}

#[test]
fn values_that_share_themselves_are_larger_than_they_look() {
    let doubled =
        |leaf: &str| format!("{{{{ $x := {leaf} }}}}{{{{ range 60 }}}}{{{{ $x = list $x $x }}}}{{{{ end }}}}");
    check_limited(&format!("{}{{{{ $x }}}}", doubled("1")));
    check_limited(&format!("{}{{{{ toJson $x }}}}", doubled("dict")));
    check_limited(&format!("{}{{{{ deepCopy $x }}}}", doubled("dict")));
    let other = doubled("1").replace("$x", "$y");
    check_limited(&format!("{}{other}{{{{ deepEqual $x $y }}}}", doubled("1")));
    check_limited(&format!("{}{{{{ $_ := set .m \"x\" $x }}}}", doubled("dict")));
}

#[test]
fn deep_values_are_dropped_without_the_stack() {
    assert_eq!(render("{{ $x := list 1 }}{{ range 100000 }}{{ $x = list $x }}{{ end }}").as_deref(), Ok(""));
    assert_eq!(render(r#"{{ $x := dict }}{{ range 100000 }}{{ $x = dict "a" $x }}{{ end }}"#).as_deref(), Ok(""));
}

#[test]
fn expressions_run_in_linear_time() {
    let text = format!("{{{{ regexMatch \"(a*)*(a*)*b\" \"{}\" }}}}", "a".repeat(10_000));
    assert_eq!(render(&text).as_deref(), Ok("false"));
    check_fails(
        r#"{{ mustRegexMatch "((a{100}){100}){100}" "a" }}"#,
        ErrorKind::Execution,
        "error calling mustRegexMatch: error parsing regexp: invalid repeat count: `{100}`",
    );
    let nested = format!("{{{{ mustRegexMatch \"{}a{}\" \"a\" }}}}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(render(&nested).is_err());
}

/// Pieces that templates are made of, in any order.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{{",
        "}}",
        "{{-",
        "-}}",
        " ",
        "\n",
        "(",
        ")",
        "|",
        ".",
        ".m",
        ".m.b.c",
        ".l",
        ".n.x",
        "$",
        "$x",
        ":=",
        "=",
        ",",
        "if",
        "else",
        "end",
        "range",
        "with",
        "define",
        "block",
        "template",
        "break",
        "continue",
        "nil",
        "true",
        "\"t\"",
        "\"%d%v%*[3]q\"",
        "`a`",
        "'a'",
        "1",
        "-1",
        "1.5",
        "0x1F",
        "9223372036854775807",
        "1i",
        "/*",
        "*/",
        "printf",
        "list",
        "dict",
        "set",
        "dig",
        "merge",
        "index",
        "slice",
        "until",
        "substr",
        "trunc",
        "regexFind",
        "toJson",
        "fromJson",
        "semver",
        "now",
        "date",
        "\"2006-01-02\"",
        "\"[a-\"",
        "len",
        "eq",
        "lt",
        "add",
        "div",
        "0",
        "round",
        "chunk",
        "seq",
        "dateModify",
        "randAlphaNum",
        "shuffle",
        "urlParse",
        "\"http://[::1]:x\"",
        "é",
        "\u{200b}",
        "{{ range $i, $x := .l }}",
        "{{ end }}",
        "{{ else }}",
        "{{ $x := .m }}",
        "{{ break }}",
        "text",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_panics(text in soup()) {
        let limits = Limits::default().with_steps(10_000).with_depth(100);
        // Same input, same outcome.
        prop_assert_eq!(render_within(&text, limits), render_within(&text, limits));
    }

    #[test]
    fn text_without_actions_is_itself(text in "[^{]*") {
        prop_assert_eq!(render(&text), Ok(text));
    }

    #[test]
    fn strings_survive_quoting(text in ".*") {
        let template = Template::parse("t", "{{ . | toJson | fromJson }}", &Functions::default()).unwrap();
        prop_assert_eq!(template.render(&Data::from(text.as_str()), &mut Host::default()), Ok(text));
    }
}

#[cfg(not(feature = "certificates"))]
#[test]
fn what_is_not_built_in_is_refused() {
    let message = "error calling genCA: making keys, certificates and password hashes is not available here";
    check_fails(r#"{{ genCA "x" 1 }}"#, ErrorKind::Execution, message);
}
