use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use crate::adjacency::Adjacency;
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
            kept: Vec::with_capacity(self.len()),
            rows: vec![0..0; self.len()],
            forest: Forest::new(self.len()),
            seen: vec![None; self.len()],
            frontier: BinaryHeap::new(),
            wave,
        };
        for &node in self.order() {
            reducer.reduce(node, self.dependencies(node));
        }
        let rows = reducer.rows.iter().map(|row| &reducer.kept[row.clone()]);
        self.with_dependencies(Adjacency::from_rows(rows.map(|row| row.iter().copied())))
    }
}

struct Reducer {
    /// The edges that stay, of the nodes done so far, and which are those of each.
    kept: Vec<NodeId>,
    rows: Vec<Range<usize>>,
    /// Each node under one of those it depends on, the latest: a way that is found without a search.
    forest: Forest,
    /// The node for which it was last found to be reachable.
    seen: Vec<Option<NodeId>>,
    /// Where the search for the present node goes on, the latest wave first.
    frontier: BinaryHeap<(u32, NodeId)>,
    wave: Vec<u32>,
}

impl Reducer {
    fn reduce(&mut self, node: NodeId, dependencies: &[NodeId]) {
        let start = self.kept.len();
        match dependencies {
            [] => {}
            [only] => {
                self.forest.place(node, *only);
                self.kept.push(*only);
            }
            _ => {
                let mut latest_first = dependencies.to_vec();
                latest_first.sort_by_key(|other| Reverse(self.wave[other.index()]));
                self.forest.place(node, latest_first[0]);
                self.keep_needed(node, &latest_first);
                self.kept[start..].sort_unstable();
            }
        }
        self.rows[node.index()] = start..self.kept.len();
    }

    fn keep_needed(&mut self, node: NodeId, latest_first: &[NodeId]) {
        self.frontier.clear();
        for &other in latest_first {
            let wave = self.wave[other.index()];
            if other != latest_first[0] && self.forest.is_below(latest_first[0], other) {
                continue;
            }
            // Whatever leads to it is of a later wave.
            while self.frontier.peek().is_some_and(|(frontier, _)| *frontier > wave)
                && let Some((_, via)) = self.frontier.pop()
            {
                for &next in &self.kept[self.rows[via.index()].clone()] {
                    if self.seen[next.index()].replace(node) != Some(node) {
                        self.frontier.push((self.wave[next.index()], next));
                    }
                }
            }
            if self.seen[other.index()].replace(node) != Some(node) {
                self.frontier.push((wave, other));
                self.kept.push(other);
            }
        }
    }
}
