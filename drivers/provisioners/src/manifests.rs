//! The manifests of many resources.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use score_model::Value;

/// Manifests in the order in which they came: of one object the last one counts, and takes its place at the end.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    in_order: BTreeMap<u64, Value>,
    numbers: HashMap<[Arc<str>; 4], u64>,
    next: u64,
}

impl Manifests {
    /// Adds a manifest, in the place of any for the same object: same version, kind, namespace and name.
    pub fn add(&mut self, manifest: Value) {
        let text = |of: Option<&Value>, key: &str| match of.and_then(|of| of.child(key)).unwrap_or(&Value::Null) {
            Value::String(text) => text.clone(),
            other => other.to_text().map(Arc::from).unwrap_or_default(),
        };
        let (whole, metadata) = (Some(&manifest), manifest.child("metadata"));
        let identity =
            [text(whole, "apiVersion"), text(whole, "kind"), text(metadata, "namespace"), text(metadata, "name")];
        if let Some(earlier) = self.numbers.insert(identity, self.next) {
            self.in_order.remove(&earlier);
        }
        self.in_order.insert(self.next, manifest);
        self.next += 1;
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.in_order.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_last_counts() {
        let mut manifests = Manifests::default();
        let manifest =
            |name: &str, data: i64| json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": name}, "data": data});
        for (name, data) in [("one", 1), ("two", 2), ("one", 3)] {
            manifests.add(Value::from(manifest(name, data)));
        }
        let found: Vec<_> = manifests.iter().map(Value::redacted).collect();
        assert_eq!(found, [manifest("two", 2), manifest("one", 3)]);
    }
}
