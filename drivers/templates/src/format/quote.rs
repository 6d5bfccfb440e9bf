//! Go's quoted strings: writing them (`%q`) and reading them.

use crate::unicode;

/// The string in double quotes, whatever is not printable escaped.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    quoted_with(bytes, '"', false)
}

/// The string in double quotes, whatever is not printable ASCII escaped.
pub(crate) fn quoted_ascii(bytes: &[u8]) -> String {
    quoted_with(bytes, '"', true)
}

/// The character in single quotes.
pub(crate) fn quoted_character(character: char, ascii: bool) -> String {
    let mut out = String::from("'");
    escape(&mut out, character, '\'', ascii);
    out.push('\'');
    out
}

fn quoted_with(bytes: &[u8], quote: char, ascii: bool) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push(quote);
    // Most texts need no escapes at all.
    let is_usual = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b'\\' && char::from(*byte) != quote;
    if let Some(usual) = std::str::from_utf8(bytes).ok().filter(|_| bytes.iter().all(is_usual)) {
        out.push_str(usual);
        out.push(quote);
        return out;
    }
    let mut position = 0;
    for (character, width) in unicode::characters(bytes) {
        if width == 1 && character == '\u{fffd}' {
            let byte = bytes.get(position).copied().unwrap_or_default();
            out.push_str(&format!("\\x{byte:02x}"));
        } else {
            escape(&mut out, character, quote, ascii);
        }
        position += width;
    }
    out.push(quote);
    out
}

fn escape(out: &mut String, character: char, quote: char, ascii: bool) {
    if character == quote || character == '\\' {
        out.push('\\');
        out.push(character);
        return;
    }
    if unicode::is_print(character) && (!ascii || character.is_ascii()) {
        out.push(character);
        return;
    }
    match character {
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        _ => {
            let code = u32::from(character);
            out.push_str(&match code {
                0..0x20 | 0x7f => format!("\\x{code:02x}"),
                0x20..0x1_0000 => format!("\\u{code:04x}"),
                _ => format!("\\U{code:08x}"),
            });
        }
    }
}

/// `U+0041 'A'`
pub(crate) fn unicode(character: char) -> String {
    let code = u32::from(character);
    if unicode::is_print(character) { format!("U+{code:04X} '{character}'") } else { format!("U+{code:04X}") }
}

/// Whether the string can be written in back quotes (`%#q`).
pub(crate) fn can_backquote(bytes: &[u8]) -> bool {
    unicode::characters(bytes).all(|(character, width)| {
        if width > 1 {
            character != '\u{feff}'
        } else {
            character != '\u{fffd}'
                && (character >= ' ' || character == '\t')
                && character != '`'
                && character != '\x7f'
        }
    })
}

/// What a string literal in double or back quotes stands for; [`None`] if it is malformed.
pub(crate) fn unquote(written: &str) -> Option<Vec<u8>> {
    if let Some(raw) = written.strip_prefix('`') {
        let raw = raw.strip_suffix('`')?;
        // Carriage returns are dropped from raw strings.
        return Some(raw.bytes().filter(|byte| *byte != b'\r').collect());
    }
    let mut rest = written.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let (unit, after) = unquote_unit(rest, '"')?;
        match unit {
            Unit::Byte(byte) => out.push(byte),
            Unit::Character(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = after;
    }
    Some(out)
}

/// What a character literal in single quotes stands for; [`None`] if its escape is malformed, an error if more follows.
pub(crate) fn unquote_character(written: &str) -> Option<Result<u32, ()>> {
    let (unit, rest) = unquote_unit(written.strip_prefix('\'')?, '\'')?;
    let code = match unit {
        Unit::Byte(byte) => u32::from(byte),
        Unit::Character(character) => u32::from(character),
    };
    Some(if rest == "'" { Ok(code) } else { Err(()) })
}

enum Unit {
    Byte(u8),
    Character(char),
}

fn unquote_unit(text: &str, quote: char) -> Option<(Unit, &str)> {
    let mut characters = text.chars();
    let first = characters.next()?;
    if first == quote || first == '\n' {
        return None;
    }
    if first != '\\' {
        return Some((Unit::Character(first), characters.as_str()));
    }
    let escape = characters.next()?;
    let rest = characters.as_str();
    let digits = |count: usize, radix: u32| {
        let digits = rest.get(..count)?;
        let valid = digits.chars().all(|digit| digit.is_digit(radix));
        let code = if valid { u32::from_str_radix(digits, radix).ok()? } else { return None };
        Some((code, rest.get(count..)?))
    };
    Some(match escape {
        'a' => (Unit::Character('\x07'), rest),
        'b' => (Unit::Character('\x08'), rest),
        'f' => (Unit::Character('\x0c'), rest),
        'n' => (Unit::Character('\n'), rest),
        'r' => (Unit::Character('\r'), rest),
        't' => (Unit::Character('\t'), rest),
        'v' => (Unit::Character('\x0b'), rest),
        '\\' => (Unit::Character('\\'), rest),
        '\'' | '"' if escape == quote => (Unit::Character(escape), rest),
        'x' => {
            let (code, rest) = digits(2, 16)?;
            (Unit::Byte(u8::try_from(code).ok()?), rest)
        }
        'u' => {
            let (code, rest) = digits(4, 16)?;
            (Unit::Character(char::from_u32(code)?), rest)
        }
        'U' => {
            let (code, rest) = digits(8, 16)?;
            (Unit::Character(char::from_u32(code)?), rest)
        }
        '0'..='7' => {
            let rest = text.get(1..)?;
            let digits = rest.get(..3)?;
            if !digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit)) {
                return None;
            }
            (Unit::Byte(u8::try_from(u32::from_str_radix(digits, 8).ok()?).ok()?), rest.get(3..)?)
        }
        _ => return None,
    })
}
