//! Merge patches (RFC 7386).

use crate::{Map, Value};

/// `target` with `patch` merged in: maps are merged key by key, null removes a key, everything else replaces what is there.
pub fn merge_patch(target: &Value, patch: &Value) -> Value {
    let Value::Map(patch) = patch else { return patch.clone() };
    let mut merged: Map = target.as_map().cloned().unwrap_or_default();
    for (key, value) in patch.iter() {
        if *value == Value::Null {
            merged.remove(key);
        } else {
            let inner = merge_patch(merged.get(key).unwrap_or(&Value::Null), value);
            merged.insert(key.clone(), inner);
        }
    }
    Value::from(merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(target: serde_json::Value, patch: serde_json::Value, want: serde_json::Value) {
        assert_eq!(merge_patch(&Value::from(target), &Value::from(patch)), Value::from(want));
    }

    #[test]
    fn examples_of_the_rfc() {
        check(json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"}));
        check(json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"}));
        check(json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}}));
        check(json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]}));
        check(json!(["a", "b"]), json!({"a": "b", "c": null}), json!({"a": "b"}));
        check(json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}}));
    }
}
