//! Numbers: conversion, arithmetic, sequences.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::arguments::{any, int, text};
use crate::context::Context;
use crate::data::{Data, List};
use crate::format::number::{NumberError, parse_int};
use crate::functions::Parameter::{self, Any, Float, Int, String as Str};
use crate::functions::{Failed, Function, Outcome, Table};
use crate::sprig::cast::{to_float, to_int};
use crate::sprig::decimal::Decimal;
use crate::types::Type;

const ONE: &[Parameter] = &[Any];
const TWO: &[Parameter] = &[Any, Any];

pub(crate) static TABLE: Table = &[
    ("atoi", Function::plain(&[Str], atoi)),
    ("int", Function::plain(ONE, |_, a| Ok(Data::Int(to_int(any(a, 0)))))),
    ("int64", Function::plain(ONE, |_, a| Ok(Data::Int64(to_int(any(a, 0)))))),
    ("float64", Function::plain(ONE, |_, a| Ok(Data::Float(to_float(any(a, 0)))))),
    ("toDecimal", Function::plain(ONE, to_decimal)),
    ("add", Function::plain(&[], |_, a| Ok(fold(0, a, i64::wrapping_add))).and(Any)),
    ("add1", Function::plain(ONE, |_, a| Ok(Data::Int64(to_int(any(a, 0)).wrapping_add(1))))),
    ("sub", Function::plain(TWO, |_, a| Ok(Data::Int64(to_int(any(a, 0)).wrapping_sub(to_int(any(a, 1))))))),
    ("mul", Function::plain(ONE, |_, a| Ok(fold(1, a, i64::wrapping_mul))).and(Any)),
    ("div", Function::plain(TWO, |_, a| divide(a, i64::wrapping_div))),
    ("mod", Function::plain(TWO, |_, a| divide(a, i64::wrapping_rem))),
    ("max", Function::plain(ONE, |_, a| Ok(fold(to_int(any(a, 0)), a, i64::max))).and(Any)),
    ("biggest", Function::plain(ONE, |_, a| Ok(fold(to_int(any(a, 0)), a, i64::max))).and(Any)),
    ("min", Function::plain(ONE, |_, a| Ok(fold(to_int(any(a, 0)), a, i64::min))).and(Any)),
    ("maxf", Function::plain(ONE, |_, a| Ok(fold_floats(a, Ordering::Greater))).and(Any)),
    ("minf", Function::plain(ONE, |_, a| Ok(fold_floats(a, Ordering::Less))).and(Any)),
    ("add1f", Function::plain(ONE, |_, a| Ok(Data::Float(exact(any(a, 0))?.add(&exact(&Data::Int(1))?).to_float())))),
    ("addf", Function::plain(&[], addf).and(Any)),
    ("subf", Function::plain(ONE, |context, a| decimals(context, a, |a, b| Ok(a.subtract(b)))).and(Any)),
    ("mulf", Function::plain(ONE, |context, a| decimals(context, a, |a, b| Ok(a.multiply(b)))).and(Any)),
    ("divf", Function::plain(ONE, |context, a| decimals(context, a, Decimal::divide)).and(Any)),
    ("ceil", Function::plain(ONE, |_, a| Ok(Data::Float(to_float(any(a, 0)).ceil())))),
    ("floor", Function::plain(ONE, |_, a| Ok(Data::Float(to_float(any(a, 0)).floor())))),
    ("round", Function::plain(&[Any, Int], round).and(Float)),
    ("until", Function::plain(&[Int], until)),
    ("untilStep", Function::plain(&[Int, Int, Int], until_step)),
    ("seq", Function::plain(&[], seq).and(Int)),
];

fn atoi(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    Ok(Data::Int(match parse_int(&text(arguments, 0), 10) {
        Ok(number) | Err(NumberError::Range(number)) => number,
        Err(NumberError::Syntax) => 0,
    }))
}

/// Reads octal digits, whatever its name says.
fn to_decimal(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let text = context.text_of(any(arguments, 0))?;
    Ok(Data::Int64(parse_int(&text.to_string_lossy(), 8).unwrap_or(0)))
}

fn fold(start: i64, arguments: &[Data], operation: fn(i64, i64) -> i64) -> Data {
    Data::Int64(arguments.iter().map(to_int).fold(start, operation))
}

fn divide(arguments: &[Data], operation: fn(i64, i64) -> i64) -> Outcome {
    match to_int(any(arguments, 1)) {
        0 => Err("runtime error: integer divide by zero".into()),
        divisor => Ok(Data::Int64(operation(to_int(any(arguments, 0)), divisor))),
    }
}

/// The greatest or least; not a number if one is not.
fn fold_floats(arguments: &[Data], wanted: Ordering) -> Data {
    let numbers = arguments.iter().map(to_float);
    let best = numbers.reduce(|best, number| {
        if best.is_infinite() && best.total_cmp(&0.0) == wanted {
            best
        } else if number.is_infinite() && number.total_cmp(&0.0) == wanted {
            number
        } else if best.is_nan() || number.is_nan() {
            f64::NAN
        } else if number.total_cmp(&best) == wanted {
            number
        } else {
            best
        }
    });
    Data::Float(best.unwrap_or_default())
}

fn exact(value: &Data) -> Result<Decimal, Failed> {
    Decimal::from_float(to_float(value))
}

fn addf(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let from_zero: Vec<Data> = std::iter::once(Data::Float(0.0)).chain(arguments.iter().cloned()).collect();
    decimals(context, &from_zero, |left, right| Ok(left.add(right)))
}

fn decimals(
    context: &mut Context<'_>,
    arguments: &[Data],
    operation: fn(&Decimal, &Decimal) -> Result<Decimal, Failed>,
) -> Outcome {
    // The digits grow with each argument.
    context.step(arguments.len().saturating_mul(arguments.len()))?;
    let mut result = exact(any(arguments, 0))?;
    for argument in arguments.iter().skip(1) {
        result = operation(&result, &exact(argument)?)?;
    }
    Ok(Data::Float(result.to_float()))
}

fn round(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let half = match arguments.get(2) {
        Some(Data::Float(half)) => *half,
        _ => 0.5,
    };
    let places = i32::try_from(int(arguments, 1)).unwrap_or(if int(arguments, 1) < 0 { i32::MIN } else { i32::MAX });
    let power = power_of_ten(places);
    let shifted = power * to_float(any(arguments, 0));
    let rounded = if shifted.fract() >= half { shifted.ceil() } else { shifted.floor() };
    Ok(Data::Float(rounded / power))
}

/// Exactly rounded, which repeated multiplication is not.
fn power_of_ten(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(f64::INFINITY)
}

fn steps(context: &mut Context<'_>, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, Failed> {
    let upwards = stop >= start;
    if step == 0 || upwards != (step > 0) {
        return Ok(Vec::new());
    }
    let count = start.abs_diff(stop).div_ceil(step.unsigned_abs());
    context.reserve_items(usize::try_from(count).unwrap_or(usize::MAX))?;
    let mut numbers = Vec::new();
    let mut number = start;
    while if upwards { number < stop } else { number > stop } {
        numbers.push(number);
        // Past the greatest integer Go goes on from the least.
        number = number.wrapping_add(step);
        context.step(1)?;
    }
    Ok(numbers)
}

fn integers(numbers: Vec<i64>) -> Data {
    Data::List(Arc::new(List::new(Type::Int, numbers.into_iter().map(Data::Int).collect())))
}

fn until(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let count = int(arguments, 0);
    Ok(integers(steps(context, 0, count, if count < 0 { -1 } else { 1 })?))
}

fn until_step(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    Ok(integers(steps(context, int(arguments, 0), int(arguments, 1), int(arguments, 2))?))
}

fn seq(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let (start, step, end) = match arguments.len() {
        1 => (1, None, int(arguments, 0)),
        2 => (int(arguments, 0), None, int(arguments, 1)),
        3 => (int(arguments, 0), Some(int(arguments, 1)), int(arguments, 2)),
        _ => return Ok(Data::text("")),
    };
    let direction = if end < start { -1 } else { 1 };
    if direction < 0 && step.is_some_and(|step| step > 0) {
        return Ok(Data::text(""));
    }
    let numbers = steps(context, start, end.wrapping_add(direction), step.unwrap_or(direction))?;
    let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(Data::text(texts.join(" ")))
}
