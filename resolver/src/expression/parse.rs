//! From values as written to expressions.

use std::sync::Arc;

use score_model::{Escapes, Path, Span, Template, Value};

use super::{ContextField, Expression, Piece, Reference, Selector, Target};
use crate::suggest::did_you_mean;

/// How deep values may be nested.
const DEPTH: usize = 64;

/// Takes the values of a module apart.
pub(crate) struct Parser<'a> {
    /// Told what is wrong, where in the text at which path, and what to do about it.
    pub(crate) problem: &'a mut Report<'a>,
}

/// Told of a problem: where it is, what it is, and what to do about it.
pub(crate) type Report<'a> = dyn FnMut(&Path, Span, String, Option<String>) + 'a;

impl Parser<'_> {
    /// Takes a value apart that stands at `at` in its module.
    pub(crate) fn value(&mut self, value: &Value, at: &Path) -> Expression {
        self.nested(value, at, 0)
    }

    fn nested(&mut self, value: &Value, at: &Path, depth: usize) -> Expression {
        if depth > DEPTH {
            (self.problem)(at, Span::default(), format!("this is nested deeper than {DEPTH}"), None);
            return Expression::Constant(Value::Null);
        }
        match value {
            Value::String(text) => self.text(text, at),
            Value::List(items) => {
                let parsed: Vec<Expression> = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| self.nested(item, &at.child(index.to_string()), depth + 1))
                    .collect();
                match parsed.iter().map(constant).collect::<Option<Vec<_>>>() {
                    Some(values) => Expression::Constant(Value::from(values)),
                    None => Expression::List(parsed),
                }
            }
            Value::Map(map) => {
                let parsed: Vec<(Arc<str>, Expression)> = map
                    .iter()
                    .map(|(key, item)| (key.clone(), self.nested(item, &at.child(key.clone()), depth + 1)))
                    .collect();
                let values = parsed.iter().map(|(key, item)| Some((key.clone(), constant(item)?)));
                match values.collect::<Option<score_model::Map>>() {
                    Some(map) => Expression::Constant(Value::from(map)),
                    None => Expression::Map(parsed),
                }
            }
            other => Expression::Constant(other.clone()),
        }
    }

    fn text(&mut self, text: &Arc<str>, at: &Path) -> Expression {
        if !text.contains('$') {
            return Expression::Constant(Value::String(text.clone()));
        }
        let mut pieces = self.pieces(text, at, false);
        match pieces.as_slice() {
            [] => Expression::Constant(Value::from("")),
            [Piece::Plain(text)] => Expression::Constant(Value::String(text.clone())),
            [Piece::Reference(_)] => match pieces.remove(0) {
                Piece::Reference(reference) => Expression::Reference(reference),
                other => Expression::Text(vec![other]),
            },
            _ => Expression::Text(pieces),
        }
    }

    /// Takes a text apart; with `current`, each `@` outside of expressions is a piece of its own.
    pub(crate) fn pieces(&mut self, text: &str, at: &Path, current: bool) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if let Some(start) = unclosed(text) {
            let help = "close it with `}`; a literal `${` is written `$${`".to_owned();
            (self.problem)(at, Span::new(start, start + 2), "a `${` is not closed".to_owned(), Some(help));
        }
        for part in Template::parse(text, Escapes::Platform).parts() {
            match part {
                score_model::Part::Text(text) if current && text.contains('@') => {
                    for (index, plain) in text.split('@').enumerate() {
                        if index > 0 {
                            pieces.push(Piece::Current);
                        }
                        if !plain.is_empty() {
                            pieces.push(Piece::Plain(plain.into()));
                        }
                    }
                }
                score_model::Part::Text(text) => pieces.push(Piece::Plain(text.clone())),
                score_model::Part::Placeholder { inner, span } => match target(inner) {
                    Ok(target) => {
                        let (text, at, span) = (inner.clone(), at.clone(), *span);
                        pieces.push(Piece::Reference(Arc::new(Reference { text, target, at, span })));
                    }
                    Err((problem, help)) => {
                        (self.problem)(at, *span, format!("`${{{inner}}}` means nothing here: {problem}"), help);
                    }
                },
                _ => {}
            }
        }
        pieces
    }
}

/// Where a text has a `${` that no `}` closes and that is no escape.
fn unclosed(text: &str) -> Option<usize> {
    let start = text.rfind('}').map_or(0, |brace| brace + 1);
    let rest = text.get(start..)?;
    let escaped = |at: usize| rest.as_bytes().get(..at).is_some_and(|before| before.ends_with(b"$"));
    rest.match_indices("${").find(|(at, _)| !escaped(*at)).map(|(at, _)| start + at)
}

fn constant(expression: &Expression) -> Option<Value> {
    match expression {
        Expression::Constant(value) => Some(value.clone()),
        _ => None,
    }
}

const ROOTS: [&str; 7] = ["context", "params", "resources", "self", "artefacts", "select", "workloads"];
const FIELDS: [&str; 14] = [
    "organisation",
    "project",
    "environment",
    "environment_type",
    "labels",
    "type",
    "class",
    "id",
    "uid",
    "guid",
    "workload",
    "metadata",
    "document",
    "source",
];

type Problem = (String, Option<String>);

fn target(inner: &str) -> Result<Target, Problem> {
    if let Some(selector) = inner.strip_prefix("select.") {
        return Selector::parse(selector).map(Target::Select).map_err(|problem| {
            let help = "write `select.dependencies('TYPE').outputs.PATH`, with any number of steps";
            (problem, Some(help.to_owned()))
        });
    }
    if let Some(kind) = inner.strip_prefix("artefacts.").filter(|kind| !kind.is_empty()) {
        return Ok(Target::Artefacts(kind.into()));
    }
    let Ok(path) = inner.parse::<Path>();
    if path.keys().iter().any(|key| key.is_empty() || key.trim() != &**key) {
        return Err(("a part of it is empty or begins or ends with a blank".to_owned(), None));
    }
    let (root, rest) = match path.keys() {
        [] => return Err(("it is empty".to_owned(), None)),
        [root, rest @ ..] => (root, rest),
    };
    let below = |keys: &[Arc<str>]| keys.iter().cloned().collect::<Path>();
    match (&**root, rest) {
        ("context", [field, rest @ ..]) => context(field, rest),
        ("params", rest) => Ok(Target::Params(below(rest))),
        ("resources", []) => Ok(Target::Resources),
        ("resources", [alias, rest @ ..]) => Ok(Target::Output { alias: alias.clone(), path: below(rest) }),
        ("workloads", rest) => Ok(Target::Workloads(below(rest))),
        ("self", [outputs, rest @ ..]) if &**outputs == "outputs" => Ok(Target::Own(below(rest))),
        ("self", _) => Err(("only `self.outputs` is known of a resource itself".to_owned(), None)),
        ("context" | "artefacts" | "select", _) => Err((format!("something must follow `{root}`"), None)),
        (root, _) => {
            let known = || format!("an expression begins with {}", names(&ROOTS));
            Err((format!("`{root}` is unknown"), Some(did_you_mean(root, ROOTS).unwrap_or_else(known))))
        }
    }
}

fn context(field: &str, rest: &[Arc<str>]) -> Result<Target, Problem> {
    let below = || rest.iter().cloned().collect::<Path>();
    let field = match (field, rest) {
        ("metadata", _) => ContextField::Metadata(below()),
        ("document", _) => ContextField::Document(below()),
        ("source", _) => ContextField::Source(below()),
        ("labels", []) => ContextField::Labels(None),
        ("labels", [label]) => ContextField::Labels(Some(label.clone())),
        ("organisation", []) => ContextField::Organisation,
        ("project", []) => ContextField::Project,
        ("environment", []) => ContextField::Environment,
        ("environment_type", []) => ContextField::EnvironmentType,
        ("type", []) => ContextField::Type,
        ("class", []) => ContextField::Class,
        ("id", []) => ContextField::Id,
        ("uid", []) => ContextField::Uid,
        ("guid", []) => ContextField::Guid,
        ("workload", []) => ContextField::Workload,
        (field, _) if FIELDS.contains(&field) => {
            let help = (field == "labels").then(|| "a dot inside of a label is written `\\.`".to_owned());
            return Err((format!("nothing lies below `context.{field}`"), help));
        }
        (field, _) => {
            let known = || format!("there are {}", names(&FIELDS));
            return Err((
                format!("the context has no `{field}`"),
                Some(did_you_mean(field, FIELDS).unwrap_or_else(known)),
            ));
        }
    };
    Ok(Target::Context(field))
}

fn names(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
