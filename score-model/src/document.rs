//! Documents: values that remember where each part of them was written.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use crate::marks::{Mark, Marks, Sort};
use crate::yaml::{self, Entry, Kind, Node, Scalar};
use crate::{Checked, Diagnostic, Diagnostics, Map, Path, Place, Source, Span, Value, json};

/// One document of a YAML or JSON file.
///
/// Cheap to clone. Two documents are equal when they say the same, wherever it was written.
#[derive(Clone, Debug)]
pub struct Document {
    /// The source that it was read from, then those of what was laid over it.
    sources: Vec<Source>,
    /// Read when first asked for, where somebody has read the text already in another way.
    value: OnceLock<Value>,
    /// Made when first asked for, of a second reading: most files have nothing wrong with them.
    marks: OnceLock<Marks>,
    /// As what its source was read.
    form: Form,
    /// Whether something was put in the place of what was read.
    changed: bool,
}

/// As what a text was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// JSON.
    Json,
    /// YAML about which there is nothing to say but its value.
    PlainYaml,
    /// Any YAML.
    Yaml,
}

impl Form {
    /// What a text says, if it is of this form, and there is nothing more to say about it.
    fn read(self, text: &str) -> Option<Value> {
        match self {
            Self::Json => json::read(text),
            Self::PlainYaml => yaml::read_plain(text),
            Self::Yaml => None,
        }
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl Document {
    /// Reads the first document of a file, as the Score tools read YAML (JSON is YAML); see [`yaml`](mod@crate::yaml). Every key given twice, misused tag or merge is reported; a mistake of
    /// syntax ends the reading.
    pub fn parse(source: Source) -> Checked<Self> {
        match Self::read_quickly(&source) {
            Some(document) => Checked::new(document, Diagnostics::new()),
            None => Self::read_wholly(source),
        }
    }

    /// Like [`parse`](Self::parse), by the reader that knows all of YAML.
    pub(crate) fn read_wholly(source: Source) -> Checked<Self> {
        let (node, mut diagnostics) = yaml::read(&source).into_parts();
        match node {
            Some(Some(node)) => {
                let (document, odd) = Self::from_node(source, &node, &mut diagnostics);
                if odd {
                    document.marks();
                }
                Checked::new(document, diagnostics)
            }
            Some(None) => {
                let place = Place::new(source, Span::default());
                diagnostics.push(Diagnostic::error("empty", "there is nothing in this file").at(place));
                Checked::failed(diagnostics)
            }
            None => Checked::failed(diagnostics),
        }
    }

    /// Reads all documents of a file; there may be none.
    pub fn parse_all(source: Source) -> Checked<Vec<Self>> {
        if let Some(document) = Self::read_quickly(&source) {
            return Checked::new(vec![document], Diagnostics::new());
        }
        let (nodes, mut diagnostics) = yaml::read_all(&source).into_parts();
        match nodes {
            Some(nodes) => {
                let documents = nodes.iter().map(|node| {
                    let (document, _) = Self::from_node(source.clone(), node, &mut diagnostics);
                    let marks = Marker::default().marks(node, document.value(), Mark::default());
                    Self { marks: OnceLock::from(marks), ..document }
                });
                let documents = documents.collect();
                Checked::new(documents, diagnostics)
            }
            None => Checked::failed(diagnostics),
        }
    }

    /// The only document of a text that has nothing wrong or unusual in it.
    fn read_quickly(source: &Source) -> Option<Self> {
        [Form::Json, Form::PlainYaml].into_iter().find_map(|form| {
            let value = form.read(source.text())?;
            Some(Self::new(vec![source.clone()], OnceLock::from(value), form))
        })
    }

    /// The document that a node says, and whether that is more than its value says: dates, keys that are no texts.
    fn from_node(source: Source, node: &Node, diagnostics: &mut Diagnostics) -> (Self, bool) {
        let mut builder = Builder { source: &source, diagnostics, shared: HashMap::default(), odd: false };
        let value = builder.build(node);
        let odd = builder.odd;
        (Self::new(vec![source], OnceLock::from(value), Form::Yaml), odd)
    }

    /// A document that no file contains.
    pub fn from_value(value: Value) -> Self {
        Self::new(Vec::new(), OnceLock::from(value), Form::Yaml)
    }

    /// The document of a JSON text that was read already, and found to be good by the rules of [`json::read`].
    pub(crate) fn of_json(source: Source) -> Self {
        Self::new(vec![source], OnceLock::new(), Form::Json)
    }

    /// The same, without what can be read again: for who keeps it in case that somebody asks for a place.
    #[must_use]
    pub fn unread(&self) -> Self {
        if self.form != Form::Yaml && self.is_as_written() {
            return Self::new(self.sources.clone(), OnceLock::new(), self.form);
        }
        self.clone()
    }

    fn new(sources: Vec<Source>, value: OnceLock<Value>, form: Form) -> Self {
        Self { sources, value, marks: OnceLock::new(), form, changed: false }
    }

    /// Whether it was read from a text.
    pub fn was_written(&self) -> bool {
        !self.sources.is_empty()
    }

    /// Whether it says just what its text says: nothing was upgraded, embedded or laid over it.
    pub fn is_as_written(&self) -> bool {
        self.was_written() && !self.changed
    }

    /// What it says.
    pub fn value(&self) -> &Value {
        self.value.get_or_init(|| self.form.read(self.source().text()).unwrap_or_default())
    }

    /// The text it was read from.
    pub fn source(&self) -> &Source {
        // There is always a first source; this spares every caller a case that cannot be.
        static NOTHING: OnceLock<Source> = OnceLock::new();
        self.sources.first().unwrap_or_else(|| NOTHING.get_or_init(|| Source::new("", "")))
    }

    /// Where the value at `path` was written; where there is none, that of what encloses it.
    pub fn place(&self, path: &Path) -> Place {
        self.place_of(self.walk(path).0.value)
    }

    /// Where the last key of `path` was written; where there is none, [`place`](Self::place).
    pub fn key_place(&self, path: &Path) -> Place {
        let (marks, whole) = self.walk(path);
        let has_key = whole && marks.key != Mark::default();
        self.place_of(if has_key { marks.key } else { marks.value })
    }

    /// Where a range of bytes of the text at `path` was written: a placeholder inside a longer text, say. Where that cannot be told, as in a text with escapes, the place of the whole text.
    pub fn place_within(&self, path: &Path, range: Span) -> Place {
        let place = self.place(path);
        let text = self.value().get(path);
        let span = text.as_ref().and_then(Value::as_str).and_then(|text| {
            let written = place.source.text().get(place.span.start..place.span.end)?;
            find_within(text, range, written)
        });
        match span {
            Some(span) => {
                let start = place.span.start;
                Place::new(place.source, Span::new(start + span.start, start + span.end))
            }
            None => place,
        }
    }

    /// The marks at `path`, or of the nearest that encloses it, and whether the whole path leads somewhere.
    fn walk(&self, path: &Path) -> (&Marks, bool) {
        let (mut marks, mut value) = (self.marks(), self.value());
        for key in path.keys() {
            let (Some(below), Some(child)) = (marks.child(value, key), value.child(key)) else { return (marks, false) };
            (marks, value) = (below, child);
        }
        (marks, true)
    }

    /// Adds another document's sources to this one's, and says with which number they begin.
    pub(crate) fn add_sources(&mut self, other: &Self) -> u32 {
        let offset = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        self.sources.extend(other.sources.iter().cloned());
        offset
    }

    /// What is at `path`, and its marks; null where there is nothing.
    pub(crate) fn part(&self, path: &Path) -> (Value, Marks) {
        match self.walk(path) {
            (marks, true) => (self.value().get(path).unwrap_or_default(), marks.clone()),
            (marks, false) => (Value::Null, Marks::new(marks.key, marks.value, Vec::new())),
        }
    }

    /// Puts something else in the place of what is at `path`; nothing happens where there is nothing.
    pub(crate) fn replace(&mut self, path: &Path, value: Value, marks: Marks) {
        self.marks();
        self.value();
        self.changed = true;
        let (Some(mut at), Some(mut at_marks)) = (self.value.get_mut(), self.marks.get_mut()) else { return };
        for key in path.keys() {
            let index = match &*at {
                Value::Map(map) => map.get_index_of(key),
                Value::List(_) => key.parse().ok(),
                _ => None,
            };
            let Some(index) = index else { return };
            let below = match at {
                Value::Map(map) => Arc::make_mut(map).get_index_mut(index).map(|(_, value)| value),
                Value::List(items) => Arc::make_mut(items).get_mut(index),
                _ => None,
            };
            let (Some(below), Some(below_marks)) = (below, Arc::make_mut(&mut at_marks.children).get_mut(index)) else {
                return;
            };
            (at, at_marks) = (below, below_marks);
        }
        (*at, *at_marks) = (value, marks);
    }

    /// The marks, where they are made already: always, where they say anything that the value does not.
    pub(crate) fn known_marks(&self) -> Option<&Marks> {
        self.marks.get()
    }

    pub(crate) fn marks(&self) -> &Marks {
        self.marks.get_or_init(|| {
            let Some(source) = self.sources.first() else { return Marks::blank(self.value()) };
            if self.form == Form::Json {
                return json::marks(source.text());
            }
            let node = yaml::read(source).into_parts().0.flatten();
            node.map(|node| Marker::default().marks(&node, self.value(), Mark::default())).unwrap_or_default()
        })
    }

    pub(crate) fn place_of(&self, mark: Mark) -> Place {
        let source = self.sources.get(mark.source as usize).unwrap_or_else(|| self.source());
        Place::new(source.clone(), mark.span)
    }
}

/// Where the `range` of `text` stands in `written`, its form in the file: there are as many such pieces in one as in the other.
fn find_within(text: &str, range: Span, written: &str) -> Option<Span> {
    let piece = text.get(range.start..range.end).filter(|piece| !piece.is_empty())?;
    let before = text.get(..range.start)?.matches(piece).count();
    let start = written.match_indices(piece).nth(before)?.0;
    (text.matches(piece).count() == written.matches(piece).count()).then(|| Span::new(start, start + piece.len()))
}

/// From what YAML says to a value.
struct Builder<'a> {
    source: &'a Source,
    diagnostics: &'a mut Diagnostics,
    /// What aliases repeat is made once and shared.
    shared: FxHashMap<usize, Value>,
    /// There are dates, or keys that are no texts.
    odd: bool,
}

impl Builder<'_> {
    fn build(&mut self, node: &Node) -> Value {
        let identity = match node.kind() {
            Kind::Scalar(scalar) => return self.scalar(scalar, node.span()),
            kind => identity(kind),
        };
        if let Some(made) = self.shared.get(&identity).filter(|_| node.is_alias()) {
            return made.clone();
        }
        let made = match node.kind() {
            Kind::List(items) => Value::list(items.iter().map(|item| self.build(item))),
            Kind::Map(entries) => self.map(entries),
            Kind::Scalar(_) => Value::Null,
        };
        if node.is_alias() {
            self.shared.insert(identity, made.clone());
        }
        made
    }

    fn map(&mut self, entries: &[Entry]) -> Value {
        let mut map = Map::with_capacity(entries.len());
        for entry in entries {
            self.odd |= is_odd(&entry.key);
            // Of two keys with one text the first stays: it is this map's own, the other came by a merge.
            map.entry(entry.text.clone()).or_insert_with(|| self.build(&entry.value));
        }
        Value::Map(Arc::new(map))
    }

    fn scalar(&mut self, scalar: &Scalar, span: Span) -> Value {
        match scalar {
            Scalar::Null => Value::Null,
            Scalar::Bool(bool) => Value::Bool(*bool),
            Scalar::Number(number) => Value::Number(*number),
            Scalar::String(text) => Value::String(text.clone()),
            Scalar::Timestamp(text) => {
                self.odd = true;
                Value::String(text.clone())
            }
            Scalar::Binary(_) => {
                let place = Place::new(self.source.clone(), span);
                let diagnostic = Diagnostic::error("binary", "these bytes are no UTF-8 text").at(place);
                self.diagnostics.push(diagnostic.help("keep them in base64, as a quoted text without a tag"));
                Value::Null
            }
        }
    }
}

fn is_odd(key: &Node) -> bool {
    !matches!(key.kind(), Kind::Scalar(Scalar::String(_)))
}

/// What is the same for a list or map and its aliases.
fn identity(kind: &Kind) -> usize {
    match kind {
        Kind::List(items) => Arc::as_ptr(items).addr(),
        Kind::Map(entries) => Arc::as_ptr(entries).addr(),
        Kind::Scalar(_) => 0,
    }
}

/// From what YAML says to the marks of its value.
#[derive(Default)]
struct Marker {
    /// What aliases repeat is made once and shared.
    shared: FxHashMap<usize, Arc<Vec<Marks>>>,
}

impl Marker {
    fn marks(&mut self, node: &Node, value: &Value, key: Mark) -> Marks {
        let mut marks = Marks::new(key, Mark::new(node.span()), Vec::new());
        if let Kind::Scalar(scalar) = node.kind() {
            if matches!(scalar, Scalar::Timestamp(_)) {
                marks.sort = Sort::Timestamp;
            }
            return marks;
        }
        let identity = identity(node.kind());
        marks.children = match self.shared.get(&identity).filter(|_| node.is_alias()) {
            Some(made) => made.clone(),
            None => Arc::new(self.children(node, value)),
        };
        if node.is_alias() {
            self.shared.insert(identity, marks.children.clone());
        }
        marks
    }

    fn children(&mut self, node: &Node, value: &Value) -> Vec<Marks> {
        match (node.kind(), value) {
            (Kind::List(items), Value::List(values)) => {
                items.iter().zip(values.iter()).map(|(item, value)| self.marks(item, value, Mark::default())).collect()
            }
            (Kind::Map(entries), Value::Map(map)) => {
                let mut children = Vec::with_capacity(map.len());
                for entry in entries.iter() {
                    // A key that is there already came by a merge.
                    let Some(index) = map.get_index_of(&entry.text) else { continue };
                    let Some((_, value)) = map.get_index(index) else { continue };
                    if index == children.len() {
                        let mut below = self.marks(&entry.value, value, Mark::new(entry.key.span()));
                        below.odd_key = is_odd(&entry.key);
                        children.push(below);
                    }
                }
                children
            }
            _ => Vec::new(),
        }
    }
}
