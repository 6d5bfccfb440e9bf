//! The proof of a platform, before anyone deploys.

mod candidates;
mod defaults;
mod domain;
mod modules;
mod moves;
mod rules;

use std::sync::Arc;

use score_model::Diagnostics;

pub(crate) use modules::{module, secret_outputs};

use self::domain::Domain;
use crate::drivers::Drivers;
use crate::{DriverCatalogue, Platform};

/// What was found out about a platform.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Proof {
    /// What is wrong, or probably not meant. Each with a witness where there is one: the fields of a context that matter.
    pub diagnostics: Diagnostics,
    /// What only a driver can keep: checked after each apply.
    pub promised: Vec<Promise>,
}

/// An output that a type promises and that only the driver of a module can give.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Promise {
    /// The module.
    pub module: Arc<str>,
    /// The output.
    pub output: Arc<str>,
}

/// Proves a platform for all contexts there can be, as classes and environments are declared.
///
/// Errors: rules that can never win, defaults that their own schema refuses, modules that cannot give what their type promises or hand secrets to where none may be; gaps that nobody serves, if `strict` or for types that are
/// required. Warnings: other gaps, modules that no rule reaches, `moved` entries that lead nowhere, candidates that differ in the params they accept, pairs of rules of which the order of fields alone decides.
///
/// Exact, and polynomial in the number of rules. For each type at most [`BUDGET`] comparisons of rules are made; where that does not suffice, a warning says so.
pub fn check(platform: &Platform, drivers: &DriverCatalogue, strict: bool) -> Proof {
    let drivers = Drivers::new(drivers.clone());
    let mut proof = Proof::default();
    let secrets = secret_outputs(platform, &drivers);
    for (name, _) in platform.modules() {
        module(platform, Some(&drivers), &secrets, name, &mut proof);
    }
    for (name, _) in platform.types() {
        let mut domain = Domain::new(platform, name);
        rules::dead(&mut domain, &mut proof.diagnostics);
        rules::gaps(&mut domain, strict, &mut proof.diagnostics);
        rules::decided_by_order(&mut domain, &mut proof.diagnostics);
        candidates::differ(&domain, &mut proof.diagnostics);
        domain.report(&mut proof.diagnostics);
    }
    rules::unreached(platform, &mut proof.diagnostics);
    defaults::refused(platform, &mut proof.diagnostics);
    moves::to_nowhere(platform, &mut proof.diagnostics);
    proof.diagnostics.sort();
    proof.promised.sort();
    proof
}

/// How many comparisons of rules [`check`] makes at most for each type: enough for some thousand rules.
pub const BUDGET: usize = 50_000_000;
