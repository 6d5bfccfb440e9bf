//! What is recorded of what changes are about.

use score_model::ResourceUid;

use super::{Change, Changes};
use crate::{Intent, Object, Snapshot};

/// What is recorded of what each change is about, by its place: looked up once.
pub(super) struct Recorded<'s> {
    state: &'s Snapshot,
    of: Vec<(Option<&'s Object>, Option<&'s Intent>)>,
    /// By the places of objects in the state.
    is_desired: Vec<bool>,
}

impl<'s> Recorded<'s> {
    pub(super) fn new(changes: &Changes, state: &'s Snapshot) -> Self {
        let mut recorded = Self { state, of: Vec::with_capacity(changes.len()), is_desired: vec![false; state.size()] };
        recorded.extend(changes.iter());
        recorded
    }

    /// Adds what is recorded of further changes.
    pub(super) fn extend<'c>(&mut self, changes: impl Iterator<Item = &'c Change>) {
        let mut likely = 0;
        for change in changes {
            let place = self.state.place_near(&change.uid, &mut likely);
            if let Some(is_desired) = place.and_then(|place| self.is_desired.get_mut(place)) {
                *is_desired |= change.recipe.is_some();
            }
            let current = place.and_then(|place| self.state.at(place)).map(|object| &**object);
            let object = change.guid.as_ref().and_then(|guid| match current {
                Some(object) if object.guid == *guid => Some(object),
                _ => self.state.find(&change.uid, guid),
            });
            self.of.push((object, change.guid.as_ref().and_then(|guid| self.state.intent(guid))));
        }
    }

    /// Whether somebody asks for the object that has this place in the state.
    pub(super) fn is_desired(&self, place: usize) -> bool {
        self.is_desired.get(place) == Some(&true)
    }

    /// Whether somebody asks for each object.
    pub(super) fn are_all_desired(&self) -> bool {
        !self.is_desired.contains(&false)
    }

    /// The object that the change at this place is about.
    pub(super) fn object(&self, place: usize) -> Option<&'s Object> {
        self.of.get(place)?.0
    }

    /// The open intent on it.
    pub(super) fn intent(&self, place: usize) -> Option<&'s Intent> {
        self.of.get(place)?.1
    }

    /// What it depends on as recorded, and where a call for it was interrupted, what its intent says, too: it may have come to that.
    pub(super) fn depends_on(&self, place: usize) -> impl Iterator<Item = &'s ResourceUid> + use<'s> {
        let object = self.object(place).map(|object| &object.depends_on);
        object.into_iter().chain(self.intent(place).map(|intent| &intent.depends_on)).flatten()
    }
}
