//! Selectors: evaluated on the grown structure, without the edges that selectors make.

use std::cell::OnceCell;

use rustc_hash::FxHashSet;

use super::expansion::Structure;
use crate::Expr;
use crate::expression::{Part, Selector};

/// Who depends on whom in the grown structure, both ways.
#[derive(Default)]
pub(super) struct Neighbours {
    dependencies: Vec<Vec<u32>>,
    consumers: Vec<Vec<u32>>,
}

/// Made once, when the first selector is evaluated.
pub(super) type LazyNeighbours = OnceCell<Neighbours>;

impl Structure<'_> {
    fn neighbours(&self) -> &Neighbours {
        self.neighbours.get_or_init(|| {
            let mut found = Neighbours {
                dependencies: vec![Vec::new(); self.drafts.len()],
                consumers: vec![Vec::new(); self.drafts.len()],
            };
            for (from, to, _) in &self.edges {
                found.dependencies[*from as usize].push(*to);
                found.consumers[*to as usize].push(*from);
            }
            found
        })
    }

    /// A list, in the order of uids, of what the selector takes of each resource that it finds.
    pub(super) fn select(&self, number: u32, selector: &Selector) -> Expr {
        let null = || Expr::Value(score_model::Value::Null);
        let found = self.selected(number, selector);
        Expr::list(found.into_iter().map(|found| match selector.part {
            Part::Outputs => {
                let of = self.drafts[found as usize].uid.clone();
                Expr::Output { of, path: selector.path.clone(), or_null: true }
            }
            Part::Params => self.params(found).get(&selector.path).unwrap_or_else(null),
        }))
    }

    fn selected(&self, number: u32, selector: &Selector) -> Vec<u32> {
        let current = &self.drafts[number as usize].uid;
        let neighbours = self.neighbours();
        let mut at = vec![number];
        for step in &selector.steps {
            let edges = if step.axis.is_upward() { &neighbours.consumers } else { &neighbours.dependencies };
            let mut reached: FxHashSet<u32> = FxHashSet::default();
            let mut open = at;
            while let Some(node) = open.pop() {
                for next in &edges[node as usize] {
                    if reached.insert(*next) && step.axis.is_transitive() {
                        open.push(*next);
                    }
                }
            }
            at = reached.into_iter().filter(|node| step.holds(&self.drafts[*node as usize].uid, current)).collect();
        }
        at.retain(|node| *node != number);
        at.sort_by(|a, b| self.drafts[*a as usize].uid.cmp(&self.drafts[*b as usize].uid));
        at
    }
}
