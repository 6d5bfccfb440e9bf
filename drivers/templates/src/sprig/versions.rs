//! Semantic versions.

use crate::arguments::text;
use crate::context::Context;
use crate::data::Data;
use crate::functions::Parameter::String as Str;
use crate::functions::{Function, Outcome, Table};
use crate::special::of_version;
use crate::version::{Constraints, Version};

pub(crate) static TABLE: Table = &[
    ("semver", Function::plain(&[Str], |_, a| Ok(of_version(Version::parse(&text(a, 0))?)))),
    ("semverCompare", Function::plain(&[Str, Str], compare)),
];

fn compare(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    context.step(10)?;
    let constraints = Constraints::parse(&text(arguments, 0))?;
    Ok(constraints.check(&Version::parse(&text(arguments, 1))?).into())
}
