//! Programs as drivers.

mod ended;
mod group;
mod held_log;
mod pipes;
mod process;
mod protocol;

use std::borrow::Cow;
use std::path::PathBuf;

use score_model::{ResourceUid, Value};
use score_resolver::{
    Applied, ApplyRequest, Capabilities, DestroyRequest, DriverInfo, Guid, IdempotencyKey, ImportRequest,
    ObserveRequest, Observed, Prior,
};
use serde_json::json;

pub use self::ended::Ended;
use self::held_log::HeldLog;
pub use self::process::Program;
use self::protocol::{Answer, secrets_in};
use crate::{Call, Driver, Error, ErrorKind};

/// Exit status of a program that does not know an operation.
const UNKNOWN_OPERATION: i32 = 64;

/// A program as a driver. Its input `command` is an argument list, program first; the rest of its inputs goes to the program.
///
/// The program gets one JSON object on stdin, secrets in clear: `{"operation": "apply"|"destroy"|"observe", "uid", "guid", "idempotency_key", "inputs", "state"}`; and answers with one on stdout:
/// `{"outputs": {}, "secrets": {}, "state": {}, "artefacts": [{"kind", "key", "value"}]}`, all optional, for `observe` also `"exists"` and `"complete"`. What is absent is as recorded for `observe`; for
/// `apply` there are no outputs, secrets and artefacts, and the state is as before. A program that destroys need not answer.
///
/// Its stderr is its log, which is told when it has ended: only its answer says what of it is secret. Exit status 0 is success, 75 a temporary failure, 64 says that it does not know the operation (it cannot observe; there is nothing to destroy); anything else is a failure. An object
/// that it printed although it failed did come to exist.
///
/// It runs in a process group of its own. When the call is cancelled or its deadline passes, the group is asked to end and, three seconds later, killed; when the call is dropped it is killed at once. Of
/// stdout at most 16 MiB are read, and 4 MiB of the log.
///
/// Where this process is killed itself (`SIGKILL`), nobody ends the group: the program goes on to its end, and nobody hears its answer. The next deployment finds the open intent, and asks the program what
/// there is, or tells it the same again under the same key, perhaps while the first is still at it.
#[derive(Clone, Debug, Default)]
pub struct CommandDriver {
    directory: Option<PathBuf>,
}

impl CommandDriver {
    /// Programs run in the current directory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Programs run in `directory`, from which a program's relative path also starts; in the current one where that does not exist.
    pub fn in_directory(directory: impl Into<PathBuf>) -> Self {
        Self { directory: Some(directory.into()) }
    }

    /// Runs the program of `inputs`.
    async fn run(&self, call: &Call, question: Question<'_>) -> Result<(Program, Ended), Error> {
        let inputs = question.inputs.as_map().ok_or_else(|| Error::invalid("the inputs are not a map"))?;
        let arguments = arguments(inputs.get("command").unwrap_or(&Value::Null))?;
        let mut inputs = inputs.clone();
        inputs.remove("command");
        let stdin = json!({
            "operation": question.operation,
            "uid": question.uid.as_str(),
            "guid": question.guid,
            "idempotency_key": call.key().map(IdempotencyKey::as_str),
            "inputs": Value::from(inputs).expose(),
            "state": question.state.expose(),
        });
        let directory = self.directory.clone().filter(|directory| directory.is_dir());
        let program = Program::new(arguments, directory, format!("{stdin}\n").into_bytes());
        let log = HeldLog::of(call);
        let mut ended = program.run(&log.call(call)).await?;
        let secrets = secrets_in(&ended.stdout);
        ended.stderr_tail = secrets.redact(&ended.stderr_tail).into_owned();
        log.tell(&secrets);
        Ok((program, ended))
    }

    async fn look(&self, call: &Call, uid: &ResourceUid, guid: &Guid, prior: Prior) -> Result<Observed, Error> {
        let question = Question { operation: "observe", uid, guid, inputs: &prior.inputs, state: &prior.state };
        let (program, ended) = self.run(call, question).await?;
        match ended.code() {
            Some(UNKNOWN_OPERATION) => Ok(Observed::Unknown),
            Some(0) => match Answer::parse(&ended.stdout) {
                Ok(answer) if answer.exists == Some(false) => Ok(Observed::Absent),
                Ok(answer) if answer.exists == Some(true) => {
                    answer.unknown_keys.iter().for_each(|key| call.log(unknown_key(key)));
                    let complete = answer.complete;
                    Ok(Observed::Present { applied: answer.over(prior), complete })
                }
                Ok(_) => {
                    call.log(format!("{program} does not say whether it `exists`"));
                    Ok(Observed::Unknown)
                }
                Err(bad) => Err(bad_answer(&program, &bad.problem)),
            },
            _ => Err(failure(&program, ended, None)),
        }
    }
}

struct Question<'a> {
    operation: &'static str,
    uid: &'a ResourceUid,
    guid: &'a Guid,
    inputs: &'a Value,
    state: &'a Value,
}

impl Driver for CommandDriver {
    fn info(&self) -> DriverInfo {
        DriverInfo::new(Capabilities::default().destroy().observe().import()).inputs(json!({
            "type": "object",
            "required": ["command"],
            "properties": {
                // everybody on the machine can see argument lists
                "command": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": ["string", "number", "boolean"]},
                    "writeOnly": false,
                },
            },
        }))
    }

    async fn apply(&self, call: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        let prior = request.prior.unwrap_or_default();
        let question = Question {
            operation: "apply",
            uid: &request.uid,
            guid: &request.guid,
            inputs: &request.inputs,
            state: &prior.state,
        };
        let (program, ended) = self.run(call, question).await?;
        let answer = Answer::parse(&ended.stdout);
        match (ended.code(), answer) {
            (Some(0), Ok(answer)) => {
                answer.unknown_keys.iter().for_each(|key| call.log(unknown_key(key)));
                Ok(answer.applied(prior.state))
            }
            (Some(0), Err(bad)) => {
                let error = bad_answer(&program, &bad.problem);
                Err(match bad.understood {
                    Some(understood) => error.with_partial(understood.applied(prior.state)),
                    None => error,
                })
            }
            (Some(UNKNOWN_OPERATION), Err(_)) => {
                Err(Error::new(ErrorKind::Unsupported, format!("{program} does not know `apply` (exit status 64)")))
            }
            (_, answer) => {
                let made = match answer {
                    Ok(answer) => Some(answer),
                    Err(bad) => bad.understood,
                };
                Err(failure(&program, ended, made.map(|made| made.applied(prior.state))))
            }
        }
    }

    async fn destroy(&self, call: &Call, request: DestroyRequest) -> Result<(), Error> {
        let question = Question {
            operation: "destroy",
            uid: &request.uid,
            guid: &request.guid,
            inputs: &request.prior.inputs,
            state: &request.prior.state,
        };
        let (program, ended) = self.run(call, question).await?;
        match ended.code() {
            Some(0 | UNKNOWN_OPERATION) => Ok(()),
            _ => Err(failure(&program, ended, None)),
        }
    }

    async fn observe(&self, call: &Call, request: ObserveRequest) -> Result<Observed, Error> {
        self.look(call, &request.uid, &request.guid, request.prior).await
    }

    async fn import(&self, call: &Call, request: ImportRequest) -> Result<Observed, Error> {
        let prior = Prior::new(request.inputs, Applied::default());
        self.look(call, &request.uid, &request.guid, prior).await
    }
}

/// The argument list. It is seen by everybody on the machine, so a secret in it is refused.
fn arguments(command: &Value) -> Result<Vec<String>, Error> {
    if command.has_secret() {
        return Err(Error::invalid(
            "the input `command` contains a secret, and everybody on the machine can see argument lists; \
             pass it as another input",
        ));
    }
    let items = command.as_list().filter(|items| !items.is_empty());
    let items = items.ok_or_else(|| Error::invalid("the input `command` is not a list of program and arguments"))?;
    items
        .iter()
        .map(|item| match item {
            Value::String(_) | Value::Number(_) | Value::Bool(_) => item.to_text().map(Cow::into_owned),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| Error::invalid("the input `command` contains what is not a text"))
}

fn bad_answer(program: &Program, problem: &str) -> Error {
    Error::new(ErrorKind::BadAnswer, format!("{program} did not answer with one JSON object on stdout: {problem}"))
}

fn failure(program: &Program, ended: Ended, made: Option<Applied>) -> Error {
    let error = ended.failure(program);
    match made {
        Some(made) => error.with_partial(made),
        None => error,
    }
}

fn unknown_key(key: &str) -> String {
    format!("the answer's key `{key}` means nothing and is ignored")
}
