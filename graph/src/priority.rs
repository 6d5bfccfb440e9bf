use crate::adjacency::accumulate;
use crate::{Dag, NodeId};

/// All nodes, those with the longest remaining path first; among equals in the order of the dag.
///
/// Costs are in `order`, that of the dag unless given. Beside those that depend on a node, one more may have to wait for it: who is
/// `next` comes later in this order.
pub(crate) fn by_priority<K, E>(
    dag: &Dag<K, E>,
    order: Option<&[NodeId]>,
    costs: &[u64],
    next: impl Fn(NodeId) -> Option<NodeId>,
) -> Vec<NodeId> {
    // The cost of the most expensive path that begins after each node; once it is visited, with it.
    let mut longest = vec![0_u64; dag.len()];
    let mut remaining = Vec::with_capacity(dag.len());
    for (&node, cost) in order.unwrap_or(dag.order()).iter().zip(costs).rev() {
        let after = next(node).map_or(0, |next| longest[next.index()]).max(longest[node.index()]);
        let from_here = after.saturating_add(*cost);
        longest[node.index()] = from_here;
        remaining.push((from_here, node));
        for dependency in dag.dependencies(node) {
            let after = &mut longest[dependency.index()];
            *after = from_here.max(*after);
        }
    }
    remaining.reverse();
    if order.is_some() {
        // Equals are to come in the order of the dag.
        remaining = dag.order().iter().map(|&node| (longest[node.index()], node)).collect();
    }
    longest_first(remaining).into_iter().map(|(_, node)| node).collect()
}

/// Sorts by number, the greatest first; equals stay as they are. It goes digit by digit, so it is linear.
fn longest_first(mut nodes: Vec<(u64, NodeId)>) -> Vec<(u64, NodeId)> {
    const BITS: u32 = 11;
    if nodes.is_sorted_by(|one, other| one.0 >= other.0) {
        return nodes;
    }
    let bits = u64::BITS - nodes.iter().fold(0, |bits, (number, _)| bits | number).leading_zeros();
    let mut sorted = nodes.clone();
    for shift in (0..bits).step_by(BITS as usize) {
        let digit = |number: u64| !(number >> shift) as usize % (1 << BITS);
        let mut places = vec![0_u32; (1 << BITS) + 1];
        for (number, _) in &nodes {
            places[digit(*number) + 1] += 1;
        }
        accumulate(&mut places);
        for node in &nodes {
            let place = &mut places[digit(node.0)];
            sorted[*place as usize] = *node;
            *place += 1;
        }
        std::mem::swap(&mut nodes, &mut sorted);
    }
    nodes
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use proptest::prelude::*;

    use super::longest_first;
    use crate::NodeId;

    proptest! {
        #[test]
        fn sorts(numbers in prop::collection::vec((any::<u64>(), 0..64_u32).prop_map(|(number, shift)| number >> shift), 0..300)) {
            let nodes: Vec<_> = numbers.into_iter().zip((0..).map(NodeId)).collect();
            let mut expected = nodes.clone();
            expected.sort_by_key(|(number, _)| Reverse(*number));
            prop_assert_eq!(longest_first(nodes), expected);
        }
    }
}
