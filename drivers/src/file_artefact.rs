//! What artefacts of the kind `file` say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use score_model::{Value, yaml};

/// What is to be in a file, as the value of an artefact of the kind `file` says it.
///
/// A text is that text, null is nothing, `{"$bytes": BASE64}` is these bytes, with `mode` (an octal text) where permissions matter; any other value is written as YAML.
///
/// ```
/// use score_drivers::{FileArtefact, Value};
///
/// let program = FileArtefact { bytes: vec![0x7f, b'E', 0xff], mode: Some(0o755) };
/// assert_eq!(FileArtefact::read(&program.to_value()), program);
/// assert_eq!(FileArtefact::read(&Value::from("a text")).bytes, b"a text");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_structs, reason = "whoever makes one says both")]
pub struct FileArtefact {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Its permissions, where it matters which.
    pub mode: Option<u32>,
}

const BYTES: &str = "$bytes";
const MODE: &str = "mode";

impl FileArtefact {
    /// What a value says, secrets in clear: whoever calls this answers for where it goes.
    pub fn read(value: &Value) -> Self {
        let text = |text: &str| Self { bytes: text.as_bytes().to_vec(), mode: None };
        match value.unmarked() {
            Value::Null => Self::default(),
            Value::String(written) => text(&written),
            other => Self::read_bytes(&other).unwrap_or_else(|| text(&yaml::write(&other))),
        }
    }

    fn read_bytes(value: &Value) -> Option<Self> {
        let bytes = STANDARD.decode(value.child(BYTES)?.as_str()?).ok()?;
        let mode = match value.child(MODE) {
            Some(mode) => Some(u32::from_str_radix(mode.as_str()?, 8).ok().filter(|mode| *mode <= 0o777)?),
            None => None,
        };
        let known = value.as_map()?.keys().all(|key| matches!(&**key, BYTES | MODE));
        known.then_some(Self { bytes, mode })
    }

    /// The value that says this.
    pub fn to_value(&self) -> Value {
        match (std::str::from_utf8(&self.bytes), self.mode) {
            (Ok(text), None) => Value::from(text),
            (_, mode) => {
                let bytes = (BYTES, Value::from(STANDARD.encode(&self.bytes)));
                let mode = mode.map(|mode| (MODE, Value::from(format!("0{mode:o}"))));
                Value::map([Some(bytes), mode].into_iter().flatten())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(value: serde_json::Value, bytes: &[u8], mode: Option<u32>) {
        let file = FileArtefact { bytes: bytes.to_vec(), mode };
        assert_eq!(FileArtefact::read(&Value::from(value)), file);
        assert_eq!(FileArtefact::read(&file.to_value()), file);
    }

    #[test]
    fn values() {
        check(json!(null), b"", None);
        check(json!("a"), b"a", None);
        check(json!({"a": [1]}), b"a:\n  - 1\n", None);
        check(json!({"$bytes": "/w=="}), b"\xff", None);
        check(json!({"$bytes": "YQ==", "mode": "0755"}), b"a", Some(0o755));
        check(json!({"$bytes": "no base64"}), b"$bytes: no base64\n", None);
        check(json!({"$bytes": "YQ==", "a": 1}), b"$bytes: YQ==\na: 1\n", None);
        check(json!({"$bytes": "YQ==", "mode": "much"}), b"$bytes: YQ==\nmode: much\n", None);
    }
}
