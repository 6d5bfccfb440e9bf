//! Durations in nanoseconds, as Go writes and reads them.

const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;

/// `1h2m3.5s`
pub(crate) fn format(nanoseconds: i64) -> String {
    let magnitude = nanoseconds.unsigned_abs();
    let sign = if nanoseconds < 0 { "-" } else { "" };
    if magnitude == 0 {
        return "0s".to_owned();
    }
    if magnitude < NANOSECONDS_PER_SECOND {
        let (unit, scale) = match magnitude {
            0..1_000 => ("ns", 1),
            1_000..1_000_000 => ("µs", 1_000),
            _ => ("ms", 1_000_000),
        };
        return format!("{sign}{}{unit}", decimal(magnitude, scale));
    }
    let seconds = magnitude / NANOSECONDS_PER_SECOND;
    let of_minute = decimal(magnitude % (60 * NANOSECONDS_PER_SECOND), NANOSECONDS_PER_SECOND);
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{sign}{of_minute}s"),
        (0, minutes) => format!("{sign}{minutes}m{of_minute}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{of_minute}s"),
    }
}

fn decimal(value: u64, scale: u64) -> String {
    let digits = scale.checked_ilog10().unwrap_or_default() as usize;
    let fraction = format!("{:0digits$}", value % scale);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { (value / scale).to_string() } else { format!("{}.{fraction}", value / scale) }
}

/// Reads a duration; the failure is Go's message.
pub(crate) fn parse(text: &str) -> Result<i64, String> {
    let invalid = |what: &str| format!("time: {what} {}", super::parse::quote(text.as_bytes()));
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid("invalid duration"));
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid("invalid duration"));
        }
        let end = after.find(|character: char| character == '.' || character.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end).unwrap_or((after, ""));
        if unit.is_empty() {
            return Err(invalid("missing unit in duration"));
        }
        let scale: u64 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => NANOSECONDS_PER_SECOND,
            "m" => 60 * NANOSECONDS_PER_SECOND,
            "h" => 3600 * NANOSECONDS_PER_SECOND,
            _ => {
                let unit = super::parse::quote(unit.as_bytes());
                return Err(invalid(&format!("unknown unit {unit} in duration")));
            }
        };
        let whole: u64 = if whole.is_empty() { Some(0) } else { whole.parse().ok() }
            .filter(|whole| *whole <= (1 << 63) / scale)
            .ok_or_else(|| invalid("invalid duration"))?;
        total = total
            .checked_add(whole * scale)
            .and_then(|total| total.checked_add(part(fraction, scale)))
            .filter(|total| *total <= 1 << 63)
            .ok_or_else(|| invalid("invalid duration"))?;
        rest = after;
    }
    if negative {
        return Ok(0i64.wrapping_sub_unsigned(total));
    }
    i64::try_from(total).map_err(|_| invalid("invalid duration"))
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The fraction of a unit, as Go computes it.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as in Go")]
fn part(digits: &str, unit: u64) -> u64 {
    let (mut value, mut scale): (u64, f64) = (0, 1.0);
    for digit in digits.bytes() {
        if value > (i64::MAX as u64) / 10 {
            break;
        }
        value = value * 10 + u64::from(digit - b'0');
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

/// Rounded to a multiple, halves away from zero.
pub(crate) fn round(nanoseconds: i64, multiple: i64) -> i64 {
    if multiple <= 0 {
        return nanoseconds;
    }
    let rest = nanoseconds % multiple;
    if rest.unsigned_abs() < multiple.unsigned_abs() - rest.unsigned_abs() {
        return nanoseconds - rest;
    }
    if nanoseconds < 0 {
        nanoseconds.saturating_sub(multiple + rest)
    } else {
        nanoseconds.saturating_add(multiple - rest)
    }
}
