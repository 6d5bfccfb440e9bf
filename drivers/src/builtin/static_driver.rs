//! Constants.

use score_model::{Map, Value};
use score_resolver::{Applied, ApplyRequest, Capabilities, DriverInfo};
use serde_json::json;

use crate::{Call, Driver, Error};

/// Answers with its inputs: `inputs` without `secrets` as they are, and what is below `secrets` beside them, secret.
///
/// Pure. Where a key is in both places the one below `secrets` wins. Inputs `{user, secrets: {password}}` give outputs `{user, password}`.
#[derive(Clone, Copy, Debug, Default)]
pub struct StaticDriver;

impl Driver for StaticDriver {
    fn info(&self) -> DriverInfo {
        DriverInfo::new(Capabilities::PURE).passes_inputs_except(["secrets"]).inputs(json!({
            "type": "object",
            "properties": {"secrets": {"type": "object", "additionalProperties": {"writeOnly": true}}},
        }))
    }

    async fn apply(&self, _: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        let (inputs, inputs_secret) = open(&request.inputs);
        let Some(inputs) = inputs.as_map() else {
            return Err(Error::invalid("the inputs are not a map"));
        };
        let mut outputs: Map = inputs.clone();
        outputs.shift_remove("secrets");
        if inputs_secret {
            outputs.values_mut().for_each(|value| *value = Value::secret(std::mem::take(value)));
        }
        match inputs.get("secrets").map(|secrets| open(secrets).0) {
            None | Some(Value::Null) => {}
            Some(Value::Map(secrets)) => {
                outputs.extend(secrets.iter().map(|(key, value)| (key.clone(), Value::secret(value.clone()))));
            }
            Some(_) => return Err(Error::invalid("the input `secrets` is not a map")),
        }
        Ok(Applied::new(outputs.into()))
    }
}

/// The value under its mark, and whether it had one.
fn open(value: &Value) -> (&Value, bool) {
    match value {
        Value::Secret(secret) => (secret.expose(), true),
        other => (other, false),
    }
}
