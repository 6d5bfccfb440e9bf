//! Nodes while the graph grows.

use std::cell::OnceCell;
use std::sync::Arc;

use score_model::{Diagnostic, Path, Place, ResourceUid, Value};

use super::expansion::Edge;
use super::given::OwnGiven;
use super::score::ScoreFile;
use crate::platform::{EntryProgram, ModuleProgram, TypeProgram};
use crate::resolution::{Asked, resource_path};
use crate::{Expr, Module, Platform, ResourceType, RuleId};

/// A node while the graph grows. Others refer to it by its number.
pub(super) struct Draft<'a> {
    pub(super) uid: ResourceUid,
    pub(super) ty: &'a Type<'a>,
    pub(super) served: &'a Served<'a>,
    /// The least of those that asked for it; `None` where nobody did.
    pub(super) asked_by: Option<u32>,
    /// Where that one asked.
    pub(super) origin: Origin<'a>,
    /// What requests wrote for it.
    pub(super) given: OwnGiven,
    /// The module entries that led here, at least.
    pub(super) depth: u16,
    /// The node whose entry led here first.
    pub(super) parent: Option<u32>,
    /// What came of the entries of its module, where that has any.
    pub(super) expansion: Option<Box<Expansion<'a>>>,
    /// Its params with defaults, as far as they are known, where these are not those that were given.
    pub(super) params: OnceCell<Box<Expr>>,
}

/// What came of the entries of a node's module.
#[derive(Default)]
pub(super) struct Expansion<'a> {
    /// The params and metadata with which the module was expanded, where it reads any.
    pub(super) with: Option<(Option<Expr>, Option<&'a Value>)>,
    /// The params that become known later in this pass, from the pass before.
    pub(super) late: Option<Late<'a>>,
    /// What its module depends on, in the order of the entries; `None` where a request failed.
    pub(super) dependencies: Vec<Option<u32>>,
    /// What its module brought along, and whether dependents follow.
    pub(super) brought: Vec<(u32, bool)>,
}

/// Params and metadata that become known late in a pass.
pub(super) struct Late<'a> {
    pub(super) params: Option<Expr>,
    pub(super) metadata: Option<&'a Value>,
    /// The edges that the params make: sorted.
    pub(super) references: Vec<Edge>,
}

/// A resource type with what was made of it.
pub(super) struct Type<'a> {
    pub(super) name: &'a Arc<str>,
    pub(super) data: &'a ResourceType,
    pub(super) program: &'a TypeProgram,
}

/// What serves a node.
#[derive(Clone, Copy)]
pub(super) enum Served<'a> {
    /// Nothing does; that is reported.
    Nothing,
    /// The built-in module `workload`.
    BuiltIn,
    /// A module, by a rule.
    Module { name: &'a Arc<str>, module: &'a Module, program: &'a ModuleProgram, rule: RuleId },
}

impl Served<'_> {
    pub(super) fn rule(&self) -> Option<RuleId> {
        match self {
            Self::Module { rule, .. } => Some(*rule),
            Self::Nothing | Self::BuiltIn => None,
        }
    }
}

/// Where something was asked for.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    /// A Score file as a whole.
    Workload(&'a ScoreFile<'a>),
    /// A resource of a Score file, by its place among those of the file.
    Score { file: &'a ScoreFile<'a>, place: u32 },
    /// An entry of a module.
    Entry { module: &'a Module, entry: &'a EntryProgram },
}

impl Origin<'_> {
    /// Where the value at `path` of the request was written.
    pub(super) fn place(&self, path: &Path) -> Option<Place> {
        match self {
            Self::Workload(file) => file.workload.place(&name_path()),
            Self::Score { file, place } => file.workload.place(&resource_path(file.workload, *place)?.join(path)),
            Self::Entry { module, entry } => module.written.place(&entry.at.join(path)),
        }
    }

    /// Where the key at `path` of the request was written.
    pub(super) fn key_place(&self, path: &Path) -> Option<Place> {
        match self {
            Self::Workload(_) => self.place(path),
            Self::Score { file, place } => {
                let document = file.workload.document();
                let path = resource_path(file.workload, *place)?.join(path);
                document.was_written().then(|| document.key_place(&path))
            }
            Self::Entry { module, entry } => module.written.key_place(&entry.at.join(path)),
        }
    }

    /// The name that a Score file has for what it asks for.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Score { file, place } => {
                file.workload.resources.get_index(*place as usize).map(|(name, _)| name.as_str())
            }
            Self::Workload(_) | Self::Entry { .. } => None,
        }
    }

    /// The same, kept.
    pub(super) fn keep(&self) -> Asked {
        match self {
            Self::Workload(file) => Asked::Score { workload: file.keep(), resource: None },
            Self::Score { file, place } => Asked::Score { workload: file.keep(), resource: Some(*place) },
            Self::Entry { module, entry } => Asked::Module { written: module.written.clone(), at: entry.at.clone() },
        }
    }

    /// An error about what stands at `key` of the request.
    pub(super) fn error(&self, code: &'static str, key: &str, message: String) -> Diagnostic {
        Diagnostic::error(code, message).at(self.place(&Path::root().child(key)))
    }
}

/// Where the name of a workload stands.
pub(super) fn name_path() -> Path {
    ["metadata", "name"].into_iter().collect()
}

impl<'a> Draft<'a> {
    pub(super) fn module(&self) -> Option<&'a ModuleProgram> {
        match *self.served {
            Served::Module { program, .. } => Some(program),
            Served::Nothing | Served::BuiltIn => None,
        }
    }

    /// What its module depends on, in the order of the entries; `None` where a request failed.
    pub(super) fn dependencies(&self) -> &[Option<u32>] {
        self.expansion.as_ref().map_or(&[], |expansion| &expansion.dependencies)
    }

    /// What its module brought along, and whether dependents follow.
    pub(super) fn brought(&self) -> &[(u32, bool)] {
        self.expansion.as_ref().map_or(&[], |expansion| &expansion.brought)
    }

    /// The params that become known later in this pass, from the pass before.
    pub(super) fn late(&self) -> Option<&Late<'a>> {
        self.expansion.as_ref()?.late.as_ref()
    }
}

/// What serves a node by this rule.
pub(super) fn served(platform: &Platform, rule: RuleId) -> Served<'_> {
    let found = platform.rule(rule).and_then(|found| {
        let program = platform.program().modules.get_key_value(&found.module)?;
        Some((program.0, platform.module(&found.module)?, program.1))
    });
    match found {
        Some((name, module, program)) => Served::Module { name, module, program, rule },
        None => Served::Nothing,
    }
}
