use crate::NodeId;
use crate::adjacency::Adjacency;

/// Nodes that all reach each other, by edges among themselves.
pub(crate) struct Component {
    /// Sorted.
    pub(crate) nodes: Vec<NodeId>,
    /// The edges among them, by their places in `nodes`.
    pub(crate) inside: Adjacency,
}

/// The strongly connected components with a cycle, of what is left of a graph if it had only these nodes, which are
/// sorted; by their least nodes.
pub(crate) fn components(edges: &Adjacency, among: &[NodeId]) -> Vec<Component> {
    let mut found = tarjan(edges, among);
    found.sort_unstable();
    let mut part = vec![0_u32; edges.len()];
    let mut place = vec![NodeId(0); edges.len()];
    for (number, nodes) in (1..).zip(&found) {
        for (index, node) in nodes.iter().enumerate() {
            part[node.index()] = number;
            place[node.index()] = NodeId::new(index);
        }
    }
    let (part, place) = (&part, &place);
    let row = |node: &NodeId| {
        let own = part[node.index()];
        edges.of(*node).iter().filter(move |to| part[to.index()] == own).map(|to| place[to.index()])
    };
    let inside: Vec<Adjacency> = found.iter().map(|nodes| Adjacency::from_rows(nodes.iter().map(row))).collect();
    found.into_iter().zip(inside).map(|(nodes, inside)| Component { nodes, inside }).collect()
}

/// Tarjan 1972, with a stack of its own.
fn tarjan(edges: &Adjacency, among: &[NodeId]) -> Vec<Vec<NodeId>> {
    const UNSEEN: u32 = 0;
    const DONE: u32 = u32::MAX;
    // When a node was seen, from 1; then the earliest that is known to be reachable from it.
    let mut low = vec![DONE; edges.len()];
    for node in among {
        low[node.index()] = UNSEEN;
    }
    let mut clock = 0;
    let mut open = Vec::new();
    let mut path: Vec<(NodeId, u32, u32)> = Vec::new();
    let mut found = Vec::new();
    for &root in among {
        if low[root.index()] != UNSEEN {
            continue;
        }
        let mut entered = Some(root);
        loop {
            if let Some(node) = entered.take() {
                clock += 1;
                low[node.index()] = clock;
                open.push(node);
                path.push((node, clock, 0));
            }
            let Some((node, seen, next)) = path.last_mut() else { break };
            if let Some(&to) = edges.of(*node).get(*next as usize) {
                match low[to.index()] {
                    UNSEEN => entered = Some(to),
                    DONE => *next += 1,
                    // Also after coming back from `to`: its number is by then the earliest it reaches.
                    other => {
                        *next += 1;
                        let own = &mut low[node.index()];
                        *own = other.min(*own);
                    }
                }
                continue;
            }
            let (node, seen) = (*node, *seen);
            path.pop();
            if low[node.index()] < seen {
                continue;
            }
            let start = open.iter().rposition(|other| *other == node).unwrap_or_default();
            for member in &open[start..] {
                low[member.index()] = DONE;
            }
            if open.len() > start + 1 || edges.of(node).binary_search(&node).is_ok() {
                let mut component = open.split_off(start);
                component.sort_unstable();
                found.push(component);
            } else {
                open.truncate(start);
            }
        }
    }
    found
}
