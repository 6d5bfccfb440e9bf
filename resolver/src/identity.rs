//! Identities that are made here: of a state, of the things in it, and of attempts.

use std::fmt;
use std::sync::Arc;

use score_model::ResourceUid;
use serde::{Deserialize, Serialize};

/// The identity of a state, made once with it from randomness that the caller has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lineage(Arc<str>);

impl Lineage {
    /// The lineage of these random bytes.
    pub fn new(random: [u8; 16]) -> Self {
        Self(random.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into())
    }

    /// 32 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The identity of a thing in the world: 40 hex digits, kept by updates and moves, new on replacement.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Guid(Arc<str>);

impl Guid {
    /// BLAKE3 of the state's lineage, the uid and the state's object counter, which only grows.
    pub fn derive(lineage: &Lineage, uid: &ResourceUid, object: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in [lineage.as_str(), uid.as_str()] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.update(&object.to_le_bytes());
        Self(hasher.finalize().to_hex()[..40].into())
    }

    /// 40 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The identity of an attempt: kept by retries, takeovers and later runs until the attempt is settled.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IdempotencyKey(Arc<str>);

impl IdempotencyKey {
    /// The key of the intent on `guid` that was recorded as number `number` of the journal.
    pub fn new(guid: &Guid, number: u64) -> Self {
        Self(format!("{guid}-{number}").into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
