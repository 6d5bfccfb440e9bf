//! Looking first where something is likely to be.

use std::hash::{BuildHasher, Hash};

use indexmap::{Equivalent, IndexMap};

/// The place of a key. What came one after the other is mostly asked for in that order, so the place after that which was found last, `likely`, is looked at before any table: in a large map, that is memory which was read just now.
pub(crate) fn place_near<Q, K, V, S>(map: &IndexMap<K, V, S>, key: &Q, likely: &mut usize) -> Option<usize>
where
    Q: Equivalent<K> + Hash + ?Sized,
    S: BuildHasher,
{
    let place = match map.get_index(*likely) {
        Some((known, _)) if key.equivalent(known) => *likely,
        _ => map.get_index_of(key)?,
    };
    *likely = place + 1;
    Some(place)
}
