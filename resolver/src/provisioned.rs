//! In which order things came to be that depend on each other as recorded.

use rustc_hash::FxHashSet;
use score_graph::Graph;

use crate::{Object, Snapshot};

/// The objects of a snapshot but the deposed ones, and what of each other they depend on as recorded.
pub(crate) struct Provisioned<'s> {
    /// Sorted by uid; numbers are places in it.
    pub(crate) objects: Vec<&'s Object>,
    /// Where each is in the snapshot.
    pub(crate) places: Vec<usize>,
    pub(crate) depends_on: Dependencies,
    /// In waves, each sorted by uid.
    pub(crate) order: Vec<usize>,
}

impl<'s> Provisioned<'s> {
    pub(crate) fn of(snapshot: &'s Snapshot) -> Self {
        let places = snapshot.by_uid();
        let objects: Vec<&Object> =
            places.iter().filter_map(|place| snapshot.at(*place)).map(|object| &**object).collect();
        let number = places_in(&places);
        let mut depends_on = Dependencies::default();
        let mut likely = 0;
        for object in &objects {
            let of = |uid| snapshot.place_near(uid, &mut likely).map(|place| number[place]);
            depends_on.push(object.depends_on.iter().filter_map(of));
        }
        let order = waves(&depends_on);
        Self { objects, places, depends_on, order }
    }

    /// The objects in provisioning order.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &'s Object> {
        self.order.iter().filter_map(|at| self.objects.get(*at).copied())
    }
}

/// What each of some numbered things depends on of them.
#[derive(Debug, Default)]
pub(crate) struct Dependencies {
    /// Where those of each end.
    ends: Vec<usize>,
    on: Vec<usize>,
}

impl Dependencies {
    /// Adds the next thing.
    pub(crate) fn push(&mut self, on: impl Iterator<Item = usize>) {
        self.on.extend(on);
        self.ends.push(self.on.len());
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn of(&self, at: usize) -> &[usize] {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.ends.get(at).and_then(|end| self.on.get(start..*end)).unwrap_or_default()
    }

    /// From, to; without what depends on itself.
    fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len()).flat_map(|at| self.of(at).iter().filter(move |on| **on != at).map(move |on| (at, *on)))
    }
}

/// Where each number stands in an order of all numbers from 0.
pub(crate) fn places_in(order: &[usize]) -> Vec<usize> {
    let mut places = vec![0; order.len()];
    for (place, at) in order.iter().enumerate() {
        places[*at] = place;
    }
    places
}

/// All numbers in waves: each after all it depends on, ties by number. Where records of different times form a cycle, it is cut at its least member.
pub(crate) fn waves(depends_on: &Dependencies) -> Vec<usize> {
    let edges = depends_on.edges().map(|(from, to)| (from, to, ()));
    let graph =
        Graph::from_numbered((0..depends_on.len()).collect(), edges).ok().and_then(|graph| graph.into_dag().ok());
    match graph {
        Some(graph) => graph.order().iter().map(|id| id.index()).collect(),
        None => waves_with_cycles(depends_on),
    }
}

fn waves_with_cycles(depends_on: &Dependencies) -> Vec<usize> {
    let len = depends_on.len();
    let mut edges: Vec<(usize, usize)> = depends_on.edges().map(|(from, to)| (to, from)).collect();
    edges.sort_unstable();
    edges.dedup();
    let mut open = vec![0_usize; len];
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); len];
    for (on, dependent) in edges {
        dependents[on].push(dependent);
        open[dependent] += 1;
    }
    let mut order = Vec::with_capacity(len);
    let mut done = vec![false; len];
    let mut least_open = 0;
    let mut wave: Vec<usize> = (0..len).filter(|at| open[*at] == 0).collect();
    while order.len() < len {
        if wave.is_empty() {
            while done[least_open] {
                least_open += 1;
            }
            wave.push(on_a_cycle(least_open, &done, depends_on));
        }
        let mut next = Vec::new();
        for at in wave {
            done[at] = true;
            order.push(at);
            for &dependent in &dependents[at] {
                open[dependent] = open[dependent].saturating_sub(1);
                if open[dependent] == 0 && !done[dependent] {
                    next.push(dependent);
                }
            }
        }
        next.sort_unstable();
        wave = next;
    }
    order
}

/// Follows what is not done from a node that waits, until it comes back to where it was.
fn on_a_cycle(start: usize, done: &[bool], depends_on: &Dependencies) -> usize {
    let mut seen = FxHashSet::default();
    let mut at = start;
    while seen.insert(at) {
        let open = depends_on.of(at).iter().copied().filter(|next| *next != at && done.get(*next) == Some(&false));
        at = open.min().unwrap_or(at);
    }
    at
}
