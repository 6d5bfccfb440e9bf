//! Values: trees of what people wrote and drivers answered, in which secrets and what is not known yet are marked.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::json_text::json_text;
use crate::shared_text::{SharedKey, shared_key};
use crate::{Entries, Number, Path};

/// A map from texts to values, in the order in which it was written. Two maps are equal whatever their order.
///
/// ```
/// use score_model::{Map, Value};
///
/// let mut map = Map::default();
/// map.insert("image".into(), Value::from("shop:1"));
/// map.insert("replicas".into(), Value::from(2));
/// assert_eq!(map.get("image").and_then(Value::as_str), Some("shop:1"));
/// assert_eq!(Value::from(map), Value::map([("replicas", Value::from(2)), ("image", Value::from("shop:1"))]));
/// ```
pub type Map = Entries<Arc<str>, Value>;

/// A tree of JSON's kinds, and two marks: a part may be secret, and a part may not be known yet.
///
/// Cheap to clone: lists, maps and texts are shared. It has no `Display` and no `Serialize`, so that no secret slips out; its `Debug` is redacted. [`redacted`](Self::redacted) is for
/// eyes, [`split`](Self::split) for files, [`expose`](Self::expose) is the one way to clear text.
#[derive(Clone, PartialEq, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(Arc<str>),
    /// A list.
    List(Arc<Vec<Self>>),
    /// A map.
    Map(Arc<Map>),
    /// A value that must not be shown.
    Secret(Secret),
    /// A value that is not known before something is done.
    Unknown,
}

/// A value that must not be shown: no `Display`, no `Serialize`, and a `Debug` that says nothing.
#[derive(Clone, PartialEq)]
pub struct Secret(Arc<Value>);

impl Secret {
    /// Hides a value. A secret in a secret is one secret.
    pub fn new(value: Value) -> Self {
        match value {
            Value::Secret(secret) => secret,
            value => Self(Arc::new(value)),
        }
    }

    /// The value in clear. Whoever calls this answers for where it goes.
    #[inline]
    pub fn expose(&self) -> &Value {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

impl Value {
    /// A text.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// A list.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(Arc::new(items.into_iter().collect()))
    }

    /// A map.
    pub fn map<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(Arc::new(entries.into_iter().map(|(key, value)| (key.into(), value)).collect()))
    }

    /// A map of fields with known names: like [`map`](Self::map), with keys that are shared with those of other maps (see [`shared_key`](crate::shared_key)).
    pub fn fields<'k>(entries: impl IntoIterator<Item = (&'k str, Self)>) -> Self {
        Self::Map(Arc::new(entries.into_iter().map(|(key, value)| (shared_key(key), value)).collect()))
    }

    /// This value, secret. What is not known stays unknown.
    pub fn secret(value: Self) -> Self {
        match value {
            Self::Unknown => Self::Unknown,
            value => Self::Secret(Secret::new(value)),
        }
    }

    /// The text, if this is one; not that of a secret.
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// The whole number, if this is one.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The list, if this is one; not that of a secret.
    #[inline]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The map, if this is one; not that of a secret.
    #[inline]
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// What lies directly below `key`; not below a secret (see [`get`](Self::get)). A decimal key leads into a list.
    pub fn child(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(map) => map.get(key),
            Self::List(items) => items.get(key.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// What lies at `path`: below a secret it is secret, below what is not known it is not known.
    pub fn get(&self, path: &Path) -> Option<Self> {
        let (mut at, mut secret) = (self, false);
        for key in path.keys() {
            while let Self::Secret(hidden) = at {
                (at, secret) = (hidden.expose(), true);
            }
            if matches!(at, Self::Unknown) {
                return Some(Self::Unknown);
            }
            at = at.child(key)?;
        }
        Some(if secret { Self::secret(at.clone()) } else { at.clone() })
    }

    /// Puts `value` at `path`, making maps on the way where there is nothing or no map; never into a list or a secret, which are replaced.
    pub fn insert(&mut self, path: &Path, value: Self) {
        let mut at = self;
        for key in path.keys() {
            if !matches!(at, Self::Map(_)) {
                *at = Self::Map(Arc::default());
            }
            let Self::Map(map) = at else { return };
            at = Arc::make_mut(map).entry(key.clone()).or_default();
        }
        *at = value;
    }

    /// Whether a part of it is not known, or a part of a secret in it.
    pub fn has_unknown(&self) -> bool {
        self.any(&mut |value| matches!(value, Self::Unknown))
    }

    /// Whether a part of it is secret.
    pub fn has_secret(&self) -> bool {
        self.any(&mut |value| matches!(value, Self::Secret(_)))
    }

    fn any(&self, holds: &mut dyn FnMut(&Self) -> bool) -> bool {
        holds(self)
            || match self {
                Self::List(items) => items.iter().any(|item| item.any(holds)),
                Self::Map(map) => map.values().any(|value| value.any(holds)),
                Self::Secret(hidden) => hidden.expose().any(holds),
                _ => false,
            }
    }

    /// As text inside a longer text: a text as it is, everything else as compact JSON with sorted keys, as the Score tools write it (`<`, `>` and `&` as escapes, 3.0 as `3`). Secret parts are in clear: the caller marks the result when
    /// [`has_secret`](Self::has_secret). `None` when a part is not known.
    pub fn to_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::String(text) => Some(Cow::Borrowed(text)),
            Self::Secret(hidden) => hidden.expose().to_text(),
            other if other.has_unknown() => None,
            other => Some(Cow::Owned(json_text(&other.expose()))),
        }
    }

    /// For eyes: secrets are `{"$secret": true}`, what is not known is `{"$unknown": true}`. Ambiguous by design, never to be read back.
    pub fn redacted(&self) -> serde_json::Value {
        self.json(&|value| match value {
            Self::Secret(_) => Some(serde_json::json!({"$secret": true})),
            Self::Unknown => Some(serde_json::json!({"$unknown": true})),
            _ => None,
        })
    }

    /// In clear: the one way to the text of secrets. Whoever calls this answers for where it goes. What is not known is `null`.
    pub fn expose(&self) -> serde_json::Value {
        self.json(&|_| None)
    }

    fn json(&self, instead: &dyn Fn(&Self) -> Option<serde_json::Value>) -> serde_json::Value {
        use serde_json::Value as Json;
        if let Some(json) = instead(self) {
            return json;
        }
        match self {
            Self::Null | Self::Unknown => Json::Null,
            Self::Bool(bool) => Json::Bool(*bool),
            Self::Number(number) => number.to_json().map_or_else(|| Json::String(number.to_string()), Json::Number),
            Self::String(text) => Json::String(text.to_string()),
            Self::List(items) => Json::Array(items.iter().map(|item| item.json(instead)).collect()),
            Self::Map(map) => Json::Object(map.iter().map(|(k, v)| (k.to_string(), v.json(instead))).collect()),
            Self::Secret(hidden) => hidden.expose().json(instead),
        }
    }

    /// The same tree without marks: secrets in clear, what is not known as null. Whoever calls this answers for where it goes.
    #[must_use]
    pub fn unmarked(&self) -> Self {
        let marked = self.any(&mut |value| matches!(value, Self::Secret(_) | Self::Unknown));
        if marked { self.without_marks() } else { self.clone() }
    }

    fn without_marks(&self) -> Self {
        match self {
            Self::List(items) => Self::list(items.iter().map(Self::without_marks)),
            Self::Map(map) => Self::map(map.iter().map(|(key, value)| (key.clone(), value.without_marks()))),
            Self::Secret(hidden) => hidden.expose().without_marks(),
            Self::Unknown => Self::Null,
            other => other.clone(),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(bool) => bool.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::String(text) => text.fmt(f),
            Self::List(items) => items.fmt(f),
            Self::Map(map) => f.debug_map().entries(map.iter()).finish(),
            Self::Secret(secret) => secret.fmt(f),
            Self::Unknown => f.write_str("<unknown>"),
        }
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Number(int.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::string(text)
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Self::String(text)
    }
}

impl From<Vec<Self>> for Value {
    fn from(items: Vec<Self>) -> Self {
        Self::list(items)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(Arc::new(map))
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(bool) => Self::Bool(bool),
            Json::Number(number) => Self::Number(
                number
                    .as_i64()
                    .map(Number::Int)
                    .or_else(|| number.as_u64().map(Number::Uint))
                    .unwrap_or_else(|| Number::Float(number.as_f64().unwrap_or(f64::NAN))),
            ),
            Json::String(text) => Self::string(text),
            Json::Array(items) => Self::list(items.into_iter().map(Self::from)),
            Json::Object(map) => Self::map(map.into_iter().map(|(key, value)| (key, Self::from(value)))),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Value, E> {
        Ok(Value::Number(int.into()))
    }

    fn visit_u64<E>(self, int: u64) -> Result<Value, E> {
        Ok(Value::Number(int.into()))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        Ok(Value::Number(float.into()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::string(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        // There are many, most are short, and none grows any more.
        list.shrink_to_fit();
        Ok(Value::List(Arc::new(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::default();
        while let Some((SharedKey(key), value)) = entries.next_entry::<SharedKey, Value>()? {
            map.insert(key, value);
        }
        map.shrink_to_fit();
        Ok(Value::Map(Arc::new(map)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample() -> Value {
        Value::map([
            ("open", Value::from(1)),
            ("hidden", Value::secret(Value::map([("password", Value::from("canary"))]))),
            ("later", Value::Unknown),
        ])
    }

    #[test]
    fn secrets_do_not_show() {
        assert_eq!(sample().redacted(), json!({"open": 1, "hidden": {"$secret": true}, "later": {"$unknown": true}}));
        assert!(!format!("{:?}", sample()).contains("canary"));
    }

    #[track_caller]
    fn check_get(path: &str, want: Option<Value>) {
        assert_eq!(sample().get(&path.parse().unwrap()), want);
    }

    #[test]
    fn marks_go_down() {
        check_get("open", Some(Value::from(1)));
        check_get("hidden.password", Some(Value::secret(Value::from("canary"))));
        check_get("later.anything", Some(Value::Unknown));
        check_get("open.x", None);
        check_get("absent", None);
    }

    #[test]
    fn text_of_other_kinds_is_compact_json() {
        assert_eq!(Value::from(json!({"b": [1, 2.5], "a": null})).to_text().unwrap(), r#"{"a":null,"b":[1,2.5]}"#);
        assert_eq!(sample().to_text(), None);
    }
}
