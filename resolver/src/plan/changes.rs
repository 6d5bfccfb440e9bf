//! The changes of a plan, as a list.

use std::ops::Index;

use blake3::Hash;

use super::Change;
use crate::chunks::Chunks;

/// The changes of a plan: a list that is cheap to clone, and that plans which were made one [after the other](crate::Settled) share as far as they are the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes(Chunks<Change>);

impl Changes {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The one at this place.
    pub fn get(&self, place: usize) -> Option<&Change> {
        self.0.get(place)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Change> + ExactSizeIterator + Clone {
        self.0.iter()
    }

    /// A digest of what the changes say to programs.
    pub(super) fn digest(&self) -> Hash {
        self.0.digest(|change, hasher| {
            hasher.update(change.redacted().to_string().as_bytes());
        })
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Change> {
        self.0.get_mut(place)
    }
}

impl Index<usize> for Changes {
    type Output = Change;

    /// The one at this place; panics where there is none.
    fn index(&self, place: usize) -> &Change {
        &self.0[place]
    }
}

impl Extend<Change> for Changes {
    fn extend<I: IntoIterator<Item = Change>>(&mut self, changes: I) {
        self.0.extend(changes);
    }
}

impl FromIterator<Change> for Changes {
    fn from_iter<I: IntoIterator<Item = Change>>(changes: I) -> Self {
        Self(changes.into_iter().collect())
    }
}
