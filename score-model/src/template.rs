//! Texts with placeholders: `${…}` inside, `$${` for a literal `${`.

use std::sync::Arc;

use crate::Span;

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
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut at = 0;
        while let Some(found) = text[at..].find('$') {
            let dollar = at + found;
            plain.push_str(&text[at..dollar]);
            let after = &text[dollar + 1..];
            if let Some(end) = after.strip_prefix('{').and_then(|inner| inner.find('}')) {
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain).into()));
                }
                let close = dollar + 2 + end;
                let inner = Arc::from(&text[dollar + 2..close]);
                parts.push(Part::Placeholder { inner, span: Span::new(dollar, close + 1) });
                at = close + 1;
            } else if let Some(end) = after.strip_prefix("${").and_then(|inner| inner.find('}')) {
                plain.push_str(&after[..end + 3]);
                at = dollar + 1 + end + 3;
            } else if escapes == Escapes::Score && after.starts_with('$') {
                plain.push('$');
                at = dollar + 2;
            } else {
                plain.push('$');
                at = dollar + 1;
            }
        }
        plain.push_str(&text[at..]);
        if !plain.is_empty() || parts.is_empty() {
            parts.push(Part::Text(plain.into()));
        }
        Self { parts }
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

    #[test]
    fn platform() {
        for (text, want) in [("$$", "$$"), ("$${a}", "${a}"), ("echo $$ ${x}", "echo $$ |<x@8-12>")] {
            check(text, Escapes::Platform, want);
        }
    }
}
