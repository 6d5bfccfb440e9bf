use std::hash::Hash;

use crate::NodeId;
use crate::adjacency::{Adjacency, accumulate};
use crate::graph::{Graph, Labels};
use crate::table::{Table, hash};

/// Collects nodes and edges in any order, then becomes a [`Graph`].
///
/// What it builds does not depend on the order in which things were added. `K` is the key of a node, `E` the label of
/// an edge: between two nodes there is one edge for each different label. A graph holds fewer than 2^32 nodes and
/// edges.
///
/// ```
/// use score_graph::GraphBuilder;
///
/// let mut builder = GraphBuilder::new();
/// assert!(builder.edge("shop", "database", "DB_HOST"));
/// assert!(!builder.edge("shop", "database", "DB_HOST")); // nothing new: a fixpoint may stop
/// assert!(builder.edge("shop", "database", "DB_PORT"));
/// let graph = builder.build();
/// assert_eq!(graph.len(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct GraphBuilder<K, E> {
    keys: Vec<K>,
    numbers: Table,
    edges: Vec<(u32, u32, E)>,
    /// The edges that `edge` can recognise; those that `link` added since are missing at the end.
    known: Table,
}

/// The place of a node in one [`GraphBuilder`], for adding edges without looking keys up again.
///
/// Nodes get their final [`NodeId`] when the graph is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u32);

impl Slot {
    /// How many nodes were there before this one was added.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl<K, E> Default for GraphBuilder<K, E> {
    fn default() -> Self {
        Self { keys: Vec::new(), numbers: Table::default(), edges: Vec::new(), known: Table::default() }
    }
}

impl<K, E> GraphBuilder<K, E> {
    /// A builder without nodes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A builder with room for that many nodes and edges.
    #[must_use]
    pub fn with_capacity(nodes: usize, edges: usize) -> Self {
        let mut numbers = Table::default();
        numbers.reserve(nodes);
        Self { keys: Vec::with_capacity(nodes), numbers, edges: Vec::with_capacity(edges), known: Table::default() }
    }

    /// How many nodes it has so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether it has no nodes so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Adds an edge between nodes that are there already, without asking whether it is new: `build` keeps each edge
    /// once. Much faster than [`edge`](Self::edge) when a whole graph is known at once.
    ///
    /// A slot of another builder that is out of range here adds nothing and answers `false`.
    pub fn link(&mut self, from: Slot, to: Slot, label: E) -> bool {
        let known = from.index() < self.keys.len() && to.index() < self.keys.len();
        if known {
            self.edges.push((from.0, to.0, label));
        }
        known
    }
}

impl<K: Hash + Eq, E> GraphBuilder<K, E> {
    /// Adds a node; `true` if it is new.
    pub fn node(&mut self, key: K) -> bool {
        let before = self.keys.len();
        self.slot(key);
        self.keys.len() > before
    }

    /// Adds a node if it is new, and says which it is.
    pub fn slot(&mut self, key: K) -> Slot {
        let hash = hash(&key);
        if let Some(number) = self.numbers.find(hash, |number| self.keys[number] == key) {
            return Slot(number);
        }
        let number = NodeId::new(self.keys.len()).0;
        self.numbers.insert(hash, number);
        self.keys.push(key);
        Slot(number)
    }

    /// Whether there is a node with this key.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        self.numbers.find(hash(key), |number| self.keys[number] == *key).is_some()
    }

    /// Says that `from` depends on `to`, and adds those of the two that are missing; `true` if the edge is new.
    ///
    /// An edge from a node to itself is accepted like any other: it is a cycle, and reported as such.
    pub fn edge(&mut self, from: K, to: K, label: E) -> bool
    where
        E: Hash + Eq,
    {
        for number in self.known.len()..self.edges.len() {
            self.known.insert(hash(&self.edges[number]), NodeId::new(number).0);
        }
        let edge = (self.slot(from).0, self.slot(to).0, label);
        let hash = hash(&edge);
        if self.known.find(hash, |number| self.edges[number] == edge).is_some() {
            return false;
        }
        self.known.insert(hash, NodeId::new(self.edges.len()).0);
        self.edges.push(edge);
        true
    }
}

impl<K: Ord, E: Ord> GraphBuilder<K, E> {
    /// The graph of all that was added: nodes numbered in the order of their keys, edges sorted.
    ///
    /// Linear in nodes and edges but for the sorting of keys that are not in order already.
    #[must_use]
    pub fn build(self) -> Graph<K, E> {
        let Self { mut keys, mut numbers, mut edges, known: _ } = self;
        if !keys.is_sorted() {
            let mut numbered: Vec<(K, u32)> = keys.into_iter().zip(0..).collect();
            numbered.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            let mut new = vec![0; numbered.len()];
            for (number, (_, old)) in (0..).zip(&numbered) {
                new[*old as usize] = number;
            }
            keys = numbered.into_iter().map(|(key, _)| key).collect();
            numbers.renumber(&new);
            for (from, to, _) in &mut edges {
                *from = new[*from as usize];
                *to = new[*to as usize];
            }
        }
        let (dependencies, labels) = if edges.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)) {
            in_order(keys.len(), edges)
        } else {
            sorted(keys.len(), edges)
        };
        Graph::new(keys, numbers, dependencies, labels)
    }
}

/// For edges that come sorted, no two between the same nodes.
fn in_order<E>(nodes: usize, edges: Vec<(u32, u32, E)>) -> (Adjacency, Labels<E>) {
    let mut offsets = vec![0; nodes + 1];
    let mut targets = Vec::with_capacity(edges.len());
    let mut labels = Vec::with_capacity(edges.len());
    for (from, to, label) in edges {
        offsets[from as usize + 1] += 1;
        targets.push(NodeId(to));
        labels.push(label);
    }
    accumulate(&mut offsets);
    (Adjacency::new(offsets, targets), Labels::single(labels))
}

fn sorted<E: Ord>(nodes: usize, edges: Vec<(u32, u32, E)>) -> (Adjacency, Labels<E>) {
    // Distribute the edges to their first nodes, each as its second node and its number.
    let mut starts = vec![0_u32; nodes + 1];
    for (from, _, _) in &edges {
        starts[*from as usize + 1] += 1;
    }
    accumulate(&mut starts);
    let mut next = starts.clone();
    let mut rows = vec![0_u64; edges.len()];
    for (number, (from, to, _)) in (0_u64..).zip(&edges) {
        let place = &mut next[*from as usize];
        rows[*place as usize] = u64::from(*to) << 32 | number;
        *place += 1;
    }

    let mut unsorted: Vec<Option<E>> = edges.into_iter().map(|(_, _, label)| Some(label)).collect();
    let mut take = |entry: &u64| unsorted[*entry as u32 as usize].take();
    let mut offsets = Vec::with_capacity(nodes + 1);
    offsets.push(0);
    let mut targets = Vec::with_capacity(rows.len());
    let mut labels = Labels::with_capacity(rows.len());
    for index in 0..nodes {
        let row = &mut rows[starts[index] as usize..starts[index + 1] as usize];
        row.sort_unstable();
        for pair in row.chunk_by(|a, b| a >> 32 == b >> 32) {
            targets.push(NodeId((pair[0] >> 32) as u32));
            match pair {
                [entry] => labels.push(take(entry)),
                _ => {
                    let mut several: Vec<E> = pair.iter().filter_map(&mut take).collect();
                    several.sort_unstable();
                    several.dedup();
                    labels.push(several);
                }
            }
        }
        offsets.push(NodeId::new(targets.len()).0);
    }
    (Adjacency::new(offsets, targets), labels)
}
