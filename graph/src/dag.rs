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
        let Some(wave) = waves(&graph) else { return Err(Cycles::find(graph)) };
        let (order, waves) = in_order_of_waves(&graph, &wave);
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

    /// In which wave, from 0, the node is that has this place in the [order](Self::order). Logarithmic in the number of waves.
    #[must_use]
    pub fn wave_of(&self, place: usize) -> usize {
        self.waves.partition_point(|end| *end as usize <= place)
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

/// All nodes in the order of their waves, and where each of these ends.
fn in_order_of_waves<K, E>(graph: &Graph<K, E>, wave: &[u32]) -> (Vec<NodeId>, Vec<u32>) {
    if wave.is_sorted() {
        // The nodes are in order already, so there is nothing to count.
        let mut end = 0;
        let mut ends = Vec::with_capacity(wave.last().map_or(0, |last| *last as usize));
        ends.extend(wave.chunk_by(PartialEq::eq).map(|same| {
            end += same.len();
            NodeId::new(end).0
        }));
        return (graph.ids().collect(), ends);
    }
    // Distribute the nodes, which come sorted, to their waves: counted from 1, and once more shifted by one place, so
    // that each is where the wave starts, and when all are placed, where it ends.
    let mut waves = vec![0_u32; 2];
    for &wave in wave {
        let wave = wave as usize + 1;
        if waves.len() <= wave {
            waves.resize(wave + 1, 0);
        }
        waves[wave] += 1;
    }
    accumulate(&mut waves);
    let mut order = vec![NodeId(0); graph.len()];
    for (node, &wave) in graph.ids().zip(wave) {
        let place = &mut waves[wave as usize];
        order[*place as usize] = node;
        *place += 1;
    }
    waves.pop();
    waves.remove(0);
    (order, waves)
}

/// The number of each node's wave, from 1; `None` if there is a cycle.
fn waves<K, E>(graph: &Graph<K, E>) -> Option<Vec<u32>> {
    // Often the keys are in order already, one way or the other; that costs next to nothing to try.
    in_one_pass(graph, graph.ids()).or_else(|| in_one_pass(graph, graph.ids().rev())).or_else(|| depth_first(graph))
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

/// The waves, if there is no cycle: each node after all that it depends on, which may be found in any order.
fn depth_first<K, E>(graph: &Graph<K, E>) -> Option<Vec<u32>> {
    const OPEN: u32 = u32::MAX;
    let edges = graph.dependencies_adjacency();
    let mut wave = vec![0; graph.len()];
    // Nodes that depend on each other, each with those of its dependencies that were not looked at, and the latest wave of the others.
    let mut path = Vec::new();
    for root in graph.ids() {
        if wave[root.index()] != 0 {
            continue;
        }
        wave[root.index()] = OPEN;
        path.push((root, edges.range(root), 0));
        while let Some((node, rest, latest)) = path.last_mut() {
            let mut entered = None;
            for &dependency in &edges.nodes()[rest.clone()] {
                match wave[dependency.index()] {
                    OPEN => return None,
                    0 => {
                        entered = Some(dependency);
                        break;
                    }
                    done => *latest = done.max(*latest),
                }
                rest.start += 1;
            }
            match entered {
                Some(dependency) => {
                    wave[dependency.index()] = OPEN;
                    path.push((dependency, edges.range(dependency), 0));
                }
                None => {
                    wave[node.index()] = *latest + 1;
                    path.pop();
                }
            }
        }
    }
    Some(wave)
}
