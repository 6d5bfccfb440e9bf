//! The YAML that people and programs mostly write, read in one pass for what it says.
//!
//! Understood are block maps and lists, texts on one line, brackets closed on their line, and literal texts (`|`). Whatever else there is (anchors, tags, tabs, folded texts, a second document, dates,
//! keys that are no texts or given twice, mistakes), nothing is read at all: that is left to the reader that knows the whole language. So nothing here decides what YAML means; a test holds the two
//! against each other.

use std::borrow::Cow;
use std::sync::Arc;

use super::scalar::{self, Scalar};
use crate::shared_text::shared_key;
use crate::{Map, Value};

/// Deeper texts are left to the other reader, which also knows where to stop.
const MAX_DEPTH: usize = 64;

/// What a text says; `None` where it is not all of the kind that is understood here, or there is more to say about it.
pub(crate) fn read(text: &str) -> Option<Value> {
    // Brackets at the beginning are most often JSON, for which there is a better reader.
    if !is_plain(text) || text.trim_start_matches([' ', '\n']).starts_with(['{', '[']) {
        return None;
    }
    let (items, entries) = (Vec::new(), Vec::new());
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, column: NOWHERE, items, entries };
    reader.document()
}

/// Whether all characters may stand in a YAML text as they are, and none is a tab or carriage return.
fn is_plain(text: &str) -> bool {
    // Without an early end, many bytes are looked at together.
    let usual = text.bytes().fold(true, |usual, byte| usual & (matches!(byte, b' '..=b'~') | (byte == b'\n')));
    usual
        || text.chars().all(|c| match c {
            '\n' | ' '..='~' => true,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => false,
            c => c >= '\u{a0}',
        })
}

/// Whether a text between brackets ends before this.
fn is_bracket(byte: u8) -> bool {
    matches!(byte, b',' | b'[' | b']' | b'{' | b'}')
}

/// What a text means that stands without quotes, up to the blanks at its end; `None` where a value does not say it all.
fn plain(text: &str) -> Option<Value> {
    let text = text.trim_end_matches(' ');
    match scalar::plain(text, true) {
        None => Some(Value::String(Arc::from(text))),
        Some(Scalar::Null) => Some(Value::Null),
        Some(Scalar::Bool(bool)) => Some(Value::Bool(bool)),
        Some(Scalar::Number(number)) => Some(Value::Number(number)),
        Some(_) => None,
    }
}

/// The column of what follows the end.
const NOWHERE: isize = -1;

/// At which bytes a text without quotes may end.
static STOPS: [bool; 256] = {
    let mut stops = [false; 256];
    let mut bytes: &[u8] = b"\n:#,[]{}";
    while let [byte, rest @ ..] = bytes {
        stops[*byte as usize] = true;
        bytes = rest;
    }
    stops
};

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// Of what comes next, where that begins a line.
    column: isize,
    /// What the lists that are being read have so far.
    items: Vec<Value>,
    /// What the maps that are being read have so far.
    entries: Vec<(Arc<str>, Value)>,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Option<Value> {
        self.next_line()?;
        if self.column == NOWHERE || !(self.is_dash() || self.is_key()?) {
            return None;
        }
        let value = self.block(NOWHERE, self.column, 0)?;
        (self.column == NOWHERE).then_some(value)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn byte_after(&self) -> Option<u8> {
        self.bytes.get(self.at + 1).copied()
    }

    fn skip_spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    /// From the beginning of a line to the next thing that is no comment. A document ends, or another begins, only where the other reader looks.
    fn next_line(&mut self) -> Option<()> {
        loop {
            let start = self.at;
            self.skip_spaces();
            match self.peek() {
                None => {
                    self.column = NOWHERE;
                    return Some(());
                }
                Some(b'\n') => self.at += 1,
                Some(b'#') => self.skip_line(),
                Some(b'-' | b'.' | b'%')
                    if start == self.at
                        && (self.peek() == Some(b'%')
                            || self.bytes[start..].starts_with(b"---")
                            || self.bytes[start..].starts_with(b"...")) =>
                {
                    return None;
                }
                Some(_) => {
                    self.column = isize::try_from(self.at - start).ok()?;
                    return Some(());
                }
            }
        }
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
    }

    /// To the next line, where nothing but a comment is left on this one.
    fn end_line(&mut self) -> Option<()> {
        let start = self.at;
        self.skip_spaces();
        match self.peek() {
            None => {}
            Some(b'\n') => self.at += 1,
            Some(b'#') if self.at > start => self.skip_line(),
            Some(_) => return None,
        }
        self.next_line()
    }

    /// Whether nothing but a comment is left on this line, before which there was a blank.
    fn is_at_end_of_line(&self) -> bool {
        matches!(self.peek(), None | Some(b'\n' | b'#'))
    }

    fn is_dash(&self) -> bool {
        self.peek() == Some(b'-') && matches!(self.byte_after(), None | Some(b' ' | b'\n'))
    }

    /// Whether a key stands here.
    fn is_key(&mut self) -> Option<bool> {
        let start = self.at;
        let key = self.key(false);
        self.at = start;
        key.map(|key| key.is_some())
    }

    /// What begins here, in this column, below something in the column `parent`.
    fn block(&mut self, parent: isize, column: isize, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        if self.is_dash() {
            return self.list(column, depth);
        }
        let start = self.at;
        match self.key(false)? {
            Some(key) => self.map(key, column, depth),
            None => {
                self.at = start;
                self.inline(parent)
            }
        }
    }

    fn list(&mut self, column: isize, depth: usize) -> Option<Value> {
        let start = self.items.len();
        loop {
            let dash = self.at;
            self.at += 1;
            self.skip_spaces();
            let item = if self.is_at_end_of_line() {
                self.at = dash + 1;
                self.end_line()?;
                if self.column > column { self.block(column, self.column, depth + 1)? } else { Value::Null }
            } else {
                let inner = column + isize::try_from(self.at - dash).ok()?;
                self.block(column, inner, depth + 1)?
            };
            self.items.push(item);
            if self.column != column || !self.is_dash() {
                return (self.column <= column).then(|| self.closed_list(start));
            }
        }
    }

    /// The map whose first key was just read.
    fn map(&mut self, first: Arc<str>, column: isize, depth: usize) -> Option<Value> {
        let start = self.entries.len();
        let mut key = first;
        loop {
            let value = self.value_of_key(column, depth)?;
            self.entries.push((key, value));
            if self.column != column || self.is_dash() {
                return if self.column < column { self.closed_map(start) } else { None };
            }
            key = self.key(false)??;
        }
    }

    /// The list whose items, from this one on, are all read.
    fn closed_list(&mut self, start: usize) -> Value {
        Value::List(Arc::new(self.items.drain(start..).collect()))
    }

    /// The map whose entries, from this one on, are all read. No key is given twice.
    fn closed_map(&mut self, start: usize) -> Option<Value> {
        Some(Value::Map(Arc::new(Map::of_unique(self.entries.drain(start..))?)))
    }

    /// What stands after the `:` of a key in this column.
    fn value_of_key(&mut self, column: isize, depth: usize) -> Option<Value> {
        let after = self.at;
        self.skip_spaces();
        if !self.is_at_end_of_line() {
            return self.inline(column);
        }
        self.at = after;
        self.end_line()?;
        if self.column > column {
            self.block(column, self.column, depth + 1)
        } else if self.column == column && self.is_dash() {
            self.list(column, depth + 1)
        } else {
            Some(Value::Null)
        }
    }

    /// A key and its `:`. The inner `None` is something that is no key, which is left somewhere in the middle.
    fn key(&mut self, flow: bool) -> Option<Option<Arc<str>>> {
        let text = match self.peek()? {
            b'"' | b'\'' => {
                let text = self.quoted()?;
                let ends = matches!(self.byte_after(), None | Some(b' ' | b'\n')) || flow;
                if self.peek() != Some(b':') || !ends {
                    return Some(None);
                }
                text
            }
            b'[' | b'{' | b'|' => return Some(None),
            _ => {
                let text = self.unquoted(flow)?;
                if self.peek() != Some(b':') {
                    return Some(None);
                }
                if text.ends_with(' ') || text == "<<" || scalar::plain(text, true).is_some() {
                    return None;
                }
                Cow::Borrowed(text)
            }
        };
        self.at += 1;
        if text.len() > 128 { None } else { Some(Some(shared_key(&text))) }
    }

    /// A value on the line of what it belongs to, which is in the column `parent`.
    fn inline(&mut self, parent: isize) -> Option<Value> {
        let value = match self.peek()? {
            b'|' => return self.literal(parent),
            b'"' | b'\'' => Value::String(Arc::from(&*self.quoted()?)),
            b'[' | b'{' => self.flow(0)?,
            _ => {
                let text = self.unquoted(false)?;
                if self.peek() == Some(b':') {
                    return None;
                }
                plain(text)?
            }
        };
        self.end_line()?;
        Some(value)
    }

    /// A text without quotes, with the blanks after it, up to what ends it: that of the line, a comment, a `:` after a key, and between brackets what ends an entry.
    fn unquoted(&mut self, flow: bool) -> Option<&'t str> {
        let start = self.at;
        let is_blank = |byte: Option<u8>| matches!(byte, None | Some(b' ' | b'\n'));
        match self.peek()? {
            b'-' if is_blank(self.byte_after()) || flow && self.byte_after().is_some_and(is_bracket) => return None,
            b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"'
            | b'%' | b'@' | b'`' | b'\n' => return None,
            _ => {}
        }
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            self.at += rest.iter().position(|byte| STOPS[usize::from(*byte)]).unwrap_or(rest.len());
            let Some(byte) = self.peek() else { break };
            match byte {
                b'\n' => break,
                b':' if is_blank(self.byte_after()) => break,
                b'#' if self.bytes[self.at - 1] == b' ' => {
                    if flow {
                        return None;
                    }
                    // The blanks before it end the text, too.
                    let text = &self.text[start..self.at];
                    self.at = start + text.trim_end_matches(' ').len();
                    return self.text.get(start..self.at);
                }
                _ if flow && is_bracket(byte) => break,
                b':' if flow && self.byte_after().is_some_and(is_bracket) => return None,
                _ => self.at += 1,
            }
        }
        self.text.get(start..self.at)
    }

    /// A text in quotes that ends on its line.
    fn quoted(&mut self) -> Option<Cow<'t, str>> {
        let quote = self.peek()?;
        self.at += 1;
        let start = self.at;
        let mut read = String::new();
        let mut from = start;
        loop {
            let byte = self.peek()?;
            match byte {
                b'\n' => return None,
                b'\'' if quote == b'\'' && self.byte_after() == Some(b'\'') => {
                    read.push_str(self.text.get(from..=self.at)?);
                    self.at += 2;
                    from = self.at;
                }
                b'\\' if quote == b'"' => {
                    read.push_str(self.text.get(from..self.at)?);
                    self.at += 1;
                    read.push(self.escape()?);
                    from = self.at;
                }
                _ if byte == quote => break,
                _ => self.at += 1,
            }
        }
        let rest = self.text.get(from..self.at)?;
        self.at += 1;
        if from == start {
            return Some(Cow::Borrowed(rest));
        }
        read.push_str(rest);
        Some(Cow::Owned(read))
    }

    /// What stands after a backslash.
    fn escape(&mut self) -> Option<char> {
        let kind = self.peek()?;
        self.at += 1;
        let digits = match kind {
            b'n' => return Some('\n'),
            b't' => return Some('\t'),
            b'r' => return Some('\r'),
            b'"' | b'\\' | b'/' => return Some(char::from(kind)),
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => return None,
        };
        let text = self.text.get(self.at..self.at + digits)?;
        self.at += digits;
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u32::from_str_radix(text, 16).ok().filter(|_| is_hex).and_then(char::from_u32)
    }

    /// A list or map between brackets, closed on its line.
    fn flow(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH / 2 {
            return None;
        }
        let open = self.peek()?;
        self.at += 1;
        let (first_item, first_entry) = (self.items.len(), self.entries.len());
        let close = if open == b'[' { b']' } else { b'}' };
        loop {
            self.skip_spaces();
            if self.peek()? == close {
                self.at += 1;
                return if open == b'[' { Some(self.closed_list(first_item)) } else { self.closed_map(first_entry) };
            }
            if open == b'[' {
                let item = self.flow_value(depth)?;
                self.items.push(item);
            } else {
                let key = self.key(true)??;
                self.skip_spaces();
                let value = self.flow_value(depth)?;
                self.entries.push((key, value));
            }
            self.skip_spaces();
            match self.peek()? {
                b',' => self.at += 1,
                byte if byte == close => {}
                _ => return None,
            }
        }
    }

    fn flow_value(&mut self, depth: usize) -> Option<Value> {
        match self.peek()? {
            b'[' | b'{' => self.flow(depth + 1),
            b'"' | b'\'' => Some(Value::String(Arc::from(&*self.quoted()?))),
            _ => {
                let text = self.unquoted(true)?;
                plain(text)
            }
        }
    }

    /// A literal text below something in the column `parent`.
    fn literal(&mut self, parent: isize) -> Option<Value> {
        self.at += 1;
        let keeps_end = self.peek() != Some(b'-');
        self.at += usize::from(!keeps_end);
        if self.peek()? != b'\n' {
            return None;
        }
        self.at += 1;
        let mut text = String::new();
        let (mut indent, mut blank, mut ended) = (0, 0, false);
        while !ended && self.at < self.bytes.len() {
            let rest = &self.bytes[self.at..];
            let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
            if indent == 0 && length > 0 {
                indent = spaces;
                // Blank lines before the first may not be longer than it is indented.
                if spaces == length || isize::try_from(indent).ok()? <= parent.max(0) {
                    return None;
                }
            }
            if spaces >= length && spaces <= indent {
                blank += 1;
            } else if spaces < indent {
                if isize::try_from(spaces).ok()? > parent.max(0) {
                    return None;
                }
                break;
            } else {
                text.extend(std::iter::repeat_n('\n', blank));
                blank = 0;
                text.push_str(self.text.get(self.at + indent..self.at + length)?);
                ended = length == rest.len();
                if !ended {
                    text.push('\n');
                }
            }
            self.at += (length + 1).min(rest.len());
        }
        if text.is_empty() {
            return None;
        }
        if !keeps_end && text.ends_with('\n') {
            text.pop();
        }
        self.next_line()?;
        Some(Value::String(Arc::from(text)))
    }
}

#[cfg(test)]
mod tests;
