//! Floats as text, as `strconv.FormatFloat` writes them.

/// `%e`, `%f` or `%g` with a number of digits, or as many as it takes to read the same number again.
pub(crate) fn format(value: f64, verb: char, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    match verb {
        'e' | 'E' => exponent(value, verb, precision),
        'f' | 'F' => match precision {
            Some(precision) => format!("{value:.precision$}"),
            None => format!("{value}"),
        },
        _ => general(value, if verb == 'G' { 'E' } else { 'e' }, precision),
    }
}

/// The shortest text that reads as the same number: an exponent below 1e-4 and from 1e6 on.
pub(crate) fn shortest(value: f64) -> String {
    format(value, 'g', None)
}

fn shortest_with(value: f64, letter: char, from: i32) -> String {
    let written = format!("{value:e}");
    let (_, decimal) = split_exponent(&written);
    if value != 0.0 && (decimal < -4 || decimal >= from) { exponent(value, letter, None) } else { format!("{value}") }
}

fn exponent(value: f64, letter: char, precision: Option<usize>) -> String {
    let text = match precision {
        Some(precision) => format!("{value:.precision$e}"),
        None => format!("{value:e}"),
    };
    let (mantissa, exponent) = split_exponent(&text);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}{letter}{sign}{:02}", exponent.abs())
}

fn general(value: f64, letter: char, precision: Option<usize>) -> String {
    let Some(precision) = precision else {
        // Without a precision, six digits decide, however many there are.
        return shortest_with(value, letter, 6);
    };
    let precision = precision.max(1);
    let rounded = format!("{value:.*e}", precision - 1);
    let (mantissa, decimal) = split_exponent(&rounded);
    let trimmed = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let digits = trimmed.bytes().filter(u8::is_ascii_digit).count();
    let mut limit = i32::try_from(precision).unwrap_or(i32::MAX);
    let count = i32::try_from(digits).unwrap_or(i32::MAX);
    if limit > count && count > decimal {
        limit = count;
    }
    if decimal < -4 || decimal >= limit {
        let sign = if decimal < 0 { '-' } else { '+' };
        return format!("{trimmed}{letter}{sign}{:02}", decimal.abs());
    }
    let places = usize::try_from(count - 1 - decimal).unwrap_or_default();
    format!("{value:.places$}")
}

/// Mantissa and exponent of what `{:e}` writes.
pub(crate) fn split_exponent(text: &str) -> (&str, i32) {
    match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, exponent.parse().unwrap_or_default()),
        None => (text, 0),
    }
}

/// A mantissa and a power of two (`%b`).
pub(crate) fn binary(value: f64) -> String {
    let bits = value.to_bits();
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let exponent = i64::try_from(bits >> 52 & 0x7ff).unwrap_or_default();
    let fraction = bits & ((1 << 52) - 1);
    if !value.is_finite() {
        return format(value, 'g', None);
    }
    let (mantissa, exponent) = if exponent == 0 { (fraction, 1) } else { (fraction | 1 << 52, exponent) };
    format!("{sign}{mantissa}p{:+}", exponent - 1075)
}

/// A hexadecimal mantissa and a power of two (`%x`).
pub(crate) fn hexadecimal(value: f64, upper: bool, precision: Option<usize>) -> String {
    if !value.is_finite() {
        return format(value, 'g', None);
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let bits = value.to_bits();
    let mut exponent = i64::try_from(bits >> 52 & 0x7ff).unwrap_or_default() - 1023;
    let mut mantissa = bits & ((1 << 52) - 1);
    if value == 0.0 {
        exponent = 0;
    } else if exponent == -1023 {
        // A subnormal number: its first bit becomes the leading one.
        let shift = mantissa.leading_zeros() - 11;
        mantissa <<= shift;
        exponent = -1022 - i64::from(shift);
    } else {
        mantissa |= 1 << 52;
    }
    if let Some(digits) = precision.filter(|digits| *digits < 13) {
        let dropped = 52 - 4 * u32::try_from(digits).unwrap_or_default();
        let half = 1u64 << (dropped - 1);
        let rest = mantissa & ((1 << dropped) - 1);
        mantissa >>= dropped;
        if rest > half || rest == half && mantissa & 1 == 1 {
            mantissa += 1;
        }
        mantissa <<= dropped;
        if mantissa >> 53 == 1 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let lead = mantissa >> 52;
    let fraction = format!("{:013x}", mantissa & ((1 << 52) - 1));
    let digits = match precision {
        Some(precision) => format!("{fraction:0<precision$}").chars().take(precision).collect::<String>(),
        None => fraction.trim_end_matches('0').to_owned(),
    };
    let point = if digits.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    let text = format!("{sign}0x{lead}{point}{digits}p{exponent_sign}{:02}", exponent.abs());
    if upper { text.to_uppercase() } else { text }
}

/// The number, which has a sign, with a decimal point, and with so many significant digits where they are given (`%#v`).
pub(crate) fn with_point(text: &str, digits: Option<usize>) -> String {
    let hexadecimal = text.contains(['x', 'X']);
    let tail = if hexadecimal { text.find(['p', 'P']) } else { text.find(['e', 'E']) };
    let (number, tail) = text.split_at(tail.unwrap_or(text.len()));
    let mut missing = i64::try_from(digits.unwrap_or(0)).unwrap_or(i64::MAX);
    let mut significant = false;
    for byte in number.bytes().skip(1).filter(|byte| *byte != b'.') {
        significant |= byte != b'0';
        missing -= i64::from(significant);
    }
    let mut out = number.to_owned();
    if !number.contains('.') {
        if number.len() == 2 && number.ends_with('0') {
            missing -= 1;
        }
        out.push('.');
    }
    let missing = usize::try_from(missing).unwrap_or_default();
    out.extend(std::iter::repeat_n('0', missing));
    out.push_str(tail);
    out
}
