//! Maps in the order in which they were written.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::mem;
use std::ops::Index;
use std::{slice, vec};

use indexmap::{IndexMap, map};
use rustc_hash::FxBuildHasher;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Serialize, Serializer};

/// So many entries are looked through; more are hashed.
const FEW: usize = 12;

/// A map in the order in which it was written: a new key comes last, a known one keeps its place. Two maps are equal whatever their order.
///
/// Most maps have few entries, and there are very many: up to 12 entries are one allocation that is looked through, more are hashed. So whatever asks for a key takes constant time, and what is done
/// with all entries linear time. Removing takes linear time, since the others move up.
///
/// ```
/// use score_model::Entries;
///
/// let mut ports = Entries::from([("web", 80), ("admin", 9000)]);
/// assert_eq!(ports.insert("web", 8080), Some(80));
/// *ports.entry("metrics").or_insert(9090) += 1;
/// assert_eq!(ports.iter().collect::<Vec<_>>(), [(&"web", &8080), (&"admin", &9000), (&"metrics", &9091)]);
/// assert_eq!(ports.get_index_of("metrics"), Some(2));
///
/// assert_eq!(ports.remove("web"), Some(8080));
/// assert_eq!(ports, Entries::from([("metrics", 9091), ("admin", 9000)]));
/// ```
#[derive(Clone)]
pub struct Entries<K, V>(Form<K, V>);

/// Which form a map has depends on how it came to be, and shows nowhere.
#[derive(Clone)]
enum Form<K, V> {
    /// At most [`FEW`].
    Few(Vec<(K, V)>),
    Many(Box<Hashed<K, V>>),
}

type Hashed<K, V> = IndexMap<K, V, FxBuildHasher>;

impl<K, V> Entries<K, V> {
    /// An empty map. It allocates nothing.
    #[inline]
    pub const fn new() -> Self {
        Self(Form::Few(Vec::new()))
    }

    /// An empty map that takes so many entries without allocating again.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(if capacity <= FEW {
            Form::Few(Vec::with_capacity(capacity))
        } else {
            Form::Many(Box::new(Hashed::with_capacity_and_hasher(capacity, FxBuildHasher)))
        })
    }

    /// How many entries there are.
    #[inline]
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Few(entries) => entries.len(),
            Form::Many(entries) => entries.len(),
        }
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries in their order.
    #[inline]
    pub fn iter(&self) -> Iter<'_, K, V> {
        match &self.0 {
            Form::Few(entries) => Iter(Both::Few(entries.iter())),
            Form::Many(entries) => Iter(Both::Many(entries.iter())),
        }
    }

    /// The entries in their order; the values can be changed.
    #[inline]
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        match &mut self.0 {
            Form::Few(entries) => IterMut(Both::Few(entries.iter_mut())),
            Form::Many(entries) => IterMut(Both::Many(entries.iter_mut())),
        }
    }

    /// The keys in their order.
    #[inline]
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator + Clone {
        self.iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys.
    #[inline]
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator + Clone {
        self.iter().map(|(_, value)| value)
    }

    /// The values in the order of their keys, to be changed.
    #[inline]
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> + ExactSizeIterator {
        self.iter_mut().map(|(_, value)| value)
    }

    /// The entry at a place in the order.
    #[inline]
    pub fn get_index(&self, index: usize) -> Option<(&K, &V)> {
        match &self.0 {
            Form::Few(entries) => entries.get(index).map(|(key, value)| (key, value)),
            Form::Many(entries) => entries.get_index(index),
        }
    }

    /// The entry at a place in the order, its value to be changed.
    #[inline]
    pub fn get_index_mut(&mut self, index: usize) -> Option<(&K, &mut V)> {
        match &mut self.0 {
            Form::Few(entries) => entries.get_mut(index).map(|(key, value)| (&*key, value)),
            Form::Many(entries) => entries.get_index_mut(index),
        }
    }

    /// Keeps those entries for which `keep` holds, in their order.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        match &mut self.0 {
            Form::Few(entries) => entries.retain_mut(|(key, value)| keep(key, value)),
            Form::Many(entries) => entries.retain(|key, value| keep(key, value)),
        }
    }

    /// Sorts the entries by their keys.
    pub fn sort_keys(&mut self)
    where
        K: Ord,
    {
        match &mut self.0 {
            Form::Few(entries) => entries.sort_by(|(a, _), (b, _)| a.cmp(b)),
            Form::Many(entries) => entries.sort_keys(),
        }
    }

    /// Gives back the memory that no entry needs.
    pub fn shrink_to_fit(&mut self) {
        match &mut self.0 {
            Form::Few(entries) => entries.shrink_to_fit(),
            Form::Many(entries) if entries.len() <= FEW => {
                self.0 = Form::Few(mem::take(&mut **entries).into_iter().collect());
            }
            Form::Many(entries) => entries.shrink_to_fit(),
        }
    }
}

impl<K: Hash + Eq, V> Entries<K, V> {
    /// The value of a key.
    #[inline]
    pub fn get<Q: ?Sized + Hash + Eq>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        match &self.0 {
            Form::Few(entries) => entries.iter().find(|(known, _)| known.borrow() == key).map(|(_, value)| value),
            Form::Many(entries) => entries.get(key),
        }
    }

    /// The value of a key, to be changed.
    #[inline]
    pub fn get_mut<Q: ?Sized + Hash + Eq>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        match &mut self.0 {
            Form::Few(entries) => entries.iter_mut().find(|(known, _)| K::borrow(known) == key).map(|(_, value)| value),
            Form::Many(entries) => entries.get_mut(key),
        }
    }

    /// The place of a key in the order.
    #[inline]
    pub fn get_index_of<Q: ?Sized + Hash + Eq>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        match &self.0 {
            Form::Few(entries) => place(entries, key),
            Form::Many(entries) => entries.get_index_of(key),
        }
    }

    /// Whether there is such a key.
    #[inline]
    pub fn contains_key<Q: ?Sized + Hash + Eq>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// Gives a key a value: a new key comes last, a known one keeps its place. Returns the value that it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match &mut self.0 {
            Form::Few(entries) => {
                if let Some((_, known)) = entries.iter_mut().find(|(known, _)| *known == key) {
                    return Some(mem::replace(known, value));
                }
                if entries.len() < FEW {
                    push(entries, key, value);
                } else {
                    let mut entries = hashed(entries);
                    entries.insert(key, value);
                    self.0 = Form::Many(Box::new(entries));
                }
                None
            }
            Form::Many(entries) => entries.insert(key, value),
        }
    }

    /// These entries, if no key is there twice.
    pub(crate) fn of_unique(entries: impl ExactSizeIterator<Item = (K, V)>) -> Option<Self> {
        let mut map = Self::with_capacity(entries.len());
        for (key, value) in entries {
            if map.insert(key, value).is_some() {
                return None;
            }
        }
        Some(map)
    }

    /// The value of a key, whether it is there or is still to be given.
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        if let Form::Few(entries) = &mut self.0
            && entries.len() >= FEW
            && place(entries, &key).is_none()
        {
            self.0 = Form::Many(Box::new(hashed(entries)));
        }
        Entry(match &mut self.0 {
            Form::Few(entries) => match place(entries, &key) {
                Some(place) => Place::Known(entries, place),
                None => Place::New(entries, key),
            },
            Form::Many(entries) => Place::Hashed(entries.entry(key)),
        })
    }

    /// Takes an entry out and returns its value. Those after it move up, in linear time.
    pub fn remove<Q: ?Sized + Hash + Eq>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        match &mut self.0 {
            Form::Few(entries) => place(entries, key).map(|place| entries.remove(place).1),
            Form::Many(entries) => entries.shift_remove(key),
        }
    }
}

#[inline]
fn place<K: Borrow<Q>, V, Q: ?Sized + Eq>(entries: &[(K, V)], key: &Q) -> Option<usize> {
    entries.iter().position(|(known, _)| known.borrow() == key)
}

/// A vector would begin with room for four. There is always room for one more among the few.
#[inline]
fn push<K, V>(entries: &mut Vec<(K, V)>, key: K, value: V) {
    if entries.len() == entries.capacity() {
        entries.reserve_exact(entries.len().clamp(1, FEW - entries.len()));
    }
    entries.push((key, value));
}

/// These entries, and room for as many more.
fn hashed<K: Hash + Eq, V>(entries: &mut Vec<(K, V)>) -> Hashed<K, V> {
    let mut hashed = Hashed::with_capacity_and_hasher(2 * entries.len(), FxBuildHasher);
    hashed.extend(entries.drain(..));
    hashed
}

/// The value of a key in [`Entries`], whether it is there or is still to be given.
pub struct Entry<'a, K, V>(Place<'a, K, V>);

enum Place<'a, K, V> {
    Known(&'a mut Vec<(K, V)>, usize),
    New(&'a mut Vec<(K, V)>, K),
    Hashed(map::Entry<'a, K, V>),
}

impl<'a, K, V> Entry<'a, K, V> {
    /// The value; `value` where there is none.
    pub fn or_insert(self, value: V) -> &'a mut V {
        self.or_insert_with(|| value)
    }

    /// The value; what `make` makes where there is none.
    pub fn or_insert_with(self, make: impl FnOnce() -> V) -> &'a mut V {
        match self.0 {
            Place::Known(entries, place) => &mut entries[place].1,
            Place::New(entries, key) => {
                let place = entries.len();
                push(entries, key, make());
                &mut entries[place].1
            }
            Place::Hashed(entry) => entry.or_insert_with(make),
        }
    }

    /// The value; the default one where there is none.
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Entry<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Known(entries, place) => f.debug_tuple("Entry").field(&entries[*place]).finish(),
            Place::New(_, key) => f.debug_tuple("Entry").field(key).finish(),
            Place::Hashed(entry) => f.debug_tuple("Entry").field(entry).finish(),
        }
    }
}

impl<K, V> Default for Entries<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Entries<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<K: Hash + Eq, V: PartialEq> PartialEq for Entries<K, V> {
    fn eq(&self, other: &Self) -> bool {
        // Most have one order, too: then nothing is looked for.
        let same = |(index, (key, value)): (usize, (&K, &V))| match other.get_index(index) {
            Some((at, there)) if at == key => there == value,
            _ => other.get(key) == Some(value),
        };
        self.len() == other.len() && self.iter().enumerate().all(same)
    }
}

impl<K: Hash + Eq, V: Eq> Eq for Entries<K, V> {}

impl<K: Hash + Eq + Borrow<Q>, V, Q: ?Sized + Hash + Eq> Index<&Q> for Entries<K, V> {
    type Output = V;

    /// The value of a key.
    ///
    /// # Panics
    /// There is no such key.
    #[expect(clippy::expect_used, reason = "as whatever has an index")]
    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("no such key")
    }
}

impl<K: Hash + Eq, V> FromIterator<(K, V)> for Entries<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut map = Self::with_capacity(entries.size_hint().0);
        map.extend(entries);
        map
    }
}

impl<K: Hash + Eq, V> Extend<(K, V)> for Entries<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Hash + Eq, V, const N: usize> From<[(K, V); N]> for Entries<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K: Serialize, V: Serialize> Serialize for Entries<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de, K: Deserialize<'de> + Hash + Eq, V: Deserialize<'de>> Deserialize<'de> for Entries<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<K, V>(PhantomData<(K, V)>);

        impl<'de, K: Deserialize<'de> + Hash + Eq, V: Deserialize<'de>> Visitor<'de> for EntriesVisitor<K, V> {
            type Value = Entries<K, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Entries::new();
                while let Some((key, value)) = map.next_entry()? {
                    entries.insert(key, value);
                }
                entries.shrink_to_fit();
                Ok(entries)
            }
        }

        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

/// The entries of [`Entries`], in their order.
pub struct Iter<'a, K, V>(Both<slice::Iter<'a, (K, V)>, map::Iter<'a, K, V>>);

/// The entries of [`Entries`], in their order; the values can be changed.
pub struct IterMut<'a, K, V>(Both<slice::IterMut<'a, (K, V)>, map::IterMut<'a, K, V>>);

/// What [`Entries`] consisted of, in its order.
pub struct IntoIter<K, V>(Both<vec::IntoIter<(K, V)>, map::IntoIter<K, V>>);

/// An iterator over either form.
#[derive(Clone)]
enum Both<F, M> {
    Few(F),
    Many(M),
}

macro_rules! iterator {
    ($name:ident<$($parameter:tt),*>, $item:ty, $from_few:expr) => {
        impl<$($parameter),*> Iterator for $name<$($parameter),*> {
            type Item = $item;

            #[inline]
            fn next(&mut self) -> Option<$item> {
                match &mut self.0 {
                    Both::Few(entries) => entries.next().map($from_few),
                    Both::Many(entries) => entries.next(),
                }
            }

            #[inline]
            fn size_hint(&self) -> (usize, Option<usize>) {
                match &self.0 {
                    Both::Few(entries) => entries.size_hint(),
                    Both::Many(entries) => entries.size_hint(),
                }
            }
        }

        impl<$($parameter),*> DoubleEndedIterator for $name<$($parameter),*> {
            #[inline]
            fn next_back(&mut self) -> Option<$item> {
                match &mut self.0 {
                    Both::Few(entries) => entries.next_back().map($from_few),
                    Both::Many(entries) => entries.next_back(),
                }
            }
        }

        impl<$($parameter),*> ExactSizeIterator for $name<$($parameter),*> {}

        impl<$($parameter),*> FusedIterator for $name<$($parameter),*> {}

        impl<$($parameter),*> fmt::Debug for $name<$($parameter),*> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("left", &self.len()).finish_non_exhaustive()
            }
        }
    };
}

iterator!(Iter<'a, K, V>, (&'a K, &'a V), |(key, value)| (key, value));
iterator!(IterMut<'a, K, V>, (&'a K, &'a mut V), |(key, value)| (&*key, value));
iterator!(IntoIter<K, V>, (K, V), |entry| entry);

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<'a, K, V> IntoIterator for &'a Entries<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    #[inline]
    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<'a, K, V> IntoIterator for &'a mut Entries<K, V> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = IterMut<'a, K, V>;

    #[inline]
    fn into_iter(self) -> IterMut<'a, K, V> {
        self.iter_mut()
    }
}

impl<K, V> IntoIterator for Entries<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    #[inline]
    fn into_iter(self) -> IntoIter<K, V> {
        IntoIter(match self.0 {
            Form::Few(entries) => Both::Few(entries.into_iter()),
            Form::Many(entries) => Both::Many(entries.into_iter()),
        })
    }
}
