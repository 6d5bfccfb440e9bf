//! The drivers here keep what every driver keeps, and each demand finds who does not.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use score_drivers::{
    Applied, ApplyRequest, Artefact, Call, Capabilities, Conformance, DestroyRequest, DirectoryDriver, Driver,
    DriverInfo, Error, ErrorKind, ImportRequest, InputProblem, MemoryDriver, ObserveRequest, Observed, PlanRequest,
    Planned, StaticDriver, Unmet, ValidateRequest, Value,
};
use serde_json::json;

#[test]
fn static_driver() -> Result<(), Unmet> {
    Conformance::of(json!({"user": "admin", "secrets": {"password": "correct-horse"}})).check(StaticDriver)
}

#[test]
fn memory_driver() -> Result<(), Unmet> {
    let world = MemoryDriver::new();
    let count = world.clone();
    Conformance::of(json!({"size": 1, "secrets": {"password": "correct-horse"}}))
        .changed_to(json!({"size": 2}))
        .counting(move || count.objects().len())
        .check(world)
}

#[test]
fn directory_driver() -> Result<(), Unmet> {
    let base = tempfile::tempdir().unwrap();
    let at = base.path().to_owned();
    Conformance::of(json!({"path": "out", "files": {"a.txt": "A", "sub/b.txt": "B"}}))
        .changed_to(json!({"path": "other", "files": {"a.txt": "A2", "c.txt": "C"}}))
        .counting(move || std::fs::read_dir(&at).map_or(0, Iterator::count))
        .check(DirectoryDriver::below(base.path()))
}

#[cfg(unix)]
#[test]
fn command_driver() -> Result<(), Unmet> {
    const SCRIPT: &str = r#"
import json, os, sys
call = json.load(sys.stdin)
path = os.path.join("world", call["guid"])
if call["operation"] == "apply":
    os.makedirs("world", exist_ok=True)
    with open(path + ".half", "w") as file: file.write(json.dumps(call["inputs"]))
    os.rename(path + ".half", path)
    print(json.dumps({"outputs": {"size": call["inputs"].get("size")}, "secrets": {"key": "k-" + call["guid"]}, "state": {"made": True}}))
elif call["operation"] == "destroy":
    for end in ["", ".half"]:
        if os.path.exists(path + end): os.remove(path + end)
elif not os.path.exists(path):
    print(json.dumps({"exists": False}))
else:
    inputs = json.load(open(path))
    print(json.dumps({"exists": True, "complete": inputs == call["inputs"], "outputs": {"size": inputs.get("size")}, "secrets": {"key": "k-" + call["guid"]}}))
"#;
    let base = tempfile::tempdir().unwrap();
    let at = base.path().join("world");
    let inputs = |size: i64| json!({"command": ["python3", "-S", "-c", SCRIPT], "size": size});
    Conformance::of(inputs(1))
        .changed_to(inputs(2))
        .counting(move || std::fs::read_dir(&at).map_or(0, Iterator::count))
        .check(score_drivers::CommandDriver::in_directory(base.path()))
}

/// A driver that keeps everything, but for one thing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    BadSchema,
    PureWithEffects,
    PureByChance,
    Panics,
    Hangs,
    Blocks,
    RefusesUnknown,
    PlansWhatDoesNotComeOut,
    PlansByDoing,
    Fails,
    AnswersAList,
    KeepsUnknown,
    MakesAndRefuses,
    LeaksInputs,
    ForgetsMark,
    BreaksSchema,
    NamelessArtefact,
    MakesTwice,
    AnswersAnew,
    CannotBeRepeated,
    FailsWhenCancelled,
    MakesWhenCancelled,
    SeesNothing,
    SeesOnlyWhatIsRecorded,
    SeesWhatIsNotThere,
    ImportsNothing,
    ImportsWhatIsNotThere,
    CannotDestroy,
    DestroysNothing,
    CannotDestroyTwice,
    CannotChange,
}

#[derive(Clone)]
struct Flawed {
    flaw: Flaw,
    made: Arc<Mutex<Vec<String>>>,
}

impl Flawed {
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn outputs(&self, size: &Value) -> Value {
        Value::map([("size", size.clone()), ("key", Value::secret(Value::from("sesame-open")))])
    }
}

impl Driver for Flawed {
    fn info(&self) -> DriverInfo {
        let outputs = match self.flaw {
            Flaw::BadSchema => json!({"type": "unheard-of"}),
            Flaw::BreaksSchema => json!({"type": "object", "required": ["host"]}),
            _ => json!({"properties": {"key": {"writeOnly": true}}}),
        };
        let effects = Capabilities::default().plan().validate().destroy().observe().import();
        let capabilities = match self.flaw {
            Flaw::PureWithEffects => Capabilities::PURE.destroy(),
            Flaw::PureByChance => Capabilities::PURE,
            _ => effects,
        };
        DriverInfo::new(capabilities).inputs(json!({"properties": {"password": {"writeOnly": true}}})).outputs(outputs)
    }

    async fn validate(&self, _: &Call, request: ValidateRequest) -> Result<Vec<InputProblem>, Error> {
        if self.has(Flaw::RefusesUnknown) && request.inputs.has_unknown() {
            return Err(Error::invalid("unknown"));
        }
        Ok(Vec::new())
    }

    async fn plan(&self, _: &Call, request: PlanRequest) -> Result<Planned, Error> {
        let mut planned = Planned::default();
        match self.flaw {
            Flaw::PlansByDoing => self.made.lock().unwrap().push("planned".to_owned()),
            Flaw::PlansWhatDoesNotComeOut => planned.outputs = Some(json!({"size": 77}).into()),
            Flaw::RefusesUnknown if request.inputs.has_unknown() => return Err(Error::invalid("unknown")),
            _ => {}
        }
        Ok(planned)
    }

    async fn apply(&self, call: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        if self.has(Flaw::Hangs) {
            return std::future::pending().await;
        }
        while self.has(Flaw::Blocks) {
            std::thread::sleep(Duration::from_secs(60));
        }
        let Some(inputs) = request.inputs.as_map() else {
            if self.has(Flaw::MakesAndRefuses) {
                self.made.lock().unwrap().push(request.guid.to_string());
            }
            assert!(!self.has(Flaw::Panics), "no map");
            return Err(Error::invalid("no map"));
        };
        let cancelled = call.cancel().is_cancelled();
        let size = inputs.get("size").cloned().unwrap_or_default();
        let guid = request.guid.to_string();
        let mut made = self.made.lock().unwrap();
        let there = made.contains(&guid);
        match self.flaw {
            Flaw::Fails => return Err(Error::new(ErrorKind::Other, "never")),
            Flaw::FailsWhenCancelled if cancelled => return Err(Error::new(ErrorKind::Other, "no")),
            Flaw::CannotChange if request.prior.is_some() && size.as_i64() == Some(2) => {
                return Err(Error::new(ErrorKind::Other, "cannot change"));
            }
            Flaw::CannotBeRepeated if there && request.prior.is_none() => {
                return Err(Error::new(ErrorKind::Conflict, "is there already"));
            }
            Flaw::MakesWhenCancelled if cancelled => {
                made.push(guid);
                return Err(Error::cancelled());
            }
            _ => {}
        }
        if cancelled {
            return Err(Error::cancelled());
        }
        if !there || self.has(Flaw::MakesTwice) {
            made.push(guid);
        }
        let mut applied = Applied::new(self.outputs(&size));
        match self.flaw {
            Flaw::AnswersAList => applied.outputs = Value::list([]),
            Flaw::LeaksInputs => applied.outputs = request.inputs.unmarked(),
            Flaw::ForgetsMark => applied.outputs = self.outputs(&size).unmarked(),
            Flaw::AnswersAnew => applied.outputs = json!({"number": made.len(), "at": there}).into(),
            Flaw::PureByChance => applied.outputs = json!({"at": format!("{:?}", call.clock().now())}).into(),
            Flaw::NamelessArtefact => {
                applied.artefacts.push(Artefact { kind: "file".into(), key: "".into(), value: Value::Null });
            }
            _ => {}
        }
        applied.state = json!({"size": size.expose()}).into();
        if self.has(Flaw::KeepsUnknown) {
            applied.state = Value::Unknown;
        }
        Ok(applied)
    }

    async fn destroy(&self, _: &Call, request: DestroyRequest) -> Result<(), Error> {
        let mut made = self.made.lock().unwrap();
        let there = made.contains(&request.guid.to_string());
        match self.flaw {
            Flaw::CannotDestroy if there => Err(Error::new(ErrorKind::Other, "no")),
            Flaw::CannotDestroyTwice if !there => Err(Error::new(ErrorKind::NotFound, "it is not there")),
            Flaw::DestroysNothing => Ok(()),
            _ => {
                made.retain(|one| *one != request.guid.to_string());
                Ok(())
            }
        }
    }

    async fn observe(&self, _: &Call, request: ObserveRequest) -> Result<Observed, Error> {
        let there = self.made.lock().unwrap().contains(&request.guid.to_string());
        let recorded = request.prior.state != Value::Null;
        let size = request.prior.inputs.child("size").cloned().unwrap_or_default();
        let present = Observed::Present { applied: Applied::new(self.outputs(&size)), complete: true };
        Ok(match self.flaw {
            Flaw::SeesNothing => Observed::Absent,
            Flaw::SeesOnlyWhatIsRecorded if !recorded => Observed::Absent,
            Flaw::SeesWhatIsNotThere => present,
            _ if there => present,
            _ => Observed::Absent,
        })
    }

    async fn import(&self, _: &Call, request: ImportRequest) -> Result<Observed, Error> {
        let there = self.made.lock().unwrap().contains(&request.guid.to_string());
        let size = request.inputs.child("size").cloned().unwrap_or_default();
        let present = Observed::Present { applied: Applied::new(self.outputs(&size)), complete: true };
        Ok(match self.flaw {
            Flaw::ImportsNothing => Observed::Absent,
            Flaw::ImportsWhatIsNotThere => present,
            _ if there => present,
            _ => Observed::Absent,
        })
    }
}

#[track_caller]
fn check_found(flaw: Flaw, demand: &str) {
    let driver = Flawed { flaw, made: Arc::default() };
    let made = driver.made.clone();
    let limit =
        if matches!(flaw, Flaw::Hangs | Flaw::Blocks) { Duration::from_millis(20) } else { Duration::from_secs(60) };
    let unmet = Conformance::of(json!({"size": 1, "password": "correct-horse"}))
        .changed_to(json!({"size": 2, "password": "correct-horse"}))
        .counting(move || made.lock().unwrap().len())
        .within(limit)
        .check(driver);
    match unmet {
        Ok(()) => panic!("{flaw:?} was not found"),
        Err(unmet) => assert!(unmet.demands().iter().any(|found| found.demand.contains(demand)), "{flaw:?}: {unmet}"),
    }
}

#[test]
fn each_flaw_is_found() {
    check_found(Flaw::BadSchema, "its schemas are JSON Schemas");
    check_found(Flaw::PureWithEffects, "a pure driver has nothing to destroy");
    check_found(Flaw::PureByChance, "a pure driver gives the same");
    check_found(Flaw::Panics, "never panics");
    check_found(Flaw::Hangs, "every call ends");
    check_found(Flaw::Blocks, "every call ends");
    check_found(Flaw::RefusesUnknown, "sound inputs are valid");
    check_found(Flaw::RefusesUnknown, "it plans, also where inputs are not known");
    check_found(Flaw::PlansWhatDoesNotComeOut, "what a plan says is known comes out");
    check_found(Flaw::PlansByDoing, "planning changes nothing");
    check_found(Flaw::Fails, "it makes something");
    check_found(Flaw::AnswersAList, "outputs are a map");
    check_found(Flaw::KeepsUnknown, "in what it keeps for itself everything is known");
    check_found(Flaw::MakesAndRefuses, "says for certain that it made nothing");
    check_found(Flaw::LeaksInputs, "that are or contain secrets are marked");
    check_found(Flaw::ForgetsMark, "that are or contain secrets are marked");
    check_found(Flaw::BreaksSchema, "outputs meet its schema");
    check_found(Flaw::NamelessArtefact, "artefacts have a kind and a key");
    check_found(Flaw::MakesTwice, "makes one thing");
    check_found(Flaw::AnswersAnew, "gives one answer");
    check_found(Flaw::CannotBeRepeated, "a call that was dropped can be repeated");
    check_found(Flaw::FailsWhenCancelled, "ends well or as cancelled");
    check_found(Flaw::MakesWhenCancelled, "says for certain that it made nothing");
    check_found(Flaw::SeesNothing, "what was made is observed, complete");
    check_found(Flaw::SeesOnlyWhatIsRecorded, "observed also where nothing was recorded");
    check_found(Flaw::SeesWhatIsNotThere, "what was not made is not observed");
    check_found(Flaw::ImportsNothing, "what was made can be imported");
    check_found(Flaw::ImportsWhatIsNotThere, "what is not there is not imported");
    check_found(Flaw::CannotDestroy, "it destroys what it made");
    check_found(Flaw::DestroysNothing, "what was destroyed is gone");
    check_found(Flaw::CannotDestroyTwice, "destroying what is gone succeeds");
    check_found(Flaw::CannotChange, "it changes what is there");
}

#[test]
fn all_that_is_found_is_told() {
    let unmet = Conformance::of(json!({"size": 1})).check(Flawed { flaw: Flaw::DestroysNothing, made: Arc::default() });
    insta::assert_snapshot!(unmet.unwrap_err(), @r#"
    the driver does not keep what every driver keeps:
    - what was destroyed is gone, but it answered Present { applied: Applied { outputs: {"size": 1, "key": <secret>}, state: null, artefacts: [], shared: null }, complete: true }
    "#);
}
