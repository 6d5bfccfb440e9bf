//! Workloads as Compose services, and Compose documents.

use crate::support::{CANARY, resources, workload};
use score_model::{Checked, Diagnostics, Value};
use score_resolver::Artefact;
use score_workloads::compose::{self, Converted, Dialect, Options};
use score_workloads::{ResolvedContent, ResolvedWorkload, Resources};
use serde_json::json;

fn artefacts(converted: Checked<Converted>) -> Vec<Artefact> {
    let sections = converted.into_result().unwrap().0.sections;
    sections.into_iter().map(|s| Artefact { kind: s.kind.into(), key: s.key, value: s.value }).collect()
}

#[test]
fn everything() {
    let mut options = Options::default();
    options.publish.insert("web".into(), 8080);
    options.wait_for.insert("postgres".into(), Value::from(json!({"healthcheck": {"test": ["CMD", "true"]}})));
    options.models.push("llm".into());
    let outputs = json!({"type": "volume", "source": "shop-data", "volume": {"nocopy": true}});
    let document = compose::project("demo", &artefacts(compose::convert(&workload(), &resources(outputs), &options)));
    assert!(!document.redacted().to_string().contains(CANARY));
    assert!(document.expose().to_string().contains(&format!("{CANARY}$$")));
    insta::assert_json_snapshot!(document.redacted());
}

fn small(containers: serde_json::Value) -> Result<ResolvedWorkload, Diagnostics> {
    ResolvedWorkload::read(&Value::from(json!({"metadata": {"name": "w"}, "containers": containers})))
}

/// Which container owns the network, and which join it.
#[track_caller]
fn check_network(containers: serde_json::Value, want: serde_json::Value) {
    let converted = compose::convert(&small(containers).unwrap(), &Resources::default(), &Options::default());
    let networks = artefacts(converted).into_iter().map(|artefact| {
        let network = artefact.value.child("hostname").or(artefact.value.child("network_mode")).cloned();
        (artefact.key, network.unwrap_or_default())
    });
    assert_eq!(Value::map(networks).redacted(), want);
}

#[test]
fn containers_share_the_network_of_one_that_waits_for_none_of_them() {
    check_network(json!({"b1": {"image": "i"}, "a1": {"image": "i"}}), json!({"w-a1": "w", "w-b1": "service:w-a1"}));
    check_network(
        json!({"aa": {"image": "i", "before": {"bb": {"ready": "complete"}}}, "bb": {"image": "i"}}),
        json!({"w-aa": null, "w-bb": "w"}),
    );
    check_network(
        json!({"aa": {"image": "i"}, "side": {"image": "i", "before": {"aa": {"ready": "started"}}}}),
        json!({"w-aa": "service:w-side", "w-side": "w"}),
    );
}

/// The first volume of the first service, or a part of what is wrong.
#[track_caller]
fn check_volume(
    document: serde_json::Value,
    outputs: serde_json::Value,
    options: &Options,
    want: Result<serde_json::Value, &str>,
) {
    let converted = compose::convert(&small(document).unwrap(), &resources(outputs), options);
    match (converted.into_result(), want) {
        (Ok((converted, _)), Ok(want)) => {
            assert_eq!(converted.sections[0].value.get(&"volumes.0".parse().unwrap()).unwrap().redacted(), want);
        }
        (Err(problems), Err(want)) => assert!(problems.to_string().contains(want), "{problems}"),
        (got, want) => panic!("got {got:?}, want {want:?}"),
    }
}

#[track_caller]
fn check_mount(volume: serde_json::Value, outputs: serde_json::Value, want: Result<serde_json::Value, &str>) {
    let mut document = json!({"main": {"image": "i", "volumes": {"/v": {"source": "volume.default#shop.data"}}}});
    for (key, value) in volume.as_object().unwrap() {
        document["main"]["volumes"]["/v"][key] = value.clone();
    }
    check_volume(document, outputs, &Options::default(), want);
}

#[test]
fn mounts() {
    check_mount(
        json!({"path": "in"}),
        json!({"type": "volume", "source": "s", "volume": {"subpath": "out"}}),
        Ok(json!({"type": "volume", "source": "s", "target": "/v", "volume": {"subpath": "out/in"}})),
    );
    check_mount(
        json!({"path": "in", "readOnly": true}),
        json!({"type": "bind", "source": "./s"}),
        Ok(json!({"type": "bind", "source": "s/in", "target": "/v", "read_only": true})),
    );
    check_mount(
        json!({}),
        json!({"type": "tmpfs", "tmpfs": {"size": 5}}),
        Ok(json!({"type": "tmpfs", "target": "/v", "tmpfs": {"size": 5}})),
    );
    check_mount(
        json!({"source": "named", "path": "in"}),
        json!({}),
        Ok(json!({"type": "volume", "source": "named", "target": "/v", "volume": {"subpath": "in"}})),
    );
    check_mount(json!({}), json!({}), Err("has no 'type' output"));
    check_mount(json!({}), json!({"type": "disk"}), Err("invalid type 'disk'"));
    check_mount(json!({"path": "p"}), json!({"type": "tmpfs"}), Err("with sub path 'p': not supported"));
}

#[track_caller]
fn check_score_compose_mount(outputs: serde_json::Value, want: Result<serde_json::Value, &str>) {
    let volume = json!({"source": "volume.default#shop.data", "path": ""});
    let document = json!({"main": {"image": "i", "volumes": {"/v": volume}}});
    let mut options = Options::default();
    options.dialect = Dialect::ScoreCompose { mounts: "mounts".into() };
    check_volume(document, outputs, &options, want);
}

/// What a resource gives for a volume is all that a volume can have.
#[test]
fn mounts_of_score_compose() {
    check_score_compose_mount(json!({"type": "volume"}), Ok(json!({"type": "volume", "target": "/v"})));
    check_score_compose_mount(
        json!({"type": "tmpfs", "tmpfs": {"size": 5}}),
        Ok(json!({
            "type": "tmpfs", "target": "/v", "tmpfs": {"size": "5"}, "source": "volume.default#shop.data",
        })),
    );
    check_score_compose_mount(
        json!({"type": "bind", "source": "s", "bind": {}}),
        Ok(json!({"type": "bind", "source": "s", "target": "/v", "bind": {"create_host_path": false}})),
    );
    check_score_compose_mount(json!({"type": "volume", "source": "s", "size": 1}), Err("field size not found"));
    check_score_compose_mount(
        json!({"type": "volume", "volume": {"size": 1}}),
        Ok(json!({"type": "volume", "target": "/v", "volume": {"size": 1}})),
    );
    check_score_compose_mount(json!({"type": "tmpfs", "source": "s"}), Err("field source not found"));
}

#[test]
fn files_that_are_no_texts_lie_beside_the_document() {
    let files =
        json!({"/bin/app": {"binaryContent": "f0VM/w==", "mode": "0755"}, "/etc/$a": {"binaryContent": "YSQ="}});
    let workload = small(json!({"main": {"image": "i", "files": files}})).unwrap();
    let converted = compose::convert(&workload, &Resources::default(), &Options::default());
    let (converted, _) = converted.into_result().unwrap();
    let [file] = converted.files.as_slice() else { panic!("one file is no text: {:?}", converted.files) };
    assert_eq!((&file.content, file.mode), (&ResolvedContent::Bytes((*b"\x7fEL\xff").into()), 0o755));
    let configs: Vec<_> = converted
        .sections
        .iter()
        .filter(|section| section.kind == "compose.config")
        .map(|s| s.value.expose())
        .collect();
    assert_eq!(configs, [json!({"file": format!("./mounts/{}", file.path)}), json!({"content": "a$$"})]);
    let grants = converted.sections.iter().find_map(|section| section.value.child("configs")).unwrap();
    assert_eq!(
        grants.child("0").unwrap().redacted(),
        json!({"source": &*file.path, "target": "/bin/app", "mode": "0755"})
    );
}

#[track_caller]
fn check_problems(containers: serde_json::Value, want: &[&str]) {
    let converted = small(containers)
        .and_then(|w| compose::convert(&w, &Resources::default(), &Options::default()).into_result().map(|_| ()));
    let problems = converted.unwrap_err();
    for want in want {
        assert!(problems.iter().any(|problem| problem.message.contains(want)), "`{want}` is not among:\n{problems}");
    }
    assert_eq!(problems.len(), want.len(), "{problems}");
}

#[test]
fn all_problems_at_once() {
    check_problems(
        json!({
            "aa": {"image": 1, "args": [true], "variables": {"X": null}},
            "bb": {"image": "i", "files": {"/f": {"source": "f.txt"}, "/g": {}, "/h": {"content": "", "mode": "9"}}},
        }),
        &["`containers.aa.image`", "`containers.bb.files./f`: the file `f.txt`", "missing `content`", "mode `9`"],
    );
    check_problems(
        json!({"aa": {"image": ".", "before": {"aa": {"ready": "started"}, "cc": {"ready": "started"}}}}),
        &["self-referencing", "unknown container `cc`"],
    );
    check_problems(
        json!({"aa": {"image": ".", "before": {"bb": {"ready": "healthy"}}}, "bb": {"image": "i"}}),
        &["no image", "requires a readiness or liveness probe"],
    );
    check_problems(
        json!({"aa": {"image": "i", "before": {"bb": {"ready": "started"}}}, "bb": {"image": "i", "before": {"aa": {"ready": "started"}}}}),
        &["cycle among `aa`, `bb`"],
    );
}

#[test]
fn the_later_replaces_the_earlier_and_what_is_mounted_is_declared() {
    let artefact =
        |kind: &str, key: &str, value| Artefact { kind: kind.into(), key: key.into(), value: Value::from(value) };
    let document = compose::project(
        "demo",
        &[
            artefact("compose.service", "db", json!({"image": "old"})),
            artefact("file", "other", json!("no part of it")),
            artefact("compose.volume", "kept", json!({"driver": "local"})),
            artefact(
                "compose.service",
                "db",
                json!({"volumes": ["new:/x:ro", "./host:/y", "kept:/z"], "networks": ["default", "inner"]}),
            ),
        ],
    );
    assert_eq!(
        document.redacted(),
        json!({
            "name": "demo",
            "services": {"db": {"volumes": ["new:/x:ro", "./host:/y", "kept:/z"], "networks": ["default", "inner"]}},
            "networks": {"inner": {}},
            "volumes": {"kept": {"driver": "local"}, "new": {}},
        })
    );
}
