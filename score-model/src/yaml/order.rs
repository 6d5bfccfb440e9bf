//! The order of keys in what yaml.v3 writes.

use std::cmp::Ordering;

/// Puts entries in the order in which yaml.v3 writes keys: numbers in them by value, letters after other characters. `left` is room for some of them.
///
/// The order is Go's and not proven to be one; a merge sort of our own puts up with whatever it says.
pub(super) fn sort<'t, V: Copy>(entries: &mut [(&'t str, V)], left: &mut Vec<(&'t str, V)>) {
    // Of letters alone the order is that of their bytes.
    if entries.iter().all(|(key, _)| key.bytes().all(|byte| byte.is_ascii_alphabetic())) {
        entries.sort_unstable_by_key(|(key, _)| *key);
        return;
    }
    merge_sort(entries, left);
}

fn merge_sort<'t, V: Copy>(entries: &mut [(&'t str, V)], left: &mut Vec<(&'t str, V)>) {
    let half = entries.len() / 2;
    if half == 0 {
        return;
    }
    merge_sort(&mut entries[..half], left);
    merge_sort(&mut entries[half..], left);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(keys: &[&str], want: &[&str]) {
        let mut entries: Vec<(&str, ())> = keys.iter().map(|key| (*key, ())).collect();
        sort(&mut entries, &mut Vec::new());
        assert_eq!(entries.iter().map(|(key, ())| *key).collect::<Vec<_>>(), want);
    }

    #[test]
    fn keys() {
        check(&["b", "a", "B", "ab", "A"], &["A", "B", "a", "ab", "b"]);
        check(&["a10", "a9", "a1", "a_", "ab"], &["a_", "a1", "a9", "a10", "ab"]);
    }

    proptest! {
        #[test]
        fn letters_alone(keys in proptest::collection::btree_set("[a-cA-C]{0,3}", 0..12)) {
            let mut entries: Vec<(&str, ())> = keys.iter().rev().map(|key| (&**key, ())).collect();
            let mut merged = entries.clone();
            sort(&mut entries, &mut Vec::new());
            merge_sort(&mut merged, &mut Vec::new());
            prop_assert_eq!(entries, merged);
        }
    }
}
