//! The quick way for JSON that has nothing wrong with it: checked while it is read, with nothing made of it yet.
//!
//! Whatever is not entirely right, or merely unusual, is not understood here; then the usual way says what it is. What is understood here, the usual way understands alike, without a word: a property
//! test says so.

use rustc_hash::FxHashSet;
use serde_json::Number;

use super::Workload;
use crate::json_scan::Scan;
use crate::names::{ID, Name, Rule};
use crate::reference::Target;
use crate::rules::{has, is_base64};
use crate::schema::{self, Field, Object, Shape};
use crate::yaml::MAX_DEPTH;
use crate::{Document, Mode, Source, json};

/// The workload that a JSON text says, if there is not the least to say about it.
pub(super) fn read(source: &Source, mode: Mode) -> Option<Workload> {
    if !json::looks_like_json(source.text()) {
        return None;
    }
    let mut reader = Reader::new(source.text(), mode);
    reader.part(Wanted::Shape(&schema::WORKLOAD))?;
    if reader.scan.peek().is_some() {
        return None;
    }
    let name = Name::new(reader.name).ok()?;
    let document = Document::of_json(source.clone());
    reader.holds_together(&document).then(|| Workload::new(name, document))
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

/// So many keys are quicker compared than hashed.
const FEW: usize = 8;

/// Checks while it reads, and keeps what cannot be judged before all is read.
struct Reader<'t> {
    scan: Scan<'t>,
    mode: Mode,
    name: &'t str,
    /// The containers, each with whether it has a probe.
    containers: Vec<(&'t str, bool)>,
    resources: Names<'t>,
    /// What stands between the braces of placeholders.
    placeholders: Vec<&'t str>,
    /// The same of the sources of volumes.
    sources: Vec<&'t str>,
    /// Which container comes before which, by its number and by name, and whether it must be healthy.
    before: Vec<(usize, &'t str, bool)>,
    /// The keys of the maps that are being read.
    keys: Vec<&'t str>,
}

/// Every step is `None` where it is not quite right: nobody reads what would be said of it.
impl<'t> Reader<'t> {
    fn new(text: &'t str, mode: Mode) -> Self {
        Self {
            scan: Scan::new(text),
            mode,
            name: "",
            containers: Vec::new(),
            resources: Names::default(),
            placeholders: Vec::with_capacity(16),
            sources: Vec::new(),
            before: Vec::new(),
            keys: Vec::with_capacity(16),
        }
    }

    fn part(&mut self, wanted: Wanted) -> Option<()> {
        let first = self.scan.peek()?;
        match (wanted, first) {
            (Wanted::Shape(Shape::Text(rule)), b'"') => self.text(rule),
            (Wanted::Shape(Shape::Object(object)), b'{') => self.object(object),
            (Wanted::Shape(Shape::Map(map)), b'{') => self.map(map),
            (Wanted::Shape(Shape::Open), b'{') => self.open_map(DEPTH, true),
            (Wanted::Shape(Shape::List(item)), b'[') => self.list(Wanted::Shape(item)),
            (Wanted::Shape(Shape::Choice(texts)), b'"') => is(texts.contains(&self.scan.text()?)),
            (Wanted::Shape(Shape::Bool), b't' | b'f') => is(matches!(self.scan.word(), "true" | "false")),
            (Wanted::Shape(Shape::Integer(least, most)), b'-' | b'0'..=b'9') => {
                is((*least..=*most).contains(&self.number()?.as_i64()?))
            }
            (Wanted::Anything { templates, .. }, b'"') => {
                let text = if templates { self.scan.template(&mut self.placeholders) } else { self.scan.text() };
                text.map(|_| ())
            }
            (Wanted::Anything { depth, templates }, b'{') if depth < MAX_DEPTH => self.open_map(depth + 1, templates),
            (Wanted::Anything { depth, templates }, b'[') if depth < MAX_DEPTH => {
                self.list(Wanted::Anything { depth: depth + 1, templates })
            }
            (Wanted::Anything { .. }, b't' | b'f' | b'n') => is(matches!(self.scan.word(), "true" | "false" | "null")),
            (Wanted::Anything { .. }, b'-' | b'0'..=b'9') => self.number().map(|_| ()),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Number> {
        let number: Number = serde_json::from_str(self.scan.word()).ok()?;
        (number.is_i64() || number.is_u64() || !json::is_minus_nought(number.as_f64()?)).then_some(number)
    }

    fn text(&mut self, rule: &'static Rule) -> Option<()> {
        let text = if std::ptr::eq(rule, &schema::TEMPLATE) {
            self.scan.template(&mut self.placeholders)?
        } else if std::ptr::eq(rule, &schema::VOLUME_SOURCE) {
            self.scan.template(&mut self.sources)?
        } else {
            self.scan.text()?
        };
        // A text with escapes is judged as it is written: what a rule says of such characters, it says of the backslash, too.
        is((rule.holds)(text)
            && !(std::ptr::eq(rule, &schema::BASE64) && self.mode == Mode::Strict && !is_base64(text))
            && !(std::ptr::eq(rule, &ID) && text.contains('.')))
    }

    fn list(&mut self, wanted: Wanted) -> Option<()> {
        self.scan.eat(b'[');
        let mut first = true;
        while self.scan.goes_on(b']', first)? {
            self.part(wanted)?;
            first = false;
        }
        Some(())
    }

    /// Whether a map goes on, up to its next key.
    #[inline(always)]
    fn goes_on(&mut self, first: bool) -> Option<bool> {
        let goes_on = self.scan.goes_on(b'}', first)?;
        (!goes_on || self.scan.peek()? == b'"').then_some(goes_on)
    }

    /// The key that comes next, up to its value.
    #[inline(always)]
    fn key(&mut self) -> Option<&'t str> {
        let key = self.scan.plain_text()?;
        self.scan.eat(b':').then_some(key)
    }

    /// Steps over the key that comes next, if it is that of a field: which it is, and its number.
    #[inline(always)]
    fn field(&mut self, object: &'static Object) -> Option<(usize, &'static Field)> {
        object.fields.iter().enumerate().find(|(_, field)| self.scan.eat_text(field.name))
    }

    fn open_map(&mut self, depth: usize, templates: bool) -> Option<()> {
        self.scan.eat(b'{');
        let start = self.keys.len();
        while self.goes_on(self.keys.len() == start)? {
            let key = self.key()?;
            self.keys.push(key);
            self.part(Wanted::Anything { depth, templates })?;
        }
        self.close(start)
    }

    /// The keys of a map are all read.
    fn close(&mut self, start: usize) -> Option<()> {
        if self.keys.len() == start {
            return Some(());
        }
        let unique = are_unique(self.keys.get(start..).unwrap_or_default());
        self.keys.truncate(start);
        is(unique)
    }

    fn map(&mut self, map: &'static schema::Map) -> Option<()> {
        self.scan.eat(b'{');
        let start = self.keys.len();
        let is_of = |object: &'static Object| matches!(map.values, Shape::Object(of) if std::ptr::eq(*of, object));
        let (containers, resources) = (is_of(&schema::CONTAINER), is_of(&schema::RESOURCE));
        let before = is_of(&schema::BEFORE);
        while self.goes_on(self.keys.len() == start)? {
            let key = self.key()?;
            is(map.keys.is_none_or(|rule| (rule.holds)(key)))?;
            if containers {
                self.containers.push((key, false));
            } else if before {
                self.before.push((self.containers.len().saturating_sub(1), key, false));
            }
            self.keys.push(key);
            self.part(Wanted::Shape(map.values))?;
        }
        let keys = self.keys.get(start..).unwrap_or_default();
        is(keys.len() >= map.least)?;
        if resources {
            let names = Names::unique(keys);
            self.keys.truncate(start);
            self.resources = names?;
            return Some(());
        }
        self.close(start)
    }

    fn object(&mut self, object: &'static Object) -> Option<()> {
        self.scan.eat(b'{');
        let start = self.keys.len();
        let placeholders = self.placeholders.len();
        let is = |other: &'static Object| std::ptr::eq(object, other);
        let seen_again = is(&schema::METADATA) || is(&schema::FILE) || is(&schema::BEFORE);
        let (mut given, mut unexpanded, mut first) = (0_u32, false, true);
        while self.goes_on(first)? {
            first = false;
            let Some((index, field)) = self.field(object) else {
                object.open.then_some(())?;
                let key = self.key()?;
                self.keys.push(key);
                self.part(Wanted::Anything { depth: DEPTH, templates: false })?;
                continue;
            };
            self.scan.eat(b':').then_some(())?;
            (given & 1 << index == 0).then_some(())?;
            given |= 1 << index;
            if !seen_again {
                self.part(Wanted::Shape(&field.shape))?;
                continue;
            }
            let next = self.scan.peek()?;
            let value = self.scan.at();
            self.part(Wanted::Shape(&field.shape))?;
            match field.name {
                "name" if is(&schema::METADATA) => self.name = self.scan.again(value)?,
                "noExpand" => unexpanded = next == b't',
                "ready" => self.before.last_mut()?.2 = self.scan.again(value)? == "healthy",
                _ => {}
            }
        }
        if unexpanded {
            self.placeholders.truncate(placeholders);
        }
        let has = |name: &str| field(object, name).is_some_and(|(index, _)| given & 1 << index != 0);
        if is(&schema::CONTAINER) && (has("livenessProbe") || has("readinessProbe")) {
            self.containers.last_mut()?.1 = true;
        }
        let required = object.fields.iter().enumerate().all(|(index, f)| !f.required || given & 1 << index != 0);
        let one = object.one_of.is_empty() || object.one_of.iter().filter(|name| has(name)).count() == 1;
        let any = object.any_of.is_empty() || self.mode != Mode::Strict || object.any_of.iter().any(|name| has(name));
        if required && one && any { self.close(start) } else { None }
    }

    /// Whether a placeholder is of the usual form `resources.NAME.OUTPUT`, and there is such a resource.
    fn is_output(&self, inner: &str) -> bool {
        let Some(path) = inner.strip_prefix("resources.") else { return false };
        let Some(dot) = path.bytes().position(|byte| byte == b'.') else { return false };
        let (name, output) = path.split_at(dot);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        output.len() > 1 && output.bytes().skip(1).all(plain) && self.resources.has(name)
    }

    /// Whether placeholders mean something, and containers come one before the other.
    fn holds_together(&self, document: &Document) -> bool {
        let means_something = |inner: &str, takes_resources: bool| match Target::of(inner, self.mode) {
            Ok(Target::Resource { name, whole }) => {
                self.resources.has(&name) && (!whole || takes_resources || self.mode != Mode::Strict)
            }
            Ok(Target::Metadata) => {
                let there = || document.value().child("metadata").is_some_and(|metadata| has(metadata, inner));
                self.mode != Mode::Strict || inner == "metadata.name" || there()
            }
            Err(_) => false,
        };
        // A name is demanded anyway.
        let is_plain = |inner: &str| inner == "metadata.name" || self.is_output(inner);
        self.placeholders.iter().all(|inner| is_plain(inner) || means_something(inner, false))
            && self.sources.iter().all(|inner| means_something(inner, true))
            && self.before.iter().all(|(container, target, healthy)| {
                let target = self.containers.iter().position(|(name, _)| name == target);
                // That it comes before what comes before nothing is enough; longer chains go the usual way.
                target.is_some_and(|target| self.before.iter().all(|(other, ..)| *other != target))
                    && (!healthy || self.containers.get(*container).is_some_and(|(_, probed)| *probed))
            })
    }
}

/// The names of resources.
#[derive(Default)]
struct Names<'t> {
    /// At most [`FEW`].
    few: Vec<&'t str>,
    /// Those of more.
    many: FxHashSet<&'t str>,
}

impl<'t> Names<'t> {
    /// These names, if none is given twice.
    fn unique(names: &[&'t str]) -> Option<Self> {
        if names.len() <= FEW {
            return are_unique(names).then(|| Self { few: names.to_vec(), many: FxHashSet::default() });
        }
        let many: FxHashSet<&str> = names.iter().copied().collect();
        (many.len() == names.len()).then_some(Self { few: Vec::new(), many })
    }

    fn has(&self, name: &str) -> bool {
        self.few.contains(&name) || (!self.many.is_empty() && self.many.contains(name))
    }
}

fn is(good: bool) -> Option<()> {
    good.then_some(())
}

fn are_unique(keys: &[&str]) -> bool {
    if keys.len() <= FEW {
        return keys.iter().enumerate().all(|(index, key)| !keys.iter().take(index).any(|other| other == key));
    }
    let mut seen = FxHashSet::with_capacity_and_hasher(keys.len(), Default::default());
    keys.iter().all(|key| seen.insert(*key))
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
            &file(
                r#", "variables": {"A": "$ $$ $${a} $$${resources.db.host} $${a", "B": "\"${metadata.name}\"", "C": "$"}"#,
                "",
            ),
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
        check(&file(r#", "variables": {"A": "${resources.db}"}"#, ""), false);
        check(&file(r#", "variables": {"A": "${resources.db.host"}"#, ""), false);
        check(&file(r#", "variables": {"A": 1}"#, ""), false);
        check(&file(r#", "variables": {"A": "\u12"}"#, ""), false);
        check(&file(r#", "variables": {"A": "a $${} $$ ${resources.no.host}"}"#, ""), false);
        check(&file(r#", "variables": {"A": "${resources.d\u0062.host}"}"#, ""), false);
        check(&file(r#", "args": ["a",]"#, ""), false);
        check(&file(r#", "args": [,]"#, ""), false);
        check(&file("", r#", "metadata" "x": {}"#), false);
        check(&file("", "").replace(r#""name": "shop""#, r#""name" "shop""#), false);
        check(&file("", "").replace(r#""name": "shop""#, r#""name" ": "shop""#), false);
        check(&file(r#", "files": []"#, ""), false);
        check(&file(r#", "files": {"/a": {}}"#, ""), false);
        check(&file(r#", "livenessProbe": {}"#, ""), false);
        check(&file(r#", "livenessProbe": null"#, ""), false);
        check(&file(r#", "before": {"main": {"ready": "started"}}"#, ""), false);
        check(&file("", r#", "metadata": null"#), false);
        check(&file("", r#", "params": []"#), false);
        check(&file("", r#", "id": "a.b""#), false);
        check(&file("", r#", "params": {"a": -0}"#), false);
        check(&file("", r#", "params": {"a": 01}"#), false);
        check(&file("", r#", "params": {"a": 1e}"#), false);
        check(&file("", r#", "params": {"a": nul}"#), false);
        check(&file("", r#", "params": {"a" 1}"#), false);
        check(&file("", r#", "params": {a: 1}"#), false);
        check("[]", false);
        check("a: 1", false);
    }
}
