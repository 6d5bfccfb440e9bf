use std::fmt;
use std::hash::Hash;
use std::ops::{Index, Range};
use std::sync::{Arc, OnceLock};

use crate::NodeId;
use crate::adjacency::Adjacency;
use crate::cycles::Cycles;
use crate::dag::Dag;
use crate::edges::rearranged;
use crate::table::{Table, hash};

/// What depends on what: nodes with keys `K`, and labelled edges of which `from` **depends on** `to`.
///
/// Nothing can be added any more. It may have cycles; [`into_dag`](Self::into_dag) proves that it has none. Equal
/// graphs came from equal nodes and edges, whatever the order in which those were added.
#[derive(Clone)]
pub struct Graph<K, E> {
    keys: Vec<K>,
    dependencies: Adjacency,
    labels: Labels<E>,
    /// Made when first asked for, like `numbers`: not everyone needs them.
    dependents: OnceLock<Arc<Adjacency>>,
    numbers: OnceLock<Table>,
}

/// An edge of a graph: `from` depends on `to`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge<'a, E> {
    /// The node that depends.
    pub from: NodeId,
    /// The node it depends on.
    pub to: NodeId,
    /// What makes the edge.
    pub label: &'a E,
}

impl<K, E> Graph<K, E> {
    pub(crate) fn new(keys: Vec<K>, numbers: OnceLock<Table>, dependencies: Adjacency, labels: Labels<E>) -> Self {
        Self { keys, dependencies, labels, dependents: OnceLock::new(), numbers }
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// All nodes, in the order of their keys.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + ExactSizeIterator + use<K, E> {
        (0..NodeId::new(self.keys.len()).0).map(NodeId)
    }

    /// All keys, sorted: the one at place `i` is that of the node with index `i`.
    #[must_use]
    pub fn keys(&self) -> &[K] {
        &self.keys
    }

    /// The key of a node; `None` for an id that this graph does not have. `graph[id]` is the same without the `Option`.
    #[must_use]
    pub fn key(&self, node: NodeId) -> Option<&K> {
        self.keys.get(node.index())
    }

    /// The node with this key. The first call may cost O(V), all others cost O(1).
    #[must_use]
    pub fn id(&self, key: &K) -> Option<NodeId>
    where
        K: Hash + Eq,
    {
        let numbers = self.numbers.get_or_init(|| Table::of(&self.keys));
        numbers.find(hash(key), |number| self.keys[number] == *key).map(NodeId)
    }

    /// The nodes that this one depends on directly: each once, sorted.
    #[must_use]
    pub fn dependencies(&self, node: NodeId) -> &[NodeId] {
        self.dependencies.of(node)
    }

    /// The nodes that depend on this one directly: each once, sorted. The first call costs O(V + E), all others O(1).
    #[must_use]
    pub fn dependents(&self, node: NodeId) -> &[NodeId] {
        self.dependents_adjacency().of(node)
    }

    /// The labels of the edges from one node to another, sorted; none if there is no edge.
    #[must_use]
    pub fn labels(&self, from: NodeId, to: NodeId) -> &[E] {
        match self.dependencies(from).binary_search(&to) {
            Ok(place) => self.labels.of(self.dependencies.range(from).start + place),
            Err(_) => &[],
        }
    }

    /// All edges, sorted by from, to and label.
    pub fn edges(&self) -> impl Iterator<Item = Edge<'_, E>> {
        self.ids().flat_map(|node| self.edges_from(node))
    }

    /// How many edges there are, each label counted.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.labels.values.len()
    }

    /// What this node depends on and why, sorted by to and label.
    pub fn edges_from(&self, from: NodeId) -> impl Iterator<Item = Edge<'_, E>> {
        self.dependencies
            .range(from)
            .zip(self.dependencies(from))
            .flat_map(move |(pair, &to)| self.labels.of(pair).iter().map(move |label| Edge { from, to, label }))
    }

    /// What depends on this node and why, sorted by from and label.
    pub fn edges_to(&self, to: NodeId) -> impl Iterator<Item = Edge<'_, E>> {
        self.dependents(to)
            .iter()
            .flat_map(move |&from| self.labels(from, to).iter().map(move |label| Edge { from, to, label }))
    }

    /// Proves that no node depends on itself, directly or through others.
    ///
    /// # Errors
    ///
    /// The [`Cycles`] it found, which keep the graph.
    pub fn into_dag(self) -> Result<Dag<K, E>, Cycles<K, E>> {
        Dag::new(self)
    }

    pub(crate) fn dependencies_adjacency(&self) -> &Adjacency {
        &self.dependencies
    }

    pub(crate) fn dependents_adjacency(&self) -> &Arc<Adjacency> {
        self.dependents.get_or_init(|| Arc::new(self.dependencies.transposed()))
    }

    /// This graph with only some of its dependencies.
    pub(crate) fn with_dependencies(&self, kept: Adjacency) -> Graph<&K, &E> {
        let mut labels = Labels::with_capacity(kept.nodes().len());
        for from in self.ids() {
            let mut pairs = self.dependencies.range(from).zip(self.dependencies(from));
            for to in kept.of(from) {
                // Both are sorted.
                labels.push_all(pairs.find(|pair| pair.1 == to).map_or(&[][..], |(pair, _)| self.labels.of(pair)));
            }
        }
        // A key and a reference to it have one hash.
        Graph::new(self.keys.iter().collect(), self.numbers.clone(), kept, labels)
    }

    pub(crate) fn reversed(self) -> Self {
        let Self { keys, dependencies, labels, numbers, .. } = self;
        let mut places = vec![0; dependencies.nodes().len()];
        let dependents = dependencies.turned(|place, was| places[place] = NodeId::new(was).0);
        let labels = labels.rearranged(&places);
        Self { keys, dependencies: dependents, labels, dependents: OnceLock::from(Arc::new(dependencies)), numbers }
    }
}

// A reference can be copied whatever it refers to, which `derive` does not know.
impl<E> Clone for Edge<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Edge<'_, E> {}

impl<K, E> Index<NodeId> for Graph<K, E> {
    type Output = K;

    /// The key of a node of this graph; panics for an id that it does not have.
    fn index(&self, node: NodeId) -> &K {
        &self.keys[node.index()]
    }
}

impl<K: PartialEq, E: PartialEq> PartialEq for Graph<K, E> {
    fn eq(&self, other: &Self) -> bool {
        self.keys == other.keys && self.dependencies == other.dependencies && self.labels == other.labels
    }
}

impl<K: Eq, E: Eq> Eq for Graph<K, E> {}

impl<K: fmt::Debug, E: fmt::Debug> fmt::Debug for Graph<K, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edges: Vec<_> = self.edges().map(|edge| (&self[edge.from], &self[edge.to], edge.label)).collect();
        f.debug_struct("Graph").field("nodes", &self.keys).field("edges", &edges).finish()
    }
}

/// The labels of each pair of neighbours, in the order of the pairs.
#[derive(Clone, Debug)]
pub(crate) struct Labels<E> {
    /// Where the labels of each pair end. Empty as long as each pair has exactly one.
    ends: Vec<u32>,
    values: Vec<E>,
}

impl<E> Labels<E> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { ends: Vec::new(), values: Vec::with_capacity(capacity) }
    }

    /// For pairs with one label each.
    pub(crate) fn one_each(values: Vec<E>) -> Self {
        Self { ends: Vec::new(), values }
    }

    /// Adds all labels of the next pair.
    pub(crate) fn push_all(&mut self, labels: impl IntoIterator<Item = E>) {
        let before = self.values.len();
        self.values.extend(labels);
        let added = self.values.len() - before;
        if added > 1 && self.ends.is_empty() {
            // Until now each pair had one.
            self.ends = (1..).take(before).collect();
            self.ends.push(NodeId::new(self.values.len()).0);
        } else if added > 0 && !self.ends.is_empty() {
            self.ends.push(NodeId::new(self.values.len()).0);
        }
    }

    /// With the pairs in another order: of each, where it was.
    fn rearranged(self, places: &[u32]) -> Self {
        if self.ends.is_empty() {
            return Self::one_each(rearranged(self.values, places));
        }
        let ends = self.ends;
        let mut values: Vec<Option<E>> = self.values.into_iter().map(Some).collect();
        let mut labels = Self::with_capacity(values.len());
        for place in places {
            labels.push_all(values[label_range(&ends, *place as usize)].iter_mut().filter_map(Option::take));
        }
        labels
    }

    pub(crate) fn of(&self, pair: usize) -> &[E] {
        self.values.get(label_range(&self.ends, pair)).unwrap_or_default()
    }
}

fn label_range(ends: &[u32], pair: usize) -> Range<usize> {
    if ends.is_empty() {
        return pair..pair + 1;
    }
    let start = if pair == 0 { 0 } else { ends[pair - 1] };
    start as usize..ends[pair] as usize
}

impl<E: PartialEq> PartialEq for Labels<E> {
    fn eq(&self, other: &Self) -> bool {
        // With equal pairs, equal ends; and whether they are written down depends on them alone.
        self.ends == other.ends && self.values == other.values
    }
}
