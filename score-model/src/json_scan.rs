//! JSON texts, step by step.

use crate::Span;

/// A place in a JSON text. What stands there is looked at as little as possible: to step over a word says nothing about whether JSON has such a word.
pub(crate) struct Scan<'t> {
    text: &'t str,
    at: usize,
}

/// Which escapes a text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Escapes {
    Absent,
    /// Such as `\n`: they neither hide nor make a `$` or a brace.
    OfOneLetter,
    /// Numbers of characters, or what JSON does not have.
    Other,
}

impl<'t> Scan<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Where it stands.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The next byte that is not blank; `None` at the end.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.as_bytes().get(self.at)? {
                byte if byte > b' ' => return Some(byte),
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Steps over a byte, if it is the next that is not blank.
    #[inline]
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    /// Whether the list or map that `close` ends goes on: steps over the comma before its next entry, or over its end. `None` where neither stands.
    #[inline]
    pub(crate) fn goes_on(&mut self, close: u8, first: bool) -> Option<bool> {
        let next = self.peek()?;
        self.at += usize::from(next == close || !first && next == b',');
        match next {
            _ if next == close => Some(false),
            b',' if !first => Some(true),
            _ => first.then_some(true),
        }
    }

    /// Steps over a text in quotes, and gives what stands between these: what it says, but for escapes. `None` where characters are written as numbers.
    #[inline]
    pub(crate) fn text(&mut self) -> Option<&'t str> {
        self.text_with(Escapes::OfOneLetter)
    }

    /// Steps over a text in quotes that has no escapes, and says what it says.
    #[inline]
    pub(crate) fn plain_text(&mut self) -> Option<&'t str> {
        self.text_with(Escapes::Absent)
    }

    /// Steps over a text in quotes, if it is just this one.
    #[inline]
    pub(crate) fn eat_text(&mut self, text: &str) -> bool {
        let rest = self.text.as_bytes().get(self.at + 1..).unwrap_or_default();
        let there = rest.get(text.len()) == Some(&b'"') && rest.starts_with(text.as_bytes());
        self.at += if there { text.len() + 2 } else { 0 };
        there
    }

    /// The text in quotes that begins at `start`, as [`text`](Self::text).
    pub(crate) fn again(&self, start: usize) -> Option<&'t str> {
        Self { text: self.text, at: start }.text()
    }

    #[inline]
    fn text_with(&mut self, most: Escapes) -> Option<&'t str> {
        let start = self.at;
        if self.step_over_text()? > most { None } else { self.text.get(start + 1..self.at - 1) }
    }

    /// Steps over a text in quotes; which escapes it has.
    #[inline]
    pub(crate) fn step_over_text(&mut self) -> Option<Escapes> {
        let mut escapes = Escapes::Absent;
        let mut at = self.at + 1;
        loop {
            match self.special(&mut at, b'"')? {
                b'"' => break,
                _ => escapes = escapes.max(self.escape(&mut at)?),
            }
        }
        self.at = at + 1;
        Some(escapes)
    }

    /// Steps over a text in quotes, as [`text`](Self::text), and keeps what stands between the braces of its placeholders. `None` where a brace is not closed, too, or a placeholder has an escape.
    pub(crate) fn template(&mut self, placeholders: &mut Vec<&'t str>) -> Option<&'t str> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        loop {
            match self.special(&mut at, b'$')? {
                b'"' => break,
                b'\\' => (self.escape(&mut at)? <= Escapes::OfOneLetter).then_some(())?,
                _ => match (bytes.get(at + 1)?, bytes.get(at + 2)?) {
                    (b'{', _) => {
                        let inner = at + 2;
                        at = inner;
                        (self.special(&mut at, b'}')? == b'}').then_some(())?;
                        let inner = self.text.get(inner..at)?;
                        // Texts of one kind often stand beside each other.
                        if placeholders.last() != Some(&inner) {
                            placeholders.push(inner);
                        }
                        at += 1;
                    }
                    // Up to a brace all of it is an escape; if there is one.
                    (b'$', b'{') => {
                        at += 2;
                        let mut brace = at;
                        if self.special(&mut brace, b'}')? == b'}' {
                            at = brace;
                        }
                    }
                    (b'$', _) => at += 2,
                    _ => at += 1,
                },
            }
        }
        self.at = at + 1;
        self.text.get(start..at)
    }

    /// Goes on to the next byte that is a quote, a backslash or the `other`; `None` at a control character.
    #[inline(always)]
    fn special(&self, at: &mut usize, other: u8) -> Option<u8> {
        loop {
            let rest = self.text.as_bytes().get(*at..)?;
            let special = match rest.first_chunk() {
                Some(chunk) => special(u64::from_le_bytes(*chunk), other).trailing_zeros() as usize / 8,
                None => rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..=0x1f) || *byte == other)?,
            };
            *at += special;
            if special < 8 {
                let byte = *self.text.as_bytes().get(*at)?;
                return (byte > 0x1f).then_some(byte);
            }
        }
    }

    /// Steps over an escape, and says of which kind it is.
    #[inline]
    fn escape(&self, at: &mut usize) -> Option<Escapes> {
        let escape = match self.text.as_bytes().get(*at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Escapes::OfOneLetter,
            _ => Escapes::Other,
        };
        *at += 2;
        Some(escape)
    }

    /// Steps over a number or word.
    pub(crate) fn word(&mut self) -> &'t str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let ends = |byte: u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        let length = rest.bytes().position(ends).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// From `start` to where it stands.
    pub(crate) fn since(&self, start: usize) -> Span {
        Span::new(start, self.at)
    }
}

/// Of eight bytes the highest bit of the first that is a quote, a backslash, a control character or the `other`, and perhaps of some after it.
#[inline(always)]
fn special(bytes: u64, other: u8) -> u64 {
    const EACH: u64 = u64::MAX / 0xff;
    let equal = |byte: u8| (bytes ^ (EACH * u64::from(byte))).wrapping_sub(EACH);
    // With its second bit turned, a quote comes right after the control characters, where a blank was, and these stay among themselves.
    let quote_or_control = (bytes ^ (EACH * 2)).wrapping_sub(EACH * 0x21);
    (quote_or_control | equal(b'\\') | equal(other)) & !bytes & (EACH * 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Option<&str>) {
        for padding in ["", ",", "                "] {
            let whole = format!("{text}{padding}");
            let mut scan = Scan::new(&whole);
            let got = scan.text();
            assert_eq!(got, want, "{whole:?}");
            assert!(got.is_none() || scan.at() == text.len(), "{whole:?}");
        }
    }

    #[test]
    fn texts() {
        for length in 0..40 {
            let inner = "0123456789~\u{7f}abcdefghijklmnopqrstuvwxyzé".get(..length).unwrap_or("é");
            check(&format!("\"{inner}\""), Some(inner));
            check(&format!("\"{inner}\\\"\""), Some(&format!("{inner}\\\"")));
            check(&format!("\"{inner}\n\""), None);
            check(&format!("\"{inner}"), None);
        }
        check(r#""\\\/\n""#, Some(r"\\\/\n"));
        check(r#""\u00e9""#, None);
        check(r#""\x""#, None);
        check(r#""\"#, None);
    }
}
