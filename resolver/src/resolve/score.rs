//! What Score files ask for, and what their placeholders mean.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_model::{Document, Escapes, Part, Path, Reference, ResourceUid, Span, Template, Value, Workload};

use crate::Expr;

/// A Score file that takes part in a resolution.
pub(super) struct ScoreFile<'a> {
    pub(super) workload: &'a Workload,
    pub(super) document: Arc<Document>,
    pub(super) uid: ResourceUid,
}

/// A resource that a Score file asks for.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) name: &'a Arc<str>,
    pub(super) ty: &'a str,
    pub(super) class: Option<&'a str>,
    pub(super) id: Option<&'a str>,
    pub(super) params: Option<&'a Value>,
    pub(super) metadata: Option<&'a Value>,
}

/// The resources that a document asks for, in the order written.
pub(super) fn requests(document: &Value) -> impl Iterator<Item = Request<'_>> {
    let resources = document.child("resources").and_then(Value::as_map);
    resources.into_iter().flatten().map(|(name, resource)| {
        let text = |key: &str| resource.child(key).and_then(Value::as_str);
        let value = |key: &str| resource.child(key).filter(|value| !matches!(value, Value::Null));
        Request {
            name,
            ty: text("type").unwrap_or_default(),
            class: text("class"),
            id: text("id"),
            params: value("params"),
            metadata: value("metadata"),
        }
    })
}

/// What the placeholders of one Score file can refer to.
pub(super) struct ScoreScope<'a> {
    pub(super) metadata: Option<&'a Value>,
    /// The resources by name; `None` where a request failed.
    pub(super) resources: &'a FxHashMap<&'a str, Option<ResourceUid>>,
}

impl ScoreScope<'_> {
    /// A value in which texts may contain placeholders: one that is the whole text keeps its type. `referred` is told of every resource that is referred to.
    pub(super) fn value(&self, value: &Value, referred: &mut dyn FnMut(&ResourceUid, &Arc<str>)) -> Expr {
        if !has_placeholder(value) {
            return Expr::Value(value.clone());
        }
        match value {
            Value::String(text) => {
                let template = Template::parse(text, Escapes::Score);
                match template.single() {
                    Some(inner) => self.placeholder(inner, referred),
                    None => self.template(&template, referred),
                }
            }
            Value::List(items) => Expr::list(items.iter().map(|item| self.value(item, referred))),
            Value::Map(map) => Expr::map(map.iter().map(|(key, item)| (key.clone(), self.value(item, referred)))),
            other => Expr::Value(other.clone()),
        }
    }

    /// A text, whatever its placeholders give.
    pub(super) fn text(&self, text: &str, referred: &mut dyn FnMut(&ResourceUid, &Arc<str>)) -> Expr {
        self.template(&Template::parse(text, Escapes::Score), referred)
    }

    fn template(&self, template: &Template, referred: &mut dyn FnMut(&ResourceUid, &Arc<str>)) -> Expr {
        Expr::text(template.parts().iter().map(|part| match part {
            Part::Placeholder { inner, .. } => self.placeholder(inner, referred),
            Part::Text(text) => Expr::Value(Value::String(text.clone())),
            _ => Expr::Value(Value::Null),
        }))
    }

    fn placeholder(&self, inner: &str, referred: &mut dyn FnMut(&ResourceUid, &Arc<str>)) -> Expr {
        let unknown = Expr::Value(Value::Unknown);
        match inner.parse() {
            Ok(Reference::Metadata(path)) => {
                let found = self.metadata.and_then(|metadata| metadata.get(&path));
                found.map_or(unknown, Expr::Value)
            }
            Ok(Reference::Resource { name, path }) => match self.resources.get(&*name) {
                Some(Some(uid)) if path.is_root() => Expr::Value(Value::from(uid.as_str())),
                Some(Some(uid)) => {
                    referred(uid, &name);
                    Expr::Output { of: uid.clone(), path, or_null: false }
                }
                _ => unknown,
            },
            _ => unknown,
        }
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

/// Calls `see` with the path and text of everything of a container that is expanded.
pub(super) fn expanded<'a>(document: &'a Value, see: &mut dyn FnMut(Path, &'a Arc<str>)) {
    let containers = document.child("containers").and_then(Value::as_map);
    for (container, value) in containers.into_iter().flatten() {
        let at = || Path::root().child("containers").child(container.clone());
        let each = |section: &str| value.child(section).and_then(Value::as_map).into_iter().flatten();
        for (name, variable) in each("variables") {
            if let Value::String(text) = variable
                && text.contains('$')
            {
                see(at().child("variables").child(name.clone()), text);
            }
        }
        for (section, key) in [("files", "content"), ("volumes", "source")] {
            for (name, entry) in each(section) {
                let expands = entry.child("noExpand").and_then(Value::as_bool) != Some(true);
                if let Some(Value::String(text)) = entry.child(key)
                    && expands
                    && text.contains('$')
                {
                    see(at().child(section).child(name.clone()).child(key), text);
                }
            }
        }
    }
}

/// The outputs of resources that a text refers to, each with where the placeholder stands in it.
pub(super) fn outputs(text: &str) -> Vec<(Arc<str>, Path, Span)> {
    let template = Template::parse(text, Escapes::Score);
    let outputs = template.placeholders().filter_map(|(inner, span)| match inner.parse() {
        Ok(Reference::Resource { name, path }) if !path.is_root() => Some((name, path, span)),
        _ => None,
    });
    outputs.collect()
}
