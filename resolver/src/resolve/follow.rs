//! Dependents follow: whatever depends on a resource depends on what that brings along.

use rustc_hash::{FxHashMap, FxHashSet};

use super::expansion::Structure;
use crate::{EdgeKind, EdgeLabel};

/// Adds the edges of `dependents_follow`, to a fixpoint. Linear in the edges there are then.
pub(super) fn follow(structure: &mut Structure<'_>) {
    let mut leaders: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for &number in &structure.asking {
        let draft = &structure.drafts[number as usize];
        let followed: Vec<u32> =
            draft.brought().iter().filter(|(_, follow)| *follow).map(|(target, _)| *target).collect();
        if !followed.is_empty() {
            leaders.insert(number, followed);
        }
    }
    if leaders.is_empty() {
        return;
    }
    let mut open: Vec<(u32, u32)> = structure
        .edges
        .iter()
        .filter(|(_, to, _)| leaders.contains_key(to))
        .map(|(from, to, _)| (*from, *to))
        .collect();
    let mut known: FxHashSet<(u32, u32)> = FxHashSet::default();
    while let Some((from, to)) = open.pop() {
        let brought = structure.drafts[to as usize].brought();
        // Neither the followed one itself nor its siblings follow.
        if brought.iter().any(|(target, _)| *target == from) {
            continue;
        }
        for target in leaders.get(&to).into_iter().flatten() {
            if known.insert((from, *target)) {
                structure.edges.push((from, *target, EdgeLabel::from(EdgeKind::Follow)));
                if leaders.contains_key(target) {
                    open.push((from, *target));
                }
            }
        }
    }
}
