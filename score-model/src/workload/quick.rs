//! The quick way for JSON that has nothing wrong with it: checked while it is read, with nothing made of it yet.
//!
//! Whatever is not entirely right, or merely unusual, is not understood here; then the usual way says what it is. What is understood here, the usual way understands alike, without a word: a property
//! test says so.

use std::borrow::Cow;
use std::fmt;

use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Readiness, Workload};
use crate::names::{ID, Name, Rule};
use crate::reference::Target;
use crate::rules::{has, is_base64};
use crate::schema::{self, Field, Object, Shape};
use crate::template::placeholders;
use crate::yaml::MAX_DEPTH;
use crate::{Document, Escapes, Mode, Source, json};

/// The workload that a JSON text says, if there is not the least to say about it.
pub(super) fn read(source: &Source, mode: Mode) -> Option<Workload> {
    if !json::looks_like_json(source.text()) {
        return None;
    }
    let mut deserializer = serde_json::Deserializer::from_str(source.text());
    let (keys, placeholders) = (Vec::with_capacity(16), Vec::with_capacity(16));
    let mut found = Found { mode, keys, placeholders, ..Found::default() };
    Part { found: &mut found, wanted: Wanted::Shape(&schema::WORKLOAD) }.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    let name = Name::new(&*found.name).ok()?;
    let document = Document::of_json(source.clone());
    found.holds_together(&document).then(|| Workload::unread(name, document))
}

/// What cannot be judged before all is read.
#[derive(Default)]
struct Found<'t> {
    mode: Mode,
    name: Cow<'t, str>,
    containers: Vec<Cow<'t, str>>,
    resources: Vec<Cow<'t, str>>,
    /// What stands between the braces of placeholders.
    placeholders: Vec<Cow<'t, str>>,
    /// Which container comes before which, by its number and by name, and whether it must be healthy.
    before: Vec<(usize, Cow<'t, str>, bool)>,
    /// The numbers of containers with a probe.
    probed: Vec<usize>,
    /// The keys of the maps that are being read.
    keys: Vec<Cow<'t, str>>,
}

impl<'t> Found<'t> {
    fn template(&mut self, text: Cow<'t, str>) {
        if memchr::memchr(b'$', text.as_bytes()).is_none() {
            return;
        }
        let mut keep = |inner: Cow<'t, str>| {
            // Texts of one kind often stand beside each other.
            if self.placeholders.last() != Some(&inner) {
                self.placeholders.push(inner);
            }
        };
        match text {
            Cow::Borrowed(text) => placeholders(text, Escapes::Score).for_each(|(inner, _)| keep(Cow::Borrowed(inner))),
            Cow::Owned(text) => {
                placeholders(&text, Escapes::Score).for_each(|(inner, _)| keep(Cow::Owned(inner.to_owned())));
            }
        }
    }

    fn text(&mut self, rule: &'static Rule, text: Cow<'t, str>) -> bool {
        let good = (rule.holds)(&text)
            && !(std::ptr::eq(rule, &schema::BASE64) && self.mode == Mode::Strict && !is_base64(&text))
            && !(std::ptr::eq(rule, &ID) && text.contains('.'));
        if std::ptr::eq(rule, &schema::TEMPLATE) {
            self.template(text);
        }
        good
    }

    /// Whether placeholders mean something, and containers come one before the other.
    fn holds_together(&self, document: &Document) -> bool {
        let few = self.resources.len() <= FEW;
        let set: FxHashSet<&str> = self.resources.iter().filter(|_| !few).map(|name| &**name).collect();
        let declared = |name: &str| if few { self.resources.iter().any(|key| key == name) } else { set.contains(name) };
        let means_something = |inner: &str| match Target::of(inner, self.mode) {
            Ok(Target::Resource(name)) => declared(&name),
            Ok(Target::Metadata) => {
                let there = || document.value().child("metadata").is_some_and(|metadata| has(metadata, inner));
                self.mode != Mode::Strict || inner == "metadata.name" || there()
            }
            Err(_) => false,
        };
        self.placeholders.iter().all(|inner| means_something(inner))
            && self.before.iter().all(|(container, target, healthy)| {
                let target = self.containers.iter().position(|name| name == target);
                // That it comes before what comes before nothing is enough; longer chains go the usual way.
                target.is_some_and(|target| self.before.iter().all(|(other, ..)| *other != target))
                    && (!healthy || self.probed.contains(container))
            })
    }
}

/// So many keys are quicker compared than hashed.
const FEW: usize = 8;

fn are_unique(keys: &[Cow<'_, str>]) -> bool {
    if keys.len() <= FEW {
        return keys.iter().enumerate().all(|(index, key)| !keys.iter().take(index).any(|other| other == key));
    }
    let mut seen = FxHashSet::with_capacity_and_hasher(keys.len(), Default::default());
    keys.iter().all(|key| seen.insert(&**key))
}

/// What a part should be.
#[derive(Clone, Copy)]
enum Wanted {
    Shape(&'static Shape),
    /// Anything that YAML reads alike, at a depth; perhaps with placeholders in texts.
    Anything {
        depth: usize,
        templates: bool,
    },
}

/// No part is deeper than this where its shape no longer says so.
const DEPTH: usize = 4;

/// A part of the text, checked while it is read.
struct Part<'f, 't> {
    found: &'f mut Found<'t>,
    wanted: Wanted,
}

impl<'t> DeserializeSeed<'t> for Part<'_, 't> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'t> Part<'_, 't> {
    fn text<E: Error>(self, text: Cow<'t, str>) -> Result<(), E> {
        let good = match self.wanted {
            Wanted::Shape(Shape::Text(rule)) => self.found.text(rule, text),
            Wanted::Shape(Shape::Choice(texts)) => texts.contains(&&*text),
            Wanted::Anything { templates, .. } => {
                if templates {
                    self.found.template(text);
                }
                true
            }
            Wanted::Shape(_) => false,
        };
        is(good)
    }

    fn integer<E: Error>(self, int: Option<i64>) -> Result<(), E> {
        is(match (self.wanted, int) {
            (Wanted::Shape(Shape::Integer(least, most)), Some(int)) => (*least..=*most).contains(&int),
            (Wanted::Anything { .. }, _) => true,
            _ => false,
        })
    }
}

/// It is not quite right: nobody reads what is said of it.
fn is<E: Error>(good: bool) -> Result<(), E> {
    if good { Ok(()) } else { Err(E::custom("")) }
}

impl<'t> Visitor<'t> for Part<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what is right")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        is(matches!(self.wanted, Wanted::Anything { .. }))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        is(matches!(self.wanted, Wanted::Anything { .. } | Wanted::Shape(Shape::Bool)))
    }

    fn visit_i64<E: Error>(self, int: i64) -> Result<(), E> {
        self.integer(Some(int))
    }

    fn visit_u64<E: Error>(self, int: u64) -> Result<(), E> {
        self.integer(int.try_into().ok())
    }

    fn visit_f64<E: Error>(self, float: f64) -> Result<(), E> {
        is(matches!(self.wanted, Wanted::Anything { .. }) && !json::is_minus_nought(float))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'t str) -> Result<(), E> {
        self.text(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.text(Cow::Owned(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { found, wanted } = self;
        let wanted = match wanted {
            Wanted::Shape(Shape::List(item)) => Wanted::Shape(item),
            Wanted::Anything { depth, templates } if depth < MAX_DEPTH => {
                Wanted::Anything { depth: depth + 1, templates }
            }
            _ => return is(false),
        };
        while items.next_element_seed(Part { found: &mut *found, wanted })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'t>>(self, entries: A) -> Result<(), A::Error> {
        match self.wanted {
            Wanted::Shape(Shape::Object(object)) => self.found.object(object, entries),
            Wanted::Shape(Shape::Map(map)) => self.found.map(map, entries),
            Wanted::Shape(Shape::Open) => self.found.anything(DEPTH, true, entries),
            Wanted::Anything { depth, templates } if depth < MAX_DEPTH => {
                self.found.anything(depth + 1, templates, entries)
            }
            _ => is(false),
        }
    }
}

impl<'t> Found<'t> {
    fn anything<A: MapAccess<'t>>(&mut self, depth: usize, templates: bool, mut entries: A) -> Result<(), A::Error> {
        let start = self.keys.len();
        while let Some(key) = entries.next_key_seed(Key)? {
            self.keys.push(key);
            entries.next_value_seed(Part { found: self, wanted: Wanted::Anything { depth, templates } })?;
        }
        self.close(start)
    }

    /// The keys of a map are all read.
    fn close<E: Error>(&mut self, start: usize) -> Result<(), E> {
        let unique = are_unique(self.keys.get(start..).unwrap_or_default());
        self.keys.truncate(start);
        is(unique)
    }

    fn map<A: MapAccess<'t>>(&mut self, map: &'static schema::Map, mut entries: A) -> Result<(), A::Error> {
        let start = self.keys.len();
        let is_of = |object: &'static Object| matches!(map.values, Shape::Object(of) if std::ptr::eq(*of, object));
        let (containers, resources) = (is_of(&schema::CONTAINER), is_of(&schema::RESOURCE));
        let before = is_of(&schema::BEFORE);
        while let Some(key) = entries.next_key_seed(Key)? {
            is(map.keys.is_none_or(|rule| (rule.holds)(&key)))?;
            if before {
                let Entry { ready } = entries.next_value()?;
                let container = self.containers.len().saturating_sub(1);
                self.before.push((container, key.clone(), ready == Readiness::Healthy));
                self.keys.push(key);
                continue;
            }
            if containers {
                self.containers.push(key.clone());
            } else if resources {
                self.resources.push(key.clone());
            }
            self.keys.push(key);
            entries.next_value_seed(Part { found: self, wanted: Wanted::Shape(map.values) })?;
        }
        is(self.keys.len() - start >= map.least)?;
        self.close(start)
    }

    fn object<A: MapAccess<'t>>(&mut self, object: &'static Object, mut entries: A) -> Result<(), A::Error> {
        let start = self.keys.len();
        let placeholders = self.placeholders.len();
        let mut given = 0_u32;
        while let Some(key) = entries.next_key_seed(Key)? {
            let Some((index, field)) = field(object, &key) else {
                is(object.open)?;
                self.keys.push(key);
                let wanted = Wanted::Anything { depth: DEPTH, templates: false };
                entries.next_value_seed(Part { found: self, wanted })?;
                continue;
            };
            is(given & 1 << index == 0)?;
            given |= 1 << index;
            if std::ptr::eq(object, &schema::METADATA) && field.name == "name" {
                self.name = entries.next_value_seed(Key)?;
            } else if std::ptr::eq(object, &schema::FILE) && field.name == "noExpand" {
                given |= u32::from(entries.next_value::<bool>()?) << UNEXPANDED;
            } else {
                entries.next_value_seed(Part { found: self, wanted: Wanted::Shape(&field.shape) })?;
            }
        }
        if given & 1 << UNEXPANDED != 0 {
            self.placeholders.truncate(placeholders);
        }
        let has = |name: &str| field(object, name).is_some_and(|(index, _)| given & 1 << index != 0);
        if std::ptr::eq(object, &schema::CONTAINER) && (has("livenessProbe") || has("readinessProbe")) {
            self.probed.push(self.containers.len().saturating_sub(1));
        }
        let required = object.fields.iter().enumerate().all(|(index, f)| !f.required || given & 1 << index != 0);
        let one = object.one_of.is_empty() || object.one_of.iter().filter(|name| has(name)).count() == 1;
        let any = object.any_of.is_empty() || self.mode != Mode::Strict || object.any_of.iter().any(|name| has(name));
        is(required && one && any)?;
        self.close(start)
    }
}

/// The field of a name, and its number.
fn field(object: &'static Object, name: &str) -> Option<(usize, &'static Field)> {
    // Asking for the first letters before whole texts spares most comparisons.
    let (first, length) = (name.as_bytes().first(), name.len());
    object
        .fields
        .iter()
        .enumerate()
        .find(|(_, field)| field.name.len() == length && field.name.as_bytes().first() == first && field.name == name)
}

/// The bit of a file whose content is not expanded, above those of its fields.
const UNEXPANDED: usize = 31;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    ready: Readiness,
}

/// A key, or another text, not copied where it has no escapes.
struct Key;

impl<'t> DeserializeSeed<'t> for Key {
    type Value = Cow<'t, str>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Cow<'t, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'t> Visitor<'t> for Key {
    type Value = Cow<'t, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'t str) -> Result<Cow<'t, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'t, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, understood: bool) {
        assert_eq!(read(&Source::new("score.json", text), Mode::Strict).is_some(), understood, "{text}");
    }

    /// A Score file whose container has these further fields.
    fn file(container: &str, resource: &str) -> String {
        format!(
            r#"{{"apiVersion": "score.dev/v1b1", "metadata": {{"name": "shop", "annotations": {{"ex.com/ab": "1"}}}},
                "service": {{"ports": {{"web": {{"port": 80, "targetPort": 8080, "protocol": "TCP"}}}}}},
                "containers": {{"main": {{"image": "a" {container}}}, "other": {{"image": "."}}}},
                "resources": {{"db": {{"type": "postgres" {resource}}}}}}}"#
        )
    }

    #[test]
    fn what_is_right_is_understood() {
        check(&file("", ""), true);
        check(
            &file(r#", "command": ["a"], "args": [], "variables": {"A": "${resources.db.host} ${metadata.name}"}"#, ""),
            true,
        );
        check(
            &file(r#", "files": {"/a": {"content": "a", "mode": "0644"}, "/b": {"binaryContent": "aGVsbG8="}}"#, ""),
            true,
        );
        check(&file(r#", "volumes": {"/a": {"source": "${resources.db}", "path": "x", "readOnly": true}}"#, ""), true);
        check(&file(r#", "before": {"other": {"ready": "complete"}}"#, ""), true);
        check(&file(r#", "resources": {"limits": {"memory": "1Gi", "cpu": "0.5"}, "requests": {}}"#, ""), true);
        check(&file(r#", "livenessProbe": {"exec": {"command": ["a"]}}"#, ""), true);
        check(
            &file(
                r#", "readinessProbe": {"httpGet": {"path": "/", "port": 80, "httpHeaders": [{"name": "a", "value": "b"}]}}"#,
                "",
            ),
            true,
        );
        check(
            &file("", r#", "class": "large", "id": "shared-db", "params": {"a": [1, null]}, "metadata": {"x": 1}"#),
            true,
        );
    }

    #[test]
    fn what_is_not_right_or_unusual_is_left() {
        check(&file(r#", "image": "b""#, ""), false);
        check(&file(r#", "variables": {"A": "1", "A": "2"}"#, ""), false);
        check(&file(r#", "variables": {"A": "${resources.no.host}"}"#, ""), false);
        check(&file(r#", "files": []"#, ""), false);
        check(&file(r#", "files": {"/a": {}}"#, ""), false);
        check(&file(r#", "livenessProbe": {}"#, ""), false);
        check(&file(r#", "livenessProbe": null"#, ""), false);
        check(&file(r#", "before": {"main": {"ready": "started"}}"#, ""), false);
        check(&file("", r#", "metadata": null"#), false);
        check(&file("", r#", "params": []"#), false);
        check(&file("", r#", "id": "a.b""#), false);
        check(&file("", r#", "params": {"a": -0}"#), false);
        check("[]", false);
        check("a: 1", false);
    }
}
