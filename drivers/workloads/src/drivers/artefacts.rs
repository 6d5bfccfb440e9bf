//! Artefacts as `${artefacts.KIND}` gives them.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_drivers::FileArtefact;
use score_model::{Value, WORKLOAD_TYPE, yaml};
use score_resolver::Artefact;

use crate::ResolvedContent;
use crate::compose::{MOUNTS, MountedFile};
use crate::reader::Reader;

/// The JSON Schema of a list of artefacts.
pub(super) fn schema(description: &str) -> serde_json::Value {
    serde_json::json!({
        "description": description,
        "type": "array",
        "items": {"type": "object", "required": ["key", "value"], "properties": {"key": {"writeOnly": false}}},
    })
}

/// The artefacts in the list below `input`, as ones of `kind`.
///
/// That two workloads make one and the same piece is a problem: the second would silently take the place of the first.
pub(super) fn read(inputs: &mut Reader<'_>, input: &str, kind: &str) -> Vec<Artefact> {
    let mut artefacts = Vec::new();
    let mut makers: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
    inputs.items(input, |entry| {
        let Some(key) = entry.required_text("key") else { return };
        let value = entry.required("value").map(|value| value.value().clone()).unwrap_or_default();
        if entry.optional_text("type").as_deref() == Some(WORKLOAD_TYPE)
            && let Some(uid) = entry.optional_text("uid")
            && let Some(other) = makers.insert(key.clone(), uid.clone()).filter(|other| *other != uid)
        {
            entry.problem(
                "collision",
                format!("both `{other}` and `{uid}` make the {kind} `{key}`; rename a workload or a container"),
            );
        }
        artefacts.push(Artefact { kind: kind.into(), key, value });
    });
    artefacts
}

/// A file that a service mounts and that is not in the document, for a node that writes files.
pub(super) fn mounted(file: &MountedFile) -> Option<Artefact> {
    let ResolvedContent::Bytes(bytes) = &file.content else { return None };
    let value = FileArtefact { bytes: bytes.to_vec(), mode: Some(file.mode) }.to_value();
    Some(Artefact { kind: "file".into(), key: format!("{MOUNTS}/{}", file.path).into(), value })
}

/// One YAML file of these documents, for a node that writes files; secret where a part of them is.
pub(super) fn file(name: Arc<str>, documents: &[Value]) -> Artefact {
    let write = |document: &Value| yaml::write_in_order(&document.unmarked());
    let text = match documents {
        [document] => write(document),
        several => several.iter().map(|document| format!("---\n{}", write(document))).collect(),
    };
    let secret = documents.iter().any(Value::has_secret);
    let value = if secret { Value::secret(Value::from(text)) } else { Value::from(text) };
    Artefact { kind: "file".into(), key: name, value }
}
