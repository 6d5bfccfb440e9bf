//! Reading numbers as Go's `strconv` does.

/// Why a text is no number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum NumberError<T> {
    Syntax,
    /// Out of range; what it saturates to.
    Range(T),
}

/// `strconv.ParseUint(text, base, 64)`; base 0 is that of a Go literal.
pub(crate) fn parse_uint(text: &str, base: u32) -> Result<u64, NumberError<u64>> {
    let (digits, radix) = match base {
        0 => literal_base(text),
        _ => (text, base),
    };
    if digits.is_empty() || base == 0 && !underscores_are_valid(text) {
        return Err(NumberError::Syntax);
    }
    let mut value: u64 = 0;
    let mut overflow = false;
    for character in digits.chars() {
        if character == '_' && base == 0 {
            continue;
        }
        let digit = character.to_digit(radix).ok_or(NumberError::Syntax)?;
        let next = value.checked_mul(u64::from(radix)).and_then(|value| value.checked_add(u64::from(digit)));
        overflow |= next.is_none();
        value = next.unwrap_or(u64::MAX);
        if overflow {
            break;
        }
    }
    if overflow {
        return Err(NumberError::Range(u64::MAX));
    }
    Ok(value)
}

/// `strconv.ParseInt(text, base, 64)`.
pub(crate) fn parse_int(text: &str, base: u32) -> Result<i64, NumberError<i64>> {
    let (negative, digits) = split_sign(text);
    let value = match parse_uint(digits, base) {
        Ok(value) => value,
        Err(NumberError::Syntax) => return Err(NumberError::Syntax),
        Err(NumberError::Range(value)) => value,
    };
    if negative {
        0i64.checked_sub_unsigned(value).ok_or(NumberError::Range(i64::MIN))
    } else {
        i64::try_from(value).map_err(|_| NumberError::Range(i64::MAX))
    }
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn literal_base(text: &str) -> (&str, u32) {
    let prefixed = |letter: char| {
        let rest = text.strip_prefix('0')?;
        let rest = rest.strip_prefix(letter).or_else(|| rest.strip_prefix(letter.to_ascii_uppercase()))?;
        (!rest.is_empty()).then_some(rest)
    };
    if let Some(rest) = prefixed('x') {
        (rest, 16)
    } else if let Some(rest) = prefixed('b') {
        (rest, 2)
    } else if let Some(rest) = prefixed('o') {
        (rest, 8)
    } else if text.len() > 1 && text.starts_with('0') {
        (text.get(1..).unwrap_or_default(), 8)
    } else {
        (text, 10)
    }
}

/// Underscores only between digits, or between the base prefix and a digit.
fn underscores_are_valid(text: &str) -> bool {
    let (_, text) = split_sign(text);
    let mut previous = '^';
    let mut rest = text;
    let mut hexadecimal = false;
    let mut characters = text.chars();
    if characters.next() == Some('0')
        && let Some(letter @ ('b' | 'o' | 'x' | 'B' | 'O' | 'X')) = characters.next()
    {
        previous = '0';
        hexadecimal = letter.eq_ignore_ascii_case(&'x');
        rest = characters.as_str();
    }
    for character in rest.chars() {
        if character.is_ascii_digit() || hexadecimal && character.is_ascii_hexdigit() {
            previous = '0';
        } else if character == '_' {
            if previous != '0' {
                return false;
            }
            previous = '_';
        } else {
            if previous == '_' {
                return false;
            }
            previous = '!';
        }
    }
    previous != '_'
}

/// `strconv.ParseFloat(text, 64)`.
pub(crate) fn parse_float(text: &str) -> Result<f64, NumberError<f64>> {
    let (negative, unsigned) = split_sign(text);
    let sign = if negative { -1.0 } else { 1.0 };
    match unsigned.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => return Ok(sign * f64::INFINITY),
        "nan" if unsigned.len() == text.len() => return Ok(f64::NAN),
        _ => {}
    }
    if !underscores_are_valid(text) {
        return Err(NumberError::Syntax);
    }
    let digits: String = unsigned.chars().filter(|character| *character != '_').collect();
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => parse_hexadecimal(digits).ok_or(NumberError::Syntax)?,
        None => {
            if !digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
                return Err(NumberError::Syntax);
            }
            digits.parse::<f64>().map_err(|_| NumberError::Syntax)?
        }
    };
    if value.is_infinite() { Err(NumberError::Range(sign * value)) } else { Ok(sign * value) }
}

/// A hexadecimal float, whose exponent is mandatory, without its prefix.
fn parse_hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (_, exponent_digits) = split_sign(exponent);
    if exponent_digits.is_empty() || !exponent_digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut exponent = exponent.parse::<i32>().unwrap_or(if exponent.starts_with('-') { -5000 } else { 5000 });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value: u64 = 0;
    let mut sticky = false;
    for (index, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(digit.to_digit(16)?);
        let in_fraction = index >= whole.len();
        if value < 1 << 58 {
            value = value << 4 | digit;
            exponent -= if in_fraction { 4 } else { 0 };
        } else {
            sticky |= digit != 0;
            exponent += if in_fraction { 0 } else { 4 };
        }
    }
    value |= u64::from(sticky);
    // Two steps, so that neither power leaves the range of what it multiplies.
    #[expect(clippy::cast_precision_loss, reason = "rounding to the nearest float is what is wanted")]
    let value = value as f64;
    let half = exponent.clamp(-2400, 2400) / 2;
    Some(value * 2f64.powi(half) * 2f64.powi(exponent.clamp(-2400, 2400) - half))
}

/// The integer part of a float, as amd64 converts it: out of range is the least integer.
pub(crate) fn truncate(value: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&value) {
        #[expect(clippy::cast_possible_truncation, reason = "the range was just checked")]
        let integer = value as i64;
        integer
    } else {
        i64::MIN
    }
}
