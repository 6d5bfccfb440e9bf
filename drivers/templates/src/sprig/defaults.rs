//! Emptiness, choice, types.

use crate::arguments::{any, text};
use crate::compare;
use crate::context::Context;
use crate::data::Data;
use crate::functions::Parameter::{Any, Bool, String as Str};
use crate::functions::{Function, Outcome, Table};
use crate::heap::Heap;
use crate::operand::truth;

pub(crate) static TABLE: Table = &[
    ("default", Function::plain(&[Any], default).and(Any).any()),
    ("empty", Function::plain(&[Any], |context, a| Ok(empty(&context.heap, any(a, 0)).into()))),
    ("coalesce", Function::plain(&[], coalesce).and(Any).any()),
    (
        "all",
        Function::plain(&[], |context, a| Ok((!a.iter().any(|value| empty(&context.heap, value))).into())).and(Any),
    ),
    (
        "any",
        Function::plain(&[], |context, a| Ok((!a.iter().all(|value| empty(&context.heap, value))).into())).and(Any),
    ),
    ("ternary", Function::plain(&[Any, Any, Bool], ternary).any()),
    ("fail", Function::plain(&[Str], |_, a| Err(text(a, 0).into_owned().into()))),
    ("typeOf", Function::plain(&[Any], |_, a| Ok(type_of(any(a, 0)).into()))),
    ("typeIs", Function::plain(&[Str, Any], |_, a| Ok((text(a, 0) == type_of(any(a, 1))).into()))),
    ("typeIsLike", Function::plain(&[Str, Any], type_is_like)),
    ("kindOf", Function::plain(&[Any], |_, a| Ok(any(a, 0).kind_name().into()))),
    ("kindIs", Function::plain(&[Str, Any], |_, a| Ok((text(a, 0) == any(a, 1).kind_name()).into()))),
    ("deepEqual", Function::plain(&[Any, Any], deep_equal)),
];

/// Whether a value is what `default` replaces.
pub(crate) fn empty(heap: &Heap, value: &Data) -> bool {
    !truth(heap, value)
}

fn default(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let given = arguments.get(1).filter(|given| !empty(&context.heap, given));
    Ok(given.unwrap_or(any(arguments, 0)).clone())
}

fn coalesce(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let first = arguments.iter().find(|value| !empty(&context.heap, value));
    Ok(first.cloned().unwrap_or(Data::Null))
}

fn ternary(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let index = usize::from(!matches!(any(arguments, 2), Data::Bool(true)));
    Ok(any(arguments, index).clone())
}

fn type_of(value: &Data) -> String {
    match value {
        Data::Null => "<nil>".to_owned(),
        other => other.type_name(),
    }
}

fn type_is_like(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let wanted = text(arguments, 0);
    let found = type_of(any(arguments, 1));
    Ok((found == wanted || found.strip_prefix('*') == Some(&wanted)).into())
}

fn deep_equal(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    Ok(compare::deep_equal(context, any(arguments, 0), any(arguments, 1))?.into())
}
