use crate::NodeId;

/// A forest that grows at its leaves and answers questions about ancestors in O(log V).
///
/// Beside its parent, a node knows one ancestor far up (Myers 1983), so that any is a few steps away.
pub(crate) struct Forest {
    nodes: Vec<Node>,
}

#[derive(Clone, Copy)]
struct Node {
    parent: u32,
    jump: u32,
    depth: u32,
}

impl Forest {
    /// For that many nodes, all of them roots until they are placed.
    pub(crate) fn new(size: usize) -> Self {
        // One more stands above all roots.
        let top = NodeId::new(size).0;
        let mut nodes = vec![Node { parent: top, jump: top, depth: 1 }; size];
        nodes.push(Node { parent: top, jump: top, depth: 0 });
        Self { nodes }
    }

    /// Puts a node, which has no children yet, under another.
    pub(crate) fn place(&mut self, node: NodeId, parent: NodeId) {
        let above = self.nodes[parent.index()];
        let jump = self.nodes[above.jump as usize];
        let even = above.depth - jump.depth == jump.depth - self.nodes[jump.jump as usize].depth;
        let jump = if even { jump.jump } else { parent.0 };
        self.nodes[node.index()] = Node { parent: parent.0, jump, depth: above.depth + 1 };
    }

    pub(crate) fn parent(&self, node: NodeId) -> Option<NodeId> {
        let parent = self.nodes.get(node.index())?.parent;
        (parent as usize + 1 < self.nodes.len()).then_some(NodeId(parent))
    }

    /// Whether `node` is below `above`, or the same.
    pub(crate) fn is_below(&self, node: NodeId, above: NodeId) -> bool {
        self.rise(node.0, self.nodes[above.index()].depth) == above.0
    }

    /// The lowest that both are below of, if they are in one tree.
    pub(crate) fn common(&self, one: NodeId, other: NodeId) -> Option<NodeId> {
        let depth = |node: u32| self.nodes[node as usize].depth;
        let (mut one, mut other) = (one.0, other.0);
        one = self.rise(one, depth(other));
        other = self.rise(other, depth(one));
        while one != other {
            let (a, b) = (self.nodes[one as usize], self.nodes[other as usize]);
            // Nodes of one depth jump equally far.
            (one, other) = if a.jump == b.jump { (a.parent, b.parent) } else { (a.jump, b.jump) };
        }
        (one as usize + 1 < self.nodes.len()).then_some(NodeId(one))
    }

    /// The ancestor at this depth, or the node itself if it is not deeper.
    fn rise(&self, mut node: u32, depth: u32) -> u32 {
        loop {
            let Node { parent, jump, depth: own } = self.nodes[node as usize];
            if own <= depth {
                return node;
            }
            node = if self.nodes[jump as usize].depth >= depth { jump } else { parent };
        }
    }
}
