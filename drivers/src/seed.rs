//! Randomness that can be repeated.

use std::fmt;

/// Randomness that can be repeated: the same seed gives the same bytes. As secret as what is made from it, so its `Debug` says nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// The seed of these bytes. They must be unguessable where passwords are made from it.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Another seed, for one purpose: what is drawn from it tells nothing about this one or those of other purposes.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        Self(*blake3::keyed_hash(&self.0, purpose.as_bytes()).as_bytes())
    }

    /// Fills `bytes`.
    pub fn fill(&self, bytes: &mut [u8]) {
        blake3::Hasher::new_keyed(&self.0).finalize_xof().fill(bytes);
    }

    /// A number that is at least 0 and less than 1.
    pub fn fraction(&self) -> f64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        // 53 bits: as many as a float holds exactly
        (u64::from_le_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_and_differs_by_purpose() {
        let seed = Seed::new([7; 32]);
        let draw = |seed: Seed| {
            let mut bytes = [0; 100];
            seed.fill(&mut bytes);
            bytes
        };
        assert_eq!(draw(seed), draw(seed));
        assert_ne!(draw(seed), draw(seed.derive("a")));
        assert_ne!(draw(seed.derive("b")), draw(seed.derive("a")));
        assert!((0..1000).map(|n| seed.derive(&n.to_string()).fraction()).all(|f| (0.0..1.0).contains(&f)));
    }
}
