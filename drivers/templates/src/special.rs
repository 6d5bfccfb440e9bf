//! Values that only functions make, and their methods.

use std::sync::Arc;

use crate::arguments::{any, bytes, int, text};
use crate::context::Context;
use crate::data::Data;
use crate::format::float;
use crate::functions::{Body, Failed, Function, Outcome, Parameter, Table};
use crate::time::{Civil, MONTHS, Time, WEEKDAYS, duration, layout, zone::Zone};
use crate::version::Version;

/// A value that has methods.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[doc(hidden)]
pub enum Special {
    /// `time.Time`
    Time(Arc<Time>),
    /// `time.Month`, from 1.
    Month(i64),
    /// `time.Weekday`, Sunday is 0.
    Weekday(i64),
    /// `time.Duration`, in nanoseconds.
    Duration(i64),
    /// `*time.Location`
    Location(Zone),
    /// `complex128`: what a literal such as `2i` is.
    Complex(f64, f64),
    /// `*semver.Version`
    Version(Arc<Version>),
    /// `semver.Version`
    VersionValue(Arc<Version>),
}

impl Special {
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Time(_) => "time.Time",
            Self::Month(_) => "time.Month",
            Self::Weekday(_) => "time.Weekday",
            Self::Duration(_) => "time.Duration",
            Self::Location(_) => "*time.Location",
            Self::Complex(..) => "complex128",
            Self::Version(_) => "*semver.Version",
            Self::VersionValue(_) => "semver.Version",
        }
    }

    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Time(_) | Self::VersionValue(_) => "struct",
            Self::Month(_) | Self::Weekday(_) => "int",
            Self::Duration(_) => "int64",
            Self::Complex(..) => "complex128",
            Self::Location(_) | Self::Version(_) => "ptr",
        }
    }

    /// The number that it is, if it is one.
    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Self::Month(number) | Self::Weekday(number) | Self::Duration(number) => Some(*number),
            Self::Time(_) | Self::Location(_) | Self::Complex(..) | Self::Version(_) | Self::VersionValue(_) => None,
        }
    }

    /// The text that JSON has for it, where it is neither a number nor an object.
    pub(crate) fn json(&self) -> Option<String> {
        match self {
            Self::Time(time) => Some(time.format(b"2006-01-02T15:04:05.999999999Z07:00")),
            Self::Version(version) | Self::VersionValue(version) => Some(version.to_text()),
            Self::Month(_) | Self::Weekday(_) | Self::Duration(_) | Self::Location(_) | Self::Complex(..) => None,
        }
    }

    /// What its `String` method gives.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Time(time) => time.to_text(),
            Self::Month(number) => named(&MONTHS, number - 1).unwrap_or_else(|| format!("%!Month({number})")),
            Self::Weekday(number) => named(&WEEKDAYS, *number).unwrap_or_else(|| format!("%!Weekday({number})")),
            Self::Duration(nanoseconds) => duration::format(*nanoseconds),
            Self::Location(zone) => zone.name().to_owned(),
            Self::Complex(real, imaginary) => {
                let (real, imaginary) = (float::shortest(*real), float::shortest(*imaginary));
                let sign = if imaginary.starts_with(['-', '+']) { "" } else { "+" };
                format!("({real}{sign}{imaginary}i)")
            }
            Self::Version(version) | Self::VersionValue(version) => version.to_text(),
        }
    }
}

fn named(names: &[&str], index: i64) -> Option<String> {
    usize::try_from(index).ok().and_then(|index| names.get(index)).map(ToString::to_string)
}

pub(crate) fn of_time(time: Time) -> Data {
    Data::Special(Special::Time(Arc::new(time)))
}

pub(crate) fn of_duration(nanoseconds: i64) -> Data {
    Data::Special(Special::Duration(nanoseconds))
}

pub(crate) fn of_version(version: Version) -> Data {
    Data::Special(Special::Version(Arc::new(version)))
}

/// The method of this name. It is called with its receiver as the first argument.
pub(crate) fn method(special: &Special, name: &[u8]) -> Option<&'static Function> {
    let table = match special {
        Special::Complex(..) => return None,
        Special::Time(_) => TIME,
        Special::Month(_) | Special::Weekday(_) | Special::Location(_) => NAMED,
        Special::Duration(_) => DURATION,
        Special::Version(_) | Special::VersionValue(_) => VERSION,
    };
    let (_, function) = table.iter().find(|(method, _)| method.as_bytes() == name)?;
    // Methods of the pointer cannot be called on a value.
    let pointer_only = matches!(special, Special::VersionValue(_)) && POINTER_ONLY.contains(&name);
    (!pointer_only).then_some(function)
}

const POINTER_ONLY: [&[u8]; 8] =
    [b"Original", b"LessThan", b"LessThanEqual", b"GreaterThan", b"GreaterThanEqual", b"Equal", b"Compare", b"Scan"];

type Method = fn(&mut Context<'_>, &[Data]) -> Outcome;

const fn getter(method: Method) -> Function {
    Function::plain(&[], method)
}

/// A method whose signature templates refuse to call.
const fn uncallable(why: &'static str) -> Function {
    Function { parameters: &[], variadic: None, returns_any: false, body: Body::Uncallable(why) }
}

static NAMED: Table =
    &[("String", getter(|_, a| Ok(Data::from(receiver(a).map(Special::to_text).unwrap_or_default()))))];

static TIME: Table = &[
    ("String", getter(|_, a| Ok(Data::from(time(a, 0)?.to_text())))),
    ("Format", Function::plain(&[Parameter::String], |_, a| Ok(Data::text(layout::format(time(a, 0)?, bytes(a, 1)))))),
    ("Year", getter(|_, a| civil(a, |civil| civil.year))),
    ("Day", getter(|_, a| civil(a, |civil| civil.day))),
    ("Hour", getter(|_, a| civil(a, |civil| civil.hour))),
    ("Minute", getter(|_, a| civil(a, |civil| civil.minute))),
    ("Second", getter(|_, a| civil(a, |civil| civil.second))),
    ("YearDay", getter(|_, a| civil(a, |civil| civil.year_day()))),
    ("Nanosecond", getter(|_, a| Ok(Data::Int(i64::from(time(a, 0)?.nanoseconds))))),
    ("Month", getter(|_, a| Ok(Data::Special(Special::Month(time(a, 0)?.civil().month))))),
    ("Weekday", getter(|_, a| Ok(Data::Special(Special::Weekday(time(a, 0)?.civil().weekday().cast_signed() as i64))))),
    ("Unix", getter(|_, a| Ok(Data::Int64(time(a, 0)?.seconds)))),
    ("UnixMilli", getter(|_, a| Ok(Data::Int64(unix(time(a, 0)?, 1_000))))),
    ("UnixMicro", getter(|_, a| Ok(Data::Int64(unix(time(a, 0)?, 1_000_000))))),
    ("UnixNano", getter(|_, a| Ok(Data::Int64(unix(time(a, 0)?, 1_000_000_000))))),
    ("IsZero", getter(|_, a| Ok((time(a, 0)?.instant() == Time::zero().instant()).into()))),
    (
        "IsDST",
        getter(|_, a| {
            let time = time(a, 0)?;
            Ok(time.zone.offset(time.seconds).daylight_saving.into())
        }),
    ),
    ("UTC", getter(|_, a| Ok(of_time(time(a, 0)?.in_zone(Zone::Utc))))),
    ("Local", getter(|_, a| Ok(of_time(time(a, 0)?.in_zone(Zone::Local))))),
    ("Location", getter(|_, a| Ok(Data::Special(Special::Location(time(a, 0)?.zone.clone()))))),
    ("In", Function::plain(&[Parameter::Location], in_location)),
    ("Add", Function::plain(&[Parameter::Duration], |_, a| Ok(of_time(time(a, 0)?.plus(nanoseconds(a, 1)))))),
    ("AddDate", Function::plain(&[Parameter::Int, Parameter::Int, Parameter::Int], add_date)),
    ("Sub", Function::plain(&[Parameter::Time], |_, a| Ok(of_duration(time(a, 0)?.since(time(a, 1)?))))),
    ("After", Function::plain(&[Parameter::Time], |_, a| Ok((time(a, 0)?.instant() > time(a, 1)?.instant()).into()))),
    ("Before", Function::plain(&[Parameter::Time], |_, a| Ok((time(a, 0)?.instant() < time(a, 1)?.instant()).into()))),
    ("Equal", Function::plain(&[Parameter::Time], |_, a| Ok((time(a, 0)?.instant() == time(a, 1)?.instant()).into()))),
    (
        "Compare",
        Function::plain(&[Parameter::Time], |_, a| {
            Ok(Data::Int(time(a, 0)?.instant().cmp(&time(a, 1)?.instant()) as i64))
        }),
    ),
    (
        "Truncate",
        Function::plain(&[Parameter::Duration], |_, a| Ok(of_time(rounded(time(a, 0)?, nanoseconds(a, 1), false)))),
    ),
    (
        "Round",
        Function::plain(&[Parameter::Duration], |_, a| Ok(of_time(rounded(time(a, 0)?, nanoseconds(a, 1), true)))),
    ),
    ("Date", uncallable("function Date has 3 return values; should be 1 or 2")),
    ("ISOWeek", uncallable("invalid function signature for ISOWeek: second return value should be error; is int")),
    ("Zone", uncallable("invalid function signature for Zone: second return value should be error; is int")),
    ("Clock", uncallable("function Clock has 3 return values; should be 1 or 2")),
];

static DURATION: Table = &[
    ("String", getter(|_, a| Ok(Data::from(duration::format(nanoseconds(a, 0)))))),
    ("Nanoseconds", getter(|_, a| Ok(Data::Int64(nanoseconds(a, 0))))),
    ("Microseconds", getter(|_, a| Ok(Data::Int64(nanoseconds(a, 0) / 1_000)))),
    ("Milliseconds", getter(|_, a| Ok(Data::Int64(nanoseconds(a, 0) / 1_000_000)))),
    ("Seconds", getter(|_, a| Ok(Data::Float(in_units(nanoseconds(a, 0), 1_000_000_000))))),
    ("Minutes", getter(|_, a| Ok(Data::Float(in_units(nanoseconds(a, 0), 60_000_000_000))))),
    ("Hours", getter(|_, a| Ok(Data::Float(in_units(nanoseconds(a, 0), 3_600_000_000_000))))),
    ("Abs", getter(|_, a| Ok(of_duration(nanoseconds(a, 0).saturating_abs())))),
    (
        "Round",
        Function::plain(&[Parameter::Duration], |_, a| {
            Ok(of_duration(duration::round(nanoseconds(a, 0), nanoseconds(a, 1))))
        }),
    ),
    (
        "Truncate",
        Function::plain(&[Parameter::Duration], |_, a| {
            Ok(of_duration(truncated(nanoseconds(a, 0), nanoseconds(a, 1))))
        }),
    ),
];

static VERSION: Table = &[
    ("String", getter(|_, a| Ok(Data::from(version(a, 0)?.to_text())))),
    ("Original", getter(|_, a| Ok(Data::from(version(a, 0)?.original.as_str())))),
    ("Major", getter(|_, a| Ok(Data::Uint(version(a, 0)?.major)))),
    ("Minor", getter(|_, a| Ok(Data::Uint(version(a, 0)?.minor)))),
    ("Patch", getter(|_, a| Ok(Data::Uint(version(a, 0)?.patch)))),
    ("Prerelease", getter(|_, a| Ok(Data::from(version(a, 0)?.prerelease.as_str())))),
    ("Metadata", getter(|_, a| Ok(Data::from(version(a, 0)?.metadata.as_str())))),
    ("IncPatch", getter(|_, a| incremented(version(a, 0)?.next_patch()))),
    ("IncMinor", getter(|_, a| incremented(version(a, 0)?.next_minor()))),
    ("IncMajor", getter(|_, a| incremented(version(a, 0)?.next_major()))),
    (
        "SetPrerelease",
        Function::plain(&[Parameter::String], |_, a| incremented(version(a, 0)?.with_prerelease(&text(a, 1)))),
    ),
    (
        "SetMetadata",
        Function::plain(&[Parameter::String], |_, a| incremented(version(a, 0)?.with_metadata(&text(a, 1)))),
    ),
    (
        "LessThan",
        Function::plain(&[Parameter::Version], |_, a| Ok(version(a, 0)?.precedence(version(a, 1)?).is_lt().into())),
    ),
    (
        "LessThanEqual",
        Function::plain(&[Parameter::Version], |_, a| Ok(version(a, 0)?.precedence(version(a, 1)?).is_le().into())),
    ),
    (
        "GreaterThan",
        Function::plain(&[Parameter::Version], |_, a| Ok(version(a, 0)?.precedence(version(a, 1)?).is_gt().into())),
    ),
    (
        "GreaterThanEqual",
        Function::plain(&[Parameter::Version], |_, a| Ok(version(a, 0)?.precedence(version(a, 1)?).is_ge().into())),
    ),
    (
        "Equal",
        Function::plain(&[Parameter::Version], |_, a| {
            Ok(version(a, 1).is_ok_and(|other| version(a, 0).is_ok_and(|this| this.precedence(other).is_eq())).into())
        }),
    ),
    (
        "Compare",
        Function::plain(&[Parameter::Version], |_, a| Ok(Data::Int(version(a, 0)?.precedence(version(a, 1)?) as i64))),
    ),
];

fn receiver(arguments: &[Data]) -> Option<&Special> {
    match arguments.first() {
        Some(Data::Special(special)) => Some(special),
        _ => None,
    }
}

fn nil_pointer() -> Failed {
    "runtime error: invalid memory address or nil pointer dereference".into()
}

pub(crate) fn time(arguments: &[Data], index: usize) -> Result<&Time, Failed> {
    match any(arguments, index) {
        Data::Special(Special::Time(time)) => Ok(time),
        _ => Err(nil_pointer()),
    }
}

fn version(arguments: &[Data], index: usize) -> Result<&Version, Failed> {
    match any(arguments, index) {
        Data::Special(Special::Version(version) | Special::VersionValue(version)) => Ok(version),
        _ => Err(nil_pointer()),
    }
}

fn nanoseconds(arguments: &[Data], index: usize) -> i64 {
    match any(arguments, index) {
        Data::Special(Special::Duration(nanoseconds)) => *nanoseconds,
        _ => 0,
    }
}

fn incremented(version: Result<Version, String>) -> Outcome {
    Ok(Data::Special(Special::VersionValue(Arc::new(version?))))
}

fn civil(arguments: &[Data], part: fn(Civil) -> i64) -> Outcome {
    Ok(Data::Int(part(time(arguments, 0)?.civil())))
}

fn unix(time: &Time, per_second: i64) -> i64 {
    let part = i64::from(time.nanoseconds) / (1_000_000_000 / per_second);
    time.seconds.wrapping_mul(per_second).wrapping_add(part)
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

fn truncated(nanoseconds: i64, multiple: i64) -> i64 {
    if multiple <= 0 { nanoseconds } else { nanoseconds - nanoseconds % multiple }
}

#[expect(clippy::cast_precision_loss, reason = "as in Go")]
fn in_units(nanoseconds: i64, unit: i64) -> f64 {
    (nanoseconds / unit) as f64 + (nanoseconds % unit) as f64 / unit as f64
}
