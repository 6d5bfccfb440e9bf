//! Provisioners that render templates.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::yaml::{Entry, Kind, Scalar};
use score_model::{Source, Value};
use score_templates::{Data, Functions, Host, Limits, Struct, StructType, Template};
use score_workloads::kubernetes::SecretReference;

use crate::compose_form::LENIENT;
use crate::data::{data, map_data, merge, value};
use crate::input::{Input, root_type};
use crate::outcome::Outcome;
use crate::provisioner::template_fields;
use crate::score_files::is_blank;
use crate::state::map_or_empty;
use crate::{Dialect, yaml};

/// The templates of a provisioner, parsed once for all resources that it serves.
#[derive(Debug)]
pub(crate) struct Templates {
    by_field: BTreeMap<&'static str, Template>,
    /// The type of what they are rendered with.
    root: Arc<StructType>,
}

impl Templates {
    pub(crate) fn parse(dialect: Dialect, texts: &BTreeMap<String, String>) -> Result<Self, String> {
        let functions = functions(dialect);
        let mut templates = BTreeMap::new();
        for field in template_fields(dialect) {
            let text = texts.get(*field).map(|text| text.trim()).unwrap_or_default();
            if !text.is_empty() {
                let parsed = Template::parse("", text, &functions);
                let parsed = parsed.map_err(|e| format!("{field} template failed: failed to parse template: {e}"))?;
                templates.insert(*field, parsed);
            }
        }
        Ok(Self { by_field: templates, root: root_type(dialect) })
    }
}

/// Renders the fields in their order, each seeing what came before. What they share goes into `shared` at once.
pub(crate) fn provision(
    templates: &Templates,
    input: &Input<'_>,
    shared: &mut Data,
    host: &mut Host,
) -> Result<Outcome, String> {
    // Held by nobody else, what is shared can be changed without being copied.
    let mut root = Arc::new(input.root(&templates.root, std::mem::replace(shared, Data::Null)));
    let outcome = render_fields(templates, input.dialect, &mut root, host);
    *shared = replace(&mut root, "Shared", Data::Null);
    outcome
}

fn render_fields(
    templates: &Templates,
    dialect: Dialect,
    root: &mut Arc<Struct>,
    host: &mut Host,
) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    let mut changed = false;
    for field in template_fields(dialect) {
        let failed = |problem: String| format!("{} template failed: {problem}", field.replace('_', " "));
        let value = match templates.by_field.get(field) {
            None => None,
            Some(template) => render(template, root, host, &mut changed).map_err(failed)?,
        };
        if let Some(value) = &value
            && matches!(*field, "init" | "state" | "shared" | "outputs")
            && !matches!(value, Value::Map(_) | Value::Null)
        {
            return Err(failed("failed to decode output: expected a map".to_owned()));
        }
        let decoded = match (*field, value) {
            ("init", Some(value)) => {
                replace(root, "Init", map_data(&map_or_empty(&value)));
                Ok(())
            }
            (field, Some(value)) => outcome.set(field, value, LENIENT),
            (_, None) => Ok(()),
        };
        decoded.map_err(|problem| failed(format!("failed to decode output: {problem}")))?;
        match *field {
            "state" => drop(replace(root, "State", data(&Value::from(outcome.state.clone())))),
            "shared" => {
                let mut shared = replace(root, "Shared", Data::Null);
                merge(&mut shared, &outcome.shared);
                replace(root, "Shared", shared);
            }
            _ => {}
        }
    }
    if changed && let Value::Map(state) = value(&replace(root, "State", Data::Null)) {
        outcome.state = Arc::unwrap_or_clone(state);
    }
    Ok(outcome)
}

fn replace(root: &mut Arc<Struct>, field: &str, value: Data) -> Data {
    Arc::make_mut(root).replace(field, value).unwrap_or(Data::Null)
}

/// Renders a template and reads what came of it. Templates may change the maps that they are given: for those after them, too.
fn render(
    template: &Template,
    root: &mut Arc<Struct>,
    host: &mut Host,
    changed: &mut bool,
) -> Result<Option<Value>, String> {
    let rendered = template.render_within(&Data::Struct(root.clone()), host, Limits::default());
    let rendered = rendered.map_err(|e| format!("failed to execute template: {e}"))?;
    if let Data::Struct(left) = rendered.data {
        *changed |= !Arc::ptr_eq(root, &left);
        *root = left;
    }
    if is_blank(&rendered.text) {
        return Ok(None);
    }
    let failed = |problem: String| format!("failed to decode output: {problem}");
    let source = Source::new("template", rendered.text);
    let read = yaml::read(source.clone()).map_err(failed)?;
    match stray_key(&source, &read) {
        Some(key) => Err(failed(format!("the key {key} is no text: quote it"))),
        None => Ok(Some(read)),
    }
}

/// The first key of a map that is a number, a truth value or a date; in the maps in it such keys are texts.
fn stray_key(source: &Source, map: &Value) -> Option<String> {
    let suspect = |key: &str| {
        key.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
            || ["true", "false"].iter().any(|word| key.eq_ignore_ascii_case(word))
    };
    map.as_map().filter(|map| map.keys().any(|key| suspect(key)))?;
    let (node, _) = score_model::yaml::read(source).into_parts();
    let node = node??;
    let Kind::Map(entries) = node.kind() else { return None };
    let text = |entry: &Entry| matches!(entry.key.kind(), Kind::Scalar(Scalar::String(_) | Scalar::Null));
    entries.iter().find(|entry| !text(entry)).map(|entry| entry.text.to_string())
}

/// Sprig, and what the dialect has beside it.
pub(crate) fn functions(dialect: Dialect) -> Functions {
    match dialect {
        Dialect::Compose => Functions::default(),
        Dialect::Kubernetes => Functions::default().with("encodeSecretRef", |arguments| match arguments {
            [Data::String(name), Data::String(key)] => {
                let name = name.to_string_lossy().into_owned();
                let key = key.to_string_lossy().into_owned();
                Ok(Data::from(SecretReference { name, key }.encode()))
            }
            _ => Err("encodeSecretRef wants two strings, the name of a Secret and a key".to_owned()),
        }),
    }
}
