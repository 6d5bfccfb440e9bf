//! Texts and maps read by serde with no detour: one allocation a text, none a key that was read before, and no key twice.

use std::cell::RefCell;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::Entries;

/// A text, copied once on its way from what is read.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct SharedText(pub(crate) Arc<str>);

impl From<SharedText> for Arc<str> {
    fn from(text: SharedText) -> Self {
        text.0
    }
}

impl<'de> Deserialize<'de> for SharedText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(|text| Arc::from(text))).map(Self)
    }
}

/// The key of a map, shared with those that this thread read before: most texts have the same few.
pub(crate) struct SharedKey(pub(crate) Arc<str>);

impl From<SharedKey> for Arc<str> {
    fn from(key: SharedKey) -> Self {
        key.0
    }
}

impl<'de> Deserialize<'de> for SharedKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(shared_key)).map(Self)
    }
}

/// So many keys are kept, each where its looks say.
const KNOWN_KEYS: usize = 256;
/// Longer ones are not.
const LONGEST_KNOWN: usize = 64;

thread_local! {
    static KNOWN: RefCell<Vec<Option<Arc<str>>>> = const { RefCell::new(Vec::new()) };
}

/// A key, shared with those that this thread asked for before: the same few names stand in most maps, and need not be kept once for each.
///
/// The last 256 different ones of up to 64 bytes are known, or fewer where they look alike; any other is made anew.
pub fn shared_key(text: &str) -> Arc<str> {
    let bytes = text.as_bytes();
    let (Some(first), Some(last), 1..=LONGEST_KNOWN) = (bytes.first(), bytes.last(), bytes.len()) else {
        return Arc::from(text);
    };
    let place = (usize::from(*first) * 31 + usize::from(*last) * 7 + bytes.len()) % KNOWN_KEYS;
    let known = KNOWN.try_with(|known| {
        let mut known = known.borrow_mut();
        if known.is_empty() {
            known.resize(KNOWN_KEYS, None);
        }
        Some(match known.get_mut(place)? {
            Some(known) if **known == *text => known.clone(),
            other => other.insert(Arc::from(text)).clone(),
        })
    });
    known.ok().flatten().unwrap_or_else(|| Arc::from(text))
}

/// Reads a text, and keeps it as this does.
struct TextVisitor(fn(&str) -> Arc<str>);

impl Visitor<'_> for TextVisitor {
    type Value = Arc<str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Arc<str>, E> {
        Ok((self.0)(text))
    }
}

/// Reads a text.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
    deserializer.deserialize_str(TextVisitor(|text| Arc::from(text)))
}

/// Reads a text that is not empty.
pub(crate) fn some_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
    let text = text(deserializer)?;
    if text.is_empty() { Err(de::Error::custom("this text cannot be empty")) } else { Ok(text) }
}

/// Reads a list of texts.
pub(crate) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Arc<str>>, D::Error> {
    struct Texts;

    impl<'de> Visitor<'de> for Texts {
        type Value = Vec<Arc<str>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of texts")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut texts = Vec::new();
            while let Some(SharedText(text)) = items.next_element()? {
                texts.push(text);
            }
            Ok(texts)
        }
    }

    deserializer.deserialize_seq(Texts)
}

/// Reads a map in which no key is given twice. Its keys are read as `L`, its values as `W`.
pub(crate) fn entries<'de, K, V, L, W, D>(deserializer: D) -> Result<Entries<K, V>, D::Error>
where
    K: Hash + Eq,
    L: Deserialize<'de> + Into<K>,
    W: Deserialize<'de> + Into<V>,
    D: Deserializer<'de>,
{
    struct EntriesVisitor<K, V, L, W>(PhantomData<(K, V, L, W)>);

    impl<'de, K, V, L, W> Visitor<'de> for EntriesVisitor<K, V, L, W>
    where
        K: Hash + Eq,
        L: Deserialize<'de> + Into<K>,
        W: Deserialize<'de> + Into<V>,
    {
        type Value = Entries<K, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Entries::default();
            while let Some((key, value)) = map.next_entry::<L, W>()? {
                if entries.insert(key.into(), value.into()).is_some() {
                    return Err(de::Error::custom("a key given twice"));
                }
            }
            entries.shrink_to_fit();
            Ok(entries)
        }
    }

    deserializer.deserialize_map(EntriesVisitor::<K, V, L, W>(PhantomData))
}

/// Reads a map of what is read as itself.
pub(crate) fn map<'de, K, V, D>(deserializer: D) -> Result<Entries<K, V>, D::Error>
where
    K: Deserialize<'de> + Hash + Eq,
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    entries::<K, V, K, V, D>(deserializer)
}

/// Reads a map from texts to what is read as itself.
pub(crate) fn by_text<'de, V: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Entries<Arc<str>, V>, D::Error> {
    entries::<Arc<str>, V, SharedKey, V, D>(deserializer)
}
