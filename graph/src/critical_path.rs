use std::hint::select_unpredictable;

use crate::{Dag, NodeId};

/// The most expensive way through a [`Dag`].
///
/// However much runs at once, the whole cannot take less than its [`length`](Self::length). Costs are in any unit; sums
/// that are too large stay at `u64::MAX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CriticalPath {
    nodes: Vec<NodeId>,
    ends: Vec<u64>,
}

impl<K, E> Dag<K, E> {
    /// The most expensive path, given what each node costs; among equals the one through lesser keys.
    #[must_use]
    pub fn critical_path(&self, cost: impl Fn(&K) -> u64) -> CriticalPath {
        let mut ends = vec![0_u64; self.len()];
        // Which of its dependencies each node waits for longest. Found out here, where all of them are at hand.
        let mut via = vec![NodeId(0); self.len()];
        let mut last: Option<(u64, NodeId)> = None;
        for &node in self.order() {
            let (mut start, mut latest) = (0, node);
            if let [first, others @ ..] = self.dependencies(node) {
                (start, latest) = (ends[first.index()], *first);
                for &before in others {
                    let end = ends[before.index()];
                    // Of equals the first, so the one with the least key. Which it is could not be predicted.
                    let later = end > start;
                    latest = select_unpredictable(later, before, latest);
                    start = end.max(start);
                }
            }
            let end = start.saturating_add(cost(&self[node]));
            ends[node.index()] = end;
            via[node.index()] = latest;
            if last.is_none_or(|(latest, least)| end > latest || end == latest && node < least) {
                last = Some((end, node));
            }
        }
        let mut nodes = Vec::with_capacity(self.waves().len());
        let mut next = last.map(|(_, node)| node);
        while let Some(node) = next {
            nodes.push(node);
            next = Some(via[node.index()]).filter(|before| *before != node);
        }
        nodes.reverse();
        CriticalPath { nodes, ends }
    }

    /// How much longer each node could take, or later start, before the whole takes longer: 0 on the critical path. One
    /// entry for each node, at its [`index`](NodeId::index).
    #[must_use]
    pub fn slack(&self, cost: impl Fn(&K) -> u64) -> Vec<u64> {
        let path = self.critical_path(&cost);
        // The cost of the most expensive path that begins after each node.
        let mut after = vec![0_u64; self.len()];
        for &node in self.order().iter().rev() {
            let from_here = after[node.index()].saturating_add(cost(&self[node]));
            for before in self.dependencies(node) {
                let after = &mut after[before.index()];
                *after = from_here.max(*after);
            }
        }
        let through = |node: NodeId| path.ends[node.index()].saturating_add(after[node.index()]);
        self.ids().map(|node| path.length().saturating_sub(through(node))).collect()
    }
}

impl CriticalPath {
    /// The nodes on it, dependencies first.
    #[must_use]
    pub fn nodes(&self) -> &[NodeId] {
        &self.nodes
    }

    /// The sum of their costs.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.nodes.last().map_or(0, |&last| self.earliest_end(last))
    }

    /// When a node can be done at the earliest: the cost of the most expensive path that ends with it. 0 for an id that
    /// the dag does not have.
    #[must_use]
    pub fn earliest_end(&self, node: NodeId) -> u64 {
        self.ends.get(node.index()).copied().unwrap_or(0)
    }
}
