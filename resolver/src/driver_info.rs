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
    /// JSON Schema of its inputs; `writeOnly` marks secrets, and `writeOnly: false`, written out, what no secret may get into, such as an argument list. `None`: any map.
    pub inputs: Option<Arc<Value>>,
    /// JSON Schema of its outputs; `writeOnly` marks secrets. `None`: any map.
    pub outputs: Option<Arc<Value>>,
    /// For drivers whose outputs are known to be their inputs (`static`): the keys that are taken out. All others pass under their names, and what lies below a key taken out stands beside them:
    /// with `secrets`, inputs `{a, secrets: {b}}` give outputs `{a, b}`.
    pub passes_inputs_except: Option<Arc<[Arc<str>]>>,
}

impl DriverInfo {
    /// A driver with these capabilities, schema number 0 and open schemas.
    pub fn new(capabilities: Capabilities) -> Self {
        Self { capabilities, ..Self::default() }
    }

    /// With another schema number.
    #[must_use]
    pub fn schema(mut self, number: u32) -> Self {
        self.schema = number;
        self
    }

    /// With this JSON Schema of the inputs.
    #[must_use]
    pub fn inputs(mut self, schema: impl Into<Value>) -> Self {
        self.inputs = Some(Arc::new(schema.into()));
        self
    }

    /// With this JSON Schema of the outputs.
    #[must_use]
    pub fn outputs(mut self, schema: impl Into<Value>) -> Self {
        self.outputs = Some(Arc::new(schema.into()));
        self
    }

    /// With outputs that are the inputs, but for these keys.
    #[must_use]
    pub fn passes_inputs_except<K: Into<Arc<str>>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.passes_inputs_except = Some(keys.into_iter().map(Into::into).collect());
        self
    }

    /// What is known of the outputs that come of these inputs, where outputs are inputs.
    pub(crate) fn passed(&self, inputs: &Value) -> Option<Value> {
        let except = self.passes_inputs_except.as_ref()?;
        let (below, beside): (Vec<_>, Vec<_>) = inputs.as_map()?.iter().partition(|(key, _)| except.contains(key));
        let below = below.into_iter().filter_map(|(_, value)| value.as_map()).flatten();
        Some(Value::map(beside.into_iter().chain(below).map(|(key, value)| (key.clone(), value.clone()))))
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

    /// Also [`plan`](Self#structfield.plan).
    #[must_use]
    pub const fn plan(self) -> Self {
        Self { plan: true, ..self }
    }

    /// Also [`destroy`](Self#structfield.destroy).
    #[must_use]
    pub const fn destroy(self) -> Self {
        Self { destroy: true, ..self }
    }

    /// Also [`observe`](Self#structfield.observe).
    #[must_use]
    pub const fn observe(self) -> Self {
        Self { observe: true, ..self }
    }

    /// Also [`import`](Self#structfield.import).
    #[must_use]
    pub const fn import(self) -> Self {
        Self { import: true, ..self }
    }

    /// Also [`validate`](Self#structfield.validate).
    #[must_use]
    pub const fn validate(self) -> Self {
        Self { validate: true, ..self }
    }

    /// Also [`context`](Self#structfield.context).
    #[must_use]
    pub const fn context(self) -> Self {
        Self { context: true, ..self }
    }
}
