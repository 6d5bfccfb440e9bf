//! Holding what is known of a value against a schema.

use jsonschema::error::ValidationErrorKind as Kind;
use score_model::{Path, Value};
use serde_json::Value as Json;

use super::{Schema, Shape, Subschema, Types, Violation, quick};
use crate::suggest::did_you_mean;

impl Schema {
    /// Everything in which what is known of a value contradicts this schema. Of what is not known, the types are compared.
    pub(crate) fn conform(&self, shape: &Shape<'_>) -> Vec<Violation> {
        if !self.constrains() {
            return Vec::new();
        }
        let holds = self.0.is_simple && quick::holds(self.json(), shape);
        let mut found = if holds { Vec::new() } else { self.contradictions(shape) };
        plain(shape, &self.root(), &Path::root(), &mut found);
        found
    }

    pub(super) fn contradictions(&self, shape: &Shape<'_>) -> Vec<Violation> {
        let mut open = Vec::new();
        let json = known(shape, &Path::root(), &mut open);
        let mut found = Vec::new();
        for error in self.validator().into_iter().flat_map(|validator| validator.iter_errors(&json)) {
            let path = Path::from_pointer(error.instance_path().as_str());
            let covers = |open: &Path| path.keys().starts_with(open.keys());
            let within = |open: &Path| open.keys().starts_with(path.keys());
            let known = !open.iter().any(|(open, _)| covers(open));
            if known && (judges_keys(error.kind()) || !open.iter().any(|(open, _)| within(open))) {
                self.violation(&error, path, &mut found);
            }
        }
        for (path, types) in &open {
            let wanted = self.root().get(path).map_or(Types::ALL, |schema| schema.types());
            if !types.is_empty() && !types.meets(wanted) && !wanted.is_empty() {
                let message = format!("{} must be {}, and this is {}", subject(path), article(wanted), article(*types));
                found.push(Violation { path: path.clone(), of_key: false, message, help: None });
            }
        }
        found
    }

    fn violation(&self, error: &jsonschema::ValidationError<'_>, path: Path, found: &mut Vec<Violation>) {
        let schema = || self.root().get(&path).unwrap_or_default();
        let mut push = |path: Path, of_key, message, help| found.push(Violation { path, of_key, message, help });
        match error.kind() {
            Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
                for name in unexpected {
                    let path = path.child(name.as_str());
                    let known = schema();
                    let help = did_you_mean(name, known.properties()).or_else(|| {
                        let names: Vec<String> = known.properties().map(|name| format!("`{name}`")).collect();
                        (!names.is_empty()).then(|| format!("there are {}", names.join(", ")))
                    });
                    push(path.clone(), true, format!("{} does not exist", subject(&path)), help);
                }
            }
            Kind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                let missing = path.child(name);
                push(path, false, format!("{} is missing", subject(&missing)), None);
            }
            Kind::Type { .. } => {
                let wanted = schema().types();
                let got = Types::of(&Value::from(error.instance().clone().into_owned()));
                let message = format!("{} must be {}, not {}", subject(&path), article(wanted), article(got));
                push(path, false, message, None);
            }
            Kind::FalseSchema => {
                let message = format!("{} does not exist", subject(&path));
                push(path, true, message, None);
            }
            _ => {
                let message = error.masked_with(subject(&path)).to_string();
                push(path, false, message, None);
            }
        }
    }
}

/// Whether a violation of this kind is certain, whatever is not known of the parts.
fn judges_keys(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::AdditionalProperties { .. }
            | Kind::Required { .. }
            | Kind::Type { .. }
            | Kind::FalseSchema
            | Kind::MinItems { .. }
            | Kind::MaxItems { .. }
            | Kind::MinProperties { .. }
            | Kind::MaxProperties { .. }
            | Kind::PropertyNames { .. }
    )
}

/// What is known as JSON, null where nothing is, and the places of those with the types they may have.
fn known(shape: &Shape<'_>, at: &Path, open: &mut Vec<(Path, Types)>) -> Json {
    match shape {
        Shape::Known(value) => known_value(value, at, open),
        Shape::Schema(_) | Shape::Text { .. } => {
            open.push((at.clone(), shape.types()));
            Json::Null
        }
        Shape::List(items) => {
            let items = items.iter().enumerate().map(|(index, item)| known(item, &at.child(index.to_string()), open));
            Json::Array(items.collect())
        }
        Shape::Map(entries) => Json::Object(
            entries.iter().map(|(key, item)| (key.to_string(), known(item, &at.child(key.clone()), open))).collect(),
        ),
    }
}

fn known_value(value: &Value, at: &Path, open: &mut Vec<(Path, Types)>) -> Json {
    match value {
        Value::Unknown => {
            open.push((at.clone(), Types::ALL));
            Json::Null
        }
        Value::Secret(hidden) => known_value(hidden.expose(), at, open),
        Value::List(items) if value.has_unknown() => {
            let items = items.iter().enumerate();
            Json::Array(items.map(|(index, item)| known_value(item, &at.child(index.to_string()), open)).collect())
        }
        Value::Map(map) if value.has_unknown() => {
            let entries = map.iter();
            Json::Object(
                entries.map(|(key, item)| (key.to_string(), known_value(item, &at.child(key.clone()), open))).collect(),
            )
        }
        other => other.expose(),
    }
}

/// Secrets where none may be.
fn plain(shape: &Shape<'_>, schema: &Subschema<'_>, at: &Path, found: &mut Vec<Violation>) {
    if schema.is_plain() {
        match shape {
            Shape::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    plain(item, schema, &at.child(index.to_string()), found);
                }
            }
            _ if shape.may_contain_secret() => found.push(Violation {
                path: at.clone(),
                of_key: false,
                message: format!("{} gets a secret, which others could see there", subject(at)),
                help: Some("hand it over by another input".to_owned()),
            }),
            _ => {}
        }
        return;
    }
    if schema.is_open() {
        return;
    }
    match shape {
        Shape::Map(entries) => {
            for (key, item) in entries {
                if let Some(schema) = schema.child(key) {
                    plain(item, &schema, &at.child(key.clone()), found);
                }
            }
        }
        Shape::List(items) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(schema) = schema.child(&index.to_string()) {
                    plain(item, &schema, &at.child(index.to_string()), found);
                }
            }
        }
        Shape::Known(value) if !value.has_secret() => {}
        Shape::Known(Value::Map(map)) => {
            for (key, item) in map.iter() {
                if let Some(schema) = schema.child(key) {
                    plain(&Shape::Known(item.clone()), &schema, &at.child(key.clone()), found);
                }
            }
        }
        Shape::Known(Value::List(items)) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(schema) = schema.child(&index.to_string()) {
                    plain(&Shape::Known(item.clone()), &schema, &at.child(index.to_string()), found);
                }
            }
        }
        Shape::Known(_) | Shape::Schema(_) | Shape::Text { .. } => {}
    }
}

fn subject(path: &Path) -> String {
    if path.is_root() { "the whole".to_owned() } else { format!("`{path}`") }
}

fn article(types: Types) -> String {
    let text = types.to_string();
    match text.chars().next() {
        _ if text == "anything" || text == "nothing" || text.starts_with("null") => text,
        Some('a' | 'i' | 'o') => format!("an {text}"),
        _ => format!("a {text}"),
    }
}
