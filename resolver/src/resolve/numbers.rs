//! The numbers of drafts by their uids.

use std::cell::{Cell, RefCell};
use std::hash::BuildHasher as _;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};
use score_model::ResourceUid;

use super::draft::{Draft, Type};

/// The numbers of drafts by their uids, which stay in the drafts.
///
/// What is looked up in a table is spread over all that there is, so the table is not asked where that can be: Score files come in the order of their names, so that most resources are the greatest of their type when they
/// come, and what is asked for again mostly is in the order in which it came.
#[derive(Default)]
pub(super) struct Numbers<'a> {
    /// Of the first drafts, as many as are noted here.
    table: RefCell<HashTable<Slot>>,
    noted: Cell<usize>,
    /// The draft with the greatest uid of each type.
    greatest: FxHashMap<*const Type<'a>, u32>,
    /// The one after that which was found last.
    likely: u32,
}

impl<'a> Numbers<'a> {
    pub(super) fn get(&self, uid: &ResourceUid, drafts: &[Draft<'a>]) -> Option<u32> {
        let mut table = self.table.borrow_mut();
        // One right after the other, so that memory answers for many at once.
        let noted = self.noted.replace(drafts.len());
        for (number, draft) in (noted as u32..).zip(&drafts[noted..]) {
            let slot = Slot { hash: hash(&draft.uid), number };
            table.insert_unique(slot.place(), slot, Slot::place);
        }
        let wanted = Slot { hash: hash(uid), number: 0 };
        let is = |slot: &Slot| slot.hash == wanted.hash && drafts[slot.number as usize].uid == *uid;
        table.find(wanted.place(), is).map(|slot| slot.number)
    }

    /// The number of this uid: that of the next draft, which the caller makes, where it has none.
    pub(super) fn get_or_next(&mut self, uid: &ResourceUid, ty: &Type<'a>, drafts: &[Draft<'a>]) -> u32 {
        let next = drafts.len() as u32;
        let uid_of = |number: u32| drafts.get(number as usize).map(|draft| &draft.uid);
        let number = if uid_of(self.likely) == Some(uid) {
            self.likely
        } else {
            let greatest = self.greatest.entry(ty).or_insert(next);
            if uid_of(*greatest).is_none_or(|greatest| greatest < uid) {
                *greatest = next;
                next
            } else {
                self.get(uid, drafts).unwrap_or(next)
            }
        };
        self.likely = number + 1;
        number
    }
}

/// With the hash, so that a table that grows need not look at the uids.
struct Slot {
    hash: u32,
    number: u32,
}

impl Slot {
    fn place(&self) -> u64 {
        FxBuildHasher.hash_one(self.hash)
    }
}

fn hash(uid: &ResourceUid) -> u32 {
    FxBuildHasher.hash_one(uid) as u32
}
