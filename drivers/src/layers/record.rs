//! Recording what is asked and answered, and answering from that.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use score_model::ResourceUid;
use score_resolver::{Request, Response};

use super::recording::{Answer, Entry, Recording};
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
pub struct Recorder(Arc<Mutex<Vec<Entry>>>);

impl Recorder {
    /// Nothing recorded yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was recorded so far, in an order that does not depend on how calls interleaved: by resource and operation, and as it came for each of them.
    pub fn recording(&self) -> Recording {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        entries.sort_by(|a, b| (&a.uid, &a.operation).cmp(&(&b.uid, &b.operation)));
        Recording { entries }
    }
}

impl Layer for Recorder {
    async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, Error> {
        let mut entry = Entry::asked(&request);
        let answer = next.call(call, request).await;
        entry.answer(&answer);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        answer
    }
}

/// Answers what was recorded, and never asks the driver: a recorded deployment as a test.
///
/// For each resource and operation the recorded answers come in their order. What was not recorded, or was asked with other inputs, is an error that says so. The guid of an object may differ: where it was part of inputs or
/// answers, the new one is put in.
#[derive(Clone, Debug)]
pub struct Replay(Arc<Mutex<Waiting>>);

type Waiting = BTreeMap<(ResourceUid, Arc<str>), VecDeque<Entry>>;

impl Replay {
    /// The answers of this recording.
    pub fn new(recording: Recording) -> Self {
        let mut waiting = Waiting::new();
        for entry in recording.entries {
            waiting.entry((entry.uid.clone(), entry.operation.clone())).or_default().push_back(entry);
        }
        Self(Arc::new(Mutex::new(waiting)))
    }

    /// What was recorded and not asked for so far, each as `OPERATION UID`.
    pub fn not_asked(&self) -> Vec<String> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.values().flatten().map(|entry| format!("{} {}", entry.operation, entry.uid)).collect()
    }

    fn take(&self, asked: &Entry) -> Result<Answer, Error> {
        let what = format!("`{}` of `{}`", asked.operation, asked.uid);
        let unrecorded = |message: String| Error::new(ErrorKind::NotFound, message);
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = waiting.get_mut(&(asked.uid.clone(), asked.operation.clone()));
        let Some(entry) = queue.and_then(VecDeque::pop_front) else {
            return Err(unrecorded(format!("{what} was not recorded, or less often")));
        };
        if !entry.asks_the_same(asked) {
            return Err(unrecorded(format!("{what} was recorded with other inputs")));
        }
        Ok(entry.answer)
    }
}

impl Layer for Replay {
    async fn call(&self, _: &Call, request: Request, _: &DriverRef) -> Result<Response, Error> {
        let asked = Entry::asked(&request);
        self.take(&asked)?.given_for(&request)
    }
}
