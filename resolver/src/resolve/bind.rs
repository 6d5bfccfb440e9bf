//! Phase two: inputs are bound.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_model::Value;

use super::draft::{Draft, Served};
use super::evaluate::References;
use super::expansion::Structure;
use crate::drivers::{Driver, Drivers};
use crate::expression::{ContextField, Expression, Target};
use crate::platform::ModuleProgram;
use crate::schema::conceal;
use crate::{EdgeKind, EdgeLabel, Expr, Module, Recipe};

/// The recipes of all nodes, in the order of their numbers, without what they depend on; `None` where nothing serves.
pub(super) fn bind<'a>(structure: &Structure<'a>, drivers: Option<&'a Drivers>) -> Vec<Option<Arc<Recipe>>> {
    let mut all: FxHashMap<*const ModuleProgram, Prepared<'a>> = FxHashMap::default();
    let mut built_in = Recipe::new(score_model::WORKLOAD_TYPE, "");
    built_in.pure = true;
    let recipes = (0..).zip(&structure.drafts).map(|(number, draft)| match *draft.served {
        Served::Nothing => None,
        Served::BuiltIn => Some(Arc::new(built_in.clone())),
        Served::Module { name, module, program, .. } => {
            let prepared =
                all.entry(std::ptr::from_ref(program)).or_insert_with(|| Prepared::new(name, module, program, drivers));
            let mut recipe = prepared.recipe(structure, number);
            recipe.outputs_schema.clone_from(&draft.ty.data.outputs);
            Some(Arc::new(recipe))
        }
    });
    let mut recipes: Vec<Option<Arc<Recipe>>> = recipes.collect();
    if all.values().any(|prepared| prepared.reads_environment) {
        environments(structure, &mut recipes);
    }
    recipes
}

/// What gives variables of the environment gives those that others read, as secrets: all others may change unnoticed.
fn environments(structure: &Structure<'_>, recipes: &mut [Option<Arc<Recipe>>]) {
    let gives = |draft: &Draft<'_>| match *draft.served {
        Served::Module { module, .. } => module.reads_environment,
        Served::BuiltIn | Served::Nothing => false,
    };
    let mut read: FxHashMap<u32, BTreeSet<Arc<str>>> = FxHashMap::default();
    for recipe in recipes.iter().flatten() {
        for expr in [&recipe.inputs].into_iter().chain(&recipe.outputs) {
            expr.visit(&mut |expr| {
                if let Expr::Output { of, path, .. } = expr
                    && let (Some(of), Some(name)) = (structure.number(of), path.keys().first())
                {
                    read.entry(of).or_default().insert(name.clone());
                }
            });
        }
    }
    let drafts = (0..).zip(&structure.drafts);
    for ((number, _), recipe) in drafts.zip(recipes).filter(|((_, draft), _)| gives(draft)) {
        let Some(recipe) = recipe.as_mut().and_then(Arc::get_mut) else { continue };
        let names = read.remove(&number).unwrap_or_default().into_iter();
        let known = names.filter_map(|name| {
            let text = structure.variables.get(&name)?.clone();
            Some((name, Value::secret(Value::String(text))))
        });
        recipe.inputs = Expr::Value(Value::map([("secrets", Value::map(known))]));
    }
}

/// What the recipes of all nodes that one module serves have in common.
struct Prepared<'a> {
    program: &'a ModuleProgram,
    driver: Option<&'a Driver>,
    /// With the inputs, where these are constant.
    recipe: Recipe,
    /// Whether the driver calls inputs secret that the module gives.
    conceals: bool,
    /// Whether the module gives the variables of the environment that others read.
    reads_environment: bool,
}

impl<'a> Prepared<'a> {
    fn new(name: &Arc<str>, module: &Module, program: &'a ModuleProgram, drivers: Option<&'a Drivers>) -> Self {
        let driver = drivers.and_then(|drivers| drivers.get(&module.driver));
        let mut recipe = Recipe::new(name.clone(), module.driver.clone());
        if let Some(Driver { info, .. }) = driver {
            recipe.driver_schema = info.schema;
            recipe.pure = info.capabilities.pure;
        }
        recipe.on_unreferenced = module.on_unreferenced;
        recipe.replace = module.replace;
        recipe.replace_on.clone_from(&module.replace_on);
        recipe.lane.clone_from(&module.lane);
        let schema = driver.and_then(|driver| driver.inputs.as_ref()).filter(|schema| schema.has_secrets());
        let conceals = schema.is_some_and(|schema| match &program.inputs {
            Expression::Map(entries) => entries.iter().any(|(key, _)| {
                schema.root().is_secret() || schema.root().child(key).is_some_and(|below| below.may_contain_secret())
            }),
            _ => true,
        });
        let mut prepared = Self { program, driver, recipe, conceals, reads_environment: module.reads_environment };
        if let Expression::Constant(value) = &program.inputs {
            prepared.recipe.inputs = prepared.concealed(Expr::Value(value.clone()));
        }
        prepared
    }

    fn recipe(&self, structure: &Structure<'_>, number: u32) -> Recipe {
        let mut recipe = self.recipe.clone();
        let evaluate = |expression| structure.evaluate(number, expression, &mut References::default());
        if !matches!(self.program.inputs, Expression::Constant(_)) {
            recipe.inputs = self.concealed(evaluate(&self.program.inputs));
        }
        recipe.outputs = self.program.outputs.as_ref().map(evaluate);
        let tells_context = self.driver.is_some_and(|driver| driver.info.capabilities.context);
        recipe.context = tells_context.then(|| context(structure, number));
        recipe
    }

    /// Inputs with what the driver calls secret marked as such.
    fn concealed(&self, inputs: Expr) -> Expr {
        match self.driver.and_then(|driver| driver.inputs.as_ref()) {
            Some(schema) if self.conceals => conceal(inputs, &schema.root()),
            _ => inputs,
        }
    }
}

/// The context as a map, for drivers that are told it.
fn context(structure: &Structure<'_>, number: u32) -> Expr {
    let fields = [
        ("organisation", ContextField::Organisation),
        ("project", ContextField::Project),
        ("environment", ContextField::Environment),
        ("environment_type", ContextField::EnvironmentType),
        ("labels", ContextField::Labels(None)),
        ("type", ContextField::Type),
        ("class", ContextField::Class),
        ("id", ContextField::Id),
        ("uid", ContextField::Uid),
        ("guid", ContextField::Guid),
        ("workload", ContextField::Workload),
        ("metadata", ContextField::Metadata(score_model::Path::root())),
    ];
    Expr::map(fields.into_iter().map(|(name, field)| (Arc::from(name), structure.context_field(number, &field))))
}

/// The edges that selectors make.
pub(super) fn selector_edges(structure: &Structure<'_>) -> Vec<(u32, u32, EdgeLabel)> {
    let mut edges = Vec::new();
    for &number in &structure.selecting {
        let Some(program) = structure.drafts[number as usize].module() else { continue };
        let mut see = |reference: &Arc<crate::expression::Reference>| {
            if let Target::Select(selector) = &reference.target {
                let found = structure.select(number, selector);
                for of in found.references() {
                    if let Some(to) = structure.number(of) {
                        edges.push((number, to, EdgeLabel::from(EdgeKind::Selector)));
                    }
                }
            }
        };
        program.inputs.visit(&mut see);
        if let Some(outputs) = &program.outputs {
            outputs.visit(&mut see);
        }
    }
    edges
}
