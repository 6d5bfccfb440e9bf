use std::ops::Deref;

use crate::adjacency::accumulate;
use crate::{Cycles, Graph, NodeId};

/// A graph that is proven to have no cycle, and therefore has an order. Only a `Dag` can be walked.
///
/// It is a [`Graph`] (by `Deref`) whose nodes come in **waves**: all that depend on nothing, sorted by key; then all
/// whose dependencies were in earlier waves, sorted by key; and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dag<K, E> {
    graph: Graph<K, E>,
    order: Vec<NodeId>,
    /// Where each wave ends in `order`.
    waves: Vec<u32>,
}

impl<K, E> Dag<K, E> {
    pub(crate) fn new(graph: Graph<K, E>) -> Result<Self, Cycles<K, E>> {
        let (dependencies, dependents) = graph.adjacency();
        // How many dependencies of a node are open; once none is, the number of its wave.
        let mut state: Vec<u32> = graph.ids().map(|node| NodeId::new(dependencies.degree(node)).0).collect();
        let mut queue: Vec<NodeId> = graph.ids().filter(|node| state[node.index()] == 0).collect();
        queue.reserve(graph.len() - queue.len());
        let mut sizes = vec![0, NodeId::new(queue.len()).0];
        let mut done = 0;
        while let Some(&node) = queue.get(done) {
            done += 1;
            // Breadth first, so the last dependency to be done is one of the latest wave.
            let wave = state[node.index()] + 1;
            for &dependent in dependents.of(node) {
                let open = &mut state[dependent.index()];
                *open -= 1;
                if *open == 0 {
                    *open = wave;
                    queue.push(dependent);
                    if sizes.len() <= wave as usize + 1 {
                        sizes.push(0);
                    }
                    sizes[wave as usize + 1] += 1;
                }
            }
        }
        if queue.len() < graph.len() {
            let left = remaining(&graph, &queue);
            return Err(Cycles::find(graph, &left));
        }
        // Distribute the nodes, which come sorted, to their waves.
        if graph.is_empty() {
            sizes.pop();
        }
        accumulate(&mut sizes);
        let waves = sizes[1..].to_vec();
        let mut order = queue;
        for node in graph.ids() {
            let place = &mut sizes[state[node.index()] as usize];
            order[*place as usize] = node;
            *place += 1;
        }
        Ok(Self { graph, order, waves })
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
            Err(cycles) => Self { graph: cycles.into_graph(), order: Vec::new(), waves: Vec::new() },
        }
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

/// The nodes that are neither among `done` nor lead only to nodes outside: those on cycles and between them.
fn remaining<K, E>(graph: &Graph<K, E>, done: &[NodeId]) -> Vec<NodeId> {
    let mut left = vec![true; graph.len()];
    for node in done {
        left[node.index()] = false;
    }
    let mut open: Vec<usize> = graph
        .ids()
        .map(|node| graph.dependents(node).iter().filter(|dependent| left[dependent.index()]).count())
        .collect();
    let mut work: Vec<NodeId> = graph.ids().filter(|node| left[node.index()] && open[node.index()] == 0).collect();
    while let Some(node) = work.pop() {
        left[node.index()] = false;
        for &dependency in graph.dependencies(node) {
            open[dependency.index()] -= 1;
            if left[dependency.index()] && open[dependency.index()] == 0 {
                work.push(dependency);
            }
        }
    }
    graph.ids().filter(|node| left[node.index()]).collect()
}
