//! Real programs behind the `command` driver.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_executor::block_on;
use score_drivers::{
    Applied, ApplyRequest, Call, Cancel, CommandDriver, DestroyRequest, DriverRef, Error, ErrorKind, Guid,
    IdempotencyKey, ImportRequest, Lineage, ObserveRequest, Observed, Prior, Progress, ResourceUid, Value,
};
use serde_json::json;

fn uid() -> ResourceUid {
    "thing.default#shop.db".parse().unwrap()
}

fn guid() -> Guid {
    Guid::derive(&Lineage::new([1; 16]), &uid(), 0)
}

fn call() -> Call {
    Call::new(score_resolver::Context::new("development").scope()).with_key(IdempotencyKey::new(&guid(), 7))
}

fn shell(script: &str) -> Value {
    json!({"command": ["sh", "-c", script]}).into()
}

fn driver() -> DriverRef {
    DriverRef::new(CommandDriver::new())
}

fn apply(call: &Call, inputs: Value) -> Result<Applied, Error> {
    block_on(driver().apply(call, ApplyRequest::new(uid(), guid(), inputs)))
}

fn recorded(script: &str) -> Prior {
    let mut applied =
        Applied::new(Value::map([("host", Value::from("a")), ("password", Value::secret(Value::from("hidden")))]));
    applied.state = json!({"id": 7}).into();
    Prior::new(shell(script), applied)
}

/// The call, and what it logs.
fn watched(call: Call) -> (Call, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = lines.clone();
    let call = call.with_progress(move |progress| {
        if let Progress::Log(line) = progress {
            sink.lock().unwrap().push(line);
        }
    });
    (call, lines)
}

#[test]
fn is_asked_with_one_object_on_stdin() {
    let inputs = Value::map([
        ("command", json!(["sh", "-c", "printf '{\"outputs\": {\"asked\": %s}}' \"$(cat)\""]).into()),
        ("size", Value::from(1)),
        ("password", Value::secret(Value::from("hidden"))),
    ]);
    let asked = apply(&call(), inputs).unwrap().outputs;
    assert_eq!(
        asked.child("asked").unwrap().expose(),
        json!({
            "operation": "apply",
            "uid": "thing.default#shop.db",
            "guid": guid(),
            "idempotency_key": format!("{}-7", guid()),
            "inputs": {"size": 1, "password": "hidden"},
            "state": null,
        })
    );
}

#[test]
fn answers_with_one_object_on_stdout() {
    let answer = json!({
        "outputs": {"host": "a"},
        "secrets": {"password": "hidden"},
        "state": {"id": 7},
        "artefacts": [{"kind": "file", "key": "a.txt", "value": "text"}],
    });
    let applied = apply(&call(), shell(&format!("echo '{answer}'"))).unwrap();
    assert_eq!(applied.outputs.redacted(), json!({"host": "a", "password": {"$secret": true}}));
    assert_eq!(applied.state.expose(), json!({"id": 7}));
    assert_eq!((&*applied.artefacts[0].kind, &*applied.artefacts[0].key), ("file", "a.txt"));
}

#[test]
fn state_stays_where_the_answer_has_none() {
    let mut request = ApplyRequest::new(uid(), guid(), shell("echo '{}'"));
    request.prior = Some(recorded("true"));
    let applied = block_on(driver().apply(&call(), request)).unwrap();
    assert_eq!(applied.state.expose(), json!({"id": 7}));
    assert_eq!(applied.outputs.expose(), json!({}));
}

/// Kind, temporary, definite, outputs that came to exist all the same; and a piece of the message.
#[track_caller]
fn check_failure(
    script: &str,
    kind: ErrorKind,
    (temporary, definite): (bool, bool),
    partial: Option<serde_json::Value>,
    message: &str,
) {
    let error = apply(&call(), shell(script)).unwrap_err();
    assert_eq!((error.kind(), error.is_temporary(), error.is_definite()), (kind, temporary, definite), "{error}");
    assert_eq!(error.partial().map(|partial| partial.outputs.expose()), partial);
    assert!(error.full_message().contains(message), "{}", error.full_message());
}

#[test]
fn failures_tell_what_happened() {
    use ErrorKind::{BadAnswer, Other, Unsupported};
    check_failure("echo no room >&2; exit 1", Other, (false, true), None, "failed with exit status 1: no room");
    check_failure("echo busy >&2; exit 75", Other, (true, true), None, "exit status 75: busy");
    check_failure(
        r#"echo '{"outputs": {"id": 1}}'; exit 1"#,
        Other,
        (false, true),
        Some(json!({"id": 1})),
        "exit status 1",
    );
    check_failure("exit 64", Unsupported, (false, true), None, "does not know `apply`");
    check_failure("echo this is not JSON", BadAnswer, (false, false), None, "did not answer with one JSON object");
    check_failure("true", BadAnswer, (false, false), None, "it printed nothing");
    check_failure(
        r#"echo '{"outputs": {"id": 1}, "artefacts": {}}'"#,
        BadAnswer,
        (false, false),
        Some(json!({"id": 1})),
        "`artefacts` must be a list",
    );
    check_failure("kill -9 $$", Other, (false, false), None, "was killed (signal: 9");
}

#[test]
fn a_program_that_is_not_there() {
    let error = apply(&call(), json!({"command": ["./no-such-program", "x"]}).into()).unwrap_err();
    assert_eq!((error.kind(), error.is_definite()), (ErrorKind::NotFound, true));
    assert!(error.to_string().contains("`./no-such-program x` cannot be started"), "{error}");
}

#[track_caller]
fn check_refused(inputs: Value, message: &str) {
    let error = apply(&call(), inputs).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains(message), "{error}");
}

#[test]
fn argument_lists_that_are_none() {
    check_refused(json!({}).into(), "not a list");
    check_refused(json!({"command": []}).into(), "not a list");
    check_refused(json!({"command": "ls -l"}).into(), "not a list");
    check_refused(json!({"command": ["ls", {}]}).into(), "not a text");
    let secret = Value::list([Value::from("login"), Value::secret(Value::from("hidden"))]);
    check_refused(Value::map([("command", secret)]), "contains a secret");
}

#[test]
fn a_relative_program_starts_at_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("make.sh");
    std::fs::write(&script, "#!/bin/sh\nprintf '{\"outputs\": {\"at\": \"%s\"}}' \"$(pwd -P)\"\n").unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let at = |driver: CommandDriver, program: &str| {
        let request = ApplyRequest::new(uid(), guid(), json!({"command": [program]}).into());
        let applied = block_on(DriverRef::new(driver).apply(&call(), request)).unwrap();
        applied.outputs.child("at").unwrap().as_str().unwrap().to_owned()
    };
    let canonical = directory.path().canonicalize().unwrap();
    assert_eq!(Path::new(&at(CommandDriver::in_directory(directory.path()), "./make.sh")), canonical);
    let absent = CommandDriver::in_directory(directory.path().join("absent"));
    let current = std::env::current_dir().unwrap().canonicalize().unwrap();
    assert_eq!(Path::new(&at(absent, script.to_str().unwrap())), current);
}

#[test]
fn observes() {
    let observe = |script: &str| {
        block_on(driver().observe(&call(), ObserveRequest::new(uid(), guid(), recorded(script)))).unwrap()
    };
    assert_eq!(observe("exit 64"), Observed::Unknown);
    assert_eq!(observe(r#"echo '{"exists": false}'"#), Observed::Absent);
    assert_eq!(observe("echo '{}'"), Observed::Unknown);
    let Observed::Present { applied, complete } = observe(r#"echo '{"exists": true, "outputs": {"host": "b"}}'"#)
    else {
        panic!()
    };
    assert!(!complete);
    assert_eq!(applied.outputs.redacted(), json!({"host": "b", "password": {"$secret": true}}));
    assert_eq!(applied.state.expose(), json!({"id": 7}));
    let whole = observe(r#"echo '{"exists": true, "complete": true}'"#);
    assert!(matches!(whole, Observed::Present { complete: true, .. }));
}

#[test]
fn imports_what_it_observes() {
    let inputs = shell(r#"echo '{"exists": true, "complete": true, "outputs": {"host": "b"}}'"#);
    let answer = block_on(driver().import(&call(), ImportRequest::new(uid(), guid(), inputs))).unwrap();
    let Observed::Present { applied, complete: true } = answer else { panic!("{answer:?}") };
    assert_eq!(applied.outputs.expose(), json!({"host": "b"}));
}

#[test]
fn destroys() {
    let destroy =
        |script: &str| block_on(driver().destroy(&call(), DestroyRequest::new(uid(), guid(), recorded(script))));
    destroy("true").unwrap();
    destroy("exit 64").unwrap();
    assert!(destroy("exit 1").unwrap_err().to_string().contains("exit status 1"));
    assert!(destroy("exit 75").unwrap_err().is_temporary());
}

#[test]
fn secrets_are_struck_out_of_log_and_messages() {
    let (call, lines) = watched(call());
    let inputs = Value::map([
        ("command", json!(["sh", "-c", "cat >&2; echo; echo no login with correct-horse >&2; exit 1"]).into()),
        ("password", Value::secret(Value::from("correct-horse"))),
    ]);
    let error = apply(&call, inputs).unwrap_err();
    assert!(error.message().contains("no login with <secret>"), "{error}");
    let lines = lines.lock().unwrap().join("\n");
    assert!(lines.contains(r#""password":"<secret>""#), "{lines}");
    assert!(!format!("{lines}{error:?}").contains("correct-horse"));
}

#[test]
fn full_pipes_stop_nobody() {
    let big = "x".repeat(1 << 20);
    let inputs = Value::map([
        // reads nothing of what it is told, and says much on both channels before it answers
        (
            "command",
            json!(["python3", "-c", "import sys; sys.stderr.write('y' * 1000000); print('{\"outputs\": {\"a\": \"' + 'z' * 1000000 + '\"}}')"]).into(),
        ),
        ("big", Value::from(big)),
    ]);
    let outputs = apply(&call(), inputs).unwrap().outputs;
    assert_eq!(outputs.child("a").unwrap().as_str().unwrap().len(), 1_000_000);
}

#[test]
fn endless_output_is_stopped() {
    let error = apply(&call(), shell("yes")).unwrap_err();
    assert_eq!((error.kind(), error.is_definite()), (ErrorKind::BadAnswer, false));
    assert!(error.to_string().contains("printed more than 16 MiB"), "{error}");
}

/// Only the answer says what of it is secret; words that a program keeps for itself are no secrets.
#[test]
fn secrets_that_a_program_makes_are_struck_out_of_its_log() {
    let answer =
        json!({"secrets": {"password": "correct-horse"}, "state": {"token": "kept-for-myself", "phase": "made"}});
    let says = format!("echo made correct-horse, kept-for-myself >&2; echo '{answer}'");
    for exit in [0, 1] {
        let (call, lines) = watched(call());
        let applied = apply(&call, shell(&format!("{says}; exit {exit}")));
        assert_eq!(*lines.lock().unwrap(), ["made <secret>, <secret>"]);
        if let Err(error) = applied {
            assert!(error.message().ends_with("made <secret>, <secret>"), "{error}");
        }
    }
    // What it kept is not told at the next call either.
    let mut request = ApplyRequest::new(uid(), guid(), shell("cat >&2; echo '{}'"));
    request.prior = Some(recorded("true"));
    request.prior.as_mut().unwrap().state = answer["state"].clone().into();
    let (call, lines) = watched(call());
    block_on(driver().apply(&call, request)).unwrap();
    let log = lines.lock().unwrap().concat();
    assert!(log.contains("made") && !log.contains("kept-for-myself"), "{log}");
}

#[test]
fn endless_logs_are_cut_short() {
    let (call, lines) = watched(call());
    let script = "import sys; [sys.stderr.write('y' * 1000 + '\\n') for _ in range(10000)]; sys.exit('the end')";
    let error = apply(&call, json!({"command": ["python3", "-c", script]}).into()).unwrap_err();
    assert!(error.message().ends_with("the end"), "{error}");
    let lines = lines.lock().unwrap();
    assert_eq!(lines.last().unwrap(), "the log is longer than 4 MiB; the rest is left out");
    assert!(lines.iter().map(String::len).sum::<usize>() <= 5 << 20);
}

#[test]
fn what_is_left_behind_holds_nothing_up() {
    let (call, lines) = watched(call());
    let started = Instant::now();
    let applied = apply(&call, shell("sleep 60 & echo '{\"outputs\": {\"a\": 1}}'")).unwrap();
    assert_eq!(applied.outputs.expose(), json!({"a": 1}));
    assert!(started.elapsed() < Duration::from_secs(30));
    assert!(lines.lock().unwrap().iter().any(|line| line.contains("left others behind")));
}

/// Waits until the file is there.
fn await_file(path: &Path) {
    while !path.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What comes of a script that is cancelled once the file is there.
fn cancelled_once(ready: &Path, script: String) -> Result<Applied, Error> {
    let cancel = Cancel::new();
    let call = call().with_cancel(cancel.clone());
    let thread = std::thread::spawn(move || apply(&call, shell(&script)));
    await_file(ready);
    cancel.cancel();
    thread.join().unwrap()
}

/// Whether a process lives.
fn lives(pid: &str) -> bool {
    // a zombie is gone, but for who waits for it
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

#[test]
fn cancelling_ends_the_whole_group() {
    let directory = tempfile::tempdir().unwrap();
    let (ready, child) = (directory.path().join("ready"), directory.path().join("child"));
    let script = format!(
        "sh -c 'trap \"\" TERM; echo $$ > {}; touch {}; while :; do sleep 0.05; done' & wait",
        child.display(),
        ready.display()
    );
    let error = cancelled_once(&ready, script).unwrap_err();
    assert_eq!((error.kind(), error.is_definite()), (ErrorKind::Cancelled, false));
    let pid = std::fs::read_to_string(child).unwrap();
    while lives(pid.trim()) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn who_ends_well_when_asked_has_done_it() {
    let directory = tempfile::tempdir().unwrap();
    let ready = directory.path().join("ready");
    let script = format!(
        "trap 'echo \"{{\\\"outputs\\\": {{\\\"a\\\": 1}}}}\"; exit 0' TERM; touch {}; while :; do sleep 0.05; done",
        ready.display()
    );
    assert_eq!(cancelled_once(&ready, script).unwrap().outputs.expose(), json!({"a": 1}));
}

#[test]
fn the_deadline_ends_it() {
    let call = call();
    let deadline = call.clock().now() + Duration::from_millis(50);
    let error = apply(&call.with_deadline(deadline), shell("sleep 60")).unwrap_err();
    assert_eq!((error.kind(), error.is_definite()), (ErrorKind::TimedOut, false));
    assert!(error.to_string().contains("took too long"), "{error}");
}

#[test]
fn dropping_the_call_kills_it() {
    let directory = tempfile::tempdir().unwrap();
    let child = directory.path().join("child");
    let script = format!("echo $$ > {0}.part; mv {0}.part {0}; sleep 60", child.display());
    let (driver, call) = (driver(), call());
    let mut running = Box::pin(driver.apply(&call, ApplyRequest::new(uid(), guid(), shell(&script))));
    assert!(futures_util::FutureExt::now_or_never(&mut running).is_none());
    await_file(&child);
    drop(running);
    let pid = std::fs::read_to_string(child).unwrap();
    while lives(pid.trim()) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_is_cancelled_before_it_starts_does_not_start() {
    let cancel = Cancel::new();
    cancel.cancel();
    let error = apply(&call().with_cancel(cancel), json!({"command": ["./no-such-program"]}).into()).unwrap_err();
    assert_eq!((error.kind(), error.is_definite()), (ErrorKind::Cancelled, true));
}
