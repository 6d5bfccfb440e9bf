//! What a schema says of what is absent.

use std::sync::Arc;

use score_model::Value;

use super::{Shape, Subschema};
use crate::Expr;

/// What defaults can be filled into.
pub(crate) trait Fill: From<Value> {
    /// Its entries, where it is a map of which all keys are known; else itself.
    fn into_entries(self) -> Result<Vec<(Arc<str>, Self)>, Self>;
    /// A map of these.
    fn of_entries(entries: impl Iterator<Item = (Arc<str>, Self)>) -> Self;
}

/// The same with the defaults of the schema for what is absent, and theirs in these. A default is not filled into itself, so that schemas that contain themselves come to an end.
pub(crate) fn with_defaults<F: Fill>(value: F, schema: &Subschema<'_>) -> F {
    fill(value, schema, &mut Vec::new())
}

/// `within`: the defaults that it is a part of.
fn fill<'a, F: Fill>(value: F, schema: &Subschema<'a>, within: &mut Vec<&'a Value>) -> F {
    let entries = match value.into_entries() {
        Ok(entries) => entries,
        Err(value) => return value,
    };
    let is_absent = |name: &&str| !entries.iter().any(|(key, _)| &**key == *name);
    let absent = schema.properties().filter(is_absent);
    let absent = absent.filter_map(|name| Some((Arc::from(name), F::from(default(schema, name, within)?))));
    let absent: Vec<(Arc<str>, F)> = absent.collect();
    let filled = entries.into_iter().map(|(key, value)| match schema.child(&key) {
        Some(below) => (key, fill(value, &below, within)),
        None => (key, value),
    });
    F::of_entries(filled.chain(absent))
}

fn default<'a>(schema: &Subschema<'a>, key: &str, within: &mut Vec<&'a Value>) -> Option<Value> {
    let default = schema.default_of(key)?;
    if default.as_map().is_none() {
        return Some(default.clone());
    }
    if within.iter().any(|outer| std::ptr::eq(*outer, default)) {
        return None;
    }
    within.push(default);
    let filled = schema.child(key).map_or_else(|| default.clone(), |below| fill(default.clone(), &below, within));
    within.pop();
    Some(filled)
}

impl Fill for Value {
    fn into_entries(self) -> Result<Vec<(Arc<str>, Self)>, Self> {
        match self {
            Self::Map(map) => Ok(map.iter().map(|(key, value)| (key.clone(), value.clone())).collect()),
            other => Err(other),
        }
    }

    fn of_entries(entries: impl Iterator<Item = (Arc<str>, Self)>) -> Self {
        Self::map(entries)
    }
}

impl Fill for Expr {
    fn into_entries(self) -> Result<Vec<(Arc<str>, Self)>, Self> {
        match &self {
            Self::Value(Value::Map(map)) => {
                Ok(map.iter().map(|(key, value)| (key.clone(), Self::Value(value.clone()))).collect())
            }
            Self::Map(map) => Ok(map.iter().map(|(key, expr)| (key.clone(), expr.clone())).collect()),
            _ => Err(self),
        }
    }

    fn of_entries(entries: impl Iterator<Item = (Arc<str>, Self)>) -> Self {
        Self::map(entries)
    }
}

impl Fill for Shape<'_> {
    fn into_entries(self) -> Result<Vec<(Arc<str>, Self)>, Self> {
        self.entries().ok_or(self)
    }

    fn of_entries(entries: impl Iterator<Item = (Arc<str>, Self)>) -> Self {
        Self::Map(entries.collect())
    }
}

impl From<Value> for Shape<'_> {
    fn from(value: Value) -> Self {
        Self::Known(value)
    }
}
