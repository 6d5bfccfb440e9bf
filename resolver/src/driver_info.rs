//! What is known of drivers without calling them.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::Value;

/// The drivers that there are, by name: what resolution and plan read of a registry.
pub type DriverCatalogue = BTreeMap<Arc<str>, DriverInfo>;

/// What is known of a driver without calling it. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct DriverInfo {
    /// The number of its schema: raised when the same inputs would make something else. Objects recorded with another number are applied again.
    pub schema: u32,
    /// What it can do.
    pub capabilities: Capabilities,
    /// JSON Schema of its inputs; `writeOnly` marks secrets. `None`: any map.
    pub inputs: Option<Arc<Value>>,
    /// JSON Schema of its outputs; `writeOnly` marks secrets. `None`: any map.
    pub outputs: Option<Arc<Value>>,
    /// The inputs that become the outputs under the same names, for drivers of which that is known without a call: these keys are taken out, all others pass.
    pub passes_inputs_except: Option<Arc<[Arc<str>]>>,
}

impl DriverInfo {
    /// A driver with these capabilities, schema number 0 and open schemas.
    pub fn new(capabilities: Capabilities) -> Self {
        Self { capabilities, ..Self::default() }
    }
}

/// What a driver can do. What it cannot do is never asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capabilities {
    /// It touches nothing outside: evaluated while planning, never observed, imported or destroyed.
    pub pure: bool,
    /// It tells beforehand what an apply will give ([`PlanRequest`](crate::PlanRequest)).
    pub plan: bool,
    /// It destroys what it made. Without this, destroying is forgetting.
    pub destroy: bool,
    /// It tells what there is in the world.
    pub observe: bool,
    /// It adopts what exists.
    pub import: bool,
    /// It checks inputs beyond their schema.
    pub validate: bool,
    /// It is told the context beside its inputs.
    pub context: bool,
}

impl Capabilities {
    /// Touches nothing outside.
    pub const PURE: Self = Self {
        pure: true,
        plan: false,
        destroy: false,
        observe: false,
        import: false,
        validate: false,
        context: false,
    };
}
