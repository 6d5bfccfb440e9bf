//! Candidates for one class that differ in the params they accept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use score_model::{Diagnostic, Diagnostics, Path, Value};

use super::domain::Domain;

/// Warns of modules that can serve one class of the type, one here and one there, and accept different params: a Score file that is right for one may be wrong for the other.
pub(super) fn differ(domain: &Domain<'_>, diagnostics: &mut Diagnostics) {
    let mut reported = BTreeSet::new();
    for class in domain.named_classes() {
        let mut modules: BTreeMap<&Arc<str>, Option<Value>> = BTreeMap::new();
        for (_, rule) in domain.rules.iter().filter(|(_, rule)| rule.class.holds(&class)) {
            if let Some(module) = domain.platform.module(&rule.module) {
                modules.insert(&rule.module, module.params.as_ref().and_then(|schema| accepted(schema, 0)));
            }
        }
        let mut all = modules.into_iter();
        let Some((first, accepts)) = all.next() else { continue };
        for (name, other) in all {
            if other == accepts || !reported.insert((first.clone(), name.clone())) {
                continue;
            }
            let params = differing(accepts.as_ref(), other.as_ref());
            let params = if params.is_empty() { String::new() } else { format!(" in {}", params.join(", ")) };
            let message = format!(
                "modules `{first}` and `{name}` both can serve `{}` of class `{class}`, and differ{params} as to the params they accept",
                domain.name
            );
            let module = domain.platform.module(name);
            let place = module.and_then(|module| module.written.place(&Path::root().child("params")));
            let help =
                "a Score file that is right in one context may be wrong in another: accept the same params in both";
            diagnostics.push(Diagnostic::warning("candidates-differ", message).at(place).help(help));
        }
    }
}

/// What a schema accepts: without what is said for people only, and without what accepts everything. `None`: everything.
fn accepted(schema: &Value, depth: usize) -> Option<Value> {
    if depth > 32 {
        return Some(schema.clone());
    }
    let Value::Map(map) = schema else {
        return (schema.as_bool() != Some(true)).then(|| schema.clone());
    };
    let closed = map.get("additionalProperties").is_some_and(|more| more.as_bool() != Some(true));
    let mut kept = score_model::Map::default();
    for (key, value) in map.iter() {
        match &**key {
            "title" | "description" | "default" | "examples" | "deprecated" | "$comment" => {}
            "type" if depth == 0 && value.as_str() == Some("object") => {}
            "additionalProperties" if value.as_bool() == Some(true) => {}
            "required" if value.as_list().is_some_and(<[_]>::is_empty) => {}
            "properties" => {
                let below = value.as_map().into_iter().flatten().filter_map(|(name, schema)| {
                    match accepted(schema, depth + 1) {
                        None => closed.then(|| (name.clone(), Value::Bool(true))),
                        Some(schema) => Some((name.clone(), schema)),
                    }
                });
                let below: score_model::Map = below.collect();
                if closed || !below.is_empty() {
                    kept.insert(key.clone(), Value::from(below));
                }
            }
            _ => {
                kept.insert(key.clone(), value.clone());
            }
        }
    }
    (!kept.is_empty()).then(|| Value::from(kept))
}

/// The params as to which two schemas differ.
fn differing(one: Option<&Value>, other: Option<&Value>) -> Vec<String> {
    let properties = |schema: Option<&Value>| -> BTreeMap<Arc<str>, Value> {
        let map = schema.and_then(|schema| schema.child("properties")).and_then(Value::as_map);
        map.into_iter().flatten().map(|(name, schema)| (name.clone(), schema.clone())).collect()
    };
    let (one, other) = (properties(one), properties(other));
    let names: BTreeSet<&Arc<str>> = one.keys().chain(other.keys()).collect();
    names.into_iter().filter(|name| one.get(*name) != other.get(*name)).map(|name| format!("`{name}`")).collect()
}
