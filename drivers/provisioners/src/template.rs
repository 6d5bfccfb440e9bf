//! Provisioners that render templates.

use std::collections::BTreeMap;

use score_model::{Document, Source, Value};
use score_templates::{Data, Functions, Host, Template};
use score_workloads::kubernetes::SecretReference;

use crate::Dialect;
use crate::input::{Input, data, map_data};
use crate::outcome::Outcome;
use crate::provisioner::template_fields;
use score_workloads::merge_patch;

/// Renders the fields in their order, each seeing what came before.
pub(crate) fn provision(
    templates: &BTreeMap<String, String>,
    input: &Input<'_>,
    host: &mut Host,
) -> Result<Outcome, String> {
    let functions = functions(input.dialect);
    let mut outcome = Outcome::default();
    let mut init = map_data(&crate::input::empty_map());
    let mut state = map_data(&input.resource.state);
    let mut shared = map_data(input.shared);
    for field in template_fields(input.dialect) {
        let root = input.data(&init, &state, &shared);
        let text = templates.get(*field).map(|text| text.trim()).unwrap_or_default();
        let value = render(text, &functions, &root, host).map_err(|e| format!("{field} template failed: {e}"))?;
        if let Some(value) = &value
            && matches!(*field, "init" | "state" | "shared" | "outputs")
            && !matches!(value, Value::Map(_) | Value::Null)
        {
            return Err(format!("{field} template failed: failed to decode: expected a map"));
        }
        match *field {
            "init" => init = map_data(&value.unwrap_or_else(crate::input::empty_map)),
            field => {
                if let Some(value) = value {
                    outcome.set(field, value).map_err(|e| format!("{field} template failed: failed to decode: {e}"))?;
                }
                match field {
                    "state" => state = data(&Value::from(outcome.state.clone())),
                    "shared" => {
                        shared = data(&merge_patch(input.shared, &Value::from(outcome.shared.clone())));
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(outcome)
}

fn render(text: &str, functions: &Functions, root: &Data, host: &mut Host) -> Result<Option<Value>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let template = Template::parse("", text, functions).map_err(|e| format!("failed to parse template: {e}"))?;
    let rendered = template.render(root, host).map_err(|e| format!("failed to execute template: {e}"))?;
    if rendered.trim().is_empty() {
        return Ok(None);
    }
    let (document, _) =
        Document::parse(Source::new("template", rendered.clone())).into_result().map_err(|problems| {
            let first = problems.iter().next().map(|problem| problem.message.clone()).unwrap_or_default();
            format!("failed to decode output: {first}")
        })?;
    Ok(Some(document.value().clone()))
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
