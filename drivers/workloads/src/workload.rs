//! A workload as a driver receives it: a Score document whose placeholders are resolved.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use score_model::{Diagnostics, Path, Value};

use crate::reader::Reader;

/// A Score document whose placeholders are resolved: all that a container platform needs to run it.
///
/// Texts that were made from secrets ([`Container::variables`], [`FileContent::Text`]) are secret [`Value`]s.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ResolvedWorkload {
    /// `metadata.name`.
    pub name: Arc<str>,
    /// `metadata.annotations`.
    pub annotations: BTreeMap<Arc<str>, Arc<str>>,
    /// `service.ports`, by name.
    pub ports: BTreeMap<Arc<str>, Port>,
    /// The containers, by name; at least one.
    pub containers: BTreeMap<Arc<str>, Container>,
}

/// A port at which a workload serves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Port {
    /// At which others reach it.
    pub port: u16,
    /// At which its container listens.
    pub target: u16,
    /// How it is spoken to.
    pub protocol: Protocol,
}

/// A transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// As Score and Kubernetes write it: `TCP` or `UDP`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }
}

/// One container of a workload.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Container {
    /// The image; `.` where it is to be supplied at deployment.
    pub image: Arc<str>,
    /// What replaces the image's entry point; empty: nothing does.
    pub command: Vec<Arc<str>>,
    /// What replaces the image's arguments; empty: nothing does.
    pub args: Vec<Arc<str>>,
    /// Environment variables: texts, some of them secret.
    pub variables: BTreeMap<Arc<str>, Value>,
    /// Files, by their path in the container.
    pub files: BTreeMap<Arc<str>, File>,
    /// Volumes, by the path in the container at which each is mounted.
    pub volumes: BTreeMap<Arc<str>, Volume>,
    /// The containers that wait until this one has reached a state.
    pub before: BTreeMap<Arc<str>, Ready>,
    /// What it may use at most.
    pub limits: Quantities,
    /// What it needs at least.
    pub requests: Quantities,
    /// Tells whether it still works.
    pub liveness: Option<Probe>,
    /// Tells whether it can serve.
    pub readiness: Option<Probe>,
}

/// Processor time and memory, as Score writes them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Quantities {
    /// Processors, such as `0.5` or `250m`.
    pub cpu: Option<Arc<str>>,
    /// Bytes, such as `128Mi`.
    pub memory: Option<Arc<str>>,
}

impl Quantities {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.cpu.is_none() && self.memory.is_none()
    }
}

/// The state that a container must have reached before another starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Ready {
    /// It runs.
    Started,
    /// Its probe succeeds.
    Healthy,
    /// It has ended well.
    Complete,
}

/// A file in a container.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct File {
    /// What is in it.
    pub content: FileContent,
    /// Its permissions, such as `0o644`; `None`: those that the platform gives.
    pub mode: Option<u32>,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum FileContent {
    /// A text, possibly a secret one.
    Text(Value),
    /// Bytes that are no text.
    Bytes(Arc<[u8]>),
}

/// A mounted volume.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Volume {
    /// The uid of the resource that it is, or the name of a volume that the platform knows.
    pub source: Arc<str>,
    /// The folder of the volume that is mounted instead of all of it.
    pub path: Option<Arc<str>>,
    /// Whether the container cannot write to it.
    pub read_only: bool,
}

/// How a container is asked for its state.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Probe {
    /// By an HTTP request.
    pub http_get: Option<HttpGet>,
    /// By a command in the container.
    pub exec: Option<Vec<Arc<str>>>,
}

/// An HTTP request that succeeds where all is well.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpGet {
    /// The path.
    pub path: Arc<str>,
    /// The port.
    pub port: u16,
    /// The host; `None`: that of the workload.
    pub host: Option<Arc<str>>,
    /// `HTTP` or `HTTPS`; `None`: `HTTP`.
    pub scheme: Option<Arc<str>>,
    /// Headers, name and value.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
}

impl ResolvedWorkload {
    /// Reads a Score document (deprecated forms upgraded) whose placeholders are resolved.
    ///
    /// # Errors
    /// Everything in it that cannot be run: what the Score schema forbids, and files whose `source` was not embedded.
    pub fn read(document: &Value) -> Result<Self, Diagnostics> {
        let mut problems = Diagnostics::new();
        let mut root = Reader::new(document, Path::root(), &mut problems);
        let mut workload = Self {
            name: Arc::from(""),
            annotations: BTreeMap::new(),
            ports: BTreeMap::new(),
            containers: BTreeMap::new(),
        };
        if let Some(mut metadata) = root.required("metadata") {
            workload.name = metadata.required_text("name").unwrap_or_default();
            metadata.each("annotations", |key, annotation| {
                workload.annotations.extend(annotation.text().map(|text| (key, text)));
            });
        }
        if let Some(mut service) = root.optional("service") {
            service.each("ports", |name, port| workload.ports.extend(read_port(port).map(|port| (name, port))));
        }
        root.each("containers", |name, container| {
            workload.containers.extend(read_container(container).map(|container| (name, container)));
        });
        if problems.is_empty() { Ok(workload) } else { Err(problems) }
    }
}

fn read_port(port: &mut Reader<'_>) -> Option<Port> {
    let number = port.required("port")?.port();
    let target = port.optional("targetPort").map_or(number, |mut target| target.port());
    let protocol = match port.optional_text("protocol").as_deref() {
        None | Some("TCP") => Protocol::Tcp,
        Some("UDP") => Protocol::Udp,
        Some(other) => {
            port.problem("bad-value", format!("protocol `{other}` is neither `TCP` nor `UDP`"));
            return None;
        }
    };
    Some(Port { port: number?, target: target?, protocol })
}

fn read_container(container: &mut Reader<'_>) -> Option<Container> {
    let mut read = Container {
        image: container.required_text("image")?,
        command: container.texts("command"),
        args: container.texts("args"),
        ..Container::default()
    };
    container.each("variables", |name, variable| {
        read.variables.extend(variable.secret_text().map(|text| (name, text)));
    });
    container.each("files", |target, file| read.files.extend(read_file(file).map(|file| (target, file))));
    container.each("volumes", |target, volume| {
        let Some(source) = volume.required_text("source") else { return };
        let path = volume.optional_text("path").filter(|path| !path.is_empty());
        let read_only = volume.flag("readOnly");
        read.volumes.insert(target, Volume { source, path, read_only });
    });
    container.each("before", |other, before| {
        let ready = match before.required_text("ready").as_deref() {
            Some("started") => Ready::Started,
            Some("healthy") => Ready::Healthy,
            Some("complete") => Ready::Complete,
            Some(wrong) => {
                let message = format!("`{wrong}` is none of `started`, `healthy` and `complete`");
                return before.problem("bad-value", message);
            }
            None => return,
        };
        read.before.insert(other, ready);
    });
    if let Some(mut resources) = container.optional("resources") {
        for (key, quantities) in [("limits", &mut read.limits), ("requests", &mut read.requests)] {
            if let Some(mut written) = resources.optional(key) {
                quantities.cpu = written.optional_text("cpu");
                quantities.memory = written.optional_text("memory");
            }
        }
    }
    read.liveness = read_probe(container, "livenessProbe");
    read.readiness = read_probe(container, "readinessProbe");
    Some(read)
}

fn read_file(file: &mut Reader<'_>) -> Option<File> {
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
        return Some(File { content: FileContent::Text(content.secret_text()?), mode });
    }
    if let Some(encoded) = file.optional_text("binaryContent") {
        let Ok(bytes) = STANDARD.decode(encoded.as_bytes()) else {
            file.problem("bad-value", "`binaryContent` is not base64");
            return None;
        };
        let content = match String::from_utf8(bytes) {
            Ok(text) => FileContent::Text(Value::from(text)),
            Err(no_text) => FileContent::Bytes(no_text.into_bytes().into()),
        };
        return Some(File { content, mode });
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
    let mut probe = container.optional(key)?;
    let exec = probe.optional("exec").map(|mut exec| exec.texts("command"));
    if exec.as_ref().is_some_and(Vec::is_empty) {
        probe.problem("bad-value", "the command of `exec` is empty");
        return None;
    }
    let http_get = probe.optional("httpGet").and_then(|mut http| {
        let mut headers = Vec::new();
        http.items("httpHeaders", |header| {
            headers.extend(header.required_text("name").zip(header.required_text("value")));
        });
        Some(HttpGet {
            path: http.required_text("path")?,
            port: http.required("port")?.port()?,
            host: http.optional_text("host"),
            scheme: http.optional_text("scheme"),
            headers,
        })
    });
    if exec.is_none() && http_get.is_none() {
        probe.problem("missing-key", "missing `httpGet` or `exec`");
        return None;
    }
    Some(Probe { http_get, exec })
}
