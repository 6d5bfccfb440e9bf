//! A platform made ready for resolution: schemas compiled, expressions parsed.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use score_model::{Path, WORKLOAD_TYPE};

use super::RuleId;
use crate::expression::{ContextField, Expression, Part, Piece, Reference, Target};
use crate::schema::Schema;

/// A platform made ready for resolution.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub(crate) types: FxHashMap<Arc<str>, TypeProgram>,
    pub(crate) modules: FxHashMap<Arc<str>, ModuleProgram>,
    pub(crate) afar: ReadAfar,
}

/// What modules read of resources and workloads that they neither are nor ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadAfar {
    /// Metadata and services of all workloads.
    pub(crate) workloads: bool,
    /// The metadata of the workload for which something is.
    pub(crate) sources: bool,
    /// The params of resources of these types.
    pub(crate) params_of: FxHashSet<Arc<str>>,
}

impl ReadAfar {
    pub(super) fn add(&mut self, reference: &Reference) -> bool {
        match &reference.target {
            Target::Workloads(_) => self.workloads = true,
            Target::Context(ContextField::Source(_)) => self.sources = true,
            Target::Select(selector) if selector.part == Part::Params => {
                self.params_of.extend(selector.steps.last().map(|step| step.ty.clone()));
            }
            Target::Select(_) => {}
            _ => return false,
        }
        true
    }
}

/// A resource type made ready.
#[derive(Clone, Debug, Default)]
pub(crate) struct TypeProgram {
    pub(crate) params: Option<Schema>,
    pub(crate) outputs: Option<Schema>,
    /// The rules whose modules provide it, in the order of files and lines.
    pub(crate) rules: Vec<RuleId>,
}

/// A module made ready.
#[derive(Clone, Debug)]
pub(crate) struct ModuleProgram {
    pub(crate) params: Option<Schema>,
    pub(crate) inputs: Expression,
    pub(crate) outputs: Option<Expression>,
    /// In the order of their aliases.
    pub(crate) dependencies: Vec<EntryProgram>,
    pub(crate) coprovision: Vec<EntryProgram>,
    /// Whether an entry reads params or metadata: then the module cannot be expanded before these are known.
    pub(crate) entries_read_params: bool,
    /// Whether the inputs read params or metadata: then they can be wrong for one resource and right for another.
    pub(crate) inputs_read_params: bool,
    pub(crate) selects: bool,
    /// Whether anything in it reads what is [far away](ReadAfar).
    pub(crate) reads_afar: bool,
    /// Whether what it asks for can lead back to it: an expansion may go on for ever.
    pub(crate) recursive: bool,
}

impl ModuleProgram {
    /// Whether it asks for anything.
    pub(crate) fn asks(&self) -> bool {
        !self.dependencies.is_empty() || !self.coprovision.is_empty()
    }

    /// Calls `see` for every reference in it.
    pub(super) fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a Reference)) {
        let entries = || self.dependencies.iter().chain(&self.coprovision);
        let values = [Some(&self.inputs), self.outputs.as_ref()].into_iter().flatten();
        for value in values.chain(entries().filter_map(|entry| entry.params.as_ref())) {
            value.visit(&mut |reference| see(reference));
        }
        for name in entries().flat_map(|entry| [&entry.class, &entry.id]) {
            if let Name::Pieces(pieces) = name {
                for piece in pieces {
                    if let Piece::Reference(reference) = piece {
                        see(reference);
                    }
                }
            }
        }
    }
}

/// A request of a module made ready.
#[derive(Clone, Debug)]
pub(crate) struct EntryProgram {
    /// Of a dependency.
    pub(crate) alias: Option<Arc<str>>,
    /// Where it stands in its module.
    pub(crate) at: Path,
    pub(crate) ty: Arc<str>,
    pub(crate) class: Name,
    pub(crate) id: Name,
    pub(crate) params: Option<Expression>,
    pub(crate) depends_on_this: bool,
    pub(crate) dependents_follow: bool,
}

/// A class or id in an entry.
#[derive(Clone, Debug)]
pub(crate) enum Name {
    /// That of the current resource.
    Current,
    /// This.
    Fixed(Arc<str>),
    /// Whatever it is: the class of a workload.
    Any,
    /// A text of these.
    Pieces(Vec<Piece>),
}

impl EntryProgram {
    /// Whether it asks for a workload, which it never makes.
    pub(crate) fn is_workload(&self) -> bool {
        &*self.ty == WORKLOAD_TYPE
    }

    pub(super) fn reads_params(&self) -> bool {
        let name = |name: &Name| match name {
            Name::Pieces(pieces) => {
                pieces.iter().any(|piece| matches!(piece, Piece::Reference(reference) if reads_params(reference)))
            }
            _ => false,
        };
        name(&self.class) || name(&self.id) || self.params.as_ref().is_some_and(|params| params.any(reads_params))
    }
}

/// Whether it is about what was written where the resource was asked for.
pub(crate) fn reads_params(reference: &Reference) -> bool {
    matches!(reference.target, Target::Params(_) | Target::Context(ContextField::Metadata(_)))
}
