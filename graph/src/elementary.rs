use std::borrow::Cow;

use crate::NodeId;
use crate::adjacency::Adjacency;
use crate::components::{Component, components};

/// How many steps a search in one component may take: linear in its size, and always enough for a small one.
fn budget(component: &Adjacency) -> usize {
    2 * (component.len() + component.nodes().len()) + 65_536
}

/// Every elementary cycle of a component, each starting with its least node; `None` if there are more than `most`, or
/// too many steps would be needed to find them. (Johnson 1975, with a stack of its own.)
pub(crate) fn elementary_cycles(component: &Adjacency, most: usize) -> Option<Vec<Vec<NodeId>>> {
    let mut budget = budget(component);
    let mut cycles: Vec<Vec<NodeId>> = Vec::new();
    let mut work = vec![(nodes(component).collect::<Vec<_>>(), Cow::Borrowed(component))];
    while let Some((names, inside)) = work.pop() {
        // All cycles through the least node; then that one is left out, and the rest falls into smaller components.
        let before = cycles.len();
        Johnson::new(&inside).cycles(&mut cycles, most, &mut budget)?;
        for node in cycles[before..].iter_mut().flatten() {
            *node = names[node.index()];
        }
        budget = budget.checked_sub(inside.len() + inside.nodes().len())?;
        let rest: Vec<NodeId> = nodes(&inside).skip(1).collect();
        for Component { nodes, inside } in components(&inside, &rest) {
            work.push((nodes.iter().map(|node| names[node.index()]).collect(), Cow::Owned(inside)));
        }
    }
    Some(cycles)
}

/// A shortest cycle through the least node, one through the least node that is on none so far, and so on: at least one,
/// at most `most`. Each starts with its least node.
pub(crate) fn shortest_cycles(component: &Adjacency, most: usize) -> Vec<Vec<NodeId>> {
    let mut budget = budget(component);
    let mut search = Breadth { component, came_from: vec![None; component.len()], queue: Vec::new() };
    let mut covered = vec![false; component.len()];
    let mut cycles = Vec::new();
    for start in nodes(component) {
        if cycles.len() == most || budget == 0 {
            break;
        }
        if covered[start.index()] {
            continue;
        }
        let mut cycle = search.shortest_cycle(start, &mut budget);
        for node in &cycle {
            covered[node.index()] = true;
        }
        let least = (0..cycle.len()).min_by_key(|&place| cycle[place]).unwrap_or_default();
        cycle.rotate_left(least);
        cycles.push(cycle);
    }
    cycles
}

fn nodes(component: &Adjacency) -> impl Iterator<Item = NodeId> + use<> {
    (0..component.len()).map(NodeId::new)
}

/// A search in breadth, which leaves nothing behind but room for the next.
struct Breadth<'a> {
    component: &'a Adjacency,
    came_from: Vec<Option<NodeId>>,
    queue: Vec<NodeId>,
}

impl Breadth<'_> {
    fn shortest_cycle(&mut self, start: NodeId, budget: &mut usize) -> Vec<NodeId> {
        self.queue.push(start);
        // In a component every node is on a cycle, so there is a last one.
        let last = self.last_before(start, budget).unwrap_or(start);
        let mut cycle: Vec<NodeId> = std::iter::successors(Some(last), |node| self.came_from[node.index()]).collect();
        cycle.reverse();
        for node in self.queue.drain(..) {
            self.came_from[node.index()] = None;
        }
        cycle
    }

    fn last_before(&mut self, start: NodeId, budget: &mut usize) -> Option<NodeId> {
        let mut done = 0;
        while let Some(&node) = self.queue.get(done) {
            done += 1;
            for &to in self.component.of(node) {
                *budget = budget.saturating_sub(1);
                if to == start {
                    return Some(node);
                }
                let came_from = &mut self.came_from[to.index()];
                if came_from.is_none() {
                    *came_from = Some(node);
                    self.queue.push(to);
                }
            }
        }
        None
    }
}

/// No entry: there are never so many.
const NONE: u32 = u32::MAX;

/// The search for all elementary cycles through the first node of a component.
struct Johnson<'a> {
    component: &'a Adjacency,
    /// Nodes that reach the start only through the present path, if at all.
    blocked: Vec<bool>,
    /// Whom to unblock with a node: the last of a list.
    waiting: Vec<u32>,
    /// A node that waits, and the entry before in its list.
    entries: Vec<(NodeId, u32)>,
}

impl<'a> Johnson<'a> {
    fn new(component: &'a Adjacency) -> Self {
        let size = component.len();
        Self { component, blocked: vec![false; size], waiting: vec![NONE; size], entries: Vec::new() }
    }

    fn cycles(mut self, cycles: &mut Vec<Vec<NodeId>>, most: usize, budget: &mut usize) -> Option<()> {
        let start = NodeId(0);
        self.blocked[start.index()] = true;
        // For each node on the path: which of its edges is next, and whether a cycle was found beyond it.
        let mut path = vec![(start, 0, false)];
        while let Some((node, next, found)) = path.last_mut() {
            *budget = budget.checked_sub(1)?;
            if let Some(&to) = self.component.of(*node).get(*next) {
                *next += 1;
                if to == start {
                    if cycles.len() == most {
                        return None;
                    }
                    *found = true;
                    cycles.push(path.iter().map(|(node, ..)| *node).collect());
                } else if !std::mem::replace(&mut self.blocked[to.index()], true) {
                    path.push((to, 0, false));
                }
                continue;
            }
            let (node, found) = (*node, *found);
            path.pop();
            if !found {
                for &to in self.component.of(node) {
                    let last = &mut self.waiting[to.index()];
                    self.entries.push((node, *last));
                    *last = NodeId::new(self.entries.len() - 1).0;
                }
                continue;
            }
            self.unblock(node);
            if let Some((.., found)) = path.last_mut() {
                *found = true;
            }
        }
        Some(())
    }

    fn unblock(&mut self, node: NodeId) {
        let mut work = vec![node];
        while let Some(node) = work.pop() {
            if std::mem::take(&mut self.blocked[node.index()]) {
                let mut entry = std::mem::replace(&mut self.waiting[node.index()], NONE);
                while let Some(&(waits, before)) = self.entries.get(entry as usize) {
                    work.push(waits);
                    entry = before;
                }
            }
        }
    }
}
