//! What is known of outputs: which there are, and what they are like.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_model::{Diagnostic, Path, Value};

use super::draft::{Draft, Served};
use super::expansion::Structure;
use super::score;
use crate::drivers::Drivers;
use crate::expression::{Expression, Reference, Target};
use crate::platform::{ModuleProgram, TypeProgram, reads_params, unknown};
use crate::schema::{Schema, Shape};
use crate::suggest::did_you_mean;
use crate::{Expr, Module, Recipe, Resolution};

/// An output that cannot be.
struct Missing {
    message: String,
    help: Option<String>,
}

/// What all nodes make and what drivers are known to do with it.
#[derive(Clone, Copy)]
pub(super) struct Made<'b> {
    pub(super) recipes: &'b [Option<Arc<Recipe>>],
    pub(super) drivers: Option<&'b Drivers>,
    /// What is known of nodes that the structure lacks.
    pub(super) others: Option<&'b Resolution>,
    /// The nodes that are checked; `None`: all.
    pub(super) checked: Option<&'b [bool]>,
}

impl Made<'_> {
    pub(super) fn is_checked(&self, number: u32) -> bool {
        self.checked.is_none_or(|checked| checked.get(number as usize) == Some(&true))
    }
}

impl<'a> Structure<'a> {
    /// What is known of a value before it exists.
    pub(super) fn shape(&self, expr: &Expr, made: Made<'_>) -> Shape<'a> {
        self.shape_within(expr, made, 0)
    }

    fn shape_within(&self, expr: &Expr, made: Made<'_>, depth: usize) -> Shape<'a> {
        match expr {
            Expr::Value(value) => Shape::Known(value.clone()),
            Expr::Output { of, path, .. } => {
                let (ty, recipe) = match (self.number(of), made.others) {
                    (Some(number), _) => {
                        let recipe = made.recipes.get(number as usize).and_then(Option::as_deref);
                        (Some(self.drafts[number as usize].ty.program), recipe)
                    }
                    (None, Some(others)) => {
                        let recipe = others.node(of).map(|node| &*node.recipe);
                        (self.platform.program().types.get(of.ty()), recipe)
                    }
                    (None, None) => return Shape::open(),
                };
                let schema = ty.and_then(|ty| ty.outputs.as_ref()).map(Schema::root).unwrap_or_default();
                let shape = Shape::Schema(schema.get(path).unwrap_or_default());
                let secret = depth < 8
                    && !shape.may_contain_secret()
                    && recipe.is_some_and(|recipe| self.gives_secret(recipe, path, made, depth + 1));
                if secret { shape.concealed() } else { shape }
            }
            Expr::Guid => Shape::Text { secret: false },
            Expr::Own(_) | Expr::Artefacts(_) | Expr::At(..) => Shape::open(),
            Expr::Text(parts) => Shape::Text {
                secret: parts.iter().any(|part| self.shape_within(part, made, depth).may_contain_secret()),
            },
            Expr::List(items) => Shape::List(items.iter().map(|item| self.shape_within(item, made, depth)).collect()),
            Expr::Map(map) => {
                let entry = |(key, item): (&Arc<str>, &Expr)| (key.clone(), self.shape_within(item, made, depth));
                Shape::Map(map.iter().map(entry).collect())
            }
            Expr::Secret(inner) => self.shape_within(inner, made, depth).concealed(),
        }
    }

    /// Whether a node is known to give a secret as this output, whatever its type says.
    fn gives_secret(&self, recipe: &Recipe, path: &Path, made: Made<'_>, depth: usize) -> bool {
        let secret = |expr: &Expr| self.shape_within(expr, made, depth).may_contain_secret();
        if let Some(expr) = recipe.outputs.as_ref().and_then(|outputs| outputs.get(path)) {
            return match expr {
                Expr::Own(own) => own != *path && self.gives_secret_itself(recipe, &own, made, depth),
                expr => secret(&expr),
            };
        }
        self.gives_secret_itself(recipe, path, made, depth)
    }

    /// The same of what its driver answers.
    fn gives_secret_itself(&self, recipe: &Recipe, path: &Path, made: Made<'_>, depth: usize) -> bool {
        let Some(driver) = made.drivers.and_then(|drivers| drivers.get(&recipe.driver)) else { return false };
        let secret =
            |expr: Option<Expr>| expr.is_some_and(|expr| self.shape_within(&expr, made, depth).may_contain_secret());
        if let Some(except) = &driver.info.passes_inputs_except {
            return secret(recipe.inputs.get(path))
                || except.iter().any(|key| secret(recipe.inputs.get(&Path::root().child(key.clone()).join(path))));
        }
        let declared = driver.outputs.as_ref().and_then(|schema| schema.root().get(path));
        declared.is_some_and(|schema| schema.may_contain_secret())
    }

    /// Inputs that contradict what their drivers take, where that depends on params.
    pub(super) fn check_inputs(&mut self, made: Made<'_>) {
        let mut found = Vec::new();
        let mut judged: FxHashMap<*const ModuleProgram, bool> = FxHashMap::default();
        let checked = (0..).zip(self.drafts.iter().zip(made.recipes)).filter(|(number, _)| made.is_checked(*number));
        for (_, (draft, recipe)) in checked {
            let (Served::Module { name, module, program, .. }, Some(recipe)) = (*draft.served, recipe) else {
                continue;
            };
            let driver = made.drivers.and_then(|drivers| drivers.get(&module.driver));
            let Some(schema) = driver.and_then(|driver| driver.inputs.as_ref()) else { continue };
            let judge = judged.entry(std::ptr::from_ref(program)).or_insert_with(|| judges_params(program, schema));
            if !*judge {
                continue;
            }
            for violation in schema.conform(&self.shape(&recipe.inputs, made)) {
                let path = Path::root().child("inputs").join(&violation.path);
                let written = &module.written;
                let place = if violation.of_key { written.key_place(&path) } else { written.place(&path) };
                let uid = &draft.uid;
                let message =
                    format!("inputs of driver `{}` in module `{name}`, for `{uid}`: {violation}", module.driver);
                let mut diagnostic = Diagnostic::error("inputs", message).at(place);
                diagnostic.help = violation.help;
                found.push(diagnostic);
            }
        }
        self.diagnostics.extend(found);
    }

    /// References to outputs that cannot be, wherever they stand.
    pub(super) fn check_outputs(&mut self, made: Made<'_>) {
        let mut found = Vec::new();
        // Where they stand is looked for only where one is missing, or may be: of requests that failed they are not known.
        let mut sure: FxHashMap<(*const ModuleProgram, *const [Arc<str>]), bool> = FxHashMap::default();
        let mut is_sure = |number: u32, output: &Path| match *self.drafts[number as usize].served {
            Served::Module { module, program, .. } => {
                let key = (std::ptr::from_ref(program), std::ptr::from_ref(output.keys()));
                let ty = &self.drafts[number as usize].ty.program;
                *sure.entry(key).or_insert_with(|| all_give(ty, module, program, output, made.drivers))
            }
            Served::BuiltIn | Served::Nothing => false,
        };
        let mut there =
            |(number, output): &(u32, Path)| is_sure(*number, output) || self.missing(*number, output, made).is_none();
        let all_there = self.diagnostics.is_empty() && self.outputs.iter().all(&mut there);
        for (index, file) in (0..).zip(self.files).filter(|_| !all_there) {
            let scope = self.scope(index);
            let mut check = |path: &dyn Fn() -> Path, text: &'a str| {
                for (number, output, span) in scope.outputs(text) {
                    if let Some(Missing { message, help }) = self.missing(number, &output, made) {
                        let place = file.workload.place_within(&path(), span);
                        let mut diagnostic = Diagnostic::error("unknown-output", message).at(place);
                        diagnostic.help = help;
                        found.push(diagnostic);
                    }
                }
            };
            score::expanded(file.workload, |path, text| check(path, text));
            for (name, resource) in &file.workload.resources {
                if let Some(params) = &resource.params {
                    let at = || ["resources", name.as_str(), "params"].into_iter().collect();
                    texts(params, &at, &mut check);
                }
            }
        }
        for &number in self.asking.iter().filter(|number| made.is_checked(**number)) {
            if made.recipes.get(number as usize).is_some_and(Option::is_some) {
                self.check_module_outputs(&self.drafts[number as usize], made, &mut found);
            }
        }
        self.check_outputs_of_params(made, &mut found);
        self.diagnostics.extend(found);
    }

    /// The same of what modules read of params that are outputs.
    fn check_outputs_of_params(&self, made: Made<'_>, found: &mut Vec<Diagnostic>) {
        let mut readers: FxHashMap<*const ModuleProgram, Vec<(&Reference, &Path)>> = FxHashMap::default();
        for (number, draft) in (0..).zip(&self.drafts).filter(|(number, _)| made.is_checked(*number)) {
            let Served::Module { program, .. } = *draft.served else { continue };
            let read = readers.entry(std::ptr::from_ref(program)).or_insert_with(|| parts_of_params(program));
            if read.is_empty() || self.file(number).is_some() {
                continue;
            }
            let params = self.params(number);
            for (reference, path) in read.iter().filter(|_| params.as_value().is_none()) {
                let Some((of, output, given)) = params.output_within(path.keys()) else { continue };
                let Some(of) = self.number(of) else { continue };
                let whole = output.join(&path.keys()[given..].iter().cloned().collect());
                let Some(Missing { message, help }) = self.missing(of, &whole, made) else { continue };
                // Where the output itself is missing, that is told already.
                if !output.is_root() && self.missing(of, output, made).is_some() {
                    continue;
                }
                let origin = self.given.with_params(draft).map_or(draft.origin, |given| given.origin);
                let at = [Arc::from("params")].into_iter().chain(path.keys()[..given].iter().cloned()).collect();
                let message = format!("`${{{}}}` of `{}` cannot be: {message}", reference.text, draft.uid);
                let mut diagnostic = Diagnostic::error("unknown-output", message).at(origin.place(&at));
                diagnostic.help = help;
                found.push(diagnostic);
            }
        }
    }

    fn check_module_outputs(&self, draft: &Draft<'a>, made: Made<'_>, found: &mut Vec<Diagnostic>) {
        let Served::Module { module, program, .. } = *draft.served else { return };
        // What the types' schemas say was checked when the platform was loaded.
        let tells = |target: &Option<u32>| {
            target.is_some_and(|target| match *self.drafts[target as usize].served {
                Served::Module { module, program, .. } => {
                    let driver = made.drivers.and_then(|drivers| drivers.get(&module.driver));
                    program.outputs.is_some()
                        || driver.is_some_and(|driver| {
                            driver.info.passes_inputs_except.is_some() || driver.outputs.is_some()
                        })
                }
                Served::BuiltIn => true,
                Served::Nothing => false,
            })
        };
        if !draft.dependencies().iter().any(tells) {
            return;
        }
        let mut see = |reference: &Arc<Reference>| {
            let Target::Output { alias, path } = &reference.target else { return };
            let place = program.dependencies.binary_search_by(|entry| entry.alias.as_ref().cmp(&Some(alias)));
            let target = place.ok().and_then(|place| *draft.dependencies().get(place)?);
            let Some(target) = target else { return };
            if let Some(Missing { message, help }) = self.missing(target, path, made) {
                let place = module.written.place_within(&reference.at, reference.span);
                let mut diagnostic = Diagnostic::error("unknown-output", message).at(place);
                diagnostic.help = help;
                found.push(diagnostic);
            }
        };
        program.inputs.visit(&mut see);
        if let Some(outputs) = &program.outputs {
            outputs.visit(&mut see);
        }
        let entries = program.dependencies.iter().chain(&program.coprovision);
        entries.filter_map(|entry| entry.params.as_ref()).for_each(|params| params.visit(&mut see));
    }

    /// Why a resource cannot have an output.
    fn missing(&self, number: u32, path: &Path, made: Made<'_>) -> Option<Missing> {
        let Made { recipes, drivers, .. } = made;
        let (first, _) = path.keys().split_first()?;
        let number = number as usize;
        let draft = self.drafts.get(number)?;
        let uid = &draft.uid;
        if let Some(schema) = &draft.ty.program.outputs
            && let Some((key, known)) = unknown(&schema.root(), path)
        {
            let help = did_you_mean(&key, known.properties());
            return Some(Missing { message: format!("type `{}` has no output `{path}`", draft.ty.name), help });
        }
        let recipe = recipes.get(number)?.as_ref()?;
        let message = || format!("`{uid}`, served by module `{}`, has no output `{path}`", recipe.module);
        let outputs = recipe.outputs.as_ref();
        if let Some(outputs) = outputs.filter(|outputs| outputs.has(std::iter::once(&**first))) {
            return (!outputs.has(keys_of(path))).then(|| Missing { message: message(), help: None });
        }
        let Served::Module { module, .. } = *draft.served else {
            return Some(Missing { message: format!("`{uid}` has no outputs"), help: None });
        };
        if module.reads_environment {
            let message = format!("the variable `{first}` is not set in the environment");
            return (!self.variables.contains_key(first)).then_some(Missing { message, help: None });
        }
        let driver = drivers?.get(&recipe.driver)?;
        if let Some(except) = &driver.info.passes_inputs_except {
            let passed = !except.contains(first) && recipe.inputs.has(keys_of(path));
            let spread = |key: &Arc<str>| recipe.inputs.has(std::iter::once(&**key).chain(keys_of(path)));
            if !passed && !except.iter().any(spread) {
                let mut names = keys(&recipe.inputs);
                names.retain(|name| !except.contains(name));
                names.extend(
                    except
                        .iter()
                        .filter_map(|key| recipe.inputs.get(&Path::root().child(key.clone())))
                        .flat_map(|below| keys(&below)),
                );
                names.extend(outputs.map(keys).unwrap_or_default());
                let help = did_you_mean(first, names.iter().map(|name| &**name));
                return Some(Missing { message: message(), help });
            }
        } else if let Some(schema) = &driver.outputs
            && let Some((key, known)) = unknown(&schema.root(), path)
        {
            let help = did_you_mean(&key, known.properties());
            return Some(Missing { message: message(), help });
        }
        None
    }
}

/// Whether it is sure that all that a module serves have an output, whatever they are given. Of what is not, each must be looked at.
fn all_give(
    ty: &TypeProgram,
    module: &Module,
    program: &ModuleProgram,
    output: &Path,
    drivers: Option<&Drivers>,
) -> bool {
    let allowed = ty.outputs.as_ref().is_none_or(|schema| unknown(&schema.root(), output).is_none());
    let given = match &program.outputs {
        Some(outputs) => outputs.surely_has(keys_of(output)),
        None => {
            let driver = drivers.and_then(|drivers| drivers.get(&module.driver));
            let except = driver.and_then(|driver| driver.info.passes_inputs_except.as_ref());
            let gives = |except: &Arc<[Arc<str>]>| {
                let passed = output.keys().first().is_some_and(|first| !except.contains(first));
                let spread = |key: &Arc<str>| program.inputs.surely_has(std::iter::once(&**key).chain(keys_of(output)));
                passed && program.inputs.surely_has(keys_of(output)) || except.iter().any(spread)
            };
            !module.reads_environment && except.is_some_and(gives)
        }
    };
    allowed && given
}

/// What a module reads of its params, but for all of them.
fn parts_of_params(program: &ModuleProgram) -> Vec<(&Reference, &Path)> {
    let mut found: Vec<(&Reference, &Path)> = Vec::new();
    let entries = program.dependencies.iter().chain(&program.coprovision).filter_map(|entry| entry.params.as_ref());
    for expression in [&program.inputs].into_iter().chain(&program.outputs).chain(entries) {
        expression.visit(&mut |reference| {
            if let Target::Params(path) = &reference.target
                && !path.is_root()
            {
                found.push((&**reference, path));
            }
        });
    }
    found
}

fn keys_of(path: &Path) -> impl Iterator<Item = &str> {
    path.keys().iter().map(|key| &**key)
}

fn keys(expr: &Expr) -> Vec<Arc<str>> {
    match expr {
        Expr::Value(Value::Map(map)) => map.keys().cloned().collect(),
        Expr::Value(Value::Secret(hidden)) => keys(&Expr::Value(hidden.expose().clone())),
        Expr::Map(map) => map.keys().cloned().collect(),
        Expr::Secret(inner) => keys(inner),
        _ => Vec::new(),
    }
}

/// Whether the schema has a say in an input that reads params: all others were checked with the module.
fn judges_params(program: &ModuleProgram, schema: &Schema) -> bool {
    let Expression::Map(entries) = &program.inputs else { return program.inputs_read_params };
    program.inputs_read_params
        && schema.constrains()
        && entries.iter().any(|(key, input)| {
            input.any(reads_params) && schema.root().child(key).is_none_or(|schema| schema.constrains_any())
        })
}

/// Calls `see` with every text that may have a placeholder, and where it stands.
pub(super) fn texts<'a>(value: &'a Value, at: &dyn Fn() -> Path, see: &mut dyn FnMut(&dyn Fn() -> Path, &'a str)) {
    match value {
        Value::String(text) if text.contains('$') => see(at, text),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                texts(item, &|| at().child(index.to_string()), see);
            }
        }
        Value::Map(map) => {
            for (key, item) in map.iter() {
                texts(item, &|| at().child(key.clone()), see);
            }
        }
        _ => {}
    }
}
