//! What is known of a value before it exists.

use std::sync::Arc;

use score_model::{Path, Value};

use super::{Subschema, Types};

/// What is known of a value before it exists.
#[derive(Clone, Debug)]
pub(crate) enum Shape<'a> {
    /// The value, in which parts may be unknown or secret.
    Known(Value),
    /// What it conforms to.
    Schema(Subschema<'a>),
    /// That it is text.
    Text { secret: bool },
    /// Its items.
    List(Vec<Self>),
    /// Its entries.
    Map(Vec<(Arc<str>, Self)>),
}

impl<'a> Shape<'a> {
    /// Nothing.
    pub(crate) fn open() -> Self {
        Self::Schema(Subschema::open())
    }

    /// What is known of what lies below `key`; `None`: there can be no such thing.
    pub(crate) fn child(&self, key: &str) -> Option<Self> {
        match self {
            Self::Known(value) => value.get(&Path::root().child(key)).map(Self::Known),
            Self::Schema(schema) => schema.child(key).map(Self::Schema),
            Self::Text { .. } => None,
            Self::List(items) => items.get(key.parse::<usize>().ok()?).cloned(),
            Self::Map(entries) => entries.iter().find(|(name, _)| &**name == key).map(|(_, shape)| shape.clone()),
        }
    }

    /// What is known of what lies at `path`; `None`: there can be no such thing.
    pub(crate) fn get(&self, path: &Path) -> Option<Self> {
        path.keys().iter().try_fold(self.clone(), |at, key| at.child(key))
    }

    /// Its entries, where it is a map of which all keys are known.
    pub(crate) fn entries(&self) -> Option<Vec<(Arc<str>, Self)>> {
        match self {
            Self::Known(Value::Map(map)) => {
                Some(map.iter().map(|(key, value)| (key.clone(), Self::Known(value.clone()))).collect())
            }
            Self::Map(entries) => Some(entries.clone()),
            Self::Known(_) | Self::Schema(_) | Self::Text { .. } | Self::List(_) => None,
        }
    }

    /// The same with what the schema calls secret marked as such.
    pub(crate) fn marked(self, schema: &Subschema<'a>) -> Self {
        if schema.is_secret() {
            return self.concealed();
        }
        if !schema.may_contain_secret() {
            return self;
        }
        match self.entries() {
            Some(entries) => Self::Map(
                entries
                    .into_iter()
                    .map(|(key, shape)| {
                        let schema = schema.child(&key).unwrap_or_default();
                        (key, shape.marked(&schema))
                    })
                    .collect(),
            ),
            None => match self {
                Self::Schema(known) => Self::Schema(known.and(schema.clone())),
                other => other,
            },
        }
    }

    /// The types it may have.
    pub(crate) fn types(&self) -> Types {
        match self {
            Self::Known(value) => Types::of(value),
            Self::Schema(schema) => schema.types(),
            Self::Text { .. } => Types::STRING,
            Self::List(_) => Types::ARRAY,
            Self::Map(_) => Types::OBJECT,
        }
    }

    /// Whether it, or a part of it, is secret.
    pub(crate) fn may_contain_secret(&self) -> bool {
        match self {
            Self::Known(value) => value.has_secret(),
            Self::Schema(schema) => schema.may_contain_secret(),
            Self::Text { secret } => *secret,
            Self::List(items) => items.iter().any(Self::may_contain_secret),
            Self::Map(entries) => entries.iter().any(|(_, shape)| shape.may_contain_secret()),
        }
    }

    /// The same, secret.
    pub(crate) fn concealed(self) -> Self {
        match self {
            Self::Known(value) => Self::Known(Value::secret(value)),
            Self::Schema(schema) => Self::Schema(schema.and(Subschema::secret())),
            Self::Text { .. } => Self::Text { secret: true },
            Self::List(items) => Self::List(items.into_iter().map(Self::concealed).collect()),
            Self::Map(entries) => Self::Map(entries.into_iter().map(|(key, shape)| (key, shape.concealed())).collect()),
        }
    }
}
