//! What is left of a journal file that was changed by something else.

use std::fmt;
use std::path::PathBuf;

/// A journal file was changed by something else than the store, and what can be saved of it. Nothing is written to such a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// Offset of the first byte that cannot be trusted; everything before it is intact.
    pub offset: u64,
    /// Offset of what can be read again behind it; the end of the file where nothing can. Equal to `offset` where something is missing rather than changed.
    pub until: u64,
    /// How many entries are before it.
    pub before: usize,
    /// How many entries can be read behind it.
    pub after: usize,
}

impl Damage {
    /// What to do about it.
    pub fn help(&self) -> String {
        let Self { path, offset, before, .. } = self;
        let path = path.display();
        if *before == 0 {
            return format!("put back a copy of `{path}` that is sound; of this one nothing can be saved");
        }
        format!(
            "put back a copy of `{path}` that is sound; without one, its first {before} entries can be saved: `head -c {offset} {path} > saved`, and look at what they say before using them"
        )
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, offset, until, before, after } = self;
        let path = path.display();
        if until > offset {
            write!(f, "the state file `{path}` is damaged from byte {offset} to {until}")?;
        } else {
            write!(f, "the state file `{path}` lacks something before byte {offset}")?;
        }
        write!(f, ": {before} entries before it are intact, {after} after it can be read")
    }
}

impl std::error::Error for Damage {}
