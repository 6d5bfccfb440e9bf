//! KYAML: YAML whose blocks are in braces and whose texts are in quotes.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::Value;

/// A value as KYAML, keys sorted; one document, without `---`.
pub fn kyaml(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text.push('\n');
    text
}

fn write(value: &Value, depth: usize, text: &mut String) {
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.push_str(&"  ".repeat(depth));
    };
    match value {
        Value::Map(map) if !map.is_empty() => {
            text.push('{');
            let sorted: BTreeMap<&Arc<str>, &Value> = map.iter().collect();
            for (key, value) in sorted {
                line(text, depth + 1);
                let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
                    && key.chars().any(|c| c.is_ascii_alphabetic())
                    && key.starts_with(|c: char| c.is_ascii_alphabetic())
                    && !matches!(
                        &*key.to_lowercase(),
                        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
                    );
                text.push_str(&if plain { key.to_string() } else { quoted(key) });
                text.push_str(": ");
                write(value, depth + 1, text);
                text.push(',');
            }
            line(text, depth);
            text.push('}');
        }
        Value::List(items) if !items.is_empty() => {
            text.push('[');
            for item in items.iter() {
                line(text, depth + 1);
                write(item, depth + 1, text);
                text.push(',');
            }
            line(text, depth);
            text.push(']');
        }
        Value::String(content) => text.push_str(&quoted(content)),
        other => text.push_str(&other.to_text().unwrap_or_default()),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents() {
        let value = Value::from(serde_json::json!({"kind": "A", "data": {"no": "x\"y"}, "list": [1, {}], "empty": []}));
        let want = "{\n  data: {\n    \"no\": \"x\\\"y\",\n  },\n  empty: [],\n  kind: \"A\",\n  list: [\n    1,\n    {},\n  ],\n}\n";
        assert_eq!(kyaml(&value), want);
    }
}
