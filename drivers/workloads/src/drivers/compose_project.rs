//! The driver `compose-project`.

use score_drivers::{Call, Driver, Error};
use score_model::Value;
use score_resolver::{Applied, ApplyRequest, Capabilities, DriverInfo};
use serde_json::json;

use super::{artefacts, read_inputs};
use crate::compose::{self, SECTIONS};

/// The driver `compose-project`: a whole [Compose document](compose::project) from the pieces of many nodes, as one file. Pure.
///
/// | input | |
/// |---|---|
/// | `name` | the name of the project |
/// | `file` | the name of the file; `compose.yaml` unless given |
/// | `services`, `networks`, `volumes`, `configs`, `secrets`, `models` | the pieces: `${artefacts.compose.service}` and so on |
///
/// Only `name` is required. The output `file` is the name of the file; it is an artefact `file`, for a `directory` to write.
#[derive(Clone, Copy, Debug, Default)]
pub struct ComposeProject;

impl Driver for ComposeProject {
    fn info(&self) -> DriverInfo {
        let mut properties = serde_json::Map::new();
        properties
            .insert("name".into(), json!({"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$", "writeOnly": false}));
        properties.insert("file".into(), json!({"type": "string", "minLength": 1, "writeOnly": false}));
        for (kind, section) in SECTIONS {
            let description = format!("The {section} of the project: ${{artefacts.{kind}}}");
            properties.insert(section.into(), artefacts::schema(&description));
        }
        let inputs = json!({
            "type": "object",
            "required": ["name"],
            "additionalProperties": false,
            "properties": properties,
        });
        let outputs = json!({"type": "object", "required": ["file"], "properties": {"file": {"type": "string"}}});
        DriverInfo::new(Capabilities::PURE).inputs(inputs).outputs(outputs)
    }

    async fn apply(&self, _: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        let (name, file, pieces) = read_inputs(&request.inputs, |inputs| {
            let mut pieces = Vec::new();
            for (kind, section) in SECTIONS {
                pieces.extend(artefacts::read(inputs, section, kind));
            }
            let file = inputs.optional_text("file").unwrap_or_else(|| "compose.yaml".into());
            (inputs.required_text("name").unwrap_or_default(), file, pieces)
        })?;
        let mut applied = Applied::new(Value::map([("file", Value::from(file.clone()))]));
        applied.artefacts.push(artefacts::file(file, &[compose::project(&name, &pieces)]));
        Ok(applied)
    }
}
