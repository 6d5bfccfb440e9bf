//! Format strings: `%[n]+6.2f` and the like.

use super::{Flags, Printer};
use crate::data::Data;
use crate::unicode;

/// Widths and precisions beyond this are not numbers to Go.
const MAX_WIDTH: usize = 1_000_000;

impl Printer<'_> {
    /// `printf`: plain text, and directives that take the values in turn.
    pub(super) fn formatted(&mut self, format: &[u8], values: &[Data]) {
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
