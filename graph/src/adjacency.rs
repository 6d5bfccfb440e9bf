use std::ops::Range;

use crate::NodeId;

/// The neighbours of each node, all in one `Vec` (compressed sparse rows): distinct and sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Adjacency {
    /// Where the row of each node starts, and one more for the end of the last.
    offsets: Vec<u32>,
    nodes: Vec<NodeId>,
}

impl Adjacency {
    pub(crate) fn new(offsets: Vec<u32>, nodes: Vec<NodeId>) -> Self {
        Self { offsets, nodes }
    }

    pub(crate) fn into_parts(self) -> (Vec<u32>, Vec<NodeId>) {
        (self.offsets, self.nodes)
    }

    /// Of rows that together have about that many entries.
    pub(crate) fn from_rows<R: IntoIterator<Item = NodeId>>(
        rows: impl ExactSizeIterator<Item = R>,
        entries: usize,
    ) -> Self {
        let (mut offsets, mut nodes) = (Vec::with_capacity(rows.len() + 1), Vec::with_capacity(entries));
        offsets.push(0);
        for row in rows {
            nodes.extend(row);
            offsets.push(NodeId::new(nodes.len()).0);
        }
        Self { offsets, nodes }
    }

    /// How many nodes there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// The neighbours of a node; none for a node that is not there.
    #[inline]
    pub(crate) fn of(&self, node: NodeId) -> &[NodeId] {
        self.nodes.get(self.range(node)).unwrap_or_default()
    }

    /// Where the neighbours of a node are among all of them.
    #[inline]
    pub(crate) fn range(&self, node: NodeId) -> Range<usize> {
        match self.offsets.get(node.index()..) {
            Some(&[start, end, ..]) => start as usize..end as usize,
            _ => 0..0,
        }
    }

    /// The other end of every pair, row by row.
    #[inline]
    pub(crate) fn nodes(&self) -> &[NodeId] {
        &self.nodes
    }

    /// The same pairs seen from their other ends.
    pub(crate) fn transposed(&self) -> Self {
        self.turned(|_, _| {})
    }

    /// The same, also if rows are not sorted or a neighbour comes twice; says of each pair where it is and where it was.
    pub(crate) fn turned(&self, mut moved: impl FnMut(usize, usize)) -> Self {
        // Shifted by one more place, so that each is where the row starts, and when all are placed, where it ends.
        let mut offsets = vec![0_u32; self.offsets.len() + 1];
        for node in &self.nodes {
            offsets[node.index() + 2] += 1;
        }
        accumulate(&mut offsets);
        let mut nodes = vec![NodeId(0); self.nodes.len()];
        let mut was = 0;
        for (node, ends) in (0..).map(NodeId).zip(self.offsets.windows(2)) {
            for other in &self.nodes[ends[0] as usize..ends[1] as usize] {
                let place = &mut offsets[other.index() + 1];
                nodes[*place as usize] = node;
                moved(*place as usize, was);
                *place += 1;
                was += 1;
            }
        }
        offsets.pop();
        Self { offsets, nodes }
    }
}

/// Turns counts, shifted by one place, into offsets.
pub(crate) fn accumulate(counts: &mut [u32]) {
    let mut sum = 0;
    for count in counts {
        sum += *count;
        *count = sum;
    }
}
