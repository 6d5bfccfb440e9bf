//! What a provisioner gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::{Map, Value};

use crate::compose_form::{Reader, STRICT};
use crate::known_kinds;

/// Whether a manifest has what makes it one; `strict`: and nothing that is not known of its kind.
pub(crate) fn check_manifest(index: usize, manifest: &Value, is_named: bool, strict: bool) -> Result<(), String> {
    let failed = |problem: String| Err(format!("manifests template failed: manifests.{index}: {problem}"));
    if !is_named {
        return failed("apiVersion and kind are required".to_owned());
    }
    match Some(manifest).filter(|_| strict).and_then(known_kinds::problem) {
        Some(problem) => failed(format!("matched a known kind but was not valid: {problem}")),
        None => Ok(()),
    }
}

/// What a provisioner gives for a resource, in either dialect.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Outcome {
    /// What it wants to remember.
    pub(crate) state: Map,
    /// What it shares with others: merged into what is shared (RFC 7386).
    pub(crate) shared: Map,
    /// The outputs.
    pub(crate) outputs: Map,
    /// Directories to make, or to remove with all in them; below the directory of mounts.
    pub(crate) directories: BTreeMap<String, bool>,
    /// Files to write, or to remove; below the directory of mounts.
    pub(crate) files: BTreeMap<String, Option<String>>,
    /// Compose networks, at full length, as are services, volumes and models.
    pub(crate) networks: Map,
    /// Compose services.
    pub(crate) services: Map,
    /// Compose volumes.
    pub(crate) volumes: Map,
    /// Compose models.
    pub(crate) models: Map,
    /// Kubernetes manifests.
    pub(crate) manifests: Vec<Value>,
    /// Lines for people.
    pub(crate) logs: Vec<String>,
}

impl Outcome {
    /// Takes over what one template field rendered to; null is nothing. Sections of Compose documents are kept at full length.
    pub(crate) fn set(&mut self, field: &str, value: Value, compose: Reader) -> Result<(), String> {
        let kind = || "wrong kind".to_owned();
        if value == Value::Null {
            return Ok(());
        }
        let map = |value: Value| match value {
            Value::Map(map) => Ok(Arc::unwrap_or_clone(map)),
            _ => Err("expected a map"),
        };
        match field {
            "state" => self.state = map(value)?,
            "shared" => self.shared = map(value)?,
            "outputs" => self.outputs = map(value)?,
            "networks" => self.networks = compose.section(field, &map(value)?)?,
            "services" => self.services = compose.section(field, &map(value)?)?,
            "volumes" => self.volumes = compose.section(field, &map(value)?)?,
            "models" => self.models = compose.section(field, &map(value)?)?,
            "directories" => {
                let entries = map(value)?;
                let entries = entries.iter().map(|(path, there)| match there {
                    Value::Null => Some((path.to_string(), false)),
                    there => Some((path.to_string(), there.as_bool()?)),
                });
                self.directories = entries.collect::<Option<_>>().ok_or("expected a map to true or false")?;
            }
            "files" => {
                let entries = map(value)?;
                let entries = entries.iter().map(|(path, content)| match content {
                    Value::Null => Some((path.to_string(), None)),
                    content => Some((path.to_string(), Some(content.as_str()?.to_owned()))),
                });
                self.files = entries.collect::<Option<_>>().ok_or("expected a map to texts")?;
            }
            "manifests" => {
                let Value::List(items) = value else { return Err("expected a list".into()) };
                if items.iter().any(|item| item.as_map().is_none()) {
                    return Err("expected a list of maps".into());
                }
                self.manifests = Arc::unwrap_or_clone(items);
            }
            "info_logs" => {
                let items = value.as_list().ok_or("expected a list")?.iter();
                self.logs =
                    items.map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or_else(kind)?;
            }
            _ => return Err(kind()),
        }
        Ok(())
    }

    /// Reads the first JSON value that a program printed; `nothing` is what is wrong where there is none.
    pub(crate) fn of_output(stdout: &[u8], nothing: &str) -> Result<Self, String> {
        match serde_json::Deserializer::from_slice(stdout).into_iter::<serde_json::Value>().next() {
            None => Err(nothing.to_owned()),
            Some(value) => Self::read(&value.map_err(|e| e.to_string())?),
        }
    }

    /// Reads what a program wrote: the fields of both dialects, and no others.
    fn read(json: &serde_json::Value) -> Result<Self, String> {
        let mut outcome = Self::default();
        let serde_json::Value::Object(fields) = json else {
            return if json.is_null() { Ok(outcome) } else { Err("expected an object".into()) };
        };
        for (key, value) in fields {
            let field = match &*key.to_lowercase() {
                "resource_state" => "state",
                "resource_outputs" => "outputs",
                "shared_state" => "shared",
                "relative_directories" => "directories",
                "relative_file_contents" => "files",
                "compose_networks" => "networks",
                "compose_volumes" => "volumes",
                "compose_services" => "services",
                "compose_models" => "models",
                "manifests" => "manifests",
                _ => return Err(format!("unknown field \"{key}\"")),
            };
            outcome.set(field, Value::from(value.clone()), STRICT).map_err(|problem| format!("{key}: {problem}"))?;
        }
        Ok(outcome)
    }
}
