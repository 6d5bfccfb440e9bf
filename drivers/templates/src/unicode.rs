//! Character classes and case as Go's `unicode` package has them.
//!
//! The standard library's predicates are wider than Unicode's general categories, which are what Go asks for.

use std::sync::LazyLock;

/// A general category, as sorted ranges.
struct Category(Vec<(char, char)>);

impl Category {
    fn new(pattern: &str) -> Self {
        let ranges = match regex_syntax::parse(pattern).map(regex_syntax::hir::Hir::into_kind) {
            Ok(regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class))) => {
                class.iter().map(|range| (range.start(), range.end())).collect()
            }
            _ => Vec::new(),
        };
        Self(ranges)
    }

    fn contains(&self, character: char) -> bool {
        let index = self.0.partition_point(|(_, end)| *end < character);
        self.0.get(index).is_some_and(|(start, _)| *start <= character)
    }
}

static LETTER: LazyLock<Category> = LazyLock::new(|| Category::new(r"\p{L}"));
static DIGIT: LazyLock<Category> = LazyLock::new(|| Category::new(r"\p{Nd}"));
static UPPER: LazyLock<Category> = LazyLock::new(|| Category::new(r"\p{Lu}"));
static LOWER: LazyLock<Category> = LazyLock::new(|| Category::new(r"\p{Ll}"));
static TITLE: LazyLock<Category> = LazyLock::new(|| Category::new(r"\p{Lt}"));
static NUMBER: LazyLock<Category> = LazyLock::new(|| Category::new(r"\p{N}"));
static PUNCTUATION: LazyLock<Category> = LazyLock::new(|| Category::new(r"\p{P}"));
static PRINTABLE: LazyLock<Category> = LazyLock::new(|| Category::new(r"[\p{L}\p{M}\p{N}\p{P}\p{S}]"));

pub(crate) fn is_letter(character: char) -> bool {
    if character.is_ascii() { character.is_ascii_alphabetic() } else { LETTER.contains(character) }
}

pub(crate) fn is_digit(character: char) -> bool {
    if character.is_ascii() { character.is_ascii_digit() } else { DIGIT.contains(character) }
}

pub(crate) fn is_upper(character: char) -> bool {
    if character.is_ascii() { character.is_ascii_uppercase() } else { UPPER.contains(character) }
}

pub(crate) fn is_lower(character: char) -> bool {
    if character.is_ascii() { character.is_ascii_lowercase() } else { LOWER.contains(character) }
}

pub(crate) fn is_title(character: char) -> bool {
    !character.is_ascii() && TITLE.contains(character)
}

pub(crate) fn is_number(character: char) -> bool {
    NUMBER.contains(character)
}

pub(crate) fn is_punctuation(character: char) -> bool {
    PUNCTUATION.contains(character)
}

/// What `%q` does not escape: graphic characters, and of the spaces only U+0020.
pub(crate) fn is_print(character: char) -> bool {
    if character.is_ascii() { (' '..='~').contains(&character) } else { PRINTABLE.contains(character) }
}

pub(crate) fn is_space(character: char) -> bool {
    // `char::is_whitespace` is White_Space, which is what Go's `unicode.IsSpace` is.
    character.is_whitespace()
}

/// The upper case of one character, where that is one character.
pub(crate) fn to_upper(character: char) -> char {
    let shift = match character {
        // Their full upper case is two characters; the simple one is a title letter.
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => return single(character.to_uppercase(), character),
    };
    char::from_u32(u32::from(character) + shift).unwrap_or(character)
}

/// The lower case of one character, where that is one character.
pub(crate) fn to_lower(character: char) -> char {
    if character == 'İ' {
        return 'i';
    }
    single(character.to_lowercase(), character)
}

/// The title case of one character.
pub(crate) fn to_title(character: char) -> char {
    match character {
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        // Georgian letters have an upper case, yet are their own title case.
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => character,
        _ => to_upper(character),
    }
}

fn single(mut mapped: impl Iterator<Item = char>, otherwise: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(character), None) => character,
        _ => otherwise,
    }
}

/// The characters of a Go string, invalid bytes as U+FFFD, each with the number of bytes it took.
pub(crate) fn characters(bytes: &[u8]) -> impl Iterator<Item = (char, usize)> + '_ {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (character, width) = decode(rest)?;
        rest = rest.get(width..).unwrap_or_default();
        Some((character, width))
    })
}

/// The first character, U+FFFD and one byte where it is none.
pub(crate) fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((char::from(first), 1));
    }
    let head = bytes.get(..bytes.len().min(4)).unwrap_or_default();
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default(),
    };
    match valid.chars().next() {
        Some(character) => Some((character, character.len_utf8())),
        None => Some(('\u{fffd}', 1)),
    }
}
