//! Selectors: evaluated on the grown structure, without the edges that selectors make.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use score_graph::{Dag, Graph, NodeId};
use score_model::{ResourceUid, Value};

use super::expansion::Structure;
use crate::Expr;
use crate::expression::{Part, Selector, Step};

/// Who depends on whom in the grown structure, and what selectors found there.
pub(super) struct Surroundings {
    graph: Surrounding,
    /// In the order of the drafts' numbers, which are the keys of the graph.
    ids: Vec<NodeId>,
    found: RefCell<FxHashMap<Asked, Found>>,
}

/// Which selector, and where `@` stands for it, the class of the current resource.
type Asked = (*const Selector, Option<Arc<str>>);

enum Surrounding {
    Sound(Dag<u32, ()>),
    /// That is reported later; until then selectors find what they find.
    Cyclic(Graph<u32, ()>),
}

/// Made once, when the first selector is evaluated.
pub(super) type LazySurroundings = OnceCell<Surroundings>;

/// What is known of a selector.
struct Found {
    /// How many edges the searches from single resources have gone along.
    gone: usize,
    /// With how many it is tried to find out everything at once.
    patience: usize,
    /// What it finds from each resource, by number.
    everywhere: Option<Vec<Rc<[u32]>>>,
}

impl Structure<'_> {
    fn surroundings(&self) -> &Surroundings {
        self.surroundings.get_or_init(|| {
            let edges = self.edges.iter().map(|(from, to, _)| (*from as usize, *to as usize, ()));
            // Numbers differ and are sorted, and edges are between them.
            let graph = Graph::from_numbered((0..self.drafts.len() as u32).collect(), edges);
            let graph = graph.unwrap_or_else(|_| score_graph::GraphBuilder::new().build());
            let ids = graph.ids().collect();
            let graph = match graph.into_dag() {
                Ok(dag) => Surrounding::Sound(dag),
                Err(cycles) => Surrounding::Cyclic(cycles.into_graph()),
            };
            Surroundings { graph, ids, found: RefCell::default() }
        })
    }

    /// A list, in the order of uids, of what the selector takes of each resource that it finds.
    pub(super) fn select(&self, number: u32, selector: &Selector) -> Expr {
        let null = || Expr::Value(Value::Null);
        let found = self.selected(number, selector);
        Expr::list(found.into_iter().map(|found| match selector.part {
            Part::Outputs => {
                let of = self.drafts[found as usize].uid.clone();
                Expr::Output { of, path: selector.path.clone(), or_null: true }
            }
            Part::Params => self.params(found).get(&selector.path).unwrap_or_else(null),
        }))
    }

    /// Searches from one resource after the other; when these have gone along as many edges as finding out everything at once is allowed to look at, that is tried, and tried again with twice as many.
    /// So selectors that find little cost little, however many resources ask and however far they look.
    fn selected(&self, number: u32, selector: &Selector) -> Vec<u32> {
        let around = self.surroundings();
        let class = selector.steps.iter().any(|step| step.class.as_deref() == Some("@"));
        let class = class.then(|| Arc::from(self.uid(number).class()));
        let mut known = around.found.borrow_mut();
        let known = known.entry((std::ptr::from_ref(selector), class)).or_insert_with(|| {
            let graph = around.graph();
            Found { gone: 0, patience: graph.len() + graph.edge_count(), everywhere: None }
        });
        if known.everywhere.is_none() && known.gone >= known.patience {
            known.everywhere = self.everywhere(selector, self.uid(number), known.patience);
            known.patience *= 2;
        }
        let mut found = match known.everywhere.as_ref().and_then(|sets| sets.get(number as usize)) {
            Some(found) => found.to_vec(),
            None => self.search(number, selector, &mut known.gone),
        };
        found.retain(|node| *node != number);
        found.sort_unstable_by(|a, b| self.uid(*a).cmp(self.uid(*b)));
        found
    }

    fn uid(&self, number: u32) -> &ResourceUid {
        &self.drafts[number as usize].uid
    }

    /// What the selector finds from one resource, in any order.
    fn search(&self, number: u32, selector: &Selector, gone: &mut usize) -> Vec<u32> {
        let (around, current) = (self.surroundings(), self.uid(number));
        let mut at = vec![number];
        for step in &selector.steps {
            let mut reached: FxHashSet<u32> = FxHashSet::default();
            let mut open = at;
            while let Some(node) = open.pop() {
                for next in around.next(step, node) {
                    *gone += 1;
                    if reached.insert(next) && step.axis.is_transitive() {
                        open.push(next);
                    }
                }
            }
            at = reached.into_iter().filter(|node| step.holds(self.uid(*node), current)).collect();
        }
        at
    }

    /// What the selector finds from each resource of the class of `current`: the last step first, and each resource after those that it leads to. `None` where there are cycles, where `@` stands for an id, or where
    /// more than `patience` edges and resources would have to be looked at.
    fn everywhere(&self, selector: &Selector, current: &ResourceUid, mut patience: usize) -> Option<Vec<Rc<[u32]>>> {
        let around = self.surroundings();
        let Surrounding::Sound(dag) = &around.graph else { return None };
        if selector.steps.iter().any(|step| step.id.as_deref() == Some("@")) {
            return None;
        }
        let nothing: Rc<[u32]> = Rc::default();
        let mut beyond: Option<Vec<Rc<[u32]>>> = None;
        for step in selector.steps.iter().rev() {
            let holds: Vec<bool> = self.drafts.iter().map(|draft| step.holds(&draft.uid, current)).collect();
            let mut sets = vec![nothing.clone(); self.drafts.len()];
            let mut visit = |id: &NodeId| -> Option<()> {
                let mut union = Union::default();
                for next in around.next(step, dag[*id]) {
                    patience = patience.checked_sub(1)?;
                    match &beyond {
                        Some(beyond) if holds[next as usize] => union.add(&beyond[next as usize]),
                        None if holds[next as usize] => union.members.push(next),
                        _ => {}
                    }
                    if step.axis.is_transitive() {
                        union.add(&sets[next as usize]);
                    }
                }
                patience = patience.checked_sub(union.size())?;
                sets[dag[*id] as usize] = union.into_set();
                Some(())
            };
            if step.axis.is_upward() {
                dag.order().iter().rev().try_for_each(&mut visit)?;
            } else {
                dag.order().iter().try_for_each(&mut visit)?;
            }
            beyond = Some(sets);
        }
        beyond
    }
}

impl Surroundings {
    fn graph(&self) -> &Graph<u32, ()> {
        match &self.graph {
            Surrounding::Sound(dag) => dag,
            Surrounding::Cyclic(graph) => graph,
        }
    }

    /// The resources to which a step leads directly.
    fn next(&self, step: &Step, node: u32) -> impl Iterator<Item = u32> {
        let graph = self.graph();
        let next = match self.ids.get(node as usize) {
            Some(id) if step.axis.is_upward() => graph.dependents(*id),
            Some(id) => graph.dependencies(*id),
            None => &[],
        };
        next.iter().map(|id| graph[*id])
    }
}

/// A set that is made of others, and shared with one of them where it says the same.
#[derive(Default)]
struct Union {
    parts: Vec<Rc<[u32]>>,
    members: Vec<u32>,
}

impl Union {
    fn add(&mut self, part: &Rc<[u32]>) {
        if !part.is_empty() && self.parts.last().is_none_or(|last| !Rc::ptr_eq(last, part)) {
            self.parts.push(part.clone());
        }
    }

    /// How many members must be looked at to know it.
    fn size(&self) -> usize {
        match self.parts.as_slice() {
            [_] if self.members.is_empty() => 0,
            parts => self.members.len() + parts.iter().map(|part| part.len()).sum::<usize>(),
        }
    }

    fn into_set(self) -> Rc<[u32]> {
        let Self { parts, mut members } = self;
        if let ([only], []) = (parts.as_slice(), members.as_slice()) {
            return only.clone();
        }
        members.extend(parts.iter().flat_map(|part| part.iter()));
        members.sort_unstable();
        members.dedup();
        match parts.into_iter().find(|part| part.len() == members.len()) {
            Some(same) => same,
            None => members.into(),
        }
    }
}
