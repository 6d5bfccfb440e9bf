//! What can be known of a module without calling its driver.

use std::collections::BTreeSet;
use std::sync::Arc;

use score_model::{Diagnostic, Path, Place};

use super::{Promise, Proof};
use crate::Platform;
use crate::drivers::{Driver, Drivers};
use crate::expression::Target;
use crate::platform::{ModuleScope, SecretOutputs};
use crate::schema::{Schema, Shape, Subschema, Violation};
use crate::suggest::did_you_mean;

/// Checks one module: that its driver is there, its inputs against the driver, its outputs against its type.
pub(crate) fn module(
    platform: &Platform,
    drivers: Option<&Drivers>,
    secret_outputs: &SecretOutputs,
    name: &Arc<str>,
    proof: &mut Proof,
) {
    let (Some(module), Some(program)) = (platform.module(name), platform.program().modules.get(name)) else { return };
    let driver = drivers.and_then(|drivers| drivers.get(&module.driver));
    if let (Some(drivers), None) = (drivers, driver) {
        let message = format!("module `{name}` has driver `{}`, which does not exist", module.driver);
        let place = module.written.place(&Path::root().child("driver"));
        let mut diagnostic = Diagnostic::error("unknown-driver", message).at(place);
        diagnostic.help = did_you_mean(&module.driver, drivers.names()).or_else(|| {
            let names: Vec<String> = drivers.names().map(|name| format!("`{name}`")).collect();
            Some(format!("there are {}", names.join(", ")))
        });
        proof.diagnostics.push(diagnostic);
    }
    let mut scope = ModuleScope::new(platform, module, program);
    scope.secret_outputs = secret_outputs.clone();
    let mut inputs = scope.shape(&program.inputs);
    if let Some(schema) = driver.and_then(|driver| driver.inputs.as_ref()) {
        for violation in schema.conform(&inputs) {
            let place = written(&scope, "inputs", &violation);
            let message = format!("inputs of driver `{}` in module `{name}`: {violation}", module.driver);
            proof.diagnostics.push(problem("inputs", place, message, violation.help));
        }
        inputs = inputs.marked(&schema.root());
    }
    scope.own = own(driver, &inputs);
    own_references(&scope, name, proof);
    let known = matches!(scope.own, Shape::Map(_));
    let Some(schema) = platform.program().types.get(&module.ty).and_then(|ty| ty.outputs.as_ref()) else { return };
    outputs(&scope, name, schema, known, proof);
}

/// The outputs that modules give as secrets because their drivers pass inputs on that are.
pub(crate) fn secret_outputs(platform: &Platform, drivers: &Drivers) -> SecretOutputs {
    let mut found = BTreeSet::new();
    for (name, module) in platform.modules() {
        let (Some(program), Some(driver)) = (platform.program().modules.get(name), drivers.get(&module.driver)) else {
            continue;
        };
        let (Some(_), Some(schema)) = (&driver.info.passes_inputs_except, &driver.inputs) else { continue };
        let inputs = ModuleScope::new(platform, module, program).shape(&program.inputs).marked(&schema.root());
        if let Shape::Map(entries) = own(Some(driver), &inputs) {
            let secret = entries.into_iter().filter(|(_, shape)| shape.may_contain_secret());
            found.extend(secret.map(|(key, _)| (module.ty.clone(), key)));
        }
    }
    Arc::new(found)
}

/// What a driver answers, as far as that is known.
fn own<'a>(driver: Option<&'a Driver>, inputs: &Shape<'a>) -> Shape<'a> {
    let Some(driver) = driver else { return Shape::open() };
    let open = || driver.outputs.as_ref().map_or_else(Shape::open, |schema| Shape::Schema(schema.root()));
    let (Some(except), Some(entries)) = (&driver.info.passes_inputs_except, inputs.entries()) else { return open() };
    let mut answer: Vec<(Arc<str>, Shape<'a>)> = Vec::new();
    for (key, shape) in entries {
        if !except.contains(&key) {
            answer.push((key, shape));
            continue;
        }
        match shape.entries() {
            Some(below) => answer.extend(below),
            // What lies below is not known: anything may be there.
            None => return open(),
        }
    }
    Shape::Map(answer)
}

/// References of a module's `outputs` to what its driver is known not to answer.
fn own_references(scope: &ModuleScope<'_>, name: &Arc<str>, proof: &mut Proof) {
    let Some(outputs) = &scope.program.outputs else { return };
    outputs.visit(&mut |reference| {
        let Target::Own(path) = &reference.target else { return };
        if scope.own.get(path).is_none() {
            let place = scope.module.written.place_within(&reference.at, reference.span);
            let message = format!("the driver of module `{name}` answers no `{path}`");
            let known = scope.own.entries().unwrap_or_default();
            let first = path.keys().first().map_or("", |first| &**first);
            let help = did_you_mean(first, known.iter().map(|(key, _)| &**key));
            proof.diagnostics.push(problem("unknown-output", place, message, help));
        }
    });
}

fn outputs(scope: &ModuleScope<'_>, name: &Arc<str>, schema: &Schema, known: bool, proof: &mut Proof) {
    let root = schema.root();
    let over = scope.program.outputs.as_ref().map(|outputs| scope.shape(outputs));
    let over = over.and_then(|shape| shape.entries()).unwrap_or_default();
    let is_over = |key: &str| over.iter().any(|(name, _)| &**name == key);
    let mut all: Vec<(Arc<str>, Shape<'_>)> = match &scope.own {
        Shape::Map(entries) => entries.iter().filter(|(key, _)| !is_over(key)).cloned().collect(),
        _ => Vec::new(),
    };
    all.extend(over.iter().cloned());
    if !known {
        let given: BTreeSet<Arc<str>> = all.iter().map(|(key, _)| key.clone()).collect();
        for output in root.required() {
            let only_driver = match over.iter().find(|(key, _)| &**key == output) {
                None => true,
                Some((_, shape)) => matches!(shape, Shape::Schema(schema) if schema.is_open()),
            };
            if only_driver {
                proof.promised.push(Promise { module: name.clone(), output: output.into() });
            }
            if !given.contains(output) {
                let shape = Shape::Schema(root.child(output).unwrap_or_default());
                all.push((output.into(), shape));
            }
        }
        proof.promised.sort();
        proof.promised.dedup();
    }
    let place = |violation: &Violation| {
        let section =
            violation.path.keys().first().map_or("outputs", |key| if is_over(key) { "outputs" } else { "inputs" });
        written(scope, section, violation)
    };
    for (key, shape) in &all {
        // A secret must be declared as one, so that whoever reads it knows.
        let declared = root.properties().any(|property| property == &**key);
        if let (true, Some(wanted)) = (declared, root.child(key))
            && let Some(path) = undeclared_secret(shape, &wanted, &Path::root().child(key.clone()), 0)
        {
            let message = format!(
                "output `{path}` of module `{name}` is secret, and type `{}` does not declare it so",
                scope.module.ty
            );
            let violation = Violation { path: path.clone(), of_key: false, message, help: None };
            let help = Some("add `writeOnly: true` to it in the type's `outputs`".to_owned());
            proof.diagnostics.push(problem("secret", place(&violation), violation.message, help));
        }
    }
    for violation in schema.conform(&Shape::Map(all)) {
        let message = if violation.path.is_root() {
            format!("module `{name}` cannot give what type `{}` promises: {violation}", scope.module.ty)
        } else {
            format!("outputs of module `{name}` for type `{}`: {violation}", scope.module.ty)
        };
        let at = if violation.path.is_root() { scope.module.place() } else { place(&violation) };
        proof.diagnostics.push(problem("outputs", at, message, violation.help));
    }
}

/// Where a secret is that the schema calls none.
fn undeclared_secret(shape: &Shape<'_>, wanted: &Subschema<'_>, at: &Path, depth: usize) -> Option<Path> {
    if wanted.is_secret() || !shape.may_contain_secret() {
        return None;
    }
    let whole = || (!wanted.may_contain_secret()).then(|| at.clone());
    match shape.entries().filter(|_| depth < 32 && wanted.may_contain_secret()) {
        Some(entries) => entries.iter().find_map(|(key, shape)| {
            let below = wanted.child(key)?;
            undeclared_secret(shape, &below, &at.child(key.clone()), depth + 1)
        }),
        None => whole(),
    }
}

fn written(scope: &ModuleScope<'_>, section: &str, violation: &Violation) -> Option<Place> {
    let mut path = Path::root().child(section).join(&violation.path);
    let written = &scope.module.written;
    // Where a whole section is absent, that is said of the module.
    let absent = match section {
        "inputs" => scope.module.inputs.as_map().is_none_or(score_model::Map::is_empty),
        _ => scope.module.outputs.is_none(),
    };
    if absent {
        path = Path::root();
        return written.key_place(&path);
    }
    if violation.of_key { written.key_place(&path) } else { written.place(&path) }
}

fn problem(code: &'static str, place: Option<Place>, message: String, help: Option<String>) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(code, message).at(place);
    diagnostic.help = help;
    diagnostic
}
