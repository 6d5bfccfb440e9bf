//! The driver `template`: a resource made of templates.

use score_drivers::{
    Applied, ApplyRequest, Artefact, Call, Capabilities, Driver, DriverInfo, Error, ErrorKind, InputProblem, Map, Path,
    SecretTexts, ValidateRequest, Value,
};
use score_model::{Document, Source};
use serde_json::json;

use crate::{Data, Functions, Host, Template};

/// The templates that there can be, in the order in which they are rendered.
const PARTS: [&str; 5] = ["init", "state", "outputs", "secrets", "artefacts"];
/// What templates see beside the inputs.
const BESIDE: [&str; 3] = ["context", "state", "init"];

/// Makes outputs and artefacts with Go templates: `inputs.templates.{init, state, outputs, secrets, artefacts}`, all optional, are rendered in this order, each to YAML.
///
/// They see the rest of `inputs` by name, `.context`, `.state` and `.init`. `.state` is what was recorded, and, once the template `state` is rendered, what that gave: `{{ .state.password | default
/// (randAlphaNum 20) }}` is drawn once and kept. Outputs under `secrets` are secret, and so is what contains a secret. `artefacts` is a list of `{kind, key, value}`; the others are maps. What is empty is an empty map or list.
///
/// Pure. Randomness follows from the call's seed, for each template apart; there is no time and no environment. Where inputs are not all known, neither are the outputs.
#[derive(Clone, Copy, Debug, Default)]
pub struct TemplateDriver;

impl Driver for TemplateDriver {
    fn info(&self) -> DriverInfo {
        let texts: serde_json::Map<_, _> =
            PARTS.iter().map(|part| ((*part).to_owned(), json!({"type": "string"}))).collect();
        DriverInfo::new(Capabilities::PURE.context().validate()).inputs(json!({
            "type": "object",
            "properties": {
                "templates": {"type": "object", "properties": texts, "additionalProperties": false},
            },
        }))
    }

    async fn validate(&self, _: &Call, request: ValidateRequest) -> Result<Vec<InputProblem>, Error> {
        Ok(Templates::read(&request.inputs).err().unwrap_or_default())
    }

    async fn apply(&self, call: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        if request.inputs.has_unknown() || request.context.as_ref().is_some_and(Value::has_unknown) {
            return Ok(Applied::new(Value::Unknown));
        }
        let templates = Templates::read(&request.inputs).map_err(|problems| {
            let problems: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
            Error::invalid(problems.join("; "))
        })?;
        let recorded = request.prior.map(|prior| prior.state).unwrap_or_default();
        let mut secrets = SecretTexts::of(&request.inputs);
        request.context.iter().for_each(|context| secrets.add(context));

        let mut data = request.inputs.unmarked().as_map().cloned().unwrap_or_default();
        data.remove("templates");
        data.insert("context".into(), map(request.context.unwrap_or_default()));
        data.insert("state".into(), map(recorded));
        data.insert("init".into(), map(Value::Null));

        let init = templates.render("init", &data, call)?;
        data.insert("init".into(), map_of("init", init)?);
        let state = templates.render("state", &data, call)?;
        if templates.has("state") {
            data.insert("state".into(), map_of("state", state.clone())?);
        }
        let outputs = map_of("outputs", templates.render("outputs", &data, call)?)?;
        let hidden = map_of("secrets", templates.render("secrets", &data, call)?)?;
        let artefacts = artefacts_of(templates.render("artefacts", &data, call)?)?;

        secrets.add_whole(&hidden);
        let mut all = outputs.as_map().cloned().unwrap_or_default();
        let hidden = hidden.as_map().cloned().unwrap_or_default();
        all.extend(hidden.into_iter().map(|(key, value)| (key, Value::secret(value))));
        let mut applied = Applied::new(secrets.mark(&all.into()));
        applied.state = state;
        applied.artefacts = artefacts.into_iter().map(|artefact| artefact.marked(&secrets)).collect();
        Ok(applied)
    }
}

/// The templates of one resource, parsed.
struct Templates(Vec<(&'static str, Template)>);

impl Templates {
    /// The templates, or everything that is wrong with them. What is unknown is left out.
    fn read(inputs: &Value) -> Result<Self, Vec<InputProblem>> {
        let (mut templates, mut problems) = (Vec::new(), Vec::new());
        let inputs = match inputs {
            Value::Secret(inputs) => inputs.expose(),
            inputs => inputs,
        };
        let root = Path::root();
        for name in BESIDE.iter().filter(|name| inputs.child(name).is_some()) {
            let message =
                format!("the input `{name}` would hide what templates see as `.{name}`; give it another name");
            problems.push(InputProblem::new(root.child(*name), message));
        }
        let root = root.child("templates");
        let given = match inputs.child("templates") {
            Some(Value::Map(given)) => (**given).clone(),
            None | Some(Value::Null | Value::Unknown) => Map::default(),
            Some(_) => {
                problems.push(InputProblem::new(root.clone(), "`templates` is not a map of templates"));
                Map::default()
            }
        };
        for name in given.keys().filter(|name| !PARTS.contains(&&***name)) {
            let message = format!(
                "there is no template `{name}`; there are {}",
                PARTS.map(|part| format!("`{part}`")).join(", ")
            );
            problems.push(InputProblem::new(root.child(name.clone()), message));
        }
        for part in PARTS {
            match given.get(part) {
                None | Some(Value::Null | Value::Unknown) => {}
                Some(Value::String(text)) => match Template::parse(part, text, &Functions::default()) {
                    Ok(template) => templates.push((part, template)),
                    Err(error) => problems.push(InputProblem::new(root.child(part), error.to_string())),
                },
                Some(_) => {
                    problems.push(InputProblem::new(root.child(part), format!("the template `{part}` is not a text")));
                }
            }
        }
        if problems.is_empty() { Ok(Self(templates)) } else { Err(problems) }
    }

    fn has(&self, part: &str) -> bool {
        self.0.iter().any(|(name, _)| *name == part)
    }

    /// What a template gives; null where there is none, or nothing in it.
    fn render(&self, part: &str, data: &Map, call: &Call) -> Result<Value, Error> {
        let Some((_, template)) = self.0.iter().find(|(name, _)| *name == part) else {
            return Ok(Value::Null);
        };
        let mut host = Host::default();
        if let Some(seed) = call.seed() {
            host = host.with_seed(seed.derive(part).as_bytes());
        }
        let data = Data::from(Value::from(data.clone()).expose());
        let text = template.render(&data, &mut host).map_err(|error| Error::invalid(error.to_string()))?;
        let (documents, diagnostics) = Document::parse_all(Source::new(part, text)).into_parts();
        match documents.as_deref() {
            Some(documents) if !diagnostics.has_errors() => match documents {
                [] => Ok(Value::Null),
                [document] => Ok(document.value().clone()),
                _ => Err(bad(part, "gave more than one YAML document")),
            },
            _ => {
                let problems: Vec<_> = diagnostics.iter().map(ToString::to_string).collect();
                Err(bad(part, &format!("gave what is not YAML: {}", problems.join("; "))))
            }
        }
    }
}

fn bad(part: &str, what: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("the template `{part}` {what}"))
}

/// A map to look into, also where there is nothing.
fn map(value: Value) -> Value {
    match value {
        Value::Null => Map::default().into(),
        value => value.unmarked(),
    }
}

fn map_of(part: &str, value: Value) -> Result<Value, Error> {
    match map(value) {
        value @ Value::Map(_) => Ok(value),
        _ => Err(bad(part, "did not give a map")),
    }
}

fn artefacts_of(value: Value) -> Result<Vec<Artefact>, Error> {
    let artefact = |item: &Value| {
        let text = |key: &str| item.child(key)?.as_str().map(Into::into);
        Some(Artefact {
            kind: text("kind")?,
            key: text("key")?,
            value: item.child("value").cloned().unwrap_or_default(),
        })
    };
    let items = match &value {
        Value::Null => Some(&[][..]),
        value => value.as_list(),
    };
    let artefacts = items.and_then(|items| items.iter().map(artefact).collect());
    artefacts
        .ok_or_else(|| bad("artefacts", "did not give a list of maps with the texts `kind` and `key`, and a `value`"))
}
