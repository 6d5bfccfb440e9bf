//! The contexts that there can be for one type.

use std::collections::BTreeSet;
use std::sync::Arc;

use score_model::{DEFAULT_CLASS, Diagnostic, Diagnostics, WORKLOAD_TYPE};
use serde_json::{Map as Json, Value};

use super::BUDGET;
use crate::{ClassPattern, Context, Environment, Platform, ResourceType, Rule, RuleId};

/// The contexts that there can be for one type, and its rules.
///
/// Matching is a conjunction of equalities: of what is open, a value that no rule names makes the fewest rules match. So of projects, ids, labels and what else is open, that one value
/// stands for all others, and only classes and environments are gone through.
pub(super) struct Domain<'a> {
    pub(super) platform: &'a Platform,
    pub(super) name: &'a Arc<str>,
    pub(super) ty: &'a ResourceType,
    /// The most specific first.
    pub(super) rules: Vec<(RuleId, &'a Rule)>,
    budget: usize,
}

/// One context and request, as far as they are looked at.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) class: Arc<str>,
    pub(super) id: Arc<str>,
    pub(super) context: Context,
}

impl<'a> Domain<'a> {
    pub(super) fn new(platform: &'a Platform, name: &'a Arc<str>) -> Self {
        static OPEN: std::sync::OnceLock<ResourceType> = std::sync::OnceLock::new();
        let mut rules: Vec<_> = platform.rules_of(name).collect();
        rules.sort_by(|(a, x), (b, y)| y.precedence().cmp(&x.precedence()).then(a.cmp(b)));
        let ty = platform.ty(name).unwrap_or_else(|| OPEN.get_or_init(ResourceType::new));
        Self { platform, name, ty, rules, budget: BUDGET }
    }

    /// Counts comparisons; `false` once there were too many.
    pub(super) fn spend(&mut self, comparisons: usize) -> bool {
        self.budget = self.budget.saturating_sub(comparisons);
        self.budget > 0
    }

    pub(super) fn report(&self, diagnostics: &mut Diagnostics) {
        if self.budget == 0 {
            let message = format!(
                "type `{}` has too many rules to prove everything: {BUDGET} comparisons did not suffice",
                self.name
            );
            let place = self.ty.written.key_place(&score_model::Path::root());
            diagnostics.push(Diagnostic::warning("budget", message).at(place));
        }
    }

    /// Whether the built-in module serves.
    pub(super) fn is_built_in(&self) -> bool {
        &**self.name == WORKLOAD_TYPE && self.rules.is_empty()
    }

    /// The classes that rules and entries name, and `default`.
    pub(super) fn named_classes(&self) -> BTreeSet<Arc<str>> {
        if let Some(classes) = &self.ty.classes {
            return classes.keys().cloned().collect();
        }
        let of_rules = self.rules.iter().filter_map(|(_, rule)| match &rule.class {
            ClassPattern::Named(class) => Some(class.clone()),
            ClassPattern::Any => None,
        });
        let entries = self.platform.modules().flat_map(|(_, module)| {
            module.dependencies.values().chain(module.coprovision.iter().map(|brought| &brought.entry))
        });
        let of_entries = entries
            .filter(|entry| entry.ty == *self.name)
            .filter_map(|entry| entry.class.clone().filter(|class| !class.contains(['@', '$'])));
        of_rules.chain(of_entries).chain([DEFAULT_CLASS.into()]).collect()
    }

    /// The classes that a rule can match: one that nobody names stands for all others, where there can be others.
    pub(super) fn classes_of(&self, rule: &Rule) -> Vec<Arc<str>> {
        match (&rule.class, &self.ty.classes) {
            (ClassPattern::Named(class), _) => vec![class.clone()],
            (ClassPattern::Any, Some(classes)) => classes.keys().cloned().collect(),
            (ClassPattern::Any, None) => {
                let named = self.named_classes();
                vec![other("other", |name| named.contains(name))]
            }
        }
    }

    /// The environments, `None` where none are declared.
    pub(super) fn environments(&self) -> Vec<Option<(&'a Arc<str>, &'a Environment)>> {
        if self.platform.declares_environments() {
            self.platform.environments().map(Some).collect()
        } else {
            vec![None]
        }
    }

    /// The point of a class in an environment where all that is open is other than what rules name, but for what these rules want. `None`: they cannot match there.
    pub(super) fn point(
        &self,
        class: &Arc<str>,
        environment: Option<(&Arc<str>, &Environment)>,
        wanted: &[&Rule],
    ) -> Option<Point> {
        let named = |of: fn(&Rule) -> &Option<Arc<str>>| {
            move |name: &str| self.rules.iter().any(|(_, rule)| of(rule).as_deref() == Some(name))
        };
        let one = |of: fn(&Rule) -> &Option<Arc<str>>, other_name: &str| {
            let found = wanted.iter().find_map(|rule| of(rule).clone());
            found.unwrap_or_else(|| other(other_name, named(of)))
        };
        let mut context = match environment {
            Some((name, declared)) => {
                let mut context = Context::new(name.clone());
                context.environment_type = declared.type_of(name).clone();
                context.labels = declared.labels.clone();
                context
            }
            None => {
                let environment = one(|rule| &rule.environment, "other");
                let ty = one(|rule| &rule.environment_type, "other");
                Context::new(environment).environment_type(ty)
            }
        };
        context.project = one(|rule| &rule.project, "other");
        for (key, value) in wanted.iter().flat_map(|rule| &rule.labels) {
            context.labels.entry(key.clone()).or_insert_with(|| value.clone());
        }
        let id = one(|rule| &rule.id, "other");
        let point = Point { class: class.clone(), id, context };
        wanted.iter().all(|rule| point.satisfies(rule)).then_some(point)
    }

    /// The fields of a point that rules of the type tell apart.
    pub(super) fn witness(&self, point: &Point) -> Json<String, Value> {
        let mut fields = Json::new();
        let mut put = |field: &str, value: &str| fields.insert(field.to_owned(), Value::from(value));
        let named = |of: fn(&Rule) -> bool| self.rules.iter().any(|(_, rule)| of(rule));
        put("class", &point.class);
        if named(|rule| rule.id.is_some()) {
            put("id", &point.id);
        }
        if named(|rule| rule.environment.is_some()) || self.platform.declares_environments() {
            put("environment", &point.context.environment);
        }
        if named(|rule| rule.project.is_some()) {
            put("project", &point.context.project);
        }
        if named(|rule| rule.environment_type.is_some()) || self.platform.declares_environments() {
            put("environment_type", &point.context.environment_type);
        }
        if !point.context.labels.is_empty() {
            let labels = point.context.labels.iter().map(|(key, value)| (key.to_string(), Value::from(&**value)));
            fields.insert("labels".to_owned(), Value::Object(labels.collect()));
        }
        fields
    }
}

impl Point {
    pub(super) fn satisfies(&self, rule: &Rule) -> bool {
        rule.class.holds(&self.class)
            && rule.id.as_ref().is_none_or(|id| *id == self.id)
            && rule.holds_in(&self.context)
    }
}

/// A name that is not taken.
fn other(base: &str, taken: impl Fn(&str) -> bool) -> Arc<str> {
    let mut name = base.to_owned();
    let mut number = 1;
    while taken(&name) {
        number += 1;
        name = format!("{base}-{number}");
    }
    name.into()
}
