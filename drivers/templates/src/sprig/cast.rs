//! Loose conversions to numbers, as sprig's arithmetic makes them: whatever is no number is 0.

use crate::data::Data;
use crate::format::number::{parse_float, parse_int, truncate};

/// The value as an integer: texts as Go literals, their fraction cut off.
pub(crate) fn to_int(value: &Data) -> i64 {
    match value {
        Data::Int(number) | Data::Int64(number) => *number,
        Data::Uint(number) => number.cast_signed(),
        Data::Byte(number) => i64::from(*number),
        Data::Float(number) => truncate(*number),
        Data::Bool(value) => i64::from(*value),
        Data::String(text) => text.as_str().and_then(|text| parse_int(without_fraction(text), 0).ok()).unwrap_or(0),
        Data::Special(special) => special.integer().unwrap_or(0),
        Data::Null | Data::List(_) | Data::Map(_) | Data::Struct(_) => 0,
    }
}

/// The value as a float.
#[expect(clippy::cast_precision_loss, reason = "rounding is what Go does too")]
pub(crate) fn to_float(value: &Data) -> f64 {
    match value {
        Data::Float(number) => *number,
        Data::Uint(number) => *number as f64,
        Data::String(text) => text.as_str().and_then(|text| parse_float(text).ok()).unwrap_or(0.0),
        other => to_int(other) as f64,
    }
}

/// `4.9` as `4`, `.5` as `0`; anything but decimal digits around the point as it is.
fn without_fraction(text: &str) -> &str {
    let Some((whole, fraction)) = text.split_once('.') else {
        return text;
    };
    let digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    if !digits.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return text;
    }
    if digits.is_empty() { "0" } else { whole }
}
