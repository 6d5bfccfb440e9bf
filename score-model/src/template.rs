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
        // What is left of `$$` is `$`, and of `$${x}` it is `${x}`: the first `$` goes.
        Self::parse_with(text, escapes, &mut |escape| escape.strip_prefix('$').unwrap_or(escape).into())
    }

    /// Takes a text apart, with `unescape` deciding what stands for an escape (`$$`, `$${…}` or `$${`, as written). Score's tools leave escapes alone where Compose resolves them itself.
    pub fn parse_with(text: &str, escapes: Escapes, unescape: &mut dyn FnMut(&str) -> String) -> Self {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        // Behind the last brace nothing is closed: so that texts full of `${` cost no more than others.
        let last_brace = memchr::memrchr(b'}', text.as_bytes()).unwrap_or(0);
        while let Some((before, from)) = rest.find('$').and_then(|dollar| rest.split_at_checked(dollar)) {
            plain.push_str(before);
            let closed = text.len() - from.len() < last_brace;
            let (token, taken) = Token::at_start(from, escapes, closed);
            let (taken, after) = from.split_at_checked(taken).unwrap_or((from, ""));
            match token {
                Token::Plain => plain.push_str(taken),
                Token::Escape => plain.push_str(&unescape(taken)),
                Token::Placeholder => {
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain).into()));
                    }
                    let start = text.len() - from.len();
                    let inner = taken.strip_prefix("${").and_then(|inner| inner.strip_suffix('}')).unwrap_or(taken);
                    parts.push(Part::Placeholder { inner: inner.into(), span: Span::new(start, start + taken.len()) });
                }
            }
            rest = after;
        }
        plain.push_str(rest);
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
        let mut errors = Vec::new();
        let mut text = String::new();
        let (mut secret, mut known) = (false, true);
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Placeholder { inner, .. } => match lookup(inner) {
                    Ok(value) => {
                        secret |= value.has_secret();
                        match value.to_text() {
                            Some(shown) => text.push_str(&shown),
                            None => known = false,
                        }
                    }
                    Err(error) => errors.push(error),
                },
            }
        }
        match (errors.is_empty(), known, secret) {
            (false, ..) => Err(errors),
            (_, false, _) => Ok(Value::Unknown),
            (.., true) => Ok(Value::secret(Value::from(text))),
            _ => Ok(Value::from(text)),
        }
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

/// What stands between the braces of each placeholder of a text, and where it stands, in order, without taking the text apart.
pub fn placeholders(text: &str, escapes: Escapes) -> impl Iterator<Item = (&str, Span)> {
    let last_brace = memchr::memrchr(b'}', text.as_bytes()).unwrap_or(0);
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            at += memchr::memchr(b'$', text.as_bytes().get(at..)?)?;
            let from = text.get(at..)?;
            let (token, taken) = Token::at_start(from, escapes, at < last_brace);
            let span = Span::new(at, at + taken);
            at += taken;
            if let (Token::Placeholder, Some(inner)) = (token, text.get(span.start + 2..span.end.saturating_sub(1))) {
                return Some((inner, span));
            }
        }
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
    let value = substitute_at(value, &Path::root(), whole, lookup, &mut errors);
    if errors.is_empty() { Ok(value) } else { Err(errors) }
}

fn substitute_at<E>(
    value: &Value,
    path: &Path,
    whole: Whole,
    lookup: &mut dyn FnMut(&str) -> Result<Value, E>,
    errors: &mut Vec<(Path, E)>,
) -> Value {
    match value {
        Value::String(text) if text.contains('$') => {
            match Template::parse(text, Escapes::Score).render(whole, lookup) {
                Ok(value) => value,
                Err(found) => {
                    errors.extend(found.into_iter().map(|error| (path.clone(), error)));
                    Value::Null
                }
            }
        }
        Value::List(items) => Value::list(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| substitute_at(item, &path.child(index.to_string()), whole, lookup, errors)),
        ),
        Value::Map(map) => {
            Value::map(map.iter().map(|(key, below)| {
                (key.clone(), substitute_at(below, &path.child(key.clone()), whole, lookup, errors))
            }))
        }
        Value::Secret(hidden) => Value::secret(substitute_at(hidden.expose(), path, whole, lookup, errors)),
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
