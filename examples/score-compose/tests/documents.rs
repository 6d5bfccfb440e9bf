//! What the program writes is what Compose reads: held against the schema of the Compose specification.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

mod support;
mod validated;

use std::path::Path;
use std::process::{Command, Output};

use score_model::{Document, Source};
use support::{conformance, expected, score_files};
use validated::{check, compose_schema};

/// A workload that asks for one resource of each type that needs nothing but the default provisioners.
const EVERYTHING: &str = r#"
apiVersion: score.dev/v1b1
metadata: {name: everything}
service: {ports: {www: {port: 80, targetPort: 8080}}}
containers:
  main:
    image: busybox
    command: [sh, -c]
    args: ["echo $HOME && sleep 1d"]
    variables: {URL: "postgres://${resources.db.username}@${resources.db.host}:${resources.db.port}", HOME_OF: "${resources.env.HOME}"}
    files: {/etc/app.conf: {content: "host=${resources.db.host}", mode: "0400"}}
    volumes: {/data: {source: "${resources.data}", readOnly: true}}
    readinessProbe: {exec: {command: ["true"]}}
    before: {last: {ready: healthy}}
  last: {image: busybox}
resources:
  bus: {type: amqp, metadata: {annotations: {compose.score.dev/publish-port: "5672"}}}
  search: {type: elasticsearch}
  topic: {type: kafka-topic, metadata: {annotations: {compose.score.dev/publish-port: "9092"}}}
  documents: {type: mongodb}
  sql: {type: mssql}
  my: {type: mysql, metadata: {annotations: {compose.score.dev/publish-port: "3306"}}}
  db: {type: postgres, metadata: {annotations: {compose.score.dev/publish-port: "5432"}}}
  db2: {type: postgres, metadata: {annotations: {compose.score.dev/publish-port: "5433"}}}
  server: {type: postgres-instance}
  cache: {type: redis}
  bucket: {type: s3}
  data: {type: volume}
  env: {type: environment}
  dns: {type: dns}
  one: {type: route, params: {host: "${resources.dns.host}", path: /, port: 80}}
  two: {type: route, params: {host: "${resources.dns.host}", path: /two/, port: www}}
  other: {type: service-port, params: {workload: everything, port: www}}
"#;

fn run(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_score-compose")).args(arguments).current_dir(directory).output().unwrap()
}

/// The document of a project of one Score file; `None` where the program refuses it.
fn document(score_file: &Path) -> Option<serde_json::Value> {
    let project = tempfile::tempdir().unwrap();
    assert!(run(project.path(), &["init", "--no-sample", "--project", "test"]).status.success());
    let score_file = score_file.to_string_lossy();
    if !run(project.path(), &["generate", &score_file, "--image", "busybox"]).status.success() {
        return None;
    }
    Some(read(&project.path().join("compose.yaml")))
}

fn read(compose: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(compose).unwrap();
    Document::parse(Source::new("compose.yaml", text)).into_result().unwrap().0.value().expose()
}

#[test]
fn documents_are_what_compose_reads() {
    let Some(conformance) = conformance() else { return };
    let schema = compose_schema(&conformance);
    let own = tempfile::tempdir().unwrap();
    let everything = own.path().join("everything.score.yaml");
    std::fs::write(&everything, EVERYTHING).unwrap();
    assert!(document(&everything).is_some(), "the default provisioners serve all types");

    let mut files = vec![everything];
    score_files(&conformance.join("inputs"), &mut files);
    score_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut files);
    files.sort();
    let (mut checked, mut refused) = (0, 0);
    for file in files {
        let Some(document) = document(&file) else {
            refused += 1;
            continue;
        };
        check(&schema, &document, &file);
        checked += 1;
    }
    for file in expected(&conformance.join("compose")) {
        check(&schema, &read(&file), &file);
        checked += 1;
    }
    eprintln!("{checked} documents checked, {refused} Score files need provisioners of their own");
    assert!(checked >= 20, "only {checked} documents could be checked");
}
