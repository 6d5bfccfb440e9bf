//! Lists that share what they have in common.

use std::ops::Index;
use std::sync::Arc;

/// How many items are shared or not as a whole.
const SIZE: usize = 128;

/// A list of which a copy costs little, and a copy with some other items little more: what is the same is shared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chunks<T>(Vec<Arc<Vec<T>>>);

impl<T> Chunks<T> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.split_last().map_or(0, |(last, full)| full.len() * SIZE + last.len())
    }

    pub(crate) fn get(&self, place: usize) -> Option<&T> {
        self.0.get(place / SIZE)?.get(place % SIZE)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator + Clone {
        (0..self.len()).map(|place| &self[place])
    }

    /// The places of all items that the two lists do not share. Linear in their number, and in that of chunks.
    pub(crate) fn not_shared(&self, other: &Self) -> impl Iterator<Item = usize> {
        let chunks = self.0.iter().enumerate();
        let differ = chunks.filter(|(at, chunk)| other.0.get(*at).is_none_or(|other| !Arc::ptr_eq(chunk, other)));
        differ.flat_map(|(at, chunk)| (at * SIZE..).take(chunk.len()))
    }
}

impl<T: Clone> Chunks<T> {
    /// Adds an item at the end.
    pub(crate) fn push(&mut self, item: T) {
        match self.0.last_mut() {
            Some(last) if last.len() < SIZE => Arc::make_mut(last).push(item),
            _ => {
                // Many lists are short.
                let mut chunk = Vec::with_capacity(if self.0.is_empty() { 0 } else { SIZE });
                chunk.push(item);
                self.0.push(Arc::new(chunk));
            }
        }
    }

    /// The item at a place, to be changed: what it shares a chunk with is copied where others have that, too.
    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        Arc::make_mut(self.0.get_mut(place / SIZE)?).get_mut(place % SIZE)
    }
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Index<usize> for Chunks<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        &self.0[place / SIZE][place % SIZE]
    }
}

impl<T: Clone> Extend<T> for Chunks<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        items.into_iter().for_each(|item| self.push(item));
    }
}

impl<T: Clone> FromIterator<T> for Chunks<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut chunks = Self::new();
        chunks.extend(items);
        chunks
    }
}
