use std::fmt;

/// The number of a node in one [`Graph`](crate::Graph).
///
/// Nodes are numbered from 0 in the order of their keys, so that comparing two ids of one graph compares their keys:
/// "ties by key" is "ties by id". An id means nothing in another graph and must not be stored: one more node shifts
/// the numbers of others. What outlives the graph is the key.
///
/// An id that a graph does not have is never a panic: methods answer as for a node without edges, or with `None`. Only
/// the index operator, `graph[id]`, insists, as a slice does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// Its place in a `Vec` with one entry for each node of the graph.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) const fn new(index: usize) -> Self {
        Self(index as u32)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
