//! The methods of values that only functions make.

mod duration;
mod time;
mod version;

use crate::context::Context;
use crate::data::Data;
use crate::functions::{Body, Function, Outcome, Table};
use crate::special::Special;
pub(crate) use time::time;

/// The method of this name. It is called with its receiver as the first argument.
pub(crate) fn method(special: &Special, name: &[u8]) -> Option<&'static Function> {
    let table = match special {
        Special::Time(_) => time::TABLE,
        Special::Duration(_) => duration::TABLE,
        Special::Month(_) | Special::Weekday(_) | Special::Location(_) => NAMED,
        Special::Version(_) => version::TABLE,
        // Methods of the pointer cannot be called on a value.
        Special::VersionValue(_) if version::OF_POINTERS.contains(&name) => return None,
        Special::VersionValue(_) => version::TABLE,
        Special::Complex(..) => return None,
    };
    let (_, function) = table.iter().find(|(method, _)| method.as_bytes() == name)?;
    Some(function)
}

type Method = fn(&mut Context<'_>, &[Data]) -> Outcome;

/// A method without parameters.
const fn getter(method: Method) -> Function {
    Function::plain(&[], method)
}

/// A method whose signature templates refuse to call.
const fn uncallable(why: &'static str) -> Function {
    Function { parameters: &[], variadic: None, returns_any: false, body: Body::Uncallable(why) }
}

static NAMED: Table = &[(
    "String",
    getter(|_, arguments| match arguments.first() {
        Some(Data::Special(special)) => Ok(Data::from(special.to_text())),
        _ => Ok(Data::text("")),
    }),
)];
