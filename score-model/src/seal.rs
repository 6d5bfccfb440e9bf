//! Values as they are kept: what is open in clear, what is secret sealed, and a fingerprint that tells nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::{Map, Number, Path, Secret, Value};

/// Makes bytes unreadable for whoever lacks a key, and readable again.
///
/// What is sealed is bound to a text (whose it is and where it belongs): it opens only with that same text, so that it cannot be moved elsewhere.
pub trait Seal: Send + Sync {
    /// Seals `clear`, bound to `bound_to`.
    fn seal(&self, bound_to: &str, clear: &[u8]) -> Vec<u8>;
    /// Opens what was sealed bound to `bound_to`; `None` with another key, another text, or changed bytes.
    fn open(&self, bound_to: &str, sealed: &[u8]) -> Option<Vec<u8>>;
}

/// A value as it is kept in files: the open parts in clear, readable without a key, and the secret parts sealed in a table beside them.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Split {
    /// The value with `null` where a secret was.
    pub public: serde_json::Value,
    /// JSON pointer → what was secret there, sealed, in base64.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sealed: BTreeMap<String, String>,
    /// JSON pointer → a number that JSON does not know: `.inf`, `-.inf`, `.nan`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub non_finite: BTreeMap<String, String>,
}

/// A part of a value is not known, so the value cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not known yet")]
pub struct StillUnknown(pub Path);

/// What is kept cannot be read: another key, or bytes that were changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value at `{0}` does not open with this key")]
pub struct DoesNotOpen(pub String);

impl Value {
    /// Parts the open from the secret. Each secret is bound to `bound_to` and its place in the value.
    ///
    /// # Errors
    /// A part is not known.
    pub fn split(&self, seal: &dyn Seal, bound_to: &str) -> Result<Split, StillUnknown> {
        let mut split = Split::default();
        split.public = split_at(self, &mut String::new(), seal, bound_to, &mut split)?;
        Ok(split)
    }

    /// Puts together what [`split`](Self::split) parted.
    ///
    /// # Errors
    /// A sealed part does not open.
    pub fn join(split: Split, seal: &dyn Seal, bound_to: &str) -> Result<Self, DoesNotOpen> {
        let mut value = Self::from(split.public);
        for (pointer, text) in split.non_finite {
            let float = match text.as_str() {
                ".inf" => f64::INFINITY,
                "-.inf" => f64::NEG_INFINITY,
                _ => f64::NAN,
            };
            place(&mut value, &pointer, Self::Number(Number::Float(float)));
        }
        for (pointer, sealed) in split.sealed {
            let open = |sealed: &str| {
                let bytes = seal.open(&format!("{bound_to}{pointer}"), &BASE64.decode(sealed).ok()?)?;
                serde_json::from_slice::<Split>(&bytes).ok()
            };
            let inner = open(&sealed).ok_or_else(|| DoesNotOpen(pointer.clone()))?;
            let inner = Self::join(inner, seal, bound_to)?;
            place(&mut value, &pointer, Self::Secret(Secret::new(inner)));
        }
        Ok(value)
    }

    /// A short, stable name for this value, marks aside: equal values have equal fingerprints under one key, whatever the order of maps, and without the key it tells nothing. `None` when a part is
    /// not known.
    pub fn fingerprint(&self, key: &FingerprintKey) -> Option<Fingerprint> {
        let mut hasher = blake3::Hasher::new_keyed(&key.0);
        canonical(self, &mut |bytes| {
            hasher.update(bytes);
        })
        .then(|| Fingerprint(hasher.finalize().to_hex().as_str().into()))
    }

    /// Bytes that are equal exactly for equal values, marks and order of maps aside. `None` when a part is not known.
    pub fn canonical_bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        canonical(self, &mut |more| bytes.extend_from_slice(more)).then_some(bytes)
    }
}

fn split_at(
    value: &Value,
    pointer: &mut String,
    seal: &dyn Seal,
    bound_to: &str,
    split: &mut Split,
) -> Result<serde_json::Value, StillUnknown> {
    use serde_json::Value as Json;
    Ok(match value {
        Value::Unknown => return Err(StillUnknown(Path::from_pointer(pointer))),
        Value::Secret(hidden) => {
            let mut inner = Split::default();
            inner.public =
                split_at(&hidden.expose().unmarked_known(pointer)?, &mut String::new(), seal, bound_to, &mut inner)?;
            let clear = serde_json::to_vec(&inner).unwrap_or_default();
            let sealed = seal.seal(&format!("{bound_to}{pointer}"), &clear);
            split.sealed.insert(pointer.clone(), BASE64.encode(sealed));
            Json::Null
        }
        Value::Number(number) => match number.to_json() {
            Some(number) => Json::Number(number),
            None => {
                split.non_finite.insert(pointer.clone(), number.to_string());
                Json::Null
            }
        },
        Value::List(items) => {
            let mut list = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                let length = pointer.len();
                pointer.push('/');
                pointer.push_str(&index.to_string());
                list.push(split_at(item, pointer, seal, bound_to, split)?);
                pointer.truncate(length);
            }
            Json::Array(list)
        }
        Value::Map(map) => {
            let mut object = serde_json::Map::new();
            for (key, item) in map.iter() {
                let length = pointer.len();
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                object.insert(key.to_string(), split_at(item, pointer, seal, bound_to, split)?);
                pointer.truncate(length);
            }
            Json::Object(object)
        }
        plain => plain.expose(),
    })
}

impl Value {
    /// Without marks inside a secret: all of it is sealed together.
    fn unmarked_known(&self, pointer: &str) -> Result<Self, StillUnknown> {
        if self.has_unknown() { Err(StillUnknown(Path::from_pointer(pointer))) } else { Ok(self.unmarked()) }
    }
}

fn place(root: &mut Value, pointer: &str, value: Value) {
    let mut at = root;
    for key in Path::from_pointer(pointer).keys() {
        at = match at {
            Value::List(items) => {
                match key.parse::<usize>().ok().and_then(|index| Arc::make_mut(items).get_mut(index)) {
                    Some(item) => item,
                    None => return,
                }
            }
            Value::Map(map) => Arc::<Map>::make_mut(map).entry(key.clone()).or_default(),
            _ => return,
        };
    }
    *at = value;
}

/// Type, length and content of everything, maps by key: no two values share their bytes.
fn canonical(value: &Value, write: &mut dyn FnMut(&[u8])) -> bool {
    fn text(text: &str, write: &mut dyn FnMut(&[u8])) {
        write(&(text.len() as u64).to_le_bytes());
        write(text.as_bytes());
    }
    match value {
        Value::Unknown => return false,
        Value::Secret(hidden) => return canonical(hidden.expose(), write),
        Value::Null => write(b"n"),
        Value::Bool(bool) => write(if *bool { b"t" } else { b"f" }),
        Value::Number(number) => {
            write(b"#");
            text(&number.to_string(), write);
        }
        Value::String(string) => {
            write(b"s");
            text(string, write);
        }
        Value::List(items) => {
            write(b"l");
            write(&(items.len() as u64).to_le_bytes());
            return items.iter().all(|item| canonical(item, write));
        }
        Value::Map(map) => {
            write(b"m");
            write(&(map.len() as u64).to_le_bytes());
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
            return entries.into_iter().all(|(key, item)| {
                text(key, write);
                canonical(item, write)
            });
        }
    }
    true
}

/// The key under which fingerprints are made: without it a fingerprint of a short secret could be guessed.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerprintKey([u8; 32]);

impl FingerprintKey {
    /// The key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(…)")
    }
}

/// What [`Value::fingerprint`] gives: 64 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fingerprint(Arc<str>);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Not a cipher: shows what is bound to what.
    struct Reverse;

    impl Seal for Reverse {
        fn seal(&self, bound_to: &str, clear: &[u8]) -> Vec<u8> {
            clear.iter().rev().chain(b"|").chain(bound_to.as_bytes()).copied().collect()
        }
        fn open(&self, bound_to: &str, sealed: &[u8]) -> Option<Vec<u8>> {
            let clear = sealed.strip_suffix(bound_to.as_bytes())?.strip_suffix(b"|")?;
            Some(clear.iter().rev().copied().collect())
        }
    }

    fn sample() -> Value {
        Value::map([
            ("a", Value::list([Value::from(1), Value::secret(Value::map([("p/q", Value::from("x"))]))])),
            ("b", Value::Number(Number::Float(f64::INFINITY))),
        ])
    }

    #[test]
    fn split_and_join() {
        let split = sample().split(&Reverse, "scope").unwrap();
        assert_eq!(split.public, serde_json::json!({"a": [1, null], "b": null}));
        assert_eq!(split.sealed.keys().collect::<Vec<_>>(), ["/a/1"]);
        assert_eq!(Value::join(split.clone(), &Reverse, "scope").unwrap(), sample());
        assert_eq!(Value::join(split, &Reverse, "elsewhere"), Err(DoesNotOpen("/a/1".into())));
        assert!(Value::list([Value::Unknown]).split(&Reverse, "").is_err());
    }

    #[test]
    fn fingerprints_ignore_order_and_marks() {
        let key = FingerprintKey::new([7; 32]);
        let one = Value::map([("a", Value::from(1)), ("b", Value::from("2"))]);
        let two = Value::map([("b", Value::secret(Value::from("2"))), ("a", Value::from(1))]);
        assert_eq!(one.fingerprint(&key), two.fingerprint(&key));
        assert_ne!(one.fingerprint(&key), one.fingerprint(&FingerprintKey::new([8; 32])));
        assert_ne!(Value::from("1").fingerprint(&key), Value::from(1).fingerprint(&key));
        assert_eq!(Value::Unknown.fingerprint(&key), None);
    }
}
