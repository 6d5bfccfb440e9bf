//! What guids are called in recordings: by whose they are, since a replay has others.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use score_model::{ResourceUid, Value};
use score_resolver::Guid;

/// The length of a guid, in bytes.
const LENGTH: usize = 40;
/// How names begin, up to the uid; they end with `)`.
const BEGIN: &str = "$guid(";

/// Guids and their names.
#[derive(Clone, Debug, Default)]
pub(super) struct GuidNames {
    name_of: HashMap<Arc<str>, Arc<str>>,
    guid_of: HashMap<Arc<str>, Arc<str>>,
}

impl GuidNames {
    /// Names for these: `$guid(UID)`, with a number from the second object of a uid on.
    pub(super) fn of<'a>(guids: impl IntoIterator<Item = (&'a ResourceUid, &'a Guid)>) -> Self {
        let (mut names, mut counts) = (Self::default(), BTreeMap::<&ResourceUid, usize>::new());
        for (uid, guid) in guids {
            if names.name_of.contains_key(&*guid.to_string()) {
                continue;
            }
            let count = counts.entry(uid).or_default();
            *count += 1;
            let name = match count {
                1 => format!("{BEGIN}{uid})"),
                count => format!("{BEGIN}{uid} {count})"),
            };
            names.bind(name.into(), guid);
        }
        names
    }

    /// From now on `name` is this guid's.
    pub(super) fn bind(&mut self, name: Arc<str>, guid: &Guid) {
        let guid: Arc<str> = guid.to_string().into();
        if let Some(before) = self.guid_of.insert(name.clone(), guid.clone()) {
            self.name_of.remove(&before);
        }
        self.name_of.insert(guid, name);
    }

    /// The name of a guid, if it has one.
    pub(super) fn name(&self, guid: &Guid) -> Option<Arc<str>> {
        self.name_of.get(&*guid.to_string()).cloned()
    }

    /// A value with names in the place of guids, wherever these are part of a text.
    pub(super) fn named(&self, value: &Value) -> Value {
        replaced(value, &|text| {
            let guid = text.get(..LENGTH).filter(|guid| guid.starts_with(|c: char| c.is_ascii_hexdigit()))?;
            Some((LENGTH, self.name_of.get(guid)?.clone()))
        })
    }

    /// A value with guids in the place of names.
    pub(super) fn with_guids(&self, value: &Value) -> Value {
        replaced(value, &|text| {
            let name = text.starts_with(BEGIN).then(|| text.split_inclusive(')').next())??;
            Some((name.len(), self.guid_of.get(name)?.clone()))
        })
    }
}

/// A value in whose texts parts are replaced: `find` says whether one begins where a text does, how long it is, and what takes its place.
fn replaced(value: &Value, find: &impl Fn(&str) -> Option<(usize, Arc<str>)>) -> Value {
    let text = |text: &Arc<str>| -> Arc<str> {
        let mut written = String::new();
        let (mut done, mut at) = (0, 0);
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            match find(rest) {
                Some((length, instead)) => {
                    written.push_str(text.get(done..at).unwrap_or_default());
                    written.push_str(&instead);
                    at += length;
                    done = at;
                }
                None => at += rest.chars().next().map_or(1, char::len_utf8),
            }
        }
        if done == 0 { text.clone() } else { (written + text.get(done..).unwrap_or_default()).into() }
    };
    match value {
        Value::String(string) => Value::String(text(string)),
        Value::List(items) => Value::list(items.iter().map(|item| replaced(item, find))),
        Value::Map(map) => Value::map(map.iter().map(|(key, item)| (text(key), replaced(item, find)))),
        Value::Secret(secret) => Value::secret(replaced(secret.expose(), find)),
        other => other.clone(),
    }
}
