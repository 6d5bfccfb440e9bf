//! Texts and uids that come again and again, each kept once.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use score_model::ResourceUid;

/// Texts that were seen.
#[derive(Debug, Default)]
pub(super) struct Texts(FxHashSet<Arc<str>>);

impl Texts {
    /// The text as it was first seen.
    pub(super) fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(seen) = self.0.get(text) {
            return seen.clone();
        }
        let text: Arc<str> = text.into();
        self.0.insert(text.clone());
        text
    }
}

/// Uids that were seen.
#[derive(Debug, Default)]
pub(super) struct Uids(FxHashSet<ResourceUid>);

impl Uids {
    /// The uid as it was first seen.
    pub(super) fn shared(&mut self, uid: &ResourceUid) -> ResourceUid {
        if let Some(seen) = self.0.get(uid) {
            return seen.clone();
        }
        self.0.insert(uid.clone());
        uid.clone()
    }
}
