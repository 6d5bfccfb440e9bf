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
    let mut search = Search { next, seen: vec![0; next.len().div_ceil(64)], queue: vec![0; next.len() + 1], found: 0 };
    for start in starts {
        search.visit(start);
    }
    let mut done = 0;
    while done < search.found {
        search.visit(NodeId(search.queue[done]));
        done += 1;
    }
    let mut sorted = Vec::with_capacity(search.found);
    for (mut word, first) in search.seen.into_iter().zip((0..).step_by(64)) {
        while word != 0 {
            sorted.push(NodeId(first + word.trailing_zeros()));
            word &= word - 1;
        }
    }
    sorted
}

struct Search<'a> {
    next: &'a Adjacency,
    /// A bit for each node.
    seen: Vec<u64>,
    /// The nodes found so far, and room for one more than there are.
    queue: Vec<u32>,
    found: usize,
}

impl Search<'_> {
    fn visit(&mut self, node: NodeId) {
        for &NodeId(to) in self.next.of(node) {
            let (word, bit) = (&mut self.seen[to as usize / 64], 1 << (to % 64));
            // Written down in any case, and counted if it is new: that saves a branch that nothing could predict.
            self.queue[self.found] = to;
            self.found += usize::from(*word & bit == 0);
            *word |= bit;
        }
    }
}
