//! Layouts: the reference time Mon Jan 2 15:04:05 MST 2006, written as times are to be.

use crate::time::{MONTHS, Time, WEEKDAYS};

/// One element of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    LongMonth,
    Month,
    /// With a leading zero or without.
    NumberMonth {
        zero: bool,
    },
    LongWeekday,
    Weekday,
    Day {
        zero: bool,
    },
    /// With a leading blank.
    BlankDay,
    YearDay {
        zero: bool,
    },
    Hour,
    Hour12 {
        zero: bool,
    },
    Minute {
        zero: bool,
    },
    Second {
        zero: bool,
    },
    LongYear,
    Year,
    Noon {
        upper: bool,
    },
    ZoneName,
    Zone(ZoneStyle),
    Fraction {
        digits: usize,
        separator: u8,
        trimmed: bool,
    },
}

/// How an offset from UTC is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ZoneStyle {
    /// `Z` for UTC.
    pub(crate) z: bool,
    pub(crate) colons: bool,
    pub(crate) minutes: bool,
    pub(crate) seconds: bool,
}

const OFFSETS: [(&[u8], bool, bool, bool); 5] = [
    // Text after the sign; colons, minutes, seconds. In the order they are tried in.
    (b"070000", false, true, true),
    (b"07:00:00", true, true, true),
    (b"0700", false, true, false),
    (b"07:00", true, true, false),
    (b"07", false, false, false),
];

/// The text before the first element, the element, and what follows it.
pub(crate) fn next(layout: &[u8]) -> (&[u8], Option<Element>, &[u8]) {
    for index in 0..layout.len() {
        let rest = layout.get(index..).unwrap_or_default();
        if let Some((element, skipped, length)) = element(rest) {
            let start = index + skipped;
            return (
                layout.get(..start).unwrap_or_default(),
                Some(element),
                layout.get(index + length..).unwrap_or_default(),
            );
        }
    }
    (layout, None, &[])
}

/// The element that begins here, how much of the text before it is literal, and where it ends.
fn element(rest: &[u8]) -> Option<(Element, usize, usize)> {
    let starts = |text: &str| rest.starts_with(text.as_bytes());
    let lower_follows = rest.get(3).is_some_and(u8::is_ascii_lowercase);
    let found = |element: Element, length: usize| Some((element, 0, length));
    match rest.first()? {
        b'J' if starts("January") => found(Element::LongMonth, 7),
        b'J' if starts("Jan") && !lower_follows => found(Element::Month, 3),
        b'M' if starts("Monday") => found(Element::LongWeekday, 6),
        b'M' if starts("Mon") && !lower_follows => found(Element::Weekday, 3),
        b'M' if starts("MST") => found(Element::ZoneName, 3),
        b'0' => match rest.get(1)? {
            b'1' => found(Element::NumberMonth { zero: true }, 2),
            b'2' => found(Element::Day { zero: true }, 2),
            b'3' => found(Element::Hour12 { zero: true }, 2),
            b'4' => found(Element::Minute { zero: true }, 2),
            b'5' => found(Element::Second { zero: true }, 2),
            b'6' => found(Element::Year, 2),
            b'0' if starts("002") => found(Element::YearDay { zero: true }, 3),
            _ => None,
        },
        b'1' if starts("15") => found(Element::Hour, 2),
        b'1' => found(Element::NumberMonth { zero: false }, 1),
        b'2' if starts("2006") => found(Element::LongYear, 4),
        b'2' => found(Element::Day { zero: false }, 1),
        b'_' if starts("_2006") => Some((Element::LongYear, 1, 5)),
        b'_' if starts("_2") => found(Element::BlankDay, 2),
        b'_' if starts("__2") => found(Element::YearDay { zero: false }, 3),
        b'3' => found(Element::Hour12 { zero: false }, 1),
        b'4' => found(Element::Minute { zero: false }, 1),
        b'5' => found(Element::Second { zero: false }, 1),
        b'P' if starts("PM") => found(Element::Noon { upper: true }, 2),
        b'p' if starts("pm") => found(Element::Noon { upper: false }, 2),
        sign @ (b'-' | b'Z') => {
            let after = rest.get(1..).unwrap_or_default();
            let (text, colons, minutes, seconds) = OFFSETS.iter().find(|(text, ..)| after.starts_with(text))?;
            let style = ZoneStyle { z: *sign == b'Z', colons: *colons, minutes: *minutes, seconds: *seconds };
            found(Element::Zone(style), 1 + text.len())
        }
        separator @ (b'.' | b',') => {
            let digit = *rest.get(1).filter(|digit| matches!(digit, b'0' | b'9'))?;
            let digits = rest.iter().skip(1).take_while(|byte| **byte == digit).count();
            if rest.get(1 + digits).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            found(Element::Fraction { digits, separator: *separator, trimmed: digit == b'9' }, 1 + digits)
        }
        _ => None,
    }
}

/// A time as its layout says.
pub(crate) fn format(time: &Time, layout: &[u8]) -> Vec<u8> {
    let civil = time.civil();
    let offset = time.zone.offset(time.seconds);
    let mut out = Vec::new();
    let mut layout = layout;
    loop {
        let (prefix, element, suffix) = next(layout);
        out.extend_from_slice(prefix);
        let Some(element) = element else {
            return out;
        };
        layout = suffix;
        let padded = |number: i64, zero: bool| if zero { format!("{number:02}") } else { number.to_string() };
        let name = |names: &[&'static str], index: i64| {
            usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or_default()
        };
        let month = name(&MONTHS, civil.month - 1);
        let weekday = name(&WEEKDAYS, civil.weekday());
        let hour = if civil.hour % 12 == 0 { 12 } else { civil.hour % 12 };
        let text = match element {
            Element::LongMonth => month.to_owned(),
            Element::Month => month.get(..3).unwrap_or_default().to_owned(),
            Element::NumberMonth { zero } => padded(civil.month, zero),
            Element::LongWeekday => weekday.to_owned(),
            Element::Weekday => weekday.get(..3).unwrap_or_default().to_owned(),
            Element::Day { zero } => padded(civil.day, zero),
            Element::BlankDay => format!("{:2}", civil.day),
            Element::YearDay { zero: true } => format!("{:03}", civil.year_day()),
            Element::YearDay { zero: false } => format!("{:3}", civil.year_day()),
            Element::Hour => padded(civil.hour, true),
            Element::Hour12 { zero } => padded(hour, zero),
            Element::Minute { zero } => padded(civil.minute, zero),
            Element::Second { zero } => padded(civil.second, zero),
            Element::LongYear if civil.year < 0 => format!("-{:04}", -civil.year),
            Element::LongYear => format!("{:04}", civil.year),
            Element::Year => padded(civil.year.abs() % 100, true),
            Element::Noon { upper } => match (civil.hour >= 12, upper) {
                (true, true) => "PM",
                (false, true) => "AM",
                (true, false) => "pm",
                (false, false) => "am",
            }
            .to_owned(),
            Element::ZoneName if !offset.abbreviation.is_empty() => offset.abbreviation.clone(),
            Element::ZoneName => {
                zone(offset.seconds, ZoneStyle { z: false, colons: false, minutes: true, seconds: false })
            }
            Element::Zone(style) => zone(offset.seconds, style),
            Element::Fraction { digits, separator, trimmed } => fraction(time.nanoseconds, digits, separator, trimmed),
        };
        out.extend_from_slice(text.as_bytes());
    }
}

fn zone(offset: i64, style: ZoneStyle) -> String {
    if style.z && offset == 0 {
        return "Z".to_owned();
    }
    let minutes = offset / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let colon = if style.colons { ":" } else { "" };
    let mut out = format!("{sign}{:02}", minutes.abs() / 60);
    if style.minutes {
        out.push_str(&format!("{colon}{:02}", minutes.abs() % 60));
    }
    if style.seconds {
        out.push_str(&format!("{colon}{:02}", offset.abs() % 60));
    }
    out
}

fn fraction(nanoseconds: u32, digits: usize, separator: u8, trimmed: bool) -> String {
    let all = format!("{nanoseconds:09}");
    let kept: String = all.chars().chain(std::iter::repeat('0')).take(digits).collect();
    let kept = if trimmed { kept.trim_end_matches('0') } else { &kept };
    if kept.is_empty() { String::new() } else { format!("{}{kept}", char::from(separator)) }
}
