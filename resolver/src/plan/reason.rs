//! Why a plan does what it does to a resource.

use std::fmt;
use std::sync::Arc;

use score_model::{Path, ResourceUid};
use serde::{Deserialize, Serialize};

use crate::Guid;

/// Why a [`Change`](crate::Change) is what it is. Serialised as `{"code": "inputs-changed", "paths": ["size"]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// Nothing is recorded of it.
    New,
    /// These inputs are not what was recorded.
    InputsChanged {
        /// Where they differ.
        paths: Vec<Path>,
    },
    /// What the driver is told beside its inputs is not what it was.
    ContextChanged,
    /// What others share in its lane is not what it was.
    SharedChanged,
    /// What others share in its lane is not known before something else is done. When it turns out as it was, nothing happens.
    SharedUnknown,
    /// These inputs are not known before something else is done. When they turn out as recorded, nothing happens.
    InputsUnknown {
        /// What is not known.
        paths: Vec<Path>,
    },
    /// Another driver serves now.
    DriverChanged {
        /// The one that made it.
        from: Arc<str>,
        /// The one that serves now.
        to: Arc<str>,
    },
    /// The driver makes something else of the same inputs now.
    SchemaChanged {
        /// The recorded number.
        from: u32,
        /// The driver's number.
        to: u32,
    },
    /// The last apply did not finish.
    Incomplete,
    /// A call of its driver was interrupted and nobody knows what came of it; that is settled first.
    Interrupted,
    /// The module says that these inputs cannot be changed in place.
    ReplaceOn {
        /// Those that changed.
        paths: Vec<Path>,
    },
    /// The module says that these inputs cannot be changed in place, and they are not known yet: if they change, it is replaced.
    MayReplace {
        /// Those that are not known.
        paths: Vec<Path>,
    },
    /// The driver says that these inputs cannot be changed in place.
    DriverReplaces {
        /// Those that changed.
        paths: Vec<Path>,
    },
    /// It was asked for.
    Requested,
    /// It is replaced the same way as what depends on it: the new one comes before the old one goes.
    CreateBeforeDestroy {
        /// What depends on it.
        because_of: ResourceUid,
    },
    /// What is recorded of it stays for now, also where a new object comes: something else may still use it.
    StillUsed {
        /// What may: something that is deferred, or stays itself.
        by: ResourceUid,
    },
    /// Its record gets another uid.
    Moved {
        /// The recorded uid.
        from: ResourceUid,
    },
    /// It is not in the world any more.
    Gone,
    /// These outputs are not what was recorded.
    Drifted {
        /// Where they differ.
        paths: Vec<Path>,
    },
    /// Nobody asks for it any more.
    Unreferenced,
    /// Everything is to go.
    Down,
    /// Nobody asks for it any more, but it is to be kept.
    Kept,
    /// Something that is to be kept depends on it.
    NeededByKept {
        /// What is kept.
        uid: ResourceUid,
    },
    /// An old object that awaits its destruction.
    Deposed {
        /// Which.
        guid: Guid,
    },
    /// It is not among the targets.
    NotTargeted,
    /// It was excluded.
    Excluded,
    /// What it depends on is deferred; of something that goes: what depends on it.
    BecauseOf {
        /// What is deferred.
        uid: ResourceUid,
    },
    /// The driver cannot plan yet.
    DriverDefers {
        /// What it says.
        message: String,
    },
}

impl Reason {
    /// The stable, machine-readable name: that in the JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InputsChanged { .. } => "inputs-changed",
            Self::ContextChanged => "context-changed",
            Self::SharedChanged => "shared-changed",
            Self::SharedUnknown => "shared-unknown",
            Self::InputsUnknown { .. } => "inputs-unknown",
            Self::DriverChanged { .. } => "driver-changed",
            Self::SchemaChanged { .. } => "schema-changed",
            Self::Incomplete => "incomplete",
            Self::Interrupted => "interrupted",
            Self::ReplaceOn { .. } => "replace-on",
            Self::MayReplace { .. } => "may-replace",
            Self::DriverReplaces { .. } => "driver-replaces",
            Self::Requested => "requested",
            Self::CreateBeforeDestroy { .. } => "create-before-destroy",
            Self::StillUsed { .. } => "still-used",
            Self::Moved { .. } => "moved",
            Self::Gone => "gone",
            Self::Drifted { .. } => "drifted",
            Self::Unreferenced => "unreferenced",
            Self::Down => "down",
            Self::Kept => "kept",
            Self::NeededByKept { .. } => "needed-by-kept",
            Self::Deposed { .. } => "deposed",
            Self::NotTargeted => "not-targeted",
            Self::Excluded => "excluded",
            Self::BecauseOf { .. } => "because-of",
            Self::DriverDefers { .. } => "driver-defers",
        }
    }
}

/// A few words, to stand behind what happens: `size changed`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("new"),
            Self::InputsChanged { paths } => write!(f, "{} changed", Paths(paths)),
            Self::ContextChanged => f.write_str("its context changed"),
            Self::SharedChanged => f.write_str("what others share changed"),
            Self::SharedUnknown => f.write_str("what others share not known yet"),
            Self::InputsUnknown { paths } => write!(f, "{} not known yet", Paths(paths)),
            Self::DriverChanged { from, to } => write!(f, "driver {} → {}", Driver(from), Driver(to)),
            Self::SchemaChanged { from, to } => write!(f, "driver schema {from} → {to}"),
            Self::Incomplete => f.write_str("the last apply did not finish"),
            Self::Interrupted => f.write_str("a call was interrupted, to be settled first"),
            Self::ReplaceOn { paths } => write!(f, "{} cannot be changed in place", Paths(paths)),
            Self::MayReplace { paths } => write!(f, "replaced if {} changes", Paths(paths)),
            Self::DriverReplaces { paths } => write!(f, "the driver cannot change {} in place", Paths(paths)),
            Self::Requested => f.write_str("asked for"),
            Self::CreateBeforeDestroy { because_of } => write!(f, "the new one comes first, as for `{because_of}`"),
            Self::StillUsed { by } => write!(f, "what was there stays for now, `{by}` may still use it"),
            Self::Moved { from } => write!(f, "moved from `{from}`"),
            Self::Gone => f.write_str("gone from the world"),
            Self::Drifted { paths } => write!(f, "{} changed in the world", Paths(paths)),
            Self::Unreferenced => f.write_str("nobody asks for it any more"),
            Self::Down => f.write_str("everything goes"),
            Self::Kept => f.write_str("kept, though nobody asks for it"),
            Self::NeededByKept { uid } => write!(f, "kept, `{uid}` needs it"),
            Self::Deposed { guid } => write!(f, "old object {guid}"),
            Self::NotTargeted => f.write_str("not targeted"),
            Self::Excluded => f.write_str("excluded"),
            Self::BecauseOf { uid } => write!(f, "`{uid}` is deferred"),
            Self::DriverDefers { message } => f.write_str(message),
        }
    }
}

struct Paths<'a>(&'a [Path]);

impl fmt::Display for Paths<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        for (index, path) in self.0.iter().take(SHOWN).enumerate() {
            let separator = if index > 0 { ", " } else { "" };
            if path.is_root() { write!(f, "{separator}everything")? } else { write!(f, "{separator}`{path}`")? }
        }
        match self.0.len().checked_sub(SHOWN) {
            Some(more @ 1..) => write!(f, " and {more} more"),
            _ => Ok(()),
        }
    }
}

struct Driver<'a>(&'a str);

impl fmt::Display for Driver<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("none") } else { write!(f, "`{}`", self.0) }
    }
}
