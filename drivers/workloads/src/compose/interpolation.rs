//! Texts that Compose must take as they are.

use score_model::Value;

/// The same tree with every `$` doubled in its texts, so that Compose takes them as they are. Keys are not interpolated by Compose. Marks stay.
pub(crate) fn literal(value: &Value) -> Value {
    match value {
        Value::String(text) if text.contains('$') => Value::from(text.replace('$', "$$")),
        Value::List(items) => Value::list(items.iter().map(literal)),
        Value::Map(map) => Value::map(map.iter().map(|(key, value)| (key.clone(), literal(value)))),
        Value::Secret(secret) => Value::secret(literal(secret.expose())),
        other => other.clone(),
    }
}
