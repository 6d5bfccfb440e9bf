//! What differs in the world from what was recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::{Path, ResourceUid, SecretTexts, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::outputs::{prior, secrets_of};
use crate::plan::differences;
use crate::{DriverCatalogue, Failure, Invocation, Object, ObserveRequest, Observed, Request, Response, Snapshot};

/// How an object differs from what was recorded of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DriftStatus {
    /// It is not there any more.
    Gone,
    /// It is other than recorded, or something of it remains to be done.
    Changed,
    /// Nobody can tell.
    Unknown,
}

/// An object that is not, or may not be, as recorded.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Drifted {
    /// Whose it is.
    pub uid: ResourceUid,
    /// How it differs.
    pub status: DriftStatus,
    /// What differs, by path.
    pub changes: Vec<Difference>,
    /// Whether its driver says that something of it remains to be done, though it is recorded as complete.
    pub incomplete: bool,
}

/// An output that is other than recorded.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// Where in the outputs.
    pub path: Path,
    /// What was recorded; `None` where there was nothing.
    pub recorded: Option<Value>,
    /// What there is; `None` where there is nothing.
    pub observed: Option<Value>,
}

/// What differs in the world from what was recorded, by uid. Changes nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drift(BTreeMap<ResourceUid, Drifted>);

impl Snapshot {
    /// The calls that tell what there is in the world, by uid: of all objects that touch it and whose driver can tell. Answers go to [`Drift::tell`].
    pub fn observations(&self, drivers: &DriverCatalogue) -> Vec<Invocation> {
        let asked = self.objects().filter(|object| touches_the_world(object) && can_tell(object, drivers));
        asked
            .map(|object| {
                let request = ObserveRequest::new(object.uid.clone(), object.guid.clone(), prior(object));
                Invocation::new(object.uid.clone(), object.driver.clone(), Request::Observe(request))
            })
            .collect()
    }
}

impl Drift {
    /// Nothing told yet: of objects whose drivers cannot tell, nothing is known.
    pub fn new(snapshot: &Snapshot, drivers: &DriverCatalogue) -> Self {
        let untold = snapshot.objects().filter(|object| touches_the_world(object) && !can_tell(object, drivers));
        Self(untold.map(|object| (object.uid.clone(), drifted(object, DriftStatus::Unknown))).collect())
    }

    /// Takes what a driver answered to one of the [observations](Snapshot::observations).
    pub fn tell(&mut self, snapshot: &Snapshot, uid: &ResourceUid, answer: Result<Response, Failure>) {
        let Some(object) = snapshot.object(uid) else { return };
        let found = match answer {
            Ok(Response::Observe(Observed::Absent)) => Some(drifted(object, DriftStatus::Gone)),
            Ok(Response::Observe(Observed::Present { applied, complete })) => {
                let mut secrets = SecretTexts::new();
                secrets_of(object, &mut secrets);
                // What turns out to be secret only now is in nothing that is shown, either.
                secrets.add(&applied.outputs);
                let (recorded, observed) = (secrets.mark(&object.raw_outputs), secrets.mark(&applied.outputs));
                let (paths, _) = differences(&recorded, &observed);
                let changes = paths.into_iter().map(|path| {
                    let (recorded, observed) = (recorded.get(&path), observed.get(&path));
                    let secret = [&recorded, &observed].into_iter().flatten().any(Value::has_secret);
                    let side = |value: Option<Value>| if secret { value.map(Value::secret) } else { value };
                    Difference { recorded: side(recorded), observed: side(observed), path }
                });
                let changes: Vec<Difference> = changes.collect();
                let incomplete = object.complete && !complete;
                let changed = !changes.is_empty() || incomplete;
                changed.then(|| Drifted { changes, incomplete, ..drifted(object, DriftStatus::Changed) })
            }
            _ => Some(drifted(object, DriftStatus::Unknown)),
        };
        match found {
            Some(drifted) => self.0.insert(uid.clone(), drifted),
            None => self.0.remove(uid),
        };
    }

    /// What differs, by uid.
    pub fn drifted(&self) -> impl ExactSizeIterator<Item = &Drifted> {
        self.0.values()
    }

    /// Whether anything is known to differ; what nobody can tell does not count.
    pub fn has_changes(&self) -> bool {
        self.0.values().any(|drifted| drifted.status != DriftStatus::Unknown)
    }

    /// `{"drifted": [{"uid", "status", "changes": [{"path", "recorded", "observed"}]}]}`, without secrets; `"incomplete": true` beside these where something remains to be done.
    pub fn redacted(&self) -> Json {
        let side = |value: &Option<Value>| value.as_ref().map(Value::redacted);
        let change = |change: &Difference| json!({"path": change.path, "recorded": side(&change.recorded), "observed": side(&change.observed)});
        let drifted = self.0.values().map(|drifted| {
            let changes: Vec<Json> = drifted.changes.iter().map(change).collect();
            let mut told = json!({"uid": drifted.uid, "status": drifted.status, "changes": changes});
            if drifted.incomplete {
                told["incomplete"] = true.into();
            }
            told
        });
        json!({"drifted": drifted.collect::<Vec<_>>()})
    }
}

fn drifted(object: &Object, status: DriftStatus) -> Drifted {
    Drifted { uid: object.uid.clone(), status, changes: Vec::new(), incomplete: false }
}

fn touches_the_world(object: &Object) -> bool {
    !object.pure && !object.driver.is_empty()
}

fn can_tell(object: &Object, drivers: &DriverCatalogue) -> bool {
    drivers.get::<Arc<str>>(&object.driver).is_some_and(|driver| driver.capabilities.observe)
}
