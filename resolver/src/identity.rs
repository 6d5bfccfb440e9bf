//! Identities that are made here: of a state, of the things in it, and of attempts.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use score_model::ResourceUid;
use serde::de::Visitor;
use serde::{Deserialize, Serialize};

/// The identity of a state, made once with it from randomness that the caller has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lineage(Arc<str>);

impl Lineage {
    /// The lineage of these random bytes.
    pub fn new(random: [u8; 16]) -> Self {
        Self(random.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into())
    }

    /// 32 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The identity of a thing in the world: 40 hex digits, kept by updates and moves, new on replacement. Written and ordered as text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guid([u8; 20]);

impl Guid {
    /// BLAKE3 of the state's lineage, the uid and the state's object counter, which only grows.
    pub fn derive(lineage: &Lineage, uid: &ResourceUid, object: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in [lineage.as_str(), uid.as_str()] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.update(&object.to_le_bytes());
        let mut bytes = [0; 20];
        hasher.finalize_xof().fill(&mut bytes);
        Self(bytes)
    }

    fn told<T>(&self, tell: impl FnOnce(&str) -> T) -> T {
        let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
        let mut text = [0; 40];
        for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = [digit(byte >> 4), digit(byte & 15)];
        }
        tell(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// Not a guid: 40 hex digits in lower case were expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a guid: it has 40 hex digits, in lower case")]
pub struct InvalidGuid(pub String);

impl FromStr for Guid {
    type Err = InvalidGuid;

    fn from_str(text: &str) -> Result<Self, InvalidGuid> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 20];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let is_long = pairs.len() == bytes.len() && rest.is_empty();
        let parsed = is_long.then(|| {
            bytes.iter_mut().zip(pairs).try_for_each(|(byte, [high, low])| {
                *byte = digit(*high)? << 4 | digit(*low)?;
                Some(())
            })
        });
        parsed.flatten().map(|()| Self(bytes)).ok_or_else(|| InvalidGuid(text.to_owned()))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told(|text| f.pad(text))
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told(|text| f.write_str(text))
    }
}

impl Serialize for Guid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.told(|text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for Guid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Guid;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("40 hex digits")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Guid, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// The identity of an attempt: kept by retries, takeovers and later runs until the attempt is settled.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IdempotencyKey(Arc<str>);

impl IdempotencyKey {
    /// The key of the intent on `guid` that was recorded as number `number` of the journal.
    pub fn new(guid: &Guid, number: u64) -> Self {
        Self(format!("{guid}-{number}").into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, is_guid: bool) {
        let guid: Result<Guid, _> = text.parse();
        assert_eq!(guid.as_ref().ok().map(ToString::to_string), is_guid.then(|| text.to_owned()));
        let json = serde_json::Value::from(text);
        assert_eq!(serde_json::from_value::<Guid>(json.clone()).ok(), guid.clone().ok());
        if let Ok(guid) = guid {
            assert_eq!(serde_json::to_value(guid).ok(), Some(json));
        }
    }

    #[test]
    fn texts_of_guids() {
        check(&"0f".repeat(20), true);
        check("0123456789abcdef0123456789abcdef01234567", true);
        check(&"0F".repeat(20), false);
        check(&"0g".repeat(20), false);
        check(&"é".repeat(20), false);
        check(&"0".repeat(39), false);
        check(&"0".repeat(41), false);
        check("", false);
    }

    /// As Python's `blake3` derives it from the lengths and texts of both and the number, in little-endian order.
    #[test]
    fn derived() {
        let uid = "thing.default#shop.one".parse::<ResourceUid>();
        let guid = uid.map(|uid| Guid::derive(&Lineage::new([7; 16]), &uid, 7).to_string());
        assert_eq!(guid.as_deref(), Ok("1c2dda099d0d68cc6d3f01e1722f8c60110e98bf"));
    }
}
