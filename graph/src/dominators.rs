use crate::forest::Forest;
use crate::{Dag, NodeId};

/// Which nodes stand between a node and everything that asks for it.
///
/// A node **dominates** another if every path of dependents, from a node that nothing depends on down to the other,
/// passes it: without the first, nobody would ask for the second.
pub struct Dominators {
    forest: Forest,
    order: Vec<NodeId>,
}

impl<K, E> Dag<K, E> {
    /// The dominators of all nodes, in O((V + E) log V).
    #[must_use]
    pub fn dominators(&self) -> Dominators {
        let mut forest = Forest::new(self.len());
        for &node in self.order().iter().rev() {
            let mut dependents = self.dependents(node).iter().copied();
            let first = dependents.next();
            let all =
                dependents.try_fold(first, |common, next| Some(common.and_then(|node| forest.common(node, next))));
            if let Some(dominator) = all.flatten() {
                forest.place(node, dominator);
            }
        }
        Dominators { forest, order: self.order().to_vec() }
    }
}

impl Dominators {
    /// The nearest node that dominates this one; `None` if nothing depends on it, or if what does has nothing in common.
    #[must_use]
    pub fn immediate(&self, node: NodeId) -> Option<NodeId> {
        self.forest.parent(node)
    }

    /// All nodes that dominate this one, the nearest first.
    pub fn of(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.immediate(node), |&above| self.immediate(above))
    }

    /// All nodes that this one dominates, sorted: what nobody would ask for without it. O(V).
    #[must_use]
    pub fn dominated(&self, node: NodeId) -> Vec<NodeId> {
        let mut below = vec![false; self.order.len()];
        let mut found = Vec::new();
        // A dominator comes later in the order than what it dominates.
        for &other in self.order.iter().rev() {
            if self.immediate(other).is_some_and(|above| above == node || below[above.index()]) {
                below[other.index()] = true;
                found.push(other);
            }
        }
        found.sort_unstable();
        found
    }
}

impl std::fmt::Debug for Dominators {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.order.iter().map(|&node| (node, self.immediate(node)))).finish()
    }
}
