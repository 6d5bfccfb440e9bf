use std::hash::Hash;

use crate::{Graph, GraphBuilder};

impl<K, E> Graph<K, E> {
    /// The same graph with other keys and labels.
    ///
    /// Nodes that get one key become one node, with the edges of all of them: so a graph of resources becomes one of
    /// workloads, say. An edge between two nodes that become one is left out; an edge that was a loop before stays.
    #[must_use]
    pub fn map<L: Ord + Hash + Clone, F: Ord + Hash>(
        &self,
        key: impl Fn(&K) -> L,
        label: impl Fn(&E) -> F,
    ) -> Graph<L, F> {
        let keys: Vec<L> = self.keys().iter().map(key).collect();
        let mut builder = GraphBuilder::new();
        for key in &keys {
            builder.node(key.clone());
        }
        for edge in self.edges() {
            let (from, to) = (&keys[edge.from.index()], &keys[edge.to.index()]);
            if from != to || edge.from == edge.to {
                builder.edge(from.clone(), to.clone(), label(edge.label));
            }
        }
        builder.build()
    }
}
