//! [`Random`]: the randomness of one key, from the host's seed.

use std::convert::Infallible;

use rsa::rand_core::{TryCryptoRng, TryRng};

use crate::context::Context;
use crate::functions::Failed;

/// Bytes without end, of which the host gives the first: how many a key takes changes nothing for what comes after it.
pub(super) struct Random(blake3::OutputReader);

impl Random {
    pub(super) fn new(context: &mut Context<'_>) -> Result<Self, Failed> {
        let mut seed = [0; blake3::KEY_LEN];
        context.host.fill(&mut seed)?;
        Ok(Self(blake3::Hasher::new_keyed(&seed).finalize_xof()))
    }

    pub(super) fn bytes<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        self.0.fill(&mut bytes);
        bytes
    }
}

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Random {}
