//! Dependents follow: whatever depends on a resource depends on what that brings along.

use rustc_hash::FxHashSet;

use super::expansion::Structure;
use crate::{EdgeKind, EdgeLabel};

/// Adds the edges of `dependents_follow`, to a fixpoint. Linear in the edges there are then.
pub(super) fn follow(structure: &mut Structure<'_>) {
    let follows = |number: &u32| structure.drafts[*number as usize].brought().iter().any(|(_, follow)| *follow);
    let mut leads = Vec::new();
    for number in structure.asking.iter().filter(|number| follows(number)) {
        leads.resize(structure.drafts.len(), false);
        leads[*number as usize] = true;
    }
    if leads.is_empty() {
        return;
    }
    let edges = structure.edges.iter().map(|(from, to, _)| (*from, *to));
    let mut open: Vec<(u32, u32)> = edges.filter(|(_, to)| leads[*to as usize]).collect();
    let mut known: FxHashSet<(u32, u32)> = FxHashSet::default();
    while let Some((from, to)) = open.pop() {
        let brought = structure.drafts[to as usize].brought();
        // Neither the followed one itself nor its siblings follow.
        if brought.iter().any(|(target, _)| *target == from) {
            continue;
        }
        for (target, _) in brought.iter().filter(|(_, follow)| *follow) {
            if known.insert((from, *target)) {
                structure.edges.push((from, *target, EdgeLabel::from(EdgeKind::Follow)));
                if leads[*target as usize] {
                    open.push((from, *target));
                }
            }
        }
    }
}
