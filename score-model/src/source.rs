//! Texts that people wrote, and places in them.

use std::fmt;
use std::sync::Arc;

use crate::{Checked, Diagnostic, Diagnostics};

/// A text with the name it is shown under: the path of a file as it was given.
///
/// Cheap to clone. Two sources are equal when name and text are.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// What messages do not show.
    hidden: Option<Arc<[Span]>>,
}

impl Source {
    /// A source called `name` that contains `text`.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into(), hidden: None }
    }

    /// A source called `name` from the bytes of a file: UTF-8, or UTF-16 with a byte-order mark. Bytes that are neither are an error with their place.
    pub fn from_bytes(name: impl Into<Arc<str>>, bytes: &[u8]) -> Checked<Self> {
        let name = name.into();
        let utf16 = |from: fn([u8; 2]) -> u16| {
            let units = bytes.chunks_exact(2).filter_map(|pair| Some(from(pair.try_into().ok()?)));
            if bytes.len().is_multiple_of(2) {
                char::decode_utf16(units).collect::<Result<String, _>>().ok()
            } else {
                None
            }
        };
        let text = match bytes {
            [0xff, 0xfe, ..] => utf16(u16::from_le_bytes),
            [0xfe, 0xff, ..] => utf16(u16::from_be_bytes),
            _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
        };
        match text {
            Some(text) => Checked::new(Self::new(name, text), Diagnostics::new()),
            None => {
                let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
                let source = Self::new(name, String::from_utf8_lossy(bytes).into_owned());
                let place = Place::new(source, Span::new(valid, valid));
                let diagnostic = Diagnostic::error("encoding", "this file is not UTF-8 from here on").at(place);
                Checked::failed(diagnostic.help("save it as UTF-8").into())
            }
        }
    }

    /// The same, with parts that messages which show a line of it cover: secrets.
    #[must_use]
    pub fn hiding(self, parts: impl IntoIterator<Item = Span>) -> Self {
        Self { hidden: Some(parts.into_iter().collect()), ..self }
    }

    /// The name under which messages show this source.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole text, to be kept.
    pub fn shared_text(&self) -> Arc<str> {
        self.text.clone()
    }

    /// Line and column, both from 1, of a byte offset; columns count characters, a byte-order mark is none. An offset past the end is the end.
    ///
    /// Costs a scan of the text up to the offset.
    pub fn position(&self, offset: usize) -> Position {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = without_mark(&self.text[..end]);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        Position { line, column }
    }

    /// The text of a line, from 1, without its end and without a byte-order mark; `None` where there is no such line.
    pub fn line(&self, line: usize) -> Option<&str> {
        without_mark(&self.text).lines().nth(line.checked_sub(1)?)
    }

    /// A line, from 1, as messages show it: as many characters, those of hidden parts covered, control characters blank.
    pub(crate) fn shown_line(&self, line: usize) -> Option<String> {
        let text = self.line(line)?;
        let start = text.as_ptr() as usize - self.text.as_ptr() as usize;
        let is_hidden =
            |at: usize| self.hidden.iter().flat_map(|parts| &**parts).any(|part| (part.start..part.end).contains(&at));
        let shown = text.char_indices().map(|(at, c)| match c {
            _ if is_hidden(start + at) => '•',
            c if c.is_control() => ' ',
            c => c,
        });
        Some(shown.collect())
    }
}

/// A text as people see it: without the byte-order mark that some editors begin it with.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({:?}, {} bytes)", self.name, self.text.len())
    }
}

/// A range of bytes in a source: from `start` up to, without, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` up to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// Line and column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// A span of a source: where something was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The text it is in.
    pub source: Source,
    /// Where in the text.
    pub span: Span,
}

impl Place {
    /// The `span` of `source`.
    pub fn new(source: Source, span: Span) -> Self {
        Self { source, span }
    }

    /// Line and column of the start.
    pub fn position(&self) -> Position {
        self.source.position(self.span.start)
    }
}

/// Written `FILE:LINE:COLUMN`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position();
        write!(f, "{}:{line}:{column}", self.source.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, offset: usize, line: usize, column: usize) {
        assert_eq!(Source::new("a.yaml", text).position(offset), Position { line, column });
    }

    #[test]
    fn hidden_parts_are_covered_where_a_line_is_shown() {
        let text = "a: \u{e9}\nb: {c: geheim, d:\t1}\n";
        let source = Source::new("a.yaml", text);
        let hiding = source.clone().hiding([Span::new(13, 19)]);
        assert_eq!(source.shown_line(2).as_deref(), Some("b: {c: geheim, d: 1}"));
        assert_eq!(hiding.shown_line(2).as_deref(), Some("b: {c: ••••••, d: 1}"));
        assert_eq!(hiding.shown_line(1).as_deref(), Some("a: é"));
        assert_eq!(hiding.shown_line(3), None);
        let marked = Source::new("a.yaml", format!("\u{feff}{text}"));
        assert_eq!(marked.shown_line(1).as_deref(), Some("a: é"));
        let hiding = marked.hiding([Span::new(16, 22)]);
        assert_eq!(hiding.shown_line(2).as_deref(), Some("b: {c: ••••••, d: 1}"));
    }

    #[test]
    fn positions_count_characters_from_one() {
        check("", 0, 1, 1);
        check("ab\ncd", 0, 1, 1);
        check("ab\ncd", 2, 1, 3);
        check("ab\ncd", 3, 2, 1);
        check("é: x", 4, 1, 4);
        check("é", 1, 1, 1);
        check("ab", 99, 1, 3);
        check("\u{feff}ab\ncd", 0, 1, 1);
        check("\u{feff}ab\ncd", 4, 1, 2);
        check("\u{feff}ab\ncd", 7, 2, 2);
    }
}
