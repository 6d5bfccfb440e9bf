//! What is not decided by a project's files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// What provisioning may know of the world, and where it works.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct World {
    /// The directory of the project.
    pub directory: PathBuf,
    /// The environment variables.
    pub variables: BTreeMap<String, String>,
    /// What random values follow from; as hard to guess as they are meant to be.
    pub seed: Vec<u8>,
    /// Nanoseconds since 1970.
    pub time: u64,
    /// The Kubernetes namespace; empty where there is none.
    pub namespace: String,
    /// Whether `cmd://` provisioners are refused.
    pub forbid_commands: bool,
}

impl World {
    /// The process's own: current directory (written as nothing), environment, randomness, time.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn here() -> Result<Self, std::io::Error> {
        let mut seed = vec![0; 32];
        getrandom::fill(&mut seed).map_err(|e| std::io::Error::other(e.to_string()))?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self {
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            seed,
            time: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
            ..Self::default()
        })
    }

    /// `bytes` random bytes in hex, others for each `purpose`.
    pub fn hex(&self, purpose: &str, bytes: usize) -> String {
        use sha2::{Digest as _, Sha256};
        let digest = Sha256::new_with_prefix(&self.seed).chain_update(purpose).finalize();
        digest.iter().take(bytes).fold(String::with_capacity(2 * bytes), |mut hex, byte| {
            let digit = |four: u8| char::from_digit(u32::from(four), 16).unwrap_or_default();
            hex.extend([digit(byte >> 4), digit(byte & 15)]);
            hex
        })
    }

    /// A random identity as the Score tools write it, another for each `purpose`.
    pub fn guid(&self, purpose: &str) -> String {
        let hex = self.hex(purpose, 16);
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        format!("{}-{}-4{}-{}-{}", part(0, 8), part(8, 12), part(13, 16), part(16, 20), part(20, 32))
    }
}
