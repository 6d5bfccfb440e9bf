//! What the texts of Score files say, and what their placeholders mean.

use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_model::{
    Escapes, FileContent, Part, Path, Reference, ResourceUid, Span, Template, Value, Workload, placeholders,
};

use super::draft::Draft;
use super::expansion::Structure;
use crate::Expr;

/// A Score file that takes part in a resolution.
pub(super) struct ScoreFile<'a> {
    pub(super) workload: &'a Workload,
    pub(super) uid: ResourceUid,
    /// How many resources the files before it ask for.
    pub(super) first: usize,
    /// The same, once somebody keeps it.
    kept: OnceCell<Arc<Workload>>,
}

impl<'a> ScoreFile<'a> {
    pub(super) fn new(workload: &'a Workload, uid: ResourceUid) -> Self {
        Self { workload, uid, first: 0, kept: OnceCell::new() }
    }

    /// The workload, shared by all that is kept of the file.
    pub(super) fn keep(&self) -> Arc<Workload> {
        self.kept.get_or_init(|| Arc::new(self.workload.unread())).clone()
    }

    /// What it says.
    pub(super) fn value(&self) -> &'a Value {
        self.workload.document().value()
    }
}

/// Paths that placeholders have written, by their texts: there are few, and many write them.
#[derive(Default)]
pub(super) struct Paths<'a>(FxHashMap<&'a str, Path>);

/// What the placeholders of one Score file can refer to.
pub(super) struct ScoreScope<'a, 's> {
    workload: &'a Workload,
    /// The numbers of its resources, in their order; `None` where a request failed.
    resources: &'s [Option<u32>],
    drafts: &'s [Draft<'a>],
    paths: &'s RefCell<Paths<'a>>,
    /// The place after that of the resource which was named last: most are named in their order.
    likely: Cell<usize>,
}

/// Is told of a resource, the name that the file has for it, and the output that a placeholder refers to.
pub(super) type Referred<'r> = &'r mut dyn FnMut(u32, &Arc<str>, &Path);

/// What a placeholder refers to.
enum Target {
    Metadata(Path),
    /// A resource, by its place among those of the file.
    Resource(usize, Path),
}

impl<'a, 's> ScoreScope<'a, 's> {
    pub(super) fn new(file: &ScoreFile<'a>, structure: &'s Structure<'a>) -> Self {
        let resources = structure.resources.get(file.first..).unwrap_or_default();
        let resources = resources.get(..file.workload.resources.len()).unwrap_or_default();
        Self {
            workload: file.workload,
            resources,
            drafts: &structure.drafts,
            paths: &structure.paths,
            likely: Cell::new(0),
        }
    }

    /// The resources that there are, by name.
    pub(super) fn resources(&self) -> impl Iterator<Item = (&'a Arc<str>, u32)> {
        let names = self.workload.resources.keys().map(|name| -> &Arc<str> { std::borrow::Borrow::borrow(name) });
        names.zip(self.resources).filter_map(|(name, number)| Some((name, (*number)?)))
    }

    /// A value in which texts may contain placeholders: one that is the whole text keeps its type. `referred` is told of every resource of which an output is referred to, by what name, and of the output.
    pub(super) fn value(&self, value: &'a Value, referred: Referred<'_>) -> Expr {
        if !has_placeholder(value) {
            return Expr::Value(value.clone());
        }
        match value {
            Value::String(text) => match placeholders(text, Escapes::Score).next() {
                Some((inner, span)) if span == Span::new(0, text.len()) => self.placeholder(inner, referred),
                _ => self.text(text, referred),
            },
            Value::List(items) => Expr::list(items.iter().map(|item| self.value(item, referred))),
            Value::Map(map) => Expr::map(map.iter().map(|(key, item)| (key.clone(), self.value(item, referred)))),
            other => Expr::Value(other.clone()),
        }
    }

    /// A text, whatever its placeholders give.
    pub(super) fn text(&self, text: &'a str, referred: Referred<'_>) -> Expr {
        let template = Template::parse(text, Escapes::Score);
        Expr::text(template.parts().iter().map(|part| match part {
            Part::Placeholder { span, .. } => {
                let inner = text.get(span.start + 2..span.end.saturating_sub(1)).unwrap_or_default();
                self.placeholder(inner, referred)
            }
            Part::Text(text) => Expr::Value(Value::String(text.clone())),
            _ => Expr::Value(Value::Null),
        }))
    }

    fn placeholder(&self, inner: &'a str, referred: Referred<'_>) -> Expr {
        let unknown = Expr::Value(Value::Unknown);
        match self.target(inner) {
            Some(Target::Metadata(path)) => self.workload.metadata.get(&path).map_or(unknown, Expr::Value),
            Some(Target::Resource(place, path)) => {
                let Some(number) = self.resources.get(place).copied().flatten() else { return unknown };
                let of = self.drafts[number as usize].uid.clone();
                if path.is_root() {
                    return Expr::Value(Value::from(of.as_str()));
                }
                if let Some((name, _)) = self.workload.resources.get_index(place) {
                    referred(number, std::borrow::Borrow::borrow(name), &path);
                }
                Expr::Output { of, path, or_null: false }
            }
            None => unknown,
        }
    }

    /// The outputs of resources that a text refers to, each with where the placeholder stands in it.
    pub(super) fn outputs(&self, text: &'a str) -> impl Iterator<Item = (u32, Path, Span)> {
        placeholders(text, Escapes::Score).filter_map(|(inner, span)| match self.target(inner)? {
            Target::Resource(place, path) if !path.is_root() => Some(((*self.resources.get(place)?)?, path, span)),
            _ => None,
        })
    }

    /// The place of a resource among those of the file.
    fn place(&self, name: &str) -> Option<usize> {
        let resources = &self.workload.resources;
        let likely = self.likely.get();
        let place = match resources.get_index(likely) {
            Some((known, _)) if known.as_str() == name => likely,
            _ => resources.get_index_of(name)?,
        };
        self.likely.set(place + 1);
        Some(place)
    }

    /// `None` for what refers to nothing.
    fn target(&self, inner: &'a str) -> Option<Target> {
        let target = |name: Option<&str>, path: Path| {
            Some(match name {
                Some(name) => Target::Resource(self.place(name)?, path),
                None => Target::Metadata(path),
            })
        };
        // Without escapes the name is one piece and the path the rest, which usually is known.
        let pieces = match inner.split_once('.').filter(|_| !inner.contains('\\')) {
            Some(("resources", rest)) => rest.split_once('.').map(|(name, path)| (Some(name), path)),
            Some(("metadata", path)) => Some((None, path)),
            _ => None,
        };
        let known = pieces.and_then(|(name, path)| Some((name, self.paths.borrow().0.get(path)?.clone())));
        if let Some((name, path)) = known {
            return target(name, path);
        }
        let (name, path) = match inner.parse().ok()? {
            Reference::Metadata(path) => (None, path),
            Reference::Resource { name, path } => (Some(name), path),
            _ => return None,
        };
        if let Some((_, text)) = pieces {
            self.paths.borrow_mut().0.insert(text, path.clone());
        }
        target(name.as_deref(), path)
    }
}

/// Whether a text in it may contain a placeholder.
fn has_placeholder(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('$'),
        Value::List(items) => items.iter().any(has_placeholder),
        Value::Map(map) => map.values().any(has_placeholder),
        _ => false,
    }
}

/// Calls `see` with everything of a container that is expanded and may contain a placeholder, and with where it stands.
pub(super) fn expanded<'a>(workload: &'a Workload, mut see: impl FnMut(&dyn Fn() -> Path, &'a Arc<str>)) {
    for (container, written) in &workload.containers {
        let at =
            |section: &str, name: &str| ["containers", container.as_str(), section, name].into_iter().collect::<Path>();
        for (name, text) in written.variables.iter().filter(|(_, text)| text.contains('$')) {
            see(&|| at("variables", name), text);
        }
        for (name, file) in written.files.iter().filter(|(_, file)| !file.no_expand) {
            if let FileContent::Text(text) = &file.content
                && text.contains('$')
            {
                see(&|| at("files", name).child("content"), text);
            }
        }
        for (name, volume) in written.volumes.iter().filter(|(_, volume)| volume.source.contains('$')) {
            see(&|| at("volumes", name).child("source"), &volume.source);
        }
    }
}
