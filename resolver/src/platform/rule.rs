//! Rules: in which context a module serves a request.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use score_model::{DEFAULT_CLASS, Path, Place};
use serde::Serialize;

use super::Written;

/// In which context a module serves a request: a conjunction of equalities. A field that is absent holds always.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// The module that serves.
    pub module: Arc<str>,
    /// For which class.
    pub class: ClassPattern,
    /// For which resource id.
    pub id: Option<Arc<str>>,
    /// In which environment.
    pub environment: Option<Arc<str>>,
    /// In which project.
    pub project: Option<Arc<str>>,
    /// In environments of which type.
    pub environment_type: Option<Arc<str>>,
    /// Where these labels have these values.
    pub labels: BTreeMap<Arc<str>, Arc<str>>,
    /// Of an entry of a provisioner file: its place among all of them.
    pub(crate) entry: Option<u32>,
    pub(crate) written: Written,
}

/// Which classes a rule is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClassPattern {
    /// Any class: `*`.
    Any,
    /// This class.
    Named(Arc<str>),
}

/// A rule of one [`Platform`](crate::Platform): its number in the order of files and lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub(crate) u32);

/// Where a rule is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct RuleLocation {
    /// The file, below the platform's directory.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for RuleLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl RuleId {
    /// The number, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Rule {
    /// A rule for class `default` in any context.
    pub fn new(module: impl Into<Arc<str>>) -> Self {
        Self {
            module: module.into(),
            class: ClassPattern::Named(DEFAULT_CLASS.into()),
            id: None,
            environment: None,
            project: None,
            environment_type: None,
            labels: BTreeMap::new(),
            entry: None,
            written: Written::default(),
        }
    }

    /// For another class.
    #[must_use]
    pub fn class(mut self, class: impl Into<Arc<str>>) -> Self {
        self.class = ClassPattern::from(class.into());
        self
    }

    /// For any class.
    #[must_use]
    pub fn any_class(mut self) -> Self {
        self.class = ClassPattern::Any;
        self
    }

    /// For one resource id.
    #[must_use]
    pub fn id(mut self, id: impl Into<Arc<str>>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// In one environment.
    #[must_use]
    pub fn environment(mut self, environment: impl Into<Arc<str>>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// In one project.
    #[must_use]
    pub fn project(mut self, project: impl Into<Arc<str>>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// In environments of one type.
    #[must_use]
    pub fn environment_type(mut self, ty: impl Into<Arc<str>>) -> Self {
        self.environment_type = Some(ty.into());
        self
    }

    /// Where this label has this value.
    #[must_use]
    pub fn label(mut self, key: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// Where it was written; `None` if it was built in code.
    pub fn place(&self) -> Option<Place> {
        self.written.place(&Path::root())
    }

    /// How specific it is. Of the rules that match a request, the most specific wins.
    pub fn precedence(&self) -> Precedence {
        Precedence {
            rule: self.entry.is_none(),
            entry: Reverse(self.entry.unwrap_or_default()),
            class: matches!(self.class, ClassPattern::Named(_)),
            id: self.id.is_some(),
            environment: self.environment.is_some(),
            project: self.project.is_some(),
            environment_type: self.environment_type.is_some(),
            labels: self.labels.len(),
        }
    }
}

/// What a rule names, compared field by field in this order: the greater is the more specific.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Precedence {
    /// Whether it is a rule, rather than an entry of a provisioner file: rules go first.
    pub rule: bool,
    /// Of an entry of a provisioner file, its place among all of them: the first one that matches wins.
    pub entry: Reverse<u32>,
    /// Whether it names a class, rather than any.
    pub class: bool,
    /// Whether it names a resource id.
    pub id: bool,
    /// Whether it names an environment.
    pub environment: bool,
    /// Whether it names a project.
    pub project: bool,
    /// Whether it names an environment type.
    pub environment_type: bool,
    /// How many labels it names.
    pub labels: usize,
}

impl Precedence {
    /// The first field in which this one names more than `other`; `None` if it is not the more specific. It is `rule` where the other is an entry of a provisioner file, and `order` where both are.
    pub fn decided_by(&self, other: &Self) -> Option<&'static str> {
        let pairs = [
            ("rule", self.rule.cmp(&other.rule)),
            ("order", self.entry.cmp(&other.entry)),
            ("class", self.class.cmp(&other.class)),
            ("id", self.id.cmp(&other.id)),
            ("environment", self.environment.cmp(&other.environment)),
            ("project", self.project.cmp(&other.project)),
            ("environment_type", self.environment_type.cmp(&other.environment_type)),
            ("labels", self.labels.cmp(&other.labels)),
        ];
        match pairs.into_iter().find(|(_, order)| order.is_ne()) {
            Some((field, Ordering::Greater)) => Some(field),
            _ => None,
        }
    }
}

impl ClassPattern {
    /// Whether it is for this class.
    pub fn holds(&self, class: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Named(name) => &**name == class,
        }
    }
}

/// `*` is any class, everything else the class of that name.
impl From<Arc<str>> for ClassPattern {
    fn from(text: Arc<str>) -> Self {
        if &*text == "*" { Self::Any } else { Self::Named(text) }
    }
}
