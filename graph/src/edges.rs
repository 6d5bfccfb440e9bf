use std::hint::select_unpredictable;
use std::ops::Range;

use crate::NodeId;
use crate::adjacency::{Adjacency, accumulate};
use crate::graph::Labels;

/// Rows up to this length are sorted without looking at what they are like.
const SHORT: usize = 32;
/// Rows up to this length are sorted one by one. In longer ones, sorting would cost more than seeing all rows from the other ends.
const LONG: usize = 4096;

/// The distinct edges `(from, to, label)` of that many nodes, sorted.
pub(crate) fn sorted_edges<E: Ord>(nodes: usize, edges: impl Iterator<Item = (u32, u32, E)>) -> (Adjacency, Labels<E>) {
    let mut rows = Rows::new(nodes, edges);
    if rows.long {
        rows.sort_at_once();
    }
    if rows.repeated {
        return rows.without_repetition();
    }
    (Adjacency::new(rows.offsets, rows.targets), Labels::one_each(rows.labels))
}

/// The edges of each node together, in the order of the nodes.
struct Rows<E> {
    /// Where the row of each node starts, and one more for the end of the last.
    offsets: Vec<u32>,
    targets: Vec<NodeId>,
    labels: Vec<E>,
    /// Whether a row was too long to be sorted.
    long: bool,
    /// Whether in a row that was sorted a target comes twice.
    repeated: bool,
}

impl<E> Rows<E> {
    fn new(nodes: usize, mut edges: impl Iterator<Item = (u32, u32, E)>) -> Self {
        let count = edges.size_hint().0.max(edges.size_hint().1.unwrap_or(0));
        let mut rows = Self {
            offsets: Vec::with_capacity(nodes + 1),
            targets: Vec::with_capacity(count),
            labels: Vec::with_capacity(count),
            long: false,
            repeated: false,
        };
        rows.offsets.push(0);
        // Whether the last row is sorted, with no target twice.
        let mut tidy = true;
        while let Some((from, to, label)) = edges.next() {
            let row = from as usize + 1;
            if row < rows.offsets.len() {
                return rows.scattered(nodes, std::iter::once((from, to, label)).chain(edges));
            }
            if row == rows.offsets.len() {
                tidy &= rows.targets.last().is_none_or(|before| before.0 < to);
            } else {
                rows.end_row(tidy);
                rows.offsets.resize(row, NodeId::new(rows.targets.len()).0);
                tidy = true;
            }
            rows.targets.push(NodeId(to));
            rows.labels.push(label);
        }
        rows.end_row(tidy);
        rows.offsets.resize(nodes + 1, NodeId::new(rows.targets.len()).0);
        rows
    }

    fn end_row(&mut self, tidy: bool) {
        if !tidy && let Some(&start) = self.offsets.last() {
            self.sort_row(start as usize..self.targets.len());
        }
    }

    /// Goes on when the next edge is not of the last node or a later one.
    fn scattered(self, nodes: usize, rest: impl Iterator<Item = (u32, u32, E)>) -> Self {
        let Self { offsets, mut targets, mut labels, .. } = self;
        let mut sources = Vec::with_capacity(targets.capacity());
        for (from, end) in (0..).zip(offsets.iter().skip(1)) {
            sources.resize(*end as usize, from);
        }
        sources.resize(targets.len(), NodeId::new(offsets.len() - 1).0);
        for (from, to, label) in rest {
            sources.push(from);
            targets.push(NodeId(to));
            labels.push(label);
        }
        // Shifted by one more place, so that each is where the row starts, and when all are placed, where it ends.
        let mut offsets = vec![0_u32; nodes + 2];
        for from in &sources {
            offsets[*from as usize + 2] += 1;
        }
        accumulate(&mut offsets);
        let mut placed = vec![NodeId(0); targets.len()];
        let mut places = vec![0; if size_of::<E>() == 0 { 0 } else { targets.len() }];
        for ((from, to), was) in sources.into_iter().zip(targets).zip(0..) {
            let place = &mut offsets[from as usize + 1];
            placed[*place as usize] = to;
            if size_of::<E>() != 0 {
                places[*place as usize] = was;
            }
            *place += 1;
        }
        offsets.pop();
        let mut rows = Self {
            offsets: Vec::new(),
            targets: placed,
            labels: rearranged(labels, &places),
            long: false,
            repeated: false,
        };
        for ends in offsets.windows(2) {
            rows.sort_row(ends[0] as usize..ends[1] as usize);
        }
        rows.offsets = offsets;
        rows
    }

    /// Sorts by target.
    fn sort_row(&mut self, row: Range<usize>) {
        let (targets, labels) = (&mut self.targets[row.clone()], &mut self.labels[row]);
        if targets.len() > LONG {
            self.long = true;
            return;
        }
        if targets.len() > SHORT {
            let mut order: Vec<(NodeId, u32)> = targets.iter().copied().zip(0..).collect();
            // Often a few sorted pieces one after the other, which a stable sort makes use of.
            order.sort_by_key(|(target, _)| *target);
            rearrange(labels, order.iter().map(|(_, place)| *place).collect());
            for (place, (target, _)) in targets.iter_mut().zip(order) {
                *place = target;
            }
            self.repeated |= has_repetition(targets);
            return;
        }
        // The same comparisons whatever the numbers are: how they turn out could not be predicted.
        for place in 1..targets.len() {
            let (mut least, mut at) = (targets[place - 1].0, place - 1);
            for (other, target) in targets.iter().enumerate().skip(place) {
                at = select_unpredictable(target.0 < least, other, at);
                least = target.0.min(least);
            }
            targets.swap(place - 1, at);
            labels.swap(place - 1, at);
        }
        self.repeated |= has_repetition(targets);
    }

    /// Sorts all rows by target: seen from the other ends and back, everything is in order.
    fn sort_at_once(&mut self) {
        let mut across = vec![0; self.targets.len()];
        let mut back = vec![0; self.targets.len()];
        let rows = Adjacency::new(std::mem::take(&mut self.offsets), std::mem::take(&mut self.targets));
        let columns = rows.turned(|place, was| across[place] = NodeId::new(was).0);
        let sorted = columns.turned(|place, was| back[place] = across[was]);
        self.labels = rearranged(std::mem::take(&mut self.labels), &back);
        (self.offsets, self.targets) = sorted.into_parts();
        let row = |ends: &[u32]| &self.targets[ends[0] as usize..ends[1] as usize];
        self.repeated = self.offsets.windows(2).any(|ends| has_repetition(row(ends)));
    }
}

impl<E: Ord> Rows<E> {
    /// For sorted rows.
    fn without_repetition(self) -> (Adjacency, Labels<E>) {
        let mut offsets = Vec::with_capacity(self.offsets.len());
        offsets.push(0);
        let mut targets = Vec::with_capacity(self.targets.len());
        let mut labels = Labels::with_capacity(self.targets.len());
        let mut all = self.labels.into_iter();
        let mut several = Vec::new();
        for ends in self.offsets.windows(2) {
            for same in self.targets[ends[0] as usize..ends[1] as usize].chunk_by(PartialEq::eq) {
                targets.push(same[0]);
                several.extend(all.by_ref().take(same.len()));
                several.sort_unstable();
                several.dedup();
                labels.push_all(several.drain(..));
            }
            offsets.push(NodeId::new(targets.len()).0);
        }
        (Adjacency::new(offsets, targets), labels)
    }
}

fn has_repetition(row: &[NodeId]) -> bool {
    row.windows(2).any(|pair| pair[0] == pair[1])
}

/// Puts the values that are at these places, which are all there are, into their order.
fn rearrange<E>(values: &mut [E], mut places: Vec<u32>) {
    if size_of::<E>() == 0 {
        return;
    }
    for first in 0..values.len() {
        let mut at = first;
        loop {
            let from = std::mem::replace(&mut places[at], NodeId::new(at).0) as usize;
            if from == first {
                break;
            }
            values.swap(at, from);
            at = from;
        }
    }
}

/// The values that were at these places, which are all there are.
pub(crate) fn rearranged<E>(values: Vec<E>, places: &[u32]) -> Vec<E> {
    if size_of::<E>() == 0 {
        // One is like the other.
        return values;
    }
    let mut values: Vec<Option<E>> = values.into_iter().map(Some).collect();
    let mut moved = Vec::with_capacity(values.len());
    moved.extend(places.iter().filter_map(|place| values[*place as usize].take()));
    moved
}
