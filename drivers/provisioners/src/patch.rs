//! Patch templates: changes to finished documents.

use std::sync::Arc;

use score_model::{Document, Map, Source, Value};
use score_templates::{Data, Host, Template};

use crate::compose_form;
use crate::input::data;
use crate::state::State;
use crate::template::functions;
use crate::{Dialect, Error};

/// A template that renders to a list of operations on a document.
#[derive(Debug, Clone)]
pub struct PatchTemplate(Template);

impl PatchTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(dialect: Dialect, text: &str) -> Result<Self, Error> {
        let mut functions = functions(dialect);
        if dialect == Dialect::Kubernetes {
            functions = functions.with("substituteValue", |_| Err("substituteValue is not known here".to_owned()));
        }
        let template = Template::parse("", text, &functions)
            .map_err(|e| Error::Patch(format!("failed to parse template: {e}")))?;
        Ok(Self(template))
    }

    /// Applies the operations to `document`: a Compose project, or the list of all manifests.
    ///
    /// # Errors
    /// The template does not render to operations, or one of them is not known.
    pub fn apply(&self, dialect: Dialect, document: &Value, state: &State, namespace: &str) -> Result<Value, Error> {
        let workloads = state.workloads.iter().map(|(name, workload)| (&**name, data(&workload.spec)));
        let mut root: Vec<(&str, Data)> = vec![("Workloads", workloads.collect())];
        match dialect {
            Dialect::Compose => root.push(("Compose", data(document))),
            Dialect::Kubernetes => {
                root.push(("Manifests", data(document)));
                root.push(("Namespace", Data::from(namespace)));
            }
        }
        let root: Data = root.into_iter().collect();
        let rendered = self.0.render(&root, &mut Host::default());
        let rendered = rendered.map_err(|e| Error::Patch(format!("failed to execute template: {e}")))?;
        let operations = operations(&rendered).map_err(|e| Error::Patch(format!("failed to decode patches: {e}")))?;
        let mut patched = document.clone();
        for (index, operation) in operations.into_iter().enumerate() {
            let Operation { op, path, value } = operation;
            match &*op {
                "set" => set(&mut patched, &keys(&path), value),
                "delete" => delete(&mut patched, &keys(&path)),
                other => {
                    return Err(Error::Patch(format!(
                        "failed to perform patch operation {}: '{other} '{path}': unknown operation: {other}",
                        index + 1
                    )));
                }
            }
        }
        match dialect {
            Dialect::Compose => compose_form::patched_project(&patched)
                .map_err(|e| Error::Patch(format!("failed to unmarshal patched output: {e}"))),
            Dialect::Kubernetes => Ok(patched),
        }
    }
}

struct Operation {
    op: String,
    path: String,
    value: Value,
}

fn operations(rendered: &str) -> Result<Vec<Operation>, String> {
    if rendered.trim().is_empty() {
        return Ok(Vec::new());
    }
    let (document, _) = Document::parse(Source::new("patch", rendered.to_owned()))
        .into_result()
        .map_err(|p| p.iter().next().map(|problem| problem.message.clone()).unwrap_or_default())?;
    let items = match document.value() {
        Value::Null => return Ok(Vec::new()),
        Value::List(items) => items,
        _ => return Err("expected a list of operations".into()),
    };
    let read = |item: &Value| {
        let mut operation = Operation { op: String::new(), path: String::new(), value: Value::Null };
        for (key, value) in item.as_map().ok_or("expected a map")? {
            let text = || value.to_text().map(std::borrow::Cow::into_owned).unwrap_or_default();
            match &**key {
                "op" => operation.op = text(),
                "path" => operation.path = text(),
                "value" => operation.value = value.clone(),
                "description" => {}
                other => return Err(format!("field {other} not found")),
            }
        }
        Ok(operation)
    };
    items.iter().map(read).collect()
}

/// A step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Key {
    Name(Arc<str>),
    /// A number, which leads into a list; below a map it is a name.
    Index(Arc<str>, usize),
    /// `-1`: behind the last item, or the last one.
    Last,
}

/// Splits a path at its dots; `\` takes the meaning of the character after it away, a colon in front that of a number.
fn keys(path: &str) -> Vec<Key> {
    let (mut keys, mut key, mut plain) = (Vec::new(), String::new(), false);
    let mut rest = path.chars();
    let mut end = |key: &mut String, plain: &mut bool| {
        let text: Arc<str> = std::mem::take(key).into();
        let found = match text.strip_prefix(':') {
            Some(name) if !*plain && name.bytes().all(|b| b.is_ascii_digit()) => Key::Name(name.into()),
            _ if &*text == "-1" => Key::Last,
            _ => match text.parse() {
                Ok(index) if !*plain => Key::Index(text, index),
                _ => Key::Name(text),
            },
        };
        *plain = false;
        keys.push(found);
    };
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                key.extend(rest.next());
                plain = true;
            }
            '.' => end(&mut key, &mut plain),
            c => key.push(c),
        }
    }
    end(&mut key, &mut plain);
    keys
}

/// The most items that a list gets because an index lies beyond its end.
const MAX_PADDING: usize = 100_000;

fn set(at: &mut Value, keys: &[Key], value: Value) {
    let Some((key, rest)) = keys.split_first() else {
        *at = value;
        return;
    };
    match (&mut *at, key) {
        (Value::List(items), Key::Last) => {
            let mut item = Value::Null;
            set(&mut item, rest, value);
            Arc::make_mut(items).push(item);
        }
        (Value::List(items), Key::Index(_, index)) => {
            let items = Arc::make_mut(items);
            if *index >= items.len() && *index < MAX_PADDING {
                items.resize(index + 1, Value::Null);
            }
            if let Some(item) = items.get_mut(*index) {
                set(item, rest, value);
            }
        }
        (Value::Map(map), Key::Name(name) | Key::Index(name, _)) => {
            set(Arc::make_mut(map).entry(name.clone()).or_default(), rest, value);
        }
        (Value::Map(map), Key::Last) => set(Arc::make_mut(map).entry("-1".into()).or_default(), rest, value),
        (Value::List(_), Key::Name(_)) => {}
        (_, Key::Name(_)) => {
            *at = Value::from(Map::default());
            set(at, keys, value);
        }
        (_, Key::Index(..) | Key::Last) => {
            *at = Value::list([]);
            set(at, keys, value);
        }
    }
}

fn delete(at: &mut Value, keys: &[Key]) {
    let Some((key, rest)) = keys.split_first() else { return };
    match (at, key) {
        (Value::Map(map), Key::Name(name) | Key::Index(name, _)) => {
            if rest.is_empty() {
                Arc::make_mut(map).shift_remove(name);
            } else if let Some(inner) = Arc::make_mut(map).get_mut(name) {
                delete(inner, rest);
            }
        }
        (Value::List(items), Key::Index(..) | Key::Last) => {
            let index = match key {
                Key::Index(_, index) => *index,
                _ => items.len().saturating_sub(1),
            };
            let items = Arc::make_mut(items);
            if index >= items.len() {
            } else if rest.is_empty() {
                items.remove(index);
            } else if let Some(inner) = items.get_mut(index) {
                delete(inner, rest);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(document: serde_json::Value, template: &str, want: serde_json::Value) {
        let template = PatchTemplate::parse(Dialect::Kubernetes, template).unwrap();
        let patched = template.apply(Dialect::Kubernetes, &Value::from(document), &State::default(), "").unwrap();
        assert_eq!(patched.redacted(), want);
    }

    #[test]
    fn operations() {
        check(json!([{"a": 1}]), "", json!([{"a": 1}]));
        check(
            json!([{"kind": "A"}, {"kind": "B"}]),
            "{{ range $i, $m := .Manifests }}\n- {op: set, path: '{{ $i }}.metadata.labels.a\\.b/c', value: '{{ $m.kind }}'}\n{{ end }}",
            json!([
                {"kind": "A", "metadata": {"labels": {"a.b/c": "A"}}},
                {"kind": "B", "metadata": {"labels": {"a.b/c": "B"}}},
            ]),
        );
        check(
            json!([{"a": [1, 2, 3]}]),
            "- {op: delete, path: 0.a.0}\n- {op: delete, path: 0.a.-1}",
            json!([{"a": [2]}]),
        );
        check(json!([]), "- op: set\n  path: -1\n  value: {k: v}", json!([{"k": "v"}]));
        check(json!([{}]), "- {op: set, path: 0.a.2, value: x}", json!([{"a": [null, null, "x"]}]));
        check(
            json!([{"a": {}}]),
            "- {op: set, path: '0.a.:5', value: x}\n- {op: delete, path: 0.no.no}",
            json!([{"a": {"5": "x"}}]),
        );
    }

    #[test]
    fn unknown_operations_are_refused() {
        let template = PatchTemplate::parse(Dialect::Compose, "- {op: move, path: a}").unwrap();
        let error = template.apply(Dialect::Compose, &Value::Null, &State::default(), "").unwrap_err();
        assert!(error.to_string().contains("unknown operation: move"), "{error}");
    }
}
