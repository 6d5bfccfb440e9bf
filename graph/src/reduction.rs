use std::cmp::Reverse;
use std::collections::BinaryHeap;

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
            kept: Vec::with_capacity(self.dependencies_adjacency().nodes().len()),
            rows: vec![(0, 0); self.len()],
            forest: Forest::new(self.len()),
            seen: vec![NOBODY; self.len()],
            frontier: BinaryHeap::new(),
            wave,
        };
        for &node in self.order() {
            reducer.reduce(node, self.dependencies(node));
        }
        let rows = self.ids().map(|node| reducer.kept_of(node));
        self.with_dependencies(Adjacency::from_rows(rows.map(|row| row.iter().copied()), reducer.kept.len()))
    }
}

/// No node: no graph has so many.
const NOBODY: NodeId = NodeId(u32::MAX);

struct Reducer {
    /// The edges that stay, of the nodes done so far, and which are those of each.
    kept: Vec<NodeId>,
    rows: Vec<(u32, u32)>,
    /// Each node under one of those it depends on, the latest: a way that is found without a search.
    forest: Forest,
    /// The node for which it was last found to be reachable.
    seen: Vec<NodeId>,
    /// Where the search for the present node goes on, the latest wave first.
    frontier: BinaryHeap<(u32, Reverse<NodeId>)>,
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
            // What is in one wave does not lead to each other.
            [first, others @ ..] if others.iter().all(|other| self.wave(*other) == self.wave(*first)) => {
                self.forest.place(node, *first);
                self.kept.extend(dependencies);
            }
            _ => {
                let mut latest_first = dependencies.to_vec();
                latest_first.sort_by_key(|other| Reverse(self.wave(*other)));
                self.forest.place(node, latest_first[0]);
                self.keep_needed(node, &latest_first);
                self.kept[start..].sort_unstable();
            }
        }
        self.rows[node.index()] = (NodeId::new(start).0, NodeId::new(self.kept.len()).0);
    }

    fn wave(&self, node: NodeId) -> u32 {
        self.wave[node.index()]
    }

    fn kept_of(&self, node: NodeId) -> &[NodeId] {
        let (start, end) = self.rows[node.index()];
        &self.kept[start as usize..end as usize]
    }

    fn keep_needed(&mut self, node: NodeId, latest_first: &[NodeId]) {
        self.frontier.clear();
        let earliest = latest_first.last().map_or(0, |last| self.wave(*last));
        for &other in latest_first {
            let wave = self.wave(other);
            if other != latest_first[0] && self.forest.is_below(latest_first[0], other) {
                continue;
            }
            // Whatever leads to it is of a later wave.
            while self.frontier.peek().is_some_and(|(frontier, _)| *frontier > wave)
                && let Some((_, Reverse(via))) = self.frontier.pop()
            {
                let (start, end) = self.rows[via.index()];
                for place in start..end {
                    self.reach(node, self.kept[place as usize], earliest);
                }
            }
            if self.reach(node, other, earliest) {
                self.kept.push(other);
            }
        }
    }

    /// Notes that `other` is reachable from `node`; `true` if that is new. The search goes on from there if it can still
    /// find anything, which is in the `earliest` wave or later.
    fn reach(&mut self, node: NodeId, other: NodeId, earliest: u32) -> bool {
        let new = std::mem::replace(&mut self.seen[other.index()], node) != node;
        let wave = self.wave(other);
        if new && wave > earliest {
            self.frontier.push((wave, Reverse(other)));
        }
        new
    }
}
