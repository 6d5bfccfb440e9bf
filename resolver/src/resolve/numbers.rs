//! The numbers of drafts by their uids.

use std::hash::BuildHasher as _;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use score_model::ResourceUid;

use super::draft::Draft;

/// The numbers of drafts by their uids, which stay in the drafts: five bytes each, since what is looked up here is spread over all that there is.
pub(super) struct Numbers {
    table: HashTable<u32>,
    /// The one after that which was found last: what is asked for again mostly is in the order in which it was asked for before.
    likely: u32,
}

impl Numbers {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { table: HashTable::with_capacity(capacity), likely: 0 }
    }

    pub(super) fn get(&self, uid: &ResourceUid, drafts: &[Draft<'_>]) -> Option<u32> {
        self.table.find(hash(uid), |number| drafts[*number as usize].uid == *uid).copied()
    }

    /// The number of this uid: that of the next draft, which the caller makes, where it has none.
    pub(super) fn get_or_next(&mut self, uid: &ResourceUid, drafts: &[Draft<'_>]) -> u32 {
        let uid_of = |number: &u32| &drafts[*number as usize].uid;
        let next = drafts.len() as u32;
        let number = if drafts.get(self.likely as usize).is_some_and(|draft| draft.uid == *uid) {
            self.likely
        } else {
            let is = |number: &u32| uid_of(number) == uid;
            *self.table.entry(hash(uid), is, |number| hash(uid_of(number))).or_insert(next).get()
        };
        self.likely = number + 1;
        number
    }
}

fn hash(uid: &ResourceUid) -> u64 {
    FxBuildHasher.hash_one(uid)
}
