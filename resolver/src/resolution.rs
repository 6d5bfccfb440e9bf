//! Resolutions: the graph of resources, each bound to a module.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use score_graph::{Cycles, Dag, GraphBuilder, NodeId};
use score_model::{Path, Place, ResourceUid, Value, Workload};
use serde::{Deserialize, Serialize};

use crate::chunks::Chunks;
use crate::platform::Written;
use crate::{Context, Explanation, Platform, Recipe, Resolver, RuleId};

/// The graph of all resources that some workloads need in one context, each bound to a module.
///
/// Cheap to clone. It keeps the platform it was resolved on.
#[derive(Clone, Debug)]
pub struct Resolution {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) platform: Arc<Platform>,
    pub(crate) context: Context,
    pub(crate) graph: Arc<Dag<ResourceUid, EdgeLabel>>,
    /// In the order of the graph's ids.
    pub(crate) nodes: Chunks<Node>,
    /// Whether a node may be in a [lane](Recipe::lane).
    pub(crate) may_have_lanes: bool,
    /// Who resolved it, where that one had nothing to say about it: who goes on with it would have to say that again.
    pub(crate) resolver: Option<Resolver>,
}

/// One resource, bound to a module.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Node {
    /// Whose it is.
    pub uid: ResourceUid,
    /// Its params as written, a map: where requests are written differently, those of the least requester that wrote any. Params that the type declares secret are marked.
    pub params: Value,
    /// The rule that won; `None` for the built-in module `workload`.
    pub rule: Option<RuleId>,
    /// Who asked for it: sorted, each once. Nobody for workloads.
    pub requested_by: Vec<ResourceUid>,
    /// All that is needed to make it.
    pub recipe: Arc<Recipe>,
    pub(crate) asked: Asked,
    /// How many requests wrote params or metadata.
    pub(crate) given: u32,
}

/// Where a node was asked for by the least of those that asked. Equal to every other, so that equality is about meaning.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// In a Score file: a resource of it, by its place among them, or the workload itself.
    Score { workload: Arc<Workload>, resource: Option<u32> },
    /// In an entry of a module.
    Module { written: Written, at: Path },
    /// Nowhere: it was made in code.
    InCode,
}

impl PartialEq for Asked {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Node {
    /// Where it was asked for by the least of those that asked; `None` for what was built in code.
    pub fn place(&self) -> Option<Place> {
        match &self.asked {
            Asked::Score { workload, resource: Some(place) } => {
                let document = workload.document();
                let path = resource_path(workload, *place)?;
                document.was_written().then(|| document.key_place(&path))
            }
            Asked::Score { workload, resource: None } => workload.place(&["metadata", "name"].into_iter().collect()),
            Asked::Module { written, at } => written.place(at),
            Asked::InCode => None,
        }
    }
}

/// Where the resource of a Score file stands that has this place among them.
pub(crate) fn resource_path(workload: &Workload, place: u32) -> Option<Path> {
    let (name, _) = workload.resources.get_index(place as usize)?;
    Some(["resources", name.as_str()].into_iter().collect())
}

/// What makes an edge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EdgeLabel {
    /// The kind of what makes it.
    pub kind: EdgeKind,
    /// The name by which the target is known there, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Arc<str>>,
}

/// What kind of thing makes an edge. Ordered as the names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EdgeKind {
    /// A module's co-provisioned resource that depends on the current one.
    Coprovision,
    /// A module's dependency.
    Dependency,
    /// Whatever depends on a resource depends on what that brings along.
    Follow,
    /// A reference in params.
    Placeholder,
    /// A Score file's resource.
    Request,
    /// A selector that reads outputs.
    Selector,
}

impl Resolution {
    /// For whom and where it was resolved.
    pub fn context(&self) -> &Context {
        &self.inner.context
    }

    /// The platform it was resolved on.
    pub fn platform(&self) -> &Arc<Platform> {
        &self.inner.platform
    }

    /// What depends on what, and why.
    pub fn graph(&self) -> &Dag<ResourceUid, EdgeLabel> {
        &self.inner.graph
    }

    /// All nodes, in waves: those without open dependencies, sorted by uid, then the next.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &Node> {
        self.inner.graph.order().iter().map(|id| &self.inner.nodes[id.index()])
    }

    /// A resolution made in code: each resource with its recipe, of which `depends_on` makes the edges. What is depended on and not given is left out.
    ///
    /// # Errors
    /// Resources that depend on themselves, directly or through others.
    pub fn from_recipes(
        platform: Arc<Platform>,
        context: Context,
        recipes: impl IntoIterator<Item = (ResourceUid, Recipe)>,
    ) -> Result<Self, Cycles<ResourceUid, EdgeLabel>> {
        let mut recipes: BTreeMap<ResourceUid, Recipe> = recipes.into_iter().collect();
        let given: BTreeSet<ResourceUid> = recipes.keys().cloned().collect();
        let mut builder = GraphBuilder::new();
        given.iter().for_each(|uid| {
            builder.node(uid.clone());
        });
        let mut requested_by: BTreeMap<ResourceUid, Vec<ResourceUid>> = BTreeMap::new();
        for (uid, recipe) in &mut recipes {
            recipe.depends_on = recipe.depends_on.iter().filter_map(|uid| given.get(uid).cloned()).collect();
            recipe.depends_on.sort_unstable();
            recipe.depends_on.dedup();
            for dependency in &recipe.depends_on {
                builder.edge(uid.clone(), dependency.clone(), EdgeKind::Dependency.into());
                requested_by.entry(dependency.clone()).or_default().push(uid.clone());
            }
        }
        let graph = builder.build().into_dag()?;
        let may_have_lanes = recipes.values().any(|recipe| recipe.lane.is_some());
        let nodes = recipes.into_iter().map(|(uid, recipe)| Node {
            params: Value::Null,
            rule: None,
            requested_by: requested_by.remove(&uid).unwrap_or_default(),
            recipe: Arc::new(recipe),
            asked: Asked::InCode,
            given: 0,
            uid,
        });
        let (graph, nodes) = (Arc::new(graph), nodes.collect());
        Ok(Self { inner: Arc::new(Inner { platform, context, graph, nodes, may_have_lanes, resolver: None }) })
    }

    /// The node with this id in the graph.
    pub(crate) fn at(&self, id: NodeId) -> Option<&Node> {
        self.inner.nodes.get(id.index())
    }

    /// The node of this uid.
    pub fn node(&self, uid: &ResourceUid) -> Option<&Node> {
        self.inner.nodes.get(self.inner.graph.id(uid)?.index())
    }

    /// Why this module serves, and why the others do not. Made when asked for. `None` where there is no such node.
    pub fn explain(&self, uid: &ResourceUid) -> Option<Explanation> {
        let node = self.node(uid)?;
        Some(Explanation::new(&self.inner.platform, &self.inner.context, uid, node.rule, &node.recipe.module))
    }
}

impl EdgeLabel {
    /// A label with an alias.
    pub fn named(kind: EdgeKind, alias: impl Into<Arc<str>>) -> Self {
        Self { kind, alias: Some(alias.into()) }
    }
}

impl From<EdgeKind> for EdgeLabel {
    fn from(kind: EdgeKind) -> Self {
        Self { kind, alias: None }
    }
}

impl EdgeKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Coprovision, Self::Dependency, Self::Follow, Self::Placeholder, Self::Request, Self::Selector];

    /// The name, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Coprovision => "coprovision",
            Self::Dependency => "dependency",
            Self::Follow => "follow",
            Self::Placeholder => "placeholder",
            Self::Request => "request",
            Self::Selector => "selector",
        }
    }
}

impl fmt::Display for EdgeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
