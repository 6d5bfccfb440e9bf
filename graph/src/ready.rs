/// A set of numbers that gives its least one first: a tree of bits in which each word has 64 words below it.
///
/// Adding and taking cost as much as the tree is high, which is four words for sixteen million numbers.
#[derive(Clone, Debug)]
pub(crate) struct ReadySet {
    /// From the one word at the root to the numbers themselves.
    levels: Vec<Vec<u64>>,
}

impl ReadySet {
    /// An empty set that can hold the numbers below `size`.
    pub(crate) fn new(size: usize) -> Self {
        let mut levels = Vec::new();
        let mut words = size;
        loop {
            words = words.div_ceil(64).max(1);
            levels.push(vec![0; words]);
            if words == 1 {
                levels.reverse();
                return Self { levels };
            }
        }
    }

    pub(crate) fn insert(&mut self, number: u32) {
        let mut place = number as usize;
        for level in self.levels.iter_mut().rev() {
            let word = &mut level[place / 64];
            let known = *word != 0;
            *word |= 1 << (place % 64);
            if known {
                return;
            }
            place /= 64;
        }
    }

    /// Takes the least number.
    pub(crate) fn take_first(&mut self) -> Option<u32> {
        let mut place = 0;
        for level in &self.levels {
            let word = level[place];
            if word == 0 {
                return None;
            }
            place = place * 64 + word.trailing_zeros() as usize;
        }
        let first = u32::try_from(place).ok();
        for level in self.levels.iter_mut().rev() {
            let word = &mut level[place / 64];
            *word &= !(1 << (place % 64));
            if *word != 0 {
                break;
            }
            place /= 64;
        }
        first
    }

    pub(crate) fn clear(&mut self) {
        self.levels.iter_mut().for_each(|level| level.fill(0));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::ReadySet;

    proptest! {
        #[test]
        fn like_a_btree_set(size in 1..20_000_u32, steps in prop::collection::vec(prop::option::of(any::<u32>()), 0..200)) {
            let (mut set, mut oracle) = (ReadySet::new(size as usize), BTreeSet::new());
            for step in steps {
                match step {
                    Some(number) => {
                        set.insert(number % size);
                        oracle.insert(number % size);
                    }
                    None => prop_assert_eq!(set.take_first(), oracle.pop_first()),
                }
            }
            while let Some(first) = oracle.pop_first() {
                prop_assert_eq!(set.take_first(), Some(first));
            }
            prop_assert_eq!(set.take_first(), None);
            set.insert(0);
            set.clear();
            prop_assert_eq!(set.take_first(), None);
        }
    }
}
