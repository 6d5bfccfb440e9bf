//! Things that are only remembered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use score_model::{Map, ResourceUid, Value};
use score_resolver::{
    Applied, ApplyRequest, Capabilities, DestroyRequest, DriverInfo, Guid, IdempotencyKey, ImportRequest,
    ObserveRequest, Observed, PlanRequest, Planned, Prior,
};
use serde_json::json;

use super::static_driver;
use crate::{Call, Driver, Error, ErrorKind};

/// A world in memory: what is applied is remembered, and can be looked into, changed and lost. For tests and examples.
///
/// Clones share the world. Outputs are the inputs, with what is below `secrets` beside them, as those of [`StaticDriver`](crate::StaticDriver); but this driver has effects: it is asked to destroy, observe, plan and import.
///
/// ```
/// use futures_executor::block_on;
/// use score_drivers::{ApplyRequest, Call, Driver, Guid, Lineage, MemoryDriver, ResourceUid};
/// use serde_json::json;
///
/// let world = MemoryDriver::new();
/// let uid: ResourceUid = "bucket.default#shop.images".parse()?;
/// let guid = Guid::derive(&Lineage::new([0; 16]), &uid, 0);
/// let call = Call::new(score_drivers::Context::new("development").scope());
/// block_on(world.apply(&call, ApplyRequest::new(uid.clone(), guid, json!({"size": 1}).into())))?;
/// assert_eq!(world.get(&uid).unwrap().inputs.expose(), json!({"size": 1}));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryDriver(Arc<Mutex<World>>);

/// A thing in a [`MemoryDriver`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MemoryObject {
    /// Whose it is.
    pub uid: ResourceUid,
    /// Which it is.
    pub guid: Guid,
    /// What it was made of.
    pub inputs: Value,
}

#[derive(Debug, Default)]
struct World {
    objects: BTreeMap<Guid, MemoryObject>,
    keys: BTreeSet<IdempotencyKey>,
    changes: usize,
}

impl MemoryDriver {
    /// An empty world.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything there is, by guid.
    pub fn objects(&self) -> Vec<MemoryObject> {
        self.lock().objects.values().cloned().collect()
    }

    /// The thing of this resource; of several, the one with the least guid.
    pub fn get(&self, uid: &ResourceUid) -> Option<MemoryObject> {
        self.lock().objects.values().find(|object| object.uid == *uid).cloned()
    }

    /// Puts a thing into the world behind everybody's back, in the place of one of the same guid: something to import, or a change made by hand.
    pub fn put(&self, uid: ResourceUid, guid: Guid, inputs: impl Into<Value>) {
        let inputs = inputs.into();
        self.lock().objects.insert(guid.clone(), MemoryObject { uid, guid, inputs });
    }

    /// Loses the things of this resource behind everybody's back.
    pub fn lose(&self, uid: &ResourceUid) {
        self.lock().objects.retain(|_, object| object.uid != *uid);
    }

    /// How often drivers made, changed or destroyed something; what was repeated with the same key is not counted again.
    pub fn changes(&self) -> usize {
        self.lock().changes
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, guid: &Guid, prior: &Prior) -> Result<Observed, Error> {
        let Some(object) = self.lock().objects.get(guid).cloned() else {
            return Ok(Observed::Absent);
        };
        let applied = applied(&object.inputs)?;
        let complete = prior.inputs.unmarked() == object.inputs.unmarked();
        Ok(Observed::Present { applied, complete })
    }
}

impl World {
    /// Whether the attempt is a new one. Without a key every attempt is.
    fn begin(&mut self, call: &Call) -> bool {
        let new = call.key().is_none_or(|key| self.keys.insert(key.clone()));
        self.changes += usize::from(new);
        new
    }
}

impl Driver for MemoryDriver {
    fn info(&self) -> DriverInfo {
        DriverInfo::new(Capabilities::default().plan().destroy().observe().import())
            .passes_inputs_except(["secrets"])
            .inputs(json!({
                "type": "object",
                "properties": {"secrets": {"type": "object", "additionalProperties": {"writeOnly": true}}},
            }))
    }

    async fn plan(&self, _: &Call, request: PlanRequest) -> Result<Planned, Error> {
        let mut planned = Planned::default();
        planned.outputs = static_driver::outputs(&request.inputs).ok().map(Map::into);
        Ok(planned)
    }

    async fn apply(&self, call: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        if call.cancel().is_cancelled() {
            return Err(Error::cancelled());
        }
        let applied = applied(&request.inputs)?;
        let ApplyRequest { uid, guid, inputs, .. } = request;
        let mut world = self.lock();
        if world.begin(call) || !world.objects.contains_key(&guid) {
            world.objects.insert(guid.clone(), MemoryObject { uid, guid, inputs });
        }
        Ok(applied)
    }

    async fn destroy(&self, call: &Call, request: DestroyRequest) -> Result<(), Error> {
        if call.cancel().is_cancelled() {
            return Err(Error::cancelled());
        }
        let mut world = self.lock();
        if world.objects.contains_key(&request.guid) {
            world.begin(call);
            world.objects.remove(&request.guid);
        }
        Ok(())
    }

    async fn observe(&self, _: &Call, request: ObserveRequest) -> Result<Observed, Error> {
        self.look(&request.guid, &request.prior)
    }

    /// Adopts the one thing of this resource, which gets the guid.
    async fn import(&self, _: &Call, request: ImportRequest) -> Result<Observed, Error> {
        let ImportRequest { uid, guid, inputs, .. } = request;
        {
            let mut world = self.lock();
            let found: Vec<_> = world.objects.values().filter(|object| object.uid == uid).cloned().collect();
            match &found[..] {
                [] => return Ok(Observed::Absent),
                [object] => {
                    world.objects.remove(&object.guid);
                    world.objects.insert(guid.clone(), MemoryObject { guid: guid.clone(), ..object.clone() });
                }
                several => {
                    let message = format!("there are {} things of `{uid}`", several.len());
                    return Err(Error::new(ErrorKind::Conflict, message));
                }
            }
        }
        self.look(&guid, &Prior::new(inputs, Applied::default()))
    }
}

fn applied(inputs: &Value) -> Result<Applied, Error> {
    Ok(Applied::new(static_driver::outputs(inputs)?.into()))
}
