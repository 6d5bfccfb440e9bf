//! JSON as Go writes it: what the Score tools make of values inside texts.

use std::io;

use serde::Serialize as _;
use serde_json::ser::{Formatter, Serializer};

/// Compact JSON as Go's `json.Marshal` writes it: safe inside HTML, whole floats without a fraction, large and small ones with an exponent and its sign.
pub(crate) fn json_text(json: &serde_json::Value) -> String {
    let mut text = Vec::new();
    // Writing to memory does not fail, and all keys are texts.
    let _ = json.serialize(&mut Serializer::with_formatter(&mut text, AsGo));
    String::from_utf8(text).unwrap_or_default()
}

struct AsGo;

impl Formatter for AsGo {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        if value == 0.0 || (1e-6..1e21).contains(&value.abs()) {
            return write!(writer, "{value}");
        }
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let sign = if exponent.starts_with('-') { "" } else { "+" };
        write!(writer, "{digits}e{sign}{exponent}")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let special = ['<', '>', '&', '\u{2028}', '\u{2029}'];
        for part in fragment.split_inclusive(special) {
            match part.strip_suffix(special) {
                Some(plain) => {
                    let code = part.chars().next_back().map_or(0, u32::from);
                    write!(writer, "{plain}\\u{code:04x}")?;
                }
                None => writer.write_all(part.as_bytes())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, want: &str) {
        assert_eq!(json_text(&serde_json::from_str(json).unwrap()), want);
    }

    #[test]
    fn as_go_writes_it() {
        check(
            r#"{"b": [1, -2, 18446744073709551615, null, true], "a": {}}"#,
            r#"{"a":{},"b":[1,-2,18446744073709551615,null,true]}"#,
        );
        check(
            "[3.0, 2.5, -0.0, 1e20, 1e21, 1.5e300, 0.000001, 0.00000025]",
            "[3,2.5,-0,100000000000000000000,1e+21,1.5e+300,0.000001,2.5e-7]",
        );
        check(
            r#"{"<a>": "&\u2028\"\n\u0001é\u007f"}"#,
            "{\"\\u003ca\\u003e\":\"\\u0026\\u2028\\\"\\n\\u0001é\u{7f}\"}",
        );
    }
}
