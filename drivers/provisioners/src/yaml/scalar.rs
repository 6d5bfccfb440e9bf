//! What texts without quotes mean.

use std::sync::Arc;

use score_model::{Number, Value};

/// What a text means that stands without quotes; `None` where that needs a closer look.
pub(super) fn plain(text: &str) -> Option<Value> {
    let bytes = text.as_bytes();
    let string = || Some(Value::String(Arc::from(text)));
    match bytes.first()? {
        b'~' | b'n' | b'N' if matches!(text, "~" | "null" | "Null" | "NULL") => Some(Value::Null),
        b't' | b'T' if matches!(text, "true" | "True" | "TRUE") => Some(Value::Bool(true)),
        b'f' | b'F' if matches!(text, "false" | "False" | "FALSE") => Some(Value::Bool(false)),
        b'.' if bytes.get(1).is_some_and(
            |next| matches!(next.to_ascii_lowercase(), b'/' | b'a'..=b'h' | b'j'..=b'm' | b'o'..=b'z'),
        ) =>
        {
            string()
        }
        b'.' | b'+' => None,
        b'0'..=b'9' => number(text, text).or_else(|| string().filter(|_| cannot_be_number(bytes))),
        b'-' if bytes.get(1) == Some(&b'.') => None,
        b'-' => number(text, &text[1..]).or_else(|| string().filter(|_| cannot_be_number(bytes))),
        _ => string(),
    }
}

/// A number of decimal digits, with or without a fraction or an exponent. One that is too large is a text.
fn number(text: &str, unsigned: &str) -> Option<Value> {
    let float = |float: f64| match float.is_finite() {
        true => Value::Number(Number::Float(float)),
        false => Value::String(Arc::from(text)),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_decimal = |whole: &str| digits(whole) && (whole == "0" || !whole.starts_with('0'));
    match unsigned.split_once('.') {
        None if is_decimal(unsigned) && unsigned.len() <= 18 => {
            text.parse().ok().map(|int: i64| Value::Number(Number::Int(int)))
        }
        Some((whole, fraction)) if is_decimal(whole) && digits(fraction) => text.parse().ok().map(float),
        None => {
            let (mantissa, exponent) = unsigned.split_once(['e', 'E'])?;
            let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            text.parse().ok().filter(|_| digits(mantissa) && digits(exponent)).map(float)
        }
        _ => None,
    }
}

/// Whether a text that begins with a digit or a sign, and is not what [`number`] knows, is neither a number nor a date: as most that have letters in them.
fn cannot_be_number(text: &[u8]) -> bool {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let several = |what: u8| unsigned.iter().filter(|byte| **byte == what).nth(1).is_some();
    let mut digits = unsigned.iter().filter(|byte| !matches!(byte, b'_' | b'-' | b'+'));
    let base = match (digits.next(), digits.next().map(u8::to_ascii_lowercase)) {
        (Some(b'0'), Some(b'x')) => Some(16),
        (Some(b'0'), Some(b'o')) => Some(8),
        (Some(b'0'), Some(b'b')) => Some(2),
        _ => None,
    };
    let is_stray = match base {
        Some(base) => digits.any(|digit| !char::from(*digit).is_digit(base)),
        None => {
            let is_other = |byte: &u8| !matches!(byte, b'0'..=b'9' | b'e' | b'E' | b'.' | b'_' | b'-' | b'+');
            let is_split = unsigned.iter().any(|byte| matches!(byte, b'.' | b'_'));
            unsigned.iter().any(is_other) || !is_split && !unsigned.iter().all(u8::is_ascii_digit)
        }
    };
    let is_date = text.get(4) == Some(&b'-');
    !is_date && (several(b'.') || several(b'-') || is_stray)
}
