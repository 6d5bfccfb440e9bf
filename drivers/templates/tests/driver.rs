//! The driver `template`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use futures_executor::block_on;
use score_drivers::{
    Applied, ApplyRequest, Call, Conformance, DriverRef, Error, Guid, Lineage, Prior, ResourceUid, Seed, Unmet,
    ValidateRequest, Value,
};
use score_templates::TemplateDriver;
use serde_json::json;

fn uid() -> ResourceUid {
    "banner.default#shop.hello".parse().unwrap()
}

fn request(inputs: impl Into<Value>) -> ApplyRequest {
    let mut request = ApplyRequest::new(uid(), Guid::derive(&Lineage::new([1; 16]), &uid(), 0), inputs.into());
    request.context = Some(json!({"environment": "dev"}).into());
    request
}

fn apply(request: ApplyRequest) -> Result<Applied, Error> {
    let call = Call::new(score_resolver::Context::new("dev").scope()).with_seed(Seed::new([7; 32]));
    block_on(DriverRef::new(TemplateDriver).apply(&call, request))
}

#[track_caller]
fn check(inputs: serde_json::Value, outputs: serde_json::Value) -> Applied {
    let applied = apply(request(inputs)).unwrap();
    assert_eq!(applied.outputs.redacted(), outputs);
    applied
}

#[test]
fn sees_inputs_context_and_init() {
    check(
        json!({
            "who": "shop",
            "templates": {
                "init": "greeting: Hello",
                "outputs": "text: {{ .init.greeting }} {{ .who | upper }} in {{ .context.environment }}",
            },
        }),
        json!({"text": "Hello SHOP in dev"}),
    );
}

#[test]
fn what_is_absent_is_empty() {
    let applied = check(json!({}), json!({}));
    assert_eq!((applied.state, applied.artefacts), (Value::Null, Vec::new()));
    check(
        json!({"templates": {"init": "", "outputs": "# nothing\n", "artefacts": "{{ if .init.x }}never{{ end }}"}}),
        json!({}),
    );
}

#[test]
fn types_are_those_of_yaml() {
    check(
        json!({"size": 3, "templates": {"outputs": "a: {{ .size }}\nb: [yes, 1.5]\nc: {{ list 1 2 | toJson }}\n"}}),
        json!({"a": 3, "b": ["yes", 1.5], "c": [1, 2]}),
    );
}

#[test]
fn what_is_drawn_once_is_kept() {
    let inputs = json!({"templates": {
        "state": "password: {{ .state.password | default (randAlphaNum 20) }}",
        "secrets": "password: {{ .state.password }}",
        "outputs": "url: pg://me:{{ .state.password }}@db",
    }});
    let first = check(inputs.clone(), json!({"url": {"$secret": true}, "password": {"$secret": true}}));
    let drawn = first.state.child("password").unwrap().as_str().unwrap().to_owned();
    assert_eq!(drawn.len(), 20);
    assert_eq!(first.outputs.child("password"), Some(&Value::secret(Value::from(drawn.as_str()))));
    assert_eq!(first, apply(request(inputs.clone())).unwrap());

    let mut again = request(inputs.clone());
    let mut recorded = Applied::default();
    recorded.state = json!({"password": "kept-from-before"}).into();
    again.prior = Some(Prior::new(inputs.into(), recorded.clone()));
    assert_eq!(apply(again).unwrap().state, recorded.state);
}

#[test]
fn without_a_seed_nothing_is_drawn() {
    let call = Call::new(score_resolver::Context::new("dev").scope());
    let inputs = json!({"templates": {"outputs": "a: {{ randAlphaNum 5 }}"}});
    let answer = block_on(DriverRef::new(TemplateDriver).apply(&call, request(inputs)));
    assert!(answer.unwrap_err().message().contains("randomness is not available here"));
}

#[test]
fn text_made_from_secrets_is_secret() {
    let inputs = Value::map([
        ("password", Value::secret(Value::from("correct-horse"))),
        (
            "templates",
            json!({
                "outputs": "open: yes\nurl: me:{{ .password }}\nencoded: {{ .password | b64enc }}\n",
                "artefacts": "- {kind: file, key: a.txt, value: \"it is {{ .password }}\"}\n",
            })
            .into(),
        ),
    ]);
    let applied = apply(request(inputs)).unwrap();
    let secret = json!({"$secret": true});
    assert_eq!(applied.outputs.redacted(), json!({"open": "yes", "url": secret, "encoded": secret}));
    assert_eq!(applied.artefacts[0].value, Value::secret(Value::from("it is correct-horse")));
}

#[test]
fn what_is_not_known_makes_nothing_known() {
    let inputs =
        Value::map([("host", Value::Unknown), ("templates", json!({"outputs": "url: http://{{ .host }}"}).into())]);
    assert_eq!(apply(request(inputs)).unwrap().outputs, Value::Unknown);
}

#[track_caller]
fn check_error(inputs: serde_json::Value, message: &str) {
    let error = apply(request(inputs)).unwrap_err();
    assert!(error.message().contains(message), "{error}");
}

#[test]
fn mistakes_are_told() {
    check_error(json!({"templates": {"outputs": "{{ .who"}}), "template: outputs:1: unclosed action");
    check_error(json!({"templates": {"output": ""}}), "there is no template `output`; there are `init`");
    check_error(json!({"templates": "text"}), "`templates` is not a map");
    check_error(json!({"templates": {"outputs": {}}}), "the template `outputs` is not a text");
    check_error(json!({"state": 1}), "the input `state` would hide");
    check_error(json!({"templates": {"outputs": "- a list"}}), "the template `outputs` did not give a map");
    check_error(json!({"templates": {"outputs": "a: {"}}), "the template `outputs` gave what is not YAML");
    check_error(json!({"templates": {"outputs": "a: 1\n---\nb: 2\n"}}), "more than one YAML document");
    check_error(json!({"templates": {"artefacts": "- {kind: a}"}}), "did not give a list of maps");
    check_error(json!({"templates": {"outputs": "a: {{ fail \"no way\" }}"}}), "no way");
}

#[test]
fn all_mistakes_are_found_at_once() {
    let inputs = json!({"context": 1, "templates": {"output": "", "state": "{{", "outputs": "{{ nope }}"}});
    let call = Call::new(score_resolver::Context::new("dev").scope());
    let request = ValidateRequest::new(uid(), inputs.into());
    let problems = block_on(DriverRef::new(TemplateDriver).validate(&call, request)).unwrap();
    let paths: Vec<_> = problems.iter().map(|problem| problem.path.to_string()).collect();
    assert_eq!(paths, ["context", "templates.output", "templates.state", "templates.outputs"]);
}

#[test]
fn conforms() -> Result<(), Unmet> {
    Conformance::of(json!({
        "who": "shop",
        "templates": {
            "init": "greeting: Hello",
            "state": "password: {{ .state.password | default (randAlphaNum 20) }}",
            "outputs": "text: {{ .init.greeting }} {{ .who }} in {{ .context.environment }}",
            "secrets": "password: {{ .state.password }}",
            "artefacts": "- {kind: file, key: a.txt, value: \"{{ .who }}\"}",
        },
    }))
    .context(json!({"environment": "dev"}))
    .check(TemplateDriver)
}
