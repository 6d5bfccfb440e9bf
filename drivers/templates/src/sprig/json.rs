//! JSON as Go's `encoding/json` reads and writes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::arguments::{any, bytes};
use crate::context::Context;
use crate::data::Data;
use crate::format::{float, quote};
use crate::functions::Parameter::{Any, String as Str};
use crate::functions::{Failed, Function, Outcome, Table};
use crate::heap::{Heap, MAX_NESTING};
use crate::special::Special;
use crate::text::Text;
use crate::unicode;

pub(crate) static TABLE: Table = &[
    ("fromJson", Function::plain(&[Str], |context, a| from_json(context, a, true)).any()),
    ("mustFromJson", Function::plain(&[Str], |context, a| from_json(context, a, false)).any()),
    ("toJson", Function::plain(&[Any], |context, a| lenient(to_json(context, a, Style::Compact), Data::text("")))),
    ("mustToJson", Function::plain(&[Any], |context, a| to_json(context, a, Style::Compact))),
    ("toRawJson", Function::plain(&[Any], |context, a| to_json(context, a, Style::Raw))),
    ("mustToRawJson", Function::plain(&[Any], |context, a| to_json(context, a, Style::Raw))),
    ("toPrettyJson", Function::plain(&[Any], |context, a| lenient(to_json(context, a, Style::Pretty), Data::text("")))),
    ("mustToPrettyJson", Function::plain(&[Any], |context, a| to_json(context, a, Style::Pretty))),
];

/// A failure as a value, unless it is one of the limits.
fn lenient(outcome: Outcome, otherwise: Data) -> Outcome {
    match outcome {
        Err(Failed::Error(_)) => Ok(otherwise),
        other => other,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// HTML characters escaped.
    Compact,
    /// Indented, HTML characters escaped.
    Pretty,
    /// As it is.
    Raw,
}

fn to_json(context: &mut Context<'_>, arguments: &[Data], style: Style) -> Outcome {
    let mut writer =
        Writer { heap: &context.heap, out: Vec::new(), style, limit: context.limits.size, open: Vec::new() };
    writer.value(any(arguments, 0), 0)?;
    Ok(Data::text(writer.out))
}

struct Writer<'h> {
    heap: &'h Heap,
    out: Vec<u8>,
    style: Style,
    limit: usize,
    /// The maps that are being written.
    open: Vec<usize>,
}

impl Writer<'_> {
    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn line(&mut self, depth: usize) {
        if self.style == Style::Pretty {
            self.out.push(b'\n');
            self.out.extend(std::iter::repeat_n(b' ', depth * 2));
        }
    }

    fn value(&mut self, value: &Data, depth: usize) -> Result<(), Failed> {
        if depth > MAX_NESTING || self.out.len() > self.limit {
            return Err(Failed::Limit("the value is too large or too deeply nested"));
        }
        match value {
            Data::Null => self.push("null"),
            Data::Bool(value) => self.push(if *value { "true" } else { "false" }),
            Data::Int(value) | Data::Int64(value) => self.push(&value.to_string()),
            Data::Uint(value) => self.push(&value.to_string()),
            Data::Byte(value) => self.push(&value.to_string()),
            Data::Float(value) => {
                let written = number(*value)?;
                self.push(&written);
            }
            Data::String(text) => self.string(text),
            Data::Special(special) => self.special(special)?,
            Data::List(list) if list.absent => self.push("null"),
            Data::List(list) => {
                self.out.push(b'[');
                for (index, item) in list.items.iter().enumerate() {
                    self.separate(index, depth);
                    self.value(item, depth + 1)?;
                }
                self.close(list.items.is_empty(), depth, b']');
            }
            Data::Map(map) if map.absent => self.push("null"),
            Data::Map(map) => {
                let identity = Arc::as_ptr(map).addr();
                if self.open.contains(&identity) {
                    let kind = value.type_name();
                    return Err(format!("json: unsupported value: encountered a cycle via {kind}").into());
                }
                self.open.push(identity);
                let heap = self.heap;
                let entries = heap.entries(map);
                self.out.push(b'{');
                for (index, (key, entry)) in entries.iter().enumerate() {
                    self.entry(index, key, entry, depth)?;
                }
                self.close(entries.is_empty(), depth, b'}');
                self.open.pop();
            }
            Data::Struct(value) => {
                self.out.push(b'{');
                for (index, ((name, _), entry)) in value.kind.fields.iter().zip(&value.values).enumerate() {
                    let name = value.kind.json.get(index).unwrap_or(name);
                    self.entry(index, name.as_bytes(), entry, depth)?;
                }
                self.close(value.values.is_empty(), depth, b'}');
            }
        }
        Ok(())
    }

    fn separate(&mut self, index: usize, depth: usize) {
        if index > 0 {
            self.out.push(b',');
        }
        self.line(depth + 1);
    }

    fn entry(&mut self, index: usize, key: &[u8], value: &Data, depth: usize) -> Result<(), Failed> {
        self.separate(index, depth);
        self.string(key);
        self.push(if self.style == Style::Pretty { ": " } else { ":" });
        self.value(value, depth + 1)
    }

    fn close(&mut self, empty: bool, depth: usize, bracket: u8) {
        if !empty {
            self.line(depth);
        }
        self.out.push(bracket);
    }

    fn special(&mut self, special: &Special) -> Result<(), Failed> {
        if matches!(special, Special::Complex(..)) {
            return Err("json: unsupported type: complex128".into());
        }
        match special.json() {
            Some(text) => self.string(text.as_bytes()),
            None => match special.integer() {
                Some(number) => self.push(&number.to_string()),
                None => self.push("{}"),
            },
        }
        Ok(())
    }

    fn string(&mut self, text: &[u8]) {
        self.out.push(b'"');
        // Most texts have nothing to escape at their beginning, or anywhere.
        let is_usual = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&');
        let usual = text.iter().position(|byte| !is_usual(byte)).unwrap_or(text.len());
        let (usual, text) = text.split_at(usual);
        self.out.extend_from_slice(usual);
        for (character, width) in unicode::characters(text) {
            match character {
                '"' => self.push("\\\""),
                '\\' => self.push("\\\\"),
                '\n' => self.push("\\n"),
                '\r' => self.push("\\r"),
                '\t' => self.push("\\t"),
                '\x08' => self.push("\\b"),
                '\x0c' => self.push("\\f"),
                '<' | '>' | '&' if self.style != Style::Raw => {
                    self.push(&format!("\\u{:04x}", u32::from(character)));
                }
                '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => self.push(&format!("\\u{:04x}", u32::from(character))),
                '\u{fffd}' if width == 1 => self.push("\\ufffd"),
                _ => self.push(character.encode_utf8(&mut [0; 4])),
            }
        }
        self.out.push(b'"');
    }
}

/// An exponent below 1e-6 and from 1e21 on.
fn number(value: f64) -> Result<String, Failed> {
    if !value.is_finite() {
        return Err(format!("json: unsupported value: {}", float::shortest(value)).into());
    }
    let magnitude = value.abs();
    if value != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let written = float::format(value, 'e', None);
        // A negative exponent loses its leading zero; a positive one has two digits anyway.
        return Ok(match written.split_once("e-0") {
            Some((mantissa, digit)) => format!("{mantissa}e-{digit}"),
            None => written,
        });
    }
    Ok(float::format(value, 'f', None))
}

/// Reads JSON. A text that is none is nil where that is let pass, and so is a number that is too large.
fn from_json(context: &mut Context<'_>, arguments: &[Data], lenient: bool) -> Outcome {
    let text = bytes(arguments, 0);
    context.step(text.len() / 8)?;
    match check(text) {
        Err(Failed::Error(_)) if lenient => return Ok(Data::Null),
        checked => checked?,
    }
    let mut reader = Reader { text, position: 0, problem: None };
    let value = reader.value();
    match reader.problem {
        Some(problem) if !lenient => Err(problem.into()),
        _ => Ok(value),
    }
}

/// Goes through the whole text before any of it is read, as Go does: what is wrong with it comes first.
fn check(text: &[u8]) -> Result<(), Failed> {
    crate::sprig::json_scanner::scan(text)
}

/// Reads text that has been checked.
struct Reader<'t> {
    text: &'t [u8],
    position: usize,
    /// The first number that is none.
    problem: Option<String>,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let byte = self.text.get(self.position).copied()?;
        self.position += 1;
        Some(byte)
    }

    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.text.get(self.position) {
            self.position += 1;
        }
        self.text.get(self.position).copied()
    }

    fn value(&mut self) -> Data {
        match self.peek() {
            Some(b'{') => {
                self.position += 1;
                let mut entries = BTreeMap::new();
                while self.peek() != Some(b'}') {
                    let key = self.string();
                    self.peek();
                    self.position += 1;
                    let value = self.value();
                    entries.insert(key, value);
                    if self.peek() == Some(b',') {
                        self.position += 1;
                    } else {
                        break;
                    }
                }
                self.position += 1;
                Data::map(entries)
            }
            Some(b'[') => {
                self.position += 1;
                let mut items = Vec::new();
                while self.peek() != Some(b']') {
                    items.push(self.value());
                    if self.peek() == Some(b',') {
                        self.position += 1;
                    } else {
                        break;
                    }
                }
                self.position += 1;
                Data::list(items)
            }
            Some(b'"') => Data::String(self.string()),
            Some(b't') => self.word(4, Data::Bool(true)),
            Some(b'f') => self.word(5, Data::Bool(false)),
            Some(b'n') => self.word(4, Data::Null),
            _ => self.number(),
        }
    }

    fn word(&mut self, length: usize, value: Data) -> Data {
        self.position += length;
        value
    }

    fn number(&mut self) -> Data {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let digits = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
        let length = digits.count();
        self.position += length;
        let written = std::str::from_utf8(rest.get(..length).unwrap_or_default()).unwrap_or_default();
        match written.parse::<f64>() {
            Ok(number) if number.is_finite() => Data::Float(number),
            _ => {
                let problem = format!("json: cannot unmarshal number {written} into Go value of type float64");
                self.problem.get_or_insert(problem);
                Data::Null
            }
        }
    }

    fn string(&mut self) -> Text {
        self.peek();
        self.position += 1;
        let mut out = Vec::new();
        while let Some(byte) = self.next() {
            match byte {
                b'"' => break,
                b'\\' => match self.next() {
                    Some(b'n') => out.push(b'\n'),
                    Some(b'r') => out.push(b'\r'),
                    Some(b't') => out.push(b'\t'),
                    Some(b'b') => out.push(8),
                    Some(b'f') => out.push(12),
                    Some(b'u') => self.escaped(&mut out),
                    Some(other) => out.push(other),
                    None => break,
                },
                _ if byte < 0x80 => out.push(byte),
                _ => {
                    let rest = self.text.get(self.position - 1..).unwrap_or_default();
                    if let Some((character, width)) = unicode::decode(rest) {
                        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                        self.position += width - 1;
                    }
                }
            }
        }
        Text::from(out)
    }

    fn hexadecimal(&self) -> Option<u32> {
        let digits = self.text.get(self.position..self.position + 4)?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }

    /// What follows `\u`, with the second half of a surrogate pair.
    fn escaped(&mut self, out: &mut Vec<u8>) {
        let first = self.hexadecimal().unwrap_or(0xfffd);
        self.position += 4;
        let mut character = char::from_u32(first);
        if (0xd800..0xdc00).contains(&first)
            && self.text.get(self.position..self.position + 2) == Some(b"\\u".as_slice())
        {
            self.position += 2;
            match self.hexadecimal() {
                Some(second @ 0xdc00..0xe000) => {
                    self.position += 4;
                    character = char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
                }
                _ => self.position -= 2,
            }
        }
        let character = character.unwrap_or('\u{fffd}');
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// A byte as the scanner's messages show it.
pub(crate) fn quoted_byte(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        other => {
            let text = quote::quoted(char::from(other).encode_utf8(&mut [0; 4]).as_bytes());
            format!("'{}'", text.trim_matches('"'))
        }
    }
}
