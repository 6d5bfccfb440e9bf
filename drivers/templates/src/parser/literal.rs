//! Literals: numbers and characters.

use crate::format::number::{parse_float, parse_int, parse_uint};
use crate::format::{float, number, quote};
use crate::lexer::TokenKind;
use crate::syntax::Number;

/// A number or a character as it is written.
pub(super) fn parse_number(written: &str, kind: TokenKind) -> Result<Number, String> {
    let mut number = Number { written: written.to_owned(), ..Number::default() };
    if kind == TokenKind::CharConstant {
        let code = match quote::unquote_character(written) {
            Some(Ok(code)) => code,
            Some(Err(())) => return Err(format!("malformed character constant: {written}")),
            None => return Err("invalid syntax".to_owned()),
        };
        number.int = Some(i64::from(code));
        number.uint = Some(u64::from(code));
        number.float = Some(f64::from(code));
        return Ok(number);
    }
    if kind == TokenKind::Complex {
        let (real, imaginary) = split_complex(written).ok_or("syntax error scanning complex number")?;
        simplify_complex(&mut number, real, imaginary);
        return Ok(number);
    }
    if let Some(imaginary) = written.strip_suffix('i').and_then(|digits| parse_float(digits).ok()) {
        simplify_complex(&mut number, 0.0, imaginary);
        return Ok(number);
    }
    number.uint = parse_uint(written, 0).ok();
    number.int = parse_int(written, 0).ok();
    if number.int == Some(0) {
        number.uint = Some(0);
    }
    #[expect(clippy::cast_precision_loss, reason = "a literal is the nearest float")]
    if let Some(int) = number.int {
        number.float = Some(int as f64);
    } else if let Some(uint) = number.uint {
        number.float = Some(uint as f64);
    } else if let Ok(value) = parse_float(written) {
        if !written.contains(['.', 'e', 'E', 'p', 'P']) {
            return Err(format!("integer overflow: {}", quote::quoted(written.as_bytes())));
        }
        take_float(&mut number, value);
    }
    if number.int.is_none() && number.uint.is_none() && number.float.is_none() {
        return Err(format!("illegal number syntax: {}", quote::quoted(written.as_bytes())));
    }
    Ok(number)
}

/// A float, and the integers that equal it.
fn take_float(number: &mut Number, value: f64) {
    number.float = Some(value);
    let int = number::truncate(value);
    #[expect(clippy::cast_precision_loss, reason = "equality is what is asked")]
    if int as f64 == value {
        number.int = Some(int);
    }
    if value >= 0.0 && value.fract() == 0.0 && value < 18_446_744_073_709_551_616.0 {
        number.uint = float::format(value, 'f', None).parse().ok();
    }
}

fn simplify_complex(number: &mut Number, real: f64, imaginary: f64) {
    number.complex = Some((real, imaginary));
    if imaginary == 0.0 {
        take_float(number, real);
    }
}

/// `1+2i` in two.
fn split_complex(written: &str) -> Option<(f64, f64)> {
    let digits = written.strip_suffix('i')?;
    let signs = digits.char_indices().skip(1).filter(|(_, character)| matches!(character, '+' | '-'));
    for (index, _) in signs {
        let (real, imaginary) = digits.split_at(index);
        if let (Ok(real), Ok(imaginary)) = (parse_float(real), parse_float(imaginary)) {
            return Some((real, imaginary));
        }
    }
    None
}
