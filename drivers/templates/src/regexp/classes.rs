//! Character classes of regular expressions.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// The ranges of a class by its letter (`\d`) or its name (`[:alpha:]`), and whether it is negated.
pub(crate) fn perl(letter: char) -> Option<(ClassUnicode, bool)> {
    let name = match letter.to_ascii_lowercase() {
        'd' => "digit",
        's' => return Some((ranges(&[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')]), letter == 'S')),
        'w' => "word",
        _ => return None,
    };
    Some((posix(name)?, letter.is_ascii_uppercase()))
}

/// The class that POSIX calls so.
pub(crate) fn posix(name: &str) -> Option<ClassUnicode> {
    Some(ranges(match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7f')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    }))
}

/// The general category or script of this name.
pub(crate) fn unicode(name: &str) -> Option<ClassUnicode> {
    let plain: String = name.chars().filter(|character| !matches!(character, '_' | '-' | ' ')).collect();
    match plain.to_ascii_lowercase().as_str() {
        "any" => return Some(ranges(&[('\0', char::MAX)])),
        "ascii" => return Some(ranges(&[('\0', '\x7f')])),
        "" => return None,
        _ => {}
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b' ')) {
        return None;
    }
    // Scripts have no short names here.
    let script = if plain.len() > 2 { query(&format!(r"\p{{sc={name}}}")) } else { None };
    query(&format!(r"\p{{gc={name}}}")).or(script)
}

fn query(pattern: &str) -> Option<ClassUnicode> {
    match regex_syntax::parse(pattern).ok()?.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        _ => None,
    }
}

pub(crate) fn ranges(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|(start, end)| ClassUnicodeRange::new(*start, *end)))
}
