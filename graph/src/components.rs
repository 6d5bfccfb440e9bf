use crate::NodeId;

/// The strongly connected components with a cycle (Tarjan 1972, with a stack of its own), each sorted, by their least
/// nodes. Edges to nodes that are not among `nodes` do no harm if none leads back.
pub(crate) fn components<'a>(
    size: usize,
    nodes: &[NodeId],
    edges: impl Fn(NodeId) -> &'a [NodeId],
) -> Vec<Vec<NodeId>> {
    const UNSEEN: u32 = 0;
    const DONE: u32 = u32::MAX;
    // When a node was seen, from 1; then the earliest that is reachable from it.
    let mut low = vec![UNSEEN; size];
    let mut clock = 0;
    let mut open = Vec::new();
    let mut path: Vec<(NodeId, u32, usize)> = Vec::new();
    let mut found = Vec::new();
    for &root in nodes {
        if low[root.index()] != UNSEEN {
            continue;
        }
        let mut enter = Some(root);
        loop {
            if let Some(node) = enter.take() {
                clock += 1;
                low[node.index()] = clock;
                open.push(node);
                path.push((node, clock, 0));
            }
            let Some((node, seen, next)) = path.last_mut() else { break };
            if let Some(&to) = edges(*node).get(*next) {
                match low[to.index()] {
                    UNSEEN => enter = Some(to),
                    DONE => *next += 1,
                    // Also after coming back from `to`: its number is by then the earliest it reaches.
                    other => {
                        *next += 1;
                        let mine = &mut low[node.index()];
                        *mine = other.min(*mine);
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
            let mut component = open.split_off(start);
            for member in &component {
                low[member.index()] = DONE;
            }
            if component.len() > 1 || edges(node).binary_search(&node).is_ok() {
                component.sort_unstable();
                found.push(component);
            }
        }
    }
    found.sort_unstable();
    found
}
