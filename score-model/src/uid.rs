//! The identity of a resource: `type.class#id`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The class of what is asked for without one.
pub const DEFAULT_CLASS: &str = "default";
/// The type of the nodes that workloads are.
pub const WORKLOAD_TYPE: &str = "workload";
/// The longest id, in bytes.
pub const MAX_ID: usize = 253;
/// The longest type or class, in bytes.
pub const MAX_CLASS: usize = 63;

/// What a resource is identified by: `type.class#id`.
///
/// Types and classes contain no dot and no `#`, so the text is unambiguous; an id may contain both. Ordered and compared as text. Cheap to clone.
///
/// ```
/// let uid: score_model::ResourceUid = "postgres.default#shop.db".parse()?;
/// assert_eq!((uid.ty(), uid.class(), uid.id()), ("postgres", "default", "shop.db"));
/// assert_eq!(uid.workload(), Some("shop"));
/// # Ok::<(), score_model::InvalidUid>(())
/// ```
#[derive(Clone)]
pub struct ResourceUid {
    text: Arc<str>,
    class: u32,
    id: u32,
}

impl ResourceUid {
    /// The uid of these parts.
    ///
    /// # Errors
    /// A part that is empty or too long, or a type or class with a dot or `#`.
    pub fn new(ty: &str, class: &str, id: &str) -> Result<Self, InvalidUid> {
        let text = || [ty, ".", class, "#", id].concat();
        for part in [ty, class] {
            if part.is_empty() || part.len() > MAX_CLASS || part.bytes().any(|byte| matches!(byte, b'.' | b'#')) {
                return Err(InvalidUid(text()));
            }
        }
        if id.is_empty() || id.len() > MAX_ID {
            return Err(InvalidUid(text()));
        }
        let (class_at, id_at) = (ty.len() + 1, ty.len() + class.len() + 2);
        Ok(Self { text: text().into(), class: class_at as u32, id: id_at as u32 })
    }

    /// The resource type.
    #[inline]
    pub fn ty(&self) -> &str {
        &self.text[..self.class as usize - 1]
    }

    /// The class.
    #[inline]
    pub fn class(&self) -> &str {
        &self.text[self.class as usize..self.id as usize - 1]
    }

    /// The id: `workload.resource` of a private resource, what was written of a shared one.
    #[inline]
    pub fn id(&self) -> &str {
        &self.text[self.id as usize..]
    }

    /// The whole text.
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this is the node of a workload.
    #[inline]
    pub fn is_workload(&self) -> bool {
        self.ty() == WORKLOAD_TYPE
    }

    /// The `W` of an id `W.R`.
    pub fn workload(&self) -> Option<&str> {
        self.id().split_once('.').map(|(workload, _)| workload)
    }
}

/// Not a resource uid: `type.class#id` was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a resource uid: write `TYPE.CLASS#ID`")]
pub struct InvalidUid(pub String);

impl FromStr for ResourceUid {
    type Err = InvalidUid;

    fn from_str(text: &str) -> Result<Self, InvalidUid> {
        let invalid = || InvalidUid(text.to_owned());
        let (ty, rest) = text.split_once('.').ok_or_else(invalid)?;
        let (class, id) = rest.split_once('#').ok_or_else(invalid)?;
        Self::new(ty, class, id)
    }
}

impl fmt::Display for ResourceUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for ResourceUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for ResourceUid {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ResourceUid {}

impl PartialOrd for ResourceUid {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourceUid {
    #[inline]
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl std::hash::Hash for ResourceUid {
    #[inline]
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl std::borrow::Borrow<str> for ResourceUid {
    #[inline]
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl Serialize for ResourceUid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for ResourceUid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, parts: Option<(&str, &str, &str)>) {
        let uid = text.parse::<ResourceUid>();
        assert_eq!(uid.as_ref().ok().map(|uid| (uid.ty(), uid.class(), uid.id())), parts);
        if let Ok(uid) = uid {
            assert_eq!(uid.to_string(), text);
        }
    }

    #[test]
    fn parts() {
        check("postgres.default#shop.db", Some(("postgres", "default", "shop.db")));
        check("a.b#c#d.e", Some(("a", "b", "c#d.e")));
        check("a.b.c#d", None);
        check("a#b", None);
        check("a.b", None);
        check(".b#c", None);
        check("a.b#", None);
        check(&format!("a.b#{}", "x".repeat(254)), None);
    }
}
