//! Randomness of the operating system.

use crate::StoreError;

/// Random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(StoreError::io("read", "the randomness of the operating system", error.to_string())),
    }
}
