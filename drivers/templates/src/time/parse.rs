//! Reading times by a layout.

use std::sync::Arc;

use crate::time::layout::{self, Element, ZoneStyle};
use crate::time::zone::Zone;
use crate::time::{Civil, MONTHS, Time, WEEKDAYS, days_in, is_leap};

/// A text in quotes, whatever is not ASCII as hexadecimal escapes.
pub(crate) fn quote(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in text {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(*byte));
            }
            b' '..=b'\x7f' => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

/// Why an element could not be read.
enum Bad {
    /// It is not there.
    Value,
    /// Its number is out of range.
    Range(&'static str),
}

type Field<T> = Result<T, Bad>;

/// What has been read.
#[derive(Default)]
struct Fields<'v> {
    value: &'v [u8],
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: u32,
    noon: Option<bool>,
    utc: bool,
    offset: Option<i64>,
    zone_name: Option<String>,
}

/// Reads a time in the local zone; the failure is Go's message.
pub(crate) fn parse(layout: &[u8], value: &[u8]) -> Result<Time, String> {
    let whole = quote(value);
    let failure = |what: &str| format!("parsing time {whole}{what}");
    let cannot = |value: &[u8], element: &[u8]| {
        failure(&format!(" as {}: cannot parse {} as {}", quote(layout), quote(value), quote(element)))
    };
    let mut fields = Fields { value, ..Fields::default() };
    let mut rest = layout;
    loop {
        let (prefix, element, suffix) = layout::next(rest);
        let written = rest.get(prefix.len()..rest.len() - suffix.len()).unwrap_or_default();
        if let Err(value) = fields.skip(prefix) {
            return Err(cannot(value, prefix));
        }
        let Some(element) = element else {
            if !fields.value.is_empty() {
                return Err(failure(&format!(": extra text: {}", quote(fields.value))));
            }
            break;
        };
        rest = suffix;
        let before = fields.value;
        match fields.read(element, rest) {
            Ok(()) => {}
            Err(Bad::Value) => return Err(cannot(before, written)),
            Err(Bad::Range(what)) => return Err(failure(&format!(": {what} out of range"))),
        }
    }
    fields.time().map_err(|what| failure(&format!(": {what}")))
}

impl<'v> Fields<'v> {
    /// Passes over literal text, in which a run of blanks stands for any run of blanks.
    fn skip(&mut self, prefix: &[u8]) -> Result<(), &'v [u8]> {
        let mut prefix = prefix;
        while let Some(expected) = prefix.first() {
            if *expected == b' ' {
                if self.value.first().is_some_and(|byte| *byte != b' ') {
                    return Err(self.value);
                }
                prefix = trim_blanks(prefix);
                self.value = trim_blanks(self.value);
                continue;
            }
            if self.value.first() != Some(expected) {
                return Err(self.value);
            }
            prefix = prefix.get(1..).unwrap_or_default();
            self.take(1);
        }
        Ok(())
    }

    fn take(&mut self, count: usize) -> &'v [u8] {
        let (taken, rest) = self.value.split_at_checked(count).unwrap_or((self.value, &[]));
        self.value = rest;
        taken
    }

    fn digit_at(&self, index: usize) -> bool {
        self.value.get(index).is_some_and(u8::is_ascii_digit)
    }

    /// One or two digits.
    fn number(&mut self, two: bool) -> Field<i64> {
        let count = match (self.digit_at(0), self.digit_at(1)) {
            (false, _) => return Err(Bad::Value),
            (true, true) => 2,
            (true, false) if two => return Err(Bad::Value),
            (true, false) => 1,
        };
        Ok(digits(self.take(count)).unwrap_or_default())
    }

    fn ranged(&mut self, two: bool, range: std::ops::Range<i64>, what: &'static str) -> Field<i64> {
        let number = self.number(two)?;
        if range.contains(&number) { Ok(number) } else { Err(Bad::Range(what)) }
    }

    /// The place of a name in a list, of which so many letters count.
    fn name(&mut self, names: &[&str], letters: usize) -> Field<i64> {
        for (index, name) in (0..).zip(names) {
            let name = name.get(..letters.min(name.len())).unwrap_or_default().as_bytes();
            if self.value.get(..name.len()).is_some_and(|value| value.eq_ignore_ascii_case(name)) {
                self.take(name.len());
                return Ok(index);
            }
        }
        Err(Bad::Value)
    }

    fn read(&mut self, element: Element, rest: &[u8]) -> Field<()> {
        match element {
            Element::Year => {
                if self.value.len() < 2 {
                    return Err(Bad::Value);
                }
                let year = signed(self.take(2)).ok_or(Bad::Value)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
            }
            Element::LongYear => {
                if self.value.len() < 4 || !self.digit_at(0) {
                    return Err(Bad::Value);
                }
                self.year = digits(self.take(4)).ok_or(Bad::Value)?;
            }
            Element::Month => self.month = Some(self.name(&MONTHS, 3)? + 1),
            Element::LongMonth => self.month = Some(self.name(&MONTHS, usize::MAX)? + 1),
            Element::NumberMonth { zero } => self.month = Some(self.ranged(zero, 1..13, "month")?),
            Element::Weekday => drop(self.name(&WEEKDAYS, 3)?),
            Element::LongWeekday => drop(self.name(&WEEKDAYS, usize::MAX)?),
            Element::Day { zero } => self.day = Some(self.number(zero)?),
            Element::BlankDay => {
                self.skip_blank();
                self.day = Some(self.number(false)?);
            }
            Element::YearDay { zero } => {
                if !zero {
                    self.skip_blank();
                    self.skip_blank();
                }
                let count = (0..3).take_while(|index| self.digit_at(*index)).count();
                if count == 0 || zero && count != 3 {
                    return Err(Bad::Value);
                }
                self.year_day = digits(self.take(count));
            }
            Element::Hour => self.hour = self.ranged(false, 0..24, "hour")?,
            Element::Hour12 { zero } => self.hour = self.ranged(zero, 0..13, "hour")?,
            Element::Minute { zero } => self.minute = self.ranged(zero, 0..60, "minute")?,
            Element::Second { zero } => {
                self.second = self.ranged(zero, 0..60, "second")?;
                let fraction = matches!(self.value.first(), Some(b'.' | b',')) && self.digit_at(1);
                if fraction && !matches!(layout::next(rest).1, Some(Element::Fraction { .. })) {
                    let count = self.value.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
                    self.fraction(1 + count)?;
                }
            }
            Element::Noon { upper } => {
                let (noon, morning) = if upper { ("PM", "AM") } else { ("pm", "am") };
                if self.value.len() < 2 {
                    return Err(Bad::Value);
                }
                let word = self.take(2);
                self.noon = Some(if word == noon.as_bytes() {
                    true
                } else if word == morning.as_bytes() {
                    false
                } else {
                    return Err(Bad::Value);
                });
            }
            Element::Zone(style) => {
                if style.z && self.value.starts_with(b"Z") {
                    self.take(1);
                    self.utc = true;
                } else {
                    self.offset = Some(self.zone_offset(style)?);
                }
            }
            Element::ZoneName => {
                if self.value.starts_with(b"UTC") {
                    self.take(3);
                    self.utc = true;
                } else {
                    let length = zone_name_length(self.value).ok_or(Bad::Value)?;
                    self.zone_name = Some(String::from_utf8_lossy(self.take(length)).into_owned());
                }
            }
            Element::Fraction { digits, trimmed: false, .. } => {
                if self.value.len() < 1 + digits {
                    return Err(Bad::Value);
                }
                self.fraction(1 + digits)?;
            }
            Element::Fraction { trimmed: true, .. } => {
                if matches!(self.value.first(), Some(b'.' | b',')) && self.digit_at(1) {
                    let count = self.value.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
                    self.fraction(1 + count)?;
                }
            }
        }
        Ok(())
    }

    fn skip_blank(&mut self) {
        if self.value.starts_with(b" ") {
            self.take(1);
        }
    }

    /// A separator and digits, so many bytes in all.
    fn fraction(&mut self, length: usize) -> Field<()> {
        let text = self.value.get(..length.min(10)).unwrap_or_default();
        if !matches!(text.first(), Some(b'.' | b',')) {
            return Err(Bad::Value);
        }
        let written = text.get(1..).unwrap_or_default();
        let number = signed(written).ok_or(Bad::Value)?;
        if number < 0 {
            return Err(Bad::Range("fractional second"));
        }
        let missing = 9 - u32::try_from(written.len()).unwrap_or(9).min(9);
        self.nanoseconds = u32::try_from(number * 10i64.pow(missing)).unwrap_or_default();
        self.take(length);
        Ok(())
    }

    fn zone_offset(&mut self, style: ZoneStyle) -> Field<i64> {
        let parts = 1 + usize::from(style.minutes) + usize::from(style.seconds);
        let width = if style.colons { 3 } else { 2 };
        let length = 1 + parts * width - usize::from(style.colons);
        let Some(text) = self.value.get(..length) else {
            return Err(Bad::Value);
        };
        let mut numbers = [0; 3];
        for (index, number) in numbers.iter_mut().take(parts).enumerate() {
            let start = 1 + index * width;
            if style.colons && index > 0 && text.get(start - 1) != Some(&b':') {
                return Err(Bad::Value);
            }
            *number = text.get(start..start + 2).and_then(digits).ok_or(Bad::Value)?;
        }
        let [hours, minutes, seconds] = numbers;
        let ranges = [(hours, 24, "hour"), (minutes, 60, "minute"), (seconds, 60, "second")];
        for (number, most, what) in ranges {
            if number > most {
                return Err(Bad::Range(match what {
                    "hour" => "time zone offset hour",
                    "minute" => "time zone offset minute",
                    _ => "time zone offset second",
                }));
            }
        }
        let offset = (hours * 60 + minutes) * 60 + seconds;
        let sign = text.first().copied();
        self.take(length);
        match sign {
            Some(b'+') => Ok(offset),
            Some(b'-') => Ok(-offset),
            _ => Err(Bad::Value),
        }
    }

    fn time(self) -> Result<Time, &'static str> {
        let hour = match self.noon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let (month, day) = match self.year_day {
            Some(year_day) => self.month_and_day(year_day)?,
            None => (self.month.unwrap_or(1), self.day.unwrap_or(1)),
        };
        if day < 1 || day > days_in(month, self.year) {
            return Err("day out of range");
        }
        let civil = Civil { year: self.year, month, day, hour, minute: self.minute, second: self.second };
        let in_zone = |zone: Zone| Time::from_civil(civil, self.nanoseconds, zone);
        if self.utc {
            return Ok(in_zone(Zone::Utc));
        }
        if let Some(offset) = self.offset {
            let name = self.zone_name.as_deref().unwrap_or_default();
            let local = offset == 0 && (name.is_empty() || name == "UTC");
            return Ok(in_zone(if local { Zone::Local } else { Zone::Fixed(offset, Arc::from(name)) }));
        }
        if let Some(name) = &self.zone_name {
            let hours = name.strip_prefix("GMT").and_then(|hours| signed(hours.as_bytes())).unwrap_or(0);
            // An abbreviation says nothing about the offset.
            let utc = in_zone(Zone::Utc);
            return Ok(utc.in_zone(Zone::Fixed(hours * 3600, Arc::from(name.as_str()))));
        }
        Ok(in_zone(Zone::Local))
    }

    fn month_and_day(&self, year_day: i64) -> Result<(i64, i64), &'static str> {
        let days = 365 + i64::from(is_leap(self.year));
        if year_day < 1 || year_day > days {
            return Err("day-of-year out of range");
        }
        let (mut month, mut day) = (1, year_day);
        while day > days_in(month, self.year) {
            day -= days_in(month, self.year);
            month += 1;
        }
        if self.month.is_some_and(|given| given != month) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|given| given != day) {
            return Err("day-of-year does not match day");
        }
        Ok((month, day))
    }
}

fn trim_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| **byte == b' ').count();
    text.get(blanks..).unwrap_or_default()
}

fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn signed(text: &[u8]) -> Option<i64> {
    match text.strip_prefix(b"-") {
        Some(text) => digits(text).map(|number| -number),
        None => digits(text.strip_prefix(b"+").unwrap_or(text)),
    }
}

/// How much of a text is the abbreviation of a zone.
fn zone_name_length(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(after) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_offset_length(after).unwrap_or(0));
    }
    if matches!(text.first(), Some(b'+' | b'-')) {
        return signed_offset_length(text);
    }
    let capitals = text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count();
    match capitals {
        3 => Some(3),
        4 if text.get(3) == Some(&b'T') || text.starts_with(b"WITA") => Some(4),
        5 if text.get(4) == Some(&b'T') => Some(5),
        _ => None,
    }
}

/// `+03`, up to 23 hours.
fn signed_offset_length(text: &[u8]) -> Option<usize> {
    if !matches!(text.first(), Some(b'+' | b'-')) {
        return None;
    }
    let count = text.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
    let hours = text.get(1..=count).and_then(digits)?;
    (hours <= 23).then_some(1 + count)
}
