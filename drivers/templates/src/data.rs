//! [`Data`]: what templates are rendered with, and what their functions take and give.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::special::Special;
use crate::text::Text;
use crate::types::{StructType, Type};

/// A value in a template. Cheap to clone: whatever is large is shared.
///
/// Templates tell Go's types apart (`eq 1 1.0` is an error, `has` compares types), so integers, floats and strings
/// are kept as they were written. A map is a *reference*, as in Go: two places that hold the same [`Arc`] are the
/// same map, and what `set` or `merge` change in one is seen in the other, for the duration of one render.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Data {
    /// `nil`.
    Null,
    /// `bool`.
    Bool(bool),
    /// `int`: what YAML integers are.
    Int(i64),
    /// `int64`: what arithmetic functions return.
    Int64(i64),
    /// `uint64`: what YAML integers above `i64::MAX` are.
    Uint(u64),
    /// `uint8`: what indexing a string gives.
    Byte(u8),
    /// `float64`.
    Float(f64),
    /// `string`.
    String(Text),
    /// A slice.
    List(Arc<List>),
    /// A map with `string` keys.
    Map(Arc<Map>),
    /// A struct, whose fields are fixed: asking for another is an error.
    Struct(Arc<Struct>),
    /// What only functions make: times and versions.
    #[doc(hidden)]
    Special(Special),
}

/// The elements of a slice and their static type.
#[derive(Debug, Clone)]
pub struct List {
    pub(crate) element: Type,
    pub(crate) absent: bool,
    pub(crate) items: Vec<Data>,
}

/// The entries of a map and their static type.
#[derive(Debug, Clone)]
pub struct Map {
    pub(crate) element: Type,
    pub(crate) absent: bool,
    pub(crate) entries: BTreeMap<Text, Data>,
}

/// The fields of a struct.
#[derive(Debug, Clone)]
pub struct Struct {
    pub(crate) kind: Arc<StructType>,
    pub(crate) values: Vec<Data>,
}

impl Data {
    /// A list of anything.
    #[must_use]
    pub fn list(items: Vec<Self>) -> Self {
        Self::List(Arc::new(List::new(Type::Any, items)))
    }

    /// A map to anything.
    #[must_use]
    pub fn map(entries: BTreeMap<Text, Self>) -> Self {
        Self::Map(Arc::new(Map::new(Type::Any, entries)))
    }

    /// A `[]string`.
    pub(crate) fn strings(items: Vec<Text>) -> Self {
        let items = items.into_iter().map(Self::String).collect();
        Self::List(Arc::new(List::new(Type::String, items)))
    }

    pub(crate) fn text(text: impl Into<Text>) -> Self {
        Self::String(text.into())
    }

    /// Whether dropping it may drop others.
    fn is_nested(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_) | Self::Struct(_))
    }

    /// The Go type of the value; [`None`] for `nil`.
    pub(crate) fn type_of(&self) -> Option<Type> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Int64(_) => Type::Int64,
            Self::Uint(_) => Type::Uint,
            Self::Byte(_) => Type::Byte,
            Self::Float(_) => Type::Float,
            Self::String(_) => Type::String,
            Self::List(list) => Type::List(Arc::new(list.element.clone())),
            Self::Map(map) => Type::Map(Arc::new(map.element.clone())),
            Self::Struct(value) => Type::Struct(Arc::clone(&value.kind)),
            Self::Special(special) => Type::Opaque(special.type_name()),
        })
    }

    /// The Go type as text, `interface {}` for `nil`.
    pub(crate) fn type_name(&self) -> String {
        self.type_of().unwrap_or(Type::Any).to_string()
    }

    /// The name of Go's `reflect.Kind`.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "invalid",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Int64(_) => "int64",
            Self::Uint(_) => "uint64",
            Self::Byte(_) => "uint8",
            Self::Float(_) => "float64",
            Self::String(_) => "string",
            Self::List(_) => "slice",
            Self::Map(_) => "map",
            Self::Struct(value) if value.kind.pointer => "ptr",
            Self::Struct(_) => "struct",
            Self::Special(special) => special.kind_name(),
        }
    }
}

impl List {
    /// A list whose elements have this static type.
    #[must_use]
    pub fn new(element: Type, items: Vec<Data>) -> Self {
        Self { element, absent: false, items }
    }

    /// A nil slice: empty, and `null` in JSON.
    #[must_use]
    pub fn absent(element: Type) -> Self {
        Self { element, absent: true, items: Vec::new() }
    }

    /// The elements.
    #[must_use]
    pub fn items(&self) -> &[Data] {
        &self.items
    }
}

impl Map {
    /// A map whose values have this static type.
    #[must_use]
    pub fn new(element: Type, entries: BTreeMap<Text, Data>) -> Self {
        Self { element, absent: false, entries }
    }

    /// A nil map: empty, `null` in JSON, and nothing can be set in it.
    #[must_use]
    pub fn absent(element: Type) -> Self {
        Self { element, absent: true, entries: BTreeMap::new() }
    }

    /// The entries, in the order of their keys' bytes.
    #[must_use]
    pub fn entries(&self) -> &BTreeMap<Text, Data> {
        &self.entries
    }

    /// The entries, to change them. A nil map is none any more.
    pub fn entries_mut(&mut self) -> &mut BTreeMap<Text, Data> {
        self.absent = false;
        &mut self.entries
    }
}

impl Struct {
    /// A struct with these values, in the order of the type's fields. Values that are missing are zero, values too
    /// many are dropped.
    #[must_use]
    pub fn new(kind: Arc<StructType>, mut values: Vec<Data>) -> Self {
        let given = values.len();
        values.truncate(kind.fields.len());
        values.extend(kind.fields.iter().skip(given).map(|(_, field)| field.zero()));
        Self { kind, values }
    }

    /// A struct whose fields are all zero.
    #[must_use]
    pub fn zero(kind: Arc<StructType>) -> Self {
        Self::new(kind, Vec::new())
    }

    /// The type.
    #[must_use]
    pub fn kind(&self) -> &Arc<StructType> {
        &self.kind
    }

    /// The value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Data> {
        let index = self.kind.fields.iter().position(|(field, _)| field == name)?;
        self.values.get(index)
    }

    /// Puts a value in the place of a field's, which it gives back; [`None`] where the type has no such field.
    pub fn replace(&mut self, name: &str, value: Data) -> Option<Data> {
        let index = self.kind.fields.iter().position(|(field, _)| field == name)?;
        Some(std::mem::replace(self.values.get_mut(index)?, value))
    }

    /// The value of a field and its static type.
    pub(crate) fn typed_field(&self, name: &[u8]) -> Option<(&Data, &Type)> {
        let index = self.kind.fields.iter().position(|(field, _)| field.as_bytes() == name)?;
        Some((self.values.get(index)?, &self.kind.fields.get(index)?.1))
    }
}

/// Values nest as deeply as templates make them; dropping them must not recurse that deep.
fn take_apart(values: impl Iterator<Item = Data>) {
    let mut pending: Vec<Data> = values.filter(Data::is_nested).collect();
    while let Some(value) = pending.pop() {
        match value {
            Data::List(list) => {
                if let Some(mut list) = Arc::into_inner(list) {
                    pending.extend(std::mem::take(&mut list.items).into_iter().filter(Data::is_nested));
                }
            }
            Data::Map(map) => {
                if let Some(mut map) = Arc::into_inner(map) {
                    pending.extend(std::mem::take(&mut map.entries).into_values().filter(Data::is_nested));
                }
            }
            Data::Struct(value) => {
                if let Some(mut value) = Arc::into_inner(value) {
                    pending.extend(std::mem::take(&mut value.values).into_iter().filter(Data::is_nested));
                }
            }
            _ => {}
        }
    }
}

impl Drop for List {
    fn drop(&mut self) {
        take_apart(std::mem::take(&mut self.items).into_iter());
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        take_apart(std::mem::take(&mut self.entries).into_values());
    }
}

impl Drop for Struct {
    fn drop(&mut self) {
        take_apart(std::mem::take(&mut self.values).into_iter());
    }
}

impl From<bool> for Data {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Data {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Data {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Data {
    fn from(value: &str) -> Self {
        Self::text(value)
    }
}

impl From<String> for Data {
    fn from(value: String) -> Self {
        Self::text(value)
    }
}

impl From<Arc<str>> for Data {
    fn from(value: Arc<str>) -> Self {
        Self::text(value)
    }
}

impl From<Vec<Self>> for Data {
    fn from(items: Vec<Self>) -> Self {
        Self::list(items)
    }
}

impl From<BTreeMap<Text, Self>> for Data {
    fn from(entries: BTreeMap<Text, Self>) -> Self {
        Self::map(entries)
    }
}

impl<K: Into<Text>> FromIterator<(K, Self)> for Data {
    fn from_iter<I: IntoIterator<Item = (K, Self)>>(entries: I) -> Self {
        Self::map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

impl FromIterator<Self> for Data {
    fn from_iter<I: IntoIterator<Item = Self>>(items: I) -> Self {
        Self::list(items.into_iter().collect())
    }
}

/// As YAML reads it: a number without fraction and exponent is an integer.
impl From<&serde_json::Value> for Data {
    fn from(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => {
                if let Some(value) = number.as_i64() {
                    Self::Int(value)
                } else if let Some(value) = number.as_u64() {
                    Self::Uint(value)
                } else {
                    Self::Float(number.as_f64().unwrap_or(f64::NAN))
                }
            }
            serde_json::Value::String(value) => Self::from(value.as_str()),
            serde_json::Value::Array(items) => items.iter().map(Self::from).collect(),
            serde_json::Value::Object(entries) => {
                entries.iter().map(|(key, value)| (key.as_str(), Self::from(value))).collect()
            }
        }
    }
}

impl From<serde_json::Value> for Data {
    fn from(value: serde_json::Value) -> Self {
        Self::from(&value)
    }
}
