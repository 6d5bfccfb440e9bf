//! The drivers, called as an engine calls them.

use std::sync::Arc;

use crate::support::CANARY;
use futures_executor::block_on;
use score_drivers::{Call, Driver, DriverRef, FileArtefact, Guid, Lineage, Request, ResourceUid, Response};
use score_model::Value;
use score_resolver::{Applied, ApplyRequest, Context};
use score_workloads::{ComposeProject, ComposeWorkload, KubernetesManifests, KubernetesWorkload};
use serde_json::json;

fn apply(driver: impl Driver, inputs: Value) -> Result<Applied, String> {
    let uid: ResourceUid = "workload.default#shop".parse().unwrap();
    let guid = Guid::derive(&Lineage::new([0; 16]), &uid, 1);
    let call = Call::new(Context::new("development").scope());
    match block_on(DriverRef::new(driver).call(&call, Request::Apply(ApplyRequest::new(uid, guid, inputs)))) {
        Ok(Response::Apply(applied)) => Ok(applied),
        Ok(other) => panic!("answered {other:?}"),
        Err(error) => Err(error.to_string()),
    }
}

/// A workload with a secret variable and a volume, as `${params}` and `${resources}` give it.
fn inputs(more: serde_json::Value) -> Value {
    let mut inputs = Value::from(json!({
        "workload": {
            "apiVersion": "score.dev/v1b1",
            "metadata": {"name": "shop"},
            "service": {"ports": {"web": {"port": 80}}},
            "containers": {"main": {"image": ".", "volumes": {"/data": {"source": "volume.default#shop.data"}}}},
        },
        "resources": {"data": {"uid": "volume.default#shop.data", "outputs": {
            "type": "volume", "source": "shop-data", "claimSpec": null, "emptyDir": null,
        }}},
    }));
    let password = Value::secret(Value::from(CANARY));
    inputs.insert(&"workload.containers.main.variables.PASSWORD".parse().unwrap(), password);
    for (key, value) in more.as_object().unwrap() {
        inputs.insert(&[&**key].into_iter().collect(), Value::from(value.clone()));
    }
    inputs
}

/// Artefacts as `${artefacts.KIND}` gives them.
fn entries(applied: &Applied, kind: &str) -> Value {
    let of_kind = applied.artefacts.iter().filter(|artefact| &*artefact.kind == kind);
    Value::list(of_kind.map(|artefact| {
        Value::map([
            ("uid", Value::from("workload.default#shop")),
            ("type", Value::from("workload")),
            ("workload", Value::from("shop")),
            ("key", Value::from(artefact.key.clone())),
            ("value", artefact.value.clone()),
        ])
    }))
}

#[test]
fn files_that_are_no_texts_are_artefacts_to_be_written() {
    let containers = json!({"main": {"image": "i", "files": {"/a": {"binaryContent": "/w==", "mode": "0500"}}}});
    let workload = json!({"apiVersion": "score.dev/v1b1", "metadata": {"name": "shop"}, "containers": containers});
    let applied = apply(ComposeWorkload, Value::map([("workload", Value::from(workload))])).unwrap();
    let files = applied.artefacts.iter().filter(|artefact| &*artefact.kind == "file").collect::<Vec<_>>();
    let [file] = files.as_slice() else { panic!("one file: {files:?}") };
    assert!(file.key.starts_with("mounts/shop-main-file-"), "{}", file.key);
    assert_eq!(FileArtefact::read(&file.value), FileArtefact { bytes: vec![0xff], mode: Some(0o500) });
}

#[test]
fn a_workload_becomes_a_compose_project() {
    let more = json!({
        "image": "shop:1",
        "publish": {"web": 8080},
        "services": [{"uid": "u", "type": "postgres", "workload": null, "key": "db", "value": {"healthcheck": {}}}],
    });
    let workload = apply(ComposeWorkload, inputs(more)).unwrap();
    assert_eq!(workload.outputs.redacted(), json!({"hostname": "shop"}));
    let services = entries(&workload, "compose.service");
    let project = apply(ComposeProject, Value::map([("name", Value::from("demo")), ("services", services)])).unwrap();
    assert_eq!(project.outputs.redacted(), json!({"file": "compose.yaml"}));
    assert_eq!((&*project.artefacts[0].kind, &*project.artefacts[0].key), ("file", "compose.yaml"));
    assert_eq!(project.artefacts[0].value.redacted(), json!({"$secret": true}));
    insta::assert_snapshot!(project.artefacts[0].value.to_text().unwrap(), @r#"
    name: demo
    services:
      shop-main:
        annotations:
          compose.score.dev/workload-name: shop
        depends_on:
          db:
            condition: service_healthy
            required: true
        environment:
          PASSWORD: canary-of-the-tests
        hostname: shop
        image: shop:1
        ports:
          - name: web
            protocol: tcp
            published: "8080"
            target: 80
        volumes:
          - source: shop-data
            target: /data
            type: volume
    volumes:
      shop-data: {}
    "#);
}

#[test]
fn a_workload_becomes_manifests() {
    let mut inputs = inputs(json!({"image": "shop:1", "namespace": "demo", "replicas": 3}));
    let path = "resources.data.outputs.source".parse().unwrap();
    inputs.insert(&path, Value::from(json!({"emptyDir": {}})));
    let workload = apply(KubernetesWorkload, inputs).unwrap();
    assert_eq!(workload.outputs.redacted(), json!({"hostname": "shop"}));
    let keys: Vec<&str> = workload.artefacts.iter().map(|artefact| &*artefact.key).collect();
    assert_eq!(keys, ["Secret/demo/shop-main-variables", "Service/demo/shop", "Deployment/demo/shop"]);
    let objects = entries(&workload, "kubernetes.object");
    let manifests = apply(KubernetesManifests, Value::map([("objects", objects)])).unwrap();
    assert_eq!((&*manifests.artefacts[0].kind, &*manifests.artefacts[0].key), ("file", "manifests.yaml"));
    assert!(!format!("{manifests:?}").contains(CANARY));
    let text = manifests.artefacts[0].value.to_text().unwrap().into_owned();
    assert_eq!(text.matches("---\n").count(), 3);
    assert!(text.contains(CANARY));
}

#[track_caller]
fn check_refused(driver: impl Driver, inputs: Value, want: &[&str]) {
    let message = apply(driver, inputs).unwrap_err();
    for want in want {
        assert!(message.contains(want), "`{want}` is not in: {message}");
    }
}

#[test]
fn what_cannot_be_made_is_refused() {
    check_refused(ComposeWorkload, Value::map::<Arc<str>>([]), &["missing `metadata`"]);
    check_refused(ComposeWorkload, inputs(json!({"publish": {"web": 0}})), &["`publish.web`", "not a port"]);
    check_refused(
        ComposeWorkload,
        inputs(json!({"publish": {"wbe": 80}})),
        &["no port `wbe`", "its ports are: web", "no image"],
    );
    check_refused(KubernetesWorkload, inputs(json!({"replicas": -1})), &["`replicas`", "not a count"]);
    let entry = |uid: &str| json!({"uid": uid, "type": "workload", "key": "a-b-c", "value": {}});
    let twice = json!({"name": "demo", "services": [entry("workload.default#a"), entry("workload.default#a-b")]});
    check_refused(
        ComposeProject,
        Value::from(twice),
        &["both `workload.default#a` and `workload.default#a-b`", "`a-b-c`"],
    );
}
