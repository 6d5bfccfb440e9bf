//! What is known of a module's expressions before anything is asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use score_model::Path;

use super::{Module, ModuleProgram, Platform};
use crate::expression::{ContextField, Expression, Part, Piece, Reference, Target};
use crate::schema::{Schema, Shape, Subschema};

/// What a module's expressions can refer to, as far as that is known before anything is asked for.
pub(crate) struct ModuleScope<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) module: &'a Module,
    pub(crate) program: &'a ModuleProgram,
    /// What the driver answers.
    pub(crate) own: Shape<'a>,
    /// The outputs that some module gives as secrets, by type and first key.
    pub(crate) secret_outputs: SecretOutputs,
}

/// The outputs that some module gives as secrets, whatever its type says: types and first keys.
pub(crate) type SecretOutputs = Arc<BTreeSet<(Arc<str>, Arc<str>)>>;

impl<'a> ModuleScope<'a> {
    /// The module with a driver of which nothing is known.
    pub(crate) fn new(platform: &'a Platform, module: &'a Module, program: &'a ModuleProgram) -> Self {
        Self { platform, module, program, own: Shape::open(), secret_outputs: Arc::default() }
    }

    /// What is known of a value.
    pub(crate) fn shape(&self, expression: &Expression) -> Shape<'a> {
        match expression {
            Expression::Constant(value) => Shape::Known(value.clone()),
            Expression::Reference(reference) => self.reference(reference),
            Expression::Text(pieces) => {
                let secret = |piece: &Piece| match piece {
                    Piece::Reference(reference) => self.reference(reference).may_contain_secret(),
                    Piece::Plain(_) | Piece::Current => false,
                };
                Shape::Text { secret: pieces.iter().any(secret) }
            }
            Expression::List(items) => Shape::List(items.iter().map(|item| self.shape(item)).collect()),
            Expression::Map(entries) => {
                Shape::Map(entries.iter().map(|(key, item)| (key.clone(), self.shape(item))).collect())
            }
        }
    }

    /// What the schemas of type and module say of the params.
    pub(crate) fn params(&self) -> Subschema<'a> {
        let own = self.program.params.as_ref().map(Schema::root).unwrap_or_default();
        let of_type = self.platform.program().types.get(&self.module.ty).and_then(|ty| ty.params.as_ref());
        of_type.map(Schema::root).unwrap_or_default().and(own)
    }

    /// What the type of a dependency says of its outputs.
    pub(crate) fn outputs_of(&self, alias: &str) -> Subschema<'a> {
        let ty = self.module.dependencies.get(alias).map(|entry| &entry.ty);
        ty.map(|ty| self.outputs_of_type(ty)).unwrap_or_default()
    }

    fn outputs_of_type(&self, ty: &Arc<str>) -> Subschema<'a> {
        let ty = self.platform.program().types.get(ty);
        ty.and_then(|ty| ty.outputs.as_ref()).map(Schema::root).unwrap_or_default()
    }

    fn reference(&self, reference: &Reference) -> Shape<'a> {
        let at = |schema: Subschema<'a>, path: &Path| Shape::Schema(schema.get(path).unwrap_or_default());
        match &reference.target {
            Target::Context(field) => match field {
                ContextField::Organisation
                | ContextField::Project
                | ContextField::Environment
                | ContextField::EnvironmentType
                | ContextField::Type
                | ContextField::Class
                | ContextField::Id
                | ContextField::Uid
                | ContextField::Guid => Shape::Text { secret: false },
                ContextField::Labels(_)
                | ContextField::Workload
                | ContextField::Metadata(_)
                | ContextField::Document(_)
                | ContextField::Source(_) => Shape::open(),
            },
            Target::Params(path) => at(self.params(), path),
            Target::Output { alias, path } => {
                let shape = at(self.outputs_of(alias), path);
                let ty = self.module.dependencies.get(alias).map(|entry| entry.ty.clone());
                let key = ty.zip(path.keys().first().cloned());
                if key.is_some_and(|key| self.secret_outputs.contains(&key)) { shape.concealed() } else { shape }
            }
            Target::Own(path) => {
                let own = self.own.get(path).unwrap_or_else(Shape::open);
                // What the type calls secret is, whatever the driver called it.
                let declared = self.outputs_of_type(&self.module.ty).get(path);
                if declared.is_some_and(|schema| schema.is_secret()) { own.concealed() } else { own }
            }
            Target::Select(selector) => {
                let secret = selector.part == Part::Outputs
                    && selector.steps.last().is_some_and(|step| {
                        let outputs = self.outputs_of_type(&step.ty);
                        outputs.get(&selector.path).is_some_and(|schema| schema.may_contain_secret())
                    });
                if secret { Shape::open().concealed() } else { Shape::open() }
            }
            Target::Resources | Target::Workloads(_) | Target::Artefacts(_) => Shape::open(),
        }
    }
}
