//! What is desired of a resource against what is recorded of it.

use score_model::{Fingerprint, Path, Value};

use crate::{Action, Intent, Object, Reason, Recipe};

/// All that decides what happens to one resource.
pub(super) struct Comparison<'a> {
    pub(super) recipe: &'a Recipe,
    pub(super) inputs: &'a Value,
    /// What others share in its lane; `None` where it is in none.
    pub(super) before: Option<&'a Value>,
    /// Of the inputs; `None` when they are not all known.
    pub(super) fingerprint: Option<Fingerprint>,
    /// The recorded object.
    pub(super) object: Option<&'a Object>,
    /// An open intent on the recorded object, or, where there is none, on one that may have come to exist.
    pub(super) intent: Option<&'a Intent>,
    /// Refresh found that it is gone.
    pub(super) gone: bool,
    /// Refresh found that something remains to be done.
    pub(super) unfinished: bool,
    /// Its replacement was asked for.
    pub(super) requested: bool,
    /// The input paths of which the driver's plan says that they force a replacement.
    pub(super) driver_replaces: &'a [Path],
}

impl Comparison<'_> {
    pub(super) fn verdict(&self) -> (Action, Vec<Reason>) {
        if self.gone {
            return (Action::Create, vec![Reason::Gone]);
        }
        let (driver, schema, inputs, fingerprint) = match (self.object, self.intent) {
            (Some(object), _) => (&object.driver, object.driver_schema, &object.inputs, &object.fingerprint),
            (None, Some(intent)) => (&intent.driver, intent.driver_schema, &intent.inputs, &intent.fingerprint),
            (None, None) => return (Action::Create, vec![Reason::New]),
        };
        let same = self.fingerprint.as_ref() == Some(fingerprint);
        let (changed, unknown) = if same { Default::default() } else { differences(inputs, self.inputs) };

        let mut replaces = Vec::new();
        if *driver != self.recipe.driver {
            replaces.push(Reason::DriverChanged { from: driver.clone(), to: self.recipe.driver.clone() });
        }
        if self.requested && self.object.is_some() {
            replaces.push(Reason::Requested);
        }
        let fixed = |paths: &[Path]| -> Vec<Path> {
            let fixed = |path: &&Path| self.recipe.replace_on.iter().any(|fixed| meets(fixed, path));
            paths.iter().filter(fixed).cloned().collect()
        };
        let fixed_changed = fixed(&changed);
        if !fixed_changed.is_empty() {
            replaces.push(Reason::ReplaceOn { paths: fixed_changed });
        }
        if !self.driver_replaces.is_empty() {
            replaces.push(Reason::DriverReplaces { paths: self.driver_replaces.to_vec() });
        }

        let mut reasons = Vec::new();
        if schema != self.recipe.driver_schema && *driver == self.recipe.driver {
            reasons.push(Reason::SchemaChanged { from: schema, to: self.recipe.driver_schema });
        }
        if !changed.is_empty() {
            reasons.push(Reason::InputsChanged { paths: changed });
        }
        let fixed_unknown = fixed(&unknown);
        if !unknown.is_empty() {
            reasons.push(Reason::InputsUnknown { paths: unknown });
        } else if !same && reasons.is_empty() {
            reasons.push(match self.before {
                None => Reason::ContextChanged,
                Some(before) if before.has_unknown() => Reason::SharedUnknown,
                Some(_) => Reason::SharedChanged,
            });
        }
        if self.object.is_some_and(|object| !object.complete) || self.unfinished {
            reasons.push(Reason::Incomplete);
        }
        if self.intent.is_some() && !self.object.is_some_and(|object| object.intent_open) {
            reasons.push(Reason::Interrupted);
        }

        if !replaces.is_empty() {
            replaces.append(&mut reasons);
            return (Action::Replace, replaces);
        }
        if !fixed_unknown.is_empty() {
            reasons.push(Reason::MayReplace { paths: fixed_unknown });
        }
        match (self.object, reasons.is_empty()) {
            (None, _) => (Action::Create, reasons),
            (Some(_), true) => (Action::None, reasons),
            (Some(_), false) => (Action::Update, reasons),
        }
    }
}

/// Whether one of two paths leads to what the other leads to, or below it.
pub(crate) fn meets(one: &Path, other: &Path) -> bool {
    one.keys().iter().zip(other.keys()).all(|(a, b)| a == b)
}

/// Where two values differ, and what of the second is not known; marks count for nothing, and nothing is said of what is inside a secret.
pub(crate) fn differences(before: &Value, after: &Value) -> (Vec<Path>, Vec<Path>) {
    let mut found = Differences::default();
    found.compare(before, after, &mut Vec::new());
    (found.changed, found.unknown)
}

#[derive(Default)]
struct Differences {
    changed: Vec<Path>,
    unknown: Vec<Path>,
}

impl Differences {
    fn compare<'v>(&mut self, before: &'v Value, after: &'v Value, at: &mut Vec<&'v str>) {
        match (before, after) {
            (_, Value::Unknown) => self.unknown.push(at.iter().copied().collect()),
            (Value::Map(old), Value::Map(new)) => {
                let mut keys: Vec<&str> = old.keys().chain(new.keys()).map(|key| &**key).collect();
                keys.sort_unstable();
                keys.dedup();
                for key in keys {
                    at.push(key);
                    match (old.get(key), new.get(key)) {
                        (Some(before), Some(after)) => self.compare(before, after, at),
                        (None, Some(Value::Unknown)) => self.unknown.push(at.iter().copied().collect()),
                        _ => self.changed.push(at.iter().copied().collect()),
                    }
                    at.pop();
                }
            }
            (Value::Secret(_), _) | (_, Value::Secret(_)) => {
                if after.has_unknown() {
                    self.unknown.push(at.iter().copied().collect());
                } else if before.unmarked() != after.unmarked() {
                    self.changed.push(at.iter().copied().collect());
                }
            }
            _ if before == after => {}
            _ if after.has_unknown() => self.unknown.push(at.iter().copied().collect()),
            _ => {
                if before.unmarked() != after.unmarked() {
                    self.changed.push(at.iter().copied().collect());
                }
            }
        }
    }
}
