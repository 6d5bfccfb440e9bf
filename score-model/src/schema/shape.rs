//! What a part of a document may look like.

use crate::names::Rule;

/// What a value may be.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A map with any content; its texts may have placeholders.
    Open,
    /// A text.
    Text(&'static Rule),
    /// A whole number, from the first to the second.
    Integer(i64, i64),
    /// `true` or `false`.
    Bool,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A list.
    List(&'static Self),
    /// A map whose keys somebody chooses.
    Map(Map),
    /// A map whose keys are given.
    Object(&'static Object),
}

/// A map whose keys somebody chooses.
#[derive(Debug)]
pub(crate) struct Map {
    /// What the keys are like; `None`: any text.
    pub(crate) keys: Option<&'static Rule>,
    /// What the values are like.
    pub(crate) values: &'static Shape,
    /// How many there are at least.
    pub(crate) least: usize,
    /// What the deprecated form, a list of values with their key in it, calls the key.
    pub(crate) listed: Option<&'static Field>,
}

/// A map whose keys are given.
#[derive(Debug)]
pub(crate) struct Object {
    /// What it is called, with its article.
    pub(crate) what: &'static str,
    /// Its keys.
    pub(crate) fields: &'static [Field],
    /// Whether it may have others.
    pub(crate) open: bool,
    /// Of which keys it has exactly one.
    pub(crate) one_of: &'static [&'static str],
    /// Of which keys it has one at least. Compatible mode does not insist.
    pub(crate) any_of: &'static [&'static str],
}

/// A key of an [`Object`].
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) shape: Shape,
    /// What it is for.
    pub(crate) about: &'static str,
    /// How it may be written.
    pub(crate) example: &'static str,
}

impl Object {
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}
