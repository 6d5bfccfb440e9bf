//! [`Type`]: the static Go type of what a list or map holds, or a struct's field has.

use std::fmt;
use std::sync::Arc;

use crate::data::{Data, List, Map, Struct};
use crate::text::Text;

/// A Go type, as far as templates can tell types apart.
///
/// Data from YAML or JSON needs none of this: its lists and maps hold [`Type::Any`]. It matters for structs, whose
/// absent fields and zero values templates can see.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// `interface {}`: anything.
    Any,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `int64`.
    Int64,
    /// `uint64`.
    Uint,
    /// `uint8`.
    Byte,
    /// `float64`.
    Float,
    /// `string`.
    String,
    /// A slice.
    List(Arc<Self>),
    /// A map with `string` keys.
    Map(Arc<Self>),
    /// A struct.
    Struct(Arc<StructType>),
    /// A type that only functions make, by its Go name.
    Opaque(&'static str),
}

/// The name and the fields of a struct.
#[derive(Debug, PartialEq, Eq)]
pub struct StructType {
    /// The Go name with its package, such as `templateprov.Data`.
    pub name: String,
    /// Whether templates are given a pointer to it: `*templateprov.Data` in messages.
    pub pointer: bool,
    /// Name and type of each field, in order.
    pub fields: Vec<(String, Type)>,
    /// The name of each field in JSON, in order; that of the field where there is none.
    pub json: Vec<String>,
}

impl Type {
    /// The value that a map of this element type gives for a key it does not have.
    #[must_use]
    pub fn zero(&self) -> Data {
        match self {
            Self::Any | Self::Opaque(_) => Data::Null,
            Self::Bool => Data::Bool(false),
            Self::Int => Data::Int(0),
            Self::Int64 => Data::Int64(0),
            Self::Uint => Data::Uint(0),
            Self::Byte => Data::Byte(0),
            Self::Float => Data::Float(0.0),
            Self::String => Data::String(Text::default()),
            Self::List(element) => Data::List(Arc::new(List::absent(Self::clone(element)))),
            Self::Map(element) => Data::Map(Arc::new(Map::absent(Self::clone(element)))),
            Self::Struct(kind) => Data::Struct(Arc::new(Struct::zero(Arc::clone(kind)))),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("interface {}"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Int64 => f.write_str("int64"),
            Self::Uint => f.write_str("uint64"),
            Self::Byte => f.write_str("uint8"),
            Self::Float => f.write_str("float64"),
            Self::String => f.write_str("string"),
            Self::List(element) => write!(f, "[]{element}"),
            Self::Map(element) => write!(f, "map[string]{element}"),
            Self::Struct(kind) if kind.pointer => write!(f, "*{}", kind.name),
            Self::Struct(kind) => f.write_str(&kind.name),
            Self::Opaque(name) => f.write_str(name),
        }
    }
}
