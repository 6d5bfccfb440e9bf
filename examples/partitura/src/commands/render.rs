//! `render`: the document made of all recorded artefacts.

use std::io::Write;
use std::path::{Path, PathBuf};

use score_engine::model::{Value, yaml};
use score_engine::resolver::Artefact;
use score_workloads::{compose, kubernetes};
use serde_json::Value as Json;

use super::DONE;
use super::session::snapshot;
use crate::arguments::{Document, Format, Options};
use crate::problem::{Problem, print_json, print_text, write_private};
use crate::site::Site;

pub(super) fn run(
    options: &Options,
    document: Document,
    files: &[PathBuf],
    out: Option<&Path>,
    show_secrets: bool,
) -> Result<u8, Problem> {
    let site = Site::find(options, files)?;
    let (snapshot, context) = snapshot(options, &site)?;
    let objects = snapshot.in_order();
    let artefacts: Vec<&Artefact> = objects.iter().flat_map(|object| &object.artefacts).collect();
    let documents = match document {
        Document::Compose => vec![compose::project(&context.project, artefacts)],
        Document::Kubernetes => kubernetes::manifests(artefacts),
    };
    let text = |document: &Value| yaml::write(&document.unmarked());
    match out {
        Some(path) if path.is_dir() => {
            for (index, document) in documents.iter().enumerate() {
                write_private(&path.join(file_name(document, index)), &text(document))?;
            }
        }
        Some(path) => write_private(path, &documents.iter().map(text).collect::<Vec<_>>().join("---\n"))?,
        None => {
            let hidden = documents.iter().any(Value::has_secret) && !show_secrets;
            let shown: Vec<Json> =
                documents.iter().map(|d| if show_secrets { d.expose() } else { d.redacted() }).collect();
            if options.format == Format::Json {
                print_json(&if document == Document::Compose {
                    shown.into_iter().next().unwrap_or_default()
                } else {
                    Json::Array(shown)
                });
            } else {
                let texts: Vec<String> = shown.into_iter().map(|document| yaml::write(&document.into())).collect();
                print_text(&texts.join("---\n"));
            }
            if hidden {
                let note = "hint: secrets are hidden; `--show-secrets` prints them, `--out` writes them";
                let _ = writeln!(std::io::stderr(), "{note}");
            }
        }
    }
    Ok(DONE)
}

/// `NUMBER-KIND-NAME.yaml` of a manifest, so that files sort as they are to be applied; else `compose.yaml`.
fn file_name(document: &Value, index: usize) -> String {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_lowercase);
    let name = document.child("metadata").and_then(|metadata| metadata.child("name"));
    match (text(document.child("kind")), text(name)) {
        (Some(kind), Some(name)) => format!("{index:03}-{kind}-{name}.yaml").replace('/', "-"),
        _ => "compose.yaml".into(),
    }
}
