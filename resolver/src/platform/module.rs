//! Modules: ways to provide a resource type.

use std::sync::Arc;

use indexmap::IndexMap;
use score_model::{Path, Place, Value};

use super::Written;
use crate::{ReplaceOrder, Retention};

/// One way to provide a resource type: a driver, what goes into it, what else is needed for it.
///
/// Texts in [`inputs`](Self::inputs), [`outputs`](Self::outputs) and entries may contain expressions (`${…}`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Module {
    /// The type it provides.
    pub ty: Arc<str>,
    /// What it is, for people.
    pub description: Option<Arc<str>>,
    /// The name of the driver; empty for none.
    pub driver: Arc<str>,
    /// What goes into the driver: a map.
    pub inputs: Value,
    /// JSON Schema that narrows the type's params. `None`: what the type takes.
    pub params: Option<Arc<Value>>,
    /// What goes over the driver's outputs: a map.
    pub outputs: Option<Value>,
    /// Other resources it depends on, by alias.
    pub dependencies: IndexMap<Arc<str>, Entry>,
    /// Other resources it brings along.
    pub coprovision: Vec<Coprovision>,
    /// What becomes of what it made when nobody asks for it any more.
    pub on_unreferenced: Retention,
    /// In which order a replacement goes.
    pub replace: ReplaceOrder,
    /// Inputs that cannot be changed in place.
    pub replace_on: Vec<Path>,
    /// What it shares with others: the name of a document to which each adds its part. They are made one at a time. `None`: nothing.
    pub lane: Option<Arc<str>>,
    /// Whether it is an entry of a provisioner file, named by its uri.
    pub(crate) from_entry: bool,
    /// Whether it gives the variables of the environment that others read.
    pub(crate) reads_environment: bool,
    pub(crate) written: Written,
}

/// A request that a module makes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The type asked for.
    pub ty: Arc<str>,
    /// The class, `@` for that of the current resource. `None`: `default`; for a workload: whatever its class is.
    pub class: Option<Arc<str>>,
    /// The id, `@` for that of the current resource. `None`: that of the current resource.
    pub id: Option<Arc<str>>,
    /// Its params, a map.
    pub params: Option<Value>,
}

/// A resource that a module brings along.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Coprovision {
    /// What is asked for.
    pub entry: Entry,
    /// Whether it depends on the current resource.
    pub depends_on_this: bool,
    /// Whether all that depends on the current resource depends on it too.
    pub dependents_follow: bool,
}

impl Module {
    /// A module that provides `ty` by the driver of this name.
    pub fn new(ty: impl Into<Arc<str>>, driver: impl Into<Arc<str>>) -> Self {
        Self {
            ty: ty.into(),
            description: None,
            driver: driver.into(),
            inputs: Value::Map(Arc::default()),
            params: None,
            outputs: None,
            dependencies: IndexMap::new(),
            coprovision: Vec::new(),
            on_unreferenced: Retention::default(),
            replace: ReplaceOrder::default(),
            replace_on: Vec::new(),
            lane: None,
            from_entry: false,
            reads_environment: false,
            written: Written::default(),
        }
    }

    /// With a description.
    #[must_use]
    pub fn description(mut self, text: impl Into<Arc<str>>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// With these inputs, a map.
    #[must_use]
    pub fn inputs(mut self, inputs: impl Into<Value>) -> Self {
        self.inputs = inputs.into();
        self
    }

    /// With a JSON Schema that narrows the type's params.
    #[must_use]
    pub fn params(mut self, schema: impl Into<Value>) -> Self {
        self.params = Some(Arc::new(schema.into()));
        self
    }

    /// With these outputs over those of the driver, a map.
    #[must_use]
    pub fn outputs(mut self, outputs: impl Into<Value>) -> Self {
        self.outputs = Some(outputs.into());
        self
    }

    /// With one dependency more.
    #[must_use]
    pub fn dependency(mut self, alias: impl Into<Arc<str>>, entry: Entry) -> Self {
        self.dependencies.insert(alias.into(), entry);
        self
    }

    /// With one co-provisioned resource more.
    #[must_use]
    pub fn coprovision(mut self, coprovision: Coprovision) -> Self {
        self.coprovision.push(coprovision);
        self
    }

    /// With another retention.
    #[must_use]
    pub fn on_unreferenced(mut self, retention: Retention) -> Self {
        self.on_unreferenced = retention;
        self
    }

    /// With another order of replacement.
    #[must_use]
    pub fn replace(mut self, order: ReplaceOrder) -> Self {
        self.replace = order;
        self
    }

    /// With one input more that cannot be changed in place.
    #[must_use]
    pub fn replace_on(mut self, input: Path) -> Self {
        self.replace_on.push(input);
        self
    }

    /// With a document that it shares with others in this lane.
    #[must_use]
    pub fn lane(mut self, name: impl Into<Arc<str>>) -> Self {
        self.lane = Some(name.into());
        self
    }

    /// Where it was written; `None` if it was built in code.
    pub fn place(&self) -> Option<Place> {
        self.written.key_place(&Path::root())
    }

    /// Where the input at `path` was written, or what it is a part of; `None` if it was built in code.
    pub fn input_place(&self, path: &Path) -> Option<Place> {
        self.written.place(&Path::root().child("inputs").join(path))
    }
}

impl Entry {
    /// A request for this type, class `default`, id of the current resource.
    pub fn new(ty: impl Into<Arc<str>>) -> Self {
        Self { ty: ty.into(), class: None, id: None, params: None }
    }

    /// For this class.
    #[must_use]
    pub fn class(mut self, class: impl Into<Arc<str>>) -> Self {
        self.class = Some(class.into());
        self
    }

    /// For this id.
    #[must_use]
    pub fn id(mut self, id: impl Into<Arc<str>>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// With these params, a map.
    #[must_use]
    pub fn params(mut self, params: impl Into<Value>) -> Self {
        self.params = Some(params.into());
        self
    }
}

impl Coprovision {
    /// Brings this along, without any edge.
    pub fn new(entry: Entry) -> Self {
        Self { entry, depends_on_this: false, dependents_follow: false }
    }

    /// It depends on the current resource.
    #[must_use]
    pub fn depends_on_this(mut self) -> Self {
        self.depends_on_this = true;
        self
    }

    /// All that depends on the current resource depends on it too.
    #[must_use]
    pub fn dependents_follow(mut self) -> Self {
        self.dependents_follow = true;
        self
    }
}
