//! `render`: the document made of all recorded artefacts.

use std::io::Write;
use std::path::{Component, Path, PathBuf};

use score_engine::drivers::FileArtefact;
use score_engine::model::{Value, yaml};
use score_engine::resolver::Artefact;
use score_workloads::{compose, kubernetes};
use serde_json::Value as Json;

use super::DONE;
use super::session::snapshot;
use crate::arguments::{Document, Format, Options};
use crate::problem::{Problem, print_json, print_text, write_private};
use crate::site::Site;

/// What the names of files begin with that provisioners give for services to mount.
const MOUNTS: &str = "mounts/";

pub(super) fn run(
    options: &Options,
    document: Document,
    files: &[PathBuf],
    out: Option<&Path>,
    show_secrets: bool,
) -> Result<u8, Problem> {
    let site = Site::find(options, files)?;
    let (snapshot, context) = snapshot(options, &site)?;
    let artefacts = snapshot.artefacts();
    let documents = match document {
        Document::Compose => vec![compose::project(&context.project, artefacts.iter().copied())],
        Document::Kubernetes => kubernetes::manifests(artefacts.iter().copied()),
    };
    let text = |document: &Value| yaml::write(&document.unmarked());
    if let (Document::Compose, Some(path)) = (document, out) {
        write_mounts(if path.is_dir() { path } else { path.parent().unwrap_or(path) }, &artefacts)?;
    }
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

/// Writes the files and directories that services mount, beside the document.
fn write_mounts(beside: &Path, artefacts: &[&Artefact]) -> Result<(), Problem> {
    let below = |key: &str| {
        let local = Path::new(key).components().all(|part| matches!(part, Component::Normal(_)));
        (local && key.starts_with(MOUNTS)).then(|| beside.join(key))
    };
    let made = |path: &Path| {
        std::fs::create_dir_all(path)
            .map_err(|error| Problem::wrong("unwritable", format!("`{}` cannot be made: {error}", path.display())))
    };
    for artefact in artefacts {
        match (&*artefact.kind, below(&artefact.key)) {
            ("directory", Some(path)) => made(&path)?,
            ("file", Some(path)) => {
                path.parent().map(made).transpose()?;
                write_mounted(&path, &FileArtefact::read(&artefact.value)).map_err(|error| {
                    Problem::wrong("unwritable", format!("`{}` cannot be written: {error}", path.display()))
                })?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whoever runs in a container must be able to read it, and to run what is a program.
fn write_mounted(path: &Path, file: &FileArtefact) -> std::io::Result<()> {
    std::fs::write(path, &file.bytes)?;
    #[cfg(unix)]
    if let Some(mode) = file.mode {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode | 0o600))?;
    }
    Ok(())
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
