//! The order of keys in what yaml.v3 writes.

use std::cmp::Ordering;

/// Puts entries in the order in which yaml.v3 writes keys: numbers in them by value, letters after other characters. `left` is room for some of them.
///
/// The order is Go's and not proven to be one; a merge sort of our own puts up with whatever it says.
pub(super) fn sort<'t, V: Copy>(entries: &mut [(&'t str, V)], left: &mut Vec<(&'t str, V)>) {
    let half = entries.len() / 2;
    if half == 0 {
        return;
    }
    sort(&mut entries[..half], left);
    sort(&mut entries[half..], left);
    left.clear();
    left.extend_from_slice(&entries[..half]);
    let (mut taken, mut right) = (0, half);
    for to in 0..entries.len() {
        let Some(a) = left.get(taken) else { return };
        match entries.get(right).filter(|b| compare(b.0, a.0) == Ordering::Less) {
            Some(b) => {
                entries[to] = *b;
                right += 1;
            }
            None => {
                entries[to] = *a;
                taken += 1;
            }
        }
    }
}

fn compare(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        let common = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
        if let (Some(x), Some(y)) = (a.as_bytes().get(common), b.as_bytes().get(common)) {
            if x.is_ascii_alphabetic() && y.is_ascii_alphabetic() {
                return x.cmp(y);
            }
        } else {
            return a.len().cmp(&b.len());
        }
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(a, b)| a != b) else { return a.len().cmp(&b.len()) };
    let (Some(x), Some(y)) = (a.get(at), b.get(at)) else { return Ordering::Equal };
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => return x.cmp(y),
        (false, false) => {}
        (letter, _) => {
            let after_digit = at.checked_sub(1).and_then(|at| a.get(at)).is_some_and(|c| c.is_numeric());
            return if letter == after_digit { Ordering::Less } else { Ordering::Greater };
        }
    }
    // Zeros after another digit count: `a10` is after `a9`, but `a01` beside `a1`.
    let counts = (*x == '0' || *y == '0') && a.iter().take(at).rev().take_while(|c| c.is_numeric()).any(|c| *c != '0');
    let (number_a, end_a) = number(&a, at, i64::from(counts));
    let (number_b, end_b) = number(&b, at, i64::from(counts));
    number_a.cmp(&number_b).then(end_a.cmp(&end_b)).then(x.cmp(y))
}

/// The number that the digits from `at` on say, after a digit `first`, and where they end.
fn number(text: &[char], at: usize, first: i64) -> (i64, usize) {
    let digits = text.iter().skip(at).take_while(|c| c.is_numeric());
    digits.fold((first, at), |(number, end), digit| {
        let value = i64::from(u32::from(*digit)) - i64::from(u32::from('0'));
        (number.wrapping_mul(10).wrapping_add(value), end + 1)
    })
}
