use std::hash::Hash;

use crate::assemble::in_order_of_keys;
use crate::edge_set::EdgeSet;
use crate::table::{Table, hash};
use crate::{Graph, NodeId};

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
    /// The places of the first keys, as many as it has. Those after them, if any, are all in order.
    numbers: Table,
    /// Whether all keys came in order.
    in_order: bool,
    edges: EdgeSet<E>,
    /// Of the first keys, as many as were needed so far.
    hashes: Vec<u32>,
    /// The ends of the edge that was given last.
    last: (End, End),
}

/// How far from the end of an edge that of the next is looked for before the table is asked, which is spread over all that there is.
const NEAR: usize = 256;

#[derive(Clone, Copy, Debug)]
struct End {
    number: u32,
    /// Whether it was near that of the edge before, so that the next may be near this one.
    is_near: bool,
}

impl End {
    const FIRST: Self = Self { number: 0, is_near: true };
}

impl<K, E> Default for GraphBuilder<K, E> {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            numbers: Table::default(),
            in_order: true,
            edges: EdgeSet::default(),
            hashes: Vec::new(),
            last: (End::FIRST, End::FIRST),
        }
    }
}

impl<K, E> GraphBuilder<K, E> {
    /// A builder without nodes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
}

impl<K: Hash + Ord, E> GraphBuilder<K, E> {
    /// Adds a node; `true` if it is new.
    pub fn node(&mut self, key: K) -> bool {
        let before = self.keys.len();
        self.number(key);
        self.keys.len() > before
    }

    /// Whether there is a node with this key.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        self.numbers.find(hash(key), |number| self.keys[number] == *key).is_some()
            || self.keys[self.numbers.len()..].binary_search(key).is_ok()
    }

    /// Says that `from` depends on `to`, and adds those of the two that are missing; `true` if the edge is new.
    ///
    /// An edge from a node to itself is accepted like any other: it is a cycle, and reported as such.
    pub fn edge(&mut self, from: K, to: K, label: E) -> bool
    where
        E: Hash + Eq,
    {
        self.last = (self.number_near(self.last.0, from), self.number_near(self.last.1, to));
        self.edges.insert(self.last.0.number, self.last.1.number, label)
    }

    /// Looks first at a node and the next, then at those around it: edges often come node by node, and in the order of the nodes, and lead to nodes that came not long before.
    fn number_near(&mut self, last: End, key: K) -> End {
        let mut pair = (last.number..).zip(self.keys.iter().skip(last.number as usize).take(2));
        if let Some((number, _)) = pair.find(|(_, other)| **other == key) {
            return End { number, is_near: true };
        }
        if last.is_near
            && !self.is_next(&key)
            && let Some(number) = self.find_around(last.number as usize, &key)
        {
            return End { number, is_near: true };
        }
        let number = self.number(key);
        End { number, is_near: (number.abs_diff(last.number) as usize) < NEAR }
    }

    /// Whether it is greater than all keys before, which all came in order.
    fn is_next(&self, key: &K) -> bool {
        self.in_order && self.keys.last().is_none_or(|last| last < key)
    }

    fn find_around(&mut self, near: usize, key: &K) -> Option<u32> {
        self.hash_all();
        let wanted = hash(key);
        let first = near.saturating_sub(NEAR);
        let around = self.hashes.get(first..self.hashes.len().min(near + NEAR))?;
        for (chunk, first) in around.chunks(64).zip((first..).step_by(64)) {
            // All of them are compared at once.
            if !chunk.iter().fold(false, |any, hash| any | (*hash == wanted)) {
                continue;
            }
            let mut same = (first..).zip(chunk).filter(|(_, hash)| **hash == wanted);
            if let Some((number, _)) = same.find(|(number, _)| self.keys[*number] == *key) {
                return Some(NodeId::new(number).0);
            }
        }
        None
    }

    fn hash_all(&mut self) {
        self.hashes.extend(self.keys[self.hashes.len()..].iter().map(hash));
    }

    fn number(&mut self, key: K) -> u32 {
        // One that is greater than all before is new, and as long as all are, nobody needs to know where they are.
        let number = NodeId::new(self.keys.len()).0;
        if self.is_next(&key) {
            self.keys.push(key);
            return number;
        }
        self.hash_all();
        let indexed = self.numbers.len();
        for (number, hash) in (NodeId::new(indexed).0..).zip(&self.hashes[indexed..]) {
            self.numbers.insert(*hash, number);
        }
        let hash = hash(&key);
        self.numbers.find(hash, |number| self.keys[number] == key).unwrap_or_else(|| {
            self.in_order = false;
            self.numbers.insert(hash, number);
            self.keys.push(key);
            self.hashes.push(hash);
            number
        })
    }
}

impl<K: Ord, E: Ord> GraphBuilder<K, E> {
    /// The graph of all that was added: nodes numbered in the order of their keys, edges sorted.
    ///
    /// Linear in nodes and edges but for the sorting of keys that were not added in order.
    #[must_use]
    pub fn build(self) -> Graph<K, E> {
        let numbers = (self.numbers.len() == self.keys.len()).then_some(self.numbers);
        let keys = if self.in_order { (self.keys, None) } else { in_order_of_keys(self.keys) };
        Graph::assemble(keys, self.edges.into_edges(), numbers)
    }
}
