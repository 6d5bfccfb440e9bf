//! Lists.

use std::sync::Arc;

use crate::arguments::{any, int, list};
use crate::compare::deep_equal;
use crate::context::Context;
use crate::data::{Data, List};
use crate::functions::Parameter::{self, Any, Int};
use crate::functions::{Failed, Function, Outcome, Table};
use crate::special::NIL_POINTER;
use crate::sprig::cast::to_int;
use crate::sprig::defaults::empty;
use crate::types::Type;

const ONE: &[Parameter] = &[Any];
const TWO: &[Parameter] = &[Any, Any];

pub(crate) static TABLE: Table = &[
    ("list", Function::plain(&[], make).and(Any)),
    ("tuple", Function::plain(&[], make).and(Any)),
    ("append", Function::plain(TWO, push)),
    ("push", Function::plain(TWO, push)),
    ("mustAppend", Function::plain(TWO, push)),
    ("mustPush", Function::plain(TWO, push)),
    ("prepend", Function::plain(TWO, prepend)),
    ("mustPrepend", Function::plain(TWO, prepend)),
    ("first", Function::plain(ONE, first).any()),
    ("mustFirst", Function::plain(ONE, first).any()),
    ("last", Function::plain(ONE, last).any()),
    ("mustLast", Function::plain(ONE, last).any()),
    ("rest", Function::plain(ONE, rest)),
    ("mustRest", Function::plain(ONE, rest)),
    ("initial", Function::plain(ONE, initial)),
    ("mustInitial", Function::plain(ONE, initial)),
    ("reverse", Function::plain(ONE, reverse)),
    ("mustReverse", Function::plain(ONE, reverse)),
    ("compact", Function::plain(ONE, compact)),
    ("mustCompact", Function::plain(ONE, compact)),
    ("uniq", Function::plain(ONE, uniq)),
    ("mustUniq", Function::plain(ONE, uniq)),
    ("without", Function::plain(ONE, without).and(Any)),
    ("mustWithout", Function::plain(ONE, without).and(Any)),
    ("has", Function::plain(TWO, has)),
    ("mustHas", Function::plain(TWO, has)),
    ("slice", Function::plain(ONE, slice).and(Any).any()),
    ("mustSlice", Function::plain(ONE, slice).and(Any).any()),
    ("concat", Function::plain(&[], concat).and(Any).any()),
    ("chunk", Function::plain(&[Int, Any], chunk)),
    ("mustChunk", Function::plain(&[Int, Any], chunk)),
];

fn make(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    Ok(Data::list(arguments.to_vec()))
}

/// The list at this place, or what the function says of anything else.
fn items<'a>(arguments: &'a [Data], index: usize, cannot: &str) -> Result<&'a [Data], Failed> {
    match any(arguments, index) {
        Data::List(list) => Ok(&list.items),
        Data::Null => Err(NIL_POINTER.into()),
        other => Err(format!("{cannot} {}", other.kind_name()).into()),
    }
}

fn absent() -> Data {
    Data::List(Arc::new(List::absent(Type::Any)))
}

fn push(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let items = items(arguments, 0, "Cannot push on type")?;
    let mut pushed = items.to_vec();
    pushed.push(any(arguments, 1).clone());
    Ok(Data::list(pushed))
}

fn prepend(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let items = items(arguments, 0, "Cannot prepend on type")?;
    Ok(std::iter::once(any(arguments, 1)).chain(items).cloned().collect())
}

fn first(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    Ok(items(arguments, 0, "Cannot find first on type")?.first().cloned().unwrap_or(Data::Null))
}

fn last(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    Ok(items(arguments, 0, "Cannot find last on type")?.last().cloned().unwrap_or(Data::Null))
}

fn rest(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let items = items(arguments, 0, "Cannot find rest on type")?;
    Ok(items.split_first().map_or_else(absent, |(_, rest)| Data::list(rest.to_vec())))
}

fn initial(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let items = items(arguments, 0, "Cannot find initial on type")?;
    Ok(items.split_last().map_or_else(absent, |(_, initial)| Data::list(initial.to_vec())))
}

fn reverse(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let items = items(arguments, 0, "Cannot find reverse on type")?;
    Ok(items.iter().rev().cloned().collect())
}

fn compact(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let items = items(arguments, 0, "Cannot compact on type")?;
    Ok(items.iter().filter(|item| !empty(&context.heap, item)).cloned().collect())
}

/// Whether a list holds a value of the same type and content.
fn holds(context: &mut Context<'_>, items: &[Data], value: &Data) -> Result<bool, Failed> {
    context.step(items.len())?;
    for item in items {
        if deep_equal(context, value, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn uniq(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let mut kept = Vec::new();
    for item in items(arguments, 0, "Cannot find uniq on type")? {
        if !holds(context, &kept, item)? {
            kept.push(item.clone());
        }
    }
    Ok(Data::list(kept))
}

fn without(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let omitted = arguments.get(1..).unwrap_or_default();
    let mut kept = Vec::new();
    for item in items(arguments, 0, "Cannot find without on type")? {
        if !holds(context, omitted, item)? {
            kept.push(item.clone());
        }
    }
    Ok(Data::list(kept))
}

fn has(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    if matches!(any(arguments, 1), Data::Null) {
        return Ok(false.into());
    }
    let items = items(arguments, 1, "Cannot find has on type")?;
    Ok(holds(context, items, any(arguments, 0))?.into())
}

fn slice(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let items = items(arguments, 0, "list should be type of slice or array but")?;
    if items.is_empty() {
        return Ok(Data::Null);
    }
    let start = arguments.get(1).map_or(0, to_int);
    let end = arguments.get(2).map_or_else(|| i64::try_from(items.len()).unwrap_or(i64::MAX), to_int);
    let range = usize::try_from(start).and_then(|start| Ok(start..usize::try_from(end)?));
    let part = range.ok().and_then(|range| items.get(range));
    match (part, list(arguments, 0)) {
        (Some(part), Some(list)) => Ok(Data::List(Arc::new(List::new(list.element.clone(), part.to_vec())))),
        _ => Err("reflect.Value.Slice: slice index out of bounds".into()),
    }
}

fn concat(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let mut all = Vec::new();
    for argument in arguments {
        match argument {
            Data::List(list) => {
                context.reserve_items(all.len() + list.items.len())?;
                all.extend(list.items.iter().cloned());
            }
            Data::Null => return Err(NIL_POINTER.into()),
            other => return Err(format!("Cannot concat type {} as list", other.kind_name()).into()),
        }
    }
    Ok(if all.is_empty() { absent() } else { Data::list(all) })
}

fn chunk(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let items = items(arguments, 1, "Cannot chunk type")?;
    let size = int(arguments, 0);
    let chunks: Vec<Data> = match usize::try_from(size) {
        Ok(size) if size > 0 => items.chunks(size).map(|chunk| Data::list(chunk.to_vec())).collect(),
        _ if size < -1 && items.len() == 1 => vec![Data::list(items.to_vec())],
        // Go computes the number of chunks all the same, and sometimes it is none.
        _ if size < 0 && items.len() > 1 && size.unsigned_abs() >= items.len() as u64 - 1 => Vec::new(),
        _ => return Err("runtime error: makeslice: len out of range".into()),
    };
    Ok(Data::List(Arc::new(List::new(Type::List(Arc::new(Type::Any)), chunks))))
}
