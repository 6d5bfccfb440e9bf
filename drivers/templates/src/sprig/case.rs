//! Upper case, lower case, and the cases of programming languages.

use crate::arguments::{bytes, text};
use crate::context::Context;
use crate::data::Data;
use crate::functions::Parameter::{self, String as Str};
use crate::functions::{Function, Outcome, Table};
use crate::unicode::{
    characters, is_digit, is_letter, is_lower, is_number, is_punctuation, is_space, is_title, is_upper, to_lower,
    to_title, to_upper,
};

const ONE: &[Parameter] = &[Str];

pub(crate) static TABLE: Table = &[
    ("upper", Function::plain(ONE, |_, a| Ok(Data::text(text(a, 0).chars().map(to_upper).collect::<String>())))),
    ("lower", Function::plain(ONE, |_, a| Ok(Data::text(text(a, 0).chars().map(to_lower).collect::<String>())))),
    ("title", Function::plain(ONE, title)),
    ("untitle", Function::plain(ONE, untitle)),
    ("swapcase", Function::plain(ONE, swapcase)),
    ("camelcase", Function::plain(ONE, camelcase)),
    ("snakecase", Function::plain(ONE, |_, a| Ok(Data::text(separated(bytes(a, 0), '_'))))),
    ("kebabcase", Function::plain(ONE, |_, a| Ok(Data::text(separated(bytes(a, 0), '-'))))),
];

fn title(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let mut previous = ' ';
    let text = text(arguments, 0);
    let titled = text.chars().map(|character| {
        let starts = separates_words(std::mem::replace(&mut previous, character));
        if starts { to_title(character) } else { character }
    });
    Ok(Data::text(titled.collect::<String>()))
}

fn separates_words(character: char) -> bool {
    if character.is_ascii() {
        return !(character.is_ascii_alphanumeric() || character == '_');
    }
    !is_letter(character) && !is_digit(character) && is_space(character)
}

fn untitle(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let mut starts = true;
    let text = text(arguments, 0);
    let changed = text.chars().map(|character| {
        if is_space(character) {
            starts = true;
            character
        } else if std::mem::take(&mut starts) {
            to_lower(character)
        } else {
            character
        }
    });
    Ok(Data::text(changed.collect::<String>()))
}

fn swapcase(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let mut after_space = true;
    let text = text(arguments, 0);
    let swapped = text.chars().map(|character| {
        if is_upper(character) || is_title(character) {
            after_space = false;
            to_lower(character)
        } else if is_lower(character) {
            if std::mem::take(&mut after_space) { to_title(character) } else { to_upper(character) }
        } else {
            after_space = is_space(character);
            character
        }
    });
    Ok(Data::text(swapped.collect::<String>()))
}

fn is_connector(character: char) -> bool {
    matches!(character, '-' | '_') || is_space(character)
}

fn camelcase(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let text = text(arguments, 0);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    let mut current = None;
    let mut after_upper = false;
    for character in rest.by_ref() {
        if !is_connector(character) {
            after_upper = is_upper(character);
            current = Some(to_upper(character));
            break;
        }
        out.push(character);
    }
    let Some(mut current) = current else {
        // Nothing but connectors; the last one is written once more.
        out.extend(text.chars().last());
        return Ok(Data::text(out));
    };
    for mut next in rest {
        if is_connector(next) && is_connector(current) {
            out.push(current);
            current = next;
            continue;
        }
        if is_connector(current) {
            after_upper = is_upper(next);
            next = to_upper(next);
        } else {
            if after_upper {
                if is_upper(next) {
                    next = to_lower(next);
                } else {
                    after_upper = false;
                }
            }
            out.push(current);
        }
        current = next;
    }
    out.push(current);
    Ok(Data::text(out))
}

/// What a word in mixed case consists of.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Word {
    Invalid,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

impl Word {
    fn ends_name(self) -> bool {
        matches!(self, Self::Connector | Self::Punctuation)
    }

    fn continues_number(self) -> bool {
        matches!(self, Self::Alphabet | Self::Number)
    }
}

/// Letters that are not ideographs.
fn is_alphabet(character: char) -> bool {
    is_letter(character)
        && !matches!(character, '\u{4e00}'..='\u{9fcc}' | '\u{3400}'..='\u{4d85}' | '\u{20000}'..='\u{2b81d}')
}

/// The next character that is valid and the bytes up to its end; the previous one where there is none.
fn next_valid(text: &[u8], previous: Option<char>) -> (Option<char>, usize) {
    let mut size = 0;
    for (character, width) in characters(text) {
        size += width;
        if character != '\u{fffd}' {
            return (Some(character), size);
        }
    }
    (previous, size)
}

/// The first word of a text, and the rest.
fn next_word(text: &[u8]) -> (Word, &[u8], &[u8]) {
    if text.is_empty() {
        return (Word::Invalid, text, text);
    }
    let (first, size) = next_valid(text, None);
    let Some(first) = first else {
        return (Word::Invalid, text, &[]);
    };
    let mut offset = size;
    // Goes on while the next character is of a kind; gives the one that is not, and the size of the last one that is.
    let run = |offset: &mut usize, previous: char, accepts: &dyn Fn(char) -> bool| {
        let mut current = previous;
        let mut last = 0;
        while let Some(rest) = text.get(*offset..).filter(|rest| !rest.is_empty()) {
            let (next, size) = next_valid(rest, Some(current));
            current = next.unwrap_or(current);
            if !accepts(current) {
                return (current, last, true);
            }
            *offset += size;
            last = size;
        }
        (current, last, false)
    };
    let lower = |character: char| is_alphabet(character) && !is_upper(character);
    let word = if is_connector(first) {
        run(&mut offset, first, &is_connector);
        Word::Connector
    } else if is_punctuation(first) {
        run(&mut offset, first, &is_punctuation);
        Word::Punctuation
    } else if is_upper(first) {
        let (next, last, more) = run(&mut offset, first, &is_upper);
        if last == 0 {
            if more && is_alphabet(next) {
                run(&mut offset, first, &lower);
            }
        } else if more && is_alphabet(next) {
            // The last capital begins the next word.
            offset -= last;
        }
        Word::Upper
    } else if is_alphabet(first) {
        run(&mut offset, first, &lower);
        Word::Alphabet
    } else if is_number(first) {
        run(&mut offset, first, &is_number);
        Word::Number
    } else {
        let other = |character: char| {
            !(is_connector(character) || is_alphabet(character) || is_number(character) || is_punctuation(character))
        };
        run(&mut offset, first, &other);
        Word::Other
    };
    let (word_text, rest) = text.split_at_checked(offset).unwrap_or((text, &[]));
    (word, word_text, rest)
}

/// Lower case words with a connector between them.
fn separated(text: &[u8], connector: char) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 8);
    if text.is_empty() {
        return out;
    }
    let connect = |out: &mut Vec<u8>| out.extend_from_slice(connector.encode_utf8(&mut [0; 4]).as_bytes());
    let (mut kind, mut word, mut rest) = next_word(text);
    while !rest.is_empty() {
        if kind != Word::Connector {
            lowered(&mut out, kind, word, connector);
        }
        let (previous, last) = (kind, word);
        (kind, word, rest) = next_word(rest);
        match previous {
            Word::Number => {
                while kind.continues_number() {
                    lowered(&mut out, kind, word, connector);
                    (kind, word, rest) = next_word(rest);
                }
                if kind != Word::Invalid && !kind.ends_name() {
                    connect(&mut out);
                }
            }
            Word::Connector => lowered(&mut out, previous, last, connector),
            Word::Punctuation => {}
            _ if kind != Word::Number => {
                if !kind.ends_name() {
                    connect(&mut out);
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = word;
                (kind, word, rest) = next_word(rest);
                if kind != Word::Alphabet {
                    lowered(&mut out, Word::Number, number, connector);
                    if !kind.ends_name() {
                        connect(&mut out);
                    }
                    continue;
                }
                connect(&mut out);
                lowered(&mut out, Word::Number, number, connector);
                while kind.continues_number() {
                    lowered(&mut out, kind, word, connector);
                    (kind, word, rest) = next_word(rest);
                }
                if kind != Word::Invalid && !kind.ends_name() {
                    connect(&mut out);
                }
            }
        }
    }
    lowered(&mut out, kind, word, connector);
    out
}

fn lowered(out: &mut Vec<u8>, kind: Word, word: &[u8], connector: char) {
    if !matches!(kind, Word::Upper | Word::Connector) {
        out.extend_from_slice(word);
        return;
    }
    for (character, _) in characters(word) {
        let character = match character {
            _ if is_connector(character) => connector,
            _ if is_upper(character) => to_lower(character),
            _ => character,
        };
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}
