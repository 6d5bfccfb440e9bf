//! `time.Time`

use crate::arguments::{any, bytes, int};
use crate::context::Context;
use crate::data::Data;
use crate::functions::Parameter::{self, Duration, Int, Location, String as Str, Time as Instant};
use crate::functions::{Failed, Function, Outcome, Table};
use crate::methods::duration::nanoseconds;
use crate::methods::{getter, uncallable};
use crate::special::{NIL_POINTER, Special, of_duration, of_time};
use crate::time::zone::Zone;
use crate::time::{Civil, Time, layout};

const OTHER: &[Parameter] = &[Instant];
const MULTIPLE: &[Parameter] = &[Duration];

pub(crate) static TABLE: Table = &[
    ("String", getter(|_, a| Ok(Data::from(time(a, 0)?.to_text())))),
    ("Format", Function::plain(&[Str], |_, a| Ok(Data::text(layout::format(time(a, 0)?, bytes(a, 1)))))),
    ("Year", getter(|_, a| civil(a, |civil| civil.year))),
    ("Month", getter(|_, a| Ok(Data::Special(Special::Month(time(a, 0)?.civil().month))))),
    ("Day", getter(|_, a| civil(a, |civil| civil.day))),
    ("Weekday", getter(|_, a| Ok(Data::Special(Special::Weekday(time(a, 0)?.civil().weekday()))))),
    ("YearDay", getter(|_, a| civil(a, |civil| civil.year_day()))),
    ("Hour", getter(|_, a| civil(a, |civil| civil.hour))),
    ("Minute", getter(|_, a| civil(a, |civil| civil.minute))),
    ("Second", getter(|_, a| civil(a, |civil| civil.second))),
    ("Nanosecond", getter(|_, a| Ok(Data::Int(i64::from(time(a, 0)?.nanoseconds))))),
    ("Unix", getter(|_, a| Ok(Data::Int64(time(a, 0)?.seconds)))),
    ("UnixMilli", getter(|_, a| unix(a, 1_000))),
    ("UnixMicro", getter(|_, a| unix(a, 1_000_000))),
    ("UnixNano", getter(|_, a| unix(a, 1_000_000_000))),
    ("IsZero", getter(|_, a| Ok((instant(a, 0)? == Time::zero().instant()).into()))),
    ("IsDST", getter(is_daylight_saving)),
    ("UTC", getter(|_, a| Ok(of_time(time(a, 0)?.in_zone(Zone::Utc))))),
    ("Local", getter(|_, a| Ok(of_time(time(a, 0)?.in_zone(Zone::Local))))),
    ("Location", getter(|_, a| Ok(Data::Special(Special::Location(time(a, 0)?.zone.clone()))))),
    ("In", Function::plain(&[Location], in_location)),
    ("Add", Function::plain(MULTIPLE, |_, a| Ok(of_time(time(a, 0)?.plus(nanoseconds(a, 1)))))),
    ("AddDate", Function::plain(&[Int, Int, Int], add_date)),
    ("Sub", Function::plain(OTHER, |_, a| Ok(of_duration(time(a, 0)?.since(time(a, 1)?))))),
    ("After", Function::plain(OTHER, |_, a| Ok((instant(a, 0)? > instant(a, 1)?).into()))),
    ("Before", Function::plain(OTHER, |_, a| Ok((instant(a, 0)? < instant(a, 1)?).into()))),
    ("Equal", Function::plain(OTHER, |_, a| Ok((instant(a, 0)? == instant(a, 1)?).into()))),
    ("Compare", Function::plain(OTHER, |_, a| Ok(Data::Int(instant(a, 0)?.cmp(&instant(a, 1)?) as i64)))),
    ("Truncate", Function::plain(MULTIPLE, |_, a| Ok(of_time(rounded(time(a, 0)?, nanoseconds(a, 1), false))))),
    ("Round", Function::plain(MULTIPLE, |_, a| Ok(of_time(rounded(time(a, 0)?, nanoseconds(a, 1), true))))),
    ("Date", uncallable("function Date has 3 return values; should be 1 or 2")),
    ("Clock", uncallable("function Clock has 3 return values; should be 1 or 2")),
    ("ISOWeek", uncallable("invalid function signature for ISOWeek: second return value should be error; is int")),
    ("Zone", uncallable("invalid function signature for Zone: second return value should be error; is int")),
];

/// The time at this place.
pub(crate) fn time(arguments: &[Data], index: usize) -> Result<&Time, Failed> {
    match any(arguments, index) {
        Data::Special(Special::Time(time)) => Ok(time),
        _ => Err(NIL_POINTER.into()),
    }
}

fn instant(arguments: &[Data], index: usize) -> Result<(i64, u32), Failed> {
    Ok(time(arguments, index)?.instant())
}

fn civil(arguments: &[Data], part: fn(Civil) -> i64) -> Outcome {
    Ok(Data::Int(part(time(arguments, 0)?.civil())))
}

fn unix(arguments: &[Data], per_second: i64) -> Outcome {
    let time = time(arguments, 0)?;
    let part = i64::from(time.nanoseconds) / (1_000_000_000 / per_second);
    Ok(Data::Int64(time.seconds.wrapping_mul(per_second).wrapping_add(part)))
}

fn is_daylight_saving(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let time = time(arguments, 0)?;
    Ok(time.zone.offset(time.seconds).daylight_saving.into())
}

fn in_location(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    match any(arguments, 1) {
        Data::Special(Special::Location(zone)) => Ok(of_time(time(arguments, 0)?.in_zone(zone.clone()))),
        _ => Err("time: missing Location in call to Time.In".into()),
    }
}

fn add_date(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    const BOUND: i64 = 1_000_000_000;
    let time = time(arguments, 0)?;
    let civil = time.civil();
    let moved = |part: i64, index: usize| part.saturating_add(int(arguments, index).clamp(-BOUND, BOUND));
    let civil = Civil { year: moved(civil.year, 1), month: moved(civil.month, 2), day: moved(civil.day, 3), ..civil };
    Ok(of_time(Time::from_civil(civil, time.nanoseconds, time.zone.clone())))
}

/// Rounded down, or to the nearest multiple since the zero time, halves up.
fn rounded(time: &Time, multiple: i64, nearest: bool) -> Time {
    if multiple <= 0 {
        return time.clone();
    }
    let seconds = i128::from(time.seconds) - i128::from(Time::zero().seconds);
    let since_zero = seconds * 1_000_000_000 + i128::from(time.nanoseconds);
    let rest = i64::try_from(since_zero.rem_euclid(i128::from(multiple))).unwrap_or_default();
    let up = nearest && rest.saturating_mul(2) >= multiple;
    time.plus(if up { multiple - rest } else { -rest })
}
