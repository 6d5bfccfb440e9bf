//! Entries of a journal: records as bytes, secrets sealed.
//!
//! ```text
//! entry = 0 JSON       a record of a kind that is rare, as `score_resolver::Record` serialises
//!       | 1 postcard   the object of `Record::Object`, its values packed
//!       | 2 postcard   the intent of `Record::Intent`, its values packed
//! ```
//!
//! The first entry of a journal is its [`Header`], as JSON. An entry of an unknown kind, or of a later version, is refused.

use score_model::{DoesNotOpen, Seal, Split, StillUnknown, Value};
use score_resolver::{Intent, Object, Record};
use serde::{Deserialize, Serialize};

use super::packed::{self, Packed};
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
    record.try_map(&mut |value: Value, bound_to| value.split(seal, bound_to))
}

pub(super) fn encode(record: Record, seal: &dyn Seal) -> Result<Vec<u8>, Unwritable> {
    let mut pack = |value: Value, bound_to: &str| Packed::new(&value, seal, bound_to);
    Ok(match record {
        Record::Object(object) => postcard::to_extend(&object.try_map(&mut pack)?, vec![1])?,
        Record::Intent(intent) => postcard::to_extend(&intent.try_map(&mut pack)?, vec![2])?,
        rare => {
            let mut entry = vec![0];
            serde_json::to_writer(&mut entry, &sealed(rare, seal)?)?;
            entry
        }
    })
}

pub(super) fn decode(entry: &[u8], seal: &dyn Seal) -> Result<Record, Misread> {
    let mut unpack = |packed: Packed<'_>, bound_to: &str| packed.value(seal, bound_to);
    Ok(match entry.split_first() {
        Some((0, json)) => {
            let record: Record<Split> = serde_json::from_slice(json)?;
            record.try_map(&mut |split, bound_to| Value::join(split, seal, bound_to))?
        }
        Some((1, object)) => {
            Record::Object(Box::new(postcard::from_bytes::<Object<Packed<'_>>>(object)?.try_map(&mut unpack)?))
        }
        Some((2, intent)) => {
            Record::Intent(Box::new(postcard::from_bytes::<Intent<Packed<'_>>>(intent)?.try_map(&mut unpack)?))
        }
        _ => return Err(Misread::Kind),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Keys, Sealer, SealingKey};
    use score_resolver::Context;

    #[test]
    fn speed() {
        let text = r#"0{"record":"object","uid":"thing.default#shop.one","guid":"ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12","number":7,"module":"mk","driver":"command","driver_schema":1,"pure":false,
        "inputs":{"public":{"command":["python3","files/world.py"],"size":9,"name":"hello","d0":"x","d1":"y"}},"fingerprint":"00000000000000000000000000000000","raw_outputs":{"public":{"value":"thing.default#shop.one","id":"ab12"}},
        "outputs":{"public":{"value":"thing.default#shop.one","id":"ab12"}},"state":{"public":null},"artefacts":[],"depends_on":["thing.default#shop.two","thing.default#shop.three"],"on_unreferenced":"delete","complete":true,"referenced":true,"intent_open":false}"#;
        let sealer = Sealer::new(&Keys::new(SealingKey::new([1; 32])), &Context::new("d").scope()).unwrap();
        let mut bytes = text.as_bytes().to_vec(); bytes[0]=0;
        let mut record = decode(&bytes, &sealer).unwrap();
        if let Record::Object(object) = &mut record { object.state = Value::secret(Value::map([("made", Value::from(true))])); }
        for _ in 0..5 {
        let start = std::time::Instant::now();
        let bytes: Vec<_> = (0..1000).map(|_| encode(record.clone(), &sealer).unwrap()).collect();
        eprintln!("encode {:?} {}", start.elapsed(), bytes[0].len());
        let start = std::time::Instant::now();
        for bytes in &bytes { std::hint::black_box(decode(bytes, &sealer).unwrap()); }
        eprintln!("decode {:?}", start.elapsed());
        }
    }
}
