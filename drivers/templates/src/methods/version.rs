//! `semver.Version`

use std::cmp::Ordering;
use std::sync::Arc;

use crate::arguments::{any, text};
use crate::data::Data;
use crate::functions::Parameter::{self, String as Str};
use crate::functions::{Failed, Function, Outcome, Table};
use crate::methods::getter;
use crate::special::{NIL_POINTER, Special};
use crate::version::Version;

const OTHER: &[Parameter] = &[Parameter::Version];

pub(crate) static TABLE: Table = &[
    ("String", getter(|_, a| Ok(Data::from(version(a, 0)?.to_text())))),
    ("Original", getter(|_, a| Ok(Data::from(version(a, 0)?.original.as_str())))),
    ("Major", getter(|_, a| Ok(Data::Uint(version(a, 0)?.major)))),
    ("Minor", getter(|_, a| Ok(Data::Uint(version(a, 0)?.minor)))),
    ("Patch", getter(|_, a| Ok(Data::Uint(version(a, 0)?.patch)))),
    ("Prerelease", getter(|_, a| Ok(Data::from(version(a, 0)?.prerelease.as_str())))),
    ("Metadata", getter(|_, a| Ok(Data::from(version(a, 0)?.metadata.as_str())))),
    ("IncPatch", getter(|_, a| changed(version(a, 0)?.next_patch()))),
    ("IncMinor", getter(|_, a| changed(version(a, 0)?.next_minor()))),
    ("IncMajor", getter(|_, a| changed(version(a, 0)?.next_major()))),
    ("SetPrerelease", Function::plain(&[Str], |_, a| changed(version(a, 0)?.with_prerelease(&text(a, 1))))),
    ("SetMetadata", Function::plain(&[Str], |_, a| changed(version(a, 0)?.with_metadata(&text(a, 1))))),
    ("LessThan", Function::plain(OTHER, |_, a| Ok(order(a)?.is_lt().into()))),
    ("LessThanEqual", Function::plain(OTHER, |_, a| Ok(order(a)?.is_le().into()))),
    ("GreaterThan", Function::plain(OTHER, |_, a| Ok(order(a)?.is_gt().into()))),
    ("GreaterThanEqual", Function::plain(OTHER, |_, a| Ok(order(a)?.is_ge().into()))),
    // Nothing equals nil.
    ("Equal", Function::plain(OTHER, |_, a| Ok(order(a).is_ok_and(Ordering::is_eq).into()))),
    ("Compare", Function::plain(OTHER, |_, a| Ok(Data::Int(order(a)? as i64)))),
];

/// The methods that only a pointer has.
pub(crate) const OF_POINTERS: [&[u8]; 7] =
    [b"Original", b"LessThan", b"LessThanEqual", b"GreaterThan", b"GreaterThanEqual", b"Equal", b"Compare"];

fn version(arguments: &[Data], index: usize) -> Result<&Version, Failed> {
    match any(arguments, index) {
        Data::Special(Special::Version(version) | Special::VersionValue(version)) => Ok(version),
        _ => Err(NIL_POINTER.into()),
    }
}

fn order(arguments: &[Data]) -> Result<Ordering, Failed> {
    Ok(version(arguments, 0)?.precedence(version(arguments, 1)?))
}

fn changed(version: Result<Version, String>) -> Outcome {
    Ok(Data::Special(Special::VersionValue(Arc::new(version?))))
}
