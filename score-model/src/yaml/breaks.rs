//! Line breaks that YAML 1.1 knows, and with it the Score tools, but not YAML 1.2, and with it the parser: U+0085, U+2028 and U+2029.
//!
//! The parser is given a text of the same length, in which each is a usual line break; before it stands, for U+2028 and U+2029, a letter that stands nowhere else in it, as a mark: these stay in texts.
//! What the marks do to a text is undone; where that cannot be told, the text is refused.

use std::borrow::Cow;

use granit_parser::ScalarStyle;

/// The line breaks that stay in texts.
pub(super) const SEPARATORS: [char; 2] = ['\u{2028}', '\u{2029}'];

/// Letters that may be marks: no backslash makes anything of them.
const LETTERS: &str = "QZXJKWYVBDGHIFMCSORTqzjkwyghimosdlpc";

/// The marks of [`SEPARATORS`] in a masked text.
pub(super) struct Marks([char; 2]);

/// A text as the parser is given it.
pub(super) struct Masked<'t> {
    pub(super) text: Cow<'t, str>,
    /// The marks in it, if there are any.
    pub(super) marks: Option<Marks>,
    /// Where the first separator is, if no letter was left to mark it.
    pub(super) unmarked: Option<usize>,
}

pub(super) fn masked(text: &str) -> Masked<'_> {
    if text.is_ascii() || !text.contains(['\u{85}', SEPARATORS[0], SEPARATORS[1]]) {
        return Masked { text: Cow::Borrowed(text), marks: None, unmarked: None };
    }
    let shown = text.replace('\u{85}', "\r\n");
    let Some(first) = text.find(SEPARATORS) else {
        return Masked { text: Cow::Owned(shown), marks: None, unmarked: None };
    };
    let mut free = LETTERS.chars().filter(|letter| !text.contains(*letter));
    let (Some(line), Some(paragraph)) = (free.next(), free.next()) else {
        return Masked { text: Cow::Owned(shown), marks: None, unmarked: Some(first) };
    };
    let shown = shown.replace(SEPARATORS[0], &format!("{line}\r\n"));
    let shown = shown.replace(SEPARATORS[1], &format!("{paragraph}\r\n"));
    Masked { text: Cow::Owned(shown), marks: Some(Marks([line, paragraph])), unmarked: None }
}

impl Marks {
    /// Whether there is one in a part of the masked text.
    pub(super) fn are_in(&self, text: &str) -> bool {
        text.contains(self.0)
    }

    /// What a scalar with marks says; `written` is how it was written. `None` where that cannot be told.
    pub(super) fn undone(&self, text: &str, style: ScalarStyle, written: &str) -> Option<String> {
        let [line, paragraph] = self.0;
        match style {
            ScalarStyle::Literal => {
                let text =
                    text.replace(&format!("{line}\n"), "\u{2028}").replace(&format!("{paragraph}\n"), "\u{2029}");
                let text = text.strip_suffix(self.0).unwrap_or(&text);
                (!self.are_in(text)).then(|| text.to_owned())
            }
            ScalarStyle::Plain => {
                let text = text.trim_end_matches(self.0).trim_end_matches([' ', '\t', '\n']);
                (!text.is_empty() && !self.are_in(text) && !text.ends_with([':', '-', '?'])).then(|| text.to_owned())
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => self.undone_in_quotes(text, written),
            _ => None,
        }
    }

    fn undone_in_quotes(&self, text: &str, written: &str) -> Option<String> {
        let escaped = written.contains('\\');
        if escaped && text.matches(self.0).count() != written.matches(SEPARATORS).count() {
            return None;
        }
        let mut undone = String::with_capacity(text.len() + 2);
        let mut rest = text;
        while let Some(at) = rest.find(self.0) {
            let (before, from) = rest.split_at_checked(at)?;
            let kept = before.trim_end_matches([' ', '\t']);
            if kept.len() < before.len() && escaped {
                return None;
            }
            undone.push_str(kept);
            undone.push(if from.starts_with(self.0[0]) { SEPARATORS[0] } else { SEPARATORS[1] });
            // The line break after the mark became a blank, where no other followed it.
            let after = from.get(1..)?;
            rest = after.strip_prefix(' ').unwrap_or(after);
        }
        undone.push_str(rest);
        Some(undone)
    }
}

#[cfg(test)]
mod tests {
    use super::LETTERS;
    use crate::Source;
    use crate::yaml::{Kind, Scalar, read};

    /// What `v` is in a document, written as JSON; nothing where the document is refused.
    #[track_caller]
    fn check(text: &str, want: Option<&str>) {
        let node = read(&Source::new("a.yaml", text)).into_result().ok().and_then(|(node, _)| node);
        let value = node.map(|node| match node.kind() {
            Kind::Map(entries) => match entries.first().map(|entry| entry.value.kind().clone()) {
                Some(Kind::Scalar(Scalar::String(text))) => text.to_string(),
                other => format!("{other:?}"),
            },
            other => format!("{other:?}"),
        });
        assert_eq!(value.as_deref(), want, "{text:?}");
    }

    #[test]
    fn line_breaks_of_unicode() {
        check("v: 'a\u{85}b'", Some("a b"));
        check("v: |\n  a\u{85}  b\n", Some("a\nb\n"));
        check("# c\u{85}v: a", Some("a"));
        check("v: \"a\u{2028}b\"", Some("a\u{2028}b"));
        check("v: 'a \u{2029}\t b'", Some("a\u{2029}b"));
        check("v: \"a\u{2028}\n\n  b\"", Some("a\u{2028}\n\nb"));
        check("v: \"a\n  \u{2028}  b\"", Some("a\u{2028}b"));
        check("v: \"\\x51 \\u2028 a\u{2028}Q\"", Some("Q \u{2028} a\u{2028}Q"));
        check("v: |\n  a\u{2028}  b\u{2029}\n  c\n", Some("a\u{2028}b\u{2029}\nc\n"));
        check("v: |-\n  a\u{2028}", Some("a"));
        check("v: a\u{2028}w: b", Some("a"));
        check("v: \"\\x20\u{2028}\"", None);
        check("v: \"\\x51\u{2028}\"", None);
        check("v: \"a\\\u{2028}b\"", None);
        check("v: a\u{2028}  b", None);
        check("v: !!int\u{2028}  1", None);
        check(&format!("v: \"a\u{2028}b\" #{LETTERS}"), None);
    }
}
