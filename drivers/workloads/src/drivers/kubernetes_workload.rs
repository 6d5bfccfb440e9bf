//! The driver `kubernetes-workload`.

use score_drivers::{Call, Driver, Error};
use score_model::Value;
use score_resolver::{Applied, ApplyRequest, Artefact, Capabilities, DriverInfo};
use serde_json::json;

use super::{read_inputs, told, workload_inputs};
use crate::kubernetes::{self, OBJECT, Options};

/// The driver `kubernetes-workload`: a workload as [Kubernetes objects](kubernetes::convert). Pure.
///
/// | input | |
/// |---|---|
/// | `workload` | the Score document, placeholders resolved: `${params}` |
/// | `resources` | alias → `{uid, outputs}`: `${resources}`; the sources of volumes are looked up here |
/// | `namespace` | the namespace of all objects |
/// | `replicas` | how many pods |
/// | `labels` | labels of all objects, beside those that are always there |
/// | `pod` | merged into the specification of the pods (RFC 7386): a service account, a security context, tolerations |
/// | `image` | the image of containers whose image is `.` |
///
/// Only `workload` is required. The output `hostname` is the name of the Service, where there are ports; artefacts are `kubernetes.object`.
#[derive(Clone, Copy, Debug, Default)]
pub struct KubernetesWorkload;

impl Driver for KubernetesWorkload {
    fn info(&self) -> DriverInfo {
        let inputs = json!({
            "type": "object",
            "required": ["workload"],
            "additionalProperties": false,
            "properties": {
                "workload": {"type": "object", "description": "The Score document, placeholders resolved: ${params}"},
                "resources": {"type": "object", "description": "Alias to uid and outputs: ${resources}"},
                "namespace": {"type": ["string", "null"], "description": "The namespace of all objects", "writeOnly": false},
                "replicas": {"type": ["integer", "null"], "minimum": 0, "description": "How many pods"},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}, "writeOnly": false},
                "pod": {"type": ["object", "null"], "description": "Merged into the specification of the pods"},
                "image": {"type": ["string", "null"], "description": "The image of containers whose image is `.`"},
            },
        });
        let outputs = json!({"type": "object", "properties": {"hostname": {"type": "string"}}});
        DriverInfo::new(Capabilities::PURE).inputs(inputs).outputs(outputs)
    }

    async fn apply(&self, call: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        let (workload, resources) = workload_inputs(&request.inputs)?;
        let options = read_inputs(&request.inputs, |inputs| {
            let mut options = Options {
                namespace: inputs.optional_text("namespace"),
                pod: inputs.optional("pod").map(|pod| pod.value().clone()).unwrap_or_default(),
                image: inputs.optional_text("image"),
                replicas: inputs.optional("replicas").and_then(|mut replicas| replicas.count()),
                ..Options::default()
            };
            inputs.each("labels", |key, label| options.labels.extend(label.text().map(|text| (key, text))));
            options
        })?;
        let objects = told(call, kubernetes::convert(&workload, &resources, &options))?;
        let hostname = kubernetes::service_name(&workload).map(|name| ("hostname", Value::from(name)));
        let mut applied = Applied::new(Value::map(hostname));
        applied.artefacts = objects
            .into_iter()
            .map(|object| Artefact { kind: OBJECT.into(), key: object.key, value: object.manifest })
            .collect();
        Ok(applied)
    }
}
