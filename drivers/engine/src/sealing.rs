//! Sealing: what is secret in a state is unreadable without its key.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use score_model::{FingerprintKey, Seal};
use score_resolver::Scope;
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// A key with which secrets are sealed: 32 bytes that nobody else knows.
#[derive(Clone, PartialEq, Eq)]
pub struct SealingKey(Arc<[u8; 32]>);

/// Names a key and tells nothing of it: 16 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KeyId(Arc<str>);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SealingKey {
    /// The key of these bytes, which must be unguessable.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Arc::new(bytes))
    }

    /// A new key.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn random() -> Result<Self, StoreError> {
        crate::random::bytes().map(Self::new)
    }

    /// The name of this key.
    pub fn id(&self) -> KeyId {
        let id = blake3::derive_key("partitura 2026 key id", &*self.0);
        KeyId(id.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>().into())
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({})", self.id())
    }
}

/// The keys of a state: one that seals, older ones that still open, and one from which fingerprints are made, which stays when the others change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The one that seals, then those that only open.
    pub(crate) sealing: Vec<SealingKey>,
    /// What fingerprints are made from.
    pub(crate) fingerprints: SealingKey,
}

impl Keys {
    /// One key for everything.
    pub fn new(key: SealingKey) -> Self {
        Self { fingerprints: key.clone(), sealing: vec![key] }
    }

    /// The same with a new key that seals from now on; the others still open what they sealed, and fingerprints stay what they are.
    #[must_use]
    pub fn rotated(mut self, key: SealingKey) -> Self {
        self.sealing.retain(|old| *old != key);
        self.sealing.insert(0, key);
        self
    }

    /// The name of the key that seals.
    pub fn id(&self) -> KeyId {
        self.current().id()
    }

    /// Whether what the key of this name sealed can be opened.
    pub fn open(&self, id: &KeyId) -> bool {
        self.sealing.iter().any(|key| key.id() == *id)
    }

    fn current(&self) -> &SealingKey {
        self.sealing.first().unwrap_or(&self.fingerprints)
    }

    /// The key of a scope's fingerprints: without it a fingerprint of a short secret could be guessed.
    pub fn fingerprint_key(&self, scope: &Scope) -> FingerprintKey {
        FingerprintKey::new(self.derive("partitura 2026 fingerprints", scope))
    }

    /// Bytes for one purpose in one scope, which tell nothing of the key and stay when it is rotated.
    pub(crate) fn derive(&self, purpose: &str, scope: &Scope) -> [u8; 32] {
        blake3::derive_key(purpose, &[&self.fingerprints.0[..], &framed(scope, "")].concat())
    }
}

/// Seals for one scope, with XChaCha20-Poly1305. What is sealed is bound to the scope, to the text that is given, and to the key:
///
/// ```text
/// sealed = format: u8 = 1  first bytes of key id: [8]  nonce: [24]  ciphertext and tag
/// ```
///
/// Nonces are 16 random bytes, drawn once for each `Sealer`, and a count.
pub struct Sealer {
    scope: Scope,
    ciphers: Vec<([u8; 8], XChaCha20Poly1305)>,
    nonces: [u8; 16],
    count: AtomicU64,
}

const FORMAT: u8 = 1;
const NONCE: usize = 24;
const HEADER: usize = 1 + 8;

impl Sealer {
    /// Seals and opens with these keys in this scope.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn new(keys: &Keys, scope: &Scope) -> Result<Self, StoreError> {
        let ciphers = keys.sealing.iter().map(|key| (short_id(key), XChaCha20Poly1305::new(key.0.as_ref().into())));
        Ok(Self {
            scope: scope.clone(),
            ciphers: ciphers.collect(),
            nonces: crate::random::bytes()?,
            count: AtomicU64::new(0),
        })
    }

    fn try_seal(&self, bound_to: &str, clear: &[u8]) -> Option<Vec<u8>> {
        let (id, cipher) = self.ciphers.first()?;
        let mut nonce = [0; NONCE];
        let count = self.count.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        nonce.iter_mut().zip(self.nonces.iter().chain(&count)).for_each(|(to, from)| *to = *from);
        let aad = [&id[..], &framed(&self.scope, bound_to)].concat();
        let ciphertext = cipher.encrypt(&XNonce::from(nonce), Payload { msg: clear, aad: &aad }).ok()?;
        Some([&[FORMAT][..], id, &nonce, &ciphertext].concat())
    }
}

impl Seal for Sealer {
    fn seal(&self, bound_to: &str, clear: &[u8]) -> Vec<u8> {
        // fails only for more bytes than a memory holds; what is empty does not open
        self.try_seal(bound_to, clear).unwrap_or_default()
    }

    fn open(&self, bound_to: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (header, rest) = sealed.split_at_checked(HEADER)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>()?;
        let id = header.strip_prefix(&[FORMAT])?;
        let aad = [id, &framed(&self.scope, bound_to)].concat();
        let (_, cipher) = self.ciphers.iter().find(|(known, _)| known == id)?;
        cipher.decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: &aad }).ok()
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("scope", &self.scope).finish_non_exhaustive()
    }
}

fn short_id(key: &SealingKey) -> [u8; 8] {
    let id = blake3::derive_key("partitura 2026 key id", &*key.0);
    id.first_chunk().copied().unwrap_or_default()
}

/// Bytes that differ for whatever differs: each part with its length before it.
fn framed(scope: &Scope, bound_to: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in [&*scope.organisation, &*scope.project, &*scope.environment, bound_to] {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use score_resolver::Context;

    use super::*;

    fn keys(byte: u8) -> Keys {
        Keys::new(SealingKey::new([byte; 32]))
    }

    fn sealer(keys: &Keys, environment: &str) -> Sealer {
        Sealer::new(keys, &Context::new(environment).scope()).unwrap()
    }

    #[test]
    fn opens_only_what_was_sealed_there() {
        let sealed = sealer(&keys(1), "dev").seal("a", b"canary");
        let opened = |keys: &Keys, environment: &str, bound_to: &str, sealed: &[u8]| {
            sealer(keys, environment).open(bound_to, sealed)
        };
        assert_eq!(opened(&keys(1), "dev", "a", &sealed).unwrap(), b"canary");
        assert_eq!(opened(&keys(1), "dev", "b", &sealed), None);
        assert_eq!(opened(&keys(1), "prod", "a", &sealed), None);
        assert_eq!(opened(&keys(2), "dev", "a", &sealed), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(opened(&keys(1), "dev", "a", &changed), None, "byte {at}");
            assert_eq!(opened(&keys(1), "dev", "a", &sealed[..at]), None, "cut at {at}");
        }
    }

    #[test]
    fn the_same_text_is_never_sealed_alike() {
        let (one, two) = (sealer(&keys(1), "dev"), sealer(&keys(1), "dev"));
        let sealed = [one.seal("", b"x"), one.seal("", b"x"), two.seal("", b"x"), two.seal("", b"x")];
        let distinct: std::collections::BTreeSet<_> = sealed.iter().collect();
        assert_eq!(distinct.len(), 4);
    }

    #[test]
    fn a_rotated_key_opens_what_was_and_keeps_fingerprints() {
        let scope = Context::new("dev").scope();
        let rotated = keys(1).rotated(SealingKey::new([2; 32]));
        let old = sealer(&keys(1), "dev").seal("a", b"canary");
        assert_eq!(sealer(&rotated, "dev").open("a", &old).unwrap(), b"canary");
        let new = sealer(&rotated, "dev").seal("a", b"canary");
        assert_eq!(sealer(&keys(1), "dev").open("a", &new), None);
        assert_eq!(rotated.fingerprint_key(&scope), keys(1).fingerprint_key(&scope));
        assert_ne!(rotated.fingerprint_key(&scope), rotated.fingerprint_key(&Context::new("prod").scope()));
    }

    #[test]
    fn a_key_does_not_show() {
        let shown = format!("{:?}", SealingKey::new([0x11; 32]));
        assert!(!shown.contains("11111111") && !shown.contains("17, 17"), "{shown}");
    }
}
