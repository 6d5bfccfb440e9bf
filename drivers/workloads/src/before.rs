//! Which container waits for which.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use score_model::{Diagnostic, Diagnostics, Readiness};

use crate::{ResolvedContainer, ResolvedWorkload};

/// The `before` entries of a workload, checked: every target exists, nothing waits for itself.
#[derive(Debug)]
pub(crate) struct StartOrder<'a> {
    containers: &'a BTreeMap<Arc<str>, ResolvedContainer>,
    /// All names, each after those for which it waits; ties by name.
    sequence: Vec<&'a str>,
}

impl<'a> StartOrder<'a> {
    /// # Errors
    /// Every target that does not exist, everything that waits for itself.
    pub(crate) fn new(workload: &'a ResolvedWorkload) -> Result<Self, Diagnostics> {
        let containers = &workload.containers;
        let mut problems = Diagnostics::new();
        let mut waits_for: BTreeMap<&str, BTreeSet<&str>> =
            containers.keys().map(|name| (&**name, BTreeSet::new())).collect();
        for (name, container) in containers {
            for target in container.before.keys() {
                if name == target {
                    problems.push(Diagnostic::error(
                        "self-reference",
                        format!("container `{name}` has a self-referencing before entry"),
                    ));
                } else if let Some(of_target) = waits_for.get_mut(&**target) {
                    of_target.insert(name);
                } else {
                    problems.push(Diagnostic::error(
                        "unknown-container",
                        format!("container `{name}` before refers to unknown container `{target}`"),
                    ));
                }
            }
        }
        let mut sequence = Vec::with_capacity(containers.len());
        while let Some(next) = waits_for.iter().find(|(_, open)| open.is_empty()).map(|(name, _)| *name) {
            waits_for.remove(next);
            waits_for.values_mut().for_each(|open| {
                open.remove(next);
            });
            sequence.push(next);
        }
        if !waits_for.is_empty() {
            let names: Vec<&str> = waits_for.into_keys().collect();
            let message = format!("containers before relationships contain a cycle among `{}`", names.join("`, `"));
            problems.push(Diagnostic::error("cycle", message));
        }
        if problems.is_empty() { Ok(Self { containers, sequence }) } else { Err(problems) }
    }

    /// All containers, each after those for which it waits.
    pub(crate) fn sequence(&self) -> impl Iterator<Item = (&'a str, &'a ResolvedContainer)> {
        self.sequence.iter().filter_map(|name| self.containers.get_key_value(*name)).map(|(name, c)| (&**name, c))
    }

    /// For which containers `name` waits, and until when.
    pub(crate) fn waits_for(&self, name: &str) -> impl Iterator<Item = (&'a str, Readiness)> {
        self.containers.iter().filter_map(move |(other, container)| Some((&**other, *container.before.get(name)?)))
    }

    /// For which containers `name` waits, directly or through others.
    pub(crate) fn waits_for_all(&self, name: &str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = self.waits_for(name).map(|(other, _)| other).collect();
        while let Some(next) = open.pop() {
            if let Some((next, _)) = self.containers.get_key_value(next)
                && found.insert(&**next)
            {
                open.extend(self.waits_for(next).map(|(other, _)| other));
            }
        }
        found
    }
}

impl ResolvedContainer {
    /// Whether it ends before others start, rather than run beside them.
    pub(crate) fn runs_to_completion(&self) -> bool {
        !self.before.is_empty() && self.before.values().all(|ready| *ready == Readiness::Complete)
    }
}
