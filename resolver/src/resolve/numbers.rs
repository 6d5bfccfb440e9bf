//! The numbers of drafts by their uids.

use std::cell::Cell;
use std::cmp::Ordering;
use std::hash::BuildHasher as _;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};
use score_model::ResourceUid;

use super::draft::Draft;

/// The numbers of drafts by their uids, which stay in the drafts.
///
/// What is looked up in a table is spread over all that there is. Score files come in the order of their names, so that most resources are the greatest of their type when they come, and the numbers of these are a sorted list; and what is
/// asked for again mostly is near what was asked for again last, so that it is searched from there. Only what comes out of order goes to a table.
#[derive(Default)]
pub(super) struct Numbers<'a>(FxHashMap<&'a str, OfType>);

#[derive(Default)]
struct OfType {
    /// The numbers of those that were the greatest when they came, in the order of their uids.
    in_order: Vec<u32>,
    /// Those that came out of order.
    others: HashTable<Slot>,
    /// The place in the list after that of what was found last.
    near: Cell<usize>,
}

impl<'a> Numbers<'a> {
    /// The number of the draft with this uid.
    pub(super) fn get(&self, uid: &ResourceUid, drafts: &[Draft<'a>]) -> Option<u32> {
        self.find(uid.ty(), uid.class(), uid.id(), drafts)
    }

    /// The number of the draft whose uid has these parts.
    pub(super) fn find(&self, ty: &str, class: &str, id: &str, drafts: &[Draft<'a>]) -> Option<u32> {
        let of_type = self.0.get(ty)?;
        let compare = |number: &u32| compare(&drafts[*number as usize].uid, class, id);
        let greatest = of_type.in_order.last()?;
        if compare(greatest) == Ordering::Less {
            return None;
        }
        if let Ok(place) = search_near(&of_type.in_order, of_type.near.get(), compare) {
            of_type.near.set(place + 1);
            return Some(of_type.in_order[place]);
        }
        if of_type.others.is_empty() {
            return None;
        }
        let hash = hash(class, id);
        let is = |slot: &Slot| slot.hash == hash && compare(&slot.number) == Ordering::Equal;
        of_type.others.find(place_of(hash), is).map(|slot| slot.number)
    }

    /// Notes the last of the drafts, whose uid none before has.
    pub(super) fn note_last(&mut self, drafts: &[Draft<'a>]) {
        let Some(draft) = drafts.last() else { return };
        let (uid, number) = (&draft.uid, drafts.len() as u32 - 1);
        let of_type = self.0.entry(draft.ty.name).or_default();
        if of_type.in_order.last().is_none_or(|greatest| drafts[*greatest as usize].uid < *uid) {
            of_type.in_order.push(number);
        } else {
            let slot = Slot { hash: hash(uid.class(), uid.id()), number };
            of_type.others.insert_unique(place_of(slot.hash), slot, |slot| place_of(slot.hash));
        }
    }

    /// All numbers in the order of the uids.
    pub(super) fn in_order(&self, drafts: &[Draft<'a>]) -> Vec<u32> {
        let mut types: Vec<(&str, &OfType)> = self.0.iter().map(|(name, of_type)| (*name, of_type)).collect();
        types.sort_by_cached_key(|(name, _)| format!("{name}."));
        let mut all = Vec::with_capacity(drafts.len());
        for (_, of_type) in types {
            let uid = |number: &u32| &drafts[*number as usize].uid;
            let mut others: Vec<u32> = of_type.others.iter().map(|slot| slot.number).collect();
            others.sort_unstable_by(|a, b| uid(a).cmp(uid(b)));
            let mut rest = of_type.in_order.as_slice();
            for other in others {
                let (Ok(place) | Err(place)) = search_near(rest, 0, |number| uid(number).cmp(uid(&other)));
                let (before, after) = rest.split_at(place);
                all.extend(before);
                all.push(other);
                rest = after;
            }
            all.extend(rest);
        }
        all
    }
}

/// With the hash, so that a table that grows need not look at the uids.
struct Slot {
    hash: u32,
    number: u32,
}

fn hash(class: &str, id: &str) -> u32 {
    FxBuildHasher.hash_one((class, id)) as u32
}

fn place_of(hash: u32) -> u64 {
    FxBuildHasher.hash_one(hash)
}

/// How a uid compares to that with the same type and these parts: as text.
fn compare(uid: &ResourceUid, class: &str, id: &str) -> Ordering {
    if uid.class() == class {
        return uid.id().cmp(id);
    }
    // No class contains what ends it.
    uid.class().bytes().chain([b'#']).cmp(class.bytes().chain([b'#']))
}

/// The place of what is [`Equal`](Ordering::Equal) in a sorted list, or where it would be. Logarithmic in how far that is from `near`.
fn search_near<T>(list: &[T], near: usize, compare: impl Fn(&T) -> Ordering) -> Result<usize, usize> {
    let near = near.min(list.len());
    let (mut low, mut high) = (0, list.len());
    let mut step = 1;
    match list.get(near).map(&compare) {
        Some(Ordering::Equal) => return Ok(near),
        Some(Ordering::Less) => {
            low = near + 1;
            while let Some(item) = list.get(low + step - 1) {
                if compare(item) != Ordering::Less {
                    high = low + step;
                    break;
                }
                low += step;
                step *= 2;
            }
        }
        Some(Ordering::Greater) | None => {
            high = near;
            while let Some(place) = high.checked_sub(step) {
                if compare(&list[place]) != Ordering::Greater {
                    low = place;
                    break;
                }
                high = place;
                step *= 2;
            }
        }
    }
    list[low..high].binary_search_by(compare).map(|place| low + place).map_err(|place| low + place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{compare, search_near};
    use score_model::ResourceUid;

    proptest! {
        #[test]
        fn as_a_binary_search(numbers in prop::collection::btree_set(0..200_u32, 0..100), near in 0..120_usize, wanted in 0..200_u32) {
            let list: Vec<u32> = numbers.into_iter().collect();
            prop_assert_eq!(search_near(&list, near, |number| number.cmp(&wanted)), list.binary_search(&wanted));
        }

        #[test]
        fn as_text(one in ["[-!a-b]{1,3}", "[-!#.a-b]{1,3}"], other in ["[-!a-b]{1,3}", "[-!#.a-b]{1,3}"]) {
            let uid = |parts: &[String; 2]| ResourceUid::new("type", &parts[0], &parts[1]).expect("a uid");
            prop_assert_eq!(compare(&uid(&one), &other[0], &other[1]), uid(&one).cmp(&uid(&other)));
        }
    }
}
