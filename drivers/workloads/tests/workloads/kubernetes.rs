//! Workloads as Kubernetes objects.

use crate::support::{CANARY, resources, workload};
use score_model::Value;
use score_resolver::Artefact;
use score_workloads::kubernetes::{self, Object, Options};
use score_workloads::{ResolvedWorkload, Resources};
use serde_json::json;

fn manifests(objects: Vec<Object>) -> Vec<Value> {
    let artefacts: Vec<Artefact> = objects
        .into_iter()
        .map(|object| Artefact { kind: "kubernetes.object".into(), key: object.key, value: object.manifest })
        .collect();
    kubernetes::manifests(&artefacts)
}

#[test]
fn everything() {
    let mut options = Options::default();
    options.namespace = Some("demo".into());
    options.replicas = Some(2);
    options.pod = Value::from(json!({"serviceAccountName": "runner"}));
    options.labels.insert("team".into(), "blue".into());
    let outputs = json!({"source": {"emptyDir": {}}});
    let (objects, _) = kubernetes::convert(&workload(), &resources(outputs), &options).into_result().unwrap();
    let manifests = manifests(objects);
    for manifest in &manifests {
        let secret = manifest.child("kind").and_then(Value::as_str) == Some("Secret");
        assert_eq!(manifest.expose().to_string().contains(CANARY), secret);
        assert!(!manifest.redacted().to_string().contains(CANARY));
    }
    insta::assert_json_snapshot!(manifests.iter().map(Value::redacted).collect::<Vec<_>>());
}

#[track_caller]
fn check_volume(kind: &str, outputs: serde_json::Value, want: Result<serde_json::Value, &str>) {
    let document = json!({
        "metadata": {"name": "w", "annotations": {"k8s.score.dev/kind": kind}},
        "containers": {
            "one": {"image": "i", "volumes": {"/a": {"source": "volume.default#shop.data"}}},
            "two": {"image": "i", "volumes": {"/b": {"source": "volume.default#shop.data"}}},
        },
    });
    let workload = ResolvedWorkload::read(&Value::from(document)).unwrap();
    let converted = kubernetes::convert(&workload, &resources(outputs), &Options::default()).into_result();
    match (converted, want) {
        (Ok((objects, _)), Ok(want)) => {
            let spec = objects.last().unwrap().manifest.child("spec").unwrap();
            let volumes = spec.get(&"template.spec.volumes".parse().unwrap());
            let found = volumes.or(spec.child("volumeClaimTemplates").cloned()).unwrap();
            assert_eq!(found.redacted(), want);
        }
        (Err(problems), Err(want)) => assert!(problems.to_string().contains(want), "{problems}"),
        (got, want) => panic!("got {got:?}, want {want:?}"),
    }
}

#[test]
fn volumes() {
    let name = "vol-85fd94bb5d";
    check_volume("Deployment", json!({"source": {"emptyDir": {}}}), Ok(json!([{"name": name, "emptyDir": {}}])));
    let claim = json!({"accessModes": ["ReadWriteOnce"]});
    check_volume("StatefulSet", json!({"claimSpec": claim}), Ok(json!([{"metadata": {"name": name}, "spec": claim}])));
    check_volume("Deployment", json!({"claimSpec": claim}), Err("only a StatefulSet can use"));
    check_volume(
        "StatefulSet",
        json!({"claimSpec": claim, "source": {"emptyDir": {}}}),
        Err("either 'source' or 'claimSpec' required"),
    );
    check_volume("StatefulSet", json!({"claimSpec": {}}), Err("either 'source' or 'claimSpec' required"));
    check_volume("DaemonSet", json!({"source": {"emptyDir": {}}}), Err("cannot be of kind `DaemonSet`"));
}

#[test]
fn the_later_replaces_the_earlier_and_namespaces_come_first() {
    let object =
        |key: &str, value| Artefact { kind: "kubernetes.object".into(), key: key.into(), value: Value::from(value) };
    let manifests = kubernetes::manifests(&[
        object("ConfigMap//a", json!({"kind": "ConfigMap", "data": {"old": "yes"}})),
        object("ConfigMap//b", json!({"kind": "ConfigMap", "data": {"b": "yes"}})),
        object("Namespace//n", json!({"kind": "Namespace"})),
        object("ConfigMap//a", json!({"kind": "ConfigMap", "data": {"new": "yes"}})),
    ]);
    let manifests: Vec<_> = manifests.iter().map(Value::redacted).collect();
    assert_eq!(
        manifests,
        [
            json!({"kind": "Namespace"}),
            json!({"kind": "ConfigMap", "data": {"b": "yes"}}),
            json!({"kind": "ConfigMap", "data": {"new": "yes"}}),
        ]
    );
}

#[test]
fn init_containers_come_in_order_and_sidecars_stay() {
    let document = json!({"metadata": {"name": "w"}, "containers": {
        "main": {"image": "i"},
        "aa": {"image": "i", "before": {"main": {"ready": "complete"}}},
        "zz": {"image": "i", "before": {"aa": {"ready": "started"}}},
    }});
    let workload = ResolvedWorkload::read(&Value::from(document)).unwrap();
    let (objects, _) =
        kubernetes::convert(&workload, &Resources::default(), &Options::default()).into_result().unwrap();
    let pod = objects[0].manifest.get(&"spec.template.spec".parse().unwrap()).unwrap();
    assert_eq!(
        pod.redacted(),
        json!({
            "initContainers": [{"name": "zz", "image": "i", "restartPolicy": "Always"}, {"name": "aa", "image": "i"}],
            "containers": [{"name": "main", "image": "i"}],
        })
    );
}
