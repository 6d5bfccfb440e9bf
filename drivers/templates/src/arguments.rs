//! Reading the arguments of a function, whose types have been checked before it is called.

use std::borrow::Cow;
use std::sync::Arc;

use crate::data::{Data, List, Map};
use crate::text::Text;

/// The argument at this place; nil where there is none.
pub(crate) fn any(arguments: &[Data], index: usize) -> &Data {
    arguments.get(index).unwrap_or(&Data::Null)
}

/// The string at this place.
pub(crate) fn string(arguments: &[Data], index: usize) -> Text {
    match arguments.get(index) {
        Some(Data::String(text)) => text.clone(),
        _ => Text::default(),
    }
}

/// The bytes of the string at this place.
pub(crate) fn bytes(arguments: &[Data], index: usize) -> &[u8] {
    match arguments.get(index) {
        Some(Data::String(text)) => text,
        _ => &[],
    }
}

/// The string at this place, invalid bytes replaced.
pub(crate) fn text(arguments: &[Data], index: usize) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes(arguments, index))
}

/// The integer at this place.
pub(crate) fn int(arguments: &[Data], index: usize) -> i64 {
    match arguments.get(index) {
        Some(Data::Int(number)) => *number,
        _ => 0,
    }
}

/// The map at this place.
pub(crate) fn map(arguments: &[Data], index: usize) -> Option<&Arc<Map>> {
    match arguments.get(index) {
        Some(Data::Map(map)) => Some(map),
        _ => None,
    }
}

/// The list at this place, if it is one.
pub(crate) fn list(arguments: &[Data], index: usize) -> Option<&Arc<List>> {
    match arguments.get(index) {
        Some(Data::List(list)) => Some(list),
        _ => None,
    }
}
