//! What placeholders stand for, as the Score tools look it up.

use std::sync::Arc;

use crate::Value;
use crate::reference::split_keys;
use crate::shared_text::shared_key;

/// Where the placeholders of one workload find their values: its metadata, and its resources.
///
/// Laxer than [`Reference`](crate::Reference): keys may contain anything, as in the Score tools; files checked before need no more than that.
#[derive(Clone, Copy)]
pub struct Lookup<'a> {
    /// The workload's metadata.
    pub metadata: &'a Value,
    /// What a resource gives for a path of keys: `None` where there is no such resource, an error where it has nothing there.
    pub resource: &'a ResourceLookup<'a>,
}

/// What a resource, by its name, gives for a path of keys.
pub type ResourceLookup<'a> = dyn Fn(&str, &[Arc<str>]) -> Option<Result<Value, String>> + 'a;

impl std::fmt::Debug for Lookup<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lookup").field("metadata", self.metadata).finish_non_exhaustive()
    }
}

/// A placeholder that stands for nothing. Says what the Score tools say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid ref '{reference}': {reason}")]
#[non_exhaustive]
pub struct LookupError {
    /// What stands between the braces.
    pub reference: String,
    /// Why it stands for nothing.
    pub reason: LookupErrorReason,
}

/// Why a placeholder stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LookupErrorReason {
    /// It begins neither with `metadata` nor with `resources`.
    #[error("unknown reference root, use $$ to escape the substitution")]
    UnknownRoot,
    /// It is `metadata` and no more.
    #[error("requires at least a metadata key to lookup")]
    NoMetadataKey,
    /// It is `resources` and no more.
    #[error("requires at least a resource name to lookup")]
    NoResourceName,
    /// There is no such resource.
    #[error("no known resource '{0}'")]
    UnknownResource(String),
    /// There is no such key.
    #[error("key '{0}' not found")]
    KeyNotFound(String),
    /// What should have the key is no map.
    #[error("cannot lookup key '{0}', context is not a map")]
    NotAMap(String),
    /// What the resource said.
    #[error("{0}")]
    Resource(String),
}

impl Lookup<'_> {
    /// What the text between the braces stands for.
    ///
    /// # Errors
    /// It stands for nothing.
    pub fn find(&self, reference: &str) -> Result<Value, LookupError> {
        self.search(reference).map_err(|reason| LookupError { reference: reference.to_owned(), reason })
    }

    fn search(&self, reference: &str) -> Result<Value, LookupErrorReason> {
        use LookupErrorReason as Reason;
        let keys: Vec<Arc<str>> = split_keys(reference).iter().map(|key| shared_key(key)).collect();
        match keys.split_first().map(|(root, rest)| (&**root, rest)) {
            Some(("metadata", [])) => Err(Reason::NoMetadataKey),
            Some(("metadata", keys)) => walk(self.metadata, keys),
            Some(("resources", [])) => Err(Reason::NoResourceName),
            Some(("resources", [name, keys @ ..])) => match (self.resource)(name, keys) {
                Some(Ok(value)) => Ok(value),
                Some(Err(message)) => Err(Reason::Resource(message)),
                None => Err(Reason::UnknownResource(name.to_string())),
            },
            _ => Err(Reason::UnknownRoot),
        }
    }
}

/// What lies below `keys`, through maps only.
fn walk(value: &Value, keys: &[Arc<str>]) -> Result<Value, LookupErrorReason> {
    let mut at = value;
    for key in keys {
        let map = at.as_map().ok_or_else(|| LookupErrorReason::NotAMap(key.to_string()))?;
        at = map.get(key).ok_or_else(|| LookupErrorReason::KeyNotFound(key.to_string()))?;
    }
    Ok(at.clone())
}
