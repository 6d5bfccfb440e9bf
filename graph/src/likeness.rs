use std::collections::BTreeMap;

use crate::{Graph, NodeId};

/// How often what was recognised is used to recognise more.
const ROUNDS: usize = 16;

/// What more nodes than this have in common tells nothing about any of them.
const COMMON: usize = 32;

/// Finds out which node of one graph is which of another: by identity first, then by likeness.
pub(crate) struct Matching<'a, K, E> {
    graphs: [&'a Graph<K, E>; 2],
    /// Of each node of either graph, the same in the other one.
    twins: [Vec<Option<NodeId>>; 2],
    /// Of each node that has no twin by identity, its kind.
    kinds: [Vec<u32>; 2],
}

/// The twin of each node.
pub(crate) struct Twins {
    pub(crate) of_old: Vec<Option<NodeId>>,
    pub(crate) of_new: Vec<Option<NodeId>>,
}

/// An edge as seen from one of its ends.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Feature<'a, E> {
    neighbour: Neighbour,
    outgoing: bool,
    label: &'a E,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Neighbour {
    /// A node of both graphs, by its id in the new one.
    Known(NodeId),
    /// A node without a twin so far, by its kind.
    Unknown(u32),
}

/// How many edges two nodes share, of how many they have together.
#[derive(Clone, Copy)]
struct Likeness {
    shared: usize,
    edges: usize,
}

impl Likeness {
    fn is_better_than(self, other: Self) -> bool {
        self.shared * other.edges > other.shared * self.edges
    }

    /// Half of all edges, so for equally many on both sides half of those of each.
    fn is_enough(self) -> bool {
        4 * self.shared >= self.edges
    }
}

impl<'a, K: Ord, E: Ord> Matching<'a, K, E> {
    pub(crate) fn new<T: Ord>(old: &'a Graph<K, E>, new: &'a Graph<K, E>, kind: impl Fn(&K) -> T) -> Self {
        let mut twins = [vec![None; old.len()], vec![None; new.len()]];
        let mut others = new.ids().peekable();
        for node in old.ids() {
            while others.next_if(|&other| new[other] < old[node]).is_some() {}
            if let Some(other) = others.next_if(|&other| new[other] == old[node]) {
                twins[0][node.index()] = Some(other);
                twins[1][other.index()] = Some(node);
            }
        }

        let graphs = [old, new];
        let mut kinds: Vec<(T, usize, NodeId)> = Vec::new();
        for side in [0, 1] {
            let alone = graphs[side].ids().filter(|node| twins[side][node.index()].is_none());
            kinds.extend(alone.map(|node| (kind(&graphs[side][node]), side, node)));
        }
        kinds.sort_by(|a, b| a.0.cmp(&b.0));
        let mut numbers = [vec![0; old.len()], vec![0; new.len()]];
        for (number, same) in (0..).zip(kinds.chunk_by(|a, b| a.0 == b.0)) {
            for (_, side, node) in same {
                numbers[*side][node.index()] = number;
            }
        }
        Self { graphs, twins, kinds: numbers }
    }

    pub(crate) fn matched(mut self) -> Twins {
        for _ in 0..ROUNDS {
            if !self.match_equal() && !self.match_similar() {
                break;
            }
        }
        self.part_unconnected();
        let [of_old, of_new] = self.twins;
        Twins { of_old, of_new }
    }

    /// Matches nodes of which all edges are the same, if there is one on each side.
    fn match_equal(&mut self) -> bool {
        let mut nodes: Vec<(u32, Vec<Feature<'a, E>>, usize, NodeId)> = Vec::new();
        for side in [0, 1] {
            for node in self.alone(side) {
                nodes.push((self.kinds[side][node.index()], self.features(side, node), side, node));
            }
        }
        nodes.sort_unstable();
        let mut found = false;
        for same in nodes.chunk_by(|a, b| (a.0, &a.1) == (b.0, &b.1)) {
            if let [(.., 0, old), (.., 1, new)] = same {
                self.make_twins(*old, *new);
                found = true;
            }
        }
        found
    }

    /// Matches nodes that share more edges to known neighbours with each other than with any other.
    fn match_similar(&mut self) -> bool {
        let mut features: Vec<(Feature<'a, E>, u32, usize, NodeId)> = Vec::new();
        let mut degrees = [BTreeMap::new(), BTreeMap::new()];
        for side in [0, 1] {
            for node in self.alone(side) {
                let all = self.features(side, node);
                degrees[side].insert(node, all.len());
                let known = all.into_iter().filter(|feature| matches!(feature.neighbour, Neighbour::Known(_)));
                features.extend(known.map(|feature| (feature, self.kinds[side][node.index()], side, node)));
            }
        }
        features.sort_unstable();
        let mut shared: BTreeMap<(NodeId, NodeId), usize> = BTreeMap::new();
        for same in features.chunk_by(|a, b| (&a.0, a.1) == (&b.0, b.1)).filter(|same| same.len() <= COMMON) {
            let (old, new) = same.split_at(same.partition_point(|(.., side, _)| *side == 0));
            for (.., old) in old {
                for (.., new) in new {
                    *shared.entry((*old, *new)).or_default() += 1;
                }
            }
        }

        let likeness = |(&(old, new), &shared): (&(NodeId, NodeId), &usize)| {
            let degree = |side: usize, node| degrees[side].get(&node).copied().unwrap_or_default();
            (old, new, Likeness { shared, edges: degree(0, old) + degree(1, new) })
        };
        let mut best = [BTreeMap::new(), BTreeMap::new()];
        for (old, new, likeness) in shared.iter().map(likeness).filter(|(.., likeness)| likeness.is_enough()) {
            offer(&mut best[0], old, new, likeness);
            offer(&mut best[1], new, old, likeness);
        }
        let [best_of_old, best_of_new] = best;
        let mut found = false;
        for (old, (_, partner)) in best_of_old {
            if let Some(new) = partner
                && best_of_new.get(&new).is_some_and(|(_, partner)| *partner == Some(old))
            {
                self.make_twins(old, new);
                found = true;
            }
        }
        found
    }

    fn alone(&self, side: usize) -> impl Iterator<Item = NodeId> {
        self.graphs[side].ids().filter(move |node| self.twins[side][node.index()].is_none())
    }

    fn features(&self, side: usize, node: NodeId) -> Vec<Feature<'a, E>> {
        let graph = self.graphs[side];
        let neighbour = |node: NodeId| match (side, self.twins[side][node.index()]) {
            (_, None) => Neighbour::Unknown(self.kinds[side][node.index()]),
            (0, Some(twin)) => Neighbour::Known(twin),
            (_, Some(_)) => Neighbour::Known(node),
        };
        let outgoing = graph.edges_from(node).map(|edge| (edge.to, true, edge.label));
        let incoming = graph.edges_to(node).map(|edge| (edge.from, false, edge.label));
        let feature = |(node, outgoing, label)| Feature { neighbour: neighbour(node), outgoing, label };
        let mut features: Vec<_> = outgoing.chain(incoming).map(feature).collect();
        features.sort_unstable();
        features
    }

    /// Nodes that were like each other because of neighbours that were not recognised after all, and have no edge in common, are no twins.
    fn part_unconnected(&mut self) {
        let [old, new] = self.graphs;
        let has_edges =
            |graph: &Graph<K, E>, node| !graph.dependencies(node).is_empty() || !graph.dependents(node).is_empty();
        let mut open: Vec<NodeId> = old.ids().collect();
        while let Some(node) = open.pop() {
            let Some(twin) = self.twins[0][node.index()] else { continue };
            if old[node] == new[twin]
                || !has_edges(old, node) && !has_edges(new, twin)
                || self.share_an_edge(node, twin)
            {
                continue;
            }
            self.twins[0][node.index()] = None;
            self.twins[1][twin.index()] = None;
            open.extend(old.dependencies(node).iter().chain(old.dependents(node)));
        }
    }

    fn share_an_edge(&self, node: NodeId, twin: NodeId) -> bool {
        let [old, new] = self.graphs;
        let is_there = |from, to, label| new.labels(from, to).binary_search(label).is_ok();
        let known = |node: NodeId| self.twins[0][node.index()];
        old.edges_from(node).any(|edge| known(edge.to).is_some_and(|to| is_there(twin, to, edge.label)))
            || old.edges_to(node).any(|edge| known(edge.from).is_some_and(|from| is_there(from, twin, edge.label)))
    }

    fn make_twins(&mut self, old: NodeId, new: NodeId) {
        self.twins[0][old.index()] = Some(new);
        self.twins[1][new.index()] = Some(old);
    }
}

/// Remembers the best partner of a node; none if two are equally good.
fn offer(best: &mut BTreeMap<NodeId, (Likeness, Option<NodeId>)>, node: NodeId, partner: NodeId, likeness: Likeness) {
    let (so_far, known) = best.entry(node).or_insert((likeness, Some(partner)));
    if likeness.is_better_than(*so_far) {
        (*so_far, *known) = (likeness, Some(partner));
    } else if *known != Some(partner) && !so_far.is_better_than(likeness) {
        *known = None;
    }
}
