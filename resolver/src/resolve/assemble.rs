//! Phases three and four: what holes read are edges, and cycles are looked for.

use std::mem;
use std::sync::Arc;

use score_graph::{Dag, Graph};
use score_model::{Diagnostics, Path, Place, ResourceUid, Value};

use super::cycles;
use super::draft::{Draft, Origin};
use super::expansion::Structure;
use crate::chunks::Chunks;
use crate::resolution::Node;
use crate::{EdgeLabel, Recipe, RuleId};

/// The graph of a structure and its nodes in the order of their uids; `None` where there are cycles, or nodes that nothing serves.
pub(super) fn assemble(
    mut structure: Structure<'_>,
    mut recipes: Vec<Option<Arc<Recipe>>>,
    diagnostics: &mut Diagnostics,
) -> Option<(Dag<ResourceUid, EdgeLabel>, Chunks<Node>)> {
    let order = structure.in_order_of_uids();
    let mut uids = Vec::with_capacity(order.len());
    let drafts = mem::take(&mut structure.drafts).into_iter();
    let bound = drafts.map(|draft| {
        let (uid, bound) = Bound::new(draft, &mut structure);
        uids.push(Some(uid));
        bound
    });
    let mut drafts: Vec<Bound<'_>> = bound.collect();
    drafts.shrink_to_fit();
    let (edges, asked) = (mem::take(&mut structure.edges), mem::take(&mut structure.asked));
    // The rest is not needed beside all that comes now.
    drop(structure);
    let mut rank = vec![0_u32; drafts.len()];
    for (place, number) in (0..).zip(&order) {
        rank[*number as usize] = place;
    }
    let rank = |number: u32| rank[number as usize];
    let keys: Vec<ResourceUid> = order.iter().filter_map(|number| uids[*number as usize].take()).collect();
    drop(uids);
    let edges = edges.into_iter().map(|(from, to, label)| (rank(from) as usize, rank(to) as usize, label));
    // Numbers are those of different uids.
    let graph = Graph::from_numbered(keys, edges).ok()?;
    let graph = match graph.into_dag() {
        Ok(graph) => graph,
        Err(found) => {
            let place = |uid: &ResourceUid| -> Option<Place> {
                let place = found.graph().keys().binary_search(uid).ok()?;
                drafts[order[place] as usize].origin.key_place(&Path::root())
            };
            diagnostics.append(cycles::problems(&found, place));
            return None;
        }
    };
    let mut requests = Requests::new(drafts.len(), asked.iter().map(|(number, by)| (rank(*number), rank(*by))));
    drop(asked);
    let mut nodes = Chunks::new();
    for (id, number) in graph.ids().zip(&order) {
        let draft = &mut drafts[*number as usize];
        let mut recipe = recipes.get_mut(*number as usize)?.take()?;
        if let Some(recipe) = Arc::get_mut(&mut recipe) {
            recipe.depends_on = graph.dependencies(id).iter().map(|id| graph[*id].clone()).collect();
        }
        nodes.push(Node {
            given: draft.given,
            uid: graph[id].clone(),
            params: mem::take(&mut draft.params),
            rule: draft.rule,
            requested_by: requests.of(id.index()).iter().map(|by| graph.keys()[*by as usize].clone()).collect(),
            recipe,
            asked: draft.origin.keep(),
        });
    }
    Some((graph, nodes))
}

/// Who asked for each node.
struct Requests {
    /// Where those of each node begin, and of the last also where they end.
    starts: Vec<u32>,
    by: Vec<u32>,
}

impl Requests {
    /// From pairs of a node and of what asked for it. Linear, whatever their order.
    fn new(count: usize, asked: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0_u32; count + 1];
        for (number, _) in asked.clone() {
            starts[number as usize + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut by = vec![0_u32; sum as usize];
        // While they are put in, each start is the end of what is there.
        let mut ends = starts.clone();
        for (number, asker) in asked {
            let end = &mut ends[number as usize];
            by[*end as usize] = asker;
            *end += 1;
        }
        Self { starts, by }
    }

    /// Each once, in order.
    fn of(&mut self, number: usize) -> &[u32] {
        let own = &mut self.by[self.starts[number] as usize..self.starts[number + 1] as usize];
        own.sort_unstable();
        let mut different = own.len().min(1);
        for at in 1..own.len() {
            if own[at] != own[different - 1] {
                own[different] = own[at];
                different += 1;
            }
        }
        &own[..different]
    }
}

/// What is kept of a draft beside its uid and its recipe.
struct Bound<'a> {
    params: Value,
    rule: Option<RuleId>,
    origin: Origin<'a>,
    given: u32,
}

impl<'a> Bound<'a> {
    fn new(draft: Draft<'a>, structure: &mut Structure<'a>) -> (ResourceUid, Self) {
        let given = structure.given.all(&draft).count() as u32;
        let written = structure.given.take_written(&draft).unwrap_or_else(|| structure.no_params());
        let params = concealed_params(&draft, written);
        (draft.uid, Self { params, rule: draft.served.rule(), origin: draft.origin, given })
    }
}

/// A node's params as written, those that the type calls secret marked.
pub(super) fn concealed_params(draft: &Draft<'_>, written: Value) -> Value {
    let mut params = written;
    let of_module = draft.module().and_then(|module| module.params.as_ref());
    for schema in [draft.ty.program.params.as_ref(), of_module].into_iter().flatten() {
        params = schema.conceal(params);
    }
    params
}
