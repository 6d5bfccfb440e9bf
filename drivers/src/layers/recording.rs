//! What was asked and answered, and how it is kept in a file.

use std::sync::Arc;

use score_model::{Map, Number, Path, ResourceUid, Seal, SecretTexts, Split, Value};
use score_resolver::{Applied, Artefact, Guid, InputProblem, Observed, Planned, Request, Response};
use serde_json::json;

use super::guid_names::GuidNames;
use crate::{Error, ErrorKind};

const VERSION: u64 = 2;
/// What sealed values are bound to.
const BOUND_TO: &str = "recording";

/// What was asked of drivers and answered: made by a [`Recorder`](crate::Recorder), answered from by a [`Replay`](crate::Replay).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Recording {
    pub(super) entries: Vec<Entry>,
}

/// A text that is no recording, or does not open with this key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a recording: {0}")]
pub struct UnreadableRecording(String);

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) uid: ResourceUid,
    pub(super) operation: Arc<str>,
    pub(super) inputs: Value,
    pub(super) answer: Answer,
    /// What the guid of its object is called, if it has one.
    pub(super) guid: Option<Arc<str>>,
}

/// What was answered, as a value: the fields of the response or error by name.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Answer(Value);

impl Recording {
    /// What was asked and answered, each with the guid of its object.
    pub(super) fn of(calls: Vec<(Entry, Option<Guid>)>) -> Self {
        let guids = calls.iter().filter_map(|(entry, guid)| Some((&entry.uid, guid.as_ref()?)));
        let names = GuidNames::of(guids);
        let entries = calls.into_iter().map(|(entry, guid)| Entry {
            inputs: names.named(&entry.inputs),
            answer: Answer(names.named(&entry.answer.0)),
            guid: guid.and_then(|guid| names.name(&guid)),
            ..entry
        });
        Self { entries: entries.collect() }
    }

    /// As JSON, secrets sealed.
    pub fn to_json(&self, seal: &dyn Seal) -> String {
        let entries: Vec<_> = self
            .entries
            .iter()
            .map(|entry| {
                json!({
                    "uid": entry.uid.as_str(),
                    "operation": &*entry.operation,
                    "guid": entry.guid.as_deref(),
                    "inputs": encode(&entry.inputs, seal),
                    "answer": encode(&entry.answer.0, seal),
                })
            })
            .collect();
        format!("{:#}\n", json!({"version": VERSION, "calls": entries}))
    }

    /// What [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// It is something else, of another version, or sealed with another key.
    pub fn from_json(text: &str, seal: &dyn Seal) -> Result<Self, UnreadableRecording> {
        let bad = |message: String| UnreadableRecording(message);
        let json: serde_json::Value = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
        if json.get("version").and_then(serde_json::Value::as_u64) != Some(VERSION) {
            return Err(bad(format!("its `version` is not {VERSION}")));
        }
        let calls = json.get("calls").and_then(serde_json::Value::as_array).ok_or_else(|| bad("no `calls`".into()))?;
        let read = |call: &serde_json::Value| {
            Some(Entry {
                uid: call.get("uid")?.as_str()?.parse().ok()?,
                operation: call.get("operation")?.as_str()?.into(),
                inputs: decode(call.get("inputs")?, seal)?,
                answer: Answer(decode(call.get("answer")?, seal)?),
                guid: call.get("guid")?.as_str().map(Arc::from),
            })
        };
        let entries = calls.iter().enumerate().map(|(index, call)| {
            read(call).ok_or_else(|| bad(format!("call {index} does not read or does not open with this key")))
        });
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }
}

impl Entry {
    /// What is asked; the answer is to come.
    pub(super) fn asked(request: &Request) -> Self {
        let inputs = match request {
            Request::Validate(request) => &request.inputs,
            Request::Plan(request) => &request.inputs,
            Request::Apply(request) => &request.inputs,
            Request::Destroy(request) => &request.prior.inputs,
            Request::Observe(request) => &request.prior.inputs,
            Request::Import(request) => &request.inputs,
            _ => &Value::Null,
        };
        Self {
            uid: request.uid().clone(),
            operation: request.operation().into(),
            inputs: inputs.clone(),
            answer: Answer::default(),
            guid: None,
        }
    }

    pub(super) fn answer(&mut self, answer: &Result<Response, Error>) {
        let answered = value_of(answer);
        // a secret of the one may be part of the other
        let mut secrets = SecretTexts::of(&self.inputs);
        let without_state = |value: &Value| match value {
            Value::Map(map) => map
                .iter()
                .filter(|(key, _)| !matches!(&***key, "state" | "shared"))
                .map(|(_, value)| value.clone())
                .collect(),
            _ => Vec::new(),
        };
        without_state(&answered).iter().for_each(|part| secrets.add(part));
        self.inputs = secrets.mark(&self.inputs);
        self.answer = Answer(secrets.mark(&answered));
    }

    /// Whether the same was asked, marks aside.
    pub(super) fn asks(&self, inputs: &Value) -> bool {
        self.inputs.has_unknown() == inputs.has_unknown() && self.inputs.unmarked() == inputs.unmarked()
    }
}

/// The guid of the object that is asked about, if there is one.
pub(super) fn guid_of(request: &Request) -> Option<&Guid> {
    match request {
        Request::Plan(request) => request.guid.as_ref(),
        Request::Apply(request) => Some(&request.guid),
        Request::Destroy(request) => Some(&request.guid),
        Request::Observe(request) => Some(&request.guid),
        Request::Import(request) => Some(&request.guid),
        _ => None,
    }
}

impl Answer {
    /// The answer, for whoever asks now.
    pub(super) fn given_for(self, request: &Request, guids: &GuidNames) -> Result<Response, Error> {
        let value = guids.with_guids(&self.0);
        if let Some(error) = value.child("error") {
            return Err(error_of(error));
        }
        let part = |key: &str| value.child(key).cloned().unwrap_or_default();
        Ok(match request {
            Request::Validate(_) => Response::Validate(
                list(&part("problems"))
                    .iter()
                    .map(|problem| InputProblem::new(path(problem.child("path")), text(problem.child("message"))))
                    .collect(),
            ),
            Request::Plan(_) => {
                let mut planned = Planned::default();
                planned.outputs = Some(part("outputs")).filter(|outputs| *outputs != Value::Null);
                planned.artefacts = value.child("artefacts").map(artefacts_of);
                planned.replace = list(&part("replace")).iter().map(|at| path(Some(at))).collect();
                planned.deferred = value.child("deferred").map(|reason| text(Some(reason)));
                planned.private = part("private");
                Response::Plan(planned)
            }
            Request::Apply(_) => Response::Apply(applied_of(&value)),
            Request::Destroy(_) => Response::Destroy,
            Request::Observe(_) => Response::Observe(observed_of(&value)),
            Request::Import(_) => Response::Import(observed_of(&value)),
            other => return Err(Error::unsupported(other.operation())),
        })
    }
}

fn value_of(answer: &Result<Response, Error>) -> Value {
    match answer {
        Ok(Response::Validate(problems)) => {
            let problem = |problem: &InputProblem| {
                Value::map([
                    ("path", Value::from(problem.path.pointer())),
                    ("message", Value::from(problem.message.as_str())),
                ])
            };
            Value::map([("problems", Value::list(problems.iter().map(problem)))])
        }
        Ok(Response::Plan(planned)) => {
            let mut map = Map::default();
            map.insert("outputs".into(), planned.outputs.clone().unwrap_or_default());
            if let Some(artefacts) = &planned.artefacts {
                map.insert("artefacts".into(), value_of_artefacts(artefacts));
            }
            map.insert("replace".into(), Value::list(planned.replace.iter().map(|path| Value::from(path.pointer()))));
            if let Some(reason) = &planned.deferred {
                map.insert("deferred".into(), Value::from(reason.as_str()));
            }
            map.insert("private".into(), planned.private.clone());
            map.into()
        }
        Ok(Response::Apply(applied)) => value_of_applied(applied).into(),
        Ok(Response::Observe(observed) | Response::Import(observed)) => match observed {
            Observed::Absent => Value::map([("exists", Value::from(false))]),
            Observed::Present { applied, complete } => {
                let mut map = value_of_applied(applied);
                map.insert("exists".into(), Value::from(true));
                map.insert("complete".into(), Value::from(*complete));
                map.into()
            }
            _ => Value::map([("exists", Value::Null)]),
        },
        Ok(_) => Value::map::<&str>([]),
        Err(error) => {
            let mut map = Map::default();
            map.insert("kind".into(), Value::from(error.kind().as_str()));
            map.insert("message".into(), Value::from(error.full_message()));
            map.insert("temporary".into(), Value::from(error.is_temporary()));
            map.insert("definite".into(), Value::from(error.is_definite()));
            if let Some(partial) = error.partial() {
                map.insert("partial".into(), value_of_applied(partial).into());
            }
            Value::map([("error", Value::from(map))])
        }
    }
}

fn value_of_applied(applied: &Applied) -> Map {
    let mut map = Map::default();
    map.insert("outputs".into(), applied.outputs.clone());
    // what a driver keeps for itself is secret as a whole
    map.insert("state".into(), Value::secret(applied.state.clone()));
    map.insert("artefacts".into(), value_of_artefacts(&applied.artefacts));
    if applied.shared != Value::Null {
        map.insert("shared".into(), Value::secret(applied.shared.clone()));
    }
    map
}

fn value_of_artefacts(artefacts: &[Artefact]) -> Value {
    Value::list(artefacts.iter().map(|Artefact { kind, key, value }| {
        Value::map([("kind", kind.clone().into()), ("key", key.clone().into()), ("value", value.clone())])
    }))
}

fn error_of(value: &Value) -> Error {
    let flag = |key: &str| value.child(key).and_then(Value::as_bool).unwrap_or_default();
    let kind = ErrorKind::from_name(&text(value.child("kind")));
    let error = Error::new(kind, text(value.child("message"))).definite(flag("definite"));
    let error = if flag("temporary") { error.temporary() } else { error };
    match value.child("partial") {
        Some(partial) => error.with_partial(applied_of(partial)),
        None => error,
    }
}

fn applied_of(value: &Value) -> Applied {
    let part = |key: &str| value.child(key).cloned().unwrap_or_default();
    let mut applied = Applied::new(part("outputs"));
    let open = |value: Value| match value {
        Value::Secret(secret) => secret.expose().clone(),
        value => value,
    };
    applied.state = open(part("state"));
    applied.shared = open(part("shared"));
    applied.artefacts = artefacts_of(&part("artefacts"));
    applied
}

fn artefacts_of(value: &Value) -> Vec<Artefact> {
    let artefact = |item: &Value| Artefact {
        kind: text(item.child("kind")).into(),
        key: text(item.child("key")).into(),
        value: item.child("value").cloned().unwrap_or_default(),
    };
    list(value).iter().map(artefact).collect()
}

fn observed_of(value: &Value) -> Observed {
    match value.child("exists").and_then(Value::as_bool) {
        Some(true) => Observed::Present {
            applied: applied_of(value),
            complete: value.child("complete").and_then(Value::as_bool).unwrap_or_default(),
        },
        Some(false) => Observed::Absent,
        None => Observed::Unknown,
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_list().unwrap_or_default()
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn path(value: Option<&Value>) -> Path {
    Path::from_pointer(&text(value))
}

/// As JSON in which every object is a mark (`map`, `secret`, `unknown`, `number`), so that nothing in a value can be taken for one.
fn encode(value: &Value, seal: &dyn Seal) -> serde_json::Value {
    match value {
        Value::Unknown => json!({"unknown": true}),
        Value::Number(number) if number.to_json().is_none() => json!({"number": number.to_string()}),
        Value::List(items) => items.iter().map(|item| encode(item, seal)).collect(),
        Value::Map(map) => {
            let map: serde_json::Map<_, _> =
                map.iter().map(|(key, item)| (key.to_string(), encode(item, seal))).collect();
            json!({"map": map})
        }
        Value::Secret(secret) if secret.expose().has_unknown() => json!({"unknown": true}),
        Value::Secret(_) => {
            let split = value.split(seal, BOUND_TO).unwrap_or_default();
            json!({"secret": split.sealed.get("")})
        }
        plain => plain.expose(),
    }
}

fn decode(json: &serde_json::Value, seal: &dyn Seal) -> Option<Value> {
    use serde_json::Value as Json;
    match json {
        Json::Array(items) => items.iter().map(|item| decode(item, seal)).collect::<Option<Vec<_>>>().map(Value::from),
        Json::Object(mark) => match mark.iter().next().map(|(mark, value)| (mark.as_str(), value))? {
            ("map", Json::Object(map)) => map
                .iter()
                .map(|(key, item)| Some((Arc::from(key.as_str()), decode(item, seal)?)))
                .collect::<Option<Map>>()
                .map(Value::from),
            ("secret", Json::String(sealed)) => {
                let mut split = Split::default();
                split.sealed.insert(String::new(), sealed.clone());
                Value::join(split, seal, BOUND_TO).ok()
            }
            ("unknown", _) => Some(Value::Unknown),
            ("number", Json::String(text)) => Some(Value::Number(Number::Float(match text.as_str() {
                ".inf" => f64::INFINITY,
                "-.inf" => f64::NEG_INFINITY,
                _ => f64::NAN,
            }))),
            _ => None,
        },
        plain => Some(Value::from(plain.clone())),
    }
}
