//! Defaults that their own schema refuses.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use score_model::{Diagnostic, Diagnostics, Path, Value};

use crate::Platform;
use crate::platform::Written;
use crate::schema::{Schema, with_defaults};

/// How many parts of a schema are looked at: one that contains itself has no end.
const MOST_PARTS: usize = 10_000;

/// The defaults of params that whoever leaves them out would be refused for.
pub(super) fn refused(platform: &Platform, diagnostics: &mut Diagnostics) {
    let programs = platform.program();
    for (name, ty) in platform.types() {
        let schema = programs.types.get(name).and_then(|program| program.params.as_ref());
        of_schema(schema, &ty.written, &format!("type `{name}`"), diagnostics);
    }
    for (name, module) in platform.modules() {
        let schema = programs.modules.get(name).and_then(|program| program.params.as_ref());
        of_schema(schema, &module.written, &format!("module `{name}`"), diagnostics);
    }
}

fn of_schema(schema: Option<&Schema>, written: &Written, whose: &str, diagnostics: &mut Diagnostics) {
    let Some(schema) = schema.filter(|schema| schema.has_defaults()) else { return };
    let mut open = VecDeque::from([(Path::root(), schema.root())]);
    let mut looked_at = 0;
    while let Some((at, part)) = open.pop_front() {
        let properties: BTreeSet<&str> = part.properties().collect();
        for key in properties {
            looked_at += 1;
            let (path, Some(below)) = (at.child(key), part.child(key)) else { continue };
            if let Some(default) = part.default_of(key) {
                let value = with_defaults(default.clone(), &below);
                let value = path.keys().iter().rev().fold(value, |value, key| Value::map([(key.clone(), value)]));
                let violations = schema.violations(&value).into_iter();
                for violation in violations.filter(|violation| violation.path.keys().starts_with(path.keys())) {
                    let message = format!("the default of `{path}` in the params of {whose} does not fit: {violation}");
                    let place = written.place(&where_written(&path));
                    diagnostics.push(Diagnostic::error("default", message).at(place));
                }
            }
            if looked_at < MOST_PARTS {
                open.push_back((path, below));
            }
        }
    }
}

/// Where the default stands of what lies at a path.
fn where_written(path: &Path) -> Path {
    let below = path.keys().iter().flat_map(|key| [Arc::from("properties"), key.clone()]);
    [Arc::from("params")].into_iter().chain(below).chain([Arc::from("default")]).collect()
}
