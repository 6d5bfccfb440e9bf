//! Files of a workload in its pod.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use score_model::{Diagnostic, Map, Value};

use super::container::{Conversion, set};
use super::object::Dialect;
use super::secret_reference::{SecretPart, SecretReference};
use crate::names::hash;
use crate::paths::split;
use crate::{ResolvedContainer, ResolvedContent, ResolvedFile};

/// One key of a ConfigMap or Secret.
struct Kept {
    secret: bool,
    name: Arc<str>,
    key: Arc<str>,
}

impl Conversion<'_> {
    /// The mounts of a container's files. Each is kept in a ConfigMap, or in a Secret where it is secret.
    pub(super) fn mount_files(&mut self, name: &str, container: &ResolvedContainer) -> Vec<Value> {
        let mut mounts = Vec::new();
        for (target, file) in &container.files {
            let Some(kept) = self.keep(name, target, file) else { continue };
            let (folder, base) = split(target);
            let alone = self.shape.options.dialect == Dialect::Native;
            let mut item = Map::default();
            set(&mut item, "key", Value::from(kept.key));
            set(&mut item, "path", Value::from(if alone { "file" } else { base }));
            if let Some(mode) = file.mode {
                set(&mut item, "mode", Value::from(i64::from(mode)));
            }
            let items = Value::list([Value::from(item)]);
            let source = if kept.secret {
                ("secret", Value::fields([("secretName", Value::from(kept.name)), ("items", items)]))
            } else {
                ("configMap", Value::fields([("name", Value::from(kept.name)), ("items", items)]))
            };
            let volume = self.volume_named(&format!("file-{}", hash(target)), name, target, Value::fields([source]));
            mounts.push(if alone {
                Value::fields([
                    ("name", Value::from(volume)),
                    ("mountPath", Value::from(target.clone())),
                    ("subPath", Value::from("file")),
                    ("readOnly", Value::from(true)),
                ])
            } else {
                Value::fields([("name", Value::from(volume)), ("mountPath", Value::from(folder))])
            });
        }
        mounts
    }

    /// Where the content of a file is kept: in an object of its own, or in a Secret that it refers to.
    fn keep(&mut self, name: &str, target: &str, file: &ResolvedFile) -> Option<Kept> {
        if let ResolvedContent::Text(Value::String(text)) = &file.content {
            let parts = SecretReference::split(text);
            let references = parts.iter().flatten().any(|part| matches!(part, SecretPart::Reference(_)));
            match parts.as_deref() {
                Ok([SecretPart::Reference(reference)]) => {
                    let (name, key) = (Arc::from(&*reference.name), Arc::from(&*reference.key));
                    return Some(Kept { secret: true, name, key });
                }
                Ok(_) if !references => {}
                problem => {
                    let what = match problem {
                        Ok(_) => "contained a mix of secret references and raw content".to_owned(),
                        Err(problem) => format!("failed to resolve secret: {problem}"),
                    };
                    let message = format!("containers.{name}.files.{target}: failed to convert: content: {what}");
                    self.problems.push(Diagnostic::error("secret-reference", message));
                    return None;
                }
            }
        }
        let object: Arc<str> = format!("{}-{name}-file-{}", self.shape.workload.name, hash(target)).into();
        let (secret, data) = self.data(file);
        self.objects.push(self.shape.part(if secret { "Secret" } else { "ConfigMap" }, &object, data));
        Some(Kept { secret, name: object, key: "file".into() })
    }

    /// Whether a file is secret, and the data of the object that keeps it.
    fn data(&self, file: &ResolvedFile) -> (bool, (&'static str, Value)) {
        let entry = |content: Value| Value::fields([("file", content)]);
        let binary = |bytes: &[u8]| ("binaryData", entry(Value::from(STANDARD.encode(bytes))));
        match &file.content {
            ResolvedContent::Text(text) if text.has_secret() => (true, ("stringData", entry(text.clone()))),
            ResolvedContent::Text(text) if self.shape.options.dialect == Dialect::ScoreK8s => {
                (false, binary(text.as_str().unwrap_or_default().as_bytes()))
            }
            ResolvedContent::Text(text) => (false, ("data", entry(text.clone()))),
            ResolvedContent::Bytes(bytes) => (false, binary(bytes)),
        }
    }
}
