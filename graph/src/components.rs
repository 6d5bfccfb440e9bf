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
    let (part, parts) = tarjan(edges, among);
    let mut found: Vec<Component> = Vec::new();
    // Of each part, its place among those found, and of each node, its place in its part.
    let mut numbers = vec![None; parts as usize];
    let mut place = vec![NodeId(0); edges.len()];
    for &node in among {
        let number = part[node.index()];
        if number == NO_PART {
            continue;
        }
        let number = *numbers[number as usize].get_or_insert_with(|| {
            found.push(Component { nodes: Vec::new(), inside: Adjacency::default() });
            found.len() - 1
        });
        place[node.index()] = NodeId::new(found[number].nodes.len());
        found[number].nodes.push(node);
    }
    let (part, place) = (&part, &place);
    let row = |node: &NodeId| {
        let own = part[node.index()];
        edges.of(*node).iter().filter(move |to| part[to.index()] == own).map(|to| place[to.index()])
    };
    for component in &mut found {
        component.inside = Adjacency::from_rows(component.nodes.iter().map(row), component.nodes.len());
    }
    found
}

/// The part of a node that is on no cycle.
const NO_PART: u32 = u32::MAX;

/// The number of the component of each node that is on a cycle, and how many there are (Tarjan 1972, with a stack of
/// its own).
fn tarjan(edges: &Adjacency, among: &[NodeId]) -> (Vec<u32>, u32) {
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
    let mut part = vec![NO_PART; edges.len()];
    let mut parts = 0;
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
            // All that was seen since is one component; alone, a node is one only with an edge to itself.
            let cyclic = open.last() != Some(&node) || edges.of(node).binary_search(&node).is_ok();
            while let Some(member) = open.pop() {
                low[member.index()] = DONE;
                part[member.index()] = if cyclic { parts } else { NO_PART };
                if member == node {
                    break;
                }
            }
            parts += u32::from(cyclic);
        }
    }
    (part, parts)
}
