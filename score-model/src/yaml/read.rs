//! From the events of a YAML text to a tree, by yaml.v3's rules.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, StrInput, StructureStyle};
use rustc_hash::{FxHashMap, FxHashSet};

use super::scalar::{self, Scalar, Tag};
use super::{breaks, syntax};
use crate::{Checked, Diagnostic, Diagnostics, Place, Source, Span};

/// How deep a document may nest, aliases followed.
pub const MAX_DEPTH: usize = 100;

/// A part of a YAML document, aliases and merge keys resolved. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    kind: Kind,
    span: Span,
    /// Levels of lists and maps in it, its own included.
    height: u8,
    /// Nodes in it, those behind aliases counted each time.
    size: u32,
    alias: bool,
}

/// What a [`Node`] is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// Something that contains nothing else.
    Scalar(Scalar),
    /// A list.
    List(Arc<Vec<Node>>),
    /// A map, in the order written; what merge keys bring comes last. Of keys that mean the same (`1` and `0x1`) the last counts.
    Map(Arc<Vec<Entry>>),
}

/// A key of a map and what it leads to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The key: a scalar.
    pub key: Node,
    /// The text of the key: as it was written, unquoted.
    pub text: Arc<str>,
    /// What it leads to.
    pub value: Node,
}

impl Node {
    /// What it is.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Where it was written; of an alias, where the alias is.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whether it was written as an alias.
    pub(crate) fn is_alias(&self) -> bool {
        self.alias
    }

    fn scalar(scalar: Scalar, span: Span) -> Self {
        Self { kind: Kind::Scalar(scalar), span, height: 0, size: 1, alias: false }
    }
}

/// Reads the first document of a text; `None` where there is none. What follows the first document is not read.
///
/// A key given twice, a merge of what is no map and the like are reported all at once, beside what the rest says; a mistake of syntax ends the reading.
pub fn read(source: &Source) -> Checked<Option<Node>> {
    let masked = breaks::masked(source.text());
    let mut reader = Reader::new(source, &masked);
    let node = reader.document();
    reader.finish(node)
}

/// Reads all documents of a text.
pub fn read_all(source: &Source) -> Checked<Vec<Node>> {
    let masked = breaks::masked(source.text());
    let mut reader = Reader::new(source, &masked);
    let mut nodes = Vec::new();
    while let Some(node) = reader.document() {
        nodes.push(node);
    }
    reader.finish(nodes)
}

struct Reader<'t> {
    source: &'t Source,
    /// Bytes of a byte-order mark before what the parser sees.
    skipped: usize,
    parser: Parser<'t, StrInput<'t>>,
    /// Marks of masked line breaks in what the parser sees.
    marks: Option<&'t breaks::Marks>,
    anchors: FxHashMap<usize, Option<Node>>,
    decoded: u64,
    aliased: u64,
    diagnostics: Diagnostics,
    /// The text cannot be read any further.
    broken: bool,
}

/// A collection whose end was not seen yet.
struct Open {
    start: usize,
    flow: bool,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Raw>, key: Option<Key> },
}

/// A key as written.
struct Key {
    node: Node,
    text: Arc<str>,
    /// Keys with the same sort and text are one key given twice.
    sort: Sort,
    merge: bool,
    string: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Sort {
    Scalar,
    Alias,
    List,
    Map,
}

struct Raw {
    key: Key,
    value: Node,
}

impl<'t> Reader<'t> {
    fn new(source: &'t Source, masked: &'t breaks::Masked<'_>) -> Self {
        let text = masked.text.strip_prefix('\u{feff}').unwrap_or(&masked.text);
        let mut options = granit_parser::options! {
            block_scalar_eof_without_line_feed: true,
            bom_inside_document_as_content: true,
            emit_anchor_events: true,
            flow_nesting_limit: MAX_DEPTH + 2,
            block_nesting_limit: MAX_DEPTH + 2,
        };
        options.set_emit_comments(false);
        let mut reader = Self {
            source,
            skipped: source.text().len() - text.len(),
            parser: Parser::new_from_str_with_options(text, options),
            marks: masked.marks.as_ref(),
            anchors: HashMap::default(),
            decoded: 0,
            aliased: 0,
            diagnostics: Diagnostics::new(),
            broken: false,
        };
        if let Some((offset, message, help)) = syntax::forbidden_character(source.text()) {
            reader.fail(Span::new(offset, offset + 1), message, help);
        }
        if let Some(offset) = masked.unmarked {
            reader.refuse_separator(Span::new(offset, offset + 3));
        }
        reader
    }

    fn finish<T>(self, value: T) -> Checked<T> {
        if self.broken { Checked::failed(self.diagnostics) } else { Checked::new(value, self.diagnostics) }
    }

    fn report(&mut self, code: &'static str, span: Span, message: String, help: &str) {
        let mut diagnostic = Diagnostic::error(code, message).at(Place::new(self.source.clone(), span));
        if !help.is_empty() {
            diagnostic = diagnostic.help(help);
        }
        self.diagnostics.push(diagnostic);
    }

    fn fail(&mut self, span: Span, message: String, help: &str) {
        self.report("syntax", span, message, help);
        self.broken = true;
    }

    fn next(&mut self) -> Option<(Event<'t>, Span)> {
        if self.broken {
            return None;
        }
        match self.parser.next_event()? {
            Ok((event, span)) => {
                let offset = |marker: &granit_parser::Marker| marker.byte_offset().unwrap_or_default() + self.skipped;
                let span = Span::new(offset(&span.start), offset(&span.end));
                Some((event, span))
            }
            Err(error) => {
                let offset = error.marker().byte_offset().unwrap_or_default() + self.skipped;
                let (span, message, help) = syntax::explain(self.source.text(), offset, &error);
                self.fail(span, message, &help);
                None
            }
        }
    }

    /// The next document; `None` at the end of the text or where it is broken.
    fn document(&mut self) -> Option<Node> {
        self.anchors.clear();
        (self.decoded, self.aliased) = (0, 0);
        let mut open: Vec<Open> = Vec::new();
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            let (anchor, key) = match event {
                Event::StreamEnd => return None,
                Event::DocumentEnd => return Some(root.unwrap_or(Node::scalar(Scalar::Null, span))),
                Event::Scalar(text, style, anchor, tag) => {
                    self.refuse_misread(&text, style, tag.is_some(), span, open.last());
                    let key = self.scalar(&text, style, tag.as_deref(), span);
                    (anchor, key)
                }
                Event::SequenceStart(style, anchor, _) | Event::MappingStart(style, anchor, _) => {
                    self.count(1, 0);
                    if anchor > 0 {
                        self.anchors.insert(anchor, None);
                    }
                    if open.len() >= MAX_DEPTH {
                        self.too_deep(span);
                        return None;
                    }
                    let content = match event {
                        Event::SequenceStart(..) => Content::List(Vec::new()),
                        _ => Content::Map { entries: Vec::new(), key: None },
                    };
                    let flow = style == StructureStyle::Flow;
                    open.push(Open { start: span.start, flow, anchor, content });
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Some(Open { start, flow, anchor, content }) = open.pop() else { continue };
                    let span = Span::new(start, span.end.max(start));
                    self.refuse_nothing(flow, &content);
                    let (node, sort) = match content {
                        Content::List(items) => (self.list(items, span), Sort::List),
                        Content::Map { entries, .. } => (self.map(entries, span), Sort::Map),
                    };
                    let key = Key { node, text: Arc::from(""), sort, merge: false, string: false };
                    (anchor, key)
                }
                Event::Alias(id) => (0, self.alias(id, span)?),
                Event::Anchor(_, name) => {
                    self.refuse_name(&name, span);
                    continue;
                }
                _ => continue,
            };
            if anchor > 0 {
                self.anchors.insert(anchor, Some(key.node.clone()));
            }
            match open.last_mut().map(|open| &mut open.content) {
                None => root = Some(key.node),
                Some(Content::List(items)) => items.push(key.node),
                Some(Content::Map { entries, key: pending }) => match pending.take() {
                    None => {
                        if matches!(key.node.kind, Kind::Scalar(_)) {
                            *pending = Some(key);
                        } else {
                            let span = key.node.span;
                            *pending = Some(key);
                            self.report(
                                "invalid-key",
                                span,
                                "a list or map cannot be a key".to_owned(),
                                "quote the key; a text that begins with `{` or `[` needs quotes too",
                            );
                        }
                    }
                    Some(pending) => entries.push(Raw { key: pending, value: key.node }),
                },
            }
            if open.last().is_some_and(|open| open.anchor == 0) && self.aliased > 0 && !self.alias_ratio_is_sane() {
                self.report("alias-bomb", span, "the document repeats too much through aliases".to_owned(), "");
                self.broken = true;
                return None;
            }
        }
    }

    /// Refuses what the parser and yaml.v3 read as different things.
    fn refuse_misread(&mut self, text: &str, style: ScalarStyle, tagged: bool, span: Span, open: Option<&Open>) {
        let written = self.source.text();
        match (open, style) {
            (None, ScalarStyle::Literal | ScalarStyle::Folded)
                if !text.is_empty() && written.get(..span.start).is_some_and(|before| before.ends_with(LINE_ENDS)) =>
            {
                self.fail(span, "a block text must be indented".to_owned(), "indent each of its lines");
            }
            (Some(open), ScalarStyle::Plain) if open.flow => {
                let key = match &open.content {
                    Content::Map { key: Some(key), .. } if span.start == span.end => Some(key.node.span),
                    _ => None,
                };
                let glued = key.is_some_and(|key| {
                    let from = |at: usize| written.get(at..).unwrap_or_default();
                    [":,", ":}", ":]"].iter().any(|glued| from(key.end).starts_with(glued))
                        && !from(key.start).starts_with(['"', '\''])
                });
                let comma = tagged && written.get(span.start..).is_some_and(|rest| rest.starts_with(','));
                if comma && !written.get(..span.start).is_some_and(|before| before.ends_with(BLANKS)) {
                    let message = "a comma glued to a tag is ambiguous between brackets".to_owned();
                    self.fail(span, message, "put a blank before the comma, or quote the text if it begins with `!`");
                }
                if glued || text.starts_with(['?', ':']) {
                    let message = "a `?` or `:` glued to a text is ambiguous between brackets".to_owned();
                    self.fail(span, message, "put the text in quotes, and a blank after the `:` of a key");
                }
            }
            _ => {}
        }
    }

    /// Refuses `?` with neither key nor value between brackets, of which yaml.v3 reads more.
    fn refuse_nothing(&mut self, flow: bool, content: &Content) {
        let Content::Map { entries, .. } = content else { return };
        let absent = |node: &Node| node.span.start == node.span.end && node.kind == Kind::Scalar(Scalar::Null);
        if let (true, [Raw { key, value }]) = (flow, entries.as_slice())
            && absent(&key.node)
            && absent(value)
        {
            let message = "a `?` without a key is ambiguous between brackets".to_owned();
            self.fail(key.node.span, message, "write the key, or put the text in quotes if it begins with `?`");
        }
    }

    /// Refuses names of anchors and aliases that end elsewhere in yaml.v3: `&a:` is the anchor `a` of a key there.
    fn refuse_name(&mut self, name: &str, span: Span) {
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
            let message = "the name of an anchor has letters, digits, `_` and `-` only".to_owned();
            self.fail(span, message, "rename it, and write a blank after it");
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&granit_parser::Tag>, span: Span) -> Key {
        self.count(1, 0);
        let plain = style == ScalarStyle::Plain;
        let text = if plain && span.start == span.end { "" } else { text };
        let unmarked = self.without_marks(text, style, tag, span);
        let text = unmarked.as_deref().unwrap_or(text);
        let tag = tag.and_then(|tag| {
            let full = format!("{}{}", tag.handle(), tag.suffix());
            match full.strip_prefix("tag:yaml.org,2002:") {
                Some(name) => Some(Tag::core(name)),
                None if full == "!" => None,
                None => Some(Tag::Other),
            }
        });
        let shared: Arc<str> = Arc::from(text);
        let merge = text == "<<" && (tag == Some(Tag::Merge) || (plain && tag.is_none()));
        let scalar = match tag {
            None if !plain => Ok(Scalar::String(shared.clone())),
            None => Ok(scalar::plain(text, true).unwrap_or_else(|| Scalar::String(shared.clone()))),
            tag => scalar::resolve(text, tag),
        };
        let scalar = scalar.unwrap_or_else(|message| {
            self.report("tag", span, message, "remove the tag, or write a value that fits it");
            Scalar::Null
        });
        let string = matches!(scalar, Scalar::String(_)) && !merge;
        Key { node: Node::scalar(scalar, span), text: shared, sort: Sort::Scalar, merge, string }
    }

    /// A text in which the masking of line breaks left marks, without them.
    fn without_marks(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&granit_parser::Tag>,
        span: Span,
    ) -> Option<String> {
        let marks = self.marks?;
        let tagged = tag.is_some_and(|tag| marks.are_in(tag.suffix()));
        if !tagged && !marks.are_in(text) {
            return None;
        }
        let written = self.source.text().get(span.start..span.end).unwrap_or_default();
        let unmarked = marks.undone(text, style, written).filter(|_| !tagged);
        if unmarked.is_none() {
            self.refuse_separator(span);
        }
        unmarked
    }

    fn refuse_separator(&mut self, span: Span) {
        let message = "a line or paragraph separator (U+2028, U+2029) cannot stand here".to_owned();
        self.fail(span, message, "write it in double quotes as `\\u2028` or `\\u2029`");
    }

    fn alias(&mut self, id: usize, span: Span) -> Option<Key> {
        let name: Arc<str> = self.source.text().get(span.start..span.end).unwrap_or_default().into();
        self.refuse_name(name.trim_start_matches('*'), span);
        let Some(Some(target)) = self.anchors.get(&id) else {
            self.report("alias", span, format!("`{name}` stands inside what it repeats"), "");
            self.broken = true;
            return None;
        };
        let mut node = target.clone();
        (node.span, node.alias) = (span, true);
        let string = matches!(node.kind, Kind::Scalar(Scalar::String(_)));
        self.count(1 + u64::from(node.size), u64::from(node.size));
        node.size = node.size.saturating_add(1);
        Some(Key { node, text: name, sort: Sort::Alias, merge: false, string })
    }

    fn count(&mut self, decoded: u64, aliased: u64) {
        self.decoded = self.decoded.saturating_add(decoded);
        self.aliased = self.aliased.saturating_add(aliased);
    }

    /// yaml.v3's limit: of many decoded nodes only a part may come from aliases, the smaller the more there are.
    fn alias_ratio_is_sane(&self) -> bool {
        const LOW: f64 = 400_000.0;
        const HIGH: f64 = 4_000_000.0;
        if self.aliased <= 100 || self.decoded <= 1000 {
            return true;
        }
        let decoded = self.decoded as f64;
        let allowed = if decoded <= LOW {
            0.99
        } else if decoded >= HIGH {
            0.10
        } else {
            0.99 - 0.89 * (decoded - LOW) / (HIGH - LOW)
        };
        self.aliased as f64 / decoded <= allowed
    }

    fn too_deep(&mut self, span: Span) {
        self.report("depth", span, format!("nested more than {MAX_DEPTH} levels deep"), "");
        self.broken = true;
    }

    fn list(&mut self, items: Vec<Node>, span: Span) -> Node {
        let below = items.iter().map(|item| item.height).max().unwrap_or_default();
        let size = items.iter().fold(1, |sum: u32, item| sum.saturating_add(item.size));
        self.collection(Kind::List(Arc::new(items)), span, below, size)
    }

    fn collection(&mut self, kind: Kind, span: Span, below: u8, size: u32) -> Node {
        if usize::from(below) >= MAX_DEPTH {
            self.too_deep(span);
        }
        Node { kind, span, height: below.saturating_add(1), size, alias: false }
    }

    fn map(&mut self, raw: Vec<Raw>, span: Span) -> Node {
        self.refuse_duplicates(&raw);
        let all_strings = raw.iter().all(|raw| raw.key.merge || raw.key.string);
        let mut entries = Vec::with_capacity(raw.len());
        let mut merged = None;
        for Raw { key, value } in raw {
            if key.merge {
                merged = Some(value);
            } else {
                let text = match &key.node.kind {
                    Kind::Scalar(Scalar::String(text)) => text.clone(),
                    Kind::Scalar(scalar) if key.sort == Sort::Alias => scalar.to_string().into(),
                    _ => key.text,
                };
                entries.push(Entry { key: key.node, text, value });
            }
        }
        if let Some(merged) = merged {
            self.merge(&mut entries, &merged, all_strings);
        }
        let below = entries.iter().map(|entry| entry.value.height).max().unwrap_or_default();
        let size = entries.iter().fold(1, |sum: u32, entry| sum.saturating_add(1).saturating_add(entry.value.size));
        self.collection(Kind::Map(Arc::new(entries)), span, below, size)
    }

    /// Adds what the value of a merge key brings and is not there yet.
    fn merge(&mut self, entries: &mut Vec<Entry>, value: &Node, all_strings: bool) {
        let mut there: FxHashSet<(u8, Arc<str>)> = entries.iter().map(identity).collect();
        for entry in self.merge_sources(value).iter().flat_map(|source| source.iter()) {
            let mut entry = entry.clone();
            if all_strings && !matches!(entry.key.kind, Kind::Scalar(Scalar::String(_))) {
                if matches!(entry.key.kind, Kind::Scalar(Scalar::Null)) {
                    continue;
                }
                entry.key.kind = Kind::Scalar(Scalar::String(entry.text.clone()));
            }
            if there.insert(identity(&entry)) {
                entries.push(entry);
            }
        }
    }

    fn refuse_duplicates(&mut self, raw: &[Raw]) {
        // Comparing each with each is quicker than hashing while there are few.
        let few = raw.len() <= 8;
        let same = |a: &Raw, b: &Raw| a.key.sort == b.key.sort && a.key.text == b.key.text;
        if few && raw.iter().enumerate().all(|(index, a)| !raw.iter().take(index).any(|b| same(a, b))) {
            return;
        }
        let mut seen: FxHashMap<(Sort, &str), Span> = FxHashMap::default();
        seen.reserve(raw.len());
        for Raw { key, .. } in raw {
            let first = *seen.entry((key.sort, &key.text)).or_insert(key.node.span);
            if first != key.node.span {
                let position = self.source.position(first.start);
                self.report(
                    "duplicate-key",
                    key.node.span,
                    format!("the key `{}` is given twice, first in line {}", key.text, position.line),
                    "remove one of the two, or give it another name",
                );
            }
        }
    }

    /// The maps that the value of a merge key brings.
    fn merge_sources(&mut self, value: &Node) -> Vec<Arc<Vec<Entry>>> {
        let maps = match &value.kind {
            Kind::Map(entries) => Some(vec![entries.clone()]),
            Kind::List(items) if !value.alias => items
                .iter()
                .map(|item| match &item.kind {
                    Kind::Map(entries) => Some(entries.clone()),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        maps.unwrap_or_else(|| {
            self.report(
                "merge",
                value.span,
                "the merge key `<<` needs a map, an alias of a map or a list of these".to_owned(),
                "quote the key (`\"<<\"`) if it is meant as a name",
            );
            Vec::new()
        })
    }
}

/// What ends a line in yaml.v3.
const LINE_ENDS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// What parts a tag from what follows it.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// Two keys are one when this is the same: the kind, and what it says.
fn identity(entry: &Entry) -> (u8, Arc<str>) {
    let Kind::Scalar(scalar) = &entry.key.kind else { return (9, Arc::from("")) };
    let kind = match scalar {
        Scalar::String(_) => 0,
        Scalar::Null => 1,
        Scalar::Bool(_) => 2,
        Scalar::Number(_) => 3,
        Scalar::Timestamp(_) => 4,
        Scalar::Binary(_) => 5,
    };
    (kind, scalar.to_string().into())
}
