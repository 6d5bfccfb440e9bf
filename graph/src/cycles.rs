use std::fmt;

use crate::components::{Component, components};
use crate::elementary::{elementary_cycles, shortest_cycles};
use crate::{Graph, NodeId};

/// How many cycles of one component are listed.
const MOST: usize = 64;

/// The cycles that keep a [`Graph`] from being a [`Dag`](crate::Dag).
///
/// Nodes that depend on each other form a component. Of each component **every** elementary cycle is listed, shortest
/// first, as long as these are at most 64 and are found with effort that is linear in the component's size (always so
/// in components of a few hundred nodes). Of a component with more, a shortest cycle through each of up to 64 of its
/// nodes is listed, and [`is_complete`](Self::is_complete) is `false`. Each component has at least one.
pub struct Cycles<K, E>(Box<Found<K, E>>);

struct Found<K, E> {
    graph: Graph<K, E>,
    components: Vec<Vec<NodeId>>,
    cycles: Vec<Vec<NodeId>>,
    complete: bool,
}

/// One way around: each node depends on the next, and the last on the first.
///
/// The first is the one with the least key.
pub struct Cycle<'a, K, E> {
    graph: &'a Graph<K, E>,
    nodes: &'a [NodeId],
}

impl<K, E> Cycles<K, E> {
    pub(crate) fn find(graph: Graph<K, E>) -> Self {
        let all: Vec<NodeId> = graph.ids().collect();
        let parts = components(graph.dependencies_adjacency(), &all);
        let mut cycles = Vec::new();
        let mut complete = true;
        for Component { nodes, inside } in &parts {
            let mut found = elementary_cycles(inside, MOST).unwrap_or_else(|| {
                complete = false;
                shortest_cycles(inside, MOST)
            });
            found.sort_unstable_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
            found.dedup();
            for mut cycle in found {
                for node in &mut cycle {
                    *node = nodes[node.index()];
                }
                cycles.push(cycle);
            }
        }
        let components = parts.into_iter().map(|part| part.nodes).collect();
        Self(Box::new(Found { graph, components, cycles, complete }))
    }

    /// The cycles: by component, then the shortest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Cycle<'_, K, E>> {
        self.0.cycles.iter().map(|nodes| Cycle { graph: &self.0.graph, nodes })
    }

    /// The sets of nodes that all depend on each other, each sorted, by their least nodes.
    #[must_use]
    pub fn components(&self) -> &[Vec<NodeId>] {
        &self.0.components
    }

    /// Whether every elementary cycle is listed. If not, breaking the listed ones may leave others.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.0.complete
    }

    /// The graph that has the cycles.
    #[must_use]
    pub fn graph(&self) -> &Graph<K, E> {
        &self.0.graph
    }

    /// Gives the graph back.
    #[must_use]
    pub fn into_graph(self) -> Graph<K, E> {
        self.0.graph
    }
}

impl<'a, K, E> Cycle<'a, K, E> {
    /// The nodes on it, each once.
    #[must_use]
    pub fn nodes(&self) -> &'a [NodeId] {
        self.nodes
    }

    /// The keys of the nodes on it, each once.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &'a K> + use<'a, K, E> {
        let graph = self.graph;
        self.nodes.iter().map(|&node| &graph[node])
    }

    /// Its edges: who depends, on whom, and the labels of the edges between the two.
    pub fn edges(&self) -> impl ExactSizeIterator<Item = (&'a K, &'a K, &'a [E])> + use<'a, K, E> {
        let (graph, nodes) = (self.graph, self.nodes);
        (0..nodes.len()).map(move |place| {
            let (from, to) = (nodes[place], nodes[(place + 1) % nodes.len()]);
            (&graph[from], &graph[to], graph.labels(from, to))
        })
    }
}

impl<K: fmt::Display, E> fmt::Display for Cycle<'_, K, E> {
    /// `` `a` → `b` → `a` ``; the middle of a very long one is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEAD: usize = 16;
        const TAIL: usize = 4;
        let left_out = self.nodes.len().saturating_sub(HEAD + TAIL);
        for (place, key) in self.keys().enumerate() {
            if left_out > 1 && (HEAD..HEAD + left_out).contains(&place) {
                if place == HEAD {
                    write!(f, "… {left_out} more … → ")?;
                }
                continue;
            }
            write!(f, "`{key}` → ")?;
        }
        self.keys().next().map_or(Ok(()), |key| write!(f, "`{key}`"))
    }
}

impl<K: fmt::Display, E> fmt::Display for Cycles<K, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cycles = self.iter();
        match (cycles.len(), self.is_complete()) {
            (1, true) => f.write_str("dependency cycle: ")?,
            (count, true) => write!(f, "{count} dependency cycles: ")?,
            (count, false) => write!(f, "more than {count} dependency cycles, among them: ")?,
        }
        if let Some(cycle) = cycles.next() {
            write!(f, "{cycle}")?;
        }
        cycles.try_for_each(|cycle| write!(f, "; {cycle}"))
    }
}

impl<K: fmt::Debug, E: fmt::Debug> fmt::Debug for Cycle<'_, K, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.edges()).finish()
    }
}

impl<K: fmt::Debug, E: fmt::Debug> fmt::Debug for Cycles<K, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<K: fmt::Debug + fmt::Display, E: fmt::Debug> std::error::Error for Cycles<K, E> {}
