//! Looking first where something is likely to be.

use std::hash::{BuildHasher, Hash};

use indexmap::{Equivalent, IndexMap};

/// The place of a key. What came one after the other is mostly asked for in that order, or in the reverse, so the place after that which was found last, `likely`, that itself and the one before are looked at before any table: in a large
/// map, that is memory which was read just now.
pub(crate) fn place_near<Q, K, V, S>(map: &IndexMap<K, V, S>, key: &Q, likely: &mut usize) -> Option<usize>
where
    Q: Equivalent<K> + Hash + ?Sized,
    S: BuildHasher,
{
    let is_at = |place: &usize| map.get_index(*place).is_some_and(|(known, _)| key.equivalent(known));
    let near = [*likely, likely.wrapping_sub(1), likely.wrapping_sub(2)].into_iter().find(is_at);
    let place = match near {
        Some(place) => place,
        None => map.get_index_of(key)?,
    };
    *likely = place + 1;
    Some(place)
}
