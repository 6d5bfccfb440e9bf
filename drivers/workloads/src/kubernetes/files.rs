//! Files of a workload in its pod.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use score_model::{Map, Value};

use super::container::{Conversion, set};
use crate::names::hash;
use crate::{ResolvedContainer, ResolvedContent, ResolvedFile};

impl Conversion<'_> {
    /// The mounts of a container's files, each at its own path, so that nothing beside it is hidden. Each is kept in a ConfigMap, or in a Secret where it is secret.
    pub(super) fn mount_files(&mut self, name: &str, container: &ResolvedContainer) -> Vec<Value> {
        let mut mounts = Vec::new();
        for (target, file) in &container.files {
            // The same path in two containers may hold two files.
            let volume_name: Arc<str> = format!("file-{}", hash(&format!("{name}{target}"))).into();
            let object_name: Arc<str> = format!("{}-{name}-file-{}", self.shape.workload.name, hash(target)).into();
            let (kind, data) = content(file);
            self.objects.push(self.shape.object("v1", kind, &object_name, [data]));
            let mut item = Map::default();
            set(&mut item, "key", Value::from("file"));
            set(&mut item, "path", Value::from("file"));
            if let Some(mode) = file.mode {
                set(&mut item, "mode", Value::from(i64::from(mode)));
            }
            let items = Value::list([Value::from(item)]);
            let source = match kind {
                "Secret" => ("secret", Value::map([("secretName", Value::from(object_name)), ("items", items)])),
                _ => ("configMap", Value::map([("name", Value::from(object_name)), ("items", items)])),
            };
            self.volumes.push(Value::map([("name", Value::from(volume_name.clone())), source]));
            mounts.push(Value::map([
                ("name", Value::from(volume_name)),
                ("mountPath", Value::from(target.clone())),
                ("subPath", Value::from("file")),
                ("readOnly", Value::from(true)),
            ]));
        }
        mounts
    }
}

/// The kind of object that keeps a file, and its data.
fn content(file: &ResolvedFile) -> (&'static str, (&'static str, Value)) {
    let entry = |content: Value| Value::map([("file", content)]);
    match &file.content {
        ResolvedContent::Text(text) if text.has_secret() => ("Secret", ("stringData", entry(text.clone()))),
        ResolvedContent::Text(text) => ("ConfigMap", ("data", entry(text.clone()))),
        ResolvedContent::Bytes(bytes) => ("ConfigMap", ("binaryData", entry(Value::from(STANDARD.encode(bytes))))),
    }
}
