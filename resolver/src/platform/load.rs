//! Reading platform files.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use score_model::{Checked, Diagnostic, Diagnostics, Document, Map, Path, Source, Value};

use super::{
    ClassPattern, Coprovision, Entry, Environment, Module, Moved, Platform, PlatformBuilder, RequestedBy, ResourceType,
    Rule, Written, provisioners,
};
use crate::suggest::did_you_mean;
use crate::{ReplaceOrder, Retention};

pub(super) fn load(files: &[Source]) -> Checked<Platform> {
    let mut files: Vec<&Source> = files.iter().collect();
    files.sort_by(|a, b| a.name().cmp(b.name()));
    let mut builder = PlatformBuilder::default();
    let mut diagnostics = Diagnostics::new();
    for file in files {
        if file.name().ends_with(provisioners::SUFFIX) {
            provisioners::read(file, &mut builder, &mut diagnostics);
            continue;
        }
        let (documents, found) = Document::parse_all(discreet(file)).into_parts();
        diagnostics.append(found);
        for document in documents.into_iter().flatten() {
            Reader::new(&document, &mut diagnostics).platform(&mut builder);
        }
    }
    let (platform, found) = builder.build().into_parts();
    diagnostics.append(found);
    diagnostics.sort();
    match platform {
        Some(platform) => Checked::new(platform, diagnostics),
        None => Checked::failed(diagnostics),
    }
}

/// The file, with what its modules' inputs call `secrets` hidden in messages that show a line of it.
fn discreet(file: &Source) -> Source {
    if !file.text().contains(SECRETS) {
        return file.clone();
    }
    let (documents, _) = Document::parse_all(file.clone()).into_parts();
    let mut hidden = Vec::new();
    for document in documents.iter().flatten() {
        let modules = document.value().child("modules").and_then(Value::as_map);
        for (name, module) in modules.into_iter().flatten() {
            if module.child("inputs").and_then(|inputs| inputs.child(SECRETS)).is_some() {
                let secrets: Path = ["modules", name, "inputs", SECRETS].into_iter().collect();
                hidden.push(document.place(&secrets).span);
            }
        }
    }
    file.clone().hiding(hidden)
}

/// The inputs of this name are secret, whatever is in them.
const SECRETS: &str = "secrets";

/// Reads one document. What is wrong is reported and left out.
pub(super) struct Reader<'a> {
    document: &'a Document,
    diagnostics: &'a mut Diagnostics,
}

/// A map of the document: its path and its entries.
pub(super) struct Section<'a> {
    pub(super) path: Path,
    entries: &'a Map,
}

impl<'a> Section<'a> {
    pub(super) fn get(&self, key: &str) -> Option<(Path, &'a Value)> {
        let value = self.entries.get(key).filter(|value| !matches!(value, Value::Null))?;
        Some((self.path.child(key), value))
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(document: &'a Document, diagnostics: &'a mut Diagnostics) -> Self {
        Self { document, diagnostics }
    }

    pub(super) fn document(&self) -> &'a Document {
        self.document
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn platform(mut self, builder: &mut PlatformBuilder) {
        let root = self.document.value();
        let keys = ["types", "modules", "rules", "environments", "moved"];
        let Some(top) = self.section(Path::root(), root, "a platform", &keys) else { return };
        for (path, value) in self.named(&top, "types") {
            if let Some(ty) = self.ty(path.1, value) {
                builder.types.push((path.0, ty));
            }
        }
        for (path, value) in self.named(&top, "modules") {
            if let Some(module) = self.module(path.1, value) {
                builder.modules.push((path.0, module));
            }
        }
        for (path, value) in self.items(&top, "rules") {
            if let Some(rule) = self.rule(path, value) {
                builder.rules.push(rule);
            }
        }
        if top.get("environments").is_some() {
            builder.environments.get_or_insert_default();
        }
        for (path, value) in self.named(&top, "environments") {
            if let Some(environment) = self.environment(path.1, value) {
                builder.environments.get_or_insert_default().push((path.0, environment));
            }
        }
        for (path, value) in self.items(&top, "moved") {
            if let Some(moved) = self.moved(path, value) {
                builder.moved.push(moved);
            }
        }
    }

    fn ty(&mut self, path: Path, value: &'a Value) -> Option<ResourceType> {
        let keys = ["description", "params", "outputs", "classes", "requested_by", "required"];
        let section = self.section(path.clone(), value, "a type", &keys)?;
        let mut ty = ResourceType::new();
        ty.written = Written::new(self.document, path);
        ty.description = self.text(&section, "description");
        ty.params = self.map(&section, "params").map(Arc::new);
        ty.outputs = self.map(&section, "outputs").map(Arc::new);
        if let Some((path, classes)) = section.get("classes") {
            let mut known = IndexMap::new();
            if let Some(classes) = self.any_section(path, classes, "the classes") {
                for name in classes.entries.keys() {
                    known.insert(name.clone(), self.text(&classes, name).unwrap_or_default());
                }
            }
            ty.classes = Some(known);
        }
        let who = [("developers", RequestedBy::Developers), ("modules", RequestedBy::Modules)];
        ty.requested_by = self.one_of(&section, "requested_by", &who).unwrap_or_default();
        ty.required = self.bool(&section, "required").unwrap_or_default();
        Some(ty)
    }

    fn module(&mut self, path: Path, value: &'a Value) -> Option<Module> {
        let keys = [
            "type",
            "description",
            "driver",
            "inputs",
            "params",
            "outputs",
            "dependencies",
            "coprovision",
            "on_unreferenced",
            "replace",
            "replace_on",
        ];
        let section = self.section(path.clone(), value, "a module", &keys)?;
        let (ty, driver) = (self.needed(&section, "type"), self.needed(&section, "driver"));
        let mut module = Module::new(ty?, driver?);
        module.written = Written::new(self.document, path);
        module.description = self.text(&section, "description");
        if let Some(inputs) = self.map(&section, "inputs") {
            module.inputs = inputs;
        }
        module.params = self.map(&section, "params").map(Arc::new);
        module.outputs = self.map(&section, "outputs");
        for ((alias, path), value) in self.named(&section, "dependencies") {
            let keys = ["type", "class", "id", "params"];
            let Some(entry) = self.section(path, value, "a dependency", &keys) else { continue };
            if let Some(entry) = self.entry(&entry) {
                module.dependencies.insert(alias, entry);
            }
        }
        for (path, value) in self.items(&section, "coprovision") {
            let keys = ["type", "class", "id", "params", "depends_on_this", "dependents_follow"];
            let Some(section) = self.section(path, value, "a co-provisioned resource", &keys) else { continue };
            let depends_on_this = self.bool(&section, "depends_on_this").unwrap_or_default();
            let dependents_follow = self.bool(&section, "dependents_follow").unwrap_or_default();
            if let Some(entry) = self.entry(&section) {
                module.coprovision.push(Coprovision { entry, depends_on_this, dependents_follow });
            }
        }
        let retentions = [
            ("delete", Retention::Delete),
            ("keep", Retention::Keep),
            ("forget", Retention::Forget),
            ("protect", Retention::Protect),
        ];
        module.on_unreferenced = self.one_of(&section, "on_unreferenced", &retentions).unwrap_or_default();
        let orders = [
            ("destroy_first", ReplaceOrder::DestroyFirst),
            ("create_before_destroy", ReplaceOrder::CreateBeforeDestroy),
        ];
        module.replace = self.one_of(&section, "replace", &orders).unwrap_or_default();
        for (path, value) in self.items(&section, "replace_on") {
            match value.as_str() {
                Some(text) => {
                    let Ok(input) = text.parse();
                    module.replace_on.push(input);
                }
                None => self.wrong(&path, "the path of an input", value),
            }
        }
        Some(module)
    }

    fn entry(&mut self, section: &Section<'a>) -> Option<Entry> {
        let ty = self.needed(section, "type");
        let mut entry = Entry::new("");
        entry.class = self.text(section, "class");
        entry.id = self.text(section, "id");
        entry.params = self.map(section, "params");
        entry.ty = ty?;
        Some(entry)
    }

    fn rule(&mut self, path: Path, value: &'a Value) -> Option<Rule> {
        let keys = ["module", "class", "id", "environment", "project", "environment_type", "labels"];
        let section = self.section(path.clone(), value, "a rule", &keys)?;
        let module = self.needed(&section, "module");
        let class = self.text(&section, "class").map(ClassPattern::from);
        let (id, environment) = (self.text(&section, "id"), self.text(&section, "environment"));
        let (project, environment_type) = (self.text(&section, "project"), self.text(&section, "environment_type"));
        let labels = self.labels(&section);
        let mut rule = Rule::new(module?);
        if let Some(class) = class {
            rule.class = class;
        }
        Some(Rule {
            id,
            environment,
            project,
            environment_type,
            labels,
            written: Written::new(self.document, path),
            ..rule
        })
    }

    fn environment(&mut self, path: Path, value: &'a Value) -> Option<Environment> {
        let section = self.section(path.clone(), value, "an environment", &["type", "labels", "default"])?;
        Some(Environment {
            ty: self.text(&section, "type"),
            labels: self.labels(&section),
            default: self.bool(&section, "default").unwrap_or_default(),
            written: Written::new(self.document, path),
        })
    }

    fn moved(&mut self, path: Path, value: &'a Value) -> Option<Moved> {
        let section = self.section(path.clone(), value, "a move", &["from", "to"])?;
        let mut uid = |key: &str| {
            let text = self.needed(&section, key)?;
            let uid = text.parse();
            if let Err(error) = &uid {
                let place = self.document.place(&section.path.child(key));
                self.diagnostics.push(Diagnostic::error("invalid-uid", format!("{error}")).at(place));
            }
            uid.ok()
        };
        let (from, to) = (uid("from"), uid("to"));
        Some(Moved { from: from?, to: to?, written: Written::new(self.document, path) })
    }

    fn labels(&mut self, section: &Section<'a>) -> BTreeMap<Arc<str>, Arc<str>> {
        let Some((path, value)) = section.get("labels") else { return BTreeMap::new() };
        let Some(labels) = self.any_section(path, value, "the labels") else { return BTreeMap::new() };
        let mut known = BTreeMap::new();
        for key in labels.entries.keys() {
            if let Some(value) = self.text(&labels, key) {
                known.insert(key.clone(), value);
            }
        }
        known
    }

    /// The entries of a map of named things, each with its name and path.
    fn named(&mut self, section: &Section<'a>, key: &str) -> Vec<((Arc<str>, Path), &'a Value)> {
        let Some((path, value)) = section.get(key) else { return Vec::new() };
        let Some(all) = self.any_section(path, value, &format!("`{key}`")) else { return Vec::new() };
        all.entries.iter().map(|(name, value)| ((name.clone(), all.path.child(name.clone())), value)).collect()
    }

    fn items(&mut self, section: &Section<'a>, key: &str) -> Vec<(Path, &'a Value)> {
        let Some((path, value)) = section.get(key) else { return Vec::new() };
        match value.as_list() {
            Some(items) => {
                items.iter().enumerate().map(|(index, item)| (path.child(index.to_string()), item)).collect()
            }
            None => {
                self.wrong(&path, "a list", value);
                Vec::new()
            }
        }
    }

    /// A map with known keys; others are reported.
    pub(super) fn section(&mut self, path: Path, value: &'a Value, what: &str, keys: &[&str]) -> Option<Section<'a>> {
        let section = self.any_section(path, value, what)?;
        for key in section.entries.keys().filter(|key| !keys.contains(&&***key)) {
            let place = self.document.key_place(&section.path.child(key.clone()));
            let help = did_you_mean(key, keys.iter().copied()).unwrap_or_else(|| {
                let known: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
                format!("the keys of {what} are {}", known.join(", "))
            });
            self.diagnostics
                .push(Diagnostic::error("unknown-key", format!("{what} has no `{key}`")).at(place).help(help));
        }
        Some(section)
    }

    pub(super) fn any_section(&mut self, path: Path, value: &'a Value, what: &str) -> Option<Section<'a>> {
        static NOTHING: std::sync::OnceLock<Map> = std::sync::OnceLock::new();
        match value {
            Value::Map(entries) => Some(Section { path, entries }),
            Value::Null => Some(Section { path, entries: NOTHING.get_or_init(Map::default) }),
            other => {
                let place = self.document.place(&path);
                let message = format!("{what} must be a map, not {}", kind(other));
                self.diagnostics.push(Diagnostic::error("wrong-type", message).at(place));
                None
            }
        }
    }

    fn text(&mut self, section: &Section<'a>, key: &str) -> Option<Arc<str>> {
        let (path, value) = section.get(key)?;
        match value {
            Value::String(text) => Some(text.clone()),
            other => {
                self.wrong(&path, "text", other);
                None
            }
        }
    }

    fn needed(&mut self, section: &Section<'a>, key: &str) -> Option<Arc<str>> {
        if section.get(key).is_none() {
            let place = match section.path.keys().last().map(|last| last.parse::<usize>()) {
                Some(Ok(_)) | None => self.document.place(&section.path),
                Some(Err(_)) => self.document.key_place(&section.path),
            };
            self.diagnostics.push(Diagnostic::error("missing-key", format!("`{key}` is missing here")).at(place));
        }
        self.text(section, key)
    }

    fn bool(&mut self, section: &Section<'a>, key: &str) -> Option<bool> {
        let (path, value) = section.get(key)?;
        if value.as_bool().is_none() {
            self.wrong(&path, "`true` or `false`", value);
        }
        value.as_bool()
    }

    fn map(&mut self, section: &Section<'a>, key: &str) -> Option<Value> {
        let (path, value) = section.get(key)?;
        match value {
            Value::Map(_) => Some(value.clone()),
            other => {
                self.wrong(&path, "a map", other);
                None
            }
        }
    }

    fn one_of<T: Copy>(&mut self, section: &Section<'a>, key: &str, known: &[(&str, T)]) -> Option<T> {
        let text = self.text(section, key)?;
        let found = known.iter().find(|(name, _)| *name == &*text).map(|(_, value)| *value);
        if found.is_none() {
            let place = self.document.place(&section.path.child(key));
            let names: Vec<String> = known.iter().map(|(name, _)| format!("`{name}`")).collect();
            let message = format!("`{key}` must be {}, not `{text}`", names.join(" or "));
            let mut diagnostic = Diagnostic::error("unknown-value", message).at(place);
            diagnostic.help = did_you_mean(&text, known.iter().map(|(name, _)| *name));
            self.diagnostics.push(diagnostic);
        }
        found
    }

    pub(super) fn wrong(&mut self, path: &Path, wanted: &str, got: &Value) {
        let key = path.keys().last().map(|key| format!("`{key}`")).unwrap_or_default();
        let message = format!("{key} must be {wanted}, not {}", kind(got));
        self.diagnostics.push(Diagnostic::error("wrong-type", message).at(self.document.place(path)));
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Secret(_) | Value::Unknown => "something hidden",
    }
}
