use std::hash::Hash;

use crate::NodeId;
use crate::table::{Table, hash};

/// If a node has no more edges than this, they are gone through one by one.
const FEW: u32 = 8;

/// Distinct edges between numbered nodes, in the order in which they came.
///
/// To know whether an edge is new it mostly needs no hash table: edges of one node often come in the order of their
/// targets, and otherwise there are often few.
#[derive(Clone, Debug)]
pub(crate) struct EdgeSet<E> {
    edges: Vec<Linked<E>>,
    rows: Vec<Row>,
    /// The places of the first edges, as many as it has.
    index: Table,
}

#[derive(Clone, Debug)]
struct Linked<E> {
    from: u32,
    to: u32,
    label: E,
    /// The place of the edge of the same node that came before it.
    before: u32,
}

/// What is known of the edges of one node.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    count: u32,
    /// The place of the one that came last.
    last: u32,
    /// The greatest of their targets.
    greatest: u32,
}

impl<E> Default for EdgeSet<E> {
    fn default() -> Self {
        Self { edges: Vec::new(), rows: Vec::new(), index: Table::default() }
    }
}

impl<E> EdgeSet<E> {
    /// All edges: from, to and label.
    pub(crate) fn into_edges(self) -> impl Iterator<Item = (u32, u32, E)> {
        self.edges.into_iter().map(|edge| (edge.from, edge.to, edge.label))
    }
}

impl<E: Hash + Eq> EdgeSet<E> {
    /// Adds an edge; `true` if it is new.
    pub(crate) fn insert(&mut self, from: u32, to: u32, label: E) -> bool {
        if self.rows.len() <= from as usize {
            self.rows.resize(from as usize + 1, Row::default());
        }
        let row = self.rows[from as usize];
        if row.count > 0 && to <= row.greatest && self.contains(row, from, to, &label) {
            return false;
        }
        let place = NodeId::new(self.edges.len()).0;
        self.rows[from as usize] = Row { count: row.count + 1, last: place, greatest: to.max(row.greatest) };
        self.edges.push(Linked { from, to, label, before: row.last });
        true
    }

    fn contains(&mut self, row: Row, from: u32, to: u32, label: &E) -> bool {
        if row.count <= FEW {
            let mut place = row.last;
            return (0..row.count).any(|_| {
                let edge = &self.edges[place as usize];
                place = edge.before;
                edge.to == to && edge.label == *label
            });
        }
        let indexed = self.index.len();
        for (place, edge) in (NodeId::new(indexed).0..).zip(&self.edges[indexed..]) {
            self.index.insert(hash(&(edge.from, edge.to, &edge.label)), place);
        }
        let same = |place: usize| {
            let edge = &self.edges[place];
            (edge.from, edge.to, &edge.label) == (from, to, label)
        };
        self.index.find(hash(&(from, to, label)), same).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::EdgeSet;

    proptest! {
        /// Of few nodes, so that some have many edges.
        #[test]
        fn like_a_btree_set(edges in prop::collection::vec((0..3_u32, 0..12_u32, 0..3_u8), 0..150)) {
            let (mut set, mut oracle, mut distinct) = (EdgeSet::default(), BTreeSet::new(), Vec::new());
            for edge in edges {
                let new = oracle.insert(edge);
                prop_assert_eq!(set.insert(edge.0, edge.1, edge.2), new);
                distinct.extend(new.then_some(edge));
            }
            prop_assert_eq!(set.into_edges().collect::<Vec<_>>(), distinct);
        }
    }
}
