use std::sync::OnceLock;

use crate::NodeId;
use crate::adjacency::{Adjacency, accumulate};
use crate::graph::{Graph, Labels};
use crate::table::Table;

/// Why numbered nodes and edges are not a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Two nodes have the same key.
    #[error("nodes {0} and {1} have the same key")]
    SameKey(usize, usize),
    /// An edge has an end that is not the number of a node.
    #[error("an edge has an end at node {end}, but there are {nodes} nodes, numbered from 0")]
    NoSuchNode {
        /// The number that the edge names.
        end: usize,
        /// How many nodes there are.
        nodes: usize,
    },
}

impl<K: Ord, E: Ord> Graph<K, E> {
    /// The graph of nodes that are numbered already: an edge `(from, to, label)` names them by their places in `keys`.
    ///
    /// This is for whoever has a whole graph at hand and needs no hashing to find out which node is meant. Keys and
    /// edges may come in any order, edges also more than once; the ids of the graph are in the order of the keys all
    /// the same. Linear if the keys are sorted.
    ///
    /// # Errors
    ///
    /// [`Malformed`], if two keys are equal or an edge names a node that is not there.
    ///
    /// ```
    /// use score_graph::Graph;
    ///
    /// let graph = Graph::from_numbered(vec!["database", "shop"], [(1, 0, "host")])?;
    /// assert_eq!(graph.edges().count(), 1);
    /// # Ok::<(), score_graph::Malformed>(())
    /// ```
    pub fn from_numbered(keys: Vec<K>, edges: impl IntoIterator<Item = (usize, usize, E)>) -> Result<Self, Malformed> {
        let nodes = keys.len();
        let (keys, new) = in_order_of_keys(keys);
        if let Some(second) = keys.windows(2).position(|pair| pair[0] == pair[1]) {
            let old = |number| match &new {
                Some(new) => new.iter().position(|new| *new as usize == number).unwrap_or(number),
                None => number,
            };
            let (one, other) = (old(second), old(second + 1));
            return Err(Malformed::SameKey(one.min(other), one.max(other)));
        }
        let mut beyond = None;
        let edges = edges.into_iter().map_while(|(from, to, label)| {
            let end = from.max(to);
            if end >= nodes {
                beyond = Some(end);
                return None;
            }
            Some((NodeId::new(from).0, NodeId::new(to).0, label))
        });
        let graph = Self::assemble((keys, new), edges, None);
        beyond.map_or(Ok(graph), |end| Err(Malformed::NoSuchNode { end, nodes }))
    }

    /// A graph of nodes whose keys, in order, all differ. Edges have the numbers from before the keys were ordered.
    pub(crate) fn assemble(
        (keys, new): (Vec<K>, Option<Vec<u32>>),
        edges: impl Iterator<Item = (u32, u32, E)>,
        mut numbers: Option<Table>,
    ) -> Self {
        let rows = match new {
            None => Rows::collect(keys.len(), edges),
            Some(new) => {
                if let Some(numbers) = &mut numbers {
                    numbers.renumber(&new);
                }
                let new = |(from, to, label)| (new[from as usize], new[to as usize], label);
                Rows::collect(keys.len(), edges.map(new))
            }
        };
        let (dependencies, labels) = rows.sorted();
        Self::new(keys, numbers.map_or_else(OnceLock::new, OnceLock::from), dependencies, labels)
    }
}

/// Sorts the keys; the new number of each if any moved.
pub(crate) fn in_order_of_keys<K: Ord>(keys: Vec<K>) -> (Vec<K>, Option<Vec<u32>>) {
    if keys.is_sorted() {
        return (keys, None);
    }
    let mut numbered: Vec<(K, u32)> = keys.into_iter().zip(0..).collect();
    numbered.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let mut new = vec![0; numbered.len()];
    for (number, (_, old)) in (0..).zip(&numbered) {
        new[*old as usize] = number;
    }
    (numbered.into_iter().map(|(key, _)| key).collect(), Some(new))
}

/// The edges of each node together, in the order of the nodes.
struct Rows<E> {
    /// Where the row of each node starts, and one more for the end of the last.
    offsets: Vec<u32>,
    edges: Vec<(NodeId, E)>,
    /// Whether each row is known to be sorted, with no node twice.
    tidy: bool,
}

impl<E: Ord> Rows<E> {
    fn collect(nodes: usize, mut edges: impl Iterator<Item = (u32, u32, E)>) -> Self {
        let mut rows = Self {
            offsets: Vec::with_capacity(nodes + 1),
            edges: Vec::with_capacity(edges.size_hint().0.max(edges.size_hint().1.unwrap_or(0))),
            tidy: true,
        };
        rows.offsets.push(0);
        while let Some((from, to, label)) = edges.next() {
            let row = from as usize + 1;
            if row < rows.offsets.len() {
                return rows.scatter(nodes, std::iter::once((from, to, label)).chain(edges));
            }
            if row == rows.offsets.len() {
                rows.tidy &= rows.edges.last().is_none_or(|(before, _)| before.0 < to);
            } else {
                rows.start(row);
            }
            rows.edges.push((NodeId(to), label));
        }
        rows.start(nodes + 1);
        rows
    }

    /// Ends all rows before this one; they are counted from 1.
    fn start(&mut self, row: usize) {
        while self.offsets.len() < row {
            self.offsets.push(NodeId::new(self.edges.len()).0);
        }
    }

    /// Goes on when the next edge is not of the last node or a later one.
    fn scatter(mut self, nodes: usize, rest: impl Iterator<Item = (u32, u32, E)>) -> Self {
        self.start(self.offsets.len() + 1);
        let mut collected = self.edges.into_iter();
        let mut all = Vec::new();
        for (from, ends) in (0..).zip(self.offsets.windows(2)) {
            let row = collected.by_ref().take((ends[1] - ends[0]) as usize);
            all.extend(row.map(|(to, label)| (from, to.0, label)));
        }
        all.extend(rest);

        let mut offsets = vec![0_u32; nodes + 1];
        for (from, ..) in &all {
            offsets[*from as usize + 1] += 1;
        }
        accumulate(&mut offsets);
        let mut next = offsets.clone();
        let mut edges: Vec<Option<(NodeId, E)>> = Vec::new();
        edges.resize_with(all.len(), || None);
        for (from, to, label) in all {
            let place = &mut next[from as usize];
            edges[*place as usize] = Some((NodeId(to), label));
            *place += 1;
        }
        // None is missing: the rows have as many places as there are edges.
        Self { offsets, edges: edges.into_iter().flatten().collect(), tidy: false }
    }

    /// With each row sorted, and each edge once.
    fn sorted(mut self) -> (Adjacency, Labels<E>) {
        if !self.tidy {
            self.tidy = true;
            for ends in self.offsets.windows(2) {
                let row = &mut self.edges[ends[0] as usize..ends[1] as usize];
                if row.len() > 1 {
                    row.sort_unstable();
                    self.tidy &= row.windows(2).all(|pair| pair[0].0 < pair[1].0);
                }
            }
        }
        if !self.tidy {
            return self.without_repetition();
        }
        let mut labels = Labels::with_capacity(self.edges.len());
        let apart = |(to, label)| {
            labels.push(label);
            to
        };
        let targets = self.edges.into_iter().map(apart).collect();
        (Adjacency::new(self.offsets, targets), labels)
    }

    /// For sorted rows.
    fn without_repetition(self) -> (Adjacency, Labels<E>) {
        let mut offsets = Vec::with_capacity(self.offsets.len());
        offsets.push(0);
        let mut targets = Vec::with_capacity(self.edges.len());
        let mut labels = Labels::with_capacity(self.edges.len());
        let mut edges = self.edges.into_iter();
        for ends in self.offsets.windows(2) {
            let mut last = None;
            for (to, label) in edges.by_ref().take((ends[1] - ends[0]) as usize) {
                if last != Some(to) {
                    last = Some(to);
                    targets.push(to);
                    labels.push(label);
                } else if labels.last() != Some(&label) {
                    labels.push_same(label);
                }
            }
            offsets.push(NodeId::new(targets.len()).0);
        }
        (Adjacency::new(offsets, targets), labels)
    }
}
