//! YAML as the Score tools read and write it.
//!
//! They use Go's `gopkg.in/yaml.v3`, which follows neither YAML 1.1 nor 1.2: `yes` is a text, `0777` is octal, `08` is a float, dates are dates, a key given twice is an error. [`read`] gives what it
//! gives, or refuses; it never gives another value. Known differences, all on the side of caution or harmless:
//!
//! - Nesting ends at [`MAX_DEPTH`] levels, aliases included, instead of 10 000.
//! - U+2028 and U+2029, which end a line there and stay in a text, are understood in quoted and literal texts and at the end of a value; elsewhere they are refused.
//! - Accepted here and refused there: `\/` and pairs of surrogate escapes in double quotes (JSON has them), a directive `%YAML 1.2`, keys in flow collections that are long or span lines, some tabs, and
//!   slips that YAML 1.2 allows.
//! - Refused here and accepted there: what YAML 1.2 does not allow around tabs, comments without a blank before them, brackets after the end of the document, and what the parser below takes for
//!   something else: between brackets a text that begins with `?` or `:` or ends with `:`, and a name of an anchor with anything but letters, digits, `_` and `-`.
//! - The writer writes a text with a leading line break or tab, the key `<<` and whole floats so that they read back, which there they do not.

mod breaks;
mod order;
mod quick;
mod read;
mod scalar;
mod syntax;
mod timestamp;
mod write;

pub(crate) use quick::read as read_plain;
pub use read::{Entry, Kind, MAX_DEPTH, Node, read, read_all};
pub use scalar::Scalar;
pub(crate) use syntax::second_document;
pub use write::{append, write, write_in_order, write_indented};
