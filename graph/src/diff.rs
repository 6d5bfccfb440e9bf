use std::fmt;

use crate::likeness::Matching;
use crate::{Edge, Graph, NodeId};

/// What differs between two graphs.
///
/// Nodes with equal keys are the same node. Of the others, one that is gone and one that is new are taken for **one node
/// that was renamed** if they are of one kind and alike: their edges have the same labels and lead to the same nodes (or,
/// where those were renamed too, to nodes of the same kind), and no other node is like either of them; or, failing that,
/// at least half of their edges are the same and no other pair shares as many. That is a guess, so whoever shows it
/// should say so. Edges are compared after renaming: an edge of a renamed node that is otherwise the same is no change.
#[derive(Debug, PartialEq, Eq)]
pub struct Diff<'a, K, E> {
    nodes: Vec<NodeChange<'a, K>>,
    edges: Vec<EdgeChange<'a, K, E>>,
}

/// How a node differs.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeChange<'a, K> {
    /// Only the new graph has it.
    Added(&'a K),
    /// Only the old graph has it.
    Removed(&'a K),
    /// It is most likely one node with another key.
    Renamed {
        /// Its key in the old graph.
        from: &'a K,
        /// Its key in the new graph.
        to: &'a K,
    },
}

/// An edge that only one of the graphs has, with the keys its ends have in that graph.
#[derive(Debug, PartialEq, Eq)]
pub struct EdgeChange<'a, K, E> {
    /// Whether it is the new graph that has it.
    pub added: bool,
    /// The node that depends.
    pub from: &'a K,
    /// The node it depends on.
    pub to: &'a K,
    /// What makes the edge.
    pub label: &'a E,
}

impl<'a, K: Ord, E: Ord> Diff<'a, K, E> {
    /// Compares two graphs. Only nodes of one `kind` can be taken for each other.
    ///
    /// O((V + E) log (V + E)): renamed nodes that are only recognised through other renamed nodes are followed for a
    /// bounded number of rounds.
    pub fn new<T: Ord>(old: &'a Graph<K, E>, new: &'a Graph<K, E>, kind: impl Fn(&K) -> T) -> Self {
        let twins = Matching::new(old, new, kind).matched();
        let mut nodes = Vec::new();
        for (node, key) in new.ids().zip(new.keys()) {
            match twins.of_new[node.index()] {
                None => nodes.push(NodeChange::Added(key)),
                Some(twin) if old[twin] != *key => nodes.push(NodeChange::Renamed { from: &old[twin], to: key }),
                Some(_) => {}
            }
        }
        let removed = old.ids().filter(|node| twins.of_old[node.index()].is_none());
        nodes.extend(removed.map(|node| NodeChange::Removed(&old[node])));
        nodes.sort_by(|a, b| a.key().cmp(b.key()));

        let mut edges: Vec<EdgeChange<'a, K, E>> = only_in(old, new, &twins.of_old, false).collect();
        edges.extend(only_in(new, old, &twins.of_new, true));
        edges.sort_by(|a, b| (a.from, a.to, a.label, a.added).cmp(&(b.from, b.to, b.label, b.added)));
        Self { nodes, edges }
    }
}

impl<'a, K, E> Diff<'a, K, E> {
    /// The nodes that differ, by key (of a renamed one, the new key).
    #[must_use]
    pub fn nodes(&self) -> &[NodeChange<'a, K>] {
        &self.nodes
    }

    /// The edges that differ, by the keys of their ends and their labels.
    #[must_use]
    pub fn edges(&self) -> &[EdgeChange<'a, K, E>] {
        &self.edges
    }

    /// Whether the graphs are equal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.edges.is_empty()
    }
}

impl<'a, K> NodeChange<'a, K> {
    /// The key of the node: the new one if it has two.
    #[must_use]
    pub fn key(&self) -> &'a K {
        match *self {
            Self::Added(key) | Self::Removed(key) | Self::Renamed { to: key, .. } => key,
        }
    }
}

// References can be copied whatever they refer to, which `derive` does not know.
impl<K> Clone for NodeChange<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for NodeChange<'_, K> {}

impl<K, E> Clone for EdgeChange<'_, K, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, E> Copy for EdgeChange<'_, K, E> {}

impl<K: fmt::Display, E: fmt::Display> fmt::Display for Diff<'_, K, E> {
    /// A line for each change: `+` added, `-` removed, `~` renamed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for node in &self.nodes {
            match node {
                NodeChange::Added(key) => writeln!(f, "+ {key}")?,
                NodeChange::Removed(key) => writeln!(f, "- {key}")?,
                NodeChange::Renamed { from, to } => writeln!(f, "~ {from} → {to}")?,
            }
        }
        for EdgeChange { added, from, to, label } in &self.edges {
            writeln!(f, "{} {from} → {to} ({label})", if *added { '+' } else { '-' })?;
        }
        Ok(())
    }
}

/// The edges of `graph` that `other` has not, given what each node is called there.
fn only_in<'a, K, E: Ord>(
    graph: &'a Graph<K, E>,
    other: &'a Graph<K, E>,
    twins: &[Option<NodeId>],
    added: bool,
) -> impl Iterator<Item = EdgeChange<'a, K, E>> {
    let there = move |edge: &Edge<'a, E>| {
        let ends = twins[edge.from.index()].zip(twins[edge.to.index()]);
        ends.is_some_and(|(from, to)| other.labels(from, to).binary_search(edge.label).is_ok())
    };
    graph.edges().filter(move |edge| !there(edge)).map(move |Edge { from, to, label }| EdgeChange {
        added,
        from: &graph[from],
        to: &graph[to],
        label,
    })
}
