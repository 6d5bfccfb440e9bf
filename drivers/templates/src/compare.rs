//! `eq`, `ne`, `lt`, `le`, `gt`, `ge`, and the typed equality of `has`, `uniq` and `deepEqual`.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::context::Context;
use crate::data::Data;
use crate::format::printer;
use crate::functions::Failed;
use crate::heap::{Heap, MAX_NESTING};
use crate::operand::Reflected;
use crate::special::Special;

/// What `eq` and `lt` tell apart.
#[derive(Clone, Copy, PartialEq)]
enum Basic<'d> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    String(&'d [u8]),
    Complex(f64, f64),
}

fn basic(data: &Data) -> Option<Basic<'_>> {
    Some(match data {
        Data::Bool(value) => Basic::Bool(*value),
        Data::Int(value) | Data::Int64(value) => Basic::Int(*value),
        Data::Uint(value) => Basic::Uint(*value),
        Data::Byte(value) => Basic::Uint(u64::from(*value)),
        Data::Float(value) => Basic::Float(*value),
        Data::String(text) => Basic::String(text),
        Data::Special(Special::Complex(real, imaginary)) => Basic::Complex(*real, *imaginary),
        Data::Special(special) => Basic::Int(special.integer()?),
        Data::Null | Data::List(_) | Data::Map(_) | Data::Struct(_) => return None,
    })
}

fn incompatible(left: &Data, right: &Data) -> Failed {
    format!("incompatible types for comparison: {} and {}", left.type_name(), right.type_name()).into()
}

fn boolean(value: bool) -> Reflected {
    Reflected::Plain(Data::Bool(value))
}

/// Whether the first argument equals any of the others.
pub(crate) fn eq(context: &mut Context<'_>, arguments: &[Reflected]) -> Result<Reflected, Failed> {
    let Some((first, others)) = arguments.split_first() else {
        return Ok(boolean(false));
    };
    if others.is_empty() {
        return Err("missing argument for comparison".into());
    }
    for other in others {
        if equal(context, first.data(), other.data())? {
            return Ok(boolean(true));
        }
    }
    Ok(boolean(false))
}

pub(crate) fn ne(context: &mut Context<'_>, arguments: &[Reflected]) -> Result<Reflected, Failed> {
    let (left, right) = pair(arguments);
    Ok(boolean(!equal(context, left, right)?))
}

pub(crate) fn lt(_: &mut Context<'_>, arguments: &[Reflected]) -> Result<Reflected, Failed> {
    let (left, right) = pair(arguments);
    less(left, right).map(boolean)
}

pub(crate) fn le(context: &mut Context<'_>, arguments: &[Reflected]) -> Result<Reflected, Failed> {
    let (left, right) = pair(arguments);
    Ok(boolean(less(left, right)? || equal(context, left, right)?))
}

pub(crate) fn gt(context: &mut Context<'_>, arguments: &[Reflected]) -> Result<Reflected, Failed> {
    let (left, right) = pair(arguments);
    Ok(boolean(!(less(left, right)? || equal(context, left, right)?)))
}

pub(crate) fn ge(_: &mut Context<'_>, arguments: &[Reflected]) -> Result<Reflected, Failed> {
    let (left, right) = pair(arguments);
    Ok(boolean(!less(left, right)?))
}

fn pair(arguments: &[Reflected]) -> (&Data, &Data) {
    match arguments {
        [left, right, ..] => (left.data(), right.data()),
        [left] => (left.data(), &Data::Null),
        [] => (&Data::Null, &Data::Null),
    }
}

fn equal(context: &Context<'_>, left: &Data, right: &Data) -> Result<bool, Failed> {
    match (basic(left), basic(right)) {
        (Some(Basic::Int(int)), Some(Basic::Uint(uint))) | (Some(Basic::Uint(uint)), Some(Basic::Int(int))) => {
            Ok(u64::try_from(int) == Ok(uint))
        }
        (Some(left_value), Some(right_value)) => {
            if std::mem::discriminant(&left_value) == std::mem::discriminant(&right_value) {
                Ok(left_value == right_value)
            } else {
                Err(incompatible(left, right))
            }
        }
        (Some(_), None) | (None, Some(_)) => {
            if matches!(left, Data::Null) || matches!(right, Data::Null) {
                Ok(false)
            } else {
                Err(incompatible(left, right))
            }
        }
        (None, None) => equal_others(context, left, right),
    }
}

/// Neither is a number, text or bool.
fn equal_others(context: &Context<'_>, left: &Data, right: &Data) -> Result<bool, Failed> {
    let is_nil = |data: &Data| match data {
        Data::Null => true,
        Data::List(list) => list.absent,
        Data::Map(map) => map.absent,
        _ => false,
    };
    if left.kind_name() != right.kind_name() && !matches!(left, Data::Null) && !matches!(right, Data::Null) {
        let left_text = as_string(context, left)?;
        let right_text = context.text_of(right)?;
        return Err(format!(
            "non-comparable types {}: {}, {}: {}",
            left_text,
            left.type_name(),
            right.type_name(),
            right_text.to_string_lossy(),
        )
        .into());
    }
    if is_nil(left) || is_nil(right) {
        return Ok(is_nil(left) == is_nil(right));
    }
    match (left, right) {
        // Pointers are equal if they are the same.
        (Data::Special(Special::Version(left)), Data::Special(Special::Version(right))) => Ok(Arc::ptr_eq(left, right)),
        (Data::Special(left), Data::Special(right)) => Ok(left == right),
        (Data::Struct(left_value), Data::Struct(right_value)) => {
            if left_value.kind.pointer || right_value.kind.pointer {
                return Ok(Arc::ptr_eq(left_value, right_value));
            }
            let comparable = right_value.values.iter().all(|value| !matches!(value, Data::List(_) | Data::Map(_)));
            if comparable {
                deep(&context.heap, left, right, MAX_NESTING, &mut { MAX_COMPARED })
            } else {
                Err(not_comparable(context, right)?)
            }
        }
        _ => Err(not_comparable(context, right)?),
    }
}

fn not_comparable(context: &Context<'_>, data: &Data) -> Result<Failed, Failed> {
    Ok(format!("non-comparable type {}: {}", as_string(context, data)?, data.type_name()).into())
}

/// The value as `%s` prints it, which is how Go shows it here.
fn as_string(context: &Context<'_>, data: &Data) -> Result<String, Failed> {
    let text = printer::printf(&context.heap, b"%s", std::slice::from_ref(data), context.limits.size)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn less(left: &Data, right: &Data) -> Result<bool, Failed> {
    let bad = || Failed::from("invalid type for comparison");
    let left_value = basic(left).ok_or_else(bad)?;
    let right_value = basic(right).ok_or_else(bad)?;
    Ok(match (left_value, right_value) {
        (Basic::Bool(_), Basic::Bool(_)) | (Basic::Complex(..), Basic::Complex(..)) => return Err(bad()),
        (Basic::Int(left), Basic::Int(right)) => left < right,
        (Basic::Uint(left), Basic::Uint(right)) => left < right,
        (Basic::Float(left), Basic::Float(right)) => left < right,
        (Basic::String(left), Basic::String(right)) => left < right,
        (Basic::Int(left), Basic::Uint(right)) => u64::try_from(left).map_or(true, |left| left < right),
        (Basic::Uint(left), Basic::Int(right)) => u64::try_from(right).is_ok_and(|right| left < right),
        _ => return Err(incompatible(left, right)),
    })
}

/// `reflect.DeepEqual`: same type, same content.
pub(crate) fn deep_equal(context: &mut Context<'_>, left: &Data, right: &Data) -> Result<bool, Failed> {
    let mut budget = MAX_COMPARED;
    let equal = deep(&context.heap, left, right, MAX_NESTING, &mut budget)?;
    context.step((MAX_COMPARED - budget) / 4)?;
    Ok(equal)
}

/// How many values one comparison may visit: values that share parts are larger than they look.
const MAX_COMPARED: usize = 1_000_000;

fn deep(heap: &Heap, left: &Data, right: &Data, depth: usize, budget: &mut usize) -> Result<bool, Failed> {
    let (Some(depth), Some(left_over)) = (depth.checked_sub(1), budget.checked_sub(1)) else {
        return Err(Failed::Limit("the values are too large or too deeply nested"));
    };
    *budget = left_over;
    let mut all = |left: &[Data], right: &[Data]| -> Result<bool, Failed> {
        if left.len() != right.len() {
            return Ok(false);
        }
        for (left, right) in left.iter().zip(right) {
            if !deep(heap, left, right, depth, budget)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    Ok(match (left, right) {
        (Data::Null, Data::Null) => true,
        (Data::Bool(left), Data::Bool(right)) => left == right,
        (Data::Int(left), Data::Int(right)) | (Data::Int64(left), Data::Int64(right)) => left == right,
        (Data::Uint(left), Data::Uint(right)) => left == right,
        (Data::Byte(left), Data::Byte(right)) => left == right,
        (Data::Float(left), Data::Float(right)) => left.partial_cmp(right) == Some(Ordering::Equal),
        (Data::String(left), Data::String(right)) => left == right,
        (Data::Special(left), Data::Special(right)) => left == right,
        (Data::List(left), Data::List(right)) => {
            Arc::ptr_eq(left, right)
                || left.element == right.element && left.absent == right.absent && all(&left.items, &right.items)?
        }
        (Data::Struct(left), Data::Struct(right)) => left.kind == right.kind && all(&left.values, &right.values)?,
        (Data::Map(left), Data::Map(right)) => {
            if Arc::ptr_eq(left, right) {
                return Ok(true);
            }
            let (left_entries, right_entries) = (heap.entries(left), heap.entries(right));
            if left.element != right.element || left.absent != right.absent || left_entries.len() != right_entries.len()
            {
                return Ok(false);
            }
            for ((left_key, left_value), (right_key, right_value)) in left_entries.iter().zip(right_entries) {
                if left_key != right_key || !deep(heap, left_value, right_value, depth, budget)? {
                    return Ok(false);
                }
            }
            true
        }
        _ => false,
    })
}
