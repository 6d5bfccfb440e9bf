//! What a resolution comes to, as far as that can be told without calling a driver.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use score_model::{Map, Path, ResourceUid, Value};

use crate::{DriverCatalogue, Expr, Guid, Holes, Node, Resolution};

/// The inputs and outputs of nodes, each added after what it depends on.
pub(crate) struct Foreseen<'a> {
    drivers: &'a DriverCatalogue,
    nodes: FxHashMap<&'a ResourceUid, Foresight>,
}

/// What one node comes to. What is not known is [`Value::Unknown`].
pub(crate) struct Foresight {
    pub(crate) inputs: Value,
    /// What the driver is told beside its inputs, where it asks for that.
    pub(crate) context: Value,
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

    /// Adds a node, which has this guid, if any. What its driver answers is asked for, given the inputs and the context, where it does not follow from the inputs.
    pub(crate) fn add(
        &mut self,
        node: &'a Node,
        guid: Option<&Guid>,
        own: impl FnOnce(&Value, &Value) -> Value,
    ) -> &Foresight {
        let recipe = &node.recipe;
        let known = |own| Known { nodes: &self.nodes, guid, own };
        let inputs = known(None).fill(&recipe.inputs);
        let context = recipe.context.as_ref().map(|context| known(None).fill(context)).unwrap_or_default();
        let passed = self.drivers.get(&recipe.driver).and_then(|info| info.passed(&inputs));
        let own = passed.unwrap_or_else(|| own(&inputs, &context));
        let outputs = match recipe.outputs.as_ref().map(|outputs| known(Some(&own)).fill(outputs)) {
            Some(Value::Map(over)) => {
                let mut outputs: Map = own.as_map().cloned().unwrap_or_default();
                outputs.extend(over.iter().map(|(key, value)| (key.clone(), value.clone())));
                Value::from(outputs)
            }
            _ => own.clone(),
        };
        self.nodes.entry(&node.uid).insert_entry(Foresight { inputs, context, own, outputs }).into_mut()
    }
}

struct Known<'n, 'a> {
    nodes: &'n FxHashMap<&'a ResourceUid, Foresight>,
    guid: Option<&'n Guid>,
    own: Option<&'n Value>,
}

impl Known<'_, '_> {
    fn fill(&self, expr: &Expr) -> Value {
        // Nothing counts as missing.
        expr.eval(self).unwrap_or(Value::Unknown)
    }
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
        self.own.cloned()
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
