//! The schema of Score as a JSON Schema document.

use serde_json::{Map as Object, Value as Json, json};

use super::score::WORKLOAD;
use super::shape::{Field, Map, Shape};
use crate::names::Rule;

/// The JSON Schema (draft 2020-12) of a Score file as people may write it, deprecated lists of files and volumes included.
///
/// It accepts exactly what the specification's own schema accepts.
pub fn score_schema() -> Json {
    let mut schema = of_shape(&WORKLOAD);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        schema.insert("title".into(), json!("Score v1b1"));
    }
    schema
}

fn of_shape(shape: &Shape) -> Json {
    match shape {
        Shape::Open => json!({"type": "object"}),
        Shape::Text(rule) => of_rule(rule),
        Shape::Integer(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Choice(texts) => json!({"type": "string", "enum": texts}),
        Shape::List(items) => json!({"type": "array", "items": of_shape(items)}),
        Shape::Map(map) => of_map(map),
        Shape::Object(object) => of_object(object, None),
    }
}

fn of_rule(rule: &Rule) -> Json {
    let mut schema = Object::from_iter([("type".to_owned(), json!("string"))]);
    if let Some(pattern) = rule.pattern {
        schema.insert("pattern".into(), json!(pattern));
    }
    if rule.length.0 > 0 {
        schema.insert("minLength".into(), json!(rule.length.0));
    }
    if let Some(most) = rule.length.1 {
        schema.insert("maxLength".into(), json!(most));
    }
    Json::Object(schema)
}

fn of_map(map: &Map) -> Json {
    let mut schema = Object::from_iter([
        ("type".to_owned(), json!("object")),
        ("additionalProperties".to_owned(), of_shape(map.values)),
    ]);
    if let Some(keys) = map.keys {
        schema.insert("propertyNames".into(), of_rule(keys));
    }
    if map.least > 0 {
        schema.insert("minProperties".into(), json!(map.least));
    }
    match (map.listed, map.values) {
        (Some(target), Shape::Object(object)) => {
            let listed = json!({"type": "array", "deprecated": true, "items": of_object(object, Some(target))});
            json!({"oneOf": [schema, listed]})
        }
        _ => Json::Object(schema),
    }
}

fn of_object(object: &super::shape::Object, further: Option<&'static Field>) -> Json {
    let fields = object.fields.iter().chain(further);
    let properties = fields.map(|field| {
        let mut schema = of_shape(&field.shape);
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".into(), json!(field.about));
        }
        (field.name.to_owned(), schema)
    });
    let mut schema = Object::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), properties.collect()),
        ("additionalProperties".to_owned(), json!(object.open)),
    ]);
    let required: Vec<&str> = object.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    let each_required = |names: &[&str]| names.iter().map(|name| json!({"required": [name]})).collect::<Json>();
    if !object.one_of.is_empty() {
        schema.insert("oneOf".into(), each_required(object.one_of));
    }
    if !object.any_of.is_empty() {
        schema.insert("anyOf".into(), each_required(object.any_of));
    }
    Json::Object(schema)
}
