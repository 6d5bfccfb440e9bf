//! Provisioners that render templates.

use std::collections::BTreeMap;

use score_model::{Document, Source, Value, merge_patch};
use score_templates::{Data, Functions, Host, Template};
use score_workloads::kubernetes::SecretReference;

use crate::Dialect;
use crate::input::{Input, data, map_data};
use crate::outcome::Outcome;
use crate::provisioner::template_fields;

/// The templates of a provisioner, parsed once for all resources that it serves.
#[derive(Debug, Default)]
pub(crate) struct Templates(BTreeMap<&'static str, Template>);

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
        Ok(Self(templates))
    }
}

/// Renders the fields in their order, each seeing what came before.
pub(crate) fn provision(templates: &Templates, input: &Input<'_>, host: &mut Host) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    let mut init = map_data(&crate::input::empty_map());
    let mut state = map_data(&input.resource.state);
    let mut shared = map_data(input.shared);
    for field in template_fields(input.dialect) {
        let value = match templates.0.get(field) {
            None => None,
            Some(template) => render(template, &input.data(&init, &state, &shared), host)
                .map_err(|e| format!("{field} template failed: {e}"))?,
        };
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

fn render(template: &Template, root: &Data, host: &mut Host) -> Result<Option<Value>, String> {
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
