//! Sets of JSON's types.

use std::fmt;
use std::ops::{BitAnd, BitOr};

use score_model::{Number, Value};

/// A set of JSON's types, whole numbers being one of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Types(u8);

const NAMES: [(&str, Types); 7] = [
    ("null", Types::NULL),
    ("boolean", Types::BOOLEAN),
    ("integer", Types::INTEGER),
    ("number", Types::FRACTION),
    ("string", Types::STRING),
    ("array", Types::ARRAY),
    ("object", Types::OBJECT),
];

impl Types {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const NULL: Self = Self(1);
    pub(crate) const BOOLEAN: Self = Self(2);
    pub(crate) const INTEGER: Self = Self(4);
    const FRACTION: Self = Self(8);
    pub(crate) const STRING: Self = Self(16);
    pub(crate) const ARRAY: Self = Self(32);
    pub(crate) const OBJECT: Self = Self(64);
    pub(crate) const ALL: Self = Self(127);

    /// The set that a schema's `type` names.
    pub(crate) fn named(ty: &Value) -> Self {
        let one = |name: &str| match name {
            "number" => Self::INTEGER | Self::FRACTION,
            name => NAMES.iter().find(|(known, _)| *known == name).map_or(Self::NONE, |(_, set)| *set),
        };
        match ty {
            Value::String(name) => one(name),
            Value::List(names) => {
                names.iter().filter_map(Value::as_str).map(one).fold(Self::NONE, |all, set| all | set)
            }
            _ => Self::ALL,
        }
    }

    /// The type of a value; of what is not known, all.
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(Number::Float(float)) if float.fract() != 0.0 => Self::FRACTION,
            Value::Number(_) => Self::INTEGER,
            Value::String(_) => Self::STRING,
            Value::List(_) => Self::ARRAY,
            Value::Map(_) => Self::OBJECT,
            Value::Secret(hidden) => Self::of(hidden.expose()),
            Value::Unknown => Self::ALL,
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Types {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Types {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// `string`, `string or null`, `anything`.
impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            return f.write_str("anything");
        }
        let number = Self::INTEGER | Self::FRACTION;
        let has_number = *self & number == number;
        let mut names = NAMES
            .iter()
            .filter(|(name, set)| self.meets(*set) && !(has_number && *name == "integer"))
            .map(|(name, _)| *name);
        f.write_str(names.next().unwrap_or("nothing"))?;
        names.try_for_each(|name| write!(f, " or {name}"))
    }
}

impl fmt::Debug for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
