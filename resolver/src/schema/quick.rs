//! What is seen at a glance: that a schema is one, and that a value conforms to it.
//!
//! Nearly all schemas are simple and nearly all values conform. Holding a schema against the schema of schemas costs more than all the rest of a small deployment.

use score_model::{Map, Number, Value};

use super::{Shape, Types};

/// Deeper schemas are not looked at.
const DEEPEST: usize = 32;

/// Whether this is a JSON Schema, of keywords that mean the same in all drafts. Of others nothing is said.
pub(super) fn is_schema(json: &Value) -> bool {
    sound(json, 0)
}

fn sound(json: &Value, depth: usize) -> bool {
    let Value::Map(map) = json else { return json.as_bool().is_some() && depth > 0 };
    depth < DEEPEST && map.iter().all(|(keyword, value)| keyword_is_sound(keyword, value, depth + 1))
}

fn keyword_is_sound(keyword: &str, value: &Value, depth: usize) -> bool {
    match keyword {
        "title" | "description" => value.as_str().is_some(),
        "writeOnly" | "readOnly" | "uniqueItems" => value.as_bool().is_some(),
        "default" => true,
        "type" => value.as_str().is_some_and(is_type),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
            value.as_i64().is_some_and(|count| count >= 0)
        }
        "minimum" | "maximum" => value.as_i64().is_some(),
        "required" | "enum" => value.as_list().is_some_and(are_different_texts),
        "properties" => value.as_map().is_some_and(|map| map.values().all(|schema| sound(schema, depth))),
        "additionalProperties" | "items" | "not" => sound(value, depth),
        "anyOf" | "oneOf" | "allOf" => {
            value.as_list().is_some_and(|list| !list.is_empty() && list.iter().all(|schema| sound(schema, depth)))
        }
        _ => false,
    }
}

fn is_type(text: &str) -> bool {
    matches!(text, "null" | "boolean" | "object" | "array" | "number" | "string" | "integer")
}

/// Some, in all drafts.
fn are_different_texts(list: &[Value]) -> bool {
    let different = |at: usize| list.iter().take(at).all(|other| Some(other) != list.get(at));
    (1..=64).contains(&list.len()) && list.iter().all(|text| text.as_str().is_some()) && (0..list.len()).all(different)
}

/// Whether all that is known conforms to a simple [schema](is_schema), and what is not known may. `false`: it may conform all the same.
pub(super) fn holds(schema: &Value, shape: &Shape<'_>) -> bool {
    part_holds(schema, &Part::of(shape))
}

/// A part of what is known of a value.
enum Part<'a> {
    Known(&'a Value),
    Open(Types),
    List(&'a [Shape<'a>]),
    Map(&'a [(std::sync::Arc<str>, Shape<'a>)]),
}

impl<'a> Part<'a> {
    fn of(shape: &'a Shape<'a>) -> Self {
        match shape {
            Shape::Known(value) => Self::known(value),
            Shape::Schema(_) | Shape::Text { .. } => Self::Open(shape.types()),
            Shape::List(items) => Self::List(items),
            Shape::Map(entries) => Self::Map(entries),
        }
    }

    fn known(value: &'a Value) -> Self {
        match value {
            Value::Secret(hidden) => Self::known(hidden.expose()),
            Value::Unknown => Self::Open(Types::ALL),
            value => Self::Known(value),
        }
    }

    fn types(&self) -> Types {
        match self {
            Self::Known(value) => Types::of(value),
            Self::Open(types) => *types,
            Self::List(_) => Types::ARRAY,
            Self::Map(_) => Types::OBJECT,
        }
    }

    fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    fn text(&self) -> Option<&'a str> {
        if let Self::Known(value) = self { value.as_str() } else { None }
    }

    /// How many items; `None` where it is no list.
    fn items(&self) -> Option<usize> {
        match self {
            Self::Known(value) => value.as_list().map(<[Value]>::len),
            Self::List(items) => Some(items.len()),
            _ => None,
        }
    }

    /// How many entries; `None` where it is no map.
    fn entries(&self) -> Option<usize> {
        match self {
            Self::Known(value) => value.as_map().map(Map::len),
            Self::Map(entries) => Some(entries.len()),
            _ => None,
        }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::Known(value) => value.as_map().is_some_and(|map| map.contains_key(name)),
            Self::Map(entries) => entries.iter().any(|(key, _)| &**key == name),
            _ => false,
        }
    }

    fn all_items(&self, holds: impl Fn(&Self) -> bool) -> bool {
        match self {
            Self::Known(value) => {
                value.as_list().is_none_or(|items| items.iter().all(|item| holds(&Part::known(item))))
            }
            Self::List(items) => items.iter().all(|item| holds(&Part::of(item))),
            _ => true,
        }
    }

    fn all_entries(&self, holds: impl Fn(&str, &Self) -> bool) -> bool {
        match self {
            Self::Known(value) => {
                value.as_map().is_none_or(|map| map.iter().all(|(key, value)| holds(key, &Part::known(value))))
            }
            Self::Map(entries) => entries.iter().all(|(key, shape)| holds(key, &Part::of(shape))),
            _ => true,
        }
    }
}

fn part_holds(schema: &Value, part: &Part<'_>) -> bool {
    match (schema, part) {
        (_, Part::Known(Value::Number(Number::Float(float)))) if !float.is_finite() => false,
        (Value::Bool(anything), _) => *anything,
        (Value::Map(map), _) => map.iter().all(|(keyword, value)| keyword_holds(keyword, value, map, part)),
        _ => false,
    }
}

/// Of what is not known only the type counts.
fn keyword_holds(keyword: &str, value: &Value, schema: &Map, part: &Part<'_>) -> bool {
    let below = || schema.get("properties").and_then(Value::as_map);
    let number = || value.as_i64().unwrap_or_default();
    let at_least = |count: Option<usize>| count.is_none_or(|count| count as i64 >= number());
    let at_most = |count: Option<usize>| count.is_none_or(|count| count as i64 <= number());
    let characters = || part.text().map(|text| text.chars().count());
    let whole = || match part {
        Part::Known(value @ Value::Number(_)) => Some(value.as_i64()),
        _ => None,
    };
    match keyword {
        "title" | "description" | "writeOnly" | "readOnly" | "default" => true,
        "type" if part.is_open() => part.types().meets(Types::named(value)),
        "type" => part.types() & Types::named(value) == part.types(),
        "enum" if part.is_open() => part.types().meets(Types::STRING),
        "enum" => {
            part.text().is_some_and(|text| value.as_list().into_iter().flatten().any(|one| one.as_str() == Some(text)))
        }
        "uniqueItems" => value.as_bool() == Some(false),
        "minLength" => at_least(characters()),
        "maxLength" => at_most(characters()),
        "minItems" => at_least(part.items()),
        "maxItems" => at_most(part.items()),
        "minProperties" => at_least(part.entries()),
        "maxProperties" => at_most(part.entries()),
        "minimum" => whole().is_none_or(|whole| whole.is_some_and(|whole| whole >= number())),
        "maximum" => whole().is_none_or(|whole| whole.is_some_and(|whole| whole <= number())),
        "required" => {
            part.entries().is_none()
                || value.as_list().into_iter().flatten().filter_map(Value::as_str).all(|name| part.has(name))
        }
        "properties" => part.all_entries(|key, part| {
            let schema = value.as_map().and_then(|map| map.get(key));
            schema.is_none_or(|schema| part_holds(schema, part))
        }),
        "additionalProperties" => {
            part.all_entries(|key, part| below().is_some_and(|map| map.contains_key(key)) || part_holds(value, part))
        }
        "items" => part.all_items(|part| part_holds(value, part)),
        "allOf" => value.as_list().is_some_and(|all| all.iter().all(|schema| part_holds(schema, part))),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::Schema;

    fn schemas() -> impl Strategy<Value = Json> {
        let word = prop::sample::select(vec!["string", "object", "other", "a", "b"]);
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            (-2_i64..3).prop_map(Json::from),
            Just(json!(1.5)),
            word.clone().prop_map(Json::from),
            prop::collection::vec(word, 0..3).prop_map(Json::from),
        ];
        let keyword = prop::sample::select(vec![
            "title",
            "description",
            "writeOnly",
            "readOnly",
            "uniqueItems",
            "default",
            "type",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "minProperties",
            "maxProperties",
            "minimum",
            "maximum",
            "required",
            "enum",
            "properties",
            "additionalProperties",
            "items",
            "not",
            "anyOf",
            "oneOf",
            "allOf",
            "$ref",
            "pattern",
            "$schema",
            "other",
        ]);
        leaf.prop_recursive(4, 24, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
                prop::collection::hash_map(keyword.clone().prop_map(str::to_owned), inner, 0..4)
                    .prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn what_looks_like_a_schema_is_one(json in schemas()) {
            prop_assert!(!is_schema(&Value::from(json.clone())) || jsonschema::validator_for(&json).is_ok(), "{}", json);
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-3_i64..4).prop_map(Value::from),
            prop::sample::select(vec![0.5, 1.0, f64::NAN]).prop_map(|float| Value::Number(Number::Float(float))),
            prop::sample::select(vec!["a", "b", "string", "längeres"]).prop_map(Value::from),
            Just(Value::Unknown),
            Just(Value::secret("a".into())),
        ];
        let key = prop::sample::select(vec!["title", "type", "required", "items", "a", "other"]);
        leaf.prop_recursive(3, 12, 3, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::list),
                prop::collection::vec((key.clone(), inner), 0..4).prop_map(Value::map),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8192))]

        #[test]
        fn what_holds_at_a_glance_holds(json in schemas(), value in values(), open in any::<bool>()) {
            let Ok(schema) = Schema::new(std::sync::Arc::new(json.into())) else { return Ok(()) };
            let value = match value.as_map() {
                Some(map) if open => Shape::Map(map.iter().map(|(key, value)| (key.clone(), match value {
                    Value::Unknown => Shape::Text { secret: false },
                    value => Shape::Known(value.clone()),
                })).collect()),
                _ => Shape::Known(value),
            };
            let holds = is_schema(schema.json()) && holds(schema.json(), &value);
            prop_assert!(!holds || schema.contradictions(&value).is_empty(), "{:?} {:?}", schema, value);
        }
    }

    #[test]
    fn ordinary_schemas_are_seen_to_be_ones() {
        let check = |json: Json| assert!(is_schema(&Value::from(json)));
        check(json!({}));
        check(json!({
            "type": "object", "required": ["host"], "additionalProperties": false,
            "properties": {"host": {"type": "string"}, "password": {"type": "string", "writeOnly": true}},
        }));
    }
}
