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
        Ok(Applied::new(outputs(&request.inputs)?.into()))
    }
}

/// The inputs without `secrets`, and what is below that beside them, secret.
pub(super) fn outputs(inputs: &Value) -> Result<Map, Error> {
    let (inputs, all_secret) = open(inputs);
    let mut outputs = inputs.as_map().cloned().ok_or_else(|| Error::invalid("the inputs are not a map"))?;
    let secrets = outputs.remove("secrets").unwrap_or_default();
    if all_secret {
        outputs.values_mut().for_each(|value| *value = Value::secret(std::mem::take(value)));
    }
    match open(&secrets).0 {
        Value::Null => {}
        Value::Map(secrets) => {
            outputs.extend(secrets.iter().map(|(key, value)| (key.clone(), Value::secret(value.clone()))));
        }
        _ => return Err(Error::invalid("the input `secrets` is not a map")),
    }
    Ok(outputs)
}

/// The value under its mark, and whether it had one.
fn open(value: &Value) -> (&Value, bool) {
    match value {
        Value::Secret(secret) => (secret.expose(), true),
        other => (other, false),
    }
}
