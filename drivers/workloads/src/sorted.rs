//! Documents whose bytes do not depend on how they came about.

use std::sync::Arc;

use score_model::Value;

/// The same tree with the keys of all maps in order.
pub(crate) fn sorted(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::list(items.iter().map(sorted)),
        Value::Map(map) => {
            let mut entries: Vec<(&Arc<str>, &Value)> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            Value::map(entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))))
        }
        Value::Secret(secret) => Value::secret(sorted(secret.expose())),
        other => other.clone(),
    }
}
