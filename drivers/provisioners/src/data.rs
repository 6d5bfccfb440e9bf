//! Values as templates see them, and back.

use std::sync::Arc;

use score_model::{Map, Number, Value};
use score_templates::{Data, Text, Type};

/// A value as templates see it.
pub(crate) fn data(value: &Value) -> Data {
    match value {
        Value::Null | Value::Unknown => Data::Null,
        Value::Bool(bool) => Data::from(*bool),
        Value::Number(number) => match number {
            Number::Int(int) => Data::from(*int),
            Number::Uint(int) => Data::Uint(*int),
            float => Data::from(float.as_f64()),
        },
        Value::String(text) => Data::from(text.clone()),
        Value::List(items) => Data::list(items.iter().map(data).collect()),
        Value::Map(map) => Data::map(map.iter().map(|(key, value)| (Text::from(key.clone()), data(value))).collect()),
        Value::Secret(secret) => data(secret.expose()),
    }
}

/// A map as templates see it: an absent one is empty.
pub(crate) fn map_data(value: &Value) -> Data {
    match value {
        Value::Map(_) => data(value),
        _ => Data::Map(Arc::new(score_templates::Map::absent(Type::Any))),
    }
}

/// What templates saw, or left, as a value. Of what only functions make nothing remains.
pub(crate) fn value(data: &Data) -> Value {
    let text = |text: &Text| text.as_str().map_or_else(|| Arc::from(text.to_string_lossy()), Arc::from);
    match data {
        Data::Bool(bool) => Value::from(*bool),
        Data::Int(int) | Data::Int64(int) => Value::from(*int),
        Data::Uint(int) => Value::Number(Number::Uint(*int)),
        Data::Byte(int) => Value::from(i64::from(*int)),
        Data::Float(float) => Value::Number(Number::Float(*float)),
        Data::String(string) => Value::String(text(string)),
        Data::List(list) => Value::list(list.items().iter().map(value)),
        Data::Map(map) => {
            Value::from(map.entries().iter().map(|(key, entry)| (text(key), value(entry))).collect::<Map>())
        }
        _ => Value::Null,
    }
}

/// Merges a patch (RFC 7386) into a map: in place, where nobody else holds it.
pub(crate) fn merge(target: &mut Data, patch: &Map) {
    if !matches!(target, Data::Map(_)) {
        *target = Data::map(std::collections::BTreeMap::new());
    }
    let Data::Map(map) = target else { return };
    let entries = Arc::make_mut(map).entries_mut();
    for (key, value) in patch {
        let key = Text::from(key.clone());
        match value {
            Value::Null => {
                entries.remove(&key);
            }
            Value::Map(patch) => merge(entries.entry(key).or_insert(Data::Null), patch),
            value => {
                entries.insert(key, data(value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use score_model::merge_patch;
    use serde_json::json;

    #[track_caller]
    fn check(target: serde_json::Value, patch: serde_json::Value) {
        let (target, patch) = (Value::from(target), Value::from(patch));
        let mut merged = data(&target);
        merge(&mut merged, patch.as_map().unwrap());
        assert_eq!(value(&merged), merge_patch(&target, &patch));
        // Who held it before still has what it was.
        let (before, mut after) = (data(&target), data(&target));
        let held = after.clone();
        merge(&mut after, patch.as_map().unwrap());
        assert_eq!(value(&held), value(&before));
    }

    #[test]
    fn merging() {
        check(json!({"a": "b", "b": "c"}), json!({"a": null}));
        check(json!({"a": {"b": "c", "d": {"e": 1}}}), json!({"a": {"b": "d", "c": null, "d": {"f": 2.5}}}));
        check(json!({"a": [{"b": "c"}]}), json!({"a": {"b": {"c": null}}}));
        check(json!({"a": {"b": 1}}), json!({"a": [1, null, true]}));
        check(json!({}), json!({"a": {"bb": {"ccc": null}}, "n": 18_446_744_073_709_551_615_u64}));
    }
}
