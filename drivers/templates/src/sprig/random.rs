//! Randomness, all of it from the host's seed, and the host's variables.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::arguments::{int, text};
use crate::context::Context;
use crate::data::Data;
use crate::functions::Parameter::{self, Int, String as Str};
use crate::functions::{Failed, Function, Outcome, Table};

const COUNT: &[Parameter] = &[Int];
const NAME: &[Parameter] = &[Str];

const DIGITS: &str = "0123456789";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

pub(crate) static TABLE: Table = &[
    ("randAlphaNum", Function::plain(COUNT, |context, a| random(context, a, &[LETTERS, DIGITS].concat()))),
    ("randAlpha", Function::plain(COUNT, |context, a| random(context, a, LETTERS))),
    ("randNumeric", Function::plain(COUNT, |context, a| random(context, a, DIGITS))),
    ("randAscii", Function::plain(COUNT, |context, a| random(context, a, &(' '..='~').collect::<String>()))),
    ("randInt", Function::plain(&[Int, Int], rand_int)),
    ("randBytes", Function::plain(COUNT, rand_bytes)),
    ("shuffle", Function::plain(NAME, shuffle)),
    ("uuidv4", Function::plain(&[], uuid)),
    ("env", Function::plain(NAME, |context, a| Ok(Data::from(context.host.variable(&text(a, 0)))))),
    ("expandenv", Function::plain(NAME, expand)),
    ("getHostByName", Function::plain(NAME, |_, _| Err("looking up hosts is not available here".into()))),
];

/// So many characters of an alphabet.
fn random(context: &mut Context<'_>, arguments: &[Data], alphabet: &str) -> Outcome {
    // sprig swallows the error for a negative count.
    let count = usize::try_from(int(arguments, 0)).unwrap_or(0);
    context.reserve(count.saturating_mul(64))?;
    let alphabet = alphabet.as_bytes();
    let mut out = Vec::with_capacity(count);
    for _ in 0..count {
        let index = below(context, alphabet.len())?;
        out.extend(alphabet.get(index));
    }
    Ok(Data::text(out))
}

fn below(context: &mut Context<'_>, bound: usize) -> Result<usize, Failed> {
    Ok(usize::try_from(context.host.below(bound as u64)?).unwrap_or_default())
}

fn rand_int(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let (least, end) = (int(arguments, 0), int(arguments, 1));
    match u64::try_from(end.wrapping_sub(least)) {
        Ok(count) if count > 0 => Ok(Data::Int(least.wrapping_add_unsigned(context.host.below(count)?))),
        _ => Err("invalid argument to Intn".into()),
    }
}

fn rand_bytes(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let Ok(count) = usize::try_from(int(arguments, 0)) else {
        return Err("runtime error: makeslice: len out of range".into());
    };
    context.reserve(count.saturating_mul(2))?;
    let mut bytes = vec![0; count];
    context.host.fill(&mut bytes)?;
    Ok(Data::from(STANDARD.encode(bytes)))
}

fn shuffle(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let mut characters: Vec<char> = text(arguments, 0).chars().collect();
    for length in (2..=characters.len()).rev() {
        let index = below(context, length)?;
        characters.swap(index, length - 1);
    }
    Ok(Data::from(characters.into_iter().collect::<String>()))
}

fn uuid(context: &mut Context<'_>, _: &[Data]) -> Outcome {
    let mut bytes = [0; 16];
    context.host.fill(&mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut out = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push_str(&format!("{byte:02x}"));
    }
    Ok(Data::from(out))
}

/// `$NAME` and `${NAME}` replaced by the host's variables.
fn expand(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let text = text(arguments, 0);
    let mut out = String::with_capacity(text.len());
    let mut rest: &str = &text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, width) = variable_name(after);
        if name.is_empty() && width > 0 {
            // Bad syntax is swallowed.
        } else if name.is_empty() {
            out.push('$');
        } else {
            out.push_str(context.host.variable(name));
        }
        rest = after.get(width..).unwrap_or_default();
        context.reserve(out.len())?;
    }
    out.push_str(rest);
    Ok(Data::from(out))
}

/// The name after a `$`, and how much of the text it takes.
fn variable_name(text: &str) -> (&str, usize) {
    let special = |character: char| character.is_ascii_digit() || "*#$@!?-".contains(character);
    if let Some(braced) = text.strip_prefix('{') {
        let mut characters = braced.chars();
        if let (Some(first), Some('}')) = (characters.next(), characters.next())
            && special(first)
        {
            return (braced.get(..1).unwrap_or_default(), 3);
        }
        return match braced.find('}') {
            Some(0) => ("", 2),
            Some(end) => (braced.get(..end).unwrap_or_default(), end + 2),
            None => ("", 1),
        };
    }
    if text.starts_with(special) {
        return (text.get(..1).unwrap_or_default(), 1);
    }
    let end = text.find(|character: char| !(character == '_' || character.is_ascii_alphanumeric()));
    let name = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    (name, name.len())
}
