use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

const EMPTY: u32 = u32::MAX;

/// A hash table of numbers whose keys live elsewhere, in a `Vec` indexed by these numbers.
///
/// So a key is stored once, needs no `Clone`, and sorting the keys only renumbers the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    /// Open addressing with linear probing; the length is a power of two or zero.
    slots: Vec<Slot>,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u32,
    number: u32,
}

pub(crate) fn hash<T: Hash>(key: &T) -> u32 {
    let mut hasher = FxHasher::default();
    key.hash(&mut hasher);
    hasher.finish() as u32
}

impl Table {
    /// The places of all keys, which differ.
    pub(crate) fn of<T: Hash>(keys: &[T]) -> Self {
        let mut table = Self::default();
        table.reserve(keys.len());
        for (number, key) in (0..).zip(keys) {
            table.insert(hash(key), number);
        }
        table
    }

    /// The number stored under this hash for which `is` holds.
    pub(crate) fn find(&self, hash: u32, mut is: impl FnMut(usize) -> bool) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        // Never more than three quarters full, so there is an empty slot to stop at.
        loop {
            let slot = self.slots[at];
            if slot.number == EMPTY {
                return None;
            }
            if slot.hash == hash && is(slot.number as usize) {
                return Some(slot.number);
            }
            at = (at + 1) & mask;
        }
    }

    /// Stores a number that is not in the table yet.
    pub(crate) fn insert(&mut self, hash: u32, number: u32) {
        self.reserve(1);
        self.len += 1;
        self.place(Slot { hash, number });
    }

    fn reserve(&mut self, additional: usize) {
        let wanted = self.len + additional;
        if wanted * 4 <= self.slots.len() * 3 {
            return;
        }
        let capacity = (wanted * 4 / 3 + 1).next_power_of_two().max(8);
        let old = std::mem::replace(&mut self.slots, vec![Slot { hash: 0, number: EMPTY }; capacity]);
        for slot in old {
            if slot.number != EMPTY {
                self.place(slot);
            }
        }
    }

    /// Replaces each number by another.
    pub(crate) fn renumber(&mut self, new: &[u32]) {
        for slot in &mut self.slots {
            if slot.number != EMPTY {
                slot.number = new[slot.number as usize];
            }
        }
    }

    fn place(&mut self, slot: Slot) {
        let mask = self.slots.len() - 1;
        let mut at = slot.hash as usize & mask;
        while self.slots[at].number != EMPTY {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }
}
