//! What is recorded of what changes are about.

use score_model::ResourceUid;

use super::{Change, Changes};
use crate::{Intent, Object, Snapshot};

/// What is recorded of what each change is about, by its place: looked up once.
pub(super) struct Recorded<'s>(Vec<(Option<&'s Object>, Option<&'s Intent>)>);

impl<'s> Recorded<'s> {
    pub(super) fn of(changes: &Changes, state: &'s Snapshot) -> Self {
        let recorded = |change: &Change| match &change.guid {
            Some(guid) => (state.find(&change.uid, guid), state.intent(guid)),
            None => (None, None),
        };
        Self(changes.iter().map(recorded).collect())
    }

    /// The object that the change at this place is about.
    pub(super) fn object(&self, place: usize) -> Option<&'s Object> {
        self.0.get(place)?.0
    }

    /// The open intent on it.
    pub(super) fn intent(&self, place: usize) -> Option<&'s Intent> {
        self.0.get(place)?.1
    }

    /// What it depends on as recorded, and where a call for it was interrupted, what its intent says, too: it may have come to that.
    pub(super) fn depends_on(&self, place: usize) -> impl Iterator<Item = &'s ResourceUid> + use<'s> {
        let object = self.object(place).map(|object| &object.depends_on);
        object.into_iter().chain(self.intent(place).map(|intent| &intent.depends_on)).flatten()
    }
}
