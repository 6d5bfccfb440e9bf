//! What the program writes is what Kubernetes reads: every object of a well-known kind deserialises into its type, and no part of it is lost on the way.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test")]

#[path = "../../score-compose/tests/support/mod.rs"]
mod support;
mod typed;

use std::path::Path;
use std::process::{Command, Output};

use score_model::{Document, Source};
use serde_json::Value;
use support::{conformance, expected, score_files};
use typed::check;

/// A workload that asks for one resource of each type that needs nothing but the default provisioners.
const EVERYTHING: &str = r#"
apiVersion: score.dev/v1b1
metadata: {name: everything, annotations: {k8s.score.dev/kind: KIND}}
service: {ports: {www: {port: 80, targetPort: 8080}, dns: {port: 53, protocol: UDP}}}
containers:
  main:
    image: busybox
    command: [sh, -c]
    args: ["sleep 1d"]
    variables: {PASSWORD: "${resources.db.password}", URL: "postgres://${resources.db.username}:${resources.db.password}@${resources.db.host}"}
    files:
      /etc/app/one.conf: {content: "host=${resources.db.host}", mode: "0400"}
      /etc/app/two.bin: {binaryContent: "/wA="}
      /etc/secret: {content: "${resources.db.password}"}
    volumes: {/data: {source: "${resources.data}", path: sub, readOnly: true}}
    resources: {limits: {cpu: "0.5", memory: 1.5Gi}, requests: {cpu: 100m, memory: 64M}}
    readinessProbe: {exec: {command: ["true"]}}
    livenessProbe: {httpGet: {path: /, port: 8080, scheme: HTTPS, httpHeaders: [{name: Host, value: x}]}}
    before: {last: {ready: healthy}}
  last: {image: busybox}
resources:
  bus: {type: amqp}
  topic: {type: kafka-topic}
  documents: {type: mongodb}
  sql: {type: mssql}
  my: {type: mysql}
  db: {type: postgres}
  server: {type: postgres-instance}
  cache: {type: redis}
  bucket: {type: s3}
  data: {type: volume}
  dns: {type: dns}
  one: {type: route, params: {host: "${resources.dns.host}", path: /, port: 80}}
  other: {type: service-port, params: {workload: everything, port: www}}
"#;

fn run(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_score-k8s")).args(arguments).current_dir(directory).output().unwrap()
}

/// The objects that become of a Score file; `None` where the program refuses it.
fn objects(score_file: &Path) -> Option<Vec<Value>> {
    let project = tempfile::tempdir().unwrap();
    assert!(run(project.path(), &["init", "--no-sample"]).status.success());
    let score_file = score_file.to_string_lossy();
    if !run(project.path(), &["generate", &score_file, "--image", "busybox"]).status.success() {
        return None;
    }
    Some(read(&project.path().join("manifests.yaml")))
}

fn read(manifests: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(manifests).unwrap();
    let documents = Document::parse_all(Source::new("manifests.yaml", text)).into_result().unwrap().0;
    documents.iter().map(|document| document.value().expose()).collect()
}

#[test]
fn objects_are_what_kubernetes_reads() {
    let own = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for kind in ["Deployment", "StatefulSet"] {
        let file = own.path().join(format!("{kind}.score.yaml"));
        std::fs::write(&file, EVERYTHING.replace("KIND", kind)).unwrap();
        assert!(objects(&file).is_some(), "the default provisioners serve all types");
        files.push(file);
    }
    score_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut files);
    if let Some(conformance) = conformance() {
        score_files(&conformance.join("inputs"), &mut files);
    }
    files.sort();
    let (mut typed, mut other, mut refused) = (0, 0, 0);
    for file in files {
        let Some(objects) = objects(&file) else {
            refused += 1;
            continue;
        };
        for object in &objects {
            *(if check(object) { &mut typed } else { &mut other }) += 1;
        }
    }
    for object in conformance().iter().flat_map(|root| expected(&root.join("k8s"))).flat_map(|file| read(&file)) {
        *(if check(&object) { &mut typed } else { &mut other }) += 1;
    }
    eprintln!(
        "{typed} objects checked, {other} of kinds without a type, {refused} Score files need provisioners of their own"
    );
    assert!(typed >= 20, "only {typed} objects could be checked");
}

#[test]
fn routes_lead_somewhere() {
    let route = |params: &str, taken: bool| {
        let project = tempfile::tempdir().unwrap();
        let file = project.path().join("score.yaml");
        let text = EVERYTHING
            .replace("KIND", "Deployment")
            .replace("host: \"${resources.dns.host}\", path: /, port: 80", params);
        std::fs::write(&file, text).unwrap();
        assert_eq!(objects(&file).is_some(), taken, "{params}");
    };
    route("host: a.example.com, path: /a/b, port: www", true);
    route("path: /a/b, port: www", false);
    route("host: a.b, port: 80", false);
    route("host: a.b, path: a, port: 80", false);
    route("host: a.b, path: /a/, port: 80", true);
    route("host: a.b, path: //a, port: 80", false);
    route("host: a.b, path: /, port: 81", false);
    route("path: /, port: 80, host: Not.A.Name", false);
}
