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

    /// Lets go of a text that was seen before.
    pub(super) fn share(&mut self, text: &mut Arc<str>) {
        *text = self.shared(text);
    }
}

/// Uids that were seen.
#[derive(Debug, Default)]
pub(super) struct Uids(FxHashSet<ResourceUid>);

impl Uids {
    /// Lets go of a uid that was seen before.
    pub(super) fn share(&mut self, uid: &mut ResourceUid) {
        match self.0.get(uid) {
            Some(seen) => *uid = seen.clone(),
            None => _ = self.0.insert(uid.clone()),
        }
    }
}
