//! What a platform team offers: types, modules, rules, environments.

mod builder;
mod compile;
mod contradictions;
mod environment;
mod load;
mod module;
mod names;
mod program;
mod provisioners;
mod resource_type;
mod rule;
mod statics;
mod ties;
mod written;

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use score_model::{Checked, ResourceUid, Source, Value};

pub use builder::PlatformBuilder;
pub(crate) use contradictions::{unknown, unknown_class};
pub use environment::{ContextError, ContextRequest, Environment};
pub use module::{Coprovision, Entry, Module};
pub(crate) use names::{is_id, is_type};
pub(crate) use program::{EntryProgram, ModuleProgram, Name, Program, TypeProgram, reads_params};
pub use resource_type::{RequestedBy, ResourceType};
pub use rule::{ClassPattern, Precedence, Rule, RuleId, RuleLocation};
pub(crate) use statics::{ModuleScope, SecretOutputs};
pub(crate) use written::Written;

/// What a platform team offers: types, modules, rules, environments. Sound: what contradicts itself cannot be built.
#[derive(Clone, Debug, Default)]
pub struct Platform {
    types: BTreeMap<Arc<str>, ResourceType>,
    modules: BTreeMap<Arc<str>, Module>,
    rules: Vec<Rule>,
    environments: Option<BTreeMap<Arc<str>, Environment>>,
    moved: Vec<Moved>,
    program: Program,
    /// What the names of files begin with.
    directory: Arc<str>,
}

impl PartialEq for Platform {
    fn eq(&self, other: &Self) -> bool {
        self.types == other.types
            && self.modules == other.modules
            && self.rules == other.rules
            && self.environments == other.environments
            && self.moved == other.moved
    }
}

/// A resource that got another uid: what is recorded under the old one is the new one's.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Moved {
    /// The old uid.
    pub from: ResourceUid,
    /// The new uid.
    pub to: ResourceUid,
    pub(crate) written: Written,
}

impl Platform {
    /// Reads the files of a platform, whose names are paths below its directory. They are taken in path order, whatever the order given. Every problem of every file is reported.
    pub fn load(files: &[Source]) -> Checked<Self> {
        Self::load_below("", files)
    }

    /// Like [`load`](Self::load), for files whose names are longer paths, as messages show them: what lies below `directory` is what [`rule_location`](Self::rule_location) tells.
    pub fn load_below(directory: &str, files: &[Source]) -> Checked<Self> {
        load::load(files).map(|platform| Self { directory: directory.into(), ..platform })
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

    /// What is known of a module's inputs before anything is asked for: what expressions give is unknown. `None` where there is no such module.
    pub fn known_inputs(&self, module: &str) -> Option<Value> {
        Some(self.program.modules.get(module)?.inputs.known())
    }

    /// The rules, in the order of files and lines.
    pub fn rules(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        (0..).map(RuleId).zip(&self.rules)
    }

    /// The rules for a type, in the order of files and lines.
    pub fn rules_of(&self, ty: &str) -> impl Iterator<Item = (RuleId, &Rule)> {
        let ids = self.program.types.get(ty).map(|ty| ty.rules.as_slice()).unwrap_or_default();
        ids.iter().filter_map(|id| Some((*id, self.rule(*id)?)))
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

    /// File, below the platform's directory, and line of a rule; `None` for what was built in code.
    pub fn rule_location(&self, id: RuleId) -> Option<RuleLocation> {
        let place = self.rule(id)?.place()?;
        let name = place.source.name();
        let below = name.strip_prefix(&*self.directory).map_or(name, |below| below.trim_start_matches('/'));
        Some(RuleLocation { file: below.into(), line: place.position().line })
    }

    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// What was renamed.
    pub fn moved(&self) -> &[Moved] {
        &self.moved
    }

    /// The renamed resources, each with the uid that it has now: where the chain of entries ends that begins with it.
    pub(crate) fn moves(&self) -> impl Iterator<Item = (&ResourceUid, &ResourceUid)> {
        let next: FxHashMap<&ResourceUid, &ResourceUid> =
            self.moved.iter().map(|moved| (&moved.from, &moved.to)).collect();
        self.moved.iter().map(move |Moved { from, .. }| {
            let (mut to, mut seen) = (from, FxHashSet::default());
            while let Some(further) = next.get(to).filter(|_| seen.insert(to)) {
                to = further;
            }
            (from, to)
        })
    }
}
