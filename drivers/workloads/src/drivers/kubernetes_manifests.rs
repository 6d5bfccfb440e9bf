//! The driver `kubernetes-manifests`.

use score_drivers::{Call, Driver, Error};
use score_model::Value;
use score_resolver::{Applied, ApplyRequest, Capabilities, DriverInfo};
use serde_json::json;

use super::{artefacts, read_inputs};
use crate::kubernetes::{self, OBJECT};

/// The driver `kubernetes-manifests`: all [Kubernetes objects](kubernetes::manifests) of many nodes, as one file. Pure.
///
/// | input | |
/// |---|---|
/// | `objects` | the objects: `${artefacts.kubernetes.object}` |
/// | `file` | the name of the file; `manifests.yaml` unless given |
///
/// Only `objects` is required. The output `file` is the name of the file; it is an artefact `file`, for a `directory` to write.
#[derive(Clone, Copy, Debug, Default)]
pub struct KubernetesManifests;

impl Driver for KubernetesManifests {
    fn info(&self) -> DriverInfo {
        let inputs = json!({
            "type": "object",
            "required": ["objects"],
            "additionalProperties": false,
            "properties": {
                "objects": artefacts::schema("The objects: ${artefacts.kubernetes.object}"),
                "file": {"type": "string", "minLength": 1, "writeOnly": false},
            },
        });
        let outputs = json!({"type": "object", "required": ["file"], "properties": {"file": {"type": "string"}}});
        DriverInfo::new(Capabilities::PURE).inputs(inputs).outputs(outputs)
    }

    async fn apply(&self, _: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        let (file, objects) = read_inputs(&request.inputs, |inputs| {
            let file = inputs.optional_text("file").unwrap_or_else(|| "manifests.yaml".into());
            (file, artefacts::read(inputs, "objects", OBJECT))
        })?;
        let mut applied = Applied::new(Value::map([("file", Value::from(file.clone()))]));
        applied.artefacts.push(artefacts::file(file, &kubernetes::manifests(&objects)));
        Ok(applied)
    }
}
