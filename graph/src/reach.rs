use crate::adjacency::Adjacency;
use crate::{Graph, NodeId};

impl<K, E> Graph<K, E> {
    /// Everything that this node depends on, directly or through others, sorted. The node itself is among them only if
    /// it is on a cycle.
    #[must_use]
    pub fn all_dependencies(&self, node: NodeId) -> Vec<NodeId> {
        self.all_dependencies_of([node])
    }

    /// Everything that depends on this node, directly or through others, sorted. The node itself is among them only if
    /// it is on a cycle.
    #[must_use]
    pub fn all_dependents(&self, node: NodeId) -> Vec<NodeId> {
        self.all_dependents_of([node])
    }

    /// Everything that any of these nodes depends on, sorted; one of the nodes themselves only if another, or itself
    /// through a cycle, depends on it.
    #[must_use]
    pub fn all_dependencies_of(&self, nodes: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
        reach(self.dependencies_adjacency(), nodes)
    }

    /// Everything that depends on any of these nodes, sorted; one of the nodes themselves only if it depends on another,
    /// or on itself through a cycle.
    #[must_use]
    pub fn all_dependents_of(&self, nodes: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
        reach(self.dependents_adjacency(), nodes)
    }
}

fn reach(next: &Adjacency, starts: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
    let mut seen = vec![false; next.len()];
    let mut found = Vec::new();
    let mut visit = |found: &mut Vec<NodeId>, from: NodeId| {
        for &to in next.of(from) {
            if !std::mem::replace(&mut seen[to.index()], true) {
                found.push(to);
            }
        }
    };
    for start in starts {
        visit(&mut found, start);
    }
    let mut done = 0;
    while let Some(&node) = found.get(done) {
        done += 1;
        visit(&mut found, node);
    }
    found.sort_unstable();
    found
}
