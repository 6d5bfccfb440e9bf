//! Regular expressions.

use std::sync::Arc;

use crate::arguments::{bytes, int, text};
use crate::context::Context;
use crate::data::{Data, List};
use crate::functions::Parameter::{self, Int, String as Str};
use crate::functions::{Failed, Function, Outcome, Table};
use crate::regexp::{MAX_KEPT, Regexp, quote_meta};
use crate::text::Text;
use crate::types::Type;

const TWO: &[Parameter] = &[Str, Str];
const COUNTED: &[Parameter] = &[Str, Str, Int];
const THREE: &[Parameter] = &[Str, Str, Str];

pub(crate) static TABLE: Table = &[
    ("regexMatch", Function::plain(TWO, lenient_match)),
    ("mustRegexMatch", Function::plain(TWO, |context, a| Ok(is_match(context, a)?.into()))),
    ("regexFind", Function::plain(TWO, |context, a| loud(find(context, a), a))),
    ("mustRegexFind", Function::plain(TWO, find)),
    ("regexFindAll", Function::plain(COUNTED, |context, a| loud(find_all(context, a), a))),
    ("mustRegexFindAll", Function::plain(COUNTED, find_all)),
    ("regexSplit", Function::plain(COUNTED, |context, a| loud(split(context, a), a))),
    ("mustRegexSplit", Function::plain(COUNTED, split)),
    ("regexReplaceAll", Function::plain(THREE, |context, a| loud(replace(context, a, false), a))),
    ("mustRegexReplaceAll", Function::plain(THREE, |context, a| replace(context, a, false))),
    ("regexReplaceAllLiteral", Function::plain(THREE, |context, a| loud(replace(context, a, true), a))),
    ("mustRegexReplaceAllLiteral", Function::plain(THREE, |context, a| replace(context, a, true))),
    ("regexQuoteMeta", Function::plain(&[Str], |_, a| Ok(Data::text(quote_meta(bytes(a, 0)))))),
];

/// The expression that is the first argument, compiled once.
fn compile(context: &mut Context<'_>, arguments: &[Data]) -> Result<Arc<Regexp>, Failed> {
    let expression = bytes(arguments, 0);
    // Time grows with both.
    context.step((bytes(arguments, 1).len() / 64).saturating_mul(1 + expression.len() / 32))?;
    if let Some(compiled) = context.expressions.get(expression) {
        return Ok(Arc::clone(compiled));
    }
    // Charged to each render, whichever was first: what a render may do does not depend on those before it.
    context.step(100 + expression.len())?;
    let compiled = context.compiled.get(expression).map_err(|message| format!("error parsing regexp: {message}"))?;
    if context.expressions.len() >= MAX_KEPT {
        context.expressions.clear();
    }
    context.expressions.insert(Text::from(expression), Arc::clone(&compiled));
    Ok(compiled)
}

/// As a function that panics where its `must` variant fails.
fn loud(outcome: Outcome, arguments: &[Data]) -> Outcome {
    match outcome {
        Err(Failed::Error(message)) => {
            let expression = text(arguments, 0);
            // An expression with a back quote in it is quoted as a string literal.
            let shown = if crate::format::quote::can_backquote(expression.as_bytes()) {
                format!("`{expression}`")
            } else {
                crate::format::quote::quoted(expression.as_bytes())
            };
            Err(format!("regexp: Compile({shown}): {message}").into())
        }
        other => other,
    }
}

fn is_match(context: &mut Context<'_>, arguments: &[Data]) -> Result<bool, Failed> {
    Ok(compile(context, arguments)?.is_match(bytes(arguments, 1)))
}

/// An expression that is none matches nothing.
fn lenient_match(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    match is_match(context, arguments) {
        Err(Failed::Error(_)) => Ok(false.into()),
        other => Ok(other?.into()),
    }
}

fn find(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    Ok(Data::text(compile(context, arguments)?.find(bytes(arguments, 1))))
}

/// A `[]string`, which is nil if it is empty.
fn list(texts: Vec<Vec<u8>>) -> Data {
    if texts.is_empty() {
        return Data::List(Arc::new(List::absent(Type::String)));
    }
    Data::strings(texts.into_iter().map(Text::from).collect())
}

fn find_all(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    Ok(list(compile(context, arguments)?.find_all(bytes(arguments, 1), int(arguments, 2))))
}

fn split(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let expression = compile(context, arguments)?;
    let pieces = expression.split(bytes(arguments, 0), bytes(arguments, 1), int(arguments, 2));
    if pieces.is_empty() && int(arguments, 2) != 0 {
        return Ok(Data::strings(Vec::new()));
    }
    Ok(list(pieces))
}

fn replace(context: &mut Context<'_>, arguments: &[Data], literal: bool) -> Outcome {
    let expression = compile(context, arguments)?;
    let replaced = expression.replace(bytes(arguments, 1), bytes(arguments, 2), literal, context.limits.size);
    replaced.map(Data::text).ok_or(Failed::Limit("the result is too large"))
}
