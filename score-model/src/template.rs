//! Texts with placeholders: `${…}` inside, `$${` for a literal `${`.

use std::sync::Arc;

use crate::{Path, Span, Value};

/// A text, parsed once into what is plain and what stands for something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A piece of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Plain text, escapes resolved.
    Text(Arc<str>),
    /// What stood between `${` and `}`; what it means is up to whoever has a scope.
    Placeholder {
        /// The text between the braces, as written.
        inner: Arc<str>,
        /// Where it stands in the template's text, `${` and `}` included.
        span: Span,
    },
}

/// Which texts with `$` are escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escapes {
    /// Score's law: `$$` is `$`, `$${x}` is `${x}`.
    Score,
    /// The law of platform files: `$${` is `${`, and every other `$` is itself.
    Platform,
}

impl Template {
    /// Takes a text apart. Never fails: an unfinished `${` is plain text.
    pub fn parse(text: &str, escapes: Escapes) -> Self {
        Self::parse_with(text, escapes, &mut |escape| unescaped(escape).into())
    }

    /// Takes a text apart, with `unescape` deciding what stands for an escape (`$$`, `$${…}` or `$${`, as written). Score's tools leave escapes alone where Compose resolves them itself.
    pub fn parse_with(text: &str, escapes: Escapes, unescape: &mut dyn FnMut(&str) -> String) -> Self {
        let mut parts = Vec::new();
        let mut plain = String::new();
        for (token, taken, start) in tokens(text, escapes) {
            match token {
                Token::Plain => plain.push_str(taken),
                Token::Escape => plain.push_str(&unescape(taken)),
                Token::Placeholder => {
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain).into()));
                    }
                    let span = Span::new(start, start + taken.len());
                    parts.push(Part::Placeholder { inner: inside(taken).into(), span });
                }
            }
        }
        if !plain.is_empty() || parts.is_empty() {
            parts.push(Part::Text(plain.into()));
        }
        Self { parts }
    }

    /// Puts values in the place of placeholders. A text that is nothing but one placeholder becomes the value itself, if `whole` keeps it; else values become text ([`Value::to_text`]), secret if one
    /// of them is, and not known if one of them is not.
    ///
    /// # Errors
    /// The errors of `lookup`, all of them.
    pub fn render<E>(&self, whole: Whole, lookup: &mut dyn FnMut(&str) -> Result<Value, E>) -> Result<Value, Vec<E>> {
        if let (Some(inner), Whole::KeepsType) = (self.single(), whole) {
            return lookup(inner).map_err(|error| vec![error]);
        }
        let mut rendered = Rendered::default();
        for part in &self.parts {
            match part {
                Part::Text(plain) => rendered.text.push_str(plain),
                Part::Placeholder { inner, .. } => rendered.push(lookup(inner)),
            }
        }
        rendered.finish()
    }

    /// The pieces in order; neighbouring texts are one.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The placeholder, if the whole text is one.
    pub fn single(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Placeholder { inner, .. }] => Some(inner),
            _ => None,
        }
    }

    /// The text, if there is no placeholder in it.
    pub fn as_text(&self) -> Option<&Arc<str>> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// What stands between the braces of each placeholder, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = (&str, Span)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Placeholder { inner, span } => Some((&**inner, *span)),
            Part::Text(_) => None,
        })
    }
}

/// A text that is put together of plain texts and values.
struct Rendered<E> {
    text: String,
    is_secret: bool,
    is_unknown: bool,
    errors: Vec<E>,
}

impl<E> Default for Rendered<E> {
    fn default() -> Self {
        Self { text: String::new(), is_secret: false, is_unknown: false, errors: Vec::new() }
    }
}

impl<E> Rendered<E> {
    fn push(&mut self, found: Result<Value, E>) {
        match found {
            Ok(value) => {
                self.is_secret |= value.has_secret();
                match value.to_text() {
                    Some(shown) => self.text.push_str(&shown),
                    None => self.is_unknown = true,
                }
            }
            Err(error) => self.errors.push(error),
        }
    }

    fn finish(self) -> Result<Value, Vec<E>> {
        match (self.errors.is_empty(), self.is_unknown, self.is_secret) {
            (false, ..) => Err(self.errors),
            (_, true, _) => Ok(Value::Unknown),
            (.., true) => Ok(Value::secret(Value::from(self.text))),
            _ => Ok(Value::from(self.text)),
        }
    }
}

/// A text of a Score file with the values of its placeholders, as [`Template::render`] makes it, without taking it apart first.
fn substituted<E>(text: &str, whole: Whole, lookup: &mut dyn FnMut(&str) -> Result<Value, E>) -> Result<Value, Vec<E>> {
    let mut rendered = Rendered { text: String::with_capacity(text.len()), ..Rendered::default() };
    for (token, taken, _) in tokens(text, Escapes::Score) {
        match token {
            Token::Plain => rendered.text.push_str(taken),
            Token::Escape => rendered.text.push_str(unescaped(taken)),
            Token::Placeholder if whole == Whole::KeepsType && taken.len() == text.len() => {
                return lookup(inside(taken)).map_err(|error| vec![error]);
            }
            Token::Placeholder => rendered.push(lookup(inside(taken))),
        }
    }
    rendered.finish()
}

/// What is left of an escape: of `$$` it is `$`, and of `$${x}` it is `${x}`.
fn unescaped(escape: &str) -> &str {
    escape.strip_prefix('$').unwrap_or(escape)
}

/// What stands between the braces of a placeholder.
fn inside(placeholder: &str) -> &str {
    placeholder.strip_prefix("${").and_then(|inner| inner.strip_suffix('}')).unwrap_or(placeholder)
}

/// The tokens of a text, each as written and with where it begins; the plain texts between them are tokens, too.
fn tokens(text: &str, escapes: Escapes) -> impl Iterator<Item = (Token, &str, usize)> {
    // Behind the last brace nothing is closed: so that texts full of `${` cost no more than others.
    let last_brace = memchr::memrchr(b'}', text.as_bytes()).unwrap_or(0);
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let (token, length) = match memchr::memchr(b'$', rest.as_bytes()) {
            Some(0) => Token::at_start(rest, escapes, start < last_brace),
            plain => (Token::Plain, plain.unwrap_or(rest.len())),
        };
        at += length;
        Some((token, rest.get(..length)?, start))
    })
}

/// What stands between the braces of each placeholder of a text, and where it stands, in order, without taking the text apart.
pub fn placeholders(text: &str, escapes: Escapes) -> impl Iterator<Item = (&str, Span)> {
    tokens(text, escapes).filter_map(|(token, taken, start)| match token {
        Token::Placeholder => Some((inside(taken), Span::new(start, start + taken.len()))),
        Token::Plain | Token::Escape => None,
    })
}

/// Where a text has a `${` that no `}` closes and that is no escape: plain text, by mistake perhaps.
pub(crate) fn unclosed(text: &str) -> Option<usize> {
    let start = memchr::memrchr(b'}', text.as_bytes()).map_or(0, |brace| brace + 1);
    let rest = text.get(start..)?;
    let mut at = 0;
    loop {
        at += memchr::memchr(b'$', rest.as_bytes().get(at..)?)?;
        match rest.as_bytes().get(at + 1) {
            Some(b'{') => return Some(start + at),
            Some(b'$') => at += 2,
            _ => at += 1,
        }
    }
}

/// What a text that is nothing but one placeholder becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whole {
    /// The value that the placeholder stands for, whatever its type.
    KeepsType,
    /// A text, as everywhere in the Score tools.
    IsText,
}

/// Puts values in the place of the placeholders in all texts of a tree; keys stay as they are.
///
/// # Errors
/// The errors of `lookup`, all of them, each with the path of the text.
pub fn substitute<E>(
    value: &Value,
    whole: Whole,
    lookup: &mut dyn FnMut(&str) -> Result<Value, E>,
) -> Result<Value, Vec<(Path, E)>> {
    let mut errors = Vec::new();
    let value = substitute_at(value, &mut Vec::new(), whole, lookup, &mut errors);
    if errors.is_empty() { Ok(value) } else { Err(errors) }
}

/// `keys` lead to the value.
fn substitute_at<E>(
    value: &Value,
    keys: &mut Vec<Arc<str>>,
    whole: Whole,
    lookup: &mut dyn FnMut(&str) -> Result<Value, E>,
    errors: &mut Vec<(Path, E)>,
) -> Value {
    let mut below = |key: Arc<str>, value: &Value| {
        keys.push(key);
        let value = substitute_at(value, keys, whole, lookup, errors);
        keys.pop();
        value
    };
    match value {
        Value::String(text) if text.contains('$') => match substituted(text, whole, lookup) {
            Ok(value) => value,
            Err(found) => {
                let path: Path = keys.iter().cloned().collect();
                errors.extend(found.into_iter().map(|error| (path.clone(), error)));
                Value::Null
            }
        },
        Value::List(items) => {
            Value::list(items.iter().enumerate().map(|(index, item)| below(index.to_string().into(), item)))
        }
        Value::Map(map) => Value::map(map.iter().map(|(key, value)| (key.clone(), below(key.clone(), value)))),
        Value::Secret(hidden) => Value::secret(substitute_at(hidden.expose(), keys, whole, lookup, errors)),
        other => other.clone(),
    }
}

/// What begins with a `$`.
enum Token {
    Plain,
    Escape,
    Placeholder,
}

impl Token {
    /// What `text`, which begins with a `$`, begins with, and how many bytes it takes. Where it has no closing brace at all, `any_closed` may be false.
    fn at_start(text: &str, escapes: Escapes, any_closed: bool) -> (Self, usize) {
        let closed = |opening: &str| {
            let inner = text.strip_prefix(opening).filter(|_| any_closed)?;
            Some(opening.len() + memchr::memchr(b'}', inner.as_bytes())? + 1)
        };
        match (closed("${"), escapes) {
            (Some(length), _) => (Self::Placeholder, length),
            (None, Escapes::Platform) if text.starts_with("$${") => (Self::Escape, 3),
            (None, Escapes::Score) if text.starts_with("$$") => (Self::Escape, closed("$${").unwrap_or(2)),
            (None, _) => (Self::Plain, 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, escapes: Escapes, want: &str) {
        let shown: Vec<String> = Template::parse(text, escapes)
            .parts()
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.to_string(),
                Part::Placeholder { inner, span } => format!("<{inner}@{}-{}>", span.start, span.end),
            })
            .collect();
        assert_eq!(shown.join("|"), want);
    }

    #[test]
    fn score() {
        for (text, want) in [
            ("", ""),
            ("a", "a"),
            ("${a.b}", "<a.b@0-6>"),
            ("x${}y", "x|<@1-4>|y"),
            ("$${a}", "${a}"),
            ("$$${a}", "$|<a@2-6>"),
            ("$$$${a}", "$${a}"),
            ("$", "$"),
            ("$a ${b", "$a ${b"),
            ("$$", "$"),
            ("${a${b}}", "<a${b@0-7>|}"),
        ] {
            check(text, Escapes::Score, want);
        }
    }

    #[track_caller]
    fn check_unclosed(text: &str, at: Option<usize>) {
        assert_eq!(unclosed(text), at, "{text}");
    }

    #[test]
    fn what_is_not_closed() {
        check_unclosed("${a} $ $b }", None);
        check_unclosed("a ${b", Some(2));
        check_unclosed("${a} ${b", Some(5));
        check_unclosed("$${a", None);
        check_unclosed("$$${a", Some(2));
        check_unclosed("é$$ ${", Some(5));
    }

    #[test]
    fn platform() {
        for (text, want) in [
            ("$$", "$$"),
            ("$${a}", "${a}"),
            ("echo $$ ${x}", "echo $$ |<x@8-12>"),
            ("$${a ${b}}", "${a |<b@5-9>|}"),
            ("$${", "${"),
        ] {
            check(text, Escapes::Platform, want);
        }
    }
}
