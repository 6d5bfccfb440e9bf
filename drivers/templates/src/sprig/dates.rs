//! Dates, times and durations. The local zone is UTC.

use crate::arguments::{any, bytes, text};
use crate::context::Context;
use crate::data::Data;
use crate::functions::Parameter::{self, Any, String as Str, Time as Instant};
use crate::functions::{Failed, Function, Outcome, Table};
use crate::methods::time;
use crate::special::{Special, of_time};
use crate::time::zone::Zone;
use crate::time::{Time, duration, layout, parse};

const MODIFY: &[Parameter] = &[Str, Instant];
const TWO_TEXTS: &[Parameter] = &[Str, Str];

const DAY_LAYOUT: &[u8] = b"2006-01-02";

pub(crate) static TABLE: Table = &[
    ("now", Function::plain(&[], |context, _| Ok(of_time(now(context)?)))),
    ("ago", Function::plain(&[Any], ago)),
    ("date", Function::plain(&[Str, Any], |context, a| format(context, bytes(a, 0), any(a, 1), "Local"))),
    ("dateInZone", Function::plain(&[Str, Any, Str], date_in_zone)),
    ("date_in_zone", Function::plain(&[Str, Any, Str], date_in_zone)),
    ("htmlDate", Function::plain(&[Any], |context, a| format(context, DAY_LAYOUT, any(a, 0), "Local"))),
    ("htmlDateInZone", Function::plain(&[Any, Str], |context, a| format(context, DAY_LAYOUT, any(a, 0), &text(a, 1)))),
    ("dateModify", Function::plain(MODIFY, modify)),
    ("date_modify", Function::plain(MODIFY, modify)),
    ("mustDateModify", Function::plain(MODIFY, must_modify)),
    ("must_date_modify", Function::plain(MODIFY, must_modify)),
    (
        "toDate",
        Function::plain(TWO_TEXTS, |_, a| {
            Ok(of_time(parse::parse(bytes(a, 0), bytes(a, 1)).unwrap_or_else(|_| Time::zero())))
        }),
    ),
    ("mustToDate", Function::plain(TWO_TEXTS, |_, a| Ok(of_time(parse::parse(bytes(a, 0), bytes(a, 1))?)))),
    ("unixEpoch", Function::plain(&[Instant], |_, a| Ok(Data::from(time(a, 0)?.seconds.to_string())))),
    ("duration", Function::plain(&[Any], seconds)),
    ("durationRound", Function::plain(&[Any], rounded)),
];

fn now(context: &Context<'_>) -> Result<Time, Failed> {
    let (seconds, nanoseconds) = context.host.now()?;
    Ok(Time::at(seconds, nanoseconds, Zone::Local))
}

/// The time that a value stands for; anything but a time and a number of seconds is now.
fn instant(context: &Context<'_>, value: &Data) -> Result<Time, Failed> {
    match value {
        Data::Special(Special::Time(time)) => Ok((**time).clone()),
        Data::Int(seconds) | Data::Int64(seconds) => Ok(Time::at(*seconds, 0, Zone::Local)),
        _ => now(context),
    }
}

fn format(context: &mut Context<'_>, format: &[u8], value: &Data, zone: &str) -> Outcome {
    let zone = Zone::load(zone).unwrap_or(Zone::Utc);
    Ok(Data::text(layout::format(&instant(context, value)?.in_zone(zone), format)))
}

fn date_in_zone(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    format(context, bytes(arguments, 0), any(arguments, 1), &text(arguments, 2))
}

fn modify(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    match must_modify(context, arguments) {
        Err(Failed::Error(_)) => Ok(any(arguments, 1).clone()),
        other => other,
    }
}

fn must_modify(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    Ok(of_time(time(arguments, 1)?.plus(duration::parse(&text(arguments, 0))?)))
}

fn ago(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let since = now(context)?.since(&instant(context, any(arguments, 0))?);
    Ok(Data::from(duration::format(duration::round(since, 1_000_000_000))))
}

/// A number of seconds as a duration; an `int` is none.
fn seconds(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    use crate::format::number::{NumberError, parse_int};
    let seconds = match any(arguments, 0) {
        Data::Int64(seconds) => *seconds,
        Data::String(text) => match parse_int(&text.to_string_lossy(), 10) {
            Ok(seconds) | Err(NumberError::Range(seconds)) => seconds,
            Err(NumberError::Syntax) => 0,
        },
        _ => 0,
    };
    Ok(Data::from(duration::format(seconds.wrapping_mul(1_000_000_000))))
}

/// A duration in its greatest unit.
fn rounded(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let nanoseconds = match any(arguments, 0) {
        Data::String(text) => duration::parse(&text.to_string_lossy()).unwrap_or(0),
        Data::Int64(nanoseconds) => *nanoseconds,
        Data::Special(Special::Time(time)) => now(context)?.since(time),
        _ => 0,
    };
    const HOUR: u64 = 3_600_000_000_000;
    let units = [
        (HOUR * 24 * 365, "y"),
        (HOUR * 24 * 30, "mo"),
        (HOUR * 24, "d"),
        (HOUR, "h"),
        (HOUR / 60, "m"),
        (HOUR / 3600, "s"),
    ];
    let magnitude = nanoseconds.unsigned_abs();
    let unit = units.iter().find(|(unit, _)| magnitude > *unit);
    Ok(Data::from(unit.map_or_else(|| "0s".to_owned(), |(unit, name)| format!("{}{name}", magnitude / unit))))
}
