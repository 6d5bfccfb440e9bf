//! Text: trimming, cutting, joining, quoting, padding.

use std::sync::Arc;

use crate::arguments::{any, bytes, int, list, string, text};
use crate::context::Context;
use crate::data::{Data, Map};
use crate::format::quote;
use crate::functions::Parameter::{self, Any, Int, String as Str};
use crate::functions::{Failed, Function, Outcome, Table};
use crate::text::Text;
use crate::types::Type;
use crate::unicode;

const ONE: &[Parameter] = &[Str];
const TWO: &[Parameter] = &[Str, Str];
const COUNTED: &[Parameter] = &[Int, Str];

pub(crate) static TABLE: Table = &[
    ("hello", Function::plain(&[], |_, _| Ok("Hello!".into()))),
    ("abbrev", Function::plain(COUNTED, abbrev)),
    ("abbrevboth", Function::plain(&[Int, Int, Str], abbrevboth)),
    ("trunc", Function::plain(COUNTED, trunc)),
    ("substr", Function::plain(&[Int, Int, Str], substr)),
    ("trim", Function::plain(ONE, trim)),
    ("trimAll", Function::plain(TWO, trim_all)),
    ("trimall", Function::plain(TWO, trim_all)),
    ("trimSuffix", Function::plain(TWO, trim_suffix)),
    ("trimPrefix", Function::plain(TWO, trim_prefix)),
    ("repeat", Function::plain(COUNTED, repeat)),
    ("nospace", Function::plain(ONE, nospace)),
    ("initials", Function::plain(ONE, initials)),
    ("wrap", Function::plain(COUNTED, wrap)),
    ("wrapWith", Function::plain(&[Int, Str, Str], wrap_with)),
    ("contains", Function::plain(TWO, |_, a| Ok(find(bytes(a, 1), bytes(a, 0)).is_some().into()))),
    ("hasPrefix", Function::plain(TWO, |_, a| Ok(bytes(a, 1).starts_with(bytes(a, 0)).into()))),
    ("hasSuffix", Function::plain(TWO, |_, a| Ok(bytes(a, 1).ends_with(bytes(a, 0)).into()))),
    ("quote", Function::plain(&[], quote_all).and(Any)),
    ("squote", Function::plain(&[], squote).and(Any)),
    ("cat", Function::plain(&[], cat).and(Any)),
    ("indent", Function::plain(COUNTED, indent)),
    ("nindent", Function::plain(COUNTED, nindent)),
    ("replace", Function::plain(&[Str, Str, Str], replace)),
    ("plural", Function::plain(&[Str, Str, Int], plural)),
    ("toString", Function::plain(&[Any], to_string)),
    ("toStrings", Function::plain(&[Any], |context, a| Ok(Data::strings(strings(context, any(a, 0))?)))),
    ("join", Function::plain(&[Str, Any], join)),
    ("sortAlpha", Function::plain(&[Any], sort_alpha)),
    ("splitList", Function::plain(TWO, split_list)),
    ("split", Function::plain(TWO, |context, a| split(context, bytes(a, 0), bytes(a, 1), -1))),
    ("splitn", Function::plain(&[Str, Int, Str], |context, a| split(context, bytes(a, 0), bytes(a, 2), int(a, 1)))),
];

type Strings = Result<Vec<Text>, Failed>;

/// Where a text first occurs in another.
pub(crate) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    memchr::memmem::find(text, part)
}

/// The pieces of a text between separators, at most so many unless the number is negative.
pub(crate) fn pieces(text: &[u8], separator: &[u8], limit: i64) -> Vec<Text> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut pieces = Vec::new();
    let mut rest = text;
    while pieces.len() + 1 < limit {
        let (end, next) = if separator.is_empty() {
            // Between any two characters.
            match unicode::decode(rest) {
                Some((_, width)) if width < rest.len() => (width, width),
                _ => break,
            }
        } else {
            match find(rest, separator) {
                Some(end) => (end, end + separator.len()),
                None => break,
            }
        };
        pieces.push(Text::from(rest.get(..end).unwrap_or_default()));
        rest = rest.get(next..).unwrap_or_default();
    }
    if limit > 0 && !(separator.is_empty() && text.is_empty()) {
        pieces.push(Text::from(rest));
    }
    pieces
}

/// The value as text: what sprig calls `strval`.
pub(crate) fn to_text(context: &Context<'_>, value: &Data) -> Result<Text, Failed> {
    context.text_of(value)
}

/// A list as texts, nils left out; anything else as the only one.
pub(crate) fn strings(context: &Context<'_>, value: &Data) -> Strings {
    match value {
        Data::Null => Ok(Vec::new()),
        Data::List(list) => {
            list.items.iter().filter(|item| !matches!(item, Data::Null)).map(|item| to_text(context, item)).collect()
        }
        other => Ok(vec![to_text(context, other)?]),
    }
}

fn to_string(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    Ok(Data::String(to_text(context, any(arguments, 0))?))
}

fn join(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let parts = strings(context, any(arguments, 1))?;
    let separator = bytes(arguments, 0);
    let size: usize = parts.iter().map(|part| part.len() + separator.len()).sum();
    context.reserve(size)?;
    Ok(Data::text(parts.join(separator)))
}

fn sort_alpha(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    if list(arguments, 0).is_none() {
        return Ok(Data::strings(vec![to_text(context, any(arguments, 0))?]));
    }
    let mut sorted = strings(context, any(arguments, 0))?;
    sorted.sort();
    Ok(Data::strings(sorted))
}

fn split_list(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    context.reserve(bytes(arguments, 1).len())?;
    Ok(Data::strings(pieces(bytes(arguments, 1), bytes(arguments, 0), -1)))
}

fn split(context: &mut Context<'_>, separator: &[u8], text: &[u8], limit: i64) -> Outcome {
    context.reserve(text.len())?;
    let pieces = pieces(text, separator, limit);
    let entries = pieces.into_iter().enumerate();
    let entries = entries.map(|(index, piece)| (Text::from(format!("_{index}")), Data::String(piece))).collect();
    Ok(Data::Map(Arc::new(Map::new(Type::String, entries))))
}

/// Go's message for a slice expression that is out of bounds.
fn out_of_range(bounds: impl std::fmt::Display) -> Failed {
    format!("runtime error: slice bounds out of range {bounds}").into()
}

fn trunc(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let text = bytes(arguments, 1);
    let count = int(arguments, 0);
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let range = if count < 0 && length + count > 0 {
        usize::try_from(length + count).unwrap_or_default()..text.len()
    } else if count >= 0 && length > count {
        0..usize::try_from(count).unwrap_or_default()
    } else {
        0..text.len()
    };
    Ok(Data::text(text.get(range).unwrap_or_default()))
}

fn substr(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let text = bytes(arguments, 2);
    let (start, end) = (int(arguments, 0), int(arguments, 1));
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let (start, end) = if start < 0 {
        if end < 0 {
            return Err(out_of_range(format_args!("[:{end}]")));
        }
        if end > length {
            return Err(out_of_range(format_args!("[:{end}] with length {length}")));
        }
        (0, end)
    } else {
        (start, if end < 0 || end > length { length } else { end })
    };
    let range = usize::try_from(start).unwrap_or(usize::MAX)..usize::try_from(end).unwrap_or_default();
    match text.get(range) {
        Some(part) => Ok(Data::text(part)),
        None => Err(out_of_range(format_args!("[{start}:{end}]"))),
    }
}

fn abbrev(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let width = int(arguments, 0);
    if width < 4 {
        return Ok(any(arguments, 1).clone());
    }
    Ok(Data::text(abbreviate(bytes(arguments, 1), 0, width)))
}

fn abbrevboth(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let (left, right) = (int(arguments, 0), int(arguments, 1));
    if right < 4 || left > 0 && right < 7 {
        return Ok(any(arguments, 2).clone());
    }
    Ok(Data::text(abbreviate(bytes(arguments, 2), left, right)))
}

/// Shortens to a width of at least four, from an offset on.
fn abbreviate(text: &[u8], offset: i64, width: i64) -> Vec<u8> {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    if length <= width {
        return text.to_vec();
    }
    let mut offset = offset.min(length);
    if length - offset < width - 3 {
        offset = length - (width - 3);
    }
    let part = |start: i64, end: i64| {
        let range = usize::try_from(start).unwrap_or_default()..usize::try_from(end).unwrap_or_default();
        text.get(range).unwrap_or_default()
    };
    if offset <= 4 {
        return [part(0, width - 3), b"..."].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + width - 3 < length {
        let rest = part(offset, length);
        let rest = if width - 3 < 4 { Vec::new() } else { abbreviate(rest, 0, width - 3) };
        return [b"...", rest.as_slice()].concat();
    }
    [b"...", part(length - (width - 3), length)].concat()
}

fn trim(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let all = bytes(arguments, 0);
    // Invalid bytes are not blank, so the ends of the valid parts are what matters.
    let start: usize = unicode::characters(all)
        .take_while(|(character, _)| unicode::is_space(*character))
        .map(|(_, width)| width)
        .sum();
    let rest = all.get(start..).unwrap_or_default();
    let mut end = 0;
    let mut position = 0;
    for (character, width) in unicode::characters(rest) {
        position += width;
        if !unicode::is_space(character) {
            end = position;
        }
    }
    Ok(Data::text(rest.get(..end).unwrap_or_default()))
}

fn trim_all(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let cut = text(arguments, 0);
    let text = text(arguments, 1);
    Ok(Data::text(text.trim_matches(|character| cut.contains(character))))
}

fn trim_suffix(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let text = bytes(arguments, 1);
    Ok(Data::text(text.strip_suffix(bytes(arguments, 0)).unwrap_or(text)))
}

fn trim_prefix(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let text = bytes(arguments, 1);
    Ok(Data::text(text.strip_prefix(bytes(arguments, 0)).unwrap_or(text)))
}

fn repeat(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let text = bytes(arguments, 1);
    let Ok(count) = usize::try_from(int(arguments, 0)) else {
        return Err("strings: negative Repeat count".into());
    };
    if text.is_empty() {
        return Ok(Data::text(""));
    }
    context.reserve(text.len().saturating_mul(count))?;
    Ok(Data::text(text.repeat(count)))
}

/// Each byte as the character of that number, which is what sprig's libraries do to text that is not ASCII.
fn bytes_as_characters(text: &[u8]) -> impl Iterator<Item = char> + '_ {
    text.iter().map(|byte| char::from(*byte))
}

fn nospace(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let all = bytes(arguments, 0);
    let kept: String = bytes_as_characters(all).filter(|character| !unicode::is_space(*character)).collect();
    if kept.chars().count() == all.len() {
        return Ok(any(arguments, 0).clone());
    }
    Ok(Data::text(kept))
}

fn initials(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let mut out = String::new();
    let mut after_gap = true;
    for character in bytes_as_characters(bytes(arguments, 0)) {
        if unicode::is_space(character) {
            after_gap = true;
        } else if std::mem::take(&mut after_gap) {
            out.push(character);
        }
    }
    Ok(Data::text(out))
}

fn wrap(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    wrapped(context, bytes(arguments, 1), int(arguments, 0), b"\n", false)
}

fn wrap_with(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let separator = bytes(arguments, 1);
    let separator = if separator.is_empty() { b"\n" } else { separator };
    wrapped(context, bytes(arguments, 2), int(arguments, 0), separator, true)
}

/// Breaks a line at blanks, and within words too if they are longer than the line.
fn wrapped(context: &mut Context<'_>, text: &[u8], width: i64, separator: &[u8], break_words: bool) -> Outcome {
    let width = usize::try_from(width).unwrap_or_default().max(1);
    context.reserve(text.len().saturating_add((text.len() / width).saturating_mul(separator.len())))?;
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while rest.len() > width {
        if let Some(after) = rest.strip_prefix(b" ") {
            rest = after;
            continue;
        }
        let line = rest.get(..=width).unwrap_or_default();
        let (end, next) = match line.iter().rposition(|byte| *byte == b' ') {
            Some(blank) => (blank, blank + 1),
            None if break_words => (width, width),
            None => match rest.iter().skip(width).position(|byte| *byte == b' ') {
                Some(blank) => (width + blank, width + blank + 1),
                None => break,
            },
        };
        out.extend_from_slice(rest.get(..end).unwrap_or_default());
        out.extend_from_slice(separator);
        rest = rest.get(next..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    Ok(Data::text(out))
}

fn quote_all(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let present = arguments.iter().filter(|argument| !matches!(argument, Data::Null));
    let quoted: Result<Vec<String>, Failed> =
        present.map(|argument| Ok(quote::quoted(&to_text(context, argument)?))).collect();
    Ok(Data::text(quoted?.join(" ")))
}

fn squote(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let present = arguments.iter().filter(|argument| !matches!(argument, Data::Null));
    let quoted: Result<Vec<Vec<u8>>, Failed> =
        present.map(|argument| Ok([b"'", &*context.text_of(argument)?, b"'"].concat())).collect();
    Ok(Data::text(quoted?.join(b" ".as_slice())))
}

fn cat(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let present = arguments.iter().filter(|argument| !matches!(argument, Data::Null));
    let parts: Result<Vec<Text>, Failed> = present.map(|argument| context.text_of(argument)).collect();
    Ok(Data::text(parts?.join(b" ".as_slice())))
}

fn indented(context: &mut Context<'_>, arguments: &[Data], prefix: &[u8]) -> Outcome {
    let text = bytes(arguments, 1);
    let Ok(width) = usize::try_from(int(arguments, 0)) else {
        return Err("strings: negative Repeat count".into());
    };
    let lines = text.iter().filter(|byte| **byte == b'\n').count() + 1;
    context.reserve(text.len().saturating_add(lines.saturating_mul(width)))?;
    let pad = vec![b' '; width];
    let mut out = prefix.to_vec();
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if index > 0 {
            out.push(b'\n');
        }
        out.extend_from_slice(&pad);
        out.extend_from_slice(line);
    }
    Ok(Data::text(out))
}

fn indent(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    indented(context, arguments, b"")
}

fn nindent(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    indented(context, arguments, b"\n")
}

fn replace(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let (old, new, text) = (bytes(arguments, 0), bytes(arguments, 1), bytes(arguments, 2));
    if old == new {
        return Ok(any(arguments, 2).clone());
    }
    if old.is_empty() {
        // Before every character and at the end.
        let count = unicode::characters(text).count() + 1;
        context.reserve(text.len().saturating_add(count.saturating_mul(new.len())))?;
        let mut out = new.to_vec();
        let mut position = 0;
        for (_, width) in unicode::characters(text) {
            out.extend_from_slice(text.get(position..position + width).unwrap_or_default());
            out.extend_from_slice(new);
            position += width;
        }
        return Ok(Data::text(out));
    }
    let count = memchr::memmem::find_iter(text, old).count();
    context.reserve(text.len().saturating_add(count.saturating_mul(new.len())))?;
    Ok(Data::text(pieces(text, old, -1).join(new)))
}

fn plural(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let index = usize::from(int(arguments, 2) != 1);
    Ok(Data::String(string(arguments, index)))
}
