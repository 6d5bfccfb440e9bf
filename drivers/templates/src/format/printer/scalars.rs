//! Numbers and texts by verb.

use super::Printer;
use crate::data::Data;
use crate::format::{float, quote};
use crate::unicode;

impl Printer<'_> {
    pub(super) fn integer(
        &mut self,
        absolute: u64,
        negative: bool,
        signed: bool,
        verb: char,
        value: &Data,
        depth: usize,
    ) {
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

    pub(super) fn float(&mut self, number: f64, verb: char, value: &Data, depth: usize) {
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

    pub(super) fn complex(&mut self, real: f64, imaginary: f64, verb: char, value: &Data, depth: usize) {
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

    pub(super) fn string(&mut self, text: &[u8], verb: char, value: &Data, depth: usize) {
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
}
