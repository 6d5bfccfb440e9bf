//! From definitions to a platform made ready for resolution.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use score_model::{Checked, DEFAULT_CLASS, Diagnostic, Diagnostics, Path, Span, Value, WORKLOAD_TYPE};

use super::program::reads_params;
use super::{
    Entry, EntryProgram, Module, ModuleProgram, Name, Platform, PlatformBuilder, Program, TypeProgram, Written,
    contradictions, ties,
};
use crate::expression::{Parser, Reference, Target};
use crate::schema::Schema;

pub(super) fn compile(builder: PlatformBuilder) -> Checked<Platform> {
    let mut diagnostics = Diagnostics::new();
    let mut platform = Platform {
        types: unique("type", builder.types, |ty| &ty.written, &mut diagnostics),
        modules: unique("module", builder.modules, |module| &module.written, &mut diagnostics),
        rules: builder.rules,
        environments: builder
            .environments
            .map(|all| unique("environment", all, |environment| &environment.written, &mut diagnostics)),
        moved: builder.moved,
        program: Program::default(),
        directory: Arc::default(),
    };
    platform.types.entry(WORKLOAD_TYPE.into()).or_default();
    for (name, implied) in builder.implied {
        platform.types.entry(name).or_insert_with(|| implied.ty());
    }
    platform.program = program(&platform, &mut diagnostics);
    contradictions::contradictions(&platform, &mut diagnostics);
    ties::ties(&platform, &mut diagnostics);
    diagnostics.sort();
    Checked::new(platform, diagnostics)
}

/// A map of what was named; what has the name of something earlier is reported and left out.
fn unique<T>(
    what: &str,
    all: Vec<(Arc<str>, T)>,
    written: impl Fn(&T) -> &Written,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<Arc<str>, T> {
    let mut known: BTreeMap<Arc<str>, T> = BTreeMap::new();
    for (name, value) in all {
        if let Some(earlier) = known.get(&name) {
            let place = written(earlier).key_place(&Path::root());
            let place = place.map(|place| format!(": it is already at {place}")).unwrap_or_default();
            let message = format!("{what} `{name}` is defined twice{place}");
            diagnostics.push(Diagnostic::error("defined-twice", message).at(written(&value).key_place(&Path::root())));
        } else {
            known.insert(name, value);
        }
    }
    known
}

fn program(platform: &Platform, diagnostics: &mut Diagnostics) -> Program {
    let mut program = Program::default();
    for (name, ty) in &platform.types {
        let params = schema(ty.params.as_ref(), &ty.written, "params", diagnostics);
        let outputs = schema(ty.outputs.as_ref(), &ty.written, "outputs", diagnostics);
        program.types.insert(name.clone(), TypeProgram { params, outputs, rules: Vec::new() });
    }
    for (name, module) in &platform.modules {
        let mut made = module_program(module, diagnostics);
        let (afar, mut reads) = (&mut program.afar, false);
        made.visit(&mut |reference| reads |= afar.add(reference));
        made.reads_afar = reads;
        program.modules.insert(name.clone(), made);
    }
    for (id, rule) in platform.rules() {
        let ty = platform.modules.get(&rule.module).and_then(|module| program.types.get_mut(&module.ty));
        if let Some(ty) = ty {
            ty.rules.push(id);
        }
    }
    let leads_to = reachable(platform);
    for (name, module) in &platform.modules {
        if let (Some(found), Some(reach)) = (program.modules.get_mut(name), leads_to.get(&*module.ty)) {
            found.recursive = reach.contains(&*module.ty);
        }
    }
    program
}

/// The types that the modules of each type ask for, directly or through others.
fn reachable(platform: &Platform) -> FxHashMap<&str, FxHashSet<&str>> {
    let mut asks: FxHashMap<&str, FxHashSet<&str>> = FxHashMap::default();
    for module in platform.modules.values() {
        let entries = module.dependencies.values().chain(module.coprovision.iter().map(|brought| &brought.entry));
        asks.entry(&module.ty).or_default().extend(entries.map(|entry| &*entry.ty).filter(|ty| *ty != WORKLOAD_TYPE));
    }
    let from = |start: &str| {
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        let mut open: Vec<&str> = asks.get(start).into_iter().flatten().copied().collect();
        while let Some(ty) = open.pop() {
            if seen.insert(ty) {
                open.extend(asks.get(ty).into_iter().flatten().copied());
            }
        }
        seen
    };
    asks.keys().map(|ty| (*ty, from(ty))).collect()
}

fn schema(json: Option<&Arc<Value>>, written: &Written, key: &str, diagnostics: &mut Diagnostics) -> Option<Schema> {
    match Schema::new(json?.clone()) {
        Ok(schema) => Some(schema),
        Err(error) => {
            let place = written.place(&Path::root().child(key).join(&error.path));
            let message = format!("`{key}` is no JSON Schema: {error}");
            diagnostics.push(Diagnostic::error("invalid-schema", message).at(place));
            None
        }
    }
}

fn module_program(module: &Module, diagnostics: &mut Diagnostics) -> ModuleProgram {
    let params = schema(module.params.as_ref(), &module.written, "params", diagnostics);
    for (key, value) in [("inputs", Some(&module.inputs)), ("outputs", module.outputs.as_ref())] {
        if value.is_some_and(|value| value.as_map().is_none()) {
            let place = module.written.place(&Path::root().child(key));
            diagnostics.push(Diagnostic::error("wrong-type", format!("`{key}` must be a map")).at(place));
        }
    }
    let mut problem = |at: &Path, span: Span, message: String, help: Option<String>| {
        let mut diagnostic = Diagnostic::error("bad-expression", message).at(module.written.place_within(at, span));
        diagnostic.help = help;
        diagnostics.push(diagnostic);
    };
    let mut parser = Parser { problem: &mut problem };
    let inputs = parser.value(&module.inputs, &Path::root().child("inputs"));
    let outputs = module.outputs.as_ref().map(|outputs| parser.value(outputs, &Path::root().child("outputs")));
    let mut dependencies: Vec<EntryProgram> = module
        .dependencies
        .iter()
        .map(|(alias, entry)| {
            let at = Path::root().child("dependencies").child(alias.clone());
            EntryProgram { alias: Some(alias.clone()), ..entry_program(&mut parser, entry, at) }
        })
        .collect();
    dependencies.sort_by(|a, b| a.alias.cmp(&b.alias));
    let coprovision: Vec<EntryProgram> = module
        .coprovision
        .iter()
        .enumerate()
        .map(|(index, brought)| {
            let at = Path::root().child("coprovision").child(index.to_string());
            EntryProgram {
                depends_on_this: brought.depends_on_this,
                dependents_follow: brought.dependents_follow,
                ..entry_program(&mut parser, &brought.entry, at)
            }
        })
        .collect();
    let select = |reference: &Reference| matches!(reference.target, Target::Select(_));
    ModuleProgram {
        params,
        entries_read_params: dependencies.iter().chain(&coprovision).any(EntryProgram::reads_params),
        inputs_read_params: inputs.any(reads_params),
        selects: inputs.any(select) || outputs.as_ref().is_some_and(|outputs| outputs.any(select)),
        reads_afar: false,
        inputs,
        outputs,
        dependencies,
        coprovision,
        recursive: false,
    }
}

fn entry_program(parser: &mut Parser<'_>, entry: &Entry, at: Path) -> EntryProgram {
    let mut name = |text: &Arc<str>, key: &str| match &**text {
        "@" => Name::Current,
        plain if !plain.contains(['@', '$']) => Name::Fixed(text.clone()),
        _ => Name::Pieces(parser.pieces(text, &at.child(key), true)),
    };
    let class = match &entry.class {
        Some(class) => name(class, "class"),
        None if &*entry.ty == WORKLOAD_TYPE => Name::Any,
        None => Name::Fixed(DEFAULT_CLASS.into()),
    };
    let id = entry.id.as_ref().map_or(Name::Current, |id| name(id, "id"));
    let params = entry.params.as_ref().map(|params| parser.value(params, &at.child("params")));
    let ty = entry.ty.clone();
    EntryProgram { alias: None, at, ty, class, id, params, depends_on_this: false, dependents_follow: false }
}
