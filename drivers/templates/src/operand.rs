//! [`Reflected`]: a value as the executor handles it.

use crate::data::Data;
use crate::heap::Heap;
use crate::special::Special;
use crate::types::Type;

/// A value as Go's `reflect` has it, which knows more than the value itself.
#[derive(Debug, Clone)]
pub(crate) enum Reflected {
    /// No value at all: an absent key, or what came out of a pipeline as nil.
    Missing,
    /// Of its own type; never [`Data::Null`].
    Plain(Data),
    /// In an `interface {}`, where it may be nil.
    Wrapped(Data),
}

impl Reflected {
    /// A value whose static type is known.
    pub(crate) fn of(data: Data, element: &Type) -> Self {
        if *element == Type::Any { Self::Wrapped(data) } else { Self::Plain(data) }
    }

    /// What comes out of a pipeline: no longer wrapped, and nil is missing.
    pub(crate) fn unwrapped(self) -> Self {
        match self {
            Self::Wrapped(Data::Null) => Self::Missing,
            Self::Wrapped(data) => Self::Plain(data),
            other => other,
        }
    }

    /// The value; nil where there is none.
    pub(crate) fn data(&self) -> &Data {
        match self {
            Self::Missing => &Data::Null,
            Self::Plain(data) | Self::Wrapped(data) => data,
        }
    }

    pub(crate) fn into_data(self) -> Data {
        match self {
            Self::Missing => Data::Null,
            Self::Plain(data) | Self::Wrapped(data) => data,
        }
    }

    /// The static type as text.
    pub(crate) fn static_type(&self) -> String {
        match self {
            Self::Wrapped(_) => "interface {}".to_owned(),
            _ => self.data().type_name(),
        }
    }
}

/// Whether a value counts as true: not empty, not zero, not nil; structs always.
pub(crate) fn truth(heap: &Heap, data: &Data) -> bool {
    match data {
        Data::Null => false,
        Data::Bool(value) => *value,
        Data::Int(value) | Data::Int64(value) => *value != 0,
        Data::Uint(value) => *value != 0,
        Data::Byte(value) => *value != 0,
        Data::Float(value) => *value != 0.0,
        Data::String(text) => !text.is_empty(),
        Data::List(list) => !list.items.is_empty(),
        Data::Map(map) => !heap.entries(map).is_empty(),
        Data::Struct(_) => true,
        Data::Special(Special::Complex(real, imaginary)) => *real != 0.0 || *imaginary != 0.0,
        Data::Special(special) => special.integer() != Some(0),
    }
}
