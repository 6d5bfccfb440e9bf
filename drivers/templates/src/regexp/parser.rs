//! RE2 syntax.

use regex_syntax::hir::{Capture, Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, Look, Repetition};

use crate::regexp::classes;

/// An expression and the names of its groups, the whole match first.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) hir: Hir,
    pub(crate) names: Vec<Option<String>>,
}

/// How deep groups may nest.
const MAX_DEPTH: usize = 200;

/// How often something may be repeated, all repetitions around it multiplied.
const MAX_REPEAT: u32 = 1000;

/// Parses an expression; the failure is Go's message.
pub(crate) fn parse(expression: &[u8]) -> Result<Parsed, String> {
    let text = std::str::from_utf8(expression).map_err(|error| {
        let rest = expression.get(error.valid_up_to()..).unwrap_or_default();
        message("invalid UTF-8", &String::from_utf8_lossy(rest))
    })?;
    let mut parser = Parser {
        whole: text,
        rest: text,
        flags: Flags::default(),
        groups: Vec::new(),
        current: Group::default(),
        names: vec![None],
    };
    parser.run()?;
    Ok(Parsed { hir: parser.current.finish().hir, names: parser.names })
}

fn message(what: &str, part: &str) -> String {
    format!("{what}: `{part}`")
}

#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    fold: bool,
    multi_line: bool,
    dot_all: bool,
    lazy: bool,
}

/// Something that can be repeated.
struct Item {
    hir: Hir,
    /// How often anything in it is repeated at most.
    repeats: u32,
    /// How deep it nests.
    depth: usize,
}

/// What is between two parentheses.
#[derive(Default)]
struct Group {
    alternatives: Vec<Item>,
    items: Vec<Item>,
    /// The flags to go back to, and the number of the group, if it captures.
    flags: Flags,
    capture: Option<usize>,
}

impl Group {
    fn end_alternative(&mut self) {
        let items = std::mem::take(&mut self.items);
        let repeats = items.iter().map(|item| item.repeats).max().unwrap_or(1);
        let depth = items.iter().map(|item| item.depth).max().unwrap_or(0);
        let hir = Hir::concat(items.into_iter().map(|item| item.hir).collect());
        self.alternatives.push(Item { hir, repeats, depth });
    }

    fn finish(mut self) -> Item {
        self.end_alternative();
        let repeats = self.alternatives.iter().map(|item| item.repeats).max().unwrap_or(1);
        let depth = self.alternatives.iter().map(|item| item.depth).max().unwrap_or(0);
        let hir = Hir::alternation(self.alternatives.into_iter().map(|item| item.hir).collect());
        Item { hir, repeats, depth: depth + 1 }
    }
}

struct Parser<'e> {
    whole: &'e str,
    rest: &'e str,
    flags: Flags,
    /// The groups around the current one.
    groups: Vec<Group>,
    current: Group,
    names: Vec<Option<String>>,
}

type Parse<T> = Result<T, String>;

/// What has been taken of a text, given what is left of it.
fn taken<'t>(text: &'t str, left: &str) -> &'t str {
    text.get(..text.len() - left.len()).unwrap_or_default()
}

impl<'e> Parser<'e> {
    fn run(&mut self) -> Parse<()> {
        let mut last_repeat = None;
        while let Some(first) = self.rest.chars().next() {
            let before = self.rest;
            let after = before.get(first.len_utf8()..).unwrap_or_default();
            let mut repeat = None;
            match first {
                '(' => self.open_group()?,
                '|' => {
                    self.current.end_alternative();
                    self.rest = after;
                }
                ')' => {
                    self.close_group()?;
                    self.rest = after;
                }
                '^' => {
                    self.push(Hir::look(if self.flags.multi_line { Look::StartLF } else { Look::Start }));
                    self.rest = after;
                }
                '$' => {
                    self.push(Hir::look(if self.flags.multi_line { Look::EndLF } else { Look::End }));
                    self.rest = after;
                }
                '.' => {
                    self.push(Hir::dot(if self.flags.dot_all { Dot::AnyChar } else { Dot::AnyCharExceptLF }));
                    self.rest = after;
                }
                '[' => self.class()?,
                '*' | '+' | '?' => {
                    let (min, max) = match first {
                        '*' => (0, None),
                        '+' => (1, None),
                        _ => (0, Some(1)),
                    };
                    self.repeat(min, max, before, after, last_repeat)?;
                    repeat = Some(before);
                }
                '{' => match counts(before) {
                    None => {
                        self.literal('{');
                        self.rest = after;
                    }
                    Some((min, max, after)) => {
                        let valid = |count: Option<u32>| count.is_some_and(|count| count <= MAX_REPEAT);
                        let ordered = matches!((min, max), (Some(min), Some(Some(max))) if min <= max);
                        if !valid(min) || !(max == Some(None) || max.is_some_and(valid) && ordered) {
                            return Err(message("invalid repeat count", taken(before, after)));
                        }
                        self.repeat(min.unwrap_or(0), max.flatten(), before, after, last_repeat)?;
                        repeat = Some(before);
                    }
                },
                '\\' => self.escape()?,
                _ => {
                    self.literal(first);
                    self.rest = after;
                }
            }
            last_repeat = repeat;
        }
        if self.groups.is_empty() { Ok(()) } else { Err(message("missing closing )", self.whole)) }
    }

    fn push(&mut self, hir: Hir) {
        self.current.items.push(Item { hir, repeats: 1, depth: 0 });
    }

    fn literal(&mut self, character: char) {
        if self.flags.fold {
            let class = folded(classes::ranges(&[(character, character)]));
            self.push(Hir::class(Class::Unicode(class)));
        } else {
            self.push(Hir::literal(character.encode_utf8(&mut [0; 4]).as_bytes()));
        }
    }

    fn open_group(&mut self) -> Parse<()> {
        let text = self.rest;
        let flags = self.flags;
        let mut name = None;
        if text.starts_with("(?") {
            if text.len() > 4 && text.starts_with("(?P<") || text.len() > 3 && text.starts_with("(?<") {
                let Some((opening, after)) = text.split_once('>') else {
                    return Err(message("invalid named capture", text));
                };
                let group = opening.split_once('<').map(|(_, group)| group).unwrap_or_default();
                if group.is_empty() || !group.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) {
                    return Err(message("invalid named capture", taken(text, after)));
                }
                name = Some(group.to_owned());
                self.rest = after;
            } else {
                let (inner, opens) = self.group_flags()?;
                if opens {
                    self.enter(None, flags)?;
                }
                self.flags = inner;
                return Ok(());
            }
        } else {
            self.rest = text.get(1..).unwrap_or_default();
        }
        self.names.push(name);
        self.enter(Some(self.names.len() - 1), flags)
    }

    fn enter(&mut self, capture: Option<usize>, flags: Flags) -> Parse<()> {
        if self.groups.len() >= MAX_DEPTH {
            return Err(message("expression nests too deeply", self.whole));
        }
        let group = Group { flags, capture, ..Group::default() };
        self.groups.push(std::mem::replace(&mut self.current, group));
        Ok(())
    }

    /// `(?flags)` or `(?flags:`; says whether it opens a group.
    fn group_flags(&mut self) -> Parse<(Flags, bool)> {
        let text = self.rest;
        let mut flags = self.flags;
        let (mut on, mut seen) = (true, false);
        let mut rest = text.get(2..).unwrap_or_default().chars();
        while let Some(character) = rest.next() {
            match character {
                'i' => flags.fold = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_all = on,
                'U' => flags.lazy = on,
                '-' if on => {
                    on = false;
                    seen = false;
                    continue;
                }
                ':' | ')' if on || seen => {
                    self.rest = rest.as_str();
                    return Ok((flags, character == ':'));
                }
                _ => return Err(message("invalid or unsupported Perl syntax", taken(text, rest.as_str()))),
            }
            seen = true;
        }
        Err(message("invalid or unsupported Perl syntax", text))
    }

    fn close_group(&mut self) -> Parse<()> {
        let Some(outer) = self.groups.pop() else {
            return Err(message("unexpected )", self.whole));
        };
        let group = std::mem::replace(&mut self.current, outer);
        self.flags = group.flags;
        let capture = group.capture;
        let mut item = group.finish();
        if let Some(index) = capture {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            item.hir = Hir::capture(Capture { index, name: None, sub: Box::new(item.hir) });
        }
        self.current.items.push(item);
        Ok(())
    }

    fn repeat(
        &mut self,
        min: u32,
        max: Option<u32>,
        before: &str,
        after: &'e str,
        last_repeat: Option<&str>,
    ) -> Parse<()> {
        let mut after = after;
        let mut lazy = self.flags.lazy;
        if let Some(rest) = after.strip_prefix('?') {
            after = rest;
            lazy = !lazy;
        }
        if let Some(last) = last_repeat {
            return Err(message("invalid nested repetition operator", taken(last, after)));
        }
        let Some(item) = self.current.items.pop() else {
            return Err(message("missing argument to repetition operator", taken(before, after)));
        };
        let most = max.unwrap_or(min).max(1);
        let counted = !matches!((min, max), (0 | 1, None) | (0, Some(1)));
        let repeats = if counted { item.repeats.saturating_mul(most) } else { item.repeats };
        if counted && repeats > MAX_REPEAT {
            return Err(message("invalid repeat count", taken(before, after)));
        }
        let depth = item.depth + 1;
        if depth > MAX_DEPTH {
            return Err(message("expression nests too deeply", self.whole));
        }
        let hir = Hir::repetition(Repetition { min, max, greedy: !lazy, sub: Box::new(item.hir) });
        self.current.items.push(Item { hir, repeats, depth });
        self.rest = after;
        Ok(())
    }

    fn escape(&mut self) -> Parse<()> {
        let text = self.rest;
        let mut characters = text.chars();
        characters.next();
        let letter = characters.next();
        let after = characters.as_str();
        let look = match letter {
            Some('A') => Some(Look::Start),
            Some('b') => Some(Look::WordAscii),
            Some('B') => Some(Look::WordAsciiNegate),
            Some('z') => Some(Look::End),
            _ => None,
        };
        if let Some(look) = look {
            self.push(Hir::look(look));
            self.rest = after;
            return Ok(());
        }
        if letter == Some('C') {
            return Err(message("invalid escape sequence", taken(text, after)));
        }
        if letter == Some('Q') {
            let (literal, after) = after.split_once("\\E").unwrap_or((after, ""));
            literal.chars().for_each(|character| self.literal(character));
            self.rest = after;
            return Ok(());
        }
        if let Some((class, after)) = self.escaped_class(text)? {
            self.push(Hir::class(Class::Unicode(class)));
            self.rest = after;
            return Ok(());
        }
        let (character, after) = escaped_character(text)?;
        self.literal(character);
        self.rest = after;
        Ok(())
    }

    /// `\d`, `\pL`, `\p{Greek}` and the like.
    fn escaped_class<'t>(&self, text: &'t str) -> Parse<Option<(ClassUnicode, &'t str)>> {
        let mut characters = text.chars();
        if characters.next() != Some('\\') {
            return Ok(None);
        }
        let Some(letter) = characters.next() else {
            return Ok(None);
        };
        let after = characters.as_str();
        if let Some((class, negated)) = classes::perl(letter) {
            return Ok(Some((self.cased(class, negated), after)));
        }
        if !matches!(letter, 'p' | 'P') {
            return Ok(None);
        }
        const INVALID: &str = "invalid character class range";
        let (written, name, after) = if let Some(braced) = after.strip_prefix('{') {
            let Some((name, after)) = braced.split_once('}') else {
                return Err(message(INVALID, text));
            };
            (taken(text, after), name, after)
        } else {
            let mut characters = after.chars();
            if characters.next().is_none() {
                return Err(message(INVALID, text));
            }
            let rest = characters.as_str();
            (taken(text, rest), taken(after, rest), rest)
        };
        let (name, inverted) = match name.strip_prefix('^') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let class = classes::unicode(name).ok_or_else(|| message(INVALID, written))?;
        Ok(Some((self.cased(class, inverted != (letter == 'P')), after)))
    }

    fn cased(&self, class: ClassUnicode, negated: bool) -> ClassUnicode {
        let mut class = if self.flags.fold { folded(class) } else { class };
        if negated {
            class.negate();
        }
        class
    }

    fn class(&mut self) -> Parse<()> {
        let text = self.rest;
        let mut rest = text.get(1..).unwrap_or_default();
        let negated = rest.starts_with('^');
        if negated {
            rest = rest.get(1..).unwrap_or_default();
        }
        let mut class = ClassUnicode::empty();
        let mut first = true;
        while first || !rest.starts_with(']') {
            first = false;
            if rest.len() > 2
                && let Some(named) = rest.strip_prefix("[:")
                && let Some((name, after)) = named.split_once(":]")
            {
                let (name, inverted) = match name.strip_prefix('^') {
                    Some(name) => (name, true),
                    None => (name, false),
                };
                let Some(named) = classes::posix(name) else {
                    return Err(message("invalid character class range", taken(rest, after)));
                };
                class.union(&self.cased(named, inverted));
                rest = after;
                continue;
            }
            if let Some((escaped, after)) = self.escaped_class(rest)? {
                class.union(&escaped);
                rest = after;
                continue;
            }
            let range = rest;
            let (low, after) = class_character(rest, text)?;
            rest = after;
            let mut high = low;
            if rest.len() >= 2 && rest.starts_with('-') && !rest.starts_with("-]") {
                (high, rest) = class_character(rest.get(1..).unwrap_or_default(), text)?;
                if high < low {
                    return Err(message("invalid character class range", taken(range, rest)));
                }
            }
            class.union(&self.cased(ClassUnicode::new([ClassUnicodeRange::new(low, high)]), false));
        }
        if negated {
            class.negate();
        }
        self.push(Hir::class(Class::Unicode(class)));
        self.rest = rest.get(1..).unwrap_or_default();
        Ok(())
    }
}

fn folded(mut class: ClassUnicode) -> ClassUnicode {
    // Fails only without the tables, which are built in.
    let _ = class.try_case_fold_simple();
    class
}

fn class_character<'t>(text: &'t str, class: &str) -> Parse<(char, &'t str)> {
    let mut characters = text.chars();
    match characters.next() {
        None => Err(message("missing closing ]", class)),
        Some('\\') => escaped_character(text),
        Some(character) => Ok((character, characters.as_str())),
    }
}

/// What a backslash and what follows it stand for, outside and inside classes.
fn escaped_character(text: &str) -> Parse<(char, &str)> {
    let mut characters = text.chars();
    characters.next();
    let Some(letter) = characters.next() else {
        return Err(message("trailing backslash at end of expression", ""));
    };
    let rest = characters.as_str();
    let invalid = |rest: &str| Err(message("invalid escape sequence", taken(text, rest)));
    let next_octal = rest.starts_with(|digit| ('0'..='7').contains(&digit));
    match letter {
        '1'..='7' if !next_octal => invalid(rest),
        '0'..='7' => {
            let digits = rest.bytes().take(2).take_while(|digit| (b'0'..=b'7').contains(digit)).count();
            let rest = rest.get(digits..).unwrap_or_default();
            let written = taken(text, rest).get(1..).unwrap_or_default();
            let code = u32::from_str_radix(written, 8).ok().and_then(char::from_u32);
            code.map_or_else(|| invalid(rest), |character| Ok((character, rest)))
        }
        'x' => hexadecimal(text, rest),
        'a' => Ok(('\x07', rest)),
        'f' => Ok(('\x0c', rest)),
        'n' => Ok(('\n', rest)),
        'r' => Ok(('\r', rest)),
        't' => Ok(('\t', rest)),
        'v' => Ok(('\x0b', rest)),
        _ if letter.is_ascii() && !letter.is_ascii_alphanumeric() => Ok((letter, rest)),
        _ => invalid(rest),
    }
}

fn hexadecimal<'t>(text: &str, rest: &'t str) -> Parse<(char, &'t str)> {
    let invalid = |rest: &str| Err(message("invalid escape sequence", taken(text, rest)));
    let mut characters = rest.chars();
    let Some(first) = characters.next() else {
        return invalid(rest);
    };
    if first != '{' {
        let second = characters.next();
        let rest = characters.as_str();
        let code = first.to_digit(16).zip(second.and_then(|digit| digit.to_digit(16)));
        return match code.and_then(|(high, low)| char::from_u32(high * 16 + low)) {
            Some(character) => Ok((character, rest)),
            None => invalid(rest),
        };
    }
    let mut code = None;
    loop {
        match characters.next() {
            None => return invalid(""),
            Some('}') => {
                return match code.and_then(char::from_u32) {
                    Some(character) => Ok((character, characters.as_str())),
                    None => invalid(characters.as_str()),
                };
            }
            Some(digit) => {
                let value = digit.to_digit(16).map(|digit| code.unwrap_or(0) * 16 + digit);
                match value.filter(|value| *value <= u32::from(char::MAX)) {
                    Some(value) => code = Some(value),
                    None => return invalid(characters.as_str()),
                }
            }
        }
    }
}

/// `{2}`, `{2,}` or `{2,5}` and what follows; nothing if it is none of these. A count is absent where it is too large,
/// the greatest count is none where there is no limit.
type Counts<'t> = (Option<u32>, Option<Option<u32>>, &'t str);

fn counts(text: &str) -> Option<Counts<'_>> {
    let (min, rest) = count(text.strip_prefix('{')?)?;
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((min, min.map(Some), rest));
    }
    let rest = rest.strip_prefix(',')?;
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((min, Some(None), rest));
    }
    let (max, rest) = count(rest)?;
    Some((min, max.map(Some), rest.strip_prefix('}')?))
}

fn count(text: &str) -> Option<(Option<u32>, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    if number.is_empty() || number.len() > 1 && number.starts_with('0') {
        return None;
    }
    Some((if number.len() > 8 { None } else { number.parse().ok() }, rest))
}
