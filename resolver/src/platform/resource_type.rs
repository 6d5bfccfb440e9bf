//! Resource types: what may be asked for.

use std::sync::Arc;

use indexmap::IndexMap;
use score_model::Value;

use super::Written;

/// One kind of thing that may be asked for: its params, its outputs, who may ask.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct ResourceType {
    /// What it is, for people.
    pub description: Option<Arc<str>>,
    /// JSON Schema of its params; `writeOnly` marks secrets. `None`: any map.
    pub params: Option<Arc<Value>>,
    /// JSON Schema of its outputs; `writeOnly` marks secrets. `None`: any map.
    pub outputs: Option<Arc<Value>>,
    /// The classes that there are, each with its description. `None`: any class.
    pub classes: Option<IndexMap<Arc<str>, Arc<str>>>,
    /// Who may ask for it.
    pub requested_by: RequestedBy,
    /// Whether a platform must serve it in every context.
    pub required: bool,
    pub(crate) written: Written,
}

/// Who may ask for a resource type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum RequestedBy {
    /// Score files and modules.
    #[default]
    Developers,
    /// Modules only.
    Modules,
}

impl ResourceType {
    /// A type with any params, outputs and classes.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a description.
    #[must_use]
    pub fn description(mut self, text: impl Into<Arc<str>>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// With a JSON Schema of its params.
    #[must_use]
    pub fn params(mut self, schema: impl Into<Value>) -> Self {
        self.params = Some(Arc::new(schema.into()));
        self
    }

    /// With a JSON Schema of its outputs.
    #[must_use]
    pub fn outputs(mut self, schema: impl Into<Value>) -> Self {
        self.outputs = Some(Arc::new(schema.into()));
        self
    }

    /// With one class more; from the first on, no others exist.
    #[must_use]
    pub fn class(mut self, name: impl Into<Arc<str>>, description: impl Into<Arc<str>>) -> Self {
        self.classes.get_or_insert_default().insert(name.into(), description.into());
        self
    }

    /// Only modules may ask for it.
    #[must_use]
    pub fn for_modules(mut self) -> Self {
        self.requested_by = RequestedBy::Modules;
        self
    }

    /// A platform must serve it in every context.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Whether there is such a class.
    pub fn has_class(&self, class: &str) -> bool {
        self.classes.as_ref().is_none_or(|classes| classes.contains_key(class))
    }
}
