//! Entries of provisioner files as drivers.

#![expect(clippy::unwrap_used, reason = "a test")]

use futures_executor::block_on;
use score_drivers::{
    Applied, ApplyRequest, Call, Conformance, DriverRef, Error, Guid, Lineage, Prior, ResourceUid, Seed, Unmet, Value,
};
use score_provisioners::{CommandProvisioner, TemplateProvisioner};
use score_resolver::Context;
use serde_json::{Value as Json, json};

fn uid() -> ResourceUid {
    "cache.small#shop.cache".parse().unwrap()
}

fn entry(dialect: &str, templates: Json) -> Json {
    json!({
        "provisioner": {"uri": "template://a", "dialect": dialect, "templates": templates},
        "params": {"size": 2}, "metadata": null, "source_workload": "shop",
    })
}

fn program(args: Json) -> Json {
    json!({
        "provisioner": {"uri": "cmd://sh#a", "dialect": "kubernetes", "args": args},
        "params": {}, "metadata": null, "source_workload": "shop",
    })
}

fn request(inputs: &Json) -> ApplyRequest {
    ApplyRequest::new(uid(), Guid::derive(&Lineage::new([1; 16]), &uid(), 0), Value::from(inputs.clone()))
}

fn apply(driver: &DriverRef, request: ApplyRequest) -> Result<Applied, Error> {
    let call = Call::new(Context::new("dev").scope()).with_seed(Seed::new([7; 32]));
    block_on(driver.apply(&call, request))
}

#[test]
fn conforms() -> Result<(), Unmet> {
    let templates = |size: &str| entry("compose", json!({"outputs": format!("{{host: a, size: {size}}}")}));
    Conformance::of(templates("1")).changed_to(templates("2")).check(TemplateProvisioner::new())?;
    let printing =
        |id: &str| program(json!(["-c", format!("echo '{{\"resource_outputs\": {{\"id\": \"{id}\"}}}}'"), "<mode>"]));
    Conformance::of(printing("one")).changed_to(printing("two")).check(CommandProvisioner::new())
}

#[test]
fn what_is_rendered_are_pieces_of_documents() {
    let driver = DriverRef::new(TemplateProvisioner::new());
    let applied = apply(
        &driver,
        request(&entry(
            "compose",
            json!({
                "state": "key: {{ dig \"key\" (randAlphaNum 8) .State }}",
                "outputs": "{host: '{{ .Type }}-{{ .Class }}', size: {{ .Params.size }}, for: {{ .SourceWorkload }}}",
                "files": "{'a/b.conf': text, gone: null}",
                "directories": "{data: true, old: false, older: null}",
                "services": "one: {image: x, mem_limit: 1k}",
                "volumes": "v: {}",
                "info_logs": "[note]",
            }),
        )),
    )
    .unwrap();
    assert_eq!(applied.outputs.redacted(), json!({"host": "cache-small", "size": 2, "for": "shop"}));
    let artefacts: Vec<String> =
        applied.artefacts.iter().map(|a| format!("{} {} {}", a.kind, a.key, a.value.redacted())).collect();
    assert_eq!(
        artefacts,
        [
            r#"file mounts/a/b.conf "text""#,
            "directory mounts/data null",
            r#"compose.service one {"image":"x","mem_limit":"1024"}"#,
            "compose.volume v {}",
            r#"log 0 "note""#,
        ]
    );
    // The state is told again, and the same resource gets the same random values.
    let inputs = entry("compose", json!({"state": "key: {{ dig \"key\" (randAlphaNum 8) .State }}"}));
    let again = |prior: Option<Prior>| {
        let mut request = request(&inputs);
        request.prior = prior;
        apply(&driver, request).unwrap().state
    };
    assert_eq!(again(None), applied.state);
    let mut prior = Prior::default();
    prior.state = Value::secret(Value::map([("key", Value::from("kept"))]));
    assert_eq!(again(Some(prior)).redacted(), json!({"key": "kept"}));
}

/// Of each field: nothing, comments alone, and null.
#[test]
fn what_says_nothing_gives_nothing() {
    let driver = DriverRef::new(TemplateProvisioner::new());
    for (dialect, fields) in [
        (
            "compose",
            &[
                "init",
                "state",
                "shared",
                "outputs",
                "directories",
                "files",
                "services",
                "volumes",
                "networks",
                "models",
                "info_logs",
            ][..],
        ),
        ("kubernetes", &["init", "state", "shared", "outputs", "manifests"]),
    ] {
        for text in ["{{ if false }}x{{ end }}", "# a\n\n  # b", "{{ if true }}# c{{ end }}", "null", "---\n# d"] {
            let templates: Json = fields
                .iter()
                .map(|field| ((*field).to_owned(), Json::from(text)))
                .collect::<serde_json::Map<_, _>>()
                .into();
            let applied = apply(&driver, request(&entry(dialect, templates))).unwrap();
            assert_eq!((applied.outputs.redacted(), applied.artefacts.len()), (json!({}), 0), "{text}");
        }
    }
}

#[test]
fn what_is_shared_is_seen_and_patched() {
    let driver = DriverRef::new(TemplateProvisioner::new());
    let mut request = request(&entry(
        "kubernetes",
        json!({"shared": "{mine: {{ len .Shared }}}", "outputs": "all: {{ .Shared | toJson }}"}),
    ));
    request.shared = Value::from(json!({"theirs": 1}));
    let applied = apply(&driver, request).unwrap();
    assert_eq!(applied.shared.redacted(), json!({"mine": 1}));
    assert_eq!(applied.outputs.redacted(), json!({"all": {"mine": 1, "theirs": 1}}));
}

#[track_caller]
fn check_refused(driver: &DriverRef, inputs: &Json, want: &str) {
    let error = apply(driver, request(inputs)).unwrap_err().full_message();
    assert!(error.contains(want), "{error}");
}

#[test]
fn what_is_wrong_is_said() {
    let templates = DriverRef::new(TemplateProvisioner::new());
    check_refused(
        &templates,
        &entry("compose", json!({"outputs": "{{ nonsense }}"})),
        "function \"nonsense\" not defined",
    );
    check_refused(&templates, &entry("compose", json!({"outputs": "{{ .Guid }}"})), "Guid");
    check_refused(&templates, &entry("compose", json!({"files": "{../x: ''}"})), "leaves the directory of mounts");
    check_refused(
        &templates,
        &entry("kubernetes", json!({"manifests": "[{kind: A}]"})),
        "apiVersion and kind are required",
    );
    for (field, text) in [("outputs", "5: a"), ("state", "true: a"), ("files", "1.5: a"), ("shared", "2020-01-01: a")] {
        check_refused(&templates, &entry("compose", json!({field: text})), "is no text");
    }
    check_refused(
        &templates,
        &entry("compose", json!({"services": "a: {ports: [80]}"})),
        "services template failed: failed to decode output: a: ports",
    );
    check_refused(&templates, &program(json!([])), "no provisioner that renders templates");
    let programs = DriverRef::new(CommandProvisioner::new());
    let script = |text: &str| program(json!(["-c", text]));
    check_refused(&programs, &script("echo no"), "did not answer as a provisioner does");
    let services = |service: &str| script(&format!("echo '{{\"compose_services\": {{\"a\": {service}}}}}'"));
    check_refused(
        &programs,
        &services(r#"{"command": "a b"}"#),
        "compose_services: a: command: expected a list of texts",
    );
    check_refused(&programs, &services(r#"{"nope": 1}"#), "compose_services: a: json: unknown field \"nope\"");
    check_refused(&programs, &script("exit 3"), "failed with exit status 3");
    check_refused(&programs, &script("echo '{\"shared_state\": {\"a\": 1}}'"), "its entry does not mention");
    check_refused(&DriverRef::new(CommandProvisioner::new().forbidden(true)), &script(""), "programs are forbidden");
}
