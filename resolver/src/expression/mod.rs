//! Expressions as modules write them: parsed once, evaluated for each resource.

mod parse;
mod selector;

use std::sync::Arc;

use score_model::{Path, Value};

use crate::expr::value_has;

pub(crate) use parse::Parser;
pub(crate) use selector::{Part, Selector, Step};

/// A value of a module's text, in which texts may contain expressions.
#[derive(Clone, Debug)]
pub(crate) enum Expression {
    /// There is no expression in it.
    Constant(Value),
    /// A text that is one expression as a whole: its value keeps its type.
    Reference(Arc<Reference>),
    /// A text with expressions in it.
    Text(Vec<Piece>),
    /// A list.
    List(Vec<Self>),
    /// A map.
    Map(Vec<(Arc<str>, Self)>),
}

/// A piece of a text.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// Plain text.
    Plain(Arc<str>),
    /// An expression.
    Reference(Arc<Reference>),
    /// `@`: the class or id of the current resource.
    Current,
}

/// One `${…}`.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    /// The text between the braces, as written.
    pub(crate) text: Arc<str>,
    /// What it refers to.
    pub(crate) target: Target,
    /// The path to the text that it stands in, from the module.
    pub(crate) at: Path,
    /// Where it stands in that text.
    pub(crate) span: score_model::Span,
}

/// What an expression refers to.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// Something that the context says, or that is known of the resource itself.
    Context(ContextField),
    /// A part of the params.
    Params(Path),
    /// An output of a dependency.
    Output { alias: Arc<str>, path: Path },
    /// All that the resource asked for: alias → `{uid, outputs}`.
    Resources,
    /// A part of: name → `{metadata, service}` of all workloads.
    Workloads(Path),
    /// A part of what the driver answered.
    Own(Path),
    /// The artefacts of a kind, of all that the resource depends on.
    Artefacts(Arc<str>),
    /// Parts of resources found in the graph.
    Select(Selector),
}

/// What `${context.…}` can name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ContextField {
    Organisation,
    Project,
    Environment,
    EnvironmentType,
    /// All labels, or one.
    Labels(Option<Arc<str>>),
    Type,
    Class,
    Id,
    Uid,
    Guid,
    Workload,
    Metadata(Path),
    Document(Path),
    /// The workload for which it is: `{name, metadata}`.
    Source(Path),
}

impl Expression {
    /// Calls `see` for every reference in it.
    pub(crate) fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a Arc<Reference>)) {
        match self {
            Self::Constant(_) => {}
            Self::Reference(reference) => see(reference),
            Self::Text(pieces) => {
                for piece in pieces {
                    if let Piece::Reference(reference) = piece {
                        see(reference);
                    }
                }
            }
            Self::List(items) => items.iter().for_each(|item| item.visit(see)),
            Self::Map(entries) => entries.iter().for_each(|(_, item)| item.visit(see)),
        }
    }

    /// What is known of it before anything is asked for: what expressions give is unknown.
    pub(crate) fn known(&self) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Reference(_) | Self::Text(_) => Value::Unknown,
            Self::List(items) => Value::list(items.iter().map(Self::known)),
            Self::Map(entries) => Value::map(entries.iter().map(|(key, item)| (key.clone(), item.known()))),
        }
    }

    /// Whether something lies where these keys lead, whatever its references give.
    pub(crate) fn surely_has<'k>(&self, mut keys: impl Iterator<Item = &'k str>) -> bool {
        let mut at = self;
        while let Some(key) = keys.next() {
            let below = match at {
                Self::Constant(value) => return value_has(value, std::iter::once(key).chain(keys)),
                Self::Reference(_) | Self::Text(_) => None,
                Self::List(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
                Self::Map(entries) => entries.iter().find(|(known, _)| **known == *key).map(|(_, below)| below),
            };
            match below {
                Some(below) => at = below,
                None => return false,
            }
        }
        true
    }

    /// Whether a reference in it satisfies `holds`.
    pub(crate) fn any(&self, mut holds: impl FnMut(&Reference) -> bool) -> bool {
        let mut found = false;
        self.visit(&mut |reference| found |= holds(reference));
        found
    }
}
