//! The order in which the nodes of a lane follow each other.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use crate::{Dag, NodeId};

/// A node that is in a lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub(crate) id: NodeId,
    pub(crate) lane: u32,
    pub(crate) rank: u32,
}

/// Puts members that have ranks into the order of these as far as the dag allows: of all members that could be next, the least. `None` where that is the order of the dag; else an order of all nodes in which they
/// stand so, to which the costs are put, too.
pub(crate) fn by_rank<K, E>(dag: &Dag<K, E>, members: &mut Vec<Member>, costs: &mut Vec<u64>) -> Option<Vec<NodeId>> {
    if members.iter().all(|member| member.rank == 0) {
        return None;
    }
    let mut place = vec![0_u32; dag.len()];
    for (at, node) in (0..).zip(dag.order()) {
        place[node.index()] = at;
    }
    let member_of: FxHashMap<NodeId, Member> = members.iter().map(|member| (member.id, *member)).collect();
    let mut open: Vec<usize> = dag.ids().map(|node| dag.dependencies(node).len()).collect();
    let key = |node: NodeId| {
        let rank = member_of.get(&node).map(|member| member.rank);
        // What is in no lane goes as early as it can.
        Reverse((rank.is_some(), rank, place[node.index()], node))
    };
    let mut free: BinaryHeap<_> = dag.ids().filter(|node| open[node.index()] == 0).map(key).collect();
    let mut order = Vec::with_capacity(dag.len());
    while let Some(Reverse((.., node))) = free.pop() {
        order.push(node);
        for &dependent in dag.dependents(node) {
            let open = &mut open[dependent.index()];
            *open -= 1;
            if *open == 0 {
                free.push(key(dependent));
            }
        }
    }
    *members = order.iter().filter_map(|node| member_of.get(node).copied()).collect();
    *costs = order.iter().filter_map(|node| costs.get(place[node.index()] as usize).copied()).collect();
    Some(order)
}
