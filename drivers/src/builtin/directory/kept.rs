//! What a directory driver remembers.

use std::collections::{BTreeMap, BTreeSet};

use score_model::Value;
use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind};

const VERSION: u32 = 1;

/// What was written, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    version: u32,
    /// The directory, as it was given.
    pub(super) path: String,
    /// How many directories were made for it: its own, and then those above.
    pub(super) made: usize,
    /// The directories below it that were made.
    pub(super) directories: BTreeSet<String>,
    /// Name → digest of what was written.
    pub(super) files: BTreeMap<String, String>,
}

impl Kept {
    pub(super) fn new(path: &str) -> Self {
        Self { version: VERSION, path: path.to_owned(), made: 0, directories: BTreeSet::new(), files: BTreeMap::new() }
    }

    /// What was recorded; nothing, in `path`, where nothing was.
    pub(super) fn read(state: &Value, path: &str) -> Result<Self, Error> {
        let state = state.expose();
        if state.is_null() {
            return Ok(Self::new(path));
        }
        let unreadable = |message: String| Error::new(ErrorKind::Other, format!("the recorded state {message}"));
        let kept: Self = serde_json::from_value(state)
            .map_err(|error| unreadable("is not one of `directory`".to_owned()).with_source(error))?;
        if kept.version == VERSION {
            Ok(kept)
        } else {
            Err(unreadable(format!("has version {}, and this knows version {VERSION} only", kept.version)))
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.made == 0 && self.directories.is_empty() && self.files.is_empty()
    }

    pub(super) fn to_value(&self) -> Value {
        serde_json::to_value(self).map(Value::from).unwrap_or_default()
    }
}
