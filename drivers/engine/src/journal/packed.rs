//! Values as bytes, secrets sealed.
//!
//! ```text
//! value  = 0                      null
//!        | 1 | 2                  false, true
//!        | 3 i64 | 4 u64 | 5 f64  numbers, little-endian
//!        | 6 text
//!        | 7 count value*         a list
//!        | 8 count (text value)*  a map, in its order
//!        | 9 bytes                a secret: its value without marks, sealed; bound to the value's place
//! text, bytes = length, UTF-8 or bytes;  count, length = LEB128
//! ```

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use score_model::{Map, Number, Path, Seal, Secret, Value};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

use super::texts::Texts;

/// Deeper values are refused, since reading them could exhaust the stack.
const DEEPEST: usize = 500;

/// A value as bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Packed<'a>(Cow<'a, [u8]>);

/// Why a value cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unpackable {
    /// A part of it is not known.
    #[error("`{0}` is not known yet")]
    Unknown(Path),
    /// It is too deep.
    #[error("it is deeper than {DEEPEST} levels")]
    Deep,
}

/// Why bytes are no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// They are something else.
    #[error("the bytes are no value")]
    Bytes,
    /// A secret does not open.
    #[error("the secret at `{0}` does not open: it was sealed with another key, or for another place")]
    Sealed(String),
}

impl Packed<'static> {
    pub(super) fn new(value: &Value, seal: &dyn Seal, bound_to: &dyn fmt::Display) -> Result<Self, Unpackable> {
        let mut packer = Packer { seal, place: Place::new(bound_to), secret: false };
        let mut bytes = Vec::new();
        packer.value(value, &mut bytes)?;
        Ok(Self(Cow::Owned(bytes)))
    }
}

impl Packed<'_> {
    pub(super) fn value(
        &self,
        seal: &dyn Seal,
        bound_to: &dyn fmt::Display,
        keys: &mut Texts,
    ) -> Result<Value, Unreadable> {
        let mut unpacker = Unpacker { rest: &self.0, seal, place: Place::new(bound_to), keys, depth: 0 };
        let value = unpacker.value()?;
        if unpacker.rest.is_empty() { Ok(value) } else { Err(Unreadable::Bytes) }
    }
}

/// A place in a value: what the value is bound to, and the way down from there. It becomes a text only where one is needed, which is at secrets.
struct Place<'a> {
    bound_to: &'a dyn fmt::Display,
    way: Vec<Step<'a>>,
}

/// One step down.
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    fn new(bound_to: &'a dyn fmt::Display) -> Self {
        Self { bound_to, way: Vec::new() }
    }

    /// The way down alone.
    fn path(&self) -> Path {
        self.way.iter().map(|step| Arc::from(step.to_string())).collect()
    }
}

/// What it is bound to, then a JSON pointer.
impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bound_to.fmt(f)?;
        self.way.iter().try_for_each(|step| match step {
            Step::Key(key) if key.contains(['~', '/']) => write!(f, "/{}", key.replace('~', "~0").replace('/', "~1")),
            step => write!(f, "/{step}"),
        })
    }
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => f.write_str(key),
            Self::Index(index) => index.fmt(f),
        }
    }
}

struct Packer<'a> {
    seal: &'a dyn Seal,
    place: Place<'a>,
    /// Whether this is inside a secret: no marks.
    secret: bool,
}

impl<'a> Packer<'a> {
    fn value(&mut self, value: &'a Value, to: &mut Vec<u8>) -> Result<(), Unpackable> {
        if self.place.way.len() > DEEPEST {
            return Err(Unpackable::Deep);
        }
        match value {
            Value::Null => to.push(0),
            Value::Bool(bool) => to.push(1 + u8::from(*bool)),
            Value::Number(Number::Int(int)) => tagged(3, &int.to_le_bytes(), to),
            Value::Number(Number::Uint(uint)) => tagged(4, &uint.to_le_bytes(), to),
            Value::Number(float) => tagged(5, &float.as_f64().to_le_bytes(), to),
            Value::String(text) => {
                to.push(6);
                bytes(text.as_bytes(), to);
            }
            Value::List(items) => {
                to.push(7);
                number(items.len(), to);
                for (index, item) in items.iter().enumerate() {
                    self.below(Step::Index(index), item, to)?;
                }
            }
            Value::Map(map) => {
                to.push(8);
                number(map.len(), to);
                for (key, item) in map.iter() {
                    bytes(key.as_bytes(), to);
                    self.below(Step::Key(key), item, to)?;
                }
            }
            Value::Secret(hidden) if self.secret => self.value(hidden.expose(), to)?,
            Value::Secret(hidden) => {
                let mut clear = Vec::new();
                self.secret = true;
                self.value(hidden.expose(), &mut clear)?;
                self.secret = false;
                to.push(9);
                bytes(&self.seal.seal(&self.place.to_string(), &clear), to);
            }
            Value::Unknown => return Err(Unpackable::Unknown(self.place.path())),
        }
        Ok(())
    }

    fn below(&mut self, step: Step<'a>, value: &'a Value, to: &mut Vec<u8>) -> Result<(), Unpackable> {
        self.place.way.push(step);
        self.value(value, to)?;
        self.place.way.pop();
        Ok(())
    }
}

struct Unpacker<'a, 'b> {
    rest: &'a [u8],
    seal: &'b dyn Seal,
    place: Place<'a>,
    /// Of maps: the same ones come again and again.
    keys: &'b mut Texts,
    /// How deep what surrounds this is.
    depth: usize,
}

impl<'a> Unpacker<'a, '_> {
    fn value(&mut self) -> Result<Value, Unreadable> {
        let depth = self.depth + self.place.way.len();
        if depth > DEEPEST {
            return Err(Unreadable::Bytes);
        }
        Ok(match self.array::<1>()?[0] {
            0 => Value::Null,
            1 => Value::Bool(false),
            2 => Value::Bool(true),
            3 => Value::Number(Number::Int(i64::from_le_bytes(self.array()?))),
            4 => Value::Number(Number::Uint(u64::from_le_bytes(self.array()?))),
            5 => Value::Number(Number::Float(f64::from_le_bytes(self.array()?))),
            6 => Value::String(self.text()?.into()),
            7 => {
                let count = self.count()?;
                let mut items = Vec::with_capacity(count);
                for index in 0..count {
                    items.push(self.below(Step::Index(index))?);
                }
                Value::List(Arc::new(items))
            }
            8 => {
                let count = self.count()?;
                let mut map = Map::with_capacity(count);
                for _ in 0..count {
                    let key = self.text()?;
                    map.insert(self.keys.shared(key), self.below(Step::Key(key))?);
                }
                Value::Map(Arc::new(map))
            }
            9 => {
                let sealed = self.bytes()?;
                let place = self.place.to_string();
                let clear = self.seal.open(&place, sealed).ok_or(Unreadable::Sealed(place))?;
                let (place, depth) = (Place::new(&self.place), depth + 1);
                let mut inner = Unpacker { rest: &clear, seal: self.seal, place, keys: self.keys, depth };
                let value = inner.value()?;
                if !inner.rest.is_empty() {
                    return Err(Unreadable::Bytes);
                }
                Value::Secret(Secret::new(value))
            }
            _ => return Err(Unreadable::Bytes),
        })
    }

    fn below(&mut self, step: Step<'a>) -> Result<Value, Unreadable> {
        self.place.way.push(step);
        let value = self.value()?;
        self.place.way.pop();
        Ok(value)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(Unreadable::Bytes)?;
        self.rest = rest;
        Ok(*array)
    }

    fn number(&mut self) -> Result<usize, Unreadable> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return usize::try_from(number).map_err(|_| Unreadable::Bytes);
            }
        }
        Err(Unreadable::Bytes)
    }

    /// Of things that take a byte each at least: what follows cannot promise more than there is.
    fn count(&mut self) -> Result<usize, Unreadable> {
        let count = self.number()?;
        if count > self.rest.len() { Err(Unreadable::Bytes) } else { Ok(count) }
    }

    fn bytes(&mut self) -> Result<&'a [u8], Unreadable> {
        let length = self.number()?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Unreadable::Bytes)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn text(&mut self) -> Result<&'a str, Unreadable> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Unreadable::Bytes)
    }
}

fn tagged(tag: u8, fixed: &[u8], to: &mut Vec<u8>) {
    to.push(tag);
    to.extend_from_slice(fixed);
}

fn bytes(bytes: &[u8], to: &mut Vec<u8>) {
    number(bytes.len(), to);
    to.extend_from_slice(bytes);
}

fn number(number: usize, to: &mut Vec<u8>) {
    let mut number = number as u64;
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

impl Serialize for Packed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Packed<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Packed<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_borrowed_bytes<E: de::Error>(self, bytes: &'de [u8]) -> Result<Packed<'de>, E> {
                Ok(Packed(Cow::Borrowed(bytes)))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use score_resolver::Context;

    use super::*;
    use crate::{Keys, Sealer, SealingKey};

    fn sealer() -> Sealer {
        Sealer::new(&Keys::new(SealingKey::new([1; 32])), &Context::new("dev").scope()).unwrap()
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(|uint| Value::Number(Number::Uint(uint))),
            any::<f64>().prop_map(|float| Value::Number(Number::Float(float))),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::list),
                prop::collection::vec((".{0,4}", inner.clone()), 0..5).prop_map(Value::map),
                inner.prop_map(|value| Value::secret(value.unmarked())),
            ]
        })
    }

    proptest! {
        #[test]
        fn comes_back_as_it_was(value in values()) {
            let packed = Packed::new(&value, &sealer(), &"here").unwrap();
            let back = packed.value(&sealer(), &"here", &mut Texts::default()).unwrap();
            prop_assert_eq!(back.canonical_bytes(), value.canonical_bytes());
            prop_assert_eq!(back.redacted(), value.redacted());
        }

        #[test]
        fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Packed(Cow::Owned(bytes)).value(&sealer(), &"", &mut Texts::default());
        }
    }

    #[test]
    fn secrets_are_bound_to_their_place() {
        let packed =
            Packed::new(&Value::map([("a/b", Value::secret("canary".into()))]), &sealer(), &"guid/inputs").unwrap();
        assert!(!packed.0.windows(6).any(|window| window == b"canary"));
        let elsewhere = packed.value(&sealer(), &"guid/outputs", &mut Texts::default());
        assert_eq!(elsewhere, Err(Unreadable::Sealed("guid/outputs/a~1b".to_owned())));
    }

    #[test]
    fn what_is_not_known_and_what_is_too_deep_is_refused() {
        let unknown = Value::map([("a", Value::list([Value::Unknown]))]);
        assert_eq!(Packed::new(&unknown, &sealer(), &"x"), Err(Unpackable::Unknown("a.0".parse().unwrap())));
        let hidden = Value::secret(Value::list([Value::Unknown]));
        assert_eq!(Packed::new(&hidden, &sealer(), &"x"), Err(Unpackable::Unknown("0".parse().unwrap())));
        let deep = (0..10_000).fold(Value::Null, |inner, _| Value::list([inner]));
        assert_eq!(Packed::new(&deep, &sealer(), &"x"), Err(Unpackable::Deep));
        // dropping it level by level, since its own drop would go as deep
        let mut rest = deep;
        while let Value::List(items) = rest {
            rest = items.first().cloned().unwrap_or_default();
        }
        let bytes: Vec<u8> = std::iter::repeat_n([7, 1], 10_000).flatten().collect();
        assert_eq!(Packed(Cow::Owned(bytes)).value(&sealer(), &"", &mut Texts::default()), Err(Unreadable::Bytes));
    }
}
