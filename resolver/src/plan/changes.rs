//! The changes of a plan, as a list.

use std::ops::Index;
use std::sync::Arc;

use blake3::Hash;

use super::{Action, Change};
use crate::chunks::Chunks;

/// The changes of a plan: a list that is cheap to clone, and that plans which were made one [after the other](crate::Settled) share as far as they are the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    list: Chunks<Arc<Change>>,
    /// How many there are of each action.
    counts: [usize; Action::ALL.len()],
}

impl Changes {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there are of this action.
    pub fn count(&self, action: Action) -> usize {
        self.counts[action as usize]
    }

    /// The one at this place.
    pub fn get(&self, place: usize) -> Option<&Change> {
        self.list.get(place).map(|change| &**change)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Change> + ExactSizeIterator + Clone {
        self.list.iter().map(|change| &**change)
    }

    /// Whether there is one of any of these actions.
    pub(super) fn have(&self, actions: impl IntoIterator<Item = Action>) -> bool {
        actions.into_iter().any(|action| self.count(action) > 0)
    }

    /// A digest of what the changes say to programs.
    pub(super) fn digest(&self) -> Hash {
        self.list.digest(|change, hasher| {
            hasher.update(change.redacted().to_string().as_bytes());
        })
    }

    /// Puts another one at a place, if there is one.
    pub(super) fn set(&mut self, place: usize, change: Arc<Change>) {
        self.update(place, |old| *old = change);
    }

    /// Changes the one at a place, if there is one.
    pub(super) fn edit(&mut self, place: usize, edit: impl FnOnce(&mut Change)) {
        self.update(place, |change| edit(Arc::make_mut(change)));
    }

    fn update(&mut self, place: usize, update: impl FnOnce(&mut Arc<Change>)) {
        if let Some(change) = self.list.get_mut(place) {
            self.counts[change.action as usize] -= 1;
            update(change);
            self.counts[change.action as usize] += 1;
        }
    }
}

impl Index<usize> for Changes {
    type Output = Change;

    /// The one at this place; panics where there is none.
    fn index(&self, place: usize) -> &Change {
        &self.list[place]
    }
}

impl Extend<Arc<Change>> for Changes {
    fn extend<I: IntoIterator<Item = Arc<Change>>>(&mut self, changes: I) {
        let counts = &mut self.counts;
        self.list.extend(changes.into_iter().inspect(|change| counts[change.action as usize] += 1));
    }
}

impl Extend<Change> for Changes {
    fn extend<I: IntoIterator<Item = Change>>(&mut self, changes: I) {
        self.extend(changes.into_iter().map(Arc::new));
    }
}

impl<C> FromIterator<C> for Changes
where
    Self: Extend<C>,
{
    fn from_iter<I: IntoIterator<Item = C>>(changes: I) -> Self {
        let mut list = Self::default();
        list.extend(changes);
        list
    }
}
