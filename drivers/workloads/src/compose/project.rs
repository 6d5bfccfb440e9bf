//! A whole Compose document from the pieces of many nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::{Map, Value};
use score_resolver::Artefact;

use crate::sorted::sorted;

/// The kinds of artefact that make a Compose document, and the sections to which they go, in the order of the document.
pub(crate) const SECTIONS: [(&str, &str); 6] = [
    ("compose.service", "services"),
    ("compose.network", "networks"),
    ("compose.volume", "volumes"),
    ("compose.config", "configs"),
    ("compose.secret", "secrets"),
    ("compose.model", "models"),
];

/// Puts a Compose document together from artefacts in provisioning order: for one kind and key the later replaces the earlier; artefacts of other kinds are not looked at.
///
/// Volumes and networks that a service names and nobody declares are declared, so that Compose accepts the document. Keys are sorted, but for those of the document itself. Marks of secrets
/// stay.
pub fn project<'a>(name: &str, artefacts: impl IntoIterator<Item = &'a Artefact>) -> Value {
    let mut sections: BTreeMap<&str, BTreeMap<Arc<str>, Value>> = BTreeMap::new();
    for artefact in artefacts {
        if let Some((_, section)) = SECTIONS.iter().find(|(kind, _)| *kind == &*artefact.kind) {
            sections.entry(section).or_default().insert(artefact.key.clone(), sorted(&artefact.value));
        }
    }
    let services = sections.get("services").cloned().unwrap_or_default();
    for (section, names) in [("volumes", mounted_volumes as fn(&Value) -> Vec<Arc<str>>), ("networks", joined_networks)]
    {
        for name in services.values().flat_map(names) {
            sections.entry(section).or_default().entry(name).or_insert_with(|| Value::from(Map::default()));
        }
    }
    let mut document = Map::default();
    document.insert("name".into(), Value::from(name));
    for (_, section) in SECTIONS {
        if let Some(entries) = sections.remove(section) {
            document.insert(section.into(), Value::map(entries));
        }
    }
    Value::from(document)
}

/// The named volumes that a service mounts, in the short form `NAME:TARGET` or in the long one.
fn mounted_volumes(service: &Value) -> Vec<Arc<str>> {
    let mounts = service.child("volumes").and_then(Value::as_list).unwrap_or_default();
    let name = |mount: &Value| match mount {
        Value::String(short) => {
            let (name, _) = short.split_once(':')?;
            let named = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
            (named && !name.contains(['/', '\\'])).then(|| Arc::from(name))
        }
        long => {
            let text = |key: &str| long.child(key).and_then(Value::as_str);
            (text("type") == Some("volume")).then(|| text("source").map(Arc::from)).flatten()
        }
    };
    mounts.iter().filter_map(name).collect()
}

/// The networks that a service joins, but for the one that there always is.
fn joined_networks(service: &Value) -> Vec<Arc<str>> {
    let names: Vec<Arc<str>> = match service.child("networks") {
        Some(Value::List(names)) => names.iter().filter_map(|name| name.as_str().map(Arc::from)).collect(),
        Some(Value::Map(networks)) => networks.keys().cloned().collect(),
        _ => Vec::new(),
    };
    names.into_iter().filter(|name| &**name != "default").collect()
}
