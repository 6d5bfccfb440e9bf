//! What contradicts itself in a platform is refused, all of it at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::{Diagnostic, Diagnostics, Path, Place};

use super::names::{is_id, is_name, is_type};
use super::{ClassPattern, EntryProgram, Module, ModuleScope, Name, Platform, ResourceType, Rule};
use crate::expression::{ContextField, Expression, Part, Piece, Reference, Selector, Target};
use crate::schema::{Subschema, with_defaults};
use crate::suggest::did_you_mean;

/// Everything that contradicts itself, but for ties.
pub(super) fn contradictions(platform: &Platform, diagnostics: &mut Diagnostics) {
    let mut check = Check { platform, diagnostics };
    check.names();
    check.environments();
    check.modules();
    check.rules();
    check.moved();
}

/// Where an expression stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Inputs,
    Outputs,
    EntryParams,
    /// A class or id.
    EntryName,
}

struct Check<'a> {
    platform: &'a Platform,
    diagnostics: &'a mut Diagnostics,
}

impl Check<'_> {
    fn error(&mut self, code: &'static str, place: Option<Place>, message: String, help: Option<String>) {
        let mut diagnostic = Diagnostic::error(code, message).at(place);
        diagnostic.help = help;
        self.diagnostics.push(diagnostic);
    }

    fn name(&mut self, what: &str, text: &str, holds: fn(&str) -> bool, place: Option<Place>) {
        if !holds(text) {
            let rule = if std::ptr::fn_addr_eq(holds, is_type as fn(&str) -> bool) {
                "2 to 63 letters, digits and `-`, with no `-` at either end"
            } else if std::ptr::fn_addr_eq(holds, is_id as fn(&str) -> bool) {
                "2 to 253 characters: parts of `a-z`, `0-9` and `-` joined by dots, no part with a `-` at either end"
            } else {
                "2 to 63 characters of `a-z`, `0-9` and `-`, with no `-` at either end"
            };
            self.error("invalid-name", place, format!("`{text}` is no name of {what}"), Some(format!("write {rule}")));
        }
    }

    fn names(&mut self) {
        let root = Path::root();
        for (name, ty) in self.platform.types() {
            self.name("a type", name, is_type, ty.written.key_place(&root));
            for class in ty.classes.iter().flatten().map(|(class, _)| class) {
                let place = ty.written.key_place(&root.child("classes").child(class.clone()));
                self.name("a class", class, is_type, place);
            }
        }
        for (name, module) in self.platform.modules().filter(|(_, module)| !module.from_entry) {
            self.name("a module", name, is_name, module.written.key_place(&root));
        }
        for (name, environment) in self.platform.environments() {
            self.name("an environment", name, is_name, environment.written.key_place(&root));
        }
    }

    fn environments(&mut self) {
        let mut defaults = self.platform.environments().filter(|(_, environment)| environment.default);
        if let Some((first, _)) = defaults.next() {
            for (name, environment) in defaults {
                let place = environment.written.place(&Path::root().child("default"));
                let message = format!("environment `{name}` is a default, and so is `{first}`: only one can be");
                self.error("two-defaults", place, message, None);
            }
        }
    }

    fn rules(&mut self) {
        for (_, rule) in self.platform.rules() {
            let place = |key: &str| rule.written.place(&Path::root().child(key));
            match self.platform.module(&rule.module) {
                None => {
                    let help = did_you_mean(&rule.module, self.platform.modules.keys().map(|name| &**name));
                    let message = format!("there is no module `{}`", rule.module);
                    self.error("unknown-module", place("module"), message, help);
                }
                Some(module) => self.rule_class(rule, module),
            }
            if let Some(id) = &rule.id {
                self.name("a resource id", id, is_id, place("id"));
            }
            if let Some(project) = &rule.project {
                self.name("a project", project, is_name, place("project"));
            }
            if let Some(name) = &rule.environment {
                self.rule_environment(rule, name);
            }
        }
    }

    fn rule_class(&mut self, rule: &Rule, module: &Module) {
        let ClassPattern::Named(class) = &rule.class else { return };
        let place = || rule.written.place(&Path::root().child("class"));
        match self.platform.ty(&module.ty) {
            Some(ty) if !ty.has_class(class) => self.unknown_class(&module.ty, ty, class, place()),
            _ => self.name("a class", class, is_type, place()),
        }
    }

    fn unknown_class(&mut self, name: &str, ty: &ResourceType, class: &str, place: Option<Place>) {
        let (message, help) = unknown_class(name, ty, class);
        self.error("unknown-class", place, message, help);
    }

    fn rule_environment(&mut self, rule: &Rule, name: &Arc<str>) {
        let place = |key: &str| rule.written.place(&Path::root().child(key));
        if !self.platform.declares_environments() {
            self.name("an environment", name, is_name, place("environment"));
            return;
        }
        match self.platform.environment(name) {
            None => {
                let help = did_you_mean(name, self.platform.environments().map(|(name, _)| &**name));
                let message = format!("there is no environment `{name}`");
                self.error("unknown-environment", place("environment"), message, help);
            }
            Some(environment) => {
                let declared = environment.type_of(name);
                if let Some(wanted) = rule.environment_type.as_ref().filter(|wanted| *wanted != declared) {
                    let message = format!("environment `{name}` is of type `{declared}`, not `{wanted}`");
                    self.error("other-environment-type", place("environment_type"), message, None);
                }
            }
        }
    }

    fn moved(&mut self) {
        let mut seen: BTreeMap<&score_model::ResourceUid, Option<Place>> = BTreeMap::new();
        for moved in &self.platform.moved {
            let place = moved.written.place(&Path::root());
            if moved.from == moved.to {
                let message = format!("`{}` is moved to itself", moved.from);
                self.error("bad-move", place.clone(), message, None);
            }
            if let Some(earlier) = seen.insert(&moved.from, place.clone()) {
                let earlier = earlier.map(|place| format!(": it already is at {place}")).unwrap_or_default();
                self.error("bad-move", place, format!("`{}` is moved twice{earlier}", moved.from), None);
            }
        }
    }

    fn modules(&mut self) {
        for (name, module) in self.platform.modules() {
            let place = |path: &Path| module.written.place(path);
            if self.platform.ty(&module.ty).is_none() {
                let path = Path::root().child("type");
                self.unknown_type(&module.ty, place(&path));
            }
            for input in &module.replace_on {
                let known = module.inputs.as_map();
                let first = input.keys().first();
                if let (Some(known), Some(first)) = (known, first)
                    && !known.contains_key(first)
                {
                    let help = did_you_mean(first, known.keys().map(|key| &**key));
                    let message = format!("module `{name}` has no input `{first}`");
                    self.error("unknown-input", place(&Path::root().child("replace_on")), message, help);
                }
            }
            let Some(program) = self.platform.program.modules.get(name) else { continue };
            let scope = ModuleScope::new(self.platform, module, program);
            self.expression(&scope, Position::Inputs, &program.inputs);
            if let Some(outputs) = &program.outputs {
                self.expression(&scope, Position::Outputs, outputs);
            }
            for entry in program.dependencies.iter().chain(&program.coprovision) {
                self.entry(&scope, entry);
            }
        }
    }

    fn unknown_type(&mut self, ty: &str, place: Option<Place>) {
        let help = did_you_mean(ty, self.platform.types.keys().map(|name| &**name));
        self.error("unknown-type", place, format!("there is no resource type `{ty}`"), help);
    }

    fn entry(&mut self, scope: &ModuleScope<'_>, entry: &EntryProgram) {
        let place = |key: &str| scope.module.written.place(&entry.at.child(key));
        for (name, key) in [(&entry.class, "class"), (&entry.id, "id")] {
            match name {
                Name::Fixed(text) if key == "id" => self.name("a resource id", text, is_id, place(key)),
                Name::Fixed(text) => self.name("a class", text, is_type, place(key)),
                Name::Pieces(pieces) => {
                    for piece in pieces {
                        if let Piece::Reference(reference) = piece {
                            self.reference(scope, Position::EntryName, reference);
                        }
                    }
                }
                _ => {}
            }
        }
        if let Some(params) = &entry.params {
            self.expression(scope, Position::EntryParams, params);
            if entry.is_workload() {
                let message = "a workload takes no params from others".to_owned();
                self.error("params-of-workload", place("params"), message, None);
            }
        }
        let Some(ty) = self.platform.ty(&entry.ty) else {
            self.unknown_type(&entry.ty, place("type"));
            return;
        };
        if let Name::Fixed(class) = &entry.class
            && is_type(class)
            && !ty.has_class(class)
        {
            self.unknown_class(&entry.ty, ty, class, place("class"));
        }
        let schema = self.platform.program.types.get(&entry.ty).and_then(|ty| ty.params.as_ref());
        if let (Some(params), Some(schema)) = (&entry.params, schema) {
            for violation in schema.conform(&with_defaults(scope.shape(params), &schema.root())) {
                let path = entry.at.child("params").join(&violation.path);
                let written = &scope.module.written;
                let place = if violation.of_key { written.key_place(&path) } else { written.place(&path) };
                let message = format!("params of type `{}`: {violation}", entry.ty);
                self.error("params", place, message, violation.help);
            }
        }
    }

    fn expression(&mut self, scope: &ModuleScope<'_>, position: Position, expression: &Expression) {
        let mut references = Vec::new();
        expression.visit(&mut |reference| references.push(reference));
        for reference in references {
            self.reference(scope, position, reference);
        }
    }

    fn reference(&mut self, scope: &ModuleScope<'_>, position: Position, reference: &Reference) {
        let place = || scope.module.written.place_within(&reference.at, reference.span);
        let text = &reference.text;
        if position == Position::EntryName {
            let known = match &reference.target {
                Target::Params(_) => true,
                Target::Context(field) => {
                    !matches!(field, ContextField::Guid | ContextField::Document(_) | ContextField::Source(_))
                }
                _ => false,
            };
            if !known {
                let secret = scope.shape(&Expression::Reference(Arc::new(reference.clone()))).may_contain_secret();
                let (code, reason) = if secret {
                    ("secret", "is secret, and ids and classes are shown")
                } else {
                    ("not-constant", "is not known before something is made")
                };
                let message = format!("`${{{text}}}` cannot be part of an id or class: it {reason}");
                self.error(code, place(), message, Some("use `context` and `params`".to_owned()));
                return;
            }
        }
        match &reference.target {
            Target::Context(ContextField::Guid | ContextField::Source(_)) | Target::Artefacts(_)
                if position == Position::EntryParams =>
            {
                let message = format!("`${{{text}}}` is known to the resource itself only, not in what it asks for");
                self.error("bad-expression", place(), message, Some("use it in `inputs`".to_owned()));
            }
            Target::Context(_) | Target::Artefacts(_) | Target::Workloads(_) | Target::Resources => {}
            Target::Params(path) => {
                if let Some((missing, known)) = unknown(&scope.params(), path) {
                    let help = did_you_mean(&missing, known.properties());
                    let message = format!("type `{}` has no param `{path}`", scope.module.ty);
                    self.error("unknown-param", place(), message, help);
                } else if position == Position::EntryName
                    && scope.params().get(path).is_some_and(|schema| schema.may_contain_secret())
                {
                    let message = format!("`${{{text}}}` is secret: it cannot be part of an id or class");
                    self.error("secret", place(), message, None);
                }
            }
            Target::Output { alias, path } => match scope.module.dependencies.get(alias) {
                None => {
                    let known = scope.module.dependencies.keys().map(|alias| &**alias);
                    let help = did_you_mean(alias, known)
                        .unwrap_or_else(|| format!("add `{alias}` to the module's `dependencies`"));
                    let message = format!("the module has no dependency `{alias}`");
                    self.error("unknown-alias", place(), message, Some(help));
                }
                Some(entry) => {
                    if let Some((missing, known)) = unknown(&scope.outputs_of(alias), path) {
                        let help = did_you_mean(&missing, known.properties());
                        let message = format!("type `{}` has no output `{path}`", entry.ty);
                        self.error("unknown-output", place(), message, help);
                    }
                }
            },
            Target::Own(_) if position != Position::Outputs => {
                let message = format!("`${{{text}}}` is known in `outputs` only");
                self.error("bad-expression", place(), message, None);
            }
            Target::Own(_) => {}
            Target::Select(_) if !matches!(position, Position::Inputs | Position::Outputs) => {
                let message = "a selector can stand in `inputs` and `outputs` only".to_owned();
                self.error("bad-selector", place(), message, None);
            }
            Target::Select(selector) => self.selector(selector, &place),
        }
    }

    fn selector(&mut self, selector: &Selector, place: &dyn Fn() -> Option<Place>) {
        for step in &selector.steps {
            match self.platform.ty(&step.ty) {
                None => self.unknown_type(&step.ty, place()),
                Some(ty) => {
                    if let Some(class) = step.class.as_deref().filter(|class| *class != "@" && !ty.has_class(class)) {
                        self.unknown_class(&step.ty, ty, class, place());
                    }
                }
            }
        }
        if selector.part == Part::Outputs && selector.steps.iter().all(|step| step.axis.is_upward()) {
            let message = "outputs of what depends on a resource are made after it: this always is a cycle".to_owned();
            self.error("bad-selector", place(), message, Some("their `params` can be read".to_owned()));
        }
    }
}

/// What to say of a class that a type does not have.
pub(crate) fn unknown_class(name: &str, ty: &ResourceType, class: &str) -> (String, Option<String>) {
    let known = || ty.classes.iter().flatten().map(|(class, _)| &**class);
    let help = did_you_mean(class, known()).or_else(|| {
        let names: Vec<String> = known().map(|class| format!("`{class}`")).collect();
        (!names.is_empty()).then(|| format!("there are {}", names.join(", ")))
    });
    (format!("type `{name}` has no class `{class}`"), help)
}

/// The first key of `path` that cannot be, and what is said where it would stand.
pub(crate) fn unknown<'a>(schema: &Subschema<'a>, path: &Path) -> Option<(Arc<str>, Subschema<'a>)> {
    let mut at = schema.clone();
    for key in path.keys() {
        match at.child(key) {
            Some(below) => at = below,
            None => return Some((key.clone(), at)),
        }
    }
    None
}
