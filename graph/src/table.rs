use std::hash::{BuildHasher as _, Hash};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

/// A hash table of numbers whose keys live elsewhere, in a `Vec` indexed by these numbers.
///
/// So a key is stored once, needs no `Clone`, and sorting the keys only renumbers the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table(HashTable<Slot>);

/// With the hash, so that a table that grows need not look at the keys.
#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u32,
    number: u32,
}

pub(crate) fn hash<T: Hash>(key: &T) -> u32 {
    FxBuildHasher.hash_one(key) as u32
}

impl Table {
    /// The places of all keys, which differ.
    pub(crate) fn of<T: Hash>(keys: &[T]) -> Self {
        let mut table = Self(HashTable::with_capacity(keys.len()));
        for (number, key) in (0..).zip(keys) {
            table.insert(hash(key), number);
        }
        table
    }

    /// How many numbers it has.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The number stored under this hash for which `is` holds.
    pub(crate) fn find(&self, hash: u32, mut is: impl FnMut(usize) -> bool) -> Option<u32> {
        let found = self.0.find(spread(hash), |slot| slot.hash == hash && is(slot.number as usize));
        found.map(|slot| slot.number)
    }

    /// Stores a number that is not in the table yet.
    pub(crate) fn insert(&mut self, hash: u32, number: u32) {
        self.0.insert_unique(spread(hash), Slot { hash, number }, |slot| spread(slot.hash));
    }

    /// Replaces each number by another.
    pub(crate) fn renumber(&mut self, new: &[u32]) {
        for slot in &mut self.0 {
            slot.number = new[slot.number as usize];
        }
    }
}

/// A table looks at the first bits, too.
fn spread(hash: u32) -> u64 {
    FxBuildHasher.hash_one(hash)
}
