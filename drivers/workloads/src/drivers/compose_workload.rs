//! The driver `compose-workload`.

use score_drivers::{Call, Driver, Error};
use score_model::Value;
use score_resolver::{Applied, ApplyRequest, Artefact, Capabilities, DriverInfo};
use serde_json::json;

use super::{artefacts, read_inputs, told, workload_inputs};
use crate::compose::{self, Options};

/// The driver `compose-workload`: a workload as [Compose services](compose::convert). Pure.
///
/// | input | |
/// |---|---|
/// | `workload` | the Score document, placeholders resolved: `${params}` |
/// | `resources` | alias → `{uid, outputs}`: `${resources}`; the sources of volumes are looked up here |
/// | `services` | the services of what the workload depends on: `${artefacts.compose.service}`; all its containers wait until these are healthy, have ended well, or run |
/// | `models` | the models of what the workload depends on: `${artefacts.compose.model}`; all its containers use them |
/// | `publish` | name of a port of the workload → port of the host |
/// | `image` | the image of containers whose image is `.` |
///
/// Only `workload` is required. The output `hostname` is the name under which other services reach the workload; artefacts are `compose.service` and, for files, `compose.config`;
/// of files that are no texts also `file`, to be written beside the document.
#[derive(Clone, Copy, Debug, Default)]
pub struct ComposeWorkload;

impl Driver for ComposeWorkload {
    fn info(&self) -> DriverInfo {
        let inputs = json!({
            "type": "object",
            "required": ["workload"],
            "additionalProperties": false,
            "properties": {
                "workload": {"type": "object", "description": "The Score document, placeholders resolved: ${params}"},
                "resources": {"type": "object", "description": "Alias to uid and outputs: ${resources}"},
                "services": artefacts::schema("Services to wait for: ${artefacts.compose.service}"),
                "models": artefacts::schema("Models to use: ${artefacts.compose.model}"),
                "publish": {
                    "description": "Port of the workload to port of the host",
                    "type": "object",
                    "additionalProperties": {"type": "integer", "minimum": 1, "maximum": 65535},
                },
                "image": {"type": ["string", "null"], "description": "The image of containers whose image is `.`"},
            },
        });
        let outputs = json!({
            "type": "object",
            "required": ["hostname"],
            "properties": {"hostname": {"type": "string"}},
        });
        DriverInfo::new(Capabilities::PURE).inputs(inputs).outputs(outputs)
    }

    async fn apply(&self, call: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        let (workload, resources) = workload_inputs(&request.inputs)?;
        let options = read_inputs(&request.inputs, |inputs| {
            let mut options = Options { image: inputs.optional_text("image"), ..Options::default() };
            let services = artefacts::read(inputs, "services", "compose.service");
            options.wait_for = services.into_iter().map(|service| (service.key, service.value)).collect();
            let models = artefacts::read(inputs, "models", "compose.model");
            options.models = models.into_iter().map(|model| model.key).collect();
            inputs.each("publish", |name, port| options.publish.extend(port.port().map(|port| (name, port))));
            options
        })?;
        let converted = told(call, compose::convert(&workload, &resources, &options))?;
        let mut applied = Applied::new(Value::map([("hostname", Value::from(workload.name))]));
        applied.artefacts = converted
            .sections
            .into_iter()
            .map(|section| Artefact { kind: section.kind.into(), key: section.key, value: section.value })
            .collect();
        applied.artefacts.extend(converted.files.iter().filter_map(artefacts::mounted));
        Ok(applied)
    }
}
