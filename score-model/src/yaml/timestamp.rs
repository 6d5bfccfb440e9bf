//! Dates and instants, as yaml.v3 recognises them.

use std::sync::Arc;

/// The instant that `text` names, as RFC 3339; `None` where it names none.
///
/// `2001-1-2`, `2001-12-14T21:59:43.10-05:00` (or `t`, `Z`), `2001-12-14 21:59:43.10`: months, days and times of one or two digits, a real day of the calendar.
pub(super) fn parse(text: &str) -> Option<Arc<str>> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let year: u32 = text.get(..4)?.parse().ok()?;
    let (month, rest) = field(text.get(5..)?)?;
    let (day, rest) = field(rest.strip_prefix('-')?)?;
    if !(1..=12).contains(&month) || day < 1 || day > days(year, month) {
        return None;
    }
    if rest.is_empty() {
        return Some(format!("{year:04}-{month:02}-{day:02}T00:00:00Z").into());
    }
    let (rest, zoned) = match rest.strip_prefix(['T', 't']) {
        Some(rest) => (rest, true),
        None => (rest.strip_prefix(' ')?.trim_start_matches(' '), false),
    };
    let (hour, rest) = field(rest)?;
    let (minute, rest) = field(rest.strip_prefix(':')?)?;
    let (second, rest) = field(rest.strip_prefix(':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, rest) = match rest.strip_prefix(['.', ',']) {
        Some(rest) => {
            let end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            (&rest[..end.min(9)], &rest[end..])
        }
        None => ("", rest),
    };
    let zone = if zoned {
        zone(rest)?
    } else if rest.is_empty() {
        "Z".to_owned()
    } else {
        return None;
    };
    let fraction = match fraction.trim_end_matches('0') {
        "" => String::new(),
        digits => format!(".{digits}"),
    };
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}").into())
}

/// One or two digits, and what follows.
fn field(text: &str) -> Option<(u32, &str)> {
    let end = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    Some((text.get(..end)?.parse().ok()?, &text[end..]))
}

fn zone(text: &str) -> Option<String> {
    if text == "Z" {
        return Some(text.to_owned());
    }
    let rest = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = rest.split_once(':')?;
    let two = |part: &str, most: u32| {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()) && part.parse().is_ok_and(|n: u32| n <= most))
            .then_some(())
    };
    two(hours, 24)?;
    two(minutes, 59)?;
    Some(if rest == "00:00" { "Z".to_owned() } else { text.to_owned() })
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
