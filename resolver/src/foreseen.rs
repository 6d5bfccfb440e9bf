//! What a resolution comes to, as far as that can be told without calling a driver.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_model::{Map, Path, ResourceUid, Value};

use crate::outputs::overlaid;
use crate::{DriverCatalogue, Expr, Guid, Holes, Node, Resolution};

/// The inputs and outputs of nodes, each added after what it depends on.
pub(crate) struct Foreseen<'a> {
    drivers: &'a DriverCatalogue,
    nodes: FxHashMap<&'a ResourceUid, Foresight>,
}

/// What a driver is told. What is not known is [`Value::Unknown`].
pub(crate) struct Told {
    pub(crate) inputs: Value,
    /// What it is told beside its inputs, where it asks for that.
    pub(crate) context: Value,
}

/// What one node comes to.
pub(crate) struct Foresight {
    pub(crate) told: Told,
    /// What its driver answers.
    pub(crate) own: Value,
    pub(crate) outputs: Value,
}

impl<'a> Foreseen<'a> {
    pub(crate) fn new(drivers: &'a DriverCatalogue) -> Self {
        Self { drivers, nodes: FxHashMap::default() }
    }

    pub(crate) fn get(&self, uid: &ResourceUid) -> Option<&Foresight> {
        self.nodes.get(uid)
    }

    /// What the driver of a node is told, which has this guid, if any.
    pub(crate) fn told(&self, node: &Node, guid: Option<&Guid>) -> Told {
        let known = Known { nodes: &self.nodes, guid };
        // Nothing counts as missing.
        let fill = |expr: &Expr| expr.eval(&known).unwrap_or(Value::Unknown);
        Told { inputs: fill(&node.recipe.inputs), context: node.recipe.context.as_ref().map(fill).unwrap_or_default() }
    }

    /// Adds a node of which the driver is told this. `own` says what it answers where that does not follow from its inputs.
    pub(crate) fn add(
        &mut self,
        node: &'a Node,
        guid: Option<&Guid>,
        told: Told,
        own: impl FnOnce() -> Value,
    ) -> &Foresight {
        let driver = self.drivers.get(&node.recipe.driver);
        let own = driver.and_then(|info| info.passed(&told.inputs)).unwrap_or_else(own);
        let known = Known { nodes: &self.nodes, guid };
        let outputs = overlaid(&node.recipe, &own, &known).unwrap_or_else(|_| own.clone());
        self.nodes.entry(&node.uid).insert_entry(Foresight { told, own, outputs }).into_mut()
    }
}

struct Known<'n, 'a> {
    nodes: &'n FxHashMap<&'a ResourceUid, Foresight>,
    guid: Option<&'n Guid>,
}

impl Holes for Known<'_, '_> {
    fn outputs(&self, of: &ResourceUid) -> Option<Value> {
        self.nodes.get(of).map(|foresight| foresight.outputs.clone())
    }

    fn has_more_outputs(&self, _: &ResourceUid) -> bool {
        true
    }

    fn artefacts(&self, _: &str) -> Option<Value> {
        None
    }

    fn guid(&self) -> Option<Guid> {
        self.guid.cloned()
    }

    fn own(&self) -> Option<Value> {
        None
    }
}

/// Which outputs of each resource are read in some resolutions.
#[derive(Default)]
pub(crate) struct Read(BTreeMap<ResourceUid, BTreeSet<Path>>);

impl Read {
    /// Notes what is read in a resolution; `known_as` gives the uid under which it is noted.
    pub(crate) fn note<'a>(
        &mut self,
        resolution: &'a Resolution,
        known_as: impl Fn(&'a ResourceUid) -> &'a ResourceUid,
    ) {
        for node in resolution.nodes() {
            let recipe = &node.recipe;
            for expr in [&recipe.inputs].into_iter().chain(&recipe.outputs).chain(&recipe.context) {
                expr.visit(&mut |expr| {
                    let (of, path) = match expr {
                        Expr::Output { of, path, .. } => (of, path),
                        Expr::Own(path) => (&node.uid, path),
                        _ => return,
                    };
                    if !path.is_root() {
                        self.0.entry(known_as(of).clone()).or_default().insert(path.clone());
                    }
                });
            }
        }
    }

    /// Outputs that stand for those that a resource has, whatever they are: different ones differ, and the same ones are the same each time.
    pub(crate) fn stand_ins(&self, uid: &ResourceUid) -> Value {
        let paths = self.0.get(uid).into_iter().flatten();
        paths.fold(Value::Map(Arc::default()), |outputs, path| {
            put(&outputs, path.keys(), Value::from(format!("{uid}: {path}")))
        })
    }
}

/// The value with another one at a path.
fn put(value: &Value, path: &[Arc<str>], leaf: Value) -> Value {
    let Some((first, rest)) = path.split_first() else { return leaf };
    let mut map: Map = value.as_map().cloned().unwrap_or_default();
    let below = put(map.get(first).unwrap_or(&Value::Null), rest, leaf);
    map.insert(first.clone(), below);
    Value::from(map)
}
