//! The log of a program, until it is known what of it is secret.

use std::sync::{Arc, Mutex, PoisonError};

use score_model::SecretTexts;

use crate::call::ProgressSink;
use crate::{Call, Progress};

/// Holds back what a program logs until it has answered: only its answer says which of the texts that it made are secret. What is still held when this is dropped, because no answer came, is told as it is.
pub(super) struct HeldLog {
    held: Arc<Mutex<Vec<Progress>>>,
    sink: ProgressSink,
}

impl HeldLog {
    pub(super) fn of(call: &Call) -> Self {
        Self { held: Arc::default(), sink: call.progress().clone() }
    }

    /// The call with a log that is held back.
    pub(super) fn call(&self, call: &Call) -> Call {
        let held = self.held.clone();
        call.clone().with_progress(move |progress| held.lock().unwrap_or_else(PoisonError::into_inner).push(progress))
    }

    /// Tells all of it, these secrets struck out.
    pub(super) fn tell(self, secrets: &SecretTexts) {
        for progress in self.take() {
            (self.sink)(match progress {
                Progress::Log(line) => Progress::Log(secrets.redact(&line).into_owned()),
                other => other,
            });
        }
    }

    fn take(&self) -> Vec<Progress> {
        std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for HeldLog {
    fn drop(&mut self) {
        for progress in self.take() {
            (self.sink)(progress);
        }
    }
}
