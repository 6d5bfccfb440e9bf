//! Environments, and which of them a request for a context means.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::is_name;
use super::{Platform, Written};
use crate::Context;

/// An environment that a platform declares.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Environment {
    /// Its type; `None`: its name.
    pub ty: Option<Arc<str>>,
    /// Its labels.
    pub labels: BTreeMap<Arc<str>, Arc<str>>,
    /// Whether it is meant where none is named.
    pub default: bool,
    pub(crate) written: Written,
}

impl Environment {
    /// An environment of this type.
    pub fn new(ty: impl Into<Arc<str>>) -> Self {
        Self { ty: Some(ty.into()), ..Self::default() }
    }

    /// With one label more.
    #[must_use]
    pub fn label(mut self, key: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// Meant where none is named.
    #[must_use]
    pub fn default_one(mut self) -> Self {
        self.default = true;
        self
    }

    /// Its type, under this name.
    pub(crate) fn type_of<'a>(&'a self, name: &'a Arc<str>) -> &'a Arc<str> {
        self.ty.as_ref().unwrap_or(name)
    }
}

/// What somebody says about the context that they mean; what is not said is taken from the platform.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ContextRequest {
    /// The organisation; `None`: `default`.
    pub organisation: Option<Arc<str>>,
    /// The project; `None`: `default`.
    pub project: Option<Arc<str>>,
    /// The environment; `None`: the only one declared, else the one declared as default, else `development`.
    pub environment: Option<Arc<str>>,
    /// Its type; `None`: as declared, else its name.
    pub environment_type: Option<Arc<str>>,
    /// Labels beside those declared.
    pub labels: BTreeMap<Arc<str>, Arc<str>>,
}

/// A request for a context that the platform's environments contradict: wrong use, not a mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// The platform declares its environments, and this is none of them.
    #[error("there is no environment `{name}`; there are {}", list(declared))]
    UnknownEnvironment {
        /// What was asked for.
        name: Arc<str>,
        /// The environments that there are.
        declared: Vec<Arc<str>>,
    },
    /// No environment was named where several are declared and none is the default.
    #[error("no environment is named, and none of {} is the default", list(declared))]
    WhichEnvironment {
        /// The environments that there are.
        declared: Vec<Arc<str>>,
    },
    /// The environment is declared with another type.
    #[error("environment `{environment}` is of type `{declared}`, not `{requested}`")]
    OtherType {
        /// The environment.
        environment: Arc<str>,
        /// Its declared type.
        declared: Arc<str>,
        /// What was asked for.
        requested: Arc<str>,
    },
    /// A name that is none.
    #[error(
        "`{name}` is no name of {what}: names have 2 to 63 characters of `a-z`, `0-9` and `-`, with no `-` at either end"
    )]
    InvalidName {
        /// What it should name, with its article.
        what: &'static str,
        /// What was asked for.
        name: Arc<str>,
    },
    /// The environment declares a label with another value.
    #[error("environment `{environment}` has label `{key}={declared}`, not `{key}={requested}`")]
    OtherLabel {
        /// The environment.
        environment: Arc<str>,
        /// The label.
        key: Arc<str>,
        /// Its declared value.
        declared: Arc<str>,
        /// What was asked for.
        requested: Arc<str>,
    },
}

fn list(names: &[Arc<str>]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Platform {
    /// The context that is meant.
    ///
    /// # Errors
    /// The declared environments contradict what was asked for, or leave open which one is meant.
    pub fn context(&self, request: &ContextRequest) -> Result<Context, ContextError> {
        for (what, name) in [
            ("an organisation", &request.organisation),
            ("a project", &request.project),
            ("an environment", &request.environment),
        ] {
            if let Some(name) = name.as_ref().filter(|name| !is_name(name)) {
                return Err(ContextError::InvalidName { what, name: name.clone() });
            }
        }
        let declared = || self.environments().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let found = match (&request.environment, self.declares_environments()) {
            (_, false) => None,
            (Some(name), true) => match self.environment(name) {
                Some(environment) => Some((name.clone(), environment)),
                None => {
                    return Err(ContextError::UnknownEnvironment { name: name.clone(), declared: declared() });
                }
            },
            (None, true) if self.environments().next().is_none() => None,
            (None, true) => {
                let mut all = self.environments();
                let only = all.next().filter(|_| all.next().is_none());
                let found = only.or_else(|| self.environments().find(|(_, environment)| environment.default));
                let (name, environment) =
                    found.ok_or_else(|| ContextError::WhichEnvironment { declared: declared() })?;
                Some((name.clone(), environment))
            }
        };
        let mut context = Context::new(match &found {
            Some((name, _)) => name.clone(),
            None => request.environment.clone().unwrap_or_else(|| "development".into()),
        });
        if let Some(organisation) = &request.organisation {
            context.organisation = organisation.clone();
        }
        if let Some(project) = &request.project {
            context.project = project.clone();
        }
        if let Some(ty) = &request.environment_type {
            context.environment_type = ty.clone();
        }
        context.labels = request.labels.clone();
        if let Some((name, environment)) = found {
            if let Some(ty) = &environment.ty {
                if let Some(requested) = request.environment_type.as_ref().filter(|requested| *requested != ty) {
                    let (declared, requested) = (ty.clone(), requested.clone());
                    return Err(ContextError::OtherType { environment: name, declared, requested });
                }
                context.environment_type = ty.clone();
            }
            for (key, declared) in &environment.labels {
                if let Some(requested) = context.labels.insert(key.clone(), declared.clone())
                    && requested != *declared
                {
                    let (key, declared) = (key.clone(), declared.clone());
                    return Err(ContextError::OtherLabel { environment: name, key, declared, requested });
                }
            }
        }
        Ok(context)
    }
}
