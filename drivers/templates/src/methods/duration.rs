//! `time.Duration`

use crate::arguments::any;
use crate::data::Data;
use crate::functions::{Function, Parameter, Table};
use crate::methods::getter;
use crate::special::{Special, of_duration};
use crate::time::duration;

const OTHER: &[Parameter] = &[Parameter::Duration];

pub(crate) static TABLE: Table = &[
    ("String", getter(|_, a| Ok(Data::from(duration::format(nanoseconds(a, 0)))))),
    ("Nanoseconds", getter(|_, a| Ok(Data::Int64(nanoseconds(a, 0))))),
    ("Microseconds", getter(|_, a| Ok(Data::Int64(nanoseconds(a, 0) / 1_000)))),
    ("Milliseconds", getter(|_, a| Ok(Data::Int64(nanoseconds(a, 0) / 1_000_000)))),
    ("Seconds", getter(|_, a| Ok(Data::Float(in_units(nanoseconds(a, 0), 1_000_000_000))))),
    ("Minutes", getter(|_, a| Ok(Data::Float(in_units(nanoseconds(a, 0), 60_000_000_000))))),
    ("Hours", getter(|_, a| Ok(Data::Float(in_units(nanoseconds(a, 0), 3_600_000_000_000))))),
    ("Abs", getter(|_, a| Ok(of_duration(nanoseconds(a, 0).saturating_abs())))),
    ("Round", Function::plain(OTHER, |_, a| Ok(of_duration(duration::round(nanoseconds(a, 0), nanoseconds(a, 1)))))),
    ("Truncate", Function::plain(OTHER, |_, a| Ok(of_duration(truncated(nanoseconds(a, 0), nanoseconds(a, 1)))))),
];

/// The duration at this place.
pub(crate) fn nanoseconds(arguments: &[Data], index: usize) -> i64 {
    match any(arguments, index) {
        Data::Special(Special::Duration(nanoseconds)) => *nanoseconds,
        _ => 0,
    }
}

fn truncated(nanoseconds: i64, multiple: i64) -> i64 {
    if multiple <= 0 { nanoseconds } else { nanoseconds - nanoseconds % multiple }
}

#[expect(clippy::cast_precision_loss, reason = "as in Go")]
fn in_units(nanoseconds: i64, unit: i64) -> f64 {
    (nanoseconds / unit) as f64 + (nanoseconds % unit) as f64 / unit as f64
}
