//! Phase two: inputs are bound.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_model::{ResourceUid, Value};

use super::draft::{Draft, Served};
use super::evaluate::References;
use super::expansion::Structure;
use crate::drivers::{Driver, Drivers};
use crate::expression::{ContextField, Expression, Target};
use crate::schema::conceal;
use crate::{Capabilities, EdgeKind, EdgeLabel, Expr, Recipe};

/// The recipes of all nodes, in the order of their numbers, without what they depend on; `None` where nothing serves.
pub(super) fn bind(structure: &Structure<'_>, drivers: Option<&Drivers>) -> Vec<Option<Recipe>> {
    let mut constants: FxHashMap<*const Expression, Expr> = FxHashMap::default();
    let numbers = (0..).zip(&structure.drafts);
    let mut recipes: Vec<_> = numbers.map(|(number, _)| recipe(structure, drivers, number, &mut constants)).collect();
    environments(structure, &mut recipes);
    recipes
}

/// What gives variables of the environment gives those that others read, as secrets: all others may change unnoticed.
fn environments(structure: &Structure<'_>, recipes: &mut [Option<Recipe>]) {
    let gives = |draft: &Draft<'_>| match draft.served {
        Served::Module { module, .. } => module.reads_environment,
        Served::BuiltIn | Served::Nothing => false,
    };
    if !structure.drafts.iter().any(gives) {
        return;
    }
    let mut read: FxHashMap<&ResourceUid, BTreeSet<Arc<str>>> = FxHashMap::default();
    for recipe in recipes.iter().flatten() {
        for expr in [&recipe.inputs].into_iter().chain(&recipe.outputs) {
            expr.visit(&mut |expr| {
                if let Expr::Output { of, path, .. } = expr
                    && let (Some((of, _)), Some(name)) = (structure.numbers.get_key_value(of), path.keys().first())
                {
                    read.entry(of).or_default().insert(name.clone());
                }
            });
        }
    }
    for (draft, recipe) in structure.drafts.iter().zip(recipes).filter(|(draft, _)| gives(draft)) {
        let Some(recipe) = recipe else { continue };
        let names = read.remove(&draft.uid).unwrap_or_default().into_iter();
        let known = names.filter_map(|name| {
            let text = structure.variables.get(&name)?.clone();
            Some((name, Value::secret(Value::String(text))))
        });
        recipe.inputs = Expr::Value(Value::map([("secrets", Value::map(known))]));
    }
}

fn recipe(
    structure: &Structure<'_>,
    drivers: Option<&Drivers>,
    number: u32,
    constants: &mut FxHashMap<*const Expression, Expr>,
) -> Option<Recipe> {
    let draft = &structure.drafts[number as usize];
    let (name, module, program) = match draft.served {
        Served::Nothing => return None,
        Served::BuiltIn => {
            let mut recipe = Recipe::new(draft.ty.name.clone(), "");
            recipe.pure = true;
            return Some(recipe);
        }
        Served::Module { name, module, program, .. } => (name, module, program),
    };
    let driver = drivers.and_then(|drivers| drivers.get(&module.driver));
    let mut recipe = Recipe::new(name.clone(), module.driver.clone());
    if let Some(Driver { info, .. }) = driver {
        recipe.driver_schema = info.schema;
        recipe.pure = info.capabilities.pure;
    }
    let marked = |expr| match driver.and_then(|driver| driver.inputs.as_ref()) {
        Some(schema) if schema.has_secrets() => conceal(expr, &schema.root()),
        _ => expr,
    };
    recipe.inputs = match &program.inputs {
        constant @ Expression::Constant(value) => {
            constants.entry(std::ptr::from_ref(constant)).or_insert_with(|| marked(Expr::Value(value.clone()))).clone()
        }
        inputs => marked(structure.evaluate(number, inputs, &mut References::default())),
    };
    recipe.outputs =
        program.outputs.as_ref().map(|outputs| structure.evaluate(number, outputs, &mut References::default()));
    let capabilities = driver.map_or(Capabilities::default(), |driver| driver.info.capabilities);
    recipe.context = capabilities.context.then(|| context(structure, number));
    recipe.outputs_schema = draft.ty.data.outputs.clone();
    recipe.on_unreferenced = module.on_unreferenced;
    recipe.replace = module.replace;
    recipe.replace_on.clone_from(&module.replace_on);
    recipe.lane.clone_from(&module.lane);
    Some(recipe)
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
    for (number, draft) in (0..).zip(&structure.drafts) {
        let Some(program) = draft.module().filter(|module| module.selects) else { continue };
        let mut see = |reference: &Arc<crate::expression::Reference>| {
            if let Target::Select(selector) = &reference.target {
                let found = structure.select(number, selector);
                for of in found.references() {
                    if let Some(to) = structure.numbers.get(of) {
                        edges.push((number, *to, EdgeLabel::from(EdgeKind::Selector)));
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
