//! Numbers as YAML and JSON know them.

use std::fmt;

/// A whole number or a floating-point one. `3` and `3.0` differ; floats are equal when their bits are.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Number {
    /// A whole number.
    Int(i64),
    /// A whole number above what `Int` holds.
    Uint(u64),
    /// Any other number, also infinite or not a number.
    Float(f64),
}

impl Number {
    /// As a whole number, where it is one that fits; `3.0` is 3.
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Self::Int(int) => Some(int),
            Self::Uint(_) => None,
            Self::Float(float) => {
                let whole = float as i64;
                (whole as f64 == float && float.abs() < 9.0e15).then_some(whole)
            }
        }
    }

    /// As a float, rounded where it must be.
    pub fn as_f64(&self) -> f64 {
        match *self {
            Self::Int(int) => int as f64,
            Self::Uint(int) => int as f64,
            Self::Float(float) => float,
        }
    }

    /// As JSON; `None` for infinite and not-a-number.
    pub fn to_json(&self) -> Option<serde_json::Number> {
        match *self {
            Self::Int(int) => Some(int.into()),
            Self::Uint(int) => Some(int.into()),
            Self::Float(float) => serde_json::Number::from_f64(float),
        }
    }

    fn key(&self) -> (u8, u64) {
        match *self {
            Self::Int(int) if int >= 0 => (0, int as u64),
            Self::Int(int) => (1, int as u64),
            Self::Uint(int) => (0, int),
            Self::Float(float) => (2, float.to_bits()),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Number {}

impl From<i64> for Number {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<u64> for Number {
    fn from(int: u64) -> Self {
        i64::try_from(int).map_or(Self::Uint(int), Self::Int)
    }
}

impl From<f64> for Number {
    fn from(float: f64) -> Self {
        Self::Float(float)
    }
}

/// As JSON writes it; infinite and not-a-number as YAML does: `.inf`, `-.inf`, `.nan`.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_json() {
            Some(number) => number.fmt(f),
            None if self.as_f64().is_nan() => f.write_str(".nan"),
            None if self.as_f64() > 0.0 => f.write_str(".inf"),
            None => f.write_str("-.inf"),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
