//! Values that only functions make.

use std::sync::Arc;

use crate::data::Data;
use crate::format::float;
use crate::time::zone::Zone;
use crate::time::{MONTHS, Time, WEEKDAYS, duration};
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

/// Go's message for a nil where a pointer is followed.
pub(crate) const NIL_POINTER: &str = "runtime error: invalid memory address or nil pointer dereference";
