//! What is recorded of what changes are about.

use score_model::ResourceUid;

use super::Change;
use crate::{Intent, Object, Snapshot};

/// What is recorded of what each change is about, by its place: looked up once.
pub(super) struct Recorded<'s> {
    state: &'s Snapshot,
    of: Vec<OfChange<'s>>,
}

/// What is recorded of what one change is about.
#[derive(Clone, Copy)]
pub(super) struct OfChange<'s> {
    /// Where the object of its uid is in the state.
    pub(super) place: Option<usize>,
    pub(super) object: Option<&'s Object>,
    pub(super) intent: Option<&'s Intent>,
}

impl<'s> Recorded<'s> {
    /// Of no changes.
    pub(super) fn of_nothing(state: &'s Snapshot) -> Self {
        Self { state, of: Vec::new() }
    }

    /// Adds what is recorded of these changes, and then what is known already of those that follow.
    pub(super) fn add<'c>(&mut self, changes: impl Iterator<Item = &'c Change>, following: Vec<OfChange<'s>>) {
        let (state, mut likely) = (self.state, 0);
        let of_change = |change: &Change| {
            let place = state.place_near(&change.uid, &mut likely);
            let current = place.and_then(|place| state.at(place)).map(|object| &**object);
            let object = change.guid.as_ref().and_then(|guid| match current {
                Some(object) if object.guid == *guid => Some(object),
                _ => state.find(&change.uid, guid),
            });
            OfChange { place, object, intent: change.guid.as_ref().and_then(|guid| state.intent(guid)) }
        };
        self.of.extend(changes.map(of_change).chain(following));
    }

    /// How many objects the state has.
    pub(super) fn size(&self) -> usize {
        self.state.size()
    }

    /// Where the object is in the state that has the uid of the change at this place.
    pub(super) fn place(&self, place: usize) -> Option<usize> {
        self.of.get(place)?.place
    }

    /// Where the object of a uid is in the state; looked for first where the one after that which was found last is.
    pub(super) fn place_near(&self, uid: &ResourceUid, likely: &mut usize) -> Option<usize> {
        self.state.place_near(uid, likely)
    }

    /// The object that the change at this place is about.
    pub(super) fn object(&self, place: usize) -> Option<&'s Object> {
        self.of.get(place)?.object
    }

    /// The open intent on it.
    pub(super) fn intent(&self, place: usize) -> Option<&'s Intent> {
        self.of.get(place)?.intent
    }

    /// What it depends on as recorded, and where a call for it was interrupted, what its intent says, too: it may have come to that.
    pub(super) fn depends_on(&self, place: usize) -> impl Iterator<Item = &'s ResourceUid> + use<'s> {
        let object = self.object(place).map(|object| &object.depends_on);
        object.into_iter().chain(self.intent(place).map(|intent| &intent.depends_on)).flatten()
    }
}
