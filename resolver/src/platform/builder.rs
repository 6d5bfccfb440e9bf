//! Platforms built in code.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use score_model::{Checked, ResourceUid};

use super::provisioners::Implied;
use super::{Environment, Module, Moved, Platform, ResourceType, Rule, Written, compile};

/// Builds a [`Platform`] in code.
#[derive(Clone, Debug, Default)]
pub struct PlatformBuilder {
    pub(super) types: Vec<(Arc<str>, ResourceType)>,
    pub(super) modules: Vec<(Arc<str>, Module)>,
    pub(super) rules: Vec<Rule>,
    pub(super) environments: Option<Vec<(Arc<str>, Environment)>>,
    pub(super) moved: Vec<Moved>,
    /// Types of which provisioner files speak; declared unless the platform does.
    pub(super) implied: BTreeMap<Arc<str>, Implied>,
    /// The names of the modules that are entries of provisioner files.
    pub(super) entries: BTreeSet<Arc<str>>,
}

impl PlatformBuilder {
    /// With one type more.
    #[must_use]
    pub fn ty(mut self, name: impl Into<Arc<str>>, ty: ResourceType) -> Self {
        self.types.push((name.into(), ty));
        self
    }

    /// With one module more.
    #[must_use]
    pub fn module(mut self, name: impl Into<Arc<str>>, module: Module) -> Self {
        self.modules.push((name.into(), module));
        self
    }

    /// With one rule more.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// With a module that serves its type in any context and class, and the type with it where it is not declared: the shortest way to a platform for a test.
    #[must_use]
    pub fn serve(mut self, name: impl Into<Arc<str>>, module: Module) -> Self {
        let name = name.into();
        if !self.types.iter().any(|(ty, _)| *ty == module.ty) {
            self.types.push((module.ty.clone(), ResourceType::new()));
        }
        self.rules.push(Rule::new(name.clone()).any_class());
        self.module(name, module)
    }

    /// With one environment more; from the first on, no others exist.
    #[must_use]
    pub fn environment(mut self, name: impl Into<Arc<str>>, environment: Environment) -> Self {
        self.environments.get_or_insert_default().push((name.into(), environment));
        self
    }

    /// With a resource that got another uid.
    #[must_use]
    pub fn moved(mut self, from: ResourceUid, to: ResourceUid) -> Self {
        self.moved.push(Moved { from, to, written: Written::default() });
        self
    }

    /// The platform, or everything that is wrong with it.
    pub fn build(self) -> Checked<Platform> {
        compile::compile(self)
    }
}
