//! Maps in their order, held against those of another library.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::hash_map::RandomState;

use indexmap::IndexMap;
use proptest::prelude::*;
use score_model::Entries;

type Oracle = IndexMap<String, u32, RandomState>;

#[derive(Clone, Debug)]
enum Step {
    Insert(String, u32),
    Entry(String, u32),
    Change(String, u32),
    ChangeAt(usize, u32),
    ChangeAll(u32),
    Remove(String),
    Retain(u32),
    Extend(Vec<(String, u32)>),
    Collect(usize),
    Sort,
    Shrink,
    Clone,
}

/// Of forty keys, so that they meet, and maps grow and shrink past the number from which on they are hashed.
fn key() -> impl Strategy<Value = String> {
    (0..40_u32).prop_map(|number| format!("{number:0width$}", width = 1 + number as usize % 3))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (key(), any::<u32>()).prop_map(|(key, value)| Step::Insert(key, value)),
        4 => (key(), any::<u32>()).prop_map(|(key, value)| Step::Entry(key, value)),
        2 => (key(), any::<u32>()).prop_map(|(key, value)| Step::Change(key, value)),
        1 => (0..40_usize, any::<u32>()).prop_map(|(place, value)| Step::ChangeAt(place, value)),
        1 => any::<u32>().prop_map(Step::ChangeAll),
        4 => key().prop_map(Step::Remove),
        1 => (2..9_u32).prop_map(Step::Retain),
        2 => prop::collection::vec((key(), any::<u32>()), 0..30).prop_map(Step::Extend),
        1 => (0..40_usize).prop_map(Step::Collect),
        1 => Just(Step::Sort),
        1 => Just(Step::Shrink),
        1 => Just(Step::Clone),
    ]
}

/// Does a step to both, which must answer the same.
fn take(step: Step, got: &mut Entries<String, u32>, want: &mut Oracle) {
    match step {
        Step::Insert(key, value) => assert_eq!(got.insert(key.clone(), value), want.insert(key, value)),
        Step::Entry(key, value) => {
            let (got, want) = (got.entry(key.clone()).or_insert(value), want.entry(key).or_insert(value));
            assert_eq!(got, want);
            (*got, *want) = (value / 2, value / 2);
        }
        Step::Change(key, value) => {
            let (got, want) = (got.get_mut(&*key), want.get_mut(&*key));
            assert_eq!(got, want);
            got.into_iter().chain(want).for_each(|at| *at = value);
        }
        Step::ChangeAt(place, value) => {
            let (got, want) = (got.get_index_mut(place), want.get_index_mut(place));
            assert_eq!(got, want);
            got.into_iter().chain(want).for_each(|(_, at)| *at = value);
        }
        Step::ChangeAll(by) => {
            got.values_mut().chain(want.values_mut()).for_each(|value| *value = value.wrapping_add(by));
            for (_, value) in &mut *got {
                *value /= 2;
            }
            want.values_mut().for_each(|value| *value /= 2);
        }
        Step::Remove(key) => assert_eq!(got.remove(&*key), want.shift_remove(&*key)),
        Step::Retain(divisor) => {
            got.retain(|_, value| !value.is_multiple_of(divisor));
            want.retain(|_, value| !value.is_multiple_of(divisor));
        }
        Step::Extend(more) => {
            got.extend(more.clone());
            want.extend(more);
        }
        Step::Collect(count) => {
            *got = got.clone().into_iter().rev().take(count).collect();
            *want = want.drain(..).rev().take(count).collect();
        }
        Step::Sort => {
            got.sort_keys();
            want.sort_keys();
        }
        Step::Shrink => got.shrink_to_fit(),
        Step::Clone => *got = got.clone(),
    }
}

/// Both show the same to whoever looks.
fn compare(got: &Entries<String, u32>, want: &Oracle) {
    assert_eq!((got.len(), got.is_empty(), got.iter().len()), (want.len(), want.is_empty(), want.len()));
    assert!(got.iter().eq(want) && got.into_iter().rev().eq(want.iter().rev()));
    assert!(got.keys().eq(want.keys()) && got.values().eq(want.values()));
    assert_eq!(got.get_index(want.len()), None);
    for number in 0..40 {
        let key = format!("{number:0width$}", width = 1 + number % 3);
        assert_eq!(got.get(&*key), want.get(&*key));
        assert_eq!(
            (got.get_index_of(&key), got.contains_key(&key)),
            (want.get_index_of(&key), want.contains_key(&key))
        );
        assert_eq!(got.get_index(number), want.get_index(number));
    }
    assert_eq!(format!("{got:?}"), format!("{want:?}"));

    let written = serde_json::to_string(got).unwrap();
    assert_eq!(written, serde_json::to_string(want).unwrap());
    let read: Entries<String, u32> = serde_json::from_str(&written).unwrap();
    assert!(read.iter().eq(want));

    let backwards: Entries<String, u32> = want.iter().rev().map(|(key, value)| (key.clone(), *value)).collect();
    assert_eq!(*got, backwards);
    let mut other = backwards.clone();
    if !other.is_empty() {
        other.values_mut().for_each(|value| *value = value.wrapping_add(1));
        assert_ne!(*got, other);
    }
    other.insert("another".to_owned(), 0);
    assert_ne!(*got, other);
}

proptest! {
    #[test]
    fn maps_are_as_those_of_indexmap(steps in prop::collection::vec(step(), 0..60)) {
        let (mut got, mut want) = (Entries::new(), Oracle::default());
        for step in steps {
            take(step, &mut got, &mut want);
            compare(&got, &want);
        }
    }
}

/// A map that was never full, and one that was, with the same entries.
#[test]
fn the_form_does_not_show() {
    let few: Entries<usize, usize> = (0..5).map(|number| (number, number)).collect();
    let mut many = Entries::with_capacity(100);
    many.extend((0..100).map(|number| (number, number)));
    many.retain(|key, _| *key < 5);
    assert_eq!(few, many);
    assert_eq!(many[&3], 3);
    many.shrink_to_fit();
    assert_eq!(many, few);
}

#[test]
fn no_size_is_too_slow() {
    let mut map = Entries::new();
    for number in 0..200_000 {
        *map.entry(number % 100_000).or_default() += number;
    }
    assert_eq!((map.len(), map.get(&99_999)), (100_000, Some(&(99_999 + 199_999))));
}
