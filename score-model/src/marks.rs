//! Where each part of a document was written: a tree of the shape of its value.

use std::sync::Arc;

use crate::{Span, Value};

/// A span of one of a document's sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Which of the document's sources.
    pub(crate) source: u32,
    /// Where in it.
    pub(crate) span: Span,
}

impl Mark {
    /// A span of the first source.
    pub(crate) fn new(span: Span) -> Self {
        Self { source: 0, span }
    }
}

/// What YAML said of a part that its value does not show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Nothing.
    #[default]
    Usual,
    /// The text is a date that was not quoted.
    Timestamp,
}

/// The marks of a value: of its key, of itself, and of what is in it, in the value's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Marks {
    pub(crate) key: Mark,
    pub(crate) value: Mark,
    pub(crate) sort: Sort,
    /// The key was not written as a text: `80:`.
    pub(crate) odd_key: bool,
    pub(crate) children: Arc<Vec<Self>>,
}

impl Marks {
    pub(crate) fn new(key: Mark, value: Mark, children: Vec<Self>) -> Self {
        Self { key, value, sort: Sort::Usual, odd_key: false, children: Arc::new(children) }
    }

    /// The marks of a value that was written nowhere.
    pub(crate) fn blank(value: &Value) -> Self {
        let children = match value {
            Value::Map(map) => map.values().map(Self::blank).collect(),
            Value::List(items) => items.iter().map(Self::blank).collect(),
            _ => Vec::new(),
        };
        Self { children: Arc::new(children), ..Self::default() }
    }

    /// The marks of what is below `key` in `value`, which these are the marks of.
    pub(crate) fn child(&self, value: &Value, key: &str) -> Option<&Self> {
        let index = match value {
            Value::Map(map) => map.get_index_of(key)?,
            Value::List(_) => key.parse().ok()?,
            _ => return None,
        };
        self.children.get(index)
    }

    /// The same marks, where the document's first source has this number among those of another document.
    pub(crate) fn of_source(&self, first: u32) -> Self {
        let moved = |mark: Mark| Mark { source: mark.source.saturating_add(first), ..mark };
        Self {
            key: moved(self.key),
            value: moved(self.value),
            children: Arc::new(self.children.iter().map(|child| child.of_source(first)).collect()),
            ..*self
        }
    }
}
