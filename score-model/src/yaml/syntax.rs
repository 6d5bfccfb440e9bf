//! What is wrong with a text that is no YAML, in words that help.

use std::borrow::Cow;

use granit_parser::{ErrorKind, ScanError};

use super::MAX_DEPTH;
use crate::{Span, suggest};

/// The first character that may not stand in a YAML text, with a message and advice.
pub(super) fn forbidden_character(text: &str) -> Option<(usize, String, &'static str)> {
    let suspicious = |byte: &u8| (*byte < 0x20 && !matches!(byte, b'\n' | b'\t' | b'\r')) || *byte >= 0x7f;
    let (mut at, mut begun) = (0, false);
    while let Some(found) = text.as_bytes().get(at..)?.iter().position(suspicious) {
        at += found;
        let character = text.get(at..)?.chars().next()?;
        match character {
            '\u{85}' => at += character.len_utf8(),
            // Before all else the parser passes over it; yaml.v3 does so only once.
            '\u{feff}' if at > 0 && !begun => {
                begun = !says_nothing(text.get(..at)?);
                if begun {
                    continue;
                }
                let message = "a byte-order mark may stand only at the beginning of the text".to_owned();
                return Some((at, message, "remove it"));
            }
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                let code = u32::from(character);
                let message = format!("the character U+{code:04X} may not stand in the text");
                return Some((at, message, "remove it, or write it in double quotes as an escape such as `\\u0001`"));
            }
            _ => at += character.len_utf8(),
        }
    }
    None
}

/// Whether there are only blanks and comments in a text.
fn says_nothing(text: &str) -> bool {
    let blank = |line: &str| line.trim_matches(['\u{feff}', ' ', '\t']).is_empty();
    text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
        .all(|line| blank(line) || line.trim_start().starts_with(['#', '%']))
}

/// Where a second document begins, if there is something in it. The text is one that can be read.
pub(crate) fn second_document(text: &str) -> Option<usize> {
    memchr::memmem::find(text.as_bytes(), b"\n---")?;
    let says_something = |text: &str| !text.trim_start().is_empty() && !text.trim_start().starts_with(['#', '%']);
    let (mut at, mut first, mut second) = (0, false, None);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let header = line.strip_prefix("---").filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        if header.is_some() && first {
            second.get_or_insert(start);
        }
        if says_something(header.unwrap_or(line)) && !line.starts_with("...") {
            match second {
                Some(second) => return Some(second),
                None => first = true,
            }
        }
    }
    None
}

/// What the line before the one at `offset` lacks, where it should be a key and is none.
fn line_before(text: &str, offset: usize) -> Option<String> {
    let (before, _) = text.get(..offset)?.rsplit_once('\n')?;
    let (number, line) = before.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).last()?;
    let line = line.trim();
    let is_key = line.ends_with(':') || line.contains(": ") || line.starts_with(['-', '#', '"', '\'', '{', '[', '?']);
    match line.split_once(':') {
        _ if is_key => None,
        Some((key, _)) => Some(format!("write a blank after the `:` of `{key}` in line {}", number + 1)),
        None if line.contains(' ') => None,
        None => Some(format!("write a `:` after `{line}` in line {}", number + 1)),
    }
}

/// The anchor that an alias at `offset` may have meant.
fn anchor_meant(text: &str, offset: usize) -> Option<String> {
    let (before, from) = text.split_at_checked(offset)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name = |text: &str| text.split(|c| !is_name(c)).next().unwrap_or_default().to_owned();
    let anchors: Vec<String> = before.split('&').skip(1).map(name).collect();
    let meant = suggest(&name(from.strip_prefix('*')?), anchors.iter().map(String::as_str))?;
    Some(format!("did you mean `*{meant}`?"))
}

/// What the line at `offset` lacks, where it seems to belong to a block text that begins in the line before.
fn block_text(text: &str, offset: usize) -> Option<String> {
    let (before, _) = text.get(..offset)?.rsplit_once('\n')?;
    let line = before.lines().rev().find(|line| !line.trim().is_empty())?;
    let begins = [": |", ": >", ": |-", ": >-"].iter().any(|end| line.trim_end().ends_with(end));
    begins.then(|| "indent the lines of a block text further than its key".to_owned())
}

/// Where, what and what to do, for an error of the parser at `offset`.
pub(super) fn explain(text: &str, offset: usize, error: &ScanError) -> (Span, String, Cow<'static, str>) {
    let offset = offset.min(text.len());
    let end = text.get(offset..).and_then(|rest| rest.chars().next()).map_or(offset, |c| offset + c.len_utf8());
    let (message, help) = match error.kind() {
        ErrorKind::MappingValueNotAllowed => (
            "a `:` cannot stand here".to_owned(),
            "put the value in quotes if it contains `: `, or indent this line like its neighbours",
        ),
        ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation | ErrorKind::TabNotAllowed => {
            ("a tab cannot be used for indentation".to_owned(), "indent with spaces")
        }
        ErrorKind::InvalidColonPlacement => (
            "a `:` cannot stand here".to_owned(),
            "close the bracket before it, or put the text in quotes if it contains `:`",
        ),
        ErrorKind::RecursionLimitExceeded => (format!("nested more than {MAX_DEPTH} levels deep"), ""),
        ErrorKind::MissingAnchorOrAliasName => {
            ("a name is missing after `&` or `*`".to_owned(), "put the value in quotes if it begins with `&` or `*`")
        }
        ErrorKind::CommentNotSeparated => {
            ("a comment needs a blank before its `#`".to_owned(), "write a blank, or put the text in quotes")
        }
        ErrorKind::InvalidBlockScalarHeader => (
            "nothing but a comment can follow `|` or `>` on its line".to_owned(),
            "begin the text on the next line, or put the value in quotes",
        ),
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => (
            "text after the closing quote".to_owned(),
            "put the whole value in quotes, and write a quote inside single quotes twice",
        ),
        ErrorKind::UnclosedQuotedScalar => ("a quote is not closed".to_owned(), "add the closing quote"),
        ErrorKind::UnclosedFlowCollection { open } => {
            (format!("the `{open}` is not closed"), "add the closing bracket, or quote the text if it begins with one")
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            (format!("`{open}` cannot be closed by `{close}`"), "")
        }
        ErrorKind::UnknownAnchor => ("an alias (`*name`) to what is not anchored before it".to_owned(), {
            "write `&name` before the value that it repeats, or quote the text if it begins with `*`"
        }),
        ErrorKind::UnexpectedCharacter { character } => {
            (format!("no value begins with `{character}`"), "put the value in quotes")
        }
        ErrorKind::InvalidIndentation | ErrorKind::ExpectedBlockMappingKey | ErrorKind::ExpectedBlockSequenceEntry => (
            "this line does not fit those before it".to_owned(),
            "indent it like its neighbours; a key needs `: ` after it, and a text after a closing quote is not allowed",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => (
            "a key or `:` is missing here".to_owned(),
            "write `key: value` with a blank after the colon, and indent the line like its neighbours",
        ),
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => (
            "a comma or the closing bracket is missing".to_owned(),
            "separate the entries with `, `; a text with `{`, `}`, `[`, `]` or `,` in it needs quotes here",
        ),
        ErrorKind::UnknownQuotedScalarEscape | ErrorKind::InvalidQuotedScalarHexEscape => (
            "no such escape in a double-quoted text".to_owned(),
            "write a backslash as `\\\\`, or put the text in single quotes",
        ),
        ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::BlockEntryInFlowCollection
        | ErrorKind::InvalidBlockEntryWhitespace => (
            "a `-` cannot stand here".to_owned(),
            "begin a list on a line of its own below its key, or put the text in quotes if it begins with `-`",
        ),
        ErrorKind::PlainScalarStartsWithDashFlowIndicator => (
            "no text begins with `-` and a bracket or comma".to_owned(),
            "put it in quotes, or write a blank after the `-`",
        ),
        ErrorKind::MisplacedFlowCollectionEnd => {
            ("a closing bracket without an opening one".to_owned(), "remove it, or put the text in quotes")
        }
        ErrorKind::InvalidBlockScalarIndent
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::InvalidFlowScalarIndent => {
            ("a line of this text is not indented enough".to_owned(), "indent it further than the key of the text")
        }
        ErrorKind::TabInPlainScalar | ErrorKind::TabAtBlockScalarStart => {
            ("a tab cannot stand here".to_owned(), "write blanks, or put the text in quotes")
        }
        ErrorKind::CommentInterceptedScalar => {
            ("a comment stands inside a text of several lines".to_owned(), "remove it, or put the text in quotes")
        }
        ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("a quote is not closed before the end of the document".to_owned(), "add the closing quote")
        }
        ErrorKind::InvalidTagTerminator
        | ErrorKind::MissingTagUri
        | ErrorKind::InvalidGlobalTagCharacter
        | ErrorKind::InvalidTagEscape
        | ErrorKind::UnclosedVerbatimTag => {
            ("this is no tag".to_owned(), "put the text in quotes if it begins with `!`")
        }
        ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => {
            ("this escape is no character".to_owned(), "write the character itself, or `\\U0001F600` with eight digits")
        }
        ErrorKind::MappingKeyNotAllowed => {
            ("a `?` cannot stand here".to_owned(), "put the text in quotes if it begins with `?`")
        }
        kind => (kind.to_string(), ""),
    };
    let better = match error.kind() {
        ErrorKind::MappingValueNotAllowed => line_before(text, offset),
        ErrorKind::UnknownAnchor => anchor_meant(text, offset),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => block_text(text, offset),
        _ => None,
    };
    (Span::new(offset, end), message, better.map_or(Cow::Borrowed(help), Cow::Owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Option<usize>) {
        assert_eq!(second_document(text), want, "{text:?}");
    }

    #[test]
    fn documents_after_the_first() {
        check("a: 1\n---\nb: 2\n", Some(5));
        check("a: 1\n---\n---\nb: 2\n", Some(5));
        check("a: 1\n--- {b: 2}", Some(5));
        check("# c\n%YAML 1.1\n---\na: 1\n", None);
        check("a: 1\n---\n", None);
        check("a: 1\n---\n# c\n\n...\n", None);
        check("--- {a: 1}\n---\nb: 2", Some(11));
        check("a: |\n  x\n  ---\n  y\n---x: 2", None);
    }
}
