//! For whom and where something is resolved.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// For whom and where: what rules match on beside the request itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Context {
    /// The organisation.
    pub organisation: Arc<str>,
    /// The project.
    pub project: Arc<str>,
    /// The environment.
    pub environment: Arc<str>,
    /// The type of the environment, such as `production`.
    pub environment_type: Arc<str>,
    /// Further names by which rules can tell environments apart.
    pub labels: BTreeMap<Arc<str>, Arc<str>>,
}

impl Context {
    /// Organisation and project `default`, an environment of the type of its own name, no labels.
    pub fn new(environment: impl Into<Arc<str>>) -> Self {
        let environment = environment.into();
        Self {
            organisation: "default".into(),
            project: "default".into(),
            environment_type: environment.clone(),
            environment,
            labels: BTreeMap::new(),
        }
    }

    /// With another organisation.
    #[must_use]
    pub fn organisation(mut self, organisation: impl Into<Arc<str>>) -> Self {
        self.organisation = organisation.into();
        self
    }

    /// With another project.
    #[must_use]
    pub fn project(mut self, project: impl Into<Arc<str>>) -> Self {
        self.project = project.into();
        self
    }

    /// With another environment type.
    #[must_use]
    pub fn environment_type(mut self, ty: impl Into<Arc<str>>) -> Self {
        self.environment_type = ty.into();
        self
    }

    /// With one label more.
    #[must_use]
    pub fn label(mut self, key: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// What one state and one lease belong to.
    pub fn scope(&self) -> Scope {
        Scope {
            organisation: self.organisation.clone(),
            project: self.project.clone(),
            environment: self.environment.clone(),
        }
    }
}

/// Organisation, project and environment: what one state and one lease belong to. Written `ORGANISATION/PROJECT/ENVIRONMENT`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Scope {
    /// The organisation.
    pub organisation: Arc<str>,
    /// The project.
    pub project: Arc<str>,
    /// The environment.
    pub environment: Arc<str>,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.organisation, self.project, self.environment)
    }
}
