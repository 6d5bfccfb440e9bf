//! Lanes: who shares a document, in which order they add to it, and what each of them sees.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_model::{Map, Value, merge_patch};

use crate::Prior;

/// The lanes of a plan: their members in order, and what those that went before share.
///
/// Members that are recorded go first, in the order in which they came to be, then new ones in provisioning order; what a member depends on goes before it all the same. So a new member comes after all
/// others and disturbs nobody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lanes {
    members: Vec<Lane>,
    places: FxHashMap<usize, Place>,
}

/// One lane.
#[derive(Clone, Debug, Default)]
struct Lane {
    members: Vec<usize>,
    /// What the first of them share, and how many that are.
    before: Value,
    counted: usize,
}

/// Where a member is.
#[derive(Clone, Copy, Debug)]
struct Place {
    lane: usize,
    rank: usize,
}

/// A node that is in a lane.
pub(crate) struct Member<'a> {
    /// The lane that it is in.
    pub(crate) lane: &'a Arc<str>,
    /// What orders members: the number of its object.
    pub(crate) number: u64,
}

impl Lanes {
    /// The lanes of `count` nodes in provisioning order, of which each may depend on earlier ones.
    pub(crate) fn new<'a, D: IntoIterator<Item = usize>>(
        count: usize,
        dependencies: impl Fn(usize) -> D,
        member: impl Fn(usize) -> Option<Member<'a>>,
    ) -> Self {
        let members: Vec<Option<Member<'_>>> = (0..count).map(member).collect();
        if members.iter().all(Option::is_none) {
            return Self::default();
        }
        let mut open = vec![0_usize; count];
        let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (node, open) in open.iter_mut().enumerate() {
            for dependency in dependencies(node).into_iter().filter(|dependency| *dependency < count) {
                dependents[dependency].push(node);
                *open += 1;
            }
        }
        let mut numbers: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
        let mut lanes = Self::default();
        // What is in no lane goes as early as it can: then the next member is the least of all that could follow.
        let mut others: Vec<usize> = Vec::new();
        let mut waiting: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
        let free = |node: usize, others: &mut Vec<usize>, waiting: &mut BinaryHeap<_>| match &members[node] {
            None => others.push(node),
            Some(member) => waiting.push(Reverse((member.number, node))),
        };
        (0..count).filter(|node| open[*node] == 0).for_each(|node| free(node, &mut others, &mut waiting));
        while let Some(node) = others.pop().or_else(|| waiting.pop().map(|Reverse((_, node))| node)) {
            if let Some(member) = &members[node] {
                let next = numbers.len();
                let lane = *numbers.entry(member.lane).or_insert(next);
                if lane == lanes.members.len() {
                    lanes.members.push(Lane::default());
                }
                lanes.places.insert(node, Place { lane, rank: lanes.members[lane].members.len() });
                lanes.members[lane].members.push(node);
            }
            for &dependent in &dependents[node] {
                open[dependent] -= 1;
                if open[dependent] == 0 {
                    free(dependent, &mut others, &mut waiting);
                }
            }
        }
        lanes
    }

    /// Whether no node is in any.
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Where a node stands in its lane, from 0; `None` where it is in none.
    pub(crate) fn rank(&self, node: usize) -> Option<usize> {
        self.places.get(&node).map(|place| place.rank)
    }

    /// Of nodes in provisioning order, lets members of lanes follow each other as they do there, in the places that they have among the others: that is the order in which documents are made of them.
    pub(crate) fn arrange(&self, nodes: &mut [usize]) {
        if self.places.is_empty() {
            return;
        }
        let places: Vec<usize> = (0..nodes.len()).filter(|at| self.places.contains_key(&nodes[*at])).collect();
        let mut members: Vec<usize> = places.iter().map(|at| nodes[*at]).collect();
        members.sort_by_key(|node| self.places.get(node).map(|place| (place.lane, place.rank)));
        places.into_iter().zip(members).for_each(|(at, node)| nodes[at] = node);
    }

    /// Who has its turn after this node.
    pub(crate) fn next(&self, node: usize) -> Option<usize> {
        let place = self.places.get(&node)?;
        self.members.get(place.lane)?.members.get(place.rank + 1).copied()
    }

    /// What the members before a node share: one merge patch of all of theirs, not known where one of them is not. `None` where it is in no lane. `part` tells the merge patch of a member, the same each time until
    /// [`changed`](Self::changed).
    pub(crate) fn before(&mut self, node: usize, part: impl Fn(usize) -> Value) -> Option<Value> {
        let place = *self.places.get(&node)?;
        let lane = self.members.get_mut(place.lane)?;
        if lane.counted > place.rank {
            (lane.counted, lane.before) = (0, Value::Null);
        }
        for member in lane.members.get(lane.counted..place.rank).into_iter().flatten() {
            lane.before = composed(&lane.before, &part(*member));
        }
        lane.counted = place.rank;
        Some(if lane.before == Value::Null { nothing() } else { lane.before.clone() })
    }

    /// The part of a member is another now.
    pub(crate) fn changed(&mut self, node: usize) {
        let Some(place) = self.places.get(&node) else { return };
        if let Some(lane) = self.members.get_mut(place.lane).filter(|lane| lane.counted > place.rank) {
            (lane.counted, lane.before) = (0, Value::Null);
        }
    }
}

/// What a member sees: its own part, and over that what those before it share. Not known where that is not, and nothing where it is in no lane.
pub(crate) fn seen(prior: Option<&Prior>, before: Option<&Value>) -> Value {
    let Some(before) = before else { return Value::Null };
    if before.has_unknown() {
        return Value::Unknown;
    }
    let own = prior.map(|prior| &prior.shared).filter(|own| **own != Value::Null);
    merge_patch(&own.map_or_else(nothing, |own| merge_patch(&nothing(), own)), before)
}

/// The merge patch that does what two do, one after the other. Null is none.
fn composed(first: &Value, second: &Value) -> Value {
    match (first, second) {
        (Value::Unknown, _) | (_, Value::Unknown) => Value::Unknown,
        (first, Value::Null) => first.clone(),
        (Value::Null, second) => second.clone(),
        (first, second) => over(first, second),
    }
}

fn over(first: &Value, second: &Value) -> Value {
    let (Value::Map(first), Value::Map(second)) = (first, second) else { return second.clone() };
    let mut composed: Map = (**first).clone();
    for (key, value) in second.iter() {
        let value = composed.get(key).map_or_else(|| value.clone(), |first| over(first, value));
        composed.insert(key.clone(), value);
    }
    Value::from(composed)
}

fn nothing() -> Value {
    Value::from(Map::default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patches() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(Value::Null), (0_i64..3).prop_map(Value::from)];
        let map = prop::collection::vec(("[ab]", leaf), 0..3).prop_map(Value::map);
        // Keys hold either maps or not: see `composed`.
        prop::collection::vec(("[cd]", map), 0..3).prop_map(Value::map)
    }

    proptest! {
        #[test]
        fn composed_does_what_both_do(target in patches(), first in patches(), second in patches()) {
            let target = merge_patch(&nothing(), &target);
            let want = merge_patch(&merge_patch(&target, &first), &second);
            prop_assert_eq!(merge_patch(&target, &composed(&first, &second)), want);
        }

        /// Recorded first, in the order of their numbers, wherever dependencies leave it open: held against taking the least free member again and again.
        #[test]
        fn order_is_that_of_numbers_as_far_as_dependencies_allow(
            edges in prop::collection::vec((0_usize..8, 0_usize..8), 0..12),
            numbers in Just((0..8).collect::<Vec<u64>>()).prop_shuffle(),
            in_lane in prop::collection::vec(any::<bool>(), 8),
        ) {
            let needs = |node: usize| edges.iter().filter(move |(a, b)| a.max(b) == &node && a != b).map(|(a, b)| *a.min(b));
            let name: Arc<str> = "lane".into();
            let lanes = Lanes::new(8, needs, |node| in_lane[node].then(|| Member { lane: &name, number: numbers[node] }));
            let all_needs = |node: usize| {
                let mut found = vec![node];
                let mut at = 0;
                while at < found.len() {
                    found.extend(needs(found[at]).collect::<Vec<_>>());
                    at += 1;
                }
                found.split_off(1)
            };
            let mut left: Vec<usize> = (0..8).filter(|node| in_lane[*node]).collect();
            let mut want = Vec::new();
            while !left.is_empty() {
                let free = left.iter().copied().filter(|node| !all_needs(*node).iter().any(|need| left.contains(need)));
                let next = free.min_by_key(|node| numbers[*node]).unwrap_or(left[0]);
                left.retain(|node| *node != next);
                want.push(next);
            }
            let mut got: Vec<usize> = (0..8).filter(|node| in_lane[*node]).collect();
            got.sort_by_key(|node| lanes.rank(*node));
            prop_assert_eq!(got, want);
        }
    }
}
