//! What rules do together: never win, leave gaps, leave the decision to the order of fields.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use score_model::{Diagnostic, Diagnostics, Path, Place};

use super::domain::{Domain, Point};
use crate::suggest::did_you_mean;
use crate::{ClassPattern, Environment, Platform, Rule};

/// How many findings of one kind are shown of one type.
const MOST: usize = 100;

/// Rules that can never win.
pub(super) fn dead(domain: &mut Domain<'_>, diagnostics: &mut Diagnostics) {
    for place in 0..domain.rules.len() {
        let (_, rule) = domain.rules[place];
        let mut beaten_by = BTreeSet::new();
        let mut wins = false;
        'search: for class in domain.classes_of(rule) {
            for environment in domain.environments() {
                let Some(point) = domain.point(&class, environment, &[rule]) else { continue };
                if !domain.spend(place + 1) {
                    return;
                }
                // Rules that tie are reported as such.
                let stronger = |other: &Rule| other.precedence() > rule.precedence() && point.satisfies(other);
                match domain.rules[..place].iter().find(|(_, other)| stronger(other)) {
                    Some((_, other)) => beaten_by.insert(other.module.clone()),
                    None => {
                        wins = true;
                        break 'search;
                    }
                };
            }
        }
        if !wins {
            let names: Vec<String> = beaten_by.iter().take(5).map(|name| format!("`{name}`")).collect();
            let names = names.join(" or ");
            let unknown_type = unknown_environment_type(domain.platform, rule).filter(|_| beaten_by.is_empty());
            let reason = match (names.is_empty(), unknown_type, rule.entry) {
                (true, Some(ty), _) => format!("no declared environment is of type `{ty}`"),
                (true, None, _) => "no declared class and environment satisfies it".to_owned(),
                (false, _, None) => format!("wherever it matches, a rule for {names} is more specific"),
                (false, _, Some(_)) => format!("{names} goes first"),
            };
            let mut diagnostic = match rule.entry {
                None => {
                    let message = format!("the rule for module `{}` can never win: {reason}", rule.module);
                    Diagnostic::error("dead-rule", message)
                }
                // That is how entries are overridden.
                Some(_) => Diagnostic::warning("dead-entry", format!("`{}` never serves: {reason}", rule.module)),
            };
            let declared = domain.platform.environments().filter_map(|(_, environment)| environment.ty.as_deref());
            diagnostic.help = unknown_type.and_then(|ty| did_you_mean(ty, declared));
            diagnostics.push(diagnostic.at(rule.place()));
        }
    }
}

/// The environment type that a rule wants and no declared environment has.
fn unknown_environment_type<'a>(platform: &Platform, rule: &'a Rule) -> Option<&'a str> {
    let wanted = rule.environment_type.as_deref().filter(|_| platform.declares_environments())?;
    let is = |(name, environment): (&Arc<str>, &Environment)| **environment.type_of(name) == *wanted;
    (!platform.environments().any(is)).then_some(wanted)
}

/// Classes and environments that no rule serves.
pub(super) fn gaps(domain: &mut Domain<'_>, strict: bool, diagnostics: &mut Diagnostics) {
    if domain.is_built_in() {
        return;
    }
    let mut found = Vec::new();
    let environments = domain.environments();
    for class in domain.named_classes() {
        let mut missing: Vec<(Option<&Arc<str>>, Point)> = Vec::new();
        for environment in &environments {
            let Some(point) = domain.point(&class, *environment, &[]) else { continue };
            if !domain.spend(domain.rules.len() + 1) {
                return;
            }
            if !domain.rules.iter().any(|(_, rule)| point.satisfies(rule)) {
                missing.push((environment.map(|(name, _)| name), point));
            }
        }
        if let Some((_, point)) = missing.first() {
            found.push((class, where_missing(&missing, environments.len()), domain.witness(point)));
        }
    }
    let severe = strict || domain.ty.required;
    for (class, places, witness) in found.into_iter().take(MOST) {
        let message = format!("nothing serves `{}` of class `{class}`{places}", domain.name);
        let diagnostic = if severe { Diagnostic::error("gap", message) } else { Diagnostic::warning("gap", message) };
        let place = domain.ty.written.key_place(&Path::root());
        // The type of workloads need not be declared.
        let place = place.or_else(|| domain.rules.first().and_then(|(_, rule)| rule.place()));
        let mut diagnostic = diagnostic.at(place).witness(witness);
        if domain.rules.is_empty() {
            diagnostic.help = Some("no rule is for this type".to_owned());
        }
        diagnostics.push(diagnostic);
    }
}

/// ` in environments …`, unless it is all of them.
fn where_missing(missing: &[(Option<&Arc<str>>, Point)], all: usize) -> String {
    let names: Vec<String> = missing.iter().filter_map(|(name, _)| Some(format!("`{}`", (*name)?))).collect();
    if names.is_empty() || (names.len() == all && all > 1) {
        return String::new();
    }
    let what = if names.len() == 1 { "environment" } else { "environments" };
    format!(" in {what} {}", names.join(", "))
}

/// Pairs of rules that one context satisfies both, where one of them wins, and of which neither only adds fields to the other.
pub(super) fn decided_by_order(domain: &mut Domain<'_>, diagnostics: &mut Diagnostics) {
    let environments = domain.environments();
    let mut shown = 0;
    for second in 0..domain.rules.len() {
        for first in 0..second {
            if !domain.spend(1) {
                return;
            }
            let ((first_id, winner), (second_id, loser)) = (domain.rules[first], domain.rules[second]);
            // That the first entry of provisioner files wins, and rules before them all, is what they are for.
            let by_design = loser.entry.is_some();
            if by_design
                || winner.module == loser.module
                || winner.precedence() == loser.precedence()
                || adds_to(winner, loser)
                || !compatible(winner, loser)
            {
                continue;
            }
            if !domain.spend(first) {
                return;
            }
            let stronger = domain.rules[..first].iter().map(|(_, rule)| *rule);
            let wins = |point: &Point| {
                !stronger.clone().any(|other| other.precedence() > winner.precedence() && point.satisfies(other))
            };
            let Some(point) = together(domain, &environments, winner, loser, wins) else { continue };
            shown += 1;
            if shown > MOST {
                return;
            }
            let field = winner.precedence().decided_by(&loser.precedence()).unwrap_or_default();
            let (earlier, later) = if first_id < second_id { (winner, loser) } else { (loser, winner) };
            let at = earlier.place().map(|place: Place| format!(" ({place})")).unwrap_or_default();
            let message = format!(
                "the order of fields alone decides between the rules for modules `{}`{at} and `{}`: `{}` wins, because it names more in `{field}`",
                earlier.module, later.module, winner.module
            );
            let help = "add a rule that names the fields of both, if that is not what you want";
            let diagnostic = Diagnostic::warning("field-order", message).at(later.place()).help(help);
            diagnostics.push(diagnostic.witness(domain.witness(&point)));
        }
    }
}

/// Whether a rule says all that the other says, and perhaps more.
fn adds_to(rule: &Rule, other: &Rule) -> bool {
    let same = |more: &Option<Arc<str>>, less: &Option<Arc<str>>| less.is_none() || more == less;
    (other.class == ClassPattern::Any || rule.class == other.class)
        && same(&rule.id, &other.id)
        && same(&rule.environment, &other.environment)
        && same(&rule.project, &other.project)
        && same(&rule.environment_type, &other.environment_type)
        && other.labels.iter().all(|(key, value)| rule.labels.get(key) == Some(value))
}

/// Whether no field is wanted to have two values.
fn compatible(one: &Rule, other: &Rule) -> bool {
    let same = |a: &Option<Arc<str>>, b: &Option<Arc<str>>| a.is_none() || b.is_none() || a == b;
    (one.class == ClassPattern::Any || other.class == ClassPattern::Any || one.class == other.class)
        && same(&one.id, &other.id)
        && same(&one.environment, &other.environment)
        && same(&one.project, &other.project)
        && same(&one.environment_type, &other.environment_type)
        && one.labels.iter().all(|(key, value)| other.labels.get(key).is_none_or(|found| found == value))
}

/// A point that satisfies both, and for which this holds.
fn together<'a>(
    domain: &Domain<'a>,
    environments: &[Option<(&'a Arc<str>, &'a Environment)>],
    one: &Rule,
    other: &Rule,
    holds: impl Fn(&Point) -> bool,
) -> Option<Point> {
    let of_one = domain.classes_of(one);
    let of_other = domain.classes_of(other);
    let any = |rule: &Rule| rule.class == ClassPattern::Any;
    let classes = if any(one) { of_other } else { of_one };
    let points = classes.iter().flat_map(|class| {
        environments.iter().filter_map(|environment| domain.point(class, *environment, &[one, other]))
    });
    points.into_iter().find(holds)
}

/// Modules that no rule names.
pub(super) fn unreached(platform: &Platform, diagnostics: &mut Diagnostics) {
    let named: FxHashSet<&str> = platform.rules().map(|(_, rule)| &*rule.module).collect();
    for (name, module) in platform.modules().filter(|(name, _)| !named.contains(&***name)) {
        let message = format!("no rule reaches module `{name}`");
        diagnostics.push(Diagnostic::warning("unreached-module", message).at(module.place()));
    }
}
