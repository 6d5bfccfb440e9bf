//! Regular expressions as Go's `regexp` has them: RE2 syntax, run by a linear-time engine.
//!
//! The syntax is parsed here, since the engine's own differs in what it accepts, in what `\d`, `\w` and `\b` mean, and
//! in every message.

mod classes;
mod parser;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use regex_automata::meta;
use regex_automata::util::captures::Captures;
use regex_automata::{Input, Span};

use crate::text::Text;
use crate::unicode;

/// Memory that one compiled expression may take.
const SIZE_LIMIT: usize = 16 << 20;

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Regexp {
    engine: meta::Regex,
    /// The names of the groups, the whole match first.
    names: Vec<Option<String>>,
}

/// How many compiled expressions are kept.
pub(crate) const MAX_KEPT: usize = 100;

/// Expressions that were compiled, for who needs them again.
#[derive(Debug, Default)]
pub(crate) struct Expressions(Mutex<HashMap<Text, Arc<Regexp>>>);

impl Expressions {
    /// The compiled expression; the failure is that of [`Regexp::new`].
    pub(crate) fn get(&self, expression: &[u8]) -> Result<Arc<Regexp>, String> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = kept().get(expression) {
            return Ok(Arc::clone(compiled));
        }
        let compiled = Arc::new(Regexp::new(expression)?);
        let mut kept = kept();
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(Text::from(expression), Arc::clone(&compiled));
        Ok(compiled)
    }
}

impl Regexp {
    /// Compiles an expression; the failure is Go's message without its `error parsing regexp: `.
    pub(crate) fn new(expression: &[u8]) -> Result<Self, String> {
        let parsed = parser::parse(expression)?;
        let config = meta::Config::new()
            .nfa_size_limit(Some(SIZE_LIMIT))
            .onepass_size_limit(Some(SIZE_LIMIT))
            .hybrid_cache_capacity(SIZE_LIMIT);
        let engine = meta::Builder::new().configure(config).build_from_hir(&parsed.hir);
        let engine = engine.map_err(|_| format!("expression too large: `{}`", String::from_utf8_lossy(expression)))?;
        Ok(Self { engine, names: parsed.names })
    }

    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.engine.is_match(readable(text).as_bytes())
    }

    /// The first match.
    pub(crate) fn find(&self, text: &[u8]) -> Vec<u8> {
        let text = readable(text);
        let found = self.engine.find(text.as_bytes());
        found.and_then(|found| text.get(found.range())).unwrap_or_default().as_bytes().to_vec()
    }

    /// The groups of the first match, the whole match first; those that took no part are empty.
    pub(crate) fn groups<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let mut captures = self.engine.create_captures();
        self.engine.captures(text, &mut captures);
        captures.get_match()?;
        let groups = (0..self.names.len()).map(|index| captures.get_group(index));
        Some(groups.map(|group| group.and_then(|group| text.get(group.range())).unwrap_or_default()).collect())
    }

    /// The places of the matches, at most so many unless the number is negative. An empty match right after another
    /// one does not count.
    fn places(&self, text: &str, limit: i64) -> Vec<Span> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut places = Vec::new();
        let mut position = 0;
        let mut previous_end = None;
        while places.len() < limit && position <= text.len() {
            let Some(found) = self.engine.search(&Input::new(text).range(position..)) else {
                break;
            };
            let mut accepted = true;
            if found.end() == position {
                accepted = previous_end != Some(found.start());
                position += text.get(position..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            } else {
                position = found.end();
            }
            previous_end = Some(found.end());
            if accepted {
                places.push(found.span());
            }
        }
        places
    }

    /// All matches, at most so many unless the number is negative.
    pub(crate) fn find_all(&self, text: &[u8], limit: i64) -> Vec<Vec<u8>> {
        let text = readable(text);
        let places = self.places(&text, limit);
        places.into_iter().map(|place| text.get(place.range()).unwrap_or_default().as_bytes().to_vec()).collect()
    }

    /// The text between the matches, in at most so many pieces unless the number is negative.
    pub(crate) fn split(&self, expression: &[u8], text: &[u8], limit: i64) -> Vec<Vec<u8>> {
        if limit == 0 {
            return Vec::new();
        }
        if !expression.is_empty() && text.is_empty() {
            return vec![Vec::new()];
        }
        let text = readable(text);
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let piece = |start: usize, end: usize| text.get(start..end).unwrap_or_default().as_bytes().to_vec();
        let mut pieces = Vec::new();
        let (mut start, mut end) = (0, 0);
        for place in self.places(&text, limit) {
            if pieces.len() + 1 >= most {
                break;
            }
            end = place.start;
            if place.end != 0 {
                pieces.push(piece(start, end));
            }
            start = place.end;
        }
        if end != text.len() {
            pieces.push(piece(start, text.len()));
        }
        pieces
    }

    /// The text with its matches replaced, `$1` and `${name}` in the replacement expanded unless it is literal. Fails
    /// if the result would be larger than the limit.
    pub(crate) fn replace(&self, text: &[u8], replacement: &[u8], literal: bool, limit: usize) -> Option<Vec<u8>> {
        let text = readable(text);
        let mut out = Vec::with_capacity(text.len());
        let mut captures = self.engine.create_captures();
        let mut last_end = 0;
        let mut position = 0;
        while position <= text.len() {
            self.engine.search_captures(&Input::new(&*text).range(position..), &mut captures);
            let Some(found) = captures.get_match() else {
                break;
            };
            out.extend_from_slice(text.get(last_end..found.start()).unwrap_or_default().as_bytes());
            if found.end() > last_end || found.start() == 0 {
                if literal {
                    out.extend_from_slice(replacement);
                } else {
                    self.expand(&mut out, replacement, &text, &captures);
                }
                if out.len() > limit {
                    return None;
                }
            }
            last_end = found.end();
            let width = text.get(position..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            position = if position + width > found.end() {
                position + width
            } else if position + 1 > found.end() {
                position + 1
            } else {
                found.end()
            };
        }
        out.extend_from_slice(text.get(last_end..).unwrap_or_default().as_bytes());
        (out.len() <= limit).then_some(out)
    }

    fn expand(&self, out: &mut Vec<u8>, replacement: &[u8], text: &str, captures: &Captures) {
        let mut rest = replacement;
        while let Some(dollar) = rest.iter().position(|byte| *byte == b'$') {
            out.extend_from_slice(rest.get(..dollar).unwrap_or_default());
            rest = rest.get(dollar + 1..).unwrap_or_default();
            if let Some(after) = rest.strip_prefix(b"$") {
                out.push(b'$');
                rest = after;
                continue;
            }
            let Some((name, after)) = group_name(rest) else {
                out.push(b'$');
                continue;
            };
            rest = after;
            let group = match group_number(&name) {
                Some(number) => captures.get_group(number),
                None => {
                    let named = self.names.iter().enumerate().filter(|(_, group)| group.as_deref() == Some(&name));
                    named.filter_map(|(index, _)| captures.get_group(index)).next()
                }
            };
            let matched = group.and_then(|group| text.get(group.range())).unwrap_or_default();
            out.extend_from_slice(matched.as_bytes());
        }
        out.extend_from_slice(rest);
    }
}

/// The text as the engine needs it. Go sees an invalid byte as U+FFFD too.
fn readable(text: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(text)
}

/// The group that is named after a `$`, and what follows.
fn group_name(text: &[u8]) -> Option<(String, &[u8])> {
    let (braced, body) = match text.strip_prefix(b"{") {
        Some(body) => (true, body),
        None => (false, text),
    };
    let word = |character: char| character == '_' || unicode::is_letter(character) || unicode::is_digit(character);
    let characters = unicode::characters(body).take_while(|(character, _)| word(*character));
    let length: usize = characters.map(|(_, width)| width).sum();
    let (name, after) = body.split_at_checked(length).filter(|(name, _)| !name.is_empty())?;
    let after = if braced { after.strip_prefix(b"}")? } else { after };
    Some((String::from_utf8_lossy(name).into_owned(), after))
}

/// The number a group is named by; none if it has leading zeros.
fn group_number(name: &str) -> Option<usize> {
    if name.len() > 1 && name.starts_with('0') || name.len() > 9 || !name.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    name.parse().ok()
}

/// The text as an expression that matches it.
pub(crate) fn quote_meta(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if b"\\.+*?()|[]{}^$".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}
