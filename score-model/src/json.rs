//! JSON texts, read fast: first for what they say, and a second time, only when somebody asks, for where each part of it stands.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::json_scan::Scan;
use crate::marks::{Mark, Marks};
use crate::shared_text::SharedKey;
use crate::yaml::MAX_DEPTH;
use crate::{Map, Number, Value};

/// What a JSON text says; `None` where it is no JSON, or JSON that YAML reads otherwise or not at all (a key given twice, `-0`, too deep, line breaks of Unicode): that is then read as YAML.
pub(crate) fn read(text: &str) -> Option<Value> {
    if !looks_like_json(text) {
        return None;
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Part { depth: 0, open: &mut Open::default() }.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(value)
}

/// Reads a value that is part of a document, by the same rules as [`read`].
pub(crate) fn part<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    // A part of a Score file is this deep at most.
    Part { depth: 4, open: &mut Open::default() }.deserialize(deserializer)
}

/// Whether a text may be read as JSON: it begins like a list or map, and has no line break that only Unicode knows.
pub(crate) fn looks_like_json(text: &str) -> bool {
    text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with(['{', '['])
        && (text.is_ascii() || !text.contains(['\u{85}', '\u{2028}', '\u{2029}']))
}

/// YAML reads `-0` as the whole number 0, which here looks like `-0.0`.
pub(crate) fn is_minus_nought(float: f64) -> bool {
    float == 0.0 && float.is_sign_negative()
}

/// A value at a depth.
struct Part<'o> {
    depth: usize,
    open: &'o mut Open,
}

/// Items and entries of the lists and maps that are not read to their ends, those of the innermost last: what is made of them is as large as it must be.
#[derive(Default)]
struct Open {
    items: Vec<Value>,
    entries: Vec<(Arc<str>, Value)>,
}

impl Part<'_> {
    fn below<E: de::Error>(&mut self) -> Result<Part<'_>, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom("too deep"));
        }
        Ok(Part { depth: self.depth + 1, open: self.open })
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Value, E> {
        Ok(Value::Number(int.into()))
    }

    fn visit_u64<E>(self, int: u64) -> Result<Value, E> {
        Ok(Value::Number(int.into()))
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<Value, E> {
        if is_minus_nought(float) {
            return Err(E::custom("minus nought"));
        }
        Ok(Value::Number(Number::Float(float)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::string(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let start = self.open.items.len();
        while let Some(item) = items.next_element_seed(self.below()?)? {
            self.open.items.push(item);
        }
        Ok(Value::List(Arc::new(self.open.items.drain(start..).collect())))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        let start = self.open.entries.len();
        while let Some(SharedKey(key)) = entries.next_key()? {
            let value = entries.next_value_seed(self.below()?)?;
            self.open.entries.push((key, value));
        }
        let map = Map::of_unique(self.open.entries.drain(start..));
        Ok(Value::Map(Arc::new(map.ok_or_else(|| de::Error::custom("a key given twice"))?)))
    }
}

/// Where each part of a JSON text stands. The text is one that [`read`] understood; of any other the marks are of no use, but nothing breaks.
pub(crate) fn marks(text: &str) -> Marks {
    marks_of(&mut Scan::new(text), Mark::default(), 0).unwrap_or_default()
}

fn marks_of(scan: &mut Scan<'_>, key: Mark, depth: usize) -> Option<Marks> {
    let first = scan.peek()?;
    let start = scan.at();
    let mut children = Vec::new();
    match first {
        open @ (b'{' | b'[') if depth <= MAX_DEPTH => {
            let close = if open == b'{' { b'}' } else { b']' };
            scan.eat(open);
            while scan.goes_on(close, children.is_empty())? {
                let key = if open == b'{' { key_mark(scan)? } else { Mark::default() };
                children.push(marks_of(scan, key, depth + 1)?);
            }
        }
        b'"' => {
            scan.step_over_text()?;
        }
        _ => {
            scan.word();
        }
    }
    Some(Marks::new(key, Mark::new(scan.since(start)), children))
}

fn key_mark(scan: &mut Scan<'_>) -> Option<Mark> {
    scan.peek()?;
    let start = scan.at();
    scan.step_over_text()?;
    let mark = Mark::new(scan.since(start));
    scan.eat(b':').then_some(mark)
}
