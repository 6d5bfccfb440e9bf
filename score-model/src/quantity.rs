//! Amounts of memory and of processor time, exact.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::names::{InvalidText, Rule, text};

text! {
    /// An amount of memory: `128Mi`, `1.5G`, `1000000`. `K`, `M`, `G`, `T`, `P`, `E` are powers of 1000, with an `i` after them powers of 1024.
    Memory, MEMORY
}
text! {
    /// An amount of processor time: `2`, `0.5`, `250m` (thousandths).
    Cpu, CPU
}

impl Memory {
    /// Bytes, a part of one rounded up; what is more than fits is the most that fits.
    pub fn bytes(&self) -> u64 {
        u64::try_from(self.nanos().div_ceil(NANO)).unwrap_or(u64::MAX)
    }

    /// As Kubernetes writes it: `1.5Gi` is `1536Mi`, `1K` is `1k`, `1000M` is `1G`.
    pub fn kubernetes(&self) -> String {
        let nanos = self.nanos();
        let binary = self.ends_with('i') && nanos >= 1024 * NANO;
        if binary { binary_form(nanos.div_ceil(NANO)) } else { decimal_form(nanos) }
    }

    fn nanos(&self) -> u128 {
        let end = self.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(self.len());
        let (number, suffix) = self.split_at(end);
        let power = |letter: &str| ["", "K", "M", "G", "T", "P", "E"].iter().position(|known| *known == letter);
        let (base, letter) = match suffix.strip_suffix('i') {
            Some(letter) => (1024_u128, letter),
            None => (1000, suffix),
        };
        let multiplier = base.pow(u32::try_from(power(letter).unwrap_or_default()).unwrap_or_default());
        nanos(number, multiplier)
    }
}

impl Cpu {
    /// Thousandths of a processor, a part of one rounded up; what is more than fits is the most that fits.
    pub fn millis(&self) -> u64 {
        u64::try_from(self.nanos().div_ceil(NANO / 1000)).unwrap_or(u64::MAX)
    }

    /// As Kubernetes writes it: `0.5` is `500m`, `2.0` is `2`.
    pub fn kubernetes(&self) -> String {
        decimal_form(self.nanos())
    }

    fn nanos(&self) -> u128 {
        match self.strip_suffix('m') {
            Some(number) => nanos(number, 1).div_ceil(1000),
            None => nanos(self, 1),
        }
    }
}

const NANO: u128 = 1_000_000_000;

/// Billionths of `number` times `multiplier`, rounded up; at most what fits. Of the fraction 20 digits count.
fn nanos(number: &str, multiplier: u128) -> u128 {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = whole.parse::<u128>().unwrap_or(u128::MAX).saturating_mul(multiplier).saturating_mul(NANO);
    let (digits, rest) = fraction.split_at(fraction.len().min(20));
    let more = u128::from(rest.bytes().any(|digit| digit != b'0'));
    let part = digits.parse::<u128>().unwrap_or_default().saturating_mul(multiplier).saturating_add(more);
    let part = match u32::try_from(digits.len()).unwrap_or_default() {
        length @ 0..=9 => part.saturating_mul(10_u128.pow(9 - length)),
        length => part.div_ceil(10_u128.pow(length - 9)),
    };
    whole.saturating_add(part)
}

/// The greatest power of 1000 of which it is a whole number.
fn decimal_form(nanos: u128) -> String {
    let suffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    largest_unit(nanos, 1000, &suffixes)
}

fn binary_form(bytes: u128) -> String {
    largest_unit(bytes, 1024, &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"])
}

fn largest_unit(mut number: u128, base: u128, suffixes: &[&str]) -> String {
    let mut suffixes = suffixes.iter();
    let mut suffix = suffixes.next().copied().unwrap_or_default();
    if number == 0 {
        return "0".to_owned();
    }
    while number.is_multiple_of(base) {
        let Some(next) = suffixes.next() else { break };
        (number, suffix) = (number / base, next);
    }
    format!("{number}{suffix}")
}

pub(crate) static MEMORY: Rule = Rule {
    what: "an amount of memory",
    rule: "an amount is a number that does not begin with needless zeros, with or without one of `K`, `M`, `G`, `T`, `P`, `E`, `Ki`, `Mi`, `Gi`, `Ti`, `Pi`, `Ei` after it, such as `\"128Mi\"`",
    pattern: Some("^(0\\.\\d+|[1-9]\\d*(\\.\\d+)?)(K|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"),
    length: (0, None),
    holds: |text| {
        let number = text.strip_suffix('i').map_or(text, |text| if text.ends_with(UNITS) { text } else { "" });
        let number = number.strip_suffix(UNITS).unwrap_or(number);
        match number.split_once('.') {
            Some((whole, fraction)) => (whole == "0" || is_whole(whole)) && is_digits(fraction),
            None => is_whole(number),
        }
    },
};

pub(crate) static CPU: Rule = Rule {
    what: "an amount of processor time",
    rule: "an amount is a number such as `\"2\"` or `\"0.5\"`, or thousandths such as `\"250m\"`",
    pattern: Some("^\\d+(?:m|\\.\\d+)?$"),
    length: (0, None),
    holds: |text| match text.split_once('.') {
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
        None => is_digits(text.strip_suffix('m').unwrap_or(text)),
    },
};

const UNITS: [char; 6] = ['K', 'M', 'G', 'T', 'P', 'E'];

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_whole(text: &str) -> bool {
    is_digits(text) && !text.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_memory(text: &str, bytes: u64, kubernetes: &str) {
        let memory = Memory::new(text).unwrap();
        assert_eq!((memory.bytes(), &*memory.kubernetes()), (bytes, kubernetes));
    }

    #[test]
    fn memory() {
        check_memory("128Mi", 128 << 20, "128Mi");
        check_memory("1.5Gi", 1536 << 20, "1536Mi");
        check_memory("1000M", 1_000_000_000, "1G");
        check_memory("1K", 1000, "1k");
        check_memory("1Ei", 1 << 60, "1Ei");
        check_memory("1.000000000000000001E", 1_000_000_000_000_000_001, "1000000000000000001");
        check_memory("0.5", 1, "500m");
        check_memory("0.5Ki", 512, "512");
        check_memory("1.1Ki", 1127, "1127");
        check_memory("1024Mi", 1 << 30, "1Gi");
        check_memory(
            "99999999999999999999999999999999999999999999E",
            u64::MAX,
            "340282366920938463463374607431768211455n",
        );
        for text in ["", "0", "1k", "01", ".5", "1i", "1.", "-1", "1 Mi", "Mi", "1.5.5", "0.5KK"] {
            assert!(Memory::new(text).is_err(), "{text}");
        }
    }

    #[track_caller]
    fn check_cpu(text: &str, millis: u64, kubernetes: &str) {
        let cpu = Cpu::new(text).unwrap();
        assert_eq!((cpu.millis(), &*cpu.kubernetes()), (millis, kubernetes));
    }

    #[test]
    fn cpu() {
        check_cpu("2", 2000, "2");
        check_cpu("0", 0, "0");
        check_cpu("0.5", 500, "500m");
        check_cpu("2.50", 2500, "2500m");
        check_cpu("250m", 250, "250m");
        check_cpu("1000m", 1000, "1");
        check_cpu("0.0001", 1, "100u");
        for text in ["", ".5", "0.5m", "1.", "m", "-1", "1k"] {
            assert!(Cpu::new(text).is_err(), "{text}");
        }
    }
}
