use std::collections::BinaryHeap;

use crate::forest::Forest;
use crate::{Dag, NodeId};

impl<K, E> Dag<K, E> {
    /// The same order with as few edges as possible (the transitive reduction): an edge is left out if there is also a
    /// longer way from its one end to the other. For pictures; nodes, ids and waves are the same.
    ///
    /// Memory is linear. So is time, but for a logarithm, where ways are short or run along chains; a dense graph of
    /// long, tangled ways costs up to O(V²).
    #[must_use]
    pub fn reduction(&self) -> Dag<&K, &E> {
        let mut wave = vec![0_u32; self.len()];
        for (number, nodes) in (0..).zip(self.waves()) {
            for node in nodes {
                wave[node.index()] = number;
            }
        }
        let mut reducer = Reducer {
            kept: vec![Vec::new(); self.len()],
            forest: Forest::new(self.len()),
            seen: vec![None; self.len()],
            wave,
        };
        for &node in self.order() {
            reducer.reduce(node, self.dependencies(node));
        }
        self.with_dependencies(&reducer.kept)
    }
}

struct Reducer {
    /// The edges that stay, of the nodes done so far.
    kept: Vec<Vec<NodeId>>,
    /// Each node under one of those it depends on, the latest: a way that is found without a search.
    forest: Forest,
    /// The node for which it was last found to be reachable.
    seen: Vec<Option<NodeId>>,
    wave: Vec<u32>,
}

impl Reducer {
    fn reduce(&mut self, node: NodeId, dependencies: &[NodeId]) {
        let mut latest_first = dependencies.to_vec();
        latest_first.sort_by_key(|other| std::cmp::Reverse(self.wave[other.index()]));
        let Some(&latest) = latest_first.first() else { return };
        self.forest.place(node, latest);

        // What is reachable so far, as deep as was needed, and where the search goes on.
        let mut frontier: BinaryHeap<(u32, NodeId)> = BinaryHeap::new();
        let mut kept = Vec::new();
        for other in latest_first {
            let wave = self.wave[other.index()];
            if other != latest && self.forest.is_below(latest, other) {
                continue;
            }
            while frontier.peek().is_some_and(|(frontier, _)| *frontier > wave)
                && let Some((_, via)) = frontier.pop()
            {
                for &next in &self.kept[via.index()] {
                    if self.seen[next.index()].replace(node) != Some(node) {
                        frontier.push((self.wave[next.index()], next));
                    }
                }
            }
            if self.seen[other.index()].replace(node) != Some(node) {
                frontier.push((wave, other));
                kept.push(other);
            }
        }
        kept.sort_unstable();
        self.kept[node.index()] = kept;
    }
}
