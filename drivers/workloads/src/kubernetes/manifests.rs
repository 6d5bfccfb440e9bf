//! All Kubernetes objects of many nodes.

use score_model::{Map, Value};
use score_resolver::Artefact;

use crate::sorted::sorted;

/// The kind of artefact that a Kubernetes object is.
pub(crate) const OBJECT: &str = "kubernetes.object";

/// Collects Kubernetes objects from artefacts in provisioning order: for one key the later replaces the earlier and takes its own place; artefacts of other kinds are not looked at.
///
/// Namespaces come first, so that the objects can be applied in this order. Keys are sorted. Marks of secrets stay.
pub fn manifests<'a>(artefacts: impl IntoIterator<Item = &'a Artefact>) -> Vec<Value> {
    let mut objects = Map::new();
    for artefact in artefacts.into_iter().filter(|artefact| &*artefact.kind == OBJECT) {
        objects.remove(&artefact.key);
        objects.insert(artefact.key.clone(), sorted(&artefact.value));
    }
    let is_namespace = |object: &Value| object.child("kind").and_then(Value::as_str) == Some("Namespace");
    let objects = objects.into_iter().map(|(_, object)| object);
    let (mut namespaces, rest): (Vec<Value>, Vec<Value>) = objects.partition(is_namespace);
    namespaces.extend(rest);
    namespaces
}
