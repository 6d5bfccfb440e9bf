//! What is recorded, as people list it.

use std::fmt;
use std::sync::Arc;

use score_model::{ResourceUid, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::{Guid, Intent, Object, Record, Snapshot};

/// How an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ready,
    /// Something remains to be done.
    Incomplete,
    /// An old object that awaits its destruction.
    Deposed,
    /// Nobody asks for it any more; it is kept.
    Unreferenced,
    /// A call was interrupted and nobody knows what came of it; the next deployment settles that.
    Unknown,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ready => "ready",
            Self::Incomplete => "incomplete",
            Self::Deposed => "deposed",
            Self::Unreferenced => "unreferenced",
            Self::Unknown => "unknown",
        })
    }
}

/// One line of a [listing](Snapshot::list).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Listed<'a> {
    /// Whose it is.
    pub uid: &'a ResourceUid,
    /// Which it is.
    pub guid: &'a Guid,
    /// The module that serves.
    pub module: &'a Arc<str>,
    /// How it is.
    pub status: Status,
    /// The record; `None` of something that may have come to exist in an interrupted call.
    pub object: Option<&'a Object>,
    /// The interrupted call.
    pub intent: Option<&'a Intent>,
}

impl Listed<'_> {
    /// `{"uid", "guid", "type", "module", "status", "outputs"}`, without secrets.
    pub fn redacted(&self) -> Json {
        json!({
            "uid": self.uid,
            "guid": self.guid,
            "type": self.uid.ty(),
            "module": self.module,
            "status": self.status,
            "outputs": self.object.map_or_else(|| json!({}), |object| object.outputs.redacted()),
        })
    }

    /// The same, and `"inputs"`, `"driver"`, `"depends_on"`, `"on_unreferenced"`, `"artefacts"`, without secrets.
    pub fn redacted_in_full(&self) -> Json {
        let mut json = self.redacted();
        let Some(fields) = json.as_object_mut() else { return json };
        let (inputs, driver, depends_on, retention) = match (self.object, self.intent) {
            (Some(object), _) => (&object.inputs, &object.driver, &object.depends_on[..], object.on_unreferenced),
            (None, Some(intent)) => (&intent.inputs, &intent.driver, &intent.depends_on[..], intent.on_unreferenced),
            (None, None) => return json,
        };
        let artefacts =
            self.object.into_iter().flat_map(|object| &object.artefacts).map(
                |artefact| json!({"kind": artefact.kind, "key": artefact.key, "value": artefact.value.redacted()}),
            );
        fields.insert("inputs".to_owned(), inputs.redacted());
        fields.insert("driver".to_owned(), json!(driver));
        fields.insert("depends_on".to_owned(), json!(depends_on));
        fields.insert("on_unreferenced".to_owned(), json!(retention));
        fields.insert("artefacts".to_owned(), artefacts.collect());
        json
    }
}

/// Why a record cannot be moved or forgotten.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// There is no such record.
    #[error("nothing is recorded of `{0}`")]
    Unknown(ResourceUid),
    /// There is a record of that uid already.
    #[error("`{0}` is recorded already: forget it or move it elsewhere first")]
    Taken(ResourceUid),
}

impl Snapshot {
    /// Everything that is recorded, by uid; of one uid the current object first, then old ones by guid.
    pub fn list(&self) -> Vec<Listed<'_>> {
        let objects = self.objects().chain(self.deposed()).map(|object| Listed {
            uid: &object.uid,
            guid: &object.guid,
            module: &object.module,
            status: self.status(object),
            object: Some(object),
            intent: self.intent(&object.guid),
        });
        let attempts = self.intents().filter(|intent| self.find(&intent.uid, &intent.guid).is_none());
        let attempts = attempts.map(|intent| Listed {
            uid: &intent.uid,
            guid: &intent.guid,
            module: &intent.module,
            status: Status::Unknown,
            object: None,
            intent: Some(intent),
        });
        let mut list: Vec<Listed<'_>> = objects.chain(attempts).collect();
        list.sort_by_key(|listed| (listed.uid, listed.status == Status::Deposed, listed.guid));
        list
    }

    /// How an object is. Where several hold: deposed, then unknown, then incomplete, then unreferenced.
    pub fn status(&self, object: &Object) -> Status {
        let interrupted = self.intent(&object.guid).is_some() && !object.intent_open;
        match object {
            _ if object.deposed => Status::Deposed,
            _ if interrupted => Status::Unknown,
            _ if !object.complete => Status::Incomplete,
            _ if !object.referenced => Status::Unreferenced,
            _ => Status::Ready,
        }
    }

    /// The record that gives an object another uid.
    ///
    /// # Errors
    /// There is no such object, or the new uid has one already.
    pub fn moving(&self, from: &ResourceUid, to: &ResourceUid) -> Result<Record, RecordError> {
        if !self.list_of(from).any(|_| true) {
            return Err(RecordError::Unknown(from.clone()));
        }
        if self.list_of(to).any(|_| true) {
            return Err(RecordError::Taken(to.clone()));
        }
        Ok(Record::Moved { from: from.clone(), to: to.clone() })
    }

    /// The records that take all objects of a uid out of the state; what they are of stays in the world.
    ///
    /// # Errors
    /// There is no such object.
    pub fn forgetting(&self, uid: &ResourceUid) -> Result<Vec<Record>, RecordError> {
        let records: Vec<Record> =
            self.list_of(uid).map(|guid| Record::Removed { uid: uid.clone(), guid: guid.clone() }).collect();
        if records.is_empty() { Err(RecordError::Unknown(uid.clone())) } else { Ok(records) }
    }

    fn list_of<'a>(&'a self, uid: &'a ResourceUid) -> impl Iterator<Item = &'a Guid> {
        let current = self.object(uid).map(|object| &object.guid);
        let deposed = self.deposed().filter(move |object| object.uid == *uid).map(|object| &object.guid);
        let attempts =
            self.intents().filter(move |intent| intent.uid == *uid && self.find(uid, &intent.guid).is_none());
        current.into_iter().chain(deposed).chain(attempts.map(|intent| &intent.guid))
    }

    /// The outputs of all objects, by uid.
    pub fn outputs(&self) -> impl Iterator<Item = (&ResourceUid, &Value)> {
        self.objects().map(|object| (&object.uid, &object.outputs))
    }
}
