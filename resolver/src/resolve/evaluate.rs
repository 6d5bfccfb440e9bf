//! Evaluating expressions of one node as far as they can be at resolution.

use std::sync::Arc;

use score_model::{Path, Value};

use super::expansion::Structure;
use super::score::{ScoreFile, expanded};
use crate::Expr;
use crate::expression::{ContextField, Expression, Piece, Reference, Target};
use crate::schema::{conceal, with_defaults};

/// Collects the resources that an expression refers to, and the names under which it does, where somebody wants to know.
#[derive(Default)]
pub(super) struct References {
    wanted: bool,
    pub(super) found: Vec<(u32, Arc<str>)>,
}

impl References {
    /// For whoever wants to know.
    pub(super) fn wanted() -> Self {
        Self { wanted: true, found: Vec::new() }
    }

    fn push(&mut self, of: u32, name: &Arc<str>) {
        if self.wanted {
            self.found.push((of, name.clone()));
        }
    }
}

impl<'a> Structure<'a> {
    /// What a value of the node's module is. Total: what is wrong is reported elsewhere, and unknown here.
    pub(super) fn evaluate(&self, number: u32, expression: &Expression, references: &mut References) -> Expr {
        match expression {
            Expression::Constant(value) => Expr::Value(value.clone()),
            Expression::Reference(reference) => self.reference(number, reference, references),
            Expression::Text(pieces) => Expr::text(pieces.iter().map(|piece| match piece {
                Piece::Plain(text) => Expr::Value(Value::String(text.clone())),
                Piece::Reference(reference) => self.reference(number, reference, references),
                Piece::Current => Expr::Value(Value::from("@")),
            })),
            Expression::List(items) => Expr::list(items.iter().map(|item| self.evaluate(number, item, references))),
            Expression::Map(entries) => {
                Expr::map(entries.iter().map(|(key, item)| (key.clone(), self.evaluate(number, item, references))))
            }
        }
    }

    pub(super) fn reference(&self, number: u32, reference: &Reference, references: &mut References) -> Expr {
        let unknown = || Expr::Value(Value::Unknown);
        let draft = &self.drafts[number as usize];
        match &reference.target {
            Target::Context(field) => self.context_field(number, field),
            Target::Params(path) => {
                let found = self.param(number, path);
                if references.wanted && found.as_value().is_none() {
                    let handed_on = match draft.late() {
                        Some(late) => &late.references,
                        None => self.given.with_params(draft).map(|given| self.references(given)).unwrap_or_default(),
                    };
                    for of in found.references().into_iter().filter_map(|of| self.number(of)) {
                        // They are sorted.
                        let first = handed_on.partition_point(|(_, number, _)| *number < of);
                        let edges = handed_on.iter().skip(first).take_while(|(_, number, _)| *number == of);
                        references.found.extend(edges.filter_map(|(_, of, label)| Some((*of, label.alias.clone()?))));
                    }
                }
                found
            }
            Target::Output { alias, path } => {
                let place = draft.module().and_then(|module| {
                    module.dependencies.binary_search_by(|entry| entry.alias.as_ref().cmp(&Some(alias))).ok()
                });
                match place.and_then(|place| *draft.dependencies().get(place)?) {
                    Some(target) => {
                        let of = self.drafts[target as usize].uid.clone();
                        references.push(target, alias);
                        Expr::Output { of, path: path.clone(), or_null: false }
                    }
                    None => unknown(),
                }
            }
            Target::Resources => self.resources_of(number, references),
            Target::Workloads(path) => self.workloads().get(path).map_or(Expr::Value(Value::Null), Expr::Value),
            Target::Own(path) => Expr::Own(path.clone()),
            Target::Artefacts(kind) => Expr::Artefacts(kind.clone()),
            Target::Select(selector) => self.select(number, selector),
        }
    }

    /// `${context.…}`.
    pub(super) fn context_field(&self, number: u32, field: &ContextField) -> Expr {
        let draft = &self.drafts[number as usize];
        let uid = &draft.uid;
        let text = |text: &Arc<str>| Value::String(text.clone());
        let value = match field {
            ContextField::Guid => return Expr::Guid,
            ContextField::Organisation => text(&self.context.organisation),
            ContextField::Project => text(&self.context.project),
            ContextField::Environment => text(&self.context.environment),
            ContextField::EnvironmentType => text(&self.context.environment_type),
            ContextField::Labels(None) => {
                Value::map(self.context.labels.iter().map(|(key, value)| (key.clone(), text(value))))
            }
            ContextField::Labels(Some(key)) => self.context.labels.get(key).map(text).unwrap_or_default(),
            ContextField::Type => Value::from(uid.ty()),
            ContextField::Class => Value::from(uid.class()),
            ContextField::Id => Value::from(uid.id()),
            ContextField::Uid => Value::from(uid.as_str()),
            ContextField::Workload => uid.workload().map(Value::from).unwrap_or_default(),
            ContextField::Metadata(path) => {
                let metadata = match self.file(number) {
                    Some(file) => Some(&file.workload.metadata),
                    None => draft.late().map_or_else(|| self.given.metadata(draft), |late| late.metadata),
                };
                metadata.and_then(|metadata| metadata.get(path)).unwrap_or_default()
            }
            ContextField::Document(path) => match self.file(number) {
                Some(file) => file.value().get(path).unwrap_or_default(),
                None => Value::Null,
            },
            ContextField::Source(path) => self.source(number).and_then(|source| source.get(path)).unwrap_or_default(),
        };
        Expr::Value(value)
    }

    /// The workload for which a node is: that of the least request that wrote params, else of the least at all, through modules where these ask.
    fn source(&self, number: u32) -> Option<Value> {
        let mut at = number;
        // Whoever asks was there before, but for a module that brings along what asks for it.
        for _ in 0..self.drafts.len() {
            if let Some(file) = self.file(at) {
                let workload = file.workload;
                let name = Value::from(workload.name.as_str());
                return Some(Value::map([("name", name), ("metadata", workload.metadata.clone())]));
            }
            let draft = &self.drafts[at as usize];
            at = self.given.with_params(draft).map(|given| given.by).or(draft.asked_by)?;
        }
        None
    }

    /// The param at a path, defaults filled in; null where it is absent.
    fn param(&self, number: u32, path: &Path) -> Expr {
        if let Some(file) = self.file(number) {
            return self.workload_param(number, file, path);
        }
        let params = self.params(number);
        params.get(path).unwrap_or(Expr::Value(Value::Null))
    }

    /// All params with defaults.
    pub(super) fn params(&self, number: u32) -> &Expr {
        let draft = &self.drafts[number as usize];
        if let Some(file) = self.file(number) {
            return draft.params.get_or_init(|| Box::new(self.workload_params(number, file)));
        }
        let given = match draft.late() {
            Some(late) => late.params.as_ref(),
            None => self.given.params(draft),
        };
        let given = given.unwrap_or(&self.nothing);
        let of_type = draft.ty.program.params.as_ref();
        let of_module = draft.module().and_then(|module| module.params.as_ref());
        let schemas = || [of_module, of_type].into_iter().flatten();
        if !schemas().any(|schema| schema.has_defaults() || schema.has_secrets()) {
            return given;
        }
        draft.params.get_or_init(|| {
            let mut params = given.clone();
            for schema in schemas().filter(|schema| schema.has_defaults()) {
                params = with_defaults(params, &schema.root());
            }
            for schema in schemas().filter(|schema| schema.has_secrets()) {
                params = conceal(params, &schema.root());
            }
            Box::new(params)
        })
    }

    /// A part of a workload's params, without building all of them where that can be.
    fn workload_param(&self, number: u32, file: &ScoreFile<'a>, path: &Path) -> Expr {
        let plain = path.keys().first().is_some_and(|first| !matches!(&**first, "containers" | "resources"));
        if plain {
            let found = file.value().get(path);
            return Expr::Value(found.unwrap_or_default());
        }
        self.params(number).get(path).unwrap_or(Expr::Value(Value::Null))
    }

    /// A workload's params: its document without `resources`, placeholders resolved.
    fn workload_params(&self, number: u32, file: &ScoreFile<'a>) -> Expr {
        let scope = self.scope(number);
        let mut open: Vec<(Path, Expr)> = Vec::new();
        let mut known = without_resources(file.value());
        expanded(file.workload, |path, text| match scope.text(text, &mut |_, _, _| {}) {
            Expr::Value(value) => replace(&mut known, &path(), value),
            expr => open.push((path(), expr)),
        });
        with_open(known, open)
    }

    /// `${resources}`: all that the node asked for.
    fn resources_of(&self, number: u32, references: &mut References) -> Expr {
        let draft = &self.drafts[number as usize];
        let entry = |number: u32| {
            let of = self.drafts[number as usize].uid.clone();
            Expr::map([
                ("uid".into(), Expr::Value(Value::from(of.as_str()))),
                ("outputs".into(), Expr::Output { of, path: Path::root(), or_null: false }),
            ])
        };
        if self.file(number).is_some() {
            return Expr::map(self.scope(number).resources().map(|(name, number)| (name.clone(), entry(number))));
        }
        let entries = draft.module().into_iter().flat_map(|module| &module.dependencies);
        Expr::map(entries.zip(draft.dependencies()).filter_map(|(program, target)| {
            let (alias, number) = (program.alias.clone()?, (*target)?);
            references.push(number, &alias);
            Some((alias, entry(number)))
        }))
    }

    /// `${workloads}`: name → `{metadata, service}`.
    fn workloads(&self) -> &Value {
        self.all_workloads.get_or_init(|| {
            Value::map(self.files.iter().map(|file| {
                let document = file.value();
                let parts = ["metadata", "service"].into_iter();
                let parts = parts.filter_map(|key| Some((key, document.child(key)?.clone())));
                (file.workload.name.clone(), Value::map(parts))
            }))
        })
    }
}

fn without_resources(document: &Value) -> Value {
    match document {
        Value::Map(map) => Value::map(
            map.iter().filter(|(key, _)| &***key != "resources").map(|(key, value)| (key.clone(), value.clone())),
        ),
        other => other.clone(),
    }
}

/// Puts a value where there is one already.
fn replace(value: &mut Value, path: &Path, new: Value) {
    let mut at = value;
    for key in path.keys() {
        let Value::Map(map) = at else { return };
        let Some(below) = Arc::make_mut(map).get_mut(key) else { return };
        at = below;
    }
    *at = new;
}

/// The value with what is not known yet in its places.
fn with_open(known: Value, mut open: Vec<(Path, Expr)>) -> Expr {
    if open.is_empty() {
        return Expr::Value(known);
    }
    if let [(path, _)] = open.as_slice()
        && path.is_root()
    {
        return open.remove(0).1;
    }
    let Value::Map(map) = known else { return Expr::Value(known) };
    let mut below: rustc_hash::FxHashMap<Arc<str>, Vec<(Path, Expr)>> = rustc_hash::FxHashMap::default();
    for (path, expr) in open {
        if let Some((first, rest)) = path.keys().split_first() {
            below.entry(first.clone()).or_default().push((rest.iter().cloned().collect(), expr));
        }
    }
    Expr::map(map.iter().map(|(key, value)| {
        let open = below.remove(key).unwrap_or_default();
        (key.clone(), with_open(value.clone(), open))
    }))
}
