//! What is recorded of what changes are about.

use score_model::ResourceUid;

use super::used_drivers::UsedDrivers;
use super::{Action, Change};
use crate::{Intent, Object, Retention, Snapshot};

/// What is recorded of what each change is about, by its place: looked up once.
pub(super) struct Recorded<'s> {
    state: &'s Snapshot,
    of: Vec<OfChange<'s>>,
    /// By the places of objects in the state.
    is_desired: Vec<bool>,
    used_drivers: UsedDrivers,
    may_be_protected: bool,
    likely: usize,
}

/// What is recorded of what one change is about.
#[derive(Clone, Copy, Default)]
pub(super) struct OfChange<'s> {
    /// Where the object of its uid is in the state.
    pub(super) place: Option<usize>,
    pub(super) object: Option<&'s Object>,
    pub(super) intent: Option<&'s Intent>,
}

impl<'s> Recorded<'s> {
    /// Of no changes. `used_drivers`: those of what is desired.
    pub(super) fn new(state: &'s Snapshot, mut used_drivers: UsedDrivers) -> Self {
        state.intents().for_each(|intent| used_drivers.add(&intent.driver));
        let is_desired = vec![false; state.size()];
        Self { state, of: Vec::new(), is_desired, used_drivers, may_be_protected: false, likely: 0 }
    }

    /// Looks up what is recorded of the next change, of something that is desired.
    pub(super) fn look_up(&mut self, change: &Change) {
        self.may_be_protected |= change.action == Action::Replace;
        if self.state.is_empty() {
            return self.of.push(OfChange::default());
        }
        let place = self.state.place_near(&change.uid, &mut self.likely);
        if let Some(is_desired) = place.and_then(|place| self.is_desired.get_mut(place)) {
            *is_desired = true;
        }
        let current = place.and_then(|place| self.state.at(place)).map(|object| &**object);
        let object = change.guid.as_ref().and_then(|guid| match current {
            Some(object) if object.guid == *guid => Some(object),
            _ => self.state.find(&change.uid, guid),
        });
        let intent = change.guid.as_ref().and_then(|guid| self.state.intent(guid));
        self.push(OfChange { place, object, intent });
    }

    /// Takes what is recorded of the next change.
    pub(super) fn push(&mut self, of: OfChange<'s>) {
        if let Some(object) = of.object {
            self.used_drivers.add(&object.driver);
            self.may_be_protected |= object.on_unreferenced == Retention::Protect;
        }
        self.of.push(of);
    }

    /// The drivers of what is desired and of all that is recorded.
    pub(super) fn used_drivers(&self) -> &UsedDrivers {
        &self.used_drivers
    }

    /// Whether something that is protected may go.
    pub(super) fn may_be_protected(&self) -> bool {
        self.may_be_protected
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
