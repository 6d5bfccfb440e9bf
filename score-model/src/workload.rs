//! A workload: one Score file.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::{Checked, DEFAULT_CLASS, Document, Path, Place, ResourceUid, Source, Value, WORKLOAD_TYPE};

/// The annotation that names a workload's class.
pub const CLASS_ANNOTATION: &str = "partitura.dev/class";

/// One Score file: what a developer wrote, checked.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Workload {
    /// The name, `metadata.name`.
    pub name: Arc<str>,
    /// What it asks for, by the name it gives each.
    pub resources: IndexMap<Arc<str>, Resource>,
    document: Document,
}

/// A resource that a workload asks for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Resource {
    /// The resource type.
    pub ty: Arc<str>,
    /// The class, where one is named.
    pub class: Option<Arc<str>>,
    /// The id of a shared resource, where one is named.
    pub id: Option<Arc<str>>,
    /// Metadata, a map; null where there is none.
    pub metadata: Value,
    /// Params, a map with placeholders as written; `None` where there are none.
    pub params: Option<Value>,
}

impl Workload {
    /// Reads a Score file, YAML or JSON: upgrades deprecated forms, checks it against the schema and the rules beyond it. All problems are found in one run.
    pub fn parse(source: Source) -> Checked<Self> {
        Document::parse(source).map(|document| {
            let text = |value: &Value, key: &str| value.child(key).and_then(Value::as_str).map(Arc::<str>::from);
            let root = document.value();
            let name = root.child("metadata").and_then(|m| text(m, "name")).unwrap_or_default();
            let resources = root.child("resources").and_then(Value::as_map).into_iter().flatten();
            let resources = resources.map(|(name, resource)| {
                let resource = Resource {
                    ty: text(resource, "type").unwrap_or_default(),
                    class: text(resource, "class"),
                    id: text(resource, "id"),
                    metadata: resource.child("metadata").cloned().unwrap_or_default(),
                    params: resource.child("params").cloned(),
                };
                (name.clone(), resource)
            });
            Self { name, resources: resources.collect(), document }
        })
    }

    /// The document as written, deprecated forms upgraded.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Where the value at `path` of the document was written; `None` for a workload built in code.
    pub fn place(&self, path: &Path) -> Option<Place> {
        Some(self.document.place(path))
    }

    /// The class of its node: its annotation [`CLASS_ANNOTATION`], else `default`.
    pub fn class(&self) -> &str {
        self.document
            .value()
            .child("metadata")
            .and_then(|metadata| metadata.child("annotations"))
            .and_then(|all| all.child(CLASS_ANNOTATION))
            .and_then(Value::as_str)
            .unwrap_or(DEFAULT_CLASS)
    }

    /// The uid of its node: `workload.CLASS#NAME`. `None` where class or name is no part of a uid.
    pub fn uid(&self) -> Option<ResourceUid> {
        ResourceUid::new(WORKLOAD_TYPE, self.class(), &self.name).ok()
    }
}
