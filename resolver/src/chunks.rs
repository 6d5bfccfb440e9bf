//! Lists that share what they have in common.

use std::ops::Index;
use std::sync::{Arc, OnceLock};

use blake3::{Hash, Hasher};

/// How many items are shared or not as a whole.
const SIZE: usize = 128;

/// A list of which a copy costs little, and a copy with some other items little more: what is the same is shared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chunks<T>(Vec<Arc<Chunk<T>>>);

/// What is shared or not as a whole.
#[derive(Debug)]
struct Chunk<T> {
    items: Vec<T>,
    /// Of the items, once somebody has asked.
    digest: OnceLock<Hash>,
}

impl<T: Clone> Clone for Chunk<T> {
    /// A copy is made to be changed.
    fn clone(&self) -> Self {
        Self { items: self.items.clone(), digest: OnceLock::new() }
    }
}

impl<T: PartialEq> PartialEq for Chunk<T> {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

impl<T> Chunks<T> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.split_last().map_or(0, |(last, full)| full.len() * SIZE + last.items.len())
    }

    pub(crate) fn get(&self, place: usize) -> Option<&T> {
        self.0.get(place / SIZE)?.items.get(place % SIZE)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator + Clone {
        (0..self.len()).map(|place| &self[place])
    }

    /// The places of all items that the two lists do not share. Linear in their number, and in that of chunks.
    pub(crate) fn not_shared(&self, other: &Self) -> impl Iterator<Item = usize> {
        let chunks = self.0.iter().enumerate();
        let differ = chunks.filter(|(at, chunk)| other.0.get(*at).is_none_or(|other| !Arc::ptr_eq(chunk, other)));
        differ.flat_map(|(at, chunk)| (at * SIZE..).take(chunk.items.len()))
    }

    /// A digest of all items, of each of which `tell` must tell the hasher the same each time. Linear in the number of items of which there was none yet, and in that of chunks.
    pub(crate) fn digest(&self, tell: impl Fn(&T, &mut Hasher)) -> Hash {
        let mut all = Hasher::new();
        for chunk in &self.0 {
            let digest = chunk.digest.get_or_init(|| {
                let mut hasher = Hasher::new();
                chunk.items.iter().for_each(|item| tell(item, &mut hasher));
                hasher.finalize()
            });
            all.update(digest.as_bytes());
        }
        all.finalize()
    }
}

impl<T: Clone> Chunks<T> {
    /// Adds an item at the end.
    pub(crate) fn push(&mut self, item: T) {
        match self.0.last_mut().filter(|last| last.items.len() < SIZE) {
            Some(last) => changing(last).push(item),
            None => {
                // Many lists are short.
                let mut items = Vec::with_capacity(if self.0.is_empty() { 0 } else { SIZE });
                items.push(item);
                self.0.push(Arc::new(Chunk { items, digest: OnceLock::new() }));
            }
        }
    }

    /// The item at a place, to be changed: what it shares a chunk with is copied where others have that, too.
    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        changing(self.0.get_mut(place / SIZE)?).get_mut(place % SIZE)
    }
}

/// The items of a chunk, to be changed.
fn changing<T: Clone>(chunk: &mut Arc<Chunk<T>>) -> &mut Vec<T> {
    let chunk = Arc::make_mut(chunk);
    chunk.digest = OnceLock::new();
    &mut chunk.items
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Index<usize> for Chunks<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        &self.0[place / SIZE].items[place % SIZE]
    }
}

impl<T: Clone> Extend<T> for Chunks<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        let mut items = items.into_iter();
        while let Some(item) = items.next() {
            self.push(item);
            if let Some(last) = self.0.last_mut() {
                let last = changing(last);
                last.extend(items.by_ref().take(SIZE - last.len()));
            }
        }
    }
}

impl<T: Clone> FromIterator<T> for Chunks<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut chunks = Self::new();
        chunks.extend(items);
        chunks
    }
}
