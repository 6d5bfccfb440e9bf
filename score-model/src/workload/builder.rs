//! Workloads written in code.

use super::{Container, Resource, Workload};
use crate::{Checked, Document, Mode, Path, Value};

/// A workload in the making; [`build`](Self::build) checks it as if it were a Score file.
#[derive(Clone, Debug)]
#[must_use]
pub struct WorkloadBuilder(Value);

/// A [`Container`] in the making.
#[derive(Clone, Debug)]
#[must_use]
pub struct ContainerBuilder(Value);

/// A [`Resource`] in the making.
#[derive(Clone, Debug)]
#[must_use]
pub struct ResourceBuilder(Value);

fn with(mut value: Value, keys: &[&str], below: impl Into<Value>) -> Value {
    value.insert(&keys.iter().copied().collect::<Path>(), below.into());
    value
}

fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Value {
    Value::list(texts.into_iter().map(Value::from))
}

impl WorkloadBuilder {
    pub(super) fn new(name: &str) -> Self {
        let value = with(Value::Null, &["apiVersion"], "score.dev/v1b1");
        let value = with(value, &["metadata", "name"], name);
        Self(with(value, &["containers"], Value::map::<&str>([])))
    }

    /// Adds anything to the metadata.
    pub fn metadata(self, key: &str, value: impl Into<Value>) -> Self {
        Self(with(self.0, &["metadata", key], value))
    }

    /// Adds an annotation.
    pub fn annotation(self, key: &str, value: &str) -> Self {
        Self(with(self.0, &["metadata", "annotations", key], value))
    }

    /// Adds a port of the service, with the number in the container where it is another.
    pub fn port(self, name: &str, port: u16, target_port: Option<u16>) -> Self {
        let value = with(self.0, &["service", "ports", name, "port"], i64::from(port));
        Self(match target_port {
            Some(target) => with(value, &["service", "ports", name, "targetPort"], i64::from(target)),
            None => value,
        })
    }

    /// Adds a container.
    pub fn container(self, name: &str, container: ContainerBuilder) -> Self {
        Self(with(self.0, &["containers", name], container.0))
    }

    /// Adds a resource.
    pub fn resource(self, name: &str, resource: ResourceBuilder) -> Self {
        Self(with(self.0, &["resources", name], resource.0))
    }

    /// Adds anything at a path of the Score file: what this builder has no method for.
    pub fn set(self, path: &Path, value: impl Into<Value>) -> Self {
        let mut document = self.0;
        document.insert(path, value.into());
        Self(document)
    }

    /// The workload, or everything that is wrong with it, each with the path of what it is about.
    pub fn build(self) -> Checked<Workload> {
        Workload::from_document(Document::from_value(self.0), Mode::Strict)
    }
}

impl ContainerBuilder {
    pub(super) fn new(image: &str) -> Self {
        Self(with(Value::Null, &["image"], image))
    }

    /// Sets the command, instead of the image's entrypoint.
    pub fn command<'a>(self, command: impl IntoIterator<Item = &'a str>) -> Self {
        Self(with(self.0, &["command"], texts(command)))
    }

    /// Sets the arguments, instead of the image's.
    pub fn args<'a>(self, args: impl IntoIterator<Item = &'a str>) -> Self {
        Self(with(self.0, &["args"], texts(args)))
    }

    /// Adds an environment variable; its value may have placeholders.
    pub fn variable(self, name: &str, value: &str) -> Self {
        Self(with(self.0, &["variables", name], value))
    }

    /// Adds a file with a text; it may have placeholders.
    pub fn file(self, target: &str, content: &str) -> Self {
        Self(with(self.0, &["files", target, "content"], content))
    }

    /// Adds a volume; its source is usually a placeholder that names a resource.
    pub fn volume(self, target: &str, source: &str) -> Self {
        Self(with(self.0, &["volumes", target, "source"], source))
    }

    /// Has another container start only after this one has come so far.
    pub fn before(self, container: &str, ready: super::Readiness) -> Self {
        Self(with(self.0, &["before", container, "ready"], ready.as_str()))
    }

    /// Adds anything at a path of the container: what this builder has no method for.
    pub fn set(self, path: &Path, value: impl Into<Value>) -> Self {
        let mut container = self.0;
        container.insert(path, value.into());
        Self(container)
    }
}

impl ResourceBuilder {
    pub(super) fn new(ty: &str) -> Self {
        Self(with(Value::Null, &["type"], ty))
    }

    /// Sets the class.
    pub fn class(self, class: &str) -> Self {
        Self(with(self.0, &["class"], class))
    }

    /// Sets the id under which workloads share it.
    pub fn id(self, id: &str) -> Self {
        Self(with(self.0, &["id"], id))
    }

    /// Adds a param; it may have placeholders.
    pub fn param(self, key: &str, value: impl Into<Value>) -> Self {
        Self(with(self.0, &["params", key], value))
    }

    /// Adds anything to the metadata.
    pub fn metadata(self, key: &str, value: impl Into<Value>) -> Self {
        Self(with(self.0, &["metadata", key], value))
    }
}

impl From<&Container> for ContainerBuilder {
    /// A container to be changed further.
    fn from(container: &Container) -> Self {
        Self(serde_json::to_value(container).map(Value::from).unwrap_or_default())
    }
}

impl From<&Resource> for ResourceBuilder {
    /// A resource to be changed further.
    fn from(resource: &Resource) -> Self {
        let value = serde_json::to_value(resource).map(Value::from).unwrap_or_default();
        let value = match &resource.params {
            Some(params) => with(value, &["params"], params.clone()),
            None => value,
        };
        Self(if resource.metadata == Value::Null {
            value
        } else {
            with(value, &["metadata"], resource.metadata.clone())
        })
    }
}
