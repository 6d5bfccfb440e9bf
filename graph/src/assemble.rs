use std::sync::OnceLock;

use crate::NodeId;
use crate::edges::sorted_edges;
use crate::graph::Graph;
use crate::table::Table;

/// Why numbered nodes and edges are not a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Two nodes have the same key.
    #[error("nodes {0} and {1} have the same key")]
    SameKey(usize, usize),
    /// An edge has an end that is not the number of a node.
    #[error("an edge has an end at node {end}, but there are {nodes} nodes, numbered from 0")]
    NoSuchNode {
        /// The number that the edge names.
        end: usize,
        /// How many nodes there are.
        nodes: usize,
    },
}

impl<K: Ord, E: Ord> Graph<K, E> {
    /// The graph of nodes that are numbered already: an edge `(from, to, label)` names them by their places in `keys`.
    ///
    /// This is for whoever has a whole graph at hand and needs no hashing to find out which node is meant. Keys and
    /// edges may come in any order, edges also more than once; the ids of the graph are in the order of the keys all
    /// the same. Linear if the keys are sorted.
    ///
    /// # Errors
    ///
    /// [`Malformed`], if two keys are equal or an edge names a node that is not there.
    ///
    /// ```
    /// use score_graph::Graph;
    ///
    /// let graph = Graph::from_numbered(vec!["database", "shop"], [(1, 0, "host")])?;
    /// assert_eq!(graph.edges().count(), 1);
    /// # Ok::<(), score_graph::Malformed>(())
    /// ```
    pub fn from_numbered(keys: Vec<K>, edges: impl IntoIterator<Item = (usize, usize, E)>) -> Result<Self, Malformed> {
        let nodes = keys.len();
        let distinct = keys.is_sorted_by(|one, other| one < other);
        let (keys, new) = if distinct { (keys, None) } else { in_order_of_keys(keys) };
        if !distinct && let Some(second) = keys.windows(2).position(|pair| pair[0] == pair[1]) {
            let old = |number| match &new {
                Some(new) => new.iter().position(|new| *new as usize == number).unwrap_or(number),
                None => number,
            };
            let (one, other) = (old(second), old(second + 1));
            return Err(Malformed::SameKey(one.min(other), one.max(other)));
        }
        let mut beyond = None;
        let edges = edges.into_iter().map_while(|(from, to, label)| {
            let end = from.max(to);
            if end >= nodes {
                beyond = Some(end);
                return None;
            }
            Some((NodeId::new(from).0, NodeId::new(to).0, label))
        });
        let graph = Self::assemble((keys, new), edges, None);
        beyond.map_or(Ok(graph), |end| Err(Malformed::NoSuchNode { end, nodes }))
    }

    /// A graph of nodes whose keys, in order, all differ. Edges have the numbers from before the keys were ordered.
    pub(crate) fn assemble(
        (keys, new): (Vec<K>, Option<Vec<u32>>),
        edges: impl Iterator<Item = (u32, u32, E)>,
        mut numbers: Option<Table>,
    ) -> Self {
        let (dependencies, labels) = match new {
            None => sorted_edges(keys.len(), edges),
            Some(new) => {
                if let Some(numbers) = &mut numbers {
                    numbers.renumber(&new);
                }
                sorted_edges(keys.len(), edges.map(|(from, to, label)| (new[from as usize], new[to as usize], label)))
            }
        };
        Self::new(keys, numbers.map_or_else(OnceLock::new, OnceLock::from), dependencies, labels)
    }
}

/// Sorts the keys; the new number of each if any moved.
pub(crate) fn in_order_of_keys<K: Ord>(keys: Vec<K>) -> (Vec<K>, Option<Vec<u32>>) {
    if keys.is_sorted() {
        return (keys, None);
    }
    let mut numbered: Vec<(K, u32)> = keys.into_iter().zip(0..).collect();
    numbered.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let mut new = vec![0; numbered.len()];
    for (number, (_, old)) in (0..).zip(&numbered) {
        new[*old as usize] = number;
    }
    (numbered.into_iter().map(|(key, _)| key).collect(), Some(new))
}
