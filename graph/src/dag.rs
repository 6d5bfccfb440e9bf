use std::ops::Deref;
use std::sync::Arc;

use crate::adjacency::{Adjacency, accumulate};
use crate::{Cycles, Graph, NodeId};

/// A graph that is proven to have no cycle, and therefore has an order. Only a `Dag` can be walked.
///
/// It is a [`Graph`] (by `Deref`) whose nodes come in **waves**: all that depend on nothing, sorted by key; then all
/// whose dependencies were in earlier waves, sorted by key; and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dag<K, E> {
    graph: Graph<K, E>,
    /// Shared with walks.
    order: Arc<Vec<NodeId>>,
    /// Where each wave ends in `order`.
    waves: Vec<u32>,
}

impl<K, E> Dag<K, E> {
    pub(crate) fn new(graph: Graph<K, E>) -> Result<Self, Cycles<K, E>> {
        let wave = match waves(&graph) {
            Ok(wave) => wave,
            Err(undecided) => return Err(Cycles::find(graph, &undecided)),
        };
        // Distribute the nodes, which come sorted, to their waves: counted from 1, and once more shifted by one place, so
        // that each is where the wave starts, and when all are placed, where it ends.
        let mut waves = vec![0_u32; 2];
        for &wave in &wave {
            let wave = wave as usize + 1;
            if waves.len() <= wave {
                waves.resize(wave + 1, 0);
            }
            waves[wave] += 1;
        }
        accumulate(&mut waves);
        let mut order = vec![NodeId(0); graph.len()];
        for (node, &wave) in graph.ids().zip(&wave) {
            let place = &mut waves[wave as usize];
            order[*place as usize] = node;
            *place += 1;
        }
        waves.pop();
        waves.remove(0);
        Ok(Self { graph, order: Arc::new(order), waves })
    }

    /// All nodes, dependencies first, in waves: the order of provisioning.
    #[must_use]
    pub fn order(&self) -> &[NodeId] {
        &self.order
    }

    /// The waves, each sorted by key: a node's dependencies are all in earlier ones, and at least one in the wave
    /// before.
    pub fn waves(&self) -> impl DoubleEndedIterator<Item = &[NodeId]> + ExactSizeIterator {
        (0..self.waves.len()).map(|wave| {
            let start = if wave == 0 { 0 } else { self.waves[wave - 1] };
            &self.order[start as usize..self.waves[wave] as usize]
        })
    }

    /// The same nodes with every edge turned around.
    #[must_use]
    pub fn reversed(self) -> Self {
        match Self::new(self.graph.reversed()) {
            Ok(dag) => dag,
            // Not reached: turning edges around makes no cycle.
            Err(cycles) => Self { graph: cycles.into_graph(), order: Arc::default(), waves: Vec::new() },
        }
    }

    pub(crate) fn shared_order(&self) -> &Arc<Vec<NodeId>> {
        &self.order
    }

    /// This dag with some of its edges left out, which must not change the waves.
    pub(crate) fn with_dependencies(&self, kept: Adjacency) -> Dag<&K, &E> {
        Dag { graph: self.graph.with_dependencies(kept), order: self.order.clone(), waves: self.waves.clone() }
    }

    /// Gives the graph back, to be built upon.
    #[must_use]
    pub fn into_graph(self) -> Graph<K, E> {
        self.graph
    }
}

impl<K, E> Deref for Dag<K, E> {
    type Target = Graph<K, E>;

    fn deref(&self) -> &Graph<K, E> {
        &self.graph
    }
}

/// The number of each node's wave, from 1; or, if there is a cycle, the nodes that may be on one.
fn waves<K, E>(graph: &Graph<K, E>) -> Result<Vec<u32>, Vec<NodeId>> {
    // Often the keys are in order already, one way or the other; that costs next to nothing to try.
    in_one_pass(graph, graph.ids()).or_else(|| in_one_pass(graph, graph.ids().rev())).map_or_else(|| kahn(graph), Ok)
}

/// The waves, if no node comes before any that it depends on.
fn in_one_pass<K, E>(graph: &Graph<K, E>, nodes: impl Iterator<Item = NodeId>) -> Option<Vec<u32>> {
    let mut wave = vec![0; graph.len()];
    for node in nodes {
        let mut latest = 0;
        for dependency in graph.dependencies(node) {
            match wave[dependency.index()] {
                0 => return None,
                done => latest = done.max(latest),
            }
        }
        wave[node.index()] = latest + 1;
    }
    Some(wave)
}

/// Kahn 1962, breadth first.
fn kahn<K, E>(graph: &Graph<K, E>) -> Result<Vec<u32>, Vec<NodeId>> {
    // How many dependencies of a node are open; once none is, the number of its wave.
    let mut state: Vec<u32> = graph.ids().map(|node| NodeId::new(graph.dependencies(node).len()).0).collect();
    let mut queue: Vec<NodeId> = graph.ids().filter(|node| state[node.index()] == 0).collect();
    for node in &queue {
        state[node.index()] = 1;
    }
    let dependents = graph.dependents_adjacency();
    queue.reserve(graph.len() - queue.len());
    let mut done = 0;
    while let Some(&node) = queue.get(done) {
        done += 1;
        let wave = state[node.index()];
        for &dependent in dependents.of(node) {
            let state = &mut state[dependent.index()];
            *state -= 1;
            if *state == 0 {
                // The last dependency to be done is one of the latest wave.
                *state = wave + 1;
                queue.push(dependent);
            }
        }
    }
    if queue.len() == graph.len() {
        return Ok(state);
    }
    let mut left = vec![true; graph.len()];
    for node in queue {
        left[node.index()] = false;
    }
    Err(graph.ids().filter(|node| left[node.index()]).collect())
}
