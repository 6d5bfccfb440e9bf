//! What a plan is asked to do beyond making things as desired.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::ResourceUid;
use serde::{Deserialize, Serialize};

use crate::{Context, StoredDocument};

/// What a plan is asked to do beyond making things as desired.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PlanOptions {
    /// Only these and what they depend on; all others are deferred. Empty: everything.
    pub targets: Vec<ResourceUid>,
    /// Not these, nor what depends on them: they are deferred.
    pub excludes: Vec<ResourceUid>,
    /// These are replaced, changed or not.
    pub replace: Vec<ResourceUid>,
    /// Whether drivers are asked what is in the world.
    pub refresh: bool,
    /// When everything goes: also what is to be kept.
    pub all: bool,
    /// For whom and where; where there is a resolution, its context.
    pub context: Option<Context>,
    /// All documents that the state is to hold afterwards, by the names of their workloads. `None`: those that it holds, or none when everything goes.
    pub documents: Option<BTreeMap<Arc<str>, StoredDocument>>,
    /// The files that this plan comes from.
    pub sources: Vec<SourceDigest>,
}

/// A file that a plan comes from, and what was in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceDigest {
    /// The file's name, as it was given.
    pub name: Arc<str>,
    /// BLAKE3 of its content, in hex.
    pub digest: Arc<str>,
}

impl SourceDigest {
    /// The digest of a file.
    pub fn new(name: impl Into<Arc<str>>, content: &[u8]) -> Self {
        Self { name: name.into(), digest: blake3::hash(content).to_hex().as_str().into() }
    }
}

impl PlanOptions {
    /// Only this (and others given so) and what it depends on.
    #[must_use]
    pub fn target(mut self, uid: ResourceUid) -> Self {
        self.targets.push(uid);
        self
    }

    /// Not this, nor what depends on it.
    #[must_use]
    pub fn exclude(mut self, uid: ResourceUid) -> Self {
        self.excludes.push(uid);
        self
    }

    /// This one is replaced, changed or not.
    #[must_use]
    pub fn replace(mut self, uid: ResourceUid) -> Self {
        self.replace.push(uid);
        self
    }

    /// Whether drivers are asked what is in the world.
    #[must_use]
    pub fn refresh(mut self, refresh: bool) -> Self {
        self.refresh = refresh;
        self
    }

    /// When everything goes: whether also what is to be kept goes.
    #[must_use]
    pub fn all(mut self, all: bool) -> Self {
        self.all = all;
        self
    }

    /// For whom and where: needed where there is no resolution that says so.
    #[must_use]
    pub fn context(mut self, context: Context) -> Self {
        self.context = Some(context);
        self
    }

    /// All documents that the state is to hold afterwards, by the names of their workloads.
    #[must_use]
    pub fn documents(mut self, documents: impl IntoIterator<Item = (Arc<str>, StoredDocument)>) -> Self {
        self.documents = Some(documents.into_iter().collect());
        self
    }

    /// The files that the plan comes from.
    #[must_use]
    pub fn sources(mut self, sources: impl IntoIterator<Item = SourceDigest>) -> Self {
        self.sources = sources.into_iter().collect();
        self.sources.sort();
        self.sources.dedup();
        self
    }
}
