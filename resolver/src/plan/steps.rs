//! The steps that make a plan's changes.

use std::fmt;

use score_model::ResourceUid;
use serde::{Deserialize, Serialize};

use crate::{Guid, Operation};

/// One step of a plan: to apply a resource, or to destroy one object. Ordered by uid, then apply before destroy, then guid.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step {
    /// Whose.
    pub uid: ResourceUid,
    /// What is done.
    pub operation: Operation,
    /// Which object goes; `None` for an apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guid: Option<Guid>,
}

impl Step {
    /// The step that applies a resource.
    pub fn apply(uid: ResourceUid) -> Self {
        Self { uid, operation: Operation::Apply, guid: None }
    }

    /// The step that destroys an object.
    pub fn destroy(uid: ResourceUid, guid: Guid) -> Self {
        Self { uid, operation: Operation::Destroy, guid: Some(guid) }
    }
}

/// `apply(UID)` or `destroy(UID GUID)`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.operation, &self.guid) {
            (Operation::Apply, _) => write!(f, "apply({})", self.uid),
            (Operation::Destroy, Some(guid)) => write!(f, "destroy({} {guid})", self.uid),
            (Operation::Destroy, None) => write!(f, "destroy({})", self.uid),
        }
    }
}
