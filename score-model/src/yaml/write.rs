//! Values as YAML text, the text that yaml.v3 writes where that reads back.

use std::fmt::Write as _;

use super::order;
use super::scalar;
use crate::{Map, Number, Value};

/// Writes a value as a block of YAML, keys sorted as yaml.v3 sorts them: numbers in them by value, letters after other characters.
///
/// The text is the one that yaml.v3's encoder writes with an indentation of 2, but where that would not read back as the same value (see [`yaml`](crate::yaml)). What is secret or not known is written
/// as `$secret: true` and `$unknown: true`: whoever wants it in clear writes [`Value::unmarked`].
///
/// ```
/// use score_model::{Value, yaml};
///
/// let value = Value::map([("b", Value::from("yes")), ("a", Value::list([Value::from(1), Value::from("two")]))]);
/// assert_eq!(yaml::write(&value), "a:\n  - 1\n  - two\nb: \"yes\"\n");
/// ```
pub fn write(value: &Value) -> String {
    write_indented(value, 2)
}

/// Like [`write()`], at the end of a text that is there, which begins a line there.
pub fn append(text: &mut String, value: &Value) {
    Writer::new(text, true, 2).document(value);
}

/// Like [`write()`], with an indentation of `step`, from 2 to 9: yaml.v3's own is 4.
///
/// ```
/// use score_model::{Value, yaml};
///
/// let inner = Value::map([("b", Value::list([Value::from(1)])), ("text", Value::from(" x\ny"))]);
/// let value = Value::map([("a", Value::list([inner]))]);
/// assert_eq!(yaml::write_indented(&value, 4), "a:\n    - b:\n        - 1\n      text: |4-\n         x\n        y\n");
/// ```
pub fn write_indented(value: &Value, step: usize) -> String {
    let mut text = String::with_capacity(512);
    Writer::new(&mut text, true, step.clamp(2, 9)).document(value);
    text
}

/// Like [`write()`], with keys in their own order.
pub fn write_in_order(value: &Value) -> String {
    let mut text = String::with_capacity(512);
    Writer::new(&mut text, false, 2).document(value);
    text
}

struct Writer<'v, 't> {
    text: &'t mut String,
    sort: bool,
    /// By how much what lies below a key is indented, to a multiple of it.
    step: usize,
    /// The entries of the maps that are being written, sorted.
    entries: Vec<(&'v str, &'v Value)>,
    /// Room for sorting.
    room: Vec<(&'v str, &'v Value)>,
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

impl<'v, 't> Writer<'v, 't> {
    fn new(text: &'t mut String, sort: bool, step: usize) -> Self {
        Self { text, sort, step, entries: Vec::new(), room: Vec::new() }
    }

    fn document(mut self, value: &'v Value) {
        self.value(value, if matches!(value, Value::String(_)) { self.step } else { 0 });
        self.end_line();
    }

    fn end_line(&mut self) {
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// The indentation of what lies below a key that is indented by `indent`.
    fn deeper(&self, indent: usize) -> usize {
        (indent + self.step) / self.step * self.step
    }

    fn indent(&mut self, indent: usize) {
        const BLANKS: &str = "                                ";
        let mut left = indent;
        while left > 0 {
            let blanks = left.min(BLANKS.len());
            self.text.push_str(&BLANKS[..blanks]);
            left -= blanks;
        }
    }

    /// Writes a value whose lines, but for the first, are indented by `indent`.
    fn value(&mut self, value: &'v Value, indent: usize) {
        match value {
            Value::Null => self.text.push_str("null"),
            Value::Bool(bool) => self.text.push_str(if *bool { "true" } else { "false" }),
            Value::Number(number) => write_number(self.text, *number),
            Value::String(text) => self.string(text, indent, style(text)),
            Value::List(items) if items.is_empty() => self.text.push_str("[]"),
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.end_line();
                        self.indent(indent);
                    }
                    self.text.push_str("- ");
                    self.value(item, indent + 2);
                }
            }
            Value::Map(map) if map.is_empty() => self.text.push_str("{}"),
            Value::Map(map) => self.map(map, indent),
            Value::Secret(_) => self.text.push_str("$secret: true"),
            Value::Unknown => self.text.push_str("$unknown: true"),
        }
    }

    fn map(&mut self, map: &'v Map, indent: usize) {
        if !self.sort {
            for (index, (key, value)) in map.iter().enumerate() {
                self.entry(index, key, value, indent);
            }
            return;
        }
        let start = self.entries.len();
        self.entries.extend(map.iter().map(|(key, value)| (&**key, value)));
        order::sort(&mut self.entries[start..], &mut self.room);
        for index in 0..map.len() {
            let (key, value) = self.entries[start + index];
            self.entry(index, key, value, indent);
        }
        self.entries.truncate(start);
    }

    fn entry(&mut self, index: usize, key: &str, value: &'v Value, indent: usize) {
        if index > 0 {
            self.end_line();
            self.indent(indent);
        }
        // A bare `<<` would come back as a merge.
        let style = if key == "<<" { Style::Double } else { style(key) };
        let one_line = || !key.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
        let simple = key.len() <= 128 && (style == Style::Plain || style != Style::Literal && one_line());
        if simple {
            self.string(key, indent, style);
            self.text.push(':');
            self.below(value, indent);
        } else {
            self.text.push_str("? ");
            self.string(key, self.deeper(indent), style);
            self.end_line();
            self.indent(indent);
            self.text.push_str(": ");
            self.value(value, self.deeper(indent));
        }
    }

    /// Writes a value after `key:`.
    fn below(&mut self, value: &'v Value, indent: usize) {
        let block = match value {
            Value::List(items) => !items.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::Secret(_) | Value::Unknown => true,
            _ => false,
        };
        if block {
            self.text.push('\n');
            self.indent(self.deeper(indent));
            self.value(value, self.deeper(indent));
        } else {
            self.text.push(' ');
            self.value(value, self.deeper(indent));
        }
    }

    fn string(&mut self, text: &str, indent: usize, style: Style) {
        match style {
            Style::Plain => self.text.push_str(text),
            Style::Single => {
                self.text.push('\'');
                for (index, part) in text.split('\'').enumerate() {
                    self.text.push_str(if index > 0 { "''" } else { "" });
                    self.text.push_str(part);
                }
                self.text.push('\'');
            }
            Style::Double => self.double(text),
            Style::Literal => self.literal(text, indent),
        }
    }

    fn double(&mut self, text: &str) {
        self.text.push('"');
        for c in text.chars() {
            let escape = match c {
                '\0' => "\\0",
                '\u{7}' => "\\a",
                '\u{8}' => "\\b",
                '\t' => "\\t",
                '\n' => "\\n",
                '\u{b}' => "\\v",
                '\u{c}' => "\\f",
                '\r' => "\\r",
                '\u{1b}' => "\\e",
                '"' => "\\\"",
                '\\' => "\\\\",
                '\u{85}' => "\\N",
                '\u{2028}' => "\\L",
                '\u{2029}' => "\\P",
                c if is_printable(c) => {
                    self.text.push(c);
                    continue;
                }
                c => {
                    let code = u32::from(c);
                    let escape = match code {
                        0..=0xff => format!("\\x{code:02X}"),
                        0x100..=0xffff => format!("\\u{code:04X}"),
                        _ => format!("\\U{code:08X}"),
                    };
                    self.text.push_str(&escape);
                    continue;
                }
            };
            self.text.push_str(escape);
        }
        self.text.push('"');
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.text.push('|');
        if text.starts_with([' ', '\n']) {
            self.text.push_str(&self.step.to_string());
        }
        let stripped = text.trim_end_matches('\n');
        match text.len() - stripped.len() {
            0 => self.text.push('-'),
            1 => {}
            _ => self.text.push('+'),
        }
        self.text.push('\n');
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.indent(indent);
                self.text.push_str(line);
            }
            self.text.push('\n');
        }
    }
}

/// As Go's `%g` writes it; a whole float with `.0`, so that it reads back as one.
fn write_number(text: &mut String, number: Number) {
    // A text takes all that is written.
    let _ = match number {
        Number::Float(float) if float.is_finite() => {
            let scientific = format!("{float:e}");
            let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
            let exponent: i32 = exponent.parse().unwrap_or_default();
            if float != 0.0 && !(-4..6).contains(&exponent) {
                let sign = if exponent < 0 { '-' } else { '+' };
                write!(text, "{mantissa}e{sign}{:02}", exponent.unsigned_abs())
            } else if float.fract() == 0.0 {
                write!(text, "{float}.0")
            } else {
                write!(text, "{float}")
            }
        }
        other => write!(text, "{other}"),
    };
}

/// How yaml.v3 would write a text.
fn style(text: &str) -> Style {
    if is_plain(text) {
        return if reads_otherwise(text) { Style::Double } else { Style::Plain };
    }
    let analysis = Analysis::of(text);
    if text.contains('\n') {
        return if analysis.block { Style::Literal } else { Style::Double };
    }
    match analysis {
        _ if reads_otherwise(text) => Style::Double,
        Analysis { plain: true, .. } => Style::Plain,
        Analysis { single: true, .. } => Style::Single,
        _ => Style::Double,
    }
}

/// Whether a text would not come back as one, or not to old readers.
fn reads_otherwise(text: &str) -> bool {
    // No word that means something is longer than `false`.
    if text.len() > 5 && text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return false;
    }
    scalar::plain(text, true).is_some() || is_old_bool(text) || is_base_60(text)
}

/// Whether a text is one that [`Analysis`] calls plain, as can be told of most at a glance.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let before_blank = |at: usize| matches!(bytes.get(at + 1), None | Some(b' '));
    let begins_well = match bytes.first() {
        None => false,
        Some(
            b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@' | b'`'
            | b' ' | b'#',
        ) => false,
        Some(b'?') => !before_blank(0),
        Some(b'-') => !before_blank(0) && !text.starts_with("---"),
        Some(b'.') => !text.starts_with("..."),
        Some(_) => true,
    };
    begins_well
        && bytes.iter().enumerate().all(|(at, byte)| {
            USUAL[usize::from(*byte)]
                || match byte {
                    b' ' => !matches!(bytes.get(at + 1), None | Some(b'#')),
                    b':' => !before_blank(at),
                    _ => false,
                }
        })
}

/// The characters that may stand anywhere in a text without quotes but at its beginning.
static USUAL: [bool; 256] = {
    let mut usual = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        usual[byte as usize] = byte != b':';
        byte += 1;
    }
    usual
};

/// In which ways a text can be written.
struct Analysis {
    plain: bool,
    single: bool,
    block: bool,
}

impl Analysis {
    fn of(text: &str) -> Self {
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut tabs, mut special, mut breaks) = (false, false, false);
        let (mut space_break, mut break_space) = (false, false);
        let (mut previous, mut after_blank) = (' ', true);
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            let before_blank = chars.peek().is_none_or(|next| is_blank(*next));
            indicators |= match c {
                '#' => first || after_blank,
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => first,
                '?' | '-' => first && before_blank,
                ':' => before_blank,
                _ => false,
            };
            match c {
                '\t' => tabs = true,
                '\n' => breaks = true,
                c if !is_printable(c) => special = true,
                _ => {}
            }
            space_break |= c == '\n' && previous == ' ' && !first;
            break_space |= c == ' ' && previous == '\n' && !first;
            (previous, after_blank, first) = (c, is_blank(c), false);
        }
        let outer_space = text.starts_with([' ', '\n']) || text.ends_with([' ', '\n']);
        // Where the first line begins with a tab, the text after the header does not read back.
        let tab_first = text.trim_start_matches('\n').starts_with('\t');
        let blank = text.chars().all(is_blank);
        Self {
            plain: !(outer_space || break_space || space_break || tabs || special || breaks || indicators),
            single: !(break_space || space_break || tabs || special),
            block: !(text.ends_with(' ') || space_break || special || tab_first || blank),
        }
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What yaml.v3 writes as it is, but for the line breaks of Unicode.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{fffd}') && c != '\u{feff}'
}

fn is_old_bool(text: &str) -> bool {
    let words = ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF"];
    text.len() <= 3 && words.contains(&text)
}

/// `1:30`: a number of base 60 to old readers. `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let Some((first, rest)) = unsigned.split_once(':') else { return false };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let (rest, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let sixtieth = |part: &str| match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
        _ => false,
    };
    digits(first) && rest.split(':').all(sixtieth) && digits(fraction)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// What is seen at a glance is what a closer look finds.
        #[test]
        fn a_glance(text in "[-?:#. a0'{é\n\t]{0,6}|[ -~]{0,8}") {
            if is_plain(&text) {
                prop_assert!(Analysis::of(&text).plain, "{text:?}");
            }
        }
    }

    #[test]
    fn most_texts_need_only_a_glance() {
        for text in [
            "a",
            "a b",
            "-U",
            "--port",
            "./a",
            "a:b",
            "http://a.b/c?d=e#f",
            "500m",
            "a,b",
            "x=1",
            "k8s.score.dev/uid",
            "$(A)",
        ] {
            assert!(is_plain(text), "{text}");
        }
    }
}
