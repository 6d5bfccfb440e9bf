//! Recording what is asked and answered, and answering from that.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use score_model::ResourceUid;
use score_resolver::{Guid, Request, Response};

use super::guid_names::GuidNames;
use super::recording::{Entry, Recording, guid_of};
use crate::{Call, DriverRef, Error, ErrorKind, Layer};

/// Records what is asked and answered. Clones record together.
///
/// ```
/// use score_drivers::{Recorder, Registry, Replay};
///
/// let recorder = Recorder::new();
/// let registry = Registry::new().layer(recorder.clone());
/// // … a deployment with this registry …
/// let again = Registry::new().layer(Replay::new(recorder.recording())); // touches nothing
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Calls>>);

/// What was asked and answered, each with the guid of its object.
type Calls = Vec<(Entry, Option<Guid>)>;

impl Recorder {
    /// Nothing recorded yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was recorded so far, in an order that does not depend on how calls interleaved: by resource and operation, and as it came for each of them.
    pub fn recording(&self) -> Recording {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        calls.sort_by(|(a, _), (b, _)| (&a.uid, &a.operation).cmp(&(&b.uid, &b.operation)));
        Recording::of(calls)
    }
}

impl Layer for Recorder {
    async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, Error> {
        let (mut entry, guid) = (Entry::asked(&request), guid_of(&request).cloned());
        let answer = next.call(call, request).await;
        entry.answer(&answer);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((entry, guid));
        answer
    }
}

/// Answers what was recorded, and never asks the driver: a recorded deployment as a test.
///
/// For each resource and operation the recorded answers come in their order. What was not recorded, or was asked with other inputs, is an error that says so. The guids of objects may differ: where they were part of inputs or
/// answers, the new ones are put in.
#[derive(Clone, Debug)]
pub struct Replay(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    entries: BTreeMap<(ResourceUid, Arc<str>), VecDeque<Entry>>,
    /// Of the objects that were asked about.
    guids: GuidNames,
}

impl Replay {
    /// The answers of this recording.
    pub fn new(recording: Recording) -> Self {
        let mut waiting = Waiting::default();
        for entry in recording.entries {
            waiting.entries.entry((entry.uid.clone(), entry.operation.clone())).or_default().push_back(entry);
        }
        Self(Arc::new(Mutex::new(waiting)))
    }

    /// What was recorded and not asked for so far, each as `OPERATION UID`.
    pub fn not_asked(&self) -> Vec<String> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entries.values().flatten().map(|entry| format!("{} {}", entry.operation, entry.uid)).collect()
    }

    fn answer(&self, request: &Request) -> Result<Response, Error> {
        let asked = Entry::asked(request);
        let what = format!("`{}` of `{}`", asked.operation, asked.uid);
        let unrecorded = |message: String| Error::new(ErrorKind::NotFound, message);
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Waiting { entries, guids } = &mut *waiting;
        let queue = entries.get_mut(&(asked.uid, asked.operation));
        let Some(entry) = queue.and_then(VecDeque::pop_front) else {
            return Err(unrecorded(format!("{what} was not recorded, or less often")));
        };
        if let (Some(name), Some(guid)) = (&entry.guid, guid_of(request)) {
            guids.bind(name.clone(), guid);
        }
        if !entry.asks(&guids.named(&asked.inputs)) {
            return Err(unrecorded(format!("{what} was recorded with other inputs")));
        }
        entry.answer.given_for(request, guids)
    }
}

impl Layer for Replay {
    async fn call(&self, _: &Call, request: Request, _: &DriverRef) -> Result<Response, Error> {
        self.answer(&request)
    }
}
