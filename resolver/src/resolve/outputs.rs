//! What is known of outputs: which there are, and what they are like.

use std::sync::Arc;

use score_model::{Diagnostic, Path, ResourceUid, Value};

use super::draft::{Draft, Served};
use super::expansion::Structure;
use super::score;
use crate::drivers::Drivers;
use crate::expression::{Reference, Target};
use crate::platform::unknown;
use crate::schema::{Schema, Shape};
use crate::suggest::did_you_mean;
use crate::{Expr, Recipe};

/// An output that cannot be.
struct Missing {
    message: String,
    help: Option<String>,
}

impl<'a> Structure<'a> {
    /// What is known of a value before it exists.
    pub(super) fn shape(&self, expr: &Expr) -> Shape<'a> {
        match expr {
            Expr::Value(value) => Shape::Known(value.clone()),
            Expr::Output { of, path, .. } => {
                let ty = self.find(of).map(|draft| draft.ty);
                let schema = ty.and_then(|ty| ty.program.outputs.as_ref()).map(Schema::root).unwrap_or_default();
                Shape::Schema(schema.get(path).unwrap_or_default())
            }
            Expr::Guid => Shape::Text { secret: false },
            Expr::Own(_) | Expr::Artefacts(_) | Expr::At(..) => Shape::open(),
            Expr::Text(parts) => Shape::Text { secret: parts.iter().any(|part| self.shape(part).may_contain_secret()) },
            Expr::List(items) => Shape::List(items.iter().map(|item| self.shape(item)).collect()),
            Expr::Map(map) => Shape::Map(map.iter().map(|(key, item)| (key.clone(), self.shape(item))).collect()),
            Expr::Secret(inner) => self.shape(inner).concealed(),
        }
    }

    /// References to outputs that cannot be, wherever they stand.
    pub(super) fn check_outputs(&mut self, recipes: &[Option<Recipe>], drivers: Option<&Drivers>) {
        let mut found = Vec::new();
        for (file, resources) in self.files.iter().zip(&self.resources) {
            let document = &file.document;
            let mut check = |path: &Path, text: &str| {
                for (name, output, span) in score::outputs(text) {
                    let Some(Some(uid)) = resources.get(&*name) else { continue };
                    if let Some(Missing { message, help }) = self.missing(uid, &output, recipes, drivers) {
                        let mut diagnostic =
                            Diagnostic::error("unknown-output", message).at(file.workload.place_within(path, span));
                        diagnostic.help = help;
                        found.push(diagnostic);
                    }
                }
            };
            score::expanded(document.value(), &mut |path, text| check(&path, text));
            for request in score::requests(document.value()) {
                let at = ["resources", request.name, "params"].into_iter().collect();
                if let Some(params) = request.params {
                    texts(params, &at, &mut check);
                }
            }
        }
        for (draft, recipe) in self.drafts.iter().zip(recipes) {
            if recipe.is_some() {
                self.check_module_outputs(draft, recipes, drivers, &mut found);
            }
        }
        self.diagnostics.extend(found);
    }

    fn check_module_outputs(
        &self,
        draft: &Draft<'a>,
        recipes: &[Option<Recipe>],
        drivers: Option<&Drivers>,
        found: &mut Vec<Diagnostic>,
    ) {
        let Served::Module { module, program, .. } = draft.served else { return };
        // What the types' schemas say was checked when the platform was loaded.
        let tells = |target: &Option<u32>| {
            target.is_some_and(|target| match self.drafts[target as usize].served {
                Served::Module { module, .. } => drivers
                    .and_then(|drivers| drivers.get(&module.driver))
                    .is_some_and(|driver| driver.info.passes_inputs_except.is_some() || driver.outputs.is_some()),
                Served::BuiltIn | Served::Nothing => false,
            })
        };
        if !draft.dependencies.iter().any(tells) {
            return;
        }
        let mut see = |reference: &Arc<Reference>| {
            let Target::Output { alias, path } = &reference.target else { return };
            let place = program.dependencies.binary_search_by(|entry| entry.alias.as_ref().cmp(&Some(alias)));
            let target = place.ok().and_then(|place| *draft.dependencies.get(place)?);
            let Some(target) = target.map(|target| &self.drafts[target as usize]) else { return };
            if let Some(Missing { message, help }) = self.missing(&target.uid, path, recipes, drivers) {
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
    fn missing(
        &self,
        uid: &ResourceUid,
        path: &Path,
        recipes: &[Option<Recipe>],
        drivers: Option<&Drivers>,
    ) -> Option<Missing> {
        if path.is_root() {
            return None;
        }
        let number = *self.numbers.get(uid)? as usize;
        let draft = self.drafts.get(number)?;
        if let Some(schema) = &draft.ty.program.outputs
            && let Some((key, known)) = unknown(&schema.root(), path)
        {
            let help = did_you_mean(&key, known.properties());
            return Some(Missing { message: format!("type `{}` has no output `{path}`", draft.ty.name), help });
        }
        let recipe = recipes.get(number)?.as_ref()?;
        let message = || format!("`{uid}`, served by module `{}`, has no output `{path}`", recipe.module);
        let (first, _) = path.keys().split_first()?;
        let outputs = recipe.outputs.as_ref();
        if let Some(outputs) = outputs.filter(|outputs| outputs.get(&Path::root().child(first.clone())).is_some()) {
            return outputs.get(path).is_none().then(|| Missing { message: message(), help: None });
        }
        let Served::Module { .. } = draft.served else {
            return Some(Missing { message: format!("`{uid}` has no outputs"), help: None });
        };
        let driver = drivers?.get(&recipe.driver)?;
        if let Some(except) = &driver.info.passes_inputs_except {
            let spread = except.iter().any(|key| {
                let below = Path::root().child(key.clone()).join(path);
                recipe.inputs.get(&below).is_some()
            });
            let passed = !except.contains(first) && recipe.inputs.get(path).is_some();
            if !spread && !passed {
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

fn keys(expr: &Expr) -> Vec<Arc<str>> {
    match expr {
        Expr::Value(Value::Map(map)) => map.keys().cloned().collect(),
        Expr::Value(Value::Secret(hidden)) => keys(&Expr::Value(hidden.expose().clone())),
        Expr::Map(map) => map.keys().cloned().collect(),
        Expr::Secret(inner) => keys(inner),
        _ => Vec::new(),
    }
}

fn texts(value: &Value, at: &Path, see: &mut dyn FnMut(&Path, &str)) {
    match value {
        Value::String(text) if text.contains('$') => see(at, text),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                texts(item, &at.child(index.to_string()), see);
            }
        }
        Value::Map(map) => {
            for (key, item) in map.iter() {
                texts(item, &at.child(key.clone()), see);
            }
        }
        _ => {}
    }
}
