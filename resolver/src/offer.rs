//! What a Score file may ask for.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use score_model::{DEFAULT_CLASS, Value};
use serde_json::json;

use crate::{ClassPattern, Context, Platform, RequestedBy};

/// What a Score file may ask for in one context, and some rule serves there.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Offer {
    /// The types, by name.
    pub types: Vec<OfferedType>,
}

/// A resource type that a Score file may ask for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OfferedType {
    /// Its name.
    pub name: Arc<str>,
    /// What it is.
    pub description: Option<Arc<str>>,
    /// The classes that are served, each with its description; where the type declares none, those that rules name.
    pub classes: IndexMap<Arc<str>, Arc<str>>,
    /// JSON Schema of its params. `None`: any map.
    pub params: Option<Arc<Value>>,
    /// JSON Schema of its outputs. `None`: any map.
    pub outputs: Option<Arc<Value>>,
}

impl Offer {
    /// What a Score file may ask for in this context.
    pub fn new(platform: &Platform, context: &Context) -> Self {
        let mut types = Vec::new();
        for (name, ty) in platform.types().filter(|(_, ty)| ty.requested_by == RequestedBy::Developers) {
            let here: Vec<&ClassPattern> = platform
                .rules_of(name)
                .filter(|(_, rule)| rule.holds_in(context))
                .map(|(_, rule)| &rule.class)
                .collect();
            let classes: IndexMap<Arc<str>, Arc<str>> = match &ty.classes {
                Some(classes) => classes
                    .iter()
                    .filter(|(class, _)| here.iter().any(|pattern| pattern.holds(class)))
                    .map(|(class, description)| (class.clone(), description.clone()))
                    .collect(),
                None => here
                    .iter()
                    .map(|pattern| match pattern {
                        ClassPattern::Any => DEFAULT_CLASS.into(),
                        ClassPattern::Named(class) => class.clone(),
                    })
                    .collect::<BTreeSet<Arc<str>>>()
                    .into_iter()
                    .map(|class| (class, Arc::default()))
                    .collect(),
            };
            if !classes.is_empty() {
                types.push(OfferedType {
                    name: name.clone(),
                    description: ty.description.clone(),
                    classes,
                    params: ty.params.clone(),
                    outputs: ty.outputs.clone(),
                });
            }
        }
        Self { types }
    }

    /// `{"types": [{"type", "description", "classes", "params", "outputs"}]}`; null for what is not said.
    pub fn to_json(&self) -> serde_json::Value {
        let schema = |schema: &Option<Arc<Value>>| schema.as_ref().map(|schema| schema.redacted());
        let types: Vec<serde_json::Value> = self
            .types
            .iter()
            .map(|ty| {
                json!({
                    "type": ty.name,
                    "description": ty.description,
                    "classes": ty.classes,
                    "params": schema(&ty.params),
                    "outputs": schema(&ty.outputs),
                })
            })
            .collect();
        json!({"types": types})
    }
}

/// As text for people.
impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ty) in self.types.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            f.write_str(&ty.name)?;
            if let Some(description) = &ty.description {
                write!(f, ": {description}")?;
            }
            for (class, description) in &ty.classes {
                let colon = if description.is_empty() { "" } else { ": " };
                write!(f, "\n  class {class}{colon}{description}")?;
            }
            for (what, schema) in [("param", &ty.params), ("output", &ty.outputs)] {
                let Some(schema) = schema else { continue };
                let required = schema.child("required").and_then(Value::as_list).unwrap_or_default();
                for (name, property) in schema.child("properties").and_then(Value::as_map).into_iter().flatten() {
                    write!(f, "\n  {what} {name}")?;
                    match property.child("type") {
                        Some(Value::String(ty)) => write!(f, ": {ty}")?,
                        Some(ty) => write!(f, ": {}", ty.redacted())?,
                        None => {}
                    }
                    if what == "param" && required.iter().any(|wanted| wanted.as_str() == Some(name)) {
                        f.write_str(", required")?;
                    }
                    if let Some(default) = property.child("default") {
                        write!(f, ", {} if absent", default.redacted())?;
                    }
                    if property.child("writeOnly").and_then(Value::as_bool) == Some(true) {
                        f.write_str(", secret")?;
                    }
                    if let Some(description) = property.child("description").and_then(Value::as_str) {
                        write!(f, " ({description})")?;
                    }
                }
            }
        }
        Ok(())
    }
}
