//! Entries of a journal: records as bytes, secrets sealed.
//!
//! ```text
//! entry = 0 JSON       a record of a kind that is rare, as `score_resolver::Record` serialises
//!       | 1 postcard   the object of `Record::Object`, its values packed
//!       | 2 postcard   the intent of `Record::Intent`, its values packed
//! ```
//!
//! The first entry of a journal is its [`Header`], as JSON. An entry of an unknown kind, or of a later version, is refused.

use std::sync::Arc;
use std::{fmt, iter};

use score_model::{DoesNotOpen, ResourceUid, Seal, Split, StillUnknown, Value};
use score_resolver::{Intent, Object, Record};
use serde::{Deserialize, Serialize};

use super::packed::{self, Packed};
use super::texts::{Texts, Uids};
use crate::KeyId;

/// The latest version of the entries, the one that is written.
pub(super) const VERSION: u32 = 1;

/// The first entry of every journal.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    /// The version of the entries behind it.
    pub(super) journal: u32,
    /// The key that seals them.
    pub(super) key: KeyId,
}

/// Why a record cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwritable {
    #[error(transparent)]
    Value(#[from] packed::Unpackable),
    #[error(transparent)]
    Unknown(#[from] StillUnknown),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Postcard(#[from] postcard::Error),
}

/// Why an entry is not understood.
#[derive(Debug, thiserror::Error)]
pub(super) enum Misread {
    #[error("it is of a kind that is not known")]
    Kind,
    #[error(transparent)]
    Value(#[from] packed::Unreadable),
    #[error(transparent)]
    Sealed(#[from] DoesNotOpen),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Postcard(#[from] postcard::Error),
}

/// A record with its secrets sealed, for readers other than this program.
pub(super) fn sealed(record: Record, seal: &dyn Seal) -> Result<Record<Split>, StillUnknown> {
    record.try_map(&mut |value: Value, bound_to| value.split(seal, &bound_to.to_string()))
}

pub(super) fn encode(record: Record, seal: &dyn Seal) -> Result<Vec<u8>, Unwritable> {
    let mut pack = |value: Value, bound_to: fmt::Arguments<'_>| Packed::new(&value, seal, &bound_to);
    Ok(match record {
        Record::Object(object) => postcard::to_extend(&Arc::unwrap_or_clone(object).try_map(&mut pack)?, vec![1])?,
        Record::Intent(intent) => postcard::to_extend(&Arc::unwrap_or_clone(intent).try_map(&mut pack)?, vec![2])?,
        rare => {
            let mut entry = vec![0];
            serde_json::to_writer(&mut entry, &sealed(rare, seal)?)?;
            entry
        }
    })
}

/// Reads the entries of one journal. What many of them say is kept once.
pub(super) struct Reader<'a> {
    seal: &'a dyn Seal,
    texts: Texts,
    uids: Uids,
}

impl<'a> Reader<'a> {
    pub(super) fn new(seal: &'a dyn Seal) -> Self {
        Self { seal, texts: Texts::default(), uids: Uids::default() }
    }

    pub(super) fn decode(&mut self, entry: &[u8]) -> Result<Record, Misread> {
        Ok(match entry.split_first() {
            Some((0, json)) => {
                let record: Record<Split> = serde_json::from_slice(json)?;
                record.try_map(&mut |split, bound_to| Value::join(split, self.seal, &bound_to.to_string()))?
            }
            Some((1, object)) => {
                let mut object = postcard::from_bytes::<Object<Packed<'_>>>(object)?;
                let Object { module, driver, uid, depends_on, .. } = &mut object;
                self.share([module, driver], iter::once(uid).chain(depends_on));
                Record::Object(Arc::new(object.try_map(&mut self.unpack())?))
            }
            Some((2, intent)) => {
                let mut intent = postcard::from_bytes::<Intent<Packed<'_>>>(intent)?;
                let Intent { module, driver, uid, depends_on, .. } = &mut intent;
                self.share([module, driver], iter::once(uid).chain(depends_on));
                Record::Intent(Arc::new(intent.try_map(&mut self.unpack())?))
            }
            _ => return Err(Misread::Kind),
        })
    }

    /// Lets go of texts and uids that were seen before.
    fn share<'r>(&mut self, texts: [&mut Arc<str>; 2], uids: impl Iterator<Item = &'r mut ResourceUid>) {
        for text in texts {
            *text = self.texts.shared(text);
        }
        for uid in uids {
            *uid = self.uids.shared(uid);
        }
    }

    /// The values of one record. Those that are equal are one: outputs often are what went in.
    fn unpack<'p>(
        &mut self,
    ) -> impl FnMut(Packed<'p>, fmt::Arguments<'_>) -> Result<Value, packed::Unreadable> + use<'_, 'a, 'p> {
        let mut known: Vec<(Packed<'p>, Value)> = Vec::new();
        move |packed, bound_to| {
            if let Some((_, value)) = known.iter().find(|(other, _)| *other == packed) {
                return Ok(value.clone());
            }
            let value = packed.value(self.seal, &bound_to, &mut self.texts)?;
            // What is sealed is bound to its place: nothing is believed of it elsewhere.
            if !value.has_secret() {
                known.push((packed, value.clone()));
            }
            Ok(value)
        }
    }
}

#[cfg(test)]
mod tests {
    use score_model::Path;
    use score_resolver::Context;
    use serde_json::json;

    use super::*;
    use crate::{Keys, Sealer, SealingKey};

    fn sealer() -> Sealer {
        Sealer::new(&Keys::new(SealingKey::new([1; 32])), &Context::new("dev").scope()).unwrap()
    }

    /// As another program would write it.
    fn record(json: serde_json::Value) -> Record {
        let record: Record<Split> = serde_json::from_value(json).unwrap();
        record.try_map(&mut |split, bound_to| Value::join(split, &sealer(), &bound_to.to_string())).unwrap()
    }

    pub(super) fn samples() -> Vec<Record> {
        let guid = "ab".repeat(20);
        let fingerprint = "cd".repeat(32);
        let mut object = record(json!({
            "record": "object", "uid": "thing.default#shop.one", "guid": guid, "number": 7, "module": "mk", "driver": "command",
            "driver_schema": 1, "pure": false, "inputs": {"public": {"size": 9, "name": "é", "list": [1.5, null, true]}},
            "fingerprint": fingerprint, "raw_outputs": {"public": {"id": "x"}}, "outputs": {"public": {"id": "x"}},
            "state": {"public": null}, "artefacts": [{"kind": "file", "key": "a", "value": {"public": "text"}}],
            "depends_on": ["thing.default#shop.two"], "on_unreferenced": "keep", "complete": true, "referenced": true,
            "intent_open": false, "deposed": false,
        }));
        if let Record::Object(object) = &mut object {
            let object = Arc::make_mut(object);
            object.state = Value::secret(Value::map([("token", Value::from("canary"))]));
            object.outputs.insert(&Path::root().child("password"), Value::secret("canary".into()));
        }
        let intent = record(json!({
            "record": "intent", "uid": "thing.default#shop.one", "guid": guid, "number": 7, "key": "k-1", "operation": "apply",
            "module": "mk", "driver": "command", "driver_schema": 1, "inputs": {"public": {"size": 9}}, "fingerprint": fingerprint,
            "depends_on": [], "on_unreferenced": "delete",
        }));
        let others = [
            json!({"record": "opened", "lineage": "0".repeat(32), "objects": 3, "serial": 4}),
            json!({"record": "settled", "guid": guid}),
            json!({"record": "removed", "uid": "thing.default#shop.one", "guid": guid}),
            json!({"record": "moved", "from": "thing.default#a", "to": "thing.default#b"}),
        ];
        let document = Record::Document {
            name: "shop".into(),
            file: "score.yaml".into(),
            text: Value::secret("password: canary".into()),
        };
        [object, intent, document].into_iter().chain(others.map(record)).collect()
    }

    #[test]
    fn records_come_back_and_hide_their_secrets() {
        for record in samples() {
            let entry = encode(record.clone(), &sealer()).unwrap();
            assert!(!entry.windows(6).any(|window| window == b"canary"), "{record:?}");
            assert_eq!(Reader::new(&sealer()).decode(&entry).unwrap(), record);
        }
    }

    #[test]
    fn no_bytes_do_harm() {
        for record in samples() {
            let entry = encode(record, &sealer()).unwrap();
            for at in 0..entry.len() {
                let mut changed = entry.clone();
                changed[at] ^= 0x55;
                let _ = Reader::new(&sealer()).decode(&changed);
                assert!(Reader::new(&sealer()).decode(&entry[..at]).is_err(), "cut at {at}");
            }
        }
        assert!(matches!(Reader::new(&sealer()).decode(&[9]), Err(Misread::Kind)));
        assert!(matches!(Reader::new(&sealer()).decode(&[]), Err(Misread::Kind)));
    }
}
