//! What an unquoted text means: yaml.v3's rules, which are neither YAML 1.1 nor 1.2.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::timestamp;
use crate::Number;

/// What a scalar says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Scalar {
    /// Nothing: empty, `~` or `null`.
    Null,
    /// `true` or `false`; `yes` and `on` are texts.
    Bool(bool),
    /// A number; `0777` and `0o777` are octal, `08` is a float.
    Number(Number),
    /// A text.
    String(Arc<str>),
    /// A date or an instant, as RFC 3339.
    Timestamp(Arc<str>),
    /// Bytes (`!!binary`) that are no UTF-8 text.
    Binary(Arc<[u8]>),
}

/// As text, unquoted; bytes in base64.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(bool) => bool.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::String(text) | Self::Timestamp(text) => f.write_str(text),
            Self::Binary(bytes) => f.write_str(&BASE64.encode(bytes)),
        }
    }
}

/// A tag of YAML's own that bears on how a scalar is read; every other tag makes it a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    Timestamp,
    Binary,
    Merge,
    Other,
}

impl Tag {
    /// The tag called `name` below `tag:yaml.org,2002:`.
    pub(super) fn core(name: &str) -> Self {
        match name {
            "null" => Self::Null,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "float" => Self::Float,
            "timestamp" => Self::Timestamp,
            "binary" => Self::Binary,
            "merge" => Self::Merge,
            _ => Self::Other,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool => "!!bool",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::Binary => "!!binary",
            Self::Merge => "!!merge",
            Self::Other => "!!str",
        }
    }
}

/// Reads a scalar that is not quoted, or that a tag says how to read. The error is a message.
pub(super) fn resolve(text: &str, tag: Option<Tag>) -> Result<Scalar, String> {
    let string = || Scalar::String(text.into());
    match tag {
        None => Ok(plain(text, true).unwrap_or_else(string)),
        Some(Tag::Other | Tag::Merge) => Ok(string()),
        Some(Tag::Binary) => binary(text),
        Some(tag) => {
            let found = plain(text, tag == Tag::Timestamp);
            match (tag, found) {
                (Tag::Null, Some(Scalar::Null)) => Ok(Scalar::Null),
                (Tag::Bool, Some(found @ Scalar::Bool(_))) | (Tag::Timestamp, Some(found @ Scalar::Timestamp(_))) => {
                    Ok(found)
                }
                (Tag::Int, Some(Scalar::Number(number))) if !matches!(number, Number::Float(_)) => {
                    Ok(Scalar::Number(number))
                }
                (Tag::Float, Some(Scalar::Number(number))) => Ok(Scalar::Number(Number::Float(number.as_f64()))),
                _ => Err(format!("`{text}` is not what its tag `{}` says", tag.name())),
            }
        }
    }
}

/// What `text` means unquoted; `None`: it is a text.
pub(super) fn plain(text: &str, timestamps: bool) -> Option<Scalar> {
    let Some(first) = text.bytes().next() else { return Some(Scalar::Null) };
    match first {
        b'~' | b'n' | b'N' => matches!(text, "~" | "null" | "Null" | "NULL").then_some(Scalar::Null),
        b't' | b'T' => matches!(text, "true" | "True" | "TRUE").then_some(Scalar::Bool(true)),
        b'f' | b'F' => matches!(text, "false" | "False" | "FALSE").then_some(Scalar::Bool(false)),
        b'.' => match text {
            ".inf" | ".Inf" | ".INF" => Some(float(f64::INFINITY)),
            ".nan" | ".NaN" | ".NAN" => Some(float(f64::NAN)),
            _ => dotted_float(text),
        },
        b'+' | b'-' | b'0'..=b'9' => match text {
            "+.inf" | "+.Inf" | "+.INF" => Some(float(f64::INFINITY)),
            "-.inf" | "-.Inf" | "-.INF" => Some(float(f64::NEG_INFINITY)),
            _ => {
                let time = if timestamps { timestamp::parse(text) } else { None };
                time.map(Scalar::Timestamp).or_else(|| number(text))
            }
        },
        _ => None,
    }
}

fn float(float: f64) -> Scalar {
    Scalar::Number(Number::Float(float))
}

/// A float that begins with a dot; underscores may stand between digits.
fn dotted_float(text: &str) -> Option<Scalar> {
    let bytes = text.as_bytes();
    let stray = bytes.iter().enumerate().any(|(index, byte)| {
        let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        *byte == b'_' && !(digit(index.checked_sub(1)) && digit(Some(index + 1)))
    });
    if stray { None } else { decimal_float(&text.replace('_', "")) }
}

fn number(text: &str) -> Option<Scalar> {
    let text = if text.contains('_') { &text.replace('_', "") } else { text };
    integer(text).map(Scalar::Number).or_else(|| decimal_float(text)).or_else(|| prefixed(text))
}

/// Go's integers of base 0: a sign, then `0x`, `0b`, `0o` or `0` for other bases than ten.
fn integer(text: &str) -> Option<Number> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("+", &text[1..]),
        _ => ("", text),
    };
    let (digits, radix) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&digits[2..], 16),
        [b'0', b'b' | b'B', ..] => (&digits[2..], 2),
        [b'0', b'o' | b'O', ..] => (&digits[2..], 8),
        [b'0', _, ..] => (&digits[1..], 8),
        _ => (digits, 10),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| (byte as char).is_digit(radix)) {
        return None;
    }
    match sign {
        "-" => match u64::from_str_radix(digits, radix).ok()? {
            magnitude if magnitude == 1 << 63 => Some(Number::Int(i64::MIN)),
            magnitude => i64::try_from(magnitude).ok().map(|int| Number::Int(-int)),
        },
        "+" => i64::from_str_radix(digits, radix).ok().map(Number::Int),
        _ => u64::from_str_radix(digits, radix).ok().map(Number::from),
    }
}

/// `[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?`; what is out of range is none.
fn decimal_float(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|text| digits(text.strip_prefix(['-', '+']).unwrap_or(text)));
    if !(mantissa_fits && exponent_fits) {
        return None;
    }
    text.parse().ok().filter(|float: &f64| float.is_finite()).map(float)
}

/// The quirk of yaml.v3 by which a second sign may follow `0b` and `0o`.
fn prefixed(text: &str) -> Option<Scalar> {
    let (digits, radix) = match (text.strip_prefix("0b"), text.strip_prefix("0o")) {
        (Some(digits), _) => (digits, 2),
        (_, Some(digits)) => (digits, 8),
        _ => return None,
    };
    i64::from_str_radix(digits, radix).ok().map(|int| Scalar::Number(Number::Int(int)))
}

fn binary(text: &str) -> Result<Scalar, String> {
    let packed: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let bytes = BASE64.decode(packed).map_err(|_| "a `!!binary` text is not base64".to_owned())?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Scalar::String(text.into()),
        Err(error) => Scalar::Binary(error.into_bytes().into()),
    })
}
