use std::collections::VecDeque;
use std::fmt;

use crate::components::components;
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
    /// Looks for cycles through the given nodes, which contain all that are on any.
    pub(crate) fn find(graph: Graph<K, E>, nodes: &[NodeId]) -> Self {
        let edges = |node| graph.dependencies(node);
        let components: Vec<Vec<NodeId>> = components(graph.len(), nodes, edges);
        let mut search = Search::new(&graph);
        let mut cycles = Vec::new();
        let mut complete = true;
        for component in &components {
            let mut found = search.all(component).unwrap_or_else(|| {
                complete = false;
                search.shortest(component)
            });
            found.sort_unstable_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
            found.dedup();
            cycles.append(&mut found);
        }
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

/// Scratch space for searching one component after the other.
struct Search<'a, K, E> {
    graph: &'a Graph<K, E>,
    /// The part a node belongs to at the moment; 0 for none.
    part: Vec<u32>,
    parts: u32,
    /// Nodes that cannot reach the start but through the current path, and whom to free with them.
    blocked: Vec<bool>,
    frees: Vec<Vec<NodeId>>,
    came_from: Vec<Option<NodeId>>,
}

impl<'a, K, E> Search<'a, K, E> {
    fn new(graph: &'a Graph<K, E>) -> Self {
        let size = graph.len();
        Self {
            graph,
            part: vec![0; size],
            parts: 0,
            blocked: vec![false; size],
            frees: vec![Vec::new(); size],
            came_from: vec![None; size],
        }
    }

    fn mark(&mut self, nodes: &[NodeId]) -> u32 {
        self.parts += 1;
        for node in nodes {
            self.part[node.index()] = self.parts;
        }
        self.parts
    }

    /// How much a component may cost before it is searched for shortest cycles only.
    fn budget(&self, component: &[NodeId]) -> usize {
        let edges: usize = component.iter().map(|&node| self.graph.dependencies(node).len()).sum();
        8 * (component.len() + edges) + 65_536
    }

    /// Every elementary cycle (Johnson 1975, with a stack of its own), or `None` if there are too many.
    fn all(&mut self, component: &[NodeId]) -> Option<Vec<Vec<NodeId>>> {
        let mut budget = self.budget(component);
        let mut cycles = Vec::new();
        let mut work = vec![component.to_vec()];
        while let Some(nodes) = work.pop() {
            // All cycles through the least node; then that one is left out, and the rest falls into smaller components.
            let Some((&start, rest)) = nodes.split_first() else { continue };
            let part = self.mark(&nodes);
            for &node in &nodes {
                self.blocked[node.index()] = false;
                self.frees[node.index()].clear();
            }
            self.through(start, part, &mut cycles, &mut budget)?;
            if rest.is_empty() {
                continue;
            }
            budget = budget.checked_sub(nodes.len())?;
            self.part[start.index()] = 0;
            work.extend(self.split(rest, part));
        }
        Some(cycles)
    }

    fn split(&self, nodes: &[NodeId], part: u32) -> Vec<Vec<NodeId>> {
        let inside: Vec<Vec<NodeId>> = nodes.iter().map(|&node| self.inside(node, part).collect()).collect();
        let place = |node: NodeId| nodes.binary_search(&node).map(NodeId::new);
        let local: Vec<Vec<NodeId>> =
            inside.into_iter().map(|row| row.into_iter().filter_map(|node| place(node).ok()).collect()).collect();
        let all: Vec<NodeId> = (0..nodes.len()).map(NodeId::new).collect();
        let found = components(nodes.len(), &all, |node| &local[node.index()]);
        found.into_iter().map(|component| component.into_iter().map(|node| nodes[node.index()]).collect()).collect()
    }

    fn inside(&self, node: NodeId, part: u32) -> impl Iterator<Item = NodeId> {
        self.graph.dependencies(node).iter().copied().filter(move |next| self.part[next.index()] == part)
    }

    fn through(&mut self, start: NodeId, part: u32, cycles: &mut Vec<Vec<NodeId>>, budget: &mut usize) -> Option<()> {
        let graph = self.graph;
        // For each node on the path: the next of its edges to follow, and whether a cycle was found beyond it.
        let mut path = vec![(start, 0, false)];
        self.blocked[start.index()] = true;
        while let Some((node, next, found)) = path.last_mut() {
            *budget = budget.checked_sub(1)?;
            if let Some(&to) = graph.dependencies(*node).get(*next) {
                *next += 1;
                if to == start {
                    *found = true;
                    if cycles.len() == MOST {
                        return None;
                    }
                    cycles.push(path.iter().map(|(node, ..)| *node).collect());
                } else if self.part[to.index()] == part && !self.blocked[to.index()] {
                    self.blocked[to.index()] = true;
                    path.push((to, 0, false));
                }
                continue;
            }
            let (node, found) = (*node, *found);
            path.pop();
            if found {
                self.free(node);
                if let Some((_, _, found)) = path.last_mut() {
                    *found = true;
                }
            } else {
                for &to in graph.dependencies(node) {
                    if self.part[to.index()] == part {
                        self.frees[to.index()].push(node);
                    }
                }
            }
        }
        Some(())
    }

    fn free(&mut self, node: NodeId) {
        let mut work = vec![node];
        while let Some(node) = work.pop() {
            if std::mem::take(&mut self.blocked[node.index()]) {
                work.append(&mut self.frees[node.index()]);
            }
        }
    }

    /// A shortest cycle through the least node, through the least node that is not on it, and so on.
    fn shortest(&mut self, component: &[NodeId]) -> Vec<Vec<NodeId>> {
        let part = self.mark(component);
        let mut budget = self.budget(component);
        let mut seen = vec![false; component.len()];
        let mut cycles: Vec<Vec<NodeId>> = Vec::new();
        for (place, &start) in component.iter().enumerate() {
            if cycles.len() == MOST || budget == 0 {
                break;
            }
            if seen[place] {
                continue;
            }
            let mut cycle = self.shortest_through(start, part, &mut budget);
            for node in &cycle {
                if let Ok(place) = component.binary_search(node) {
                    seen[place] = true;
                }
            }
            let least = cycle.iter().enumerate().min_by_key(|(_, node)| **node).map_or(0, |(place, _)| place);
            cycle.rotate_left(least);
            cycles.push(cycle);
        }
        cycles
    }

    fn shortest_through(&mut self, start: NodeId, part: u32, budget: &mut usize) -> Vec<NodeId> {
        let graph = self.graph;
        self.came_from.fill(None);
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for &to in graph.dependencies(node) {
                *budget = budget.saturating_sub(1);
                if to == start {
                    let mut cycle = vec![node];
                    while let Some(before) = cycle.last().and_then(|node| self.came_from[node.index()]) {
                        cycle.push(before);
                    }
                    cycle.reverse();
                    return cycle;
                }
                if self.part[to.index()] == part && self.came_from[to.index()].is_none() {
                    self.came_from[to.index()] = Some(node);
                    queue.push_back(to);
                }
            }
        }
        // Not reached: in a component every node is on a cycle.
        vec![start]
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
