//! From a document that was checked to a workload. Parts that are wrong are left out, and what cannot be without them.

use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use super::{
    Amounts, ComputeResources, Container, ExecProbe, File, FileContent, HttpHeader, HttpProbe, Port, Probe, Protocol,
    Readiness, Resource, Scheme, Service, Text, Volume, Workload, WorkloadParts,
};
use crate::names::{ClassName, Name, ResourceId, TypeName};
use crate::quantity::{Cpu, Memory};
use crate::{Document, Entries, Path, Value};

/// The workload that `document` says; `wrong` are the paths of what the schema does not allow. `None` where it has no valid name.
pub(super) fn workload(document: Document, wrong: &[Path]) -> Option<Workload> {
    let mut root = document.value().clone();
    for path in wrong.iter().rev() {
        remove(&mut root, path);
    }
    let name = Name::new(text(root.child("metadata")?, "name")?).ok()?;
    let workload = Workload::new(name, document);
    if wrong.is_empty() {
        return Some(workload);
    }
    Some(Workload { parts: OnceLock::from(Box::new(parts(&root))), mended: true, ..workload })
}

/// The parts of a workload with nothing wrong in it.
pub(super) fn parts(root: &Value) -> WorkloadParts {
    WorkloadParts {
        metadata: root.child("metadata").cloned().unwrap_or_default(),
        service: Service {
            ports: root.child("service").map(|service| entries(service, "ports", port)).unwrap_or_default(),
        },
        containers: entries(root, "containers", container),
        resources: entries(root, "resources", resource),
    }
}

fn remove(value: &mut Value, path: &Path) {
    let Some((last, above)) = path.keys().split_last() else { return };
    let mut at = value;
    for key in above {
        let below = match at {
            Value::Map(map) => Arc::make_mut(map).get_mut(key),
            Value::List(items) => key.parse::<usize>().ok().and_then(|index| Arc::make_mut(items).get_mut(index)),
            _ => None,
        };
        let Some(below) = below else { return };
        at = below;
    }
    match at {
        Value::Map(map) => {
            Arc::make_mut(map).remove(last);
        }
        Value::List(items) => {
            if let Some(index) = last.parse::<usize>().ok().filter(|index| *index < items.len()) {
                Arc::make_mut(items).remove(index);
            }
        }
        _ => {}
    }
}

fn text(value: &Value, key: &str) -> Option<Text> {
    match value.child(key)? {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn flag(value: &Value, key: &str) -> bool {
    value.child(key).and_then(Value::as_bool).unwrap_or_default()
}

fn number(value: &Value, key: &str) -> Option<u16> {
    value.child(key)?.as_i64()?.try_into().ok()
}

fn texts(value: &Value, key: &str) -> Vec<Text> {
    let items = value.child(key).and_then(Value::as_list).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| match item {
            Value::String(text) => Some(text.clone()),
            _ => None,
        })
        .collect()
}

/// The entries of the map at `key` that make sense.
fn entries<K: TryFrom<Arc<str>> + Hash + Eq, V>(
    value: &Value,
    key: &str,
    make: impl Fn(&Value) -> Option<V>,
) -> Entries<K, V> {
    let Some(map) = value.child(key).and_then(Value::as_map) else { return Entries::default() };
    let mut entries = Entries::with_capacity(map.len());
    entries.extend(map.iter().filter_map(|(key, value)| Some((K::try_from(key.clone()).ok()?, make(value)?))));
    entries
}

fn port(value: &Value) -> Option<Port> {
    Some(Port {
        port: number(value, "port")?,
        protocol: if text(value, "protocol").as_deref() == Some("UDP") { Protocol::Udp } else { Protocol::Tcp },
        target_port: number(value, "targetPort"),
    })
}

fn container(value: &Value) -> Option<Container> {
    let amounts = |key: &str| -> Amounts {
        let amounts = value.child("resources").and_then(|resources| resources.child(key));
        let amount = |name: &str| amounts.and_then(|amounts| text(amounts, name));
        Amounts {
            memory: amount("memory").and_then(|text| Memory::new(text).ok()),
            cpu: amount("cpu").and_then(|text| Cpu::new(text).ok()),
        }
    };
    Some(Container {
        image: text(value, "image")?,
        command: texts(value, "command"),
        args: texts(value, "args"),
        variables: entries(value, "variables", |value| match value {
            Value::String(text) => Some(text.clone()),
            _ => None,
        }),
        files: entries(value, "files", file),
        volumes: entries(value, "volumes", volume),
        before: entries(value, "before", |value| match value.child("ready")?.as_str()? {
            "started" => Some(Readiness::Started),
            "healthy" => Some(Readiness::Healthy),
            "complete" => Some(Readiness::Complete),
            _ => None,
        }),
        resources: ComputeResources { limits: amounts("limits"), requests: amounts("requests") },
        liveness_probe: value.child("livenessProbe").map(probe),
        readiness_probe: value.child("readinessProbe").map(probe),
    })
}

fn file(value: &Value) -> Option<File> {
    let content = None
        .or_else(|| text(value, "source").map(FileContent::Source))
        .or_else(|| text(value, "content").map(FileContent::Text))
        .or_else(|| text(value, "binaryContent").map(FileContent::Binary))?;
    Some(File { mode: text(value, "mode"), content, no_expand: flag(value, "noExpand") })
}

fn volume(value: &Value) -> Option<Volume> {
    Some(Volume { source: text(value, "source")?, path: text(value, "path"), read_only: flag(value, "readOnly") })
}

fn probe(value: &Value) -> Probe {
    Probe {
        http_get: value.child("httpGet").and_then(http_probe),
        exec: value.child("exec").map(|exec| ExecProbe { command: texts(exec, "command") }),
    }
}

fn http_probe(value: &Value) -> Option<HttpProbe> {
    let headers = value.child("httpHeaders").and_then(Value::as_list).unwrap_or_default();
    Some(HttpProbe {
        host: text(value, "host"),
        scheme: text(value, "scheme").map(|scheme| if &*scheme == "HTTPS" { Scheme::Https } else { Scheme::Http }),
        path: text(value, "path")?,
        port: number(value, "port")?,
        http_headers: headers
            .iter()
            .filter_map(|header| Some(HttpHeader { name: text(header, "name")?, value: text(header, "value")? }))
            .collect(),
    })
}

fn resource(value: &Value) -> Option<Resource> {
    Some(Resource {
        ty: TypeName::new(text(value, "type")?).ok()?,
        class: text(value, "class").and_then(|text| ClassName::new(text).ok()),
        id: text(value, "id").and_then(|text| ResourceId::new(text).ok()),
        metadata: value.child("metadata").cloned().unwrap_or_default(),
        params: value.child("params").cloned(),
    })
}
