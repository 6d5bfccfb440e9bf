//! A platform made ready for resolution: schemas compiled, expressions parsed.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_model::{Path, WORKLOAD_TYPE};

use super::RuleId;
use crate::expression::{ContextField, Expression, Piece, Reference, Target};
use crate::schema::Schema;

/// A platform made ready for resolution.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub(crate) types: FxHashMap<Arc<str>, TypeProgram>,
    pub(crate) modules: FxHashMap<Arc<str>, ModuleProgram>,
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
    /// Whether what it asks for can lead back to it: an expansion may go on for ever.
    pub(crate) recursive: bool,
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
