//! All that is needed to make one resource, without the platform.

use std::sync::Arc;

use score_model::{Path, ResourceUid, Value};
use serde::{Deserialize, Serialize};

use crate::Expr;

/// All that is needed to make one resource, without the platform: what resolution decided, with holes for what only a deployment can know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recipe {
    /// The module that serves.
    pub module: Arc<str>,
    /// The driver, by its name in the registry; empty for the built-in module `workload`, which has none.
    pub driver: Arc<str>,
    /// The number of the driver's schema when this was resolved.
    pub driver_schema: u32,
    /// Whether the driver is pure: evaluated while planning, never observed or destroyed.
    pub pure: bool,
    /// The module's inputs, a map.
    pub inputs: Expr,
    /// What the driver is told beside its inputs, for drivers that ask for it: the context as a map.
    pub context: Option<Expr>,
    /// What the module puts over the driver's outputs: a map, with [`Expr::Own`] for what the driver answered.
    pub outputs: Option<Expr>,
    /// The JSON Schema of the type's outputs: what must come out, and what of it is secret (`writeOnly`).
    pub outputs_schema: Option<Arc<Value>>,
    /// What it depends on directly, whatever made the edge: sorted, each once.
    pub depends_on: Vec<ResourceUid>,
    /// What becomes of it when nobody asks for it any more.
    pub on_unreferenced: Retention,
    /// In which order a replacement goes.
    pub replace: ReplaceOrder,
    /// Inputs that cannot be changed in place.
    pub replace_on: Vec<Path>,
    /// The lane it runs in: nodes of one lane run one at a time, recorded ones first in the order in which they came to be, then new ones, as far as dependencies allow.
    pub lane: Option<Arc<str>>,
}

impl Recipe {
    /// A recipe of a module and its driver, with no inputs and nothing else.
    pub fn new(module: impl Into<Arc<str>>, driver: impl Into<Arc<str>>) -> Self {
        Self {
            module: module.into(),
            driver: driver.into(),
            driver_schema: 0,
            pure: false,
            inputs: Expr::Value(Value::Map(Arc::default())),
            context: None,
            outputs: None,
            outputs_schema: None,
            depends_on: Vec::new(),
            on_unreferenced: Retention::default(),
            replace: ReplaceOrder::default(),
            replace_on: Vec::new(),
            lane: None,
        }
    }

    /// Whether there is a driver to call.
    pub fn has_driver(&self) -> bool {
        !self.driver.is_empty()
    }
}

/// What becomes of an object when nobody asks for it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Retention {
    /// It is destroyed.
    #[default]
    Delete,
    /// It stays, listed as unreferenced.
    Keep,
    /// It leaves state and stays in the world.
    Forget,
    /// A plan that would delete or replace it is refused.
    Protect,
}

/// In which order a replacement goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplaceOrder {
    /// The old object goes before the new one comes.
    #[default]
    DestroyFirst,
    /// The old object goes after the new one, and all that depends on it, have come.
    CreateBeforeDestroy,
}
