//! The state file of a project.

use std::collections::BTreeMap;

use score_model::{Map, Number, Source, Value, yaml};
use score_workloads::compose;

use crate::{Dialect, Error};

/// What a project remembers, in the file that the Score tools read and write.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct State {
    /// The workloads, by name.
    pub workloads: BTreeMap<String, WorkloadState>,
    /// The resources, by uid.
    pub resources: BTreeMap<String, ResourceState>,
    /// What provisioners share, a map.
    pub shared: Value,
    /// The texts of the patch templates.
    pub patch_templates: Vec<String>,
    /// The name of the Compose project.
    pub compose_project: String,
    /// Where provisioners put files, relative to the project.
    pub mounts_directory: String,
}

/// What a project remembers of a workload.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct WorkloadState {
    /// The Score document, as it was after overrides.
    pub spec: Value,
    /// The file from which it was read.
    pub file: Option<String>,
    /// How to build the images of containers, by container.
    pub builds: Map,
    /// What makes the instance label of its pods differ from those of others.
    pub instance_suffix: String,
}

/// What a project remembers of a resource.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct ResourceState {
    /// Its identity.
    pub guid: String,
    /// The type.
    pub ty: String,
    /// The class.
    pub class: String,
    /// The id.
    pub id: String,
    /// The metadata as written; null where there is none.
    pub metadata: Value,
    /// The params as written; null where there are none.
    pub params: Value,
    /// The workload in whose context its params are resolved.
    pub source_workload: String,
    /// The uri of the provisioner that served it.
    pub provisioner: String,
    /// What the provisioner remembers.
    pub state: Value,
    /// What it gives.
    pub outputs: Value,
}

impl State {
    /// The state of a new project.
    pub fn new(dialect: Dialect, compose_project: impl Into<String>) -> Self {
        let mounts = match dialect {
            Dialect::Compose => format!("{}/mounts", dialect.directory()),
            Dialect::Kubernetes => String::new(),
        };
        Self { compose_project: compose_project.into(), mounts_directory: mounts, shared: empty(), ..Self::default() }
    }

    /// Reads a state file.
    ///
    /// # Errors
    /// It is not one, or has keys that nobody knows.
    pub fn read(source: Source) -> Result<Self, Error> {
        let wrong = |message: String| Error::State(format!("state file couldn't be decoded: {message}"));
        let document = crate::yaml::read(source).map_err(wrong)?;
        let mut state = Self { shared: empty(), ..Self::default() };
        for (key, value) in fields(&document).map_err(wrong)? {
            match key {
                "workloads" => {
                    for (name, workload) in fields(value).map_err(wrong)? {
                        state.workloads.insert(name.to_owned(), read_workload(workload).map_err(wrong)?);
                    }
                }
                "resources" => {
                    for (uid, resource) in fields(value).map_err(wrong)? {
                        state.resources.insert(uid.to_owned(), read_resource(resource).map_err(wrong)?);
                    }
                }
                "shared_state" => state.shared = map_or_empty(value),
                "patching_templates" => {
                    let texts = value.as_list().unwrap_or_default().iter().filter_map(Value::as_str);
                    state.patch_templates = texts.map(str::to_owned).collect();
                }
                "compose_project" => state.compose_project = text(value),
                "mounts_directory" => state.mounts_directory = text(value),
                other => return Err(wrong(format!("field {other} not found"))),
            }
        }
        Ok(state)
    }

    /// The state file.
    pub fn write(&self, dialect: Dialect) -> String {
        let workloads = self.workloads.iter().map(|(name, workload)| {
            let mut written = vec![("spec", kept_spec(dialect, &workload.spec))];
            written.extend(workload.file.as_deref().map(|file| ("file", Value::from(file))));
            if !workload.builds.is_empty() {
                written.push(("build_configs", Value::from(workload.builds.clone())));
            }
            if dialect == Dialect::Kubernetes {
                written.push(("instance_suffix", Value::from(&*workload.instance_suffix)));
            }
            (&**name, Value::fields(written))
        });
        let resources = self.resources.iter().map(|(uid, resource)| {
            let mut written = vec![
                ("guid", Value::from(&*resource.guid)),
                ("type", Value::from(&*resource.ty)),
                ("class", Value::from(&*resource.class)),
                ("id", Value::from(&*resource.id)),
                ("metadata", map_or_empty(&resource.metadata)),
                ("params", map_or_empty(&resource.params)),
                ("source_workload", Value::from(&*resource.source_workload)),
                ("provisioner", Value::from(&*resource.provisioner)),
                ("state", map_or_empty(&resource.state)),
            ];
            if resource.outputs.as_map().is_some_and(|outputs| !outputs.is_empty()) {
                written.push(("outputs", resource.outputs.clone()));
            }
            (&**uid, Value::fields(written))
        });
        let mut state = vec![
            ("workloads", Value::map(workloads.collect::<Vec<_>>())),
            ("resources", Value::map(resources.collect::<Vec<_>>())),
            ("shared_state", self.shared.clone()),
        ];
        if dialect == Dialect::Compose {
            state.push(("compose_project", Value::from(&*self.compose_project)));
            state.push(("mounts_directory", Value::from(&*self.mounts_directory)));
        }
        let templates = self.patch_templates.iter().map(|text| Value::from(&**text));
        state.push(("patching_templates", Value::list(templates)));
        yaml::write_in_order(&with_integers(&Value::map(state)))
    }
}

/// A value whose whole numbers are integers: the Score tools do not keep that one was a float.
fn with_integers(value: &Value) -> Value {
    match value {
        Value::Number(Number::Float(float)) if has_float(value) => Value::from(*float as i64),
        Value::List(items) if has_float(value) => Value::list(items.iter().map(with_integers)),
        Value::Map(map) if has_float(value) => {
            Value::map(map.iter().map(|(key, value)| (key.clone(), with_integers(value))))
        }
        other => other.clone(),
    }
}

/// Whether there is a whole float, short enough to be written without an exponent.
fn has_float(value: &Value) -> bool {
    match value {
        Value::Number(Number::Float(float)) => float.fract() == 0.0 && float.abs() < 1e6,
        Value::List(items) => items.iter().any(has_float),
        Value::Map(map) => map.values().any(has_float),
        _ => false,
    }
}

/// A Score document as the Score tools keep it: without lists and maps that are empty, and for Compose with commands as Compose is to read them.
pub(crate) fn kept_spec(dialect: Dialect, spec: &Value) -> Value {
    let containers = |containers: &Value| {
        each(containers, |container| {
            let kept = without_empty(container, &["args", "before", "command", "files", "variables", "volumes"]);
            fields_with(&kept, |key, value| match (key, value) {
                ("command" | "args", Value::List(items)) if dialect == Dialect::Compose => {
                    let escaped =
                        |item: &Value| Value::from(compose::escape_command(item.as_str().unwrap_or_default()));
                    Value::list(items.iter().map(escaped))
                }
                ("files", files) => each(files, kept_file),
                ("livenessProbe" | "readinessProbe", probe) => fields_with(probe, |key, value| match key {
                    "httpGet" => without_empty(value, &["httpHeaders"]),
                    _ => value.clone(),
                }),
                _ => value.clone(),
            })
        })
    };
    fields_with(&without_empty(spec, &["resources"]), |key, value| match key {
        "containers" => containers(value),
        "service" => without_empty(value, &["ports"]),
        "resources" => each(value, |resource| without_empty(resource, &["metadata", "params"])),
        _ => value.clone(),
    })
}

/// The same map with `change` made to each of its values, whatever their keys.
fn each(map: &Value, change: impl Fn(&Value) -> Value) -> Value {
    fields_with(map, |_, value| change(value))
}

fn fields_with(map: &Value, change: impl Fn(&str, &Value) -> Value) -> Value {
    let Value::Map(fields) = map else { return map.clone() };
    Value::map(fields.iter().map(|(key, value)| (key.clone(), change(key, value))).collect::<Vec<_>>())
}

/// The same map without those of these fields in which nothing is.
fn without_empty(map: &Value, fields: &[&str]) -> Value {
    let Value::Map(map) = map else { return map.clone() };
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    };
    let kept = map.iter().filter(|(key, value)| !(fields.contains(&&***key) && empty(value)));
    Value::map(kept.map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>())
}

/// A file whose content begins with an empty line loses it in the state of the Score tools. The first run has it.
fn kept_file(file: &Value) -> Value {
    let mut file = file.clone();
    if let Some(rest) = file.child("content").and_then(Value::as_str).and_then(|text| text.strip_prefix('\n')) {
        let rest = Value::from(rest);
        file.insert(&["content"].into_iter().collect(), rest);
    }
    file
}

pub(crate) fn empty() -> Value {
    Value::from(Map::default())
}

/// The map, or an empty one.
pub(crate) fn map_or_empty(value: &Value) -> Value {
    if value.as_map().is_some() { value.clone() } else { empty() }
}

fn text(value: &Value) -> String {
    value.to_text().map(std::borrow::Cow::into_owned).unwrap_or_default()
}

fn fields(value: &Value) -> Result<impl Iterator<Item = (&str, &Value)>, String> {
    let map = match value {
        Value::Map(map) => Some(map),
        Value::Null => None,
        _ => return Err("a map is expected".into()),
    };
    Ok(map.into_iter().flat_map(|map| map.iter()).map(|(key, value)| (&**key, value)))
}

fn read_workload(value: &Value) -> Result<WorkloadState, String> {
    let mut workload = WorkloadState::default();
    for (key, value) in fields(value)? {
        match key {
            "spec" => workload.spec = value.clone(),
            "file" => workload.file = value.as_str().map(str::to_owned),
            "build_configs" => workload.builds = value.as_map().cloned().unwrap_or_default(),
            "instance_suffix" => workload.instance_suffix = text(value),
            other => return Err(format!("field {other} not found")),
        }
    }
    Ok(workload)
}

fn read_resource(value: &Value) -> Result<ResourceState, String> {
    let mut resource = ResourceState { state: empty(), outputs: empty(), ..ResourceState::default() };
    for (key, value) in fields(value)? {
        match key {
            "guid" => resource.guid = text(value),
            "type" => resource.ty = text(value),
            "class" => resource.class = text(value),
            "id" => resource.id = text(value),
            "metadata" => resource.metadata = value.clone(),
            "params" => resource.params = value.clone(),
            "source_workload" => resource.source_workload = text(value),
            "provisioner" => resource.provisioner = text(value),
            "state" => resource.state = map_or_empty(value),
            "outputs" => resource.outputs = map_or_empty(value),
            other => return Err(format!("field {other} not found")),
        }
    }
    Ok(resource)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_floats_are_integers() {
        let shared = Value::from(json!({"a": [1.0, 1.5, 1e3, -2.0, 1e6], "b": {"c": 0.0}}));
        let state = State { shared, ..State::default() };
        let text = state.write(Dialect::Kubernetes);
        let read = State::read(Source::new("state.yaml", text)).unwrap().shared;
        assert_eq!(read.redacted(), json!({"a": [1, 1.5, 1000, -2, 1e6], "b": {"c": 0}}));
    }

    #[track_caller]
    fn check_kept(spec: serde_json::Value, want: serde_json::Value) {
        assert_eq!(kept_spec(Dialect::Compose, &Value::from(spec)).redacted(), want);
    }

    #[test]
    fn nothing_is_kept_of_what_is_empty() {
        check_kept(
            json!({
                "metadata": {"name": "w", "free": {"a": [], "b": {}}},
                "service": {"ports": {}},
                "containers": {"main": {
                    "image": "i", "args": [], "variables": {}, "resources": {}, "before": {},
                    "files": {"/a": {"content": "\n$A"}},
                    "livenessProbe": {"httpGet": {"path": "/", "port": 1, "httpHeaders": []}},
                    "readinessProbe": {"exec": {"command": []}},
                    "command": ["$A"],
                }},
                "resources": {"one": {"type": "t", "params": {}, "metadata": {}}, "two": {"type": "t", "params": {"a": []}}},
            }),
            json!({
                "metadata": {"name": "w", "free": {"a": [], "b": {}}},
                "service": {},
                "containers": {"main": {
                    "image": "i", "resources": {},
                    "files": {"/a": {"content": "$A"}},
                    "livenessProbe": {"httpGet": {"path": "/", "port": 1}},
                    "readinessProbe": {"exec": {"command": []}},
                    "command": ["$$A"],
                }},
                "resources": {"one": {"type": "t"}, "two": {"type": "t", "params": {"a": []}}},
            }),
        );
        check_kept(json!({"containers": {}, "resources": {}}), json!({"containers": {}}));
    }
}
