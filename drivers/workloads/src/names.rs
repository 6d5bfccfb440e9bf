//! Short names for paths.

use sha2::{Digest as _, Sha256};

/// Ten hex digits that stand for a path, as the Score tools write them.
pub(crate) fn hash(path: &str) -> String {
    Sha256::digest(path.as_bytes()).iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}
