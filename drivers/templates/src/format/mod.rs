//! Text from values, as Go's `fmt` and `strconv` make it.

pub(crate) mod float;
pub(crate) mod number;
pub(crate) mod printer;
pub(crate) mod quote;
