//! What is laid over a Score file: other documents, single values, images. Positions are kept: each part of the result knows the file it comes from.

use std::str::FromStr;
use std::sync::Arc;

use crate::marks::{Mark, Marks};
use crate::{Document, Map, Source, Value};

/// What `null` in a document that is laid over another does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Nulls {
    /// It replaces what is there, as in the overrides files of the Score tools. An empty map over a map changes nothing.
    #[default]
    Replace,
    /// It deletes what is there, as in a JSON merge patch (RFC 7386).
    Delete,
    /// It deletes what is there, as in `OverrideMapInMap` of score-go: what comes where nothing is comes as it is, with its nulls.
    DeleteExisting,
}

/// A single value to put in, or take out, before a Score file is checked: `PATH=VALUE` of the Score tools' `--override-property`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Property {
    /// The keys, from the outside in; one at least. In a list a key is an index, or `-1` to append.
    pub path: Vec<Arc<str>>,
    /// What to put there; `None` takes out what is there, and so does null.
    pub value: Option<Value>,
}

/// A property that cannot be put where it should go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidProperty {
    /// The text has no `=`.
    #[error("expected a =-separated path and value")]
    NoValue,
    /// What is after the `=` is no YAML.
    #[error("failed to unmarshal value as json: {0}")]
    Syntax(String),
    /// The path has no key.
    #[error("cannot change root node")]
    Root,
    /// The path leads through what is neither map nor list.
    #[error("{at}cannot set path in non-map/non-array")]
    NotACollection {
        /// The keys up to there, each followed by `: `.
        at: String,
    },
    /// The key of an item is no number.
    #[error("{at}failed to parse '{key}' as array index")]
    NotAnIndex {
        /// The keys up to there, each followed by `: `.
        at: String,
        /// The key.
        key: String,
    },
    /// There is no such item.
    #[error("{at}cannot {what} '{key}' in array: out of range")]
    OutOfRange {
        /// The keys up to there, each followed by `: `.
        at: String,
        /// The key.
        key: String,
        /// `set` or `remove`.
        what: &'static str,
    },
}

impl Property {
    /// Puts `value` at a path.
    pub fn set(path: impl IntoIterator<Item = impl Into<Arc<str>>>, value: Value) -> Self {
        Self { path: path.into_iter().map(Into::into).collect(), value: Some(value) }
    }

    /// Takes out what is at a path.
    pub fn delete(path: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        Self { path: path.into_iter().map(Into::into).collect(), value: None }
    }
}

/// Reads `PATH=VALUE`: keys parted by dots (`\.` is a dot, `\\` a backslash), a value in YAML; an empty value or `null` takes out what is there.
impl FromStr for Property {
    type Err = InvalidProperty;

    fn from_str(text: &str) -> Result<Self, InvalidProperty> {
        let (path, value) = text.split_once('=').ok_or(InvalidProperty::NoValue)?;
        let value = match crate::yaml::read(&Source::new("", value)).into_result() {
            Ok((None, _)) => Value::Null,
            Ok(_) => match Document::parse(Source::new("", value)).into_result() {
                Ok((document, _)) => document.value().clone(),
                Err(error) => return Err(InvalidProperty::Syntax(first_message(&error))),
            },
            Err(error) => return Err(InvalidProperty::Syntax(first_message(&error))),
        };
        let value = if value == Value::Null { None } else { Some(value) };
        Ok(Self { path: property_path(path), value })
    }
}

fn first_message(diagnostics: &crate::Diagnostics) -> String {
    diagnostics.iter().next().map(|diagnostic| diagnostic.message.clone()).unwrap_or_default()
}

/// Splits the path of a property at its dots; `\.` is a dot and `\\` a backslash inside a key. There is always a key, be it empty.
pub fn property_path(text: &str) -> Vec<Arc<str>> {
    let mut keys = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let literal = match (c, chars.peek()) {
            ('\\', Some(&next @ ('\\' | '.'))) => {
                chars.next();
                next
            }
            ('.', _) => {
                keys.push(String::new());
                continue;
            }
            _ => c,
        };
        if let Some(key) = keys.last_mut() {
            key.push(literal);
        }
    }
    keys.into_iter().map(Arc::from).collect()
}

impl Document {
    /// This document with another laid over it: maps are merged key by key, everything else is replaced, lists too.
    #[must_use]
    pub fn merged(&self, over: &Self, nulls: Nulls) -> Self {
        let mut merged = self.clone();
        let offset = merged.add_sources(over);
        let below = (self.value().clone(), self.marks().clone());
        let above = (over.value().clone(), over.marks().of_source(offset));
        let (value, marks) = merge(below, above, nulls);
        merged.replace(&crate::Path::root(), value, marks);
        merged
    }

    /// This document with a single value put in or taken out. Maps are made on the way where there is nothing.
    ///
    /// # Errors
    /// The path is empty, leads through a text or number, or to an item of a list that does not exist.
    pub fn with_property(&self, property: &Property) -> Result<Self, InvalidProperty> {
        if property.path.is_empty() {
            return Err(InvalidProperty::Root);
        }
        let mut document = self.clone();
        let value = property.value.as_ref().filter(|value| **value != Value::Null);
        let (value, marks) = put((self.value().clone(), self.marks().clone()), &property.path, value, "")?;
        document.replace(&crate::Path::root(), value, marks);
        Ok(document)
    }

    /// This document with an image for every container whose image is `.`: "to be given at deployment".
    #[must_use]
    pub fn with_image(&self, image: &str) -> Self {
        let containers = self.value().child("containers").and_then(Value::as_map).into_iter().flatten();
        let without = containers
            .filter(|(_, container)| container.child("image").and_then(Value::as_str) == Some("."))
            .map(|(name, _)| ["containers", &**name, "image"].into_iter().collect::<crate::Path>());
        without.fold(self.clone(), |mut document, path| {
            let (_, marks) = document.part(&path);
            document.replace(&path, Value::from(image), marks);
            document
        })
    }
}

type Part = (Value, Marks);

fn merge((below, below_marks): Part, (above, above_marks): Part, nulls: Nulls) -> Part {
    match (below, above) {
        (Value::Map(below), Value::Map(above)) => {
            let mut map = Map::clone(&below);
            let mut children = Vec::clone(&below_marks.children);
            children.resize(map.len(), Marks::default());
            for ((key, value), marks) in above.iter().zip(above_marks.children.iter()) {
                let part = (value.clone(), marks.clone());
                if nulls != Nulls::Replace && *value == Value::Null {
                    if let Some(index) = map.get_index_of(key) {
                        map.remove(key);
                        children.remove(index);
                    }
                } else if let Some(index) = map.get_index_of(key) {
                    if let (Some((_, old)), Some(old_marks)) = (map.get_index_mut(index), children.get_mut(index)) {
                        let below = (std::mem::take(old), std::mem::take(old_marks));
                        (*old, *old_marks) = merge(below, part, nulls);
                    }
                } else {
                    let (value, marks) = if nulls == Nulls::Delete { without_nulls(part) } else { part };
                    map.insert(key.clone(), value);
                    children.push(marks);
                }
            }
            (Value::from(map), Marks { children: Arc::new(children), ..below_marks })
        }
        (_, above) if nulls == Nulls::Delete => without_nulls((above, above_marks)),
        (_, above) => (above, above_marks),
    }
}

/// What a merge patch brings where there was nothing: its nulls delete nothing, and are not there.
fn without_nulls((value, marks): Part) -> Part {
    let Value::Map(map) = &value else { return (value, marks) };
    let kept = map.iter().zip(marks.children.iter()).filter(|((_, value), _)| **value != Value::Null);
    let mut children = Vec::with_capacity(map.len());
    let map: Map = kept
        .map(|((key, value), marks)| {
            let (value, marks) = without_nulls((value.clone(), marks.clone()));
            children.push(marks);
            (key.clone(), value)
        })
        .collect();
    (Value::from(map), Marks { children: Arc::new(children), ..marks })
}

/// Puts a value at a path, or takes out what is there. `at` are the keys so far, for errors.
fn put(part: Part, path: &[Arc<str>], value: Option<&Value>, at: &str) -> Result<Part, InvalidProperty> {
    let Some((key, rest)) = path.split_first() else {
        return Ok((value.cloned().unwrap_or_default(), Marks { children: Arc::default(), ..part.1 }));
    };
    let below = format!("{at}{key}: ");
    match part {
        (Value::Map(map), marks) => {
            let mut map = Map::clone(&map);
            let mut children = Vec::clone(&marks.children);
            children.resize(map.len(), Marks::default());
            if rest.is_empty() && value.is_none() {
                if let Some(index) = map.get_index_of(key) {
                    map.remove(key);
                    children.remove(index);
                }
                return Ok((Value::from(map), Marks { children: Arc::new(children), ..marks }));
            }
            let index = map.get_index_of(key);
            let nothing = || (Value::from(Map::default()), Marks::new(marks.key, marks.value, Vec::new()));
            let old = index.and_then(|index| {
                let (_, value) = map.get_index(index)?;
                Some((value.clone(), children.get(index)?.clone()))
            });
            let (value, below_marks) = put(old.unwrap_or_else(nothing), rest, value, &below)?;
            map.insert(key.clone(), value);
            match index.and_then(|index| children.get_mut(index)) {
                Some(child) => *child = below_marks,
                None => children.push(below_marks),
            }
            Ok((Value::from(map), Marks { children: Arc::new(children), ..marks }))
        }
        (Value::List(items), marks) => {
            let mut items = Vec::clone(&items);
            let mut children = Vec::clone(&marks.children);
            children.resize(items.len(), Marks::default());
            let index: i64 =
                key.parse().map_err(|_| InvalidProperty::NotAnIndex { at: at.to_owned(), key: key.to_string() })?;
            let last = rest.is_empty();
            let what = if value.is_none() && last { "remove" } else { "set" };
            let out_of_range = || InvalidProperty::OutOfRange { at: at.to_owned(), key: index.to_string(), what };
            let found = usize::try_from(index).ok().filter(|index| *index < items.len());
            match (found, value) {
                (None, Some(value)) if index == -1 && last => {
                    items.push(value.clone());
                    children.push(Marks::new(Mark::default(), marks.value, Vec::new()));
                }
                (None, _) => return Err(out_of_range()),
                (Some(index), None) if last => {
                    items.remove(index);
                    children.remove(index);
                }
                (Some(index), value) => {
                    if let (Some(item), Some(child)) = (items.get_mut(index), children.get_mut(index)) {
                        let old = (std::mem::take(item), std::mem::take(child));
                        (*item, *child) = put(old, rest, value, &below)?;
                    }
                }
            }
            Ok((Value::from(items), Marks { children: Arc::new(children), ..marks }))
        }
        _ => Err(InvalidProperty::NotACollection { at: at.to_owned() }),
    }
}
