//! Go's `fmt`: values by verb, with flags, width and precision.

use crate::data::Data;
use crate::format::{float, quote};
use crate::heap::{Heap, MAX_NESTING};
use crate::special::Special;
use crate::text::Text;
use crate::unicode;
use crate::version::Version;

/// What a directive says between `%` and its verb.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    plus_v: bool,
    sharp_v: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Writes values into a buffer.
pub(crate) struct Printer<'h> {
    heap: &'h Heap,
    out: Vec<u8>,
    limit: usize,
    flags: Flags,
    erroring: bool,
    overflow: bool,
}

/// The result did not fit, or a value nests too deeply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Widths and precisions beyond this are not numbers to Go.
const MAX_WIDTH: usize = 1_000_000;

/// `fmt.Sprint`: the values one after the other, a blank between two that are no strings.
pub(crate) fn print(heap: &Heap, values: &[Data], limit: usize) -> Result<Vec<u8>, TooLarge> {
    let mut printer = Printer::new(heap, Vec::new(), limit);
    let mut after_string = false;
    for (index, value) in values.iter().enumerate() {
        let string = matches!(value, Data::String(_));
        if index > 0 && !string && !after_string {
            printer.push(" ");
        }
        printer.argument(value, 'v');
        after_string = string;
    }
    printer.finish()
}

/// `fmt.Sprintln`: the values separated by blanks, and a line end.
pub(crate) fn print_line(heap: &Heap, values: &[Data], limit: usize) -> Result<Vec<u8>, TooLarge> {
    let mut printer = Printer::new(heap, Vec::new(), limit);
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            printer.push(" ");
        }
        printer.argument(value, 'v');
    }
    printer.push("\n");
    printer.finish()
}

/// One value as `%v` appended to a buffer.
pub(crate) fn append(heap: &Heap, value: &Data, out: Vec<u8>, limit: usize) -> Result<Vec<u8>, TooLarge> {
    let mut printer = Printer::new(heap, out, limit);
    printer.argument(value, 'v');
    printer.finish()
}

/// `fmt.Sprintf`.
pub(crate) fn printf(heap: &Heap, format: &[u8], values: &[Data], limit: usize) -> Result<Vec<u8>, TooLarge> {
    let mut printer = Printer::new(heap, Vec::new(), limit);
    printer.formatted(format, values);
    printer.finish()
}

impl<'h> Printer<'h> {
    fn new(heap: &'h Heap, out: Vec<u8>, limit: usize) -> Self {
        Self { heap, out, limit, flags: Flags::default(), erroring: false, overflow: false }
    }

    fn finish(self) -> Result<Vec<u8>, TooLarge> {
        if self.overflow { Err(TooLarge) } else { Ok(self.out) }
    }

    fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    fn push_bytes(&mut self, bytes: &[u8]) {
        if self.out.len().saturating_add(bytes.len()) > self.limit {
            self.overflow = true;
        } else {
            self.out.extend_from_slice(bytes);
        }
    }

    fn push_char(&mut self, character: char) {
        self.push(character.encode_utf8(&mut [0; 4]));
    }

    fn fill(&mut self, count: usize, byte: u8) {
        if self.out.len().saturating_add(count) > self.limit {
            self.overflow = true;
        } else {
            self.out.resize(self.out.len() + count, byte);
        }
    }

    /// The text in its width; zeros only to the left.
    fn pad(&mut self, bytes: &[u8], zero: bool) {
        let Some(width) = self.flags.width else {
            return self.push_bytes(bytes);
        };
        let missing = width.saturating_sub(unicode::characters(bytes).count());
        if self.flags.minus {
            self.push_bytes(bytes);
            self.fill(missing, b' ');
        } else {
            self.fill(missing, if zero { b'0' } else { b' ' });
            self.push_bytes(bytes);
        }
    }

    fn pad_flagged(&mut self, bytes: &[u8]) {
        self.pad(bytes, self.flags.zero && !self.flags.minus);
    }

    fn argument(&mut self, value: &Data, verb: char) {
        match (value, verb) {
            (Data::Null, 'T' | 'v') => self.pad_flagged(b"<nil>"),
            (Data::Null, _) => self.bad_verb(value, verb, 0),
            (_, 'T') => self.string(value.type_name().as_bytes(), 's', value, 0),
            (Data::List(_) | Data::Map(_), 'p') => self.push("0x0"),
            (_, 'p') => self.bad_verb(value, verb, 0),
            _ => self.value(value, verb, 0),
        }
    }

    /// A value, at a depth in others.
    fn value(&mut self, value: &Data, verb: char, depth: usize) {
        if depth > MAX_NESTING || self.overflow {
            self.overflow = true;
            return;
        }
        if verb == 'w' && !self.erroring && !matches!(value, Data::Null) {
            return self.bad_verb(value, verb, depth);
        }
        match value {
            Data::Null => {
                // A nil in a list or map has no verb.
                if self.flags.sharp_v {
                    self.push("interface {}(nil)");
                } else {
                    self.push("<nil>");
                }
            }
            Data::Bool(bool) => {
                if matches!(verb, 't' | 'v') {
                    self.pad_flagged(if *bool { b"true" } else { b"false" });
                } else {
                    self.bad_verb(value, verb, depth);
                }
            }
            Data::Int(int) | Data::Int64(int) => self.integer(int.unsigned_abs(), *int < 0, true, verb, value, depth),
            Data::Uint(int) => self.integer(*int, false, false, verb, value, depth),
            Data::Byte(int) => self.integer(u64::from(*int), false, false, verb, value, depth),
            Data::Float(number) => self.float(*number, verb, value, depth),
            Data::String(text) => self.string(text, verb, value, depth),
            Data::Special(special) => {
                let stringer = matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') && !self.erroring && !self.flags.sharp_v;
                if let Special::Time(time) = special
                    && self.flags.sharp_v
                {
                    let source = time.to_source();
                    return self.pad_flagged(source.as_bytes());
                }
                match special {
                    Special::Complex(real, imaginary) => self.complex(*real, *imaginary, verb, value, depth),
                    _ if stringer => self.string(special.to_text().as_bytes(), verb, value, depth),
                    Special::Version(version) | Special::VersionValue(version) => {
                        let pointer = matches!(special, Special::Version(_));
                        self.version(version, pointer, verb, depth);
                    }
                    _ => match special.integer() {
                        Some(int) => self.integer(int.unsigned_abs(), int < 0, true, verb, value, depth),
                        None => self.string(special.to_text().as_bytes(), verb, value, depth),
                    },
                }
            }
            Data::List(list) => self.list(list, verb, depth),
            Data::Map(map) => {
                if self.flags.sharp_v {
                    self.push(&format!("map[string]{}", map.element));
                    if map.absent {
                        return self.push("(nil)");
                    }
                }
                self.push(if self.flags.sharp_v { "{" } else { "map[" });
                let heap = self.heap;
                for (index, (key, entry)) in heap.entries(map).iter().enumerate() {
                    self.separate(index);
                    self.value(&Data::String(key.clone()), verb, depth + 1);
                    self.push(":");
                    self.value(entry, verb, depth + 1);
                }
                self.close("]");
            }
            Data::Struct(fields) => {
                if fields.kind.pointer {
                    if depth > 0 {
                        return self.push("0xc000000000");
                    }
                    self.push("&");
                }
                if self.flags.sharp_v {
                    self.push(&fields.kind.name);
                }
                self.push("{");
                for (index, ((name, _), entry)) in fields.kind.fields.iter().zip(&fields.values).enumerate() {
                    self.separate(index);
                    if self.flags.plus_v || self.flags.sharp_v {
                        self.push(name);
                        self.push(":");
                    }
                    self.value(entry, verb, depth + 1);
                }
                self.push("}");
            }
        }
    }

    /// A version where its `String` method does not count: as the struct that it is.
    fn version(&mut self, version: &Version, pointer: bool, verb: char, depth: usize) {
        if pointer {
            if depth > 0 {
                return self.push("0xc000000000");
            }
            self.push("&");
        }
        if self.flags.sharp_v {
            self.push("semver.Version");
        }
        self.push("{");
        let fields = [
            ("major", Data::Uint(version.major)),
            ("minor", Data::Uint(version.minor)),
            ("patch", Data::Uint(version.patch)),
            ("pre", Data::from(version.prerelease.as_str())),
            ("metadata", Data::from(version.metadata.as_str())),
            ("original", Data::from(version.original.as_str())),
        ];
        for (index, (name, field)) in fields.iter().enumerate() {
            self.separate(index);
            if self.flags.plus_v || self.flags.sharp_v {
                self.push(name);
                self.push(":");
            }
            self.value(field, verb, depth + 1);
        }
        self.push("}");
    }

    fn list(&mut self, list: &crate::data::List, verb: char, depth: usize) {
        if self.flags.sharp_v {
            self.push(&format!("[]{}", list.element));
            if list.absent {
                return self.push("(nil)");
            }
        }
        self.push(if self.flags.sharp_v { "{" } else { "[" });
        for (index, item) in list.items.iter().enumerate() {
            self.separate(index);
            self.value(item, verb, depth + 1);
        }
        self.close("]");
    }

    fn close(&mut self, bracket: &str) {
        self.push(if self.flags.sharp_v { "}" } else { bracket });
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.push(if self.flags.sharp_v { ", " } else { " " });
        }
    }

    /// `%!verb(type=value)`
    fn bad_verb(&mut self, value: &Data, verb: char, depth: usize) {
        self.push("%!");
        self.push_char(verb);
        self.push("(");
        if matches!(value, Data::Null) {
            self.push("<nil>");
        } else {
            let erroring = std::mem::replace(&mut self.erroring, true);
            self.push(&value.type_name());
            self.push("=");
            self.value(value, 'v', depth);
            self.erroring = erroring;
        }
        self.push(")");
    }

    fn integer(&mut self, absolute: u64, negative: bool, signed: bool, verb: char, value: &Data, depth: usize) {
        match verb {
            'v' if self.flags.sharp_v && !signed => {
                let sharp = std::mem::replace(&mut self.flags.sharp, true);
                self.digits(absolute, negative, 16, 'v', false);
                self.flags.sharp = sharp;
            }
            'v' | 'd' => self.digits(absolute, negative, 10, verb, false),
            'b' => self.digits(absolute, negative, 2, verb, false),
            'o' | 'O' => self.digits(absolute, negative, 8, verb, false),
            'x' => self.digits(absolute, negative, 16, verb, false),
            'X' => self.digits(absolute, negative, 16, verb, true),
            'c' => {
                let character = self.character(absolute, negative);
                self.pad_flagged(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            'q' => {
                let character = self.character(absolute, negative);
                let quoted = quote::quoted_character(character, self.flags.plus);
                self.pad_flagged(quoted.as_bytes());
            }
            'U' => {
                let bits = if negative { absolute.wrapping_neg() } else { absolute };
                let precision = self.flags.precision.unwrap_or(4).max(4);
                let mut text = format!("U+{bits:0precision$X}");
                if self.flags.sharp
                    && let Some(character) = u32::try_from(bits).ok().and_then(char::from_u32)
                    && unicode::is_print(character)
                {
                    text.push_str(&format!(" '{character}'"));
                }
                self.pad(text.as_bytes(), false);
            }
            _ => self.bad_verb(value, verb, depth),
        }
    }

    fn character(&self, absolute: u64, negative: bool) -> char {
        let code = if negative { None } else { u32::try_from(absolute).ok() };
        code.and_then(char::from_u32).unwrap_or('\u{fffd}')
    }

    fn digits(&mut self, absolute: u64, negative: bool, base: u32, verb: char, upper: bool) {
        let flags = self.flags;
        let mut precision = 0;
        if let Some(given) = flags.precision {
            if given == 0 && absolute == 0 {
                return self.fill(flags.width.unwrap_or_default(), b' ');
            }
            precision = given;
        } else if let Some(width) = flags.width
            && flags.zero
            && !flags.minus
        {
            precision = width.saturating_sub(usize::from(negative || flags.plus || flags.space));
        }
        if precision > self.limit {
            self.overflow = true;
            return;
        }
        let mut digits = match (base, upper) {
            (2, _) => format!("{absolute:0precision$b}"),
            (8, _) => format!("{absolute:0precision$o}"),
            (16, false) => format!("{absolute:0precision$x}"),
            (16, true) => format!("{absolute:0precision$X}"),
            _ => format!("{absolute:0precision$}"),
        };
        let mut prefix = String::new();
        if negative {
            prefix.push('-');
        } else if flags.plus {
            prefix.push('+');
        } else if flags.space {
            prefix.push(' ');
        }
        if verb == 'O' {
            prefix.push_str("0o");
        }
        if flags.sharp {
            match base {
                2 => prefix.push_str("0b"),
                8 if !digits.starts_with('0') => prefix.push('0'),
                16 => prefix.push_str(if upper { "0X" } else { "0x" }),
                _ => {}
            }
        }
        digits.insert_str(0, &prefix);
        self.pad(digits.as_bytes(), false);
    }

    fn float(&mut self, number: f64, verb: char, value: &Data, depth: usize) {
        let (format, default) = match verb {
            'v' | 'g' => ('g', None),
            'G' => ('G', None),
            'f' | 'F' => ('f', Some(6)),
            'e' | 'E' => (verb, Some(6)),
            'b' | 'x' | 'X' => (verb, None),
            _ => return self.bad_verb(value, verb, depth),
        };
        let precision = self.flags.precision.or(default);
        let mut text = match format {
            'b' => float::binary(number),
            'x' | 'X' => float::hexadecimal(number, format == 'X', precision),
            _ => float::format(number, format, precision),
        };
        if !text.starts_with(['-', '+']) {
            text.insert(0, '+');
        }
        if self.flags.space && !self.flags.plus && text.starts_with('+') {
            text.replace_range(..1, " ");
        }
        if !number.is_finite() {
            if number.is_nan() && !self.flags.space && !self.flags.plus {
                text.remove(0);
            }
            // The sign of an infinity always shows.
            return self.pad(text.as_bytes(), false);
        }
        if self.flags.sharp && format != 'b' {
            text = float::with_point(&text, matches!(format, 'g' | 'G' | 'x').then_some(precision.unwrap_or(6)));
        }
        if self.flags.plus || !text.starts_with('+') {
            if let Some(width) = self.flags.width
                && self.flags.zero
                && !self.flags.minus
                && width > text.len()
            {
                let (sign, digits) = text.split_at(1);
                self.push(sign);
                self.fill(width - text.len(), b'0');
                self.push(digits);
                return;
            }
            return self.pad_flagged(text.as_bytes());
        }
        self.pad_flagged(text.get(1..).unwrap_or_default().as_bytes());
    }

    fn complex(&mut self, real: f64, imaginary: f64, verb: char, value: &Data, depth: usize) {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(value, verb, depth);
        }
        self.push("(");
        self.float(real, verb, value, depth);
        let plus = std::mem::replace(&mut self.flags.plus, true);
        self.float(imaginary, verb, value, depth);
        self.flags.plus = plus;
        self.push("i)");
    }

    fn string(&mut self, text: &[u8], verb: char, value: &Data, depth: usize) {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(text),
            'v' | 's' => {
                let cut = self.cut(text);
                self.pad_flagged(cut);
            }
            'q' => self.quoted(text),
            'x' | 'X' => self.hexadecimal(text, verb == 'X'),
            _ => self.bad_verb(value, verb, depth),
        }
    }

    /// No more characters than the precision.
    fn cut<'b>(&self, text: &'b [u8]) -> &'b [u8] {
        match self.flags.precision {
            Some(precision) => {
                let length = unicode::characters(text).take(precision).map(|(_, width)| width).sum();
                text.get(..length).unwrap_or(text)
            }
            None => text,
        }
    }

    fn quoted(&mut self, text: &[u8]) {
        let text = self.cut(text);
        let quoted = if self.flags.sharp && quote::can_backquote(text) {
            [b"`", text, b"`"].concat()
        } else if self.flags.plus {
            quote::quoted_ascii(text).into_bytes()
        } else {
            quote::quoted(text).into_bytes()
        };
        self.pad_flagged(&quoted);
    }

    fn hexadecimal(&mut self, text: &[u8], upper: bool) {
        let length = self.flags.precision.map_or(text.len(), |precision| precision.min(text.len()));
        let prefix = if upper { "0X" } else { "0x" };
        let mut out = String::new();
        for (index, byte) in text.iter().take(length).enumerate() {
            if self.flags.space && index > 0 {
                out.push(' ');
            }
            if self.flags.sharp && (self.flags.space || index == 0) {
                out.push_str(prefix);
            }
            out.push_str(&if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        }
        self.pad_flagged(out.as_bytes());
    }

    fn formatted(&mut self, format: &[u8], values: &[Data]) {
        let mut directive = Directives { format, position: 0, values, argument: 0, reordered: false, good: true };
        while directive.position < format.len() && !self.overflow {
            let rest = format.get(directive.position..).unwrap_or_default();
            let plain = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
            self.push_bytes(rest.get(..plain).unwrap_or_default());
            directive.position += plain;
            if plain == rest.len() {
                break;
            }
            directive.position += 1;
            self.directive(&mut directive);
        }
        if !directive.reordered && directive.argument < values.len() {
            self.flags = Flags::default();
            self.push("%!(EXTRA ");
            for (index, value) in values.iter().skip(directive.argument).enumerate() {
                if index > 0 {
                    self.push(", ");
                }
                if matches!(value, Data::Null) {
                    self.push("<nil>");
                } else {
                    self.push(&value.type_name());
                    self.push("=");
                    self.argument(value, 'v');
                }
            }
            self.push(")");
        }
    }

    fn directive(&mut self, directive: &mut Directives<'_>) {
        self.flags = Flags::default();
        directive.good = true;
        while let Some(byte) = directive.peek() {
            match byte {
                b'#' => self.flags.sharp = true,
                b'0' => self.flags.zero = true,
                b'+' => self.flags.plus = true,
                b'-' => self.flags.minus = true,
                b' ' => self.flags.space = true,
                _ => break,
            }
            directive.position += 1;
        }
        let mut after_index = directive.index();
        if directive.peek() == Some(b'*') {
            directive.position += 1;
            match directive.number_argument() {
                Some(width) => {
                    if width < 0 {
                        self.flags.minus = true;
                        self.flags.zero = false;
                    }
                    self.flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => self.push("%!(BADWIDTH)"),
            }
            after_index = false;
        } else {
            self.flags.width = directive.number();
            if after_index && self.flags.width.is_some() {
                directive.good = false;
            }
        }
        if directive.peek() == Some(b'.') && directive.position + 1 < directive.format.len() {
            directive.position += 1;
            if after_index {
                directive.good = false;
            }
            after_index = directive.index();
            if directive.peek() == Some(b'*') {
                directive.position += 1;
                let precision = directive.number_argument();
                self.flags.precision = precision.and_then(|precision| usize::try_from(precision).ok());
                if self.flags.precision.is_none() {
                    self.push("%!(BADPREC)");
                }
                after_index = false;
            } else {
                self.flags.precision = Some(directive.number().unwrap_or_default());
            }
        }
        if !after_index {
            directive.index();
        }
        let rest = directive.format.get(directive.position..).unwrap_or_default();
        let Some((verb, width)) = unicode::decode(rest) else {
            self.push("%!(NOVERB)");
            return;
        };
        directive.position += width;
        if verb == '%' {
            return self.push("%");
        }
        if !directive.good {
            self.push("%!");
            self.push_char(verb);
            return self.push("(BADINDEX)");
        }
        let Some(value) = directive.values.get(directive.argument) else {
            self.push("%!");
            self.push_char(verb);
            return self.push("(MISSING)");
        };
        if matches!(verb, 'v' | 'w') {
            self.flags.sharp_v = std::mem::take(&mut self.flags.sharp);
            self.flags.plus_v = std::mem::take(&mut self.flags.plus);
        }
        self.argument(value, verb);
        directive.argument += 1;
    }
}

/// Where in a format string and its arguments `printf` is.
struct Directives<'a> {
    format: &'a [u8],
    position: usize,
    values: &'a [Data],
    argument: usize,
    reordered: bool,
    good: bool,
}

impl Directives<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.position).copied()
    }

    /// Digits; a number too large to be meant takes the rest of the format with it.
    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            let read = number.unwrap_or(0);
            if read > MAX_WIDTH {
                self.position = self.format.len();
                return None;
            }
            number = Some(read * 10 + usize::from(byte - b'0'));
            self.position += 1;
        }
        number
    }

    /// A width or precision given as an argument (`*`).
    fn number_argument(&mut self) -> Option<i64> {
        let value = self.values.get(self.argument)?;
        self.argument += 1;
        let number = match value {
            Data::Int(number) | Data::Int64(number) => *number,
            Data::Uint(number) => i64::try_from(*number).ok()?,
            Data::Byte(number) => i64::from(*number),
            Data::Special(special) => special.integer()?,
            _ => return None,
        };
        (number.unsigned_abs() <= MAX_WIDTH as u64).then_some(number)
    }

    /// `[n]`: which argument comes next. Says whether there was one.
    fn index(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = self.format.get(self.position..).unwrap_or_default();
        let close = if rest.len() < 3 { None } else { rest.iter().skip(1).position(|byte| *byte == b']') };
        let Some(close) = close else {
            self.good = false;
            self.position += 1;
            return false;
        };
        let digits = rest.get(1..=close).unwrap_or_default();
        self.position += close + 2;
        let number = std::str::from_utf8(digits)
            .ok()
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))
            .and_then(|digits| digits.parse::<usize>().ok())
            .filter(|number| *number <= MAX_WIDTH * 10);
        match number {
            Some(number) if (1..=self.values.len()).contains(&number) => {
                self.argument = number - 1;
                true
            }
            Some(_) => {
                self.good = false;
                true
            }
            None => {
                self.good = false;
                false
            }
        }
    }
}

/// The value as `%v` prints it.
pub(crate) fn text_of(heap: &Heap, value: &Data, limit: usize) -> Result<Text, TooLarge> {
    match value {
        Data::String(text) => Ok(text.clone()),
        _ => append(heap, value, Vec::new(), limit).map(Text::from),
    }
}
