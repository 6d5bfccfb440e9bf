//! What a provisioner gives.

use std::collections::BTreeMap;

use score_model::{Map, Value};

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
    /// Compose networks.
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
    /// Takes over what one template field rendered to; null is nothing.
    pub(crate) fn set(&mut self, field: &str, value: Value) -> Result<(), String> {
        let kind = || "wrong kind".to_owned();
        if value == Value::Null {
            return Ok(());
        }
        let map = |value: &Value| value.as_map().cloned().ok_or("expected a map");
        match field {
            "state" => self.state = map(&value)?,
            "shared" => self.shared = map(&value)?,
            "outputs" => self.outputs = map(&value)?,
            "networks" => self.networks = map(&value)?,
            "services" => self.services = map(&value)?,
            "volumes" => self.volumes = map(&value)?,
            "models" => self.models = map(&value)?,
            "directories" => {
                let entries = map(&value)?;
                let entries = entries.iter().map(|(path, there)| Some((path.to_string(), there.as_bool()?)));
                self.directories = entries.collect::<Option<_>>().ok_or("expected a map to true or false")?;
            }
            "files" => {
                let entries = map(&value)?;
                let entries = entries.iter().map(|(path, content)| match content {
                    Value::Null => Some((path.to_string(), None)),
                    content => Some((path.to_string(), Some(content.as_str()?.to_owned()))),
                });
                self.files = entries.collect::<Option<_>>().ok_or("expected a map to texts")?;
            }
            "manifests" => {
                let items = value.as_list().ok_or("expected a list")?;
                if items.iter().any(|item| item.as_map().is_none()) {
                    return Err("expected a list of maps".into());
                }
                self.manifests = items.to_vec();
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

    /// Reads what a program wrote: the fields of both dialects, and no others.
    pub(crate) fn read(json: &serde_json::Value) -> Result<Self, String> {
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
            outcome.set(field, Value::from(value.clone())).map_err(|problem| format!("{key}: {problem}"))?;
        }
        Ok(outcome)
    }
}
