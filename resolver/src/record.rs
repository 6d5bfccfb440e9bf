//! What state says: records, of which a snapshot is the sum.

use std::fmt;
use std::sync::Arc;

use score_model::{Fingerprint, ResourceUid, Value};
use serde::{Deserialize, Serialize};

use crate::{Artefact, Guid, IdempotencyKey, Lineage, Retention};

/// One entry of a journal. Generic over its values: with [`Value`] it cannot be serialised, only with secrets sealed ([`Split`](score_model::Split)). Cheap to clone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Record<V = Value> {
    /// The first of a state, and of a journal that was folded.
    Opened {
        /// The identity of the state.
        lineage: Lineage,
        /// How many objects it has had.
        objects: u64,
        /// How many records came before.
        serial: u64,
    },
    /// The Score file of a workload, as given. Replaces the one of its name.
    Document {
        /// The workload's name.
        name: Arc<str>,
        /// The file's name.
        file: Arc<str>,
        /// The file's text; marked as secret, so that it is sealed.
        text: V,
    },
    /// A workload is gone.
    DocumentRemoved {
        /// The workload's name.
        name: Arc<str>,
    },
    /// A driver with effects is about to be called.
    Intent(Arc<Intent<V>>),
    /// An intent ended without changing what is recorded.
    Settled {
        /// Whose it was.
        guid: Guid,
    },
    /// What there is: replaces what was recorded of this object and settles its intent, unless it says that it stays open.
    Object(Arc<Object<V>>),
    /// An object stops being the one of its uid and awaits its destruction.
    Deposed {
        /// Whose it was.
        uid: ResourceUid,
        /// Which.
        guid: Guid,
    },
    /// An object is gone, or is no longer looked after. Settles its intent.
    Removed {
        /// Whose it was.
        uid: ResourceUid,
        /// Which.
        guid: Guid,
    },
    /// An object gets another uid; its guid stays.
    Moved {
        /// The old one.
        from: ResourceUid,
        /// The new one.
        to: ResourceUid,
    },
    /// What an object is tied to changed, the object did not.
    Relinked {
        /// Whose.
        uid: ResourceUid,
        /// What it depends on directly.
        depends_on: Vec<ResourceUid>,
        /// The module that serves.
        module: Arc<str>,
        /// What becomes of it when nobody asks for it any more.
        on_unreferenced: Retention,
        /// Whether anybody asks for it.
        referenced: bool,
    },
}

/// An object in the world, as state knows it: all that destroying it needs, without the platform.
// Journals keep it without the names of its fields: each field is always written, and a change of them is a new version of their entries. The same goes for `Intent`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Object<V = Value> {
    /// Whose it is.
    pub uid: ResourceUid,
    /// Which it is.
    pub guid: Guid,
    /// Its number among the objects of the state.
    pub number: u64,
    /// The module that served.
    pub module: Arc<str>,
    /// The driver that made it; empty where there is none.
    pub driver: Arc<str>,
    /// The number of the driver's schema.
    pub driver_schema: u32,
    /// Whether the driver is pure: there is nothing to destroy.
    pub pure: bool,
    /// The inputs it was made with.
    pub inputs: V,
    /// Of the inputs (and the context, where the driver reads it).
    pub fingerprint: Fingerprint,
    /// What the driver answered.
    pub raw_outputs: V,
    /// The outputs: what the driver answered, with the module's over it.
    pub outputs: V,
    /// What the driver keeps for itself; always secret.
    pub state: V,
    /// Pieces of documents.
    pub artefacts: Vec<Artefact<V>>,
    /// What it depends on directly.
    pub depends_on: Vec<ResourceUid>,
    /// What becomes of it when nobody asks for it any more.
    pub on_unreferenced: Retention,
    /// Whether nothing remains to be done.
    pub complete: bool,
    /// Whether anybody asks for it.
    pub referenced: bool,
    /// Whether the intent of the call that made it stays open.
    pub intent_open: bool,
    /// Whether it is an old object that awaits its destruction, beside that of its uid.
    pub deposed: bool,
}

/// A call of a driver that is about to happen, or may have happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Intent<V = Value> {
    /// Whose it is.
    pub uid: ResourceUid,
    /// Which object.
    pub guid: Guid,
    /// The object's number among the objects of the state.
    pub number: u64,
    /// The identity of the attempt.
    pub key: IdempotencyKey,
    /// What is about to be done.
    pub operation: Operation,
    /// The module that serves.
    pub module: Arc<str>,
    /// The driver.
    pub driver: Arc<str>,
    /// The number of the driver's schema.
    pub driver_schema: u32,
    /// The inputs.
    pub inputs: V,
    /// Of the inputs.
    pub fingerprint: Fingerprint,
    /// What it depends on directly.
    pub depends_on: Vec<ResourceUid>,
    /// What becomes of it when nobody asks for it any more.
    pub on_unreferenced: Retention,
}

/// What a step does, and what an intent announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Create or change.
    Apply,
    /// Destroy.
    Destroy,
}

impl<V: Clone> Record<V> {
    /// The same record with other values: `change` is called with each value and the text it is bound to when sealed (the uid and the field's name, which does not change when records are folded).
    ///
    /// # Errors
    /// The first error of `change`.
    pub fn try_map<W, E>(self, change: &mut dyn FnMut(V, fmt::Arguments<'_>) -> Result<W, E>) -> Result<Record<W>, E> {
        Ok(match self {
            Self::Opened { lineage, objects, serial } => Record::Opened { lineage, objects, serial },
            Self::Document { name, file, text } => {
                let text = change(text, format_args!("document/{name}"))?;
                Record::Document { name, file, text }
            }
            Self::DocumentRemoved { name } => Record::DocumentRemoved { name },
            Self::Intent(intent) => Record::Intent(Arc::new(Arc::unwrap_or_clone(intent).try_map(change)?)),
            Self::Settled { guid } => Record::Settled { guid },
            Self::Object(object) => Record::Object(Arc::new(Arc::unwrap_or_clone(object).try_map(change)?)),
            Self::Deposed { uid, guid } => Record::Deposed { uid, guid },
            Self::Removed { uid, guid } => Record::Removed { uid, guid },
            Self::Moved { from, to } => Record::Moved { from, to },
            Self::Relinked { uid, depends_on, module, on_unreferenced, referenced } => {
                Record::Relinked { uid, depends_on, module, on_unreferenced, referenced }
            }
        })
    }
}

impl<V> Object<V> {
    /// See [`Record::try_map`].
    ///
    /// # Errors
    /// The first error of `change`.
    pub fn try_map<W, E>(self, change: &mut dyn FnMut(V, fmt::Arguments<'_>) -> Result<W, E>) -> Result<Object<W>, E> {
        let mut part = |value, field: &str| change(value, format_args!("{}/{field}", self.guid));
        Ok(Object {
            inputs: part(self.inputs, "inputs")?,
            raw_outputs: part(self.raw_outputs, "raw_outputs")?,
            outputs: part(self.outputs, "outputs")?,
            state: part(self.state, "state")?,
            artefacts: self
                .artefacts
                .into_iter()
                .enumerate()
                .map(|(index, Artefact { kind, key, value })| {
                    let value = change(value, format_args!("{}/artefacts/{index}", self.guid))?;
                    Ok(Artefact { kind, key, value })
                })
                .collect::<Result<_, E>>()?,
            uid: self.uid,
            guid: self.guid,
            number: self.number,
            module: self.module,
            driver: self.driver,
            driver_schema: self.driver_schema,
            pure: self.pure,
            fingerprint: self.fingerprint,
            depends_on: self.depends_on,
            on_unreferenced: self.on_unreferenced,
            complete: self.complete,
            referenced: self.referenced,
            intent_open: self.intent_open,
            deposed: self.deposed,
        })
    }
}

impl<V> Intent<V> {
    /// See [`Record::try_map`].
    ///
    /// # Errors
    /// The first error of `change`.
    pub fn try_map<W, E>(self, change: &mut dyn FnMut(V, fmt::Arguments<'_>) -> Result<W, E>) -> Result<Intent<W>, E> {
        Ok(Intent {
            inputs: change(self.inputs, format_args!("{}/intent", self.guid))?,
            uid: self.uid,
            guid: self.guid,
            number: self.number,
            key: self.key,
            operation: self.operation,
            module: self.module,
            driver: self.driver,
            driver_schema: self.driver_schema,
            fingerprint: self.fingerprint,
            depends_on: self.depends_on,
            on_unreferenced: self.on_unreferenced,
        })
    }
}
