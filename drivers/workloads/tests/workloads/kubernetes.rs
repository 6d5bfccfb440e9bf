//! Workloads as Kubernetes objects.

use crate::support::{CANARY, resources, workload};
use score_model::{Probe, Value};
use score_resolver::Artefact;
use score_workloads::kubernetes::{self, Dialect, Object, Options};
use score_workloads::{ResolvedContainer, ResolvedWorkload, Resources};
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
    check_volume("StatefulSet", json!({"claimSpec": {}}), Err("outputs into volume: claimSpec is empty"));
    check_volume("Deployment", json!({"source": {}}), Err("outputs into volume: source is empty"));
    check_volume("Deployment", json!({"source": null}), Err("either 'source' or 'claimSpec' required"));
    check_volume("DaemonSet", json!({"source": {"emptyDir": {}}}), Err("cannot be of kind `DaemonSet`"));
}

#[track_caller]
fn check_names(kind: &str, sources: [&str; 2], outputs: serde_json::Value, want: [&str; 2]) {
    let document = json!({
        "metadata": {"name": "w", "annotations": {"k8s.score.dev/kind": kind}},
        "containers": {
            "one": {"image": "i", "volumes": {"/a": {"source": sources[0]}}},
            "two": {"image": "i", "volumes": {"/a": {"source": sources[1]}}},
        },
    });
    let workload = ResolvedWorkload::read(&Value::from(document)).unwrap();
    let outputs = ["first", "second"].map(|key| (key, Value::from(outputs[key].clone())));
    let mut options = Options::default();
    options.dialect = Dialect::ScoreK8s;
    let (objects, _) = kubernetes::convert(&workload, &Resources::from_iter(outputs), &options).into_result().unwrap();
    let spec = objects.last().unwrap().manifest.child("spec").unwrap().redacted();
    let containers = &spec["template"]["spec"]["containers"];
    let mounted = [0, 1].map(|index| containers[index]["volumeMounts"][0]["name"].as_str().unwrap().to_owned());
    assert_eq!(mounted, want);
    let claims = spec["volumeClaimTemplates"].as_array().map(|claims| claims.iter().map(|claim| &claim["metadata"]));
    let claims = claims.into_iter().flatten();
    let volumes = spec["template"]["spec"]["volumes"].as_array().into_iter().flatten();
    let mut there: Vec<_> = volumes.chain(claims).map(|volume| volume["name"].as_str().unwrap()).collect();
    there.sort_unstable();
    let mut wanted = want.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    assert_eq!(there, wanted);
}

/// Names of volumes in a pod are unique, whatever its containers mount.
#[test]
fn one_path_in_two_containers() {
    let (name, other) = ("vol-6a50dc8584", "vol-b085e93a22");
    let volumes = json!({"first": {"source": {"emptyDir": {}}}, "second": {"source": {"hostPath": {"path": "/x"}}}});
    check_names("Deployment", ["first", "second"], volumes.clone(), [name, other]);
    check_names("Deployment", ["first", "first"], volumes, [name, other]);
    let claim = |size: &str| json!({"claimSpec": {"resources": {"requests": {"storage": size}}}});
    let claims = json!({"first": claim("1Gi"), "second": claim("2Gi")});
    check_names("StatefulSet", ["first", "second"], claims.clone(), [name, other]);
    check_names("StatefulSet", ["first", "first"], claims, [name, name]);
}

#[track_caller]
fn check_source(written: serde_json::Value, want: serde_json::Value) {
    let document = json!({"metadata": {"name": "w"}, "containers": {
        "main": {"image": "i", "volumes": {"/a": {"source": "volume.default#shop.data"}}},
    }});
    let workload = ResolvedWorkload::read(&Value::from(document)).unwrap();
    let mut options = Options::default();
    options.dialect = Dialect::ScoreK8s;
    let outputs = resources(json!({"source": written}));
    let (objects, _) = kubernetes::convert(&workload, &outputs, &options).into_result().unwrap();
    let volume = objects.last().unwrap().manifest.get(&"spec.template.spec.volumes".parse().unwrap()).unwrap();
    let mut volume = volume.redacted()[0].clone();
    volume.as_object_mut().unwrap().remove("name");
    assert_eq!(volume, want);
}

#[test]
fn amounts_of_volumes() {
    check_source(json!({"emptyDir": {"sizeLimit": "1.5Gi"}}), json!({"emptyDir": {"sizeLimit": "1536Mi"}}));
    check_source(json!({"emptyDir": {"sizeLimit": 5000}}), json!({"emptyDir": {"sizeLimit": "5k"}}));
    let claim = |size: &str| json!({"ephemeral": {"volumeClaimTemplate": {"spec": {"resources": {"requests": {"storage": size}}}}}});
    check_source(claim("1024Mi"), claim("1Gi"));
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

#[track_caller]
fn check_probes(container: ResolvedContainer, want: &[&str]) {
    let mut workload = ResolvedWorkload::default();
    workload.containers.insert("main".into(), container);
    let problems = kubernetes::convert(&workload, &Resources::default(), &Options::default()).into_result().err();
    let found: Vec<String> = problems.iter().flatten().map(|problem| problem.message.clone()).collect();
    assert_eq!(found, want);
}

#[test]
fn probes_say_how_to_ask() {
    let probe: Probe = serde_json::from_value(json!({"exec": {"command": ["true"]}})).unwrap();
    let mut container = ResolvedContainer::default();
    container.liveness = Some(probe);
    check_probes(container.clone(), &[]);
    container.readiness = Some(Probe::default());
    check_probes(container.clone(), &["containers.main.readinessProbe: either httpGet or exec must be defined"]);
    container.liveness = Some(Probe::default());
    container.readiness = None;
    check_probes(container, &["containers.main.livenessProbe: either httpGet or exec must be defined"]);
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
