//! Values that only functions make, and their methods.

use crate::data::Data;
use crate::functions::Function;

/// A value that has methods.
#[derive(Debug, Clone, PartialEq)]
#[doc(hidden)]
pub enum Special {
    #[doc(hidden)]
    Duration(i64),
}

impl Special {
    pub(crate) fn type_name(&self) -> &'static str {
        "time.Duration"
    }
    pub(crate) fn kind_name(&self) -> &'static str {
        "int64"
    }
    pub(crate) fn integer(&self) -> Option<i64> {
        let Self::Duration(value) = self;
        Some(*value)
    }
    /// The text that JSON has for it, where it is not a number.
    pub(crate) fn json(&self) -> Option<String> {
        None
    }
    pub(crate) fn to_text(&self) -> String {
        String::new()
    }
}

pub(crate) fn duration(nanoseconds: i64) -> Data {
    Data::Special(Special::Duration(nanoseconds))
}

pub(crate) fn method(_: &Special, _: &[u8]) -> Option<&'static Function> {
    None
}
