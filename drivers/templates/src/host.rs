//! [`Host`]: the randomness, the time and the variables that a render is given.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::functions::Failed;

/// What templates may know of the world: nothing but what is given here.
///
/// Cheap to clone. A render with the same seed, time and variables gives the same text, on every machine. Without a seed, functions
/// such as `randAlphaNum` and `uuidv4` fail; without a time, `now` and its like do; without variables, `env` gives
/// empty text.
///
/// The seed decides every secret that a template makes up: it must be as hard to guess as they are meant to be. One
/// host used for several renders goes on where the last one stopped.
#[derive(Debug, Clone, Default)]
pub struct Host {
    random: Option<blake3::OutputReader>,
    /// Seconds and nanoseconds since 1970.
    now: Option<(i64, u32)>,
    variables: Arc<BTreeMap<String, String>>,
}

impl Host {
    /// With randomness that follows from this seed, of any length.
    #[must_use]
    pub fn with_seed(mut self, seed: impl AsRef<[u8]>) -> Self {
        self.random = Some(blake3::Hasher::new().update(seed.as_ref()).finalize_xof());
        self
    }

    /// With this time, in seconds and nanoseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn with_time(mut self, seconds: i64, nanoseconds: u32) -> Self {
        self.now = Some((seconds, nanoseconds.min(999_999_999)));
        self
    }

    /// With a variable that `env` and `expandenv` see.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.variables).insert(name.into(), value.into());
        self
    }

    pub(crate) fn now(&self) -> Result<(i64, u32), Failed> {
        self.now.ok_or_else(|| "the time is not available here".into())
    }

    pub(crate) fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }

    /// Random bytes.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Failed> {
        let random = self.random.as_mut().ok_or_else(|| Failed::from("randomness is not available here"))?;
        random.fill(bytes);
        Ok(())
    }

    /// A random number below this one, all equally likely; 0 below 0.
    pub(crate) fn below(&mut self, bound: u64) -> Result<u64, Failed> {
        // The largest multiple of the bound; what is above would favour small numbers.
        let limit = u64::MAX - u64::MAX.checked_rem(bound).unwrap_or_default();
        loop {
            let mut bytes = [0; 8];
            self.fill(&mut bytes)?;
            let number = u64::from_le_bytes(bytes);
            if number < limit {
                return Ok(number.checked_rem(bound).unwrap_or_default());
            }
        }
    }
}
