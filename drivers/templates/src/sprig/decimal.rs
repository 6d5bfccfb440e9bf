//! Decimal arithmetic, in which 0.1 + 0.2 is 0.3.

use num_bigint::{BigInt, BigUint};

use crate::format::float;
use crate::functions::Failed;

/// A whole number and a power of ten.
#[derive(Debug, Clone)]
pub(crate) struct Decimal {
    coefficient: BigInt,
    exponent: i64,
}

/// Digits after the point that division computes.
const PRECISION: i64 = 16;

fn power_of_ten(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent).unwrap_or_default())
}

/// A whole number in decimal. That of the library computes with logarithms, for which alone a program would need a library of mathematics.
fn digits(number: &BigUint) -> String {
    const CHUNK: u64 = 1_000_000_000_000_000_000;
    let (mut rest, mut chunks) = (number.clone(), Vec::new());
    while rest != BigUint::ZERO {
        chunks.push((&rest % CHUNK).iter_u64_digits().next().unwrap_or_default());
        rest /= CHUNK;
    }
    let first = chunks.pop().unwrap_or_default();
    chunks.iter().rev().fold(first.to_string(), |text, chunk| text + &format!("{chunk:018}"))
}

impl Decimal {
    /// The shortest decimal that is this float.
    pub(crate) fn from_float(value: f64) -> Result<Self, Failed> {
        if !value.is_finite() {
            return Err(format!("Cannot create a Decimal from {}", float::shortest(value)).into());
        }
        let written = format!("{value:e}");
        let (mantissa, exponent) = float::split_exponent(&written);
        let digits: String = mantissa.chars().filter(|character| *character != '.').collect();
        let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        Ok(Self {
            coefficient: BigInt::from(digits.parse::<i64>().unwrap_or_default()),
            exponent: i64::from(exponent) - i64::try_from(fraction).unwrap_or_default(),
        })
    }

    /// The nearest float.
    pub(crate) fn to_float(&self) -> f64 {
        let sign = if self.coefficient < BigInt::ZERO { "-" } else { "" };
        format!("{sign}{}e{}", digits(self.coefficient.magnitude()), self.exponent).parse().unwrap_or(f64::NAN)
    }

    /// The coefficient for a smaller exponent.
    fn scaled(&self, exponent: i64) -> BigInt {
        &self.coefficient * power_of_ten(self.exponent - exponent)
    }

    pub(crate) fn add(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        Self { coefficient: self.scaled(exponent) + other.scaled(exponent), exponent }
    }

    pub(crate) fn subtract(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        Self { coefficient: self.scaled(exponent) - other.scaled(exponent), exponent }
    }

    pub(crate) fn multiply(&self, other: &Self) -> Self {
        Self { coefficient: &self.coefficient * &other.coefficient, exponent: self.exponent + other.exponent }
    }

    /// Rounded half away from zero.
    pub(crate) fn divide(&self, other: &Self) -> Result<Self, Failed> {
        if other.coefficient == BigInt::ZERO {
            return Err("decimal division by 0".into());
        }
        let shift = self.exponent - other.exponent + PRECISION;
        let (mut numerator, mut denominator) = (self.coefficient.clone(), other.coefficient.clone());
        if shift >= 0 {
            numerator *= power_of_ten(shift);
        } else {
            denominator *= power_of_ten(-shift);
        }
        let quotient = &numerator / &denominator;
        let remainder = &numerator % &denominator;
        let twice: BigInt = remainder * 2;
        let away = twice.magnitude() >= denominator.magnitude();
        let negative = (numerator < BigInt::ZERO) != (denominator < BigInt::ZERO);
        let coefficient = match (away, negative) {
            (true, true) => quotient - 1,
            (true, false) => quotient + 1,
            (false, _) => quotient,
        };
        Ok(Self { coefficient, exponent: -PRECISION })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(written: &str) {
        let number: BigUint = written.parse().unwrap();
        assert_eq!(digits(&number), written);
    }

    #[test]
    fn whole_numbers() {
        check("0");
        check("7");
        check("1000000000000000000");
        check("1000000000000000000000000000000000000");
        check("999999999999999999999999999999999999999999999999999999");
        check("340282366920938463463374607431768211456");
        check("18446744073709551616000000000000000000000000000000000001");
    }
}
