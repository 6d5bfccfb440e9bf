//! A workload as a driver receives it: a Score document whose placeholders are resolved.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use score_model::{ComputeResources, Diagnostics, Path, Port, Probe, Readiness, Value, Volume};

use crate::reader::Reader;

/// A Score document whose placeholders are resolved: all that a container platform needs to run it.
///
/// Texts that were made from secrets ([`ResolvedContainer::variables`], [`ResolvedContent::Text`]) are secret [`Value`]s.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct ResolvedWorkload {
    /// `metadata.name`.
    pub name: Arc<str>,
    /// `metadata.annotations`.
    pub annotations: BTreeMap<Arc<str>, Arc<str>>,
    /// `service.ports`, by name.
    pub ports: BTreeMap<Arc<str>, Port>,
    /// The containers, by name; at least one.
    pub containers: BTreeMap<Arc<str>, ResolvedContainer>,
}

/// One container of a workload.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct ResolvedContainer {
    /// The image; `.` where it is to be supplied at deployment.
    pub image: Arc<str>,
    /// What replaces the image's entry point; empty: nothing does.
    pub command: Vec<Arc<str>>,
    /// What replaces the image's arguments; empty: nothing does.
    pub args: Vec<Arc<str>>,
    /// Environment variables: texts, some of them secret.
    pub variables: BTreeMap<Arc<str>, Value>,
    /// Files, by their path in the container.
    pub files: BTreeMap<Arc<str>, ResolvedFile>,
    /// Volumes, by the path in the container at which each is mounted; the source is the uid of a resource, or the name of a volume that the platform knows.
    pub volumes: BTreeMap<Arc<str>, Volume>,
    /// The containers that wait until this one has reached a state.
    pub before: BTreeMap<Arc<str>, Readiness>,
    /// What it may use at most and needs at least.
    pub resources: ComputeResources,
    /// Tells whether it still works.
    pub liveness: Option<Probe>,
    /// Tells whether it can serve.
    pub readiness: Option<Probe>,
}

/// A file in a container.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ResolvedFile {
    /// What is in it.
    pub content: ResolvedContent,
    /// Its permissions, such as `0o644`; `None`: those that the platform gives.
    pub mode: Option<u32>,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum ResolvedContent {
    /// A text, possibly a secret one.
    Text(Value),
    /// Bytes that are no text.
    Bytes(Arc<[u8]>),
}

impl ResolvedFile {
    /// A file with the permissions that the platform gives.
    pub fn new(content: ResolvedContent) -> Self {
        Self { content, mode: None }
    }
}

impl ResolvedWorkload {
    /// Reads a Score document (deprecated forms upgraded) whose placeholders are resolved.
    ///
    /// # Errors
    /// Everything in it that cannot be run: what the Score schema forbids, and files whose `source` was not embedded.
    pub fn read(document: &Value) -> Result<Self, Diagnostics> {
        let mut problems = Diagnostics::new();
        let mut root = Reader::new(document, Path::root(), &mut problems);
        let mut workload = Self::default();
        if let Some(mut metadata) = root.required("metadata") {
            workload.name = metadata.required_text("name").unwrap_or_default();
            metadata.each("annotations", |key, annotation| {
                workload.annotations.extend(annotation.text().map(|text| (key, text)));
            });
        }
        if let Some(mut service) = root.optional("service") {
            service.each("ports", |name, port| workload.ports.extend(port.parsed().map(|port| (name, port))));
        }
        root.each("containers", |name, container| {
            workload.containers.extend(read_container(container).map(|container| (name, container)));
        });
        if problems.is_empty() { Ok(workload) } else { Err(problems) }
    }
}

fn read_container(container: &mut Reader<'_>) -> Option<ResolvedContainer> {
    let mut read = ResolvedContainer {
        image: container.required_text("image")?,
        command: container.texts("command"),
        args: container.texts("args"),
        ..ResolvedContainer::default()
    };
    container.each("variables", |name, variable| {
        read.variables.extend(variable.secret_text().map(|text| (name, text)));
    });
    container.each("files", |target, file| read.files.extend(read_file(file).map(|file| (target, file))));
    container.each("volumes", |target, volume| {
        read.volumes.extend(volume.parsed().map(|volume| (target, volume)));
    });
    container.each("before", |other, before| {
        let ready = before.required("ready").and_then(|mut ready| ready.parsed());
        read.before.extend(ready.map(|ready| (other, ready)));
    });
    if let Some(mut resources) = container.optional("resources") {
        read.resources = resources.parsed().unwrap_or_default();
    }
    read.liveness = read_probe(container, "livenessProbe");
    read.readiness = read_probe(container, "readinessProbe");
    Some(read)
}

fn read_file(file: &mut Reader<'_>) -> Option<ResolvedFile> {
    let mode = match file.optional_text("mode") {
        None => None,
        Some(text) => match u32::from_str_radix(&text, 8) {
            Ok(mode) if mode <= 0o777 => Some(mode),
            _ => {
                file.problem("bad-value", format!("mode `{text}` is not octal, between `0` and `0777`"));
                None
            }
        },
    };
    if let Some(mut content) = file.optional("content") {
        return Some(ResolvedFile { content: ResolvedContent::Text(content.secret_text()?), mode });
    }
    if let Some(encoded) = file.optional_text("binaryContent") {
        let Ok(bytes) = STANDARD.decode(encoded.as_bytes()) else {
            file.problem("bad-value", "`binaryContent` is not base64");
            return None;
        };
        let content = match String::from_utf8(bytes) {
            Ok(text) => ResolvedContent::Text(Value::from(text)),
            Err(no_text) => ResolvedContent::Bytes(no_text.into_bytes().into()),
        };
        return Some(ResolvedFile { content, mode });
    }
    if let Some(source) = file.optional_text("source") {
        file.problem_with_help(
            "file-not-embedded",
            format!("the file `{source}` is not part of the document"),
            "embed it before the workload is resolved, or write its text under `content`",
        );
    } else {
        file.problem("missing-key", "missing `content`, `binaryContent` or `source`");
    }
    None
}

fn read_probe(container: &mut Reader<'_>, key: &str) -> Option<Probe> {
    let mut reader = container.optional(key)?;
    let probe: Probe = reader.parsed()?;
    if probe.exec.as_ref().is_some_and(|exec| exec.command.is_empty()) {
        reader.problem("bad-value", "the command of `exec` is empty");
    } else if probe.exec.is_none() && probe.http_get.is_none() {
        reader.problem("missing-key", "missing `httpGet` or `exec`");
    } else {
        return Some(probe);
    }
    None
}
