//! Adopting what exists: a resource that somebody else made comes under the care of a state.

use std::sync::Arc;

use score_model::{Fingerprint, ResourceUid, SecretTexts, Value};

use crate::outputs::{self, Making, Schemas, artefact_list};
use crate::{
    Applied, Artefact, DriverCatalogue, Failure, Guid, Holes, ImportRequest, Invocation, Node, Object, ObserveRequest,
    Observed, Prior, Record, Request, Resolution, Response, Snapshot,
};

/// The adoption of one resource: asks its driver for what its inputs would have made, and makes a record of the answer.
#[derive(Clone, Debug)]
pub struct Import {
    node: Node,
    guid: Guid,
    number: u64,
    inputs: Value,
    fingerprint: Fingerprint,
    driver_outputs: Option<Arc<Value>>,
    invocation: Invocation,
    snapshot: Snapshot,
    resolution: Resolution,
}

/// Why something cannot be adopted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Nobody asks for it.
    #[error("there is no resource `{0}`: only what a Score file or a module asks for can be adopted")]
    NoSuchResource(ResourceUid),
    /// It is recorded already.
    #[error("`{0}` is recorded already: take it out with `state forget` to adopt another")]
    Recorded(ResourceUid),
    /// The state was not made yet.
    #[error("there is no state yet")]
    NoState,
    /// Its inputs read what is not recorded.
    #[error(
        "the inputs of `{0}` are not known: they read outputs of resources that are not recorded; bring those up first"
    )]
    InputsUnknown(ResourceUid),
    /// Its driver cannot adopt anything.
    #[error("`{uid}` cannot be adopted: {}", cannot(driver))]
    NotPossible {
        /// Which.
        uid: ResourceUid,
        /// Its driver.
        driver: Arc<str>,
    },
    /// It is not there.
    #[error("`{0}` cannot be adopted: its driver finds nothing")]
    Absent(ResourceUid),
    /// Its driver cannot tell, or failed.
    #[error("`{uid}` cannot be adopted: {message}")]
    Failed {
        /// Which.
        uid: ResourceUid,
        /// What happened.
        message: String,
    },
}

fn cannot(driver: &str) -> String {
    if driver.is_empty() {
        return "no driver makes it, so there is nothing to adopt".to_owned();
    }
    format!("its driver `{driver}` can neither import nor observe")
}

impl Import {
    /// The adoption of a resource as a resolution desires it. The state must have its lineage.
    ///
    /// # Errors
    /// What speaks against it before the driver is asked.
    pub fn new(
        resolution: &Resolution,
        snapshot: &Snapshot,
        uid: &ResourceUid,
        drivers: &DriverCatalogue,
    ) -> Result<Self, ImportError> {
        let node = resolution.node(uid).ok_or_else(|| ImportError::NoSuchResource(uid.clone()))?;
        if snapshot.list().iter().any(|listed| listed.uid == uid) {
            return Err(ImportError::Recorded(uid.clone()));
        }
        let number = snapshot.object_count() + 1;
        let guid = Guid::derive(snapshot.lineage().ok_or(ImportError::NoState)?, uid, number);
        let holes = Recorded { resolution, snapshot, uid, guid: &guid };
        let known = |expr: &crate::Expr| expr.eval(&holes).ok().filter(|value| !value.has_unknown());
        let unknown = || ImportError::InputsUnknown(uid.clone());
        let recipe = &node.recipe;
        let inputs = known(&recipe.inputs).ok_or_else(unknown)?;
        let context = recipe.context.as_ref().map(|context| known(context).ok_or_else(unknown)).transpose()?;
        let fingerprint = outputs::fingerprint(&inputs, context.as_ref(), None, snapshot.fingerprint_key());
        let driver = drivers.get(&recipe.driver);
        let can = driver.map(|driver| driver.capabilities).unwrap_or_default();
        let request = if can.import {
            Request::Import(ImportRequest::new(uid.clone(), guid.clone(), inputs.clone()))
        } else if can.observe {
            let prior = Prior::new(inputs.clone(), Applied::default());
            Request::Observe(ObserveRequest::new(uid.clone(), guid.clone(), prior))
        } else {
            return Err(ImportError::NotPossible { uid: uid.clone(), driver: recipe.driver.clone() });
        };
        Ok(Self {
            invocation: Invocation::new(uid.clone(), recipe.driver.clone(), request),
            driver_outputs: driver.and_then(|driver| driver.outputs.clone()),
            fingerprint: fingerprint.ok_or_else(unknown)?,
            node: node.clone(),
            guid,
            number,
            inputs,
            snapshot: snapshot.clone(),
            resolution: resolution.clone(),
        })
    }

    /// The call whose answer tells what is there.
    pub fn invocation(&self) -> &Invocation {
        &self.invocation
    }

    /// The record of what is there. Where something remains to be done it is incomplete, and the next deployment does it.
    ///
    /// # Errors
    /// It is not there, or the driver cannot tell.
    pub fn adopt(self, answer: Result<Response, Failure>) -> Result<Record, ImportError> {
        let Self { node, guid, .. } = self;
        let uid = node.uid.clone();
        let told = SecretTexts::of(&self.inputs);
        let failed =
            |message: &str| ImportError::Failed { uid: uid.clone(), message: told.redact(message).into_owned() };
        let (applied, complete) = match answer {
            Ok(
                Response::Import(Observed::Present { applied, complete })
                | Response::Observe(Observed::Present { applied, complete }),
            ) => (applied, complete),
            Ok(Response::Import(Observed::Absent) | Response::Observe(Observed::Absent)) => {
                return Err(ImportError::Absent(uid));
            }
            Ok(Response::Import(_) | Response::Observe(_)) => {
                return Err(failed("its driver cannot tell what is there"));
            }
            Ok(other) => return Err(failed(&format!("its driver answered to {}", other.operation()))),
            Err(failure) => return Err(failed(&failure.message)),
        };
        let recipe = &node.recipe;
        let holes = Recorded { resolution: &self.resolution, snapshot: &self.snapshot, uid: &uid, guid: &guid };
        let driver_outputs = self.driver_outputs.as_ref();
        let making = Making { recipe, told: &told, holes: &holes, driver_outputs };
        let made = making.of(applied, &mut Schemas::default());
        if let Some(unknown) = made.unknown().first() {
            return Err(failed(unknown));
        }
        Ok(Record::Object(Arc::new(Object {
            uid: uid.clone(),
            number: self.number,
            module: recipe.module.clone(),
            driver: recipe.driver.clone(),
            driver_schema: recipe.driver_schema,
            pure: recipe.pure,
            inputs: made.secrets.mark(&self.inputs),
            fingerprint: self.fingerprint,
            complete: complete && made.problems.is_empty(),
            raw_outputs: made.raw,
            outputs: made.outputs,
            state: made.state,
            artefacts: made.artefacts,
            depends_on: recipe.depends_on.clone(),
            on_unreferenced: recipe.on_unreferenced,
            referenced: true,
            intent_open: false,
            deposed: false,
            guid,
        })))
    }
}

/// What is recorded fills the holes.
struct Recorded<'a> {
    resolution: &'a Resolution,
    snapshot: &'a Snapshot,
    uid: &'a ResourceUid,
    guid: &'a Guid,
}

impl Holes for Recorded<'_> {
    fn outputs(&self, of: &ResourceUid) -> Option<Value> {
        Some(self.snapshot.object(of)?.outputs.clone())
    }

    fn artefacts(&self, kind: &str) -> Option<Value> {
        let graph = self.resolution.graph();
        let needed = graph.all_dependencies(graph.id(self.uid)?);
        let needed: rustc_hash::FxHashSet<_> = needed.into_iter().collect();
        let known: Option<Vec<(&ResourceUid, &[Artefact])>> = graph
            .order()
            .iter()
            .filter(|id| needed.contains(id))
            .map(|id| self.snapshot.object(graph.key(*id)?).map(|object| (&object.uid, &*object.artefacts)))
            .collect();
        Some(artefact_list(known?.into_iter(), kind))
    }

    fn guid(&self) -> Option<Guid> {
        Some(self.guid.clone())
    }

    fn own(&self) -> Option<Value> {
        None
    }
}
