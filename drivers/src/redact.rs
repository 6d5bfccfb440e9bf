//! Striking secrets out of what a driver says.

use std::sync::Arc;

use score_model::{SecretTexts, Value};
use score_resolver::{Prior, Request};

use crate::{Call, Error, Progress};

/// Texts shorter than this are words that a driver may keep for itself and speak of all the same.
const SHORTEST_KEPT: usize = 12;

/// The secrets that a driver is given with a request; `None` if there are none. What it kept for itself is one of them.
pub(crate) fn secrets_of(request: &Request) -> Option<Arc<SecretTexts>> {
    let mut secrets = SecretTexts::new();
    let prior = |secrets: &mut SecretTexts, prior: &Prior| {
        secrets.add(&prior.inputs);
        secrets.add(&prior.outputs);
        add_kept(secrets, &prior.state);
        prior.artefacts.iter().for_each(|artefact| secrets.add(&artefact.value));
    };
    match request {
        Request::Validate(request) => secrets.add(&request.inputs),
        Request::Plan(request) => {
            secrets.add(&request.inputs);
            request.prior.iter().for_each(|recorded| prior(&mut secrets, recorded));
        }
        Request::Apply(request) => {
            secrets.add(&request.inputs);
            secrets.add(&request.private);
            request.prior.iter().for_each(|recorded| prior(&mut secrets, recorded));
        }
        Request::Destroy(request) => prior(&mut secrets, &request.prior),
        Request::Observe(request) => prior(&mut secrets, &request.prior),
        Request::Import(request) => secrets.add(&request.inputs),
        _ => {}
    }
    (!secrets.is_empty()).then(|| Arc::new(secrets))
}

/// Also the texts in what a driver keeps for itself, as far as they are no mere words.
pub(crate) fn add_kept(secrets: &mut SecretTexts, state: &Value) {
    match state {
        Value::Secret(hidden) => add_kept(secrets, hidden.expose()),
        Value::List(items) => items.iter().for_each(|item| add_kept(secrets, item)),
        Value::Map(map) => map.values().for_each(|item| add_kept(secrets, item)),
        Value::String(text) if text.len() >= SHORTEST_KEPT => secrets.add_whole(state),
        _ => {}
    }
}

/// The call with a log from which secrets are struck out.
pub(crate) fn call(call: &Call, secrets: &Arc<SecretTexts>) -> Call {
    let (sink, secrets) = (call.progress().clone(), secrets.clone());
    call.clone().with_progress(move |progress| {
        sink(match progress {
            Progress::Log(line) => Progress::Log(secrets.redact(&line).into_owned()),
            Progress::Retried { attempt, wait, message } => {
                Progress::Retried { attempt, wait, message: secrets.redact(&message).into_owned() }
            }
        });
    })
}

/// The error with messages from which secrets are struck out; what caused it becomes part of its message.
pub(crate) fn error(error: Error, secrets: &SecretTexts) -> Error {
    let message = error.full_message();
    let redacted = secrets.redact(&message).into_owned();
    error.without_source().with_message(redacted)
}
