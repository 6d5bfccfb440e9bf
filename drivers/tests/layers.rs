//! What layers make of drivers that fail, hang, panic and crowd.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::collections::VecDeque;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_executor::block_on;
use futures_util::future::join_all;
use score_drivers::{
    Applied, ApplyRequest, Call, Cancel, Capabilities, Chaos, Clock as _, Concurrency, Driver, DriverInfo, DriverRef,
    Error, ErrorKind, Guid, IdempotencyKey, Isolate, Lineage, ManualClock, Progress, Rate, Recorder, Recording,
    Registry, Replay, Request, ResourceUid, Response, Retry, Seed, StaticDriver, Timeout, Value,
};
use serde_json::json;

/// A driver that does what it is told, in this order, and then succeeds.
#[derive(Default)]
struct Script {
    acts: Mutex<VecDeque<Act>>,
    calls: Mutex<Vec<(u32, Option<IdempotencyKey>)>>,
    running: AtomicU32,
    most: AtomicU32,
}

enum Act {
    Fail(Error),
    Sleep(Duration),
    Hang,
    HangUntilCancelled,
    Block,
    Panic,
}

impl Script {
    fn new(acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        Arc::new(Self { acts: Mutex::new(acts.into_iter().collect()), ..Self::default() })
    }
}

impl Driver for Script {
    fn info(&self) -> DriverInfo {
        DriverInfo::new(Capabilities::default())
    }

    async fn apply(&self, call: &Call, _: ApplyRequest) -> Result<Applied, Error> {
        self.calls.lock().unwrap().push((call.attempt(), call.key().cloned()));
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        let act = self.acts.lock().unwrap().pop_front();
        let answer = match act {
            None => Ok(()),
            Some(Act::Fail(error)) => Err(error),
            Some(Act::Sleep(duration)) => {
                call.clock().sleep(duration).await;
                Ok(())
            }
            Some(Act::Hang) => std::future::pending().await,
            Some(Act::HangUntilCancelled) => {
                call.cancel().cancelled().await;
                Err(Error::new(ErrorKind::Cancelled, "stopped").with_partial(half()))
            }
            Some(Act::Block) => loop {
                std::thread::park();
            },
            Some(Act::Panic) => panic!("no room left"),
        };
        self.running.fetch_sub(1, Ordering::SeqCst);
        answer.map(|()| Applied::new(json!({"made": true}).into()))
    }
}

fn half() -> Applied {
    Applied::new(json!({"half": true}).into())
}

fn busy() -> Act {
    Act::Fail(Error::new(ErrorKind::Unavailable, "busy").temporary())
}

fn uid() -> ResourceUid {
    "thing.default#shop.db".parse().unwrap()
}

fn guid() -> Guid {
    Guid::derive(&Lineage::new([1; 16]), &uid(), 0)
}

fn call() -> Call {
    Call::new(score_resolver::Context::new("development").scope()).with_key(IdempotencyKey::new(&guid(), 7))
}

fn apply() -> Request {
    Request::Apply(ApplyRequest::new(uid(), guid(), json!({}).into()))
}

fn outputs(response: Response) -> serde_json::Value {
    match response {
        Response::Apply(applied) => applied.outputs.expose(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_error(answer: Result<Response, Error>, kind: ErrorKind, definite: bool, message: &str) -> Error {
    let error = answer.unwrap_err();
    assert_eq!((error.kind(), error.is_definite()), (kind, definite), "{error}");
    assert!(error.full_message().contains(message), "{}", error.full_message());
    error
}

#[test]
fn retry_repeats_what_failed_for_now() {
    let clock = ManualClock::new();
    let script = Script::new([busy(), busy()]);
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    let call =
        call().with_clock(Arc::new(clock.clone())).with_progress(move |progress| sink.lock().unwrap().push(progress));
    let call = call.with_seed(Seed::new([7; 32]));
    let driver = DriverRef::new(script.clone()).layer(Retry::new());
    assert_eq!(outputs(clock.run(driver.call(&call, apply())).unwrap()), json!({"made": true}));
    let key = call.key().cloned();
    assert_eq!(*script.calls.lock().unwrap(), [(1, key.clone()), (2, key.clone()), (3, key)]);
    let told = told.lock().unwrap();
    let [Progress::Retried { attempt: 2, wait: first, message }, Progress::Retried { attempt: 3, wait: second, .. }] =
        &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!(message, "busy");
    assert!((Duration::from_millis(500)..=Duration::from_secs(1)).contains(first), "{first:?}");
    assert!((Duration::from_millis(1500)..=Duration::from_secs(3)).contains(second), "{second:?}");
}

#[track_caller]
fn check_attempts(retry: Retry, acts: Vec<Act>, attempts: usize, message: &str) -> Error {
    let clock = ManualClock::new();
    let script = Script::new(acts);
    let driver = DriverRef::new(script.clone()).layer(retry);
    let error = clock.run(driver.call(&call().with_clock(Arc::new(clock.clone())), apply())).unwrap_err();
    assert_eq!(script.calls.lock().unwrap().len(), attempts);
    assert_eq!(error.message(), message);
    assert!(!error.is_temporary());
    error
}

#[test]
fn retry_ends() {
    let always = || (0..100).map(|_| busy()).collect::<Vec<_>>();
    check_attempts(Retry::new(), always(), 5, "busy (after 5 attempts)");
    check_attempts(Retry::new().attempts(1), always(), 1, "busy");
    // waits of 1, 3, 9, 27, 30 and 30 seconds
    check_attempts(Retry::new().attempts(100), always(), 7, "busy (after 7 attempts)");
    check_attempts(Retry::new().within(Duration::ZERO), always(), 1, "busy");
    let permanent = Act::Fail(Error::new(ErrorKind::Other, "no room"));
    check_attempts(Retry::new(), vec![permanent], 1, "no room");
    // what an earlier attempt made is not forgotten
    let made = Act::Fail(Error::new(ErrorKind::Unavailable, "busy").temporary().with_partial(half()));
    let error = check_attempts(Retry::new(), vec![made, Act::Fail(Error::invalid("bad"))], 2, "bad");
    assert_eq!(error.partial(), Some(&half()));
}

#[test]
fn retry_heeds_deadline_and_cancel() {
    let clock = ManualClock::new();
    let script = Script::new([busy(), busy()]);
    let driver = DriverRef::new(script.clone()).layer(Retry::new());
    let call = call().with_clock(Arc::new(clock.clone()));
    let late = call.clone().with_deadline(clock.now() + Duration::from_millis(100));
    check_error(clock.run(driver.call(&late, apply())), ErrorKind::Unavailable, true, "busy");
    let cancel = Cancel::new();
    cancel.cancel();
    check_error(clock.run(driver.call(&call.with_cancel(cancel), apply())), ErrorKind::Unavailable, true, "busy");
    assert_eq!(script.calls.lock().unwrap().len(), 2);
}

#[test]
fn timeout_ends_what_takes_too_long() {
    let clock = ManualClock::new();
    let seconds = Duration::from_secs;
    let script = Script::new([Act::Sleep(seconds(59)), Act::HangUntilCancelled, Act::Hang, Act::Sleep(seconds(62))]);
    let driver = DriverRef::new(script).layer(Timeout::new(seconds(60)));
    let call = call().with_clock(Arc::new(clock.clone()));
    let ask = || clock.run(driver.call(&call, apply()));
    assert!(ask().is_ok());
    let error = check_error(ask(), ErrorKind::TimedOut, false, "`apply` took longer than 1 min");
    assert_eq!(error.partial(), Some(&half()));
    check_error(ask(), ErrorKind::TimedOut, false, "took longer than 1 min");
    // what ends well after all is not thrown away
    assert!(ask().is_ok());
}

#[test]
fn panics_are_errors() {
    for driver in
        [DriverRef::new(Script::new([Act::Panic])), DriverRef::new(Script::new([Act::Panic])).layer(Isolate::new())]
    {
        check_error(block_on(driver.call(&call(), apply())), ErrorKind::Panicked, false, "panicked: no room left");
        assert!(block_on(driver.call(&call(), apply())).is_ok());
    }
}

#[test]
fn a_secret_in_a_panic_is_struck_out() {
    struct Leak;
    impl Driver for Leak {
        fn info(&self) -> DriverInfo {
            DriverInfo::default()
        }
        async fn apply(&self, _: &Call, request: ApplyRequest) -> Result<Applied, Error> {
            panic!("cannot log in with {}", request.inputs.expose()["password"])
        }
    }
    let inputs = Value::map([("password", Value::secret(Value::from("correct-horse")))]);
    let request = Request::Apply(ApplyRequest::new(uid(), guid(), inputs));
    let driver = DriverRef::new(Leak).layer(Isolate::new());
    check_error(block_on(driver.call(&call(), request)), ErrorKind::Panicked, false, r#"log in with "<secret>""#);
}

#[test]
fn isolate_leaves_alone_what_does_not_end() {
    let script = Script::new([Act::Block, Act::Hang]);
    let driver = DriverRef::new(script.clone()).layer(Isolate::new().grace(Duration::from_millis(1)));
    for left in [1, 0] {
        let cancel = Cancel::new();
        let call = call().with_cancel(cancel.clone());
        let stuck = driver.call(&call, apply());
        let others = async {
            // meanwhile others are served
            assert!(driver.info().capabilities == Capabilities::default());
            cancel.cancel();
        };
        let (answer, ()) = block_on(futures_util::future::join(stuck, others));
        check_error(answer, ErrorKind::Cancelled, false, "does not end; it is left alone");
        // Its thread may begin only now, and takes its act then.
        while script.acts.lock().unwrap().len() > left {
            std::thread::yield_now();
        }
    }
    assert!(block_on(driver.call(&call(), apply())).is_ok());
}

#[test]
fn isolate_drops_what_nobody_waits_for() {
    struct Watched(Mutex<Option<std::sync::mpsc::Sender<()>>>);
    impl Driver for Watched {
        fn info(&self) -> DriverInfo {
            DriverInfo::default()
        }
        async fn apply(&self, _: &Call, _: ApplyRequest) -> Result<Applied, Error> {
            let dropped = self.0.lock().unwrap().take();
            let answer = std::future::pending().await;
            drop(dropped);
            answer
        }
    }
    let (sender, dropped) = std::sync::mpsc::channel();
    let driver = DriverRef::new(Watched(Mutex::new(Some(sender)))).layer(Isolate::new());
    let call = call();
    let waiting = Box::pin(driver.call(&call, apply()));
    assert!(futures_util::FutureExt::now_or_never(waiting).is_none());
    assert_eq!(dropped.recv(), Err(std::sync::mpsc::RecvError));
}

#[test]
fn isolate_runs_where_it_is_told() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    struct NeedsTokio;
    impl Driver for NeedsTokio {
        fn info(&self) -> DriverInfo {
            DriverInfo::default()
        }
        async fn apply(&self, _: &Call, _: ApplyRequest) -> Result<Applied, Error> {
            tokio::spawn(async { Applied::default() })
                .await
                .map_err(|error| Error::new(ErrorKind::Other, "lost").with_source(error))
        }
    }
    let handle = runtime.handle().clone();
    let driver = DriverRef::new(NeedsTokio).layer(Isolate::on(move |task| drop(handle.spawn(task))));
    let task = async move { driver.call(&call(), apply()).await };
    assert!(runtime.block_on(async { tokio::spawn(task).await.unwrap() }).is_ok());
}

#[test]
fn concurrency_lets_so_many_run() {
    let clock = ManualClock::new();
    let script = Script::new((1..=10).map(|n| Act::Sleep(Duration::from_secs(n))));
    let driver = DriverRef::new(script.clone()).layer(Concurrency::new(NonZeroUsize::new(3).unwrap()));
    let call = call().with_clock(Arc::new(clock.clone()));
    let started = clock.now();
    let answers = clock.run(join_all((0..10).map(|_| driver.call(&call, apply()))));
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(script.most.load(Ordering::SeqCst), 3);
    // never idle while one waits: 1, 2, 3, then 4 after 1, 5 after 2, 6 after 3, …
    assert_eq!(clock.now() - started, Duration::from_secs(1 + 4 + 7 + 10));
}

#[test]
fn concurrency_gives_back_the_place_of_who_no_longer_waits() {
    let script = Script::new([Act::Hang]);
    let driver = DriverRef::new(script).layer(Concurrency::new(NonZeroUsize::MIN));
    let call = call();
    let mut first = Box::pin(driver.call(&call, apply()));
    let mut second = Box::pin(driver.call(&call, apply()));
    let mut third = Box::pin(driver.call(&call, apply()));
    for waiting in [&mut first, &mut second, &mut third] {
        assert!(futures_util::FutureExt::now_or_never(waiting.as_mut()).is_none());
    }
    drop(first);
    drop(second);
    assert!(block_on(third).is_ok());
}

#[test]
fn rate_lets_so_many_begin() {
    let clock = ManualClock::new();
    let driver = DriverRef::new(Script::new([])).layer(Rate::new(NonZeroU32::new(2).unwrap(), Duration::from_secs(10)));
    let call = call().with_clock(Arc::new(clock.clone()));
    let started = clock.now();
    clock.run(join_all((0..5).map(|_| driver.call(&call, apply()))));
    assert_eq!(clock.now() - started, Duration::from_secs(20));
}

#[test]
fn chaos_is_the_same_again() {
    let faults = |seed: u8| {
        let chaos = Chaos::new(Seed::new([seed; 32])).temporary(0.2).failures(0.2).lost_answers(0.2);
        let driver = DriverRef::new(Script::new([])).layer(chaos);
        let answers = (0..100).map(|_| block_on(driver.call(&call(), apply())));
        answers.map(|answer| answer.map_or_else(|error| error.message().to_owned(), |_| String::new())).collect()
    };
    let once: Vec<String> = faults(7);
    assert_eq!(once, faults(7));
    assert_ne!(once, faults(8));
    for kind in ["", "chaos: `apply` fails", "chaos: `apply` fails for now", "chaos: the answer to `apply` is lost"] {
        let count = once.iter().filter(|message| *message == kind).count();
        assert!((5..80).contains(&count), "{kind}: {count}");
    }
}

#[test]
fn chaos_and_retry_together_come_through() {
    let clock = ManualClock::new();
    let script = Script::new([]);
    let chaos = Chaos::new(Seed::new([1; 32])).temporary(0.3);
    let driver =
        DriverRef::new(script.clone()).layer(chaos).layer(Retry::new().attempts(50).within(Duration::from_secs(3600)));
    let call = call().with_clock(Arc::new(clock.clone()));
    for _ in 0..100 {
        assert!(clock.run(driver.call(&call, apply())).is_ok());
    }
    assert_eq!(script.calls.lock().unwrap().len(), 100);
}

/// Not a cipher: shows what is sealed.
struct Reverse;

impl score_model::Seal for Reverse {
    fn seal(&self, _: &str, clear: &[u8]) -> Vec<u8> {
        clear.iter().rev().copied().collect()
    }
    fn open(&self, _: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        Some(sealed.iter().rev().copied().collect())
    }
}

fn with_inputs(guid: &Guid, size: i64) -> Request {
    let inputs = Value::map([
        ("size", Value::from(size)),
        ("name", Value::from(format!("db-{guid}"))),
        ("secrets", Value::map([("password", Value::from("correct-horse"))])),
        ("limit", Value::Number(f64::INFINITY.into())),
    ]);
    Request::Apply(ApplyRequest::new(uid(), guid.clone(), inputs))
}

#[test]
fn a_recording_answers_in_the_place_of_drivers() {
    let recorder = Recorder::new();
    let driver = DriverRef::new(StaticDriver).layer(recorder.clone());
    let first = block_on(driver.call(&call(), with_inputs(&guid(), 1))).unwrap();
    let failing =
        DriverRef::new(Script::new([Act::Fail(Error::new(ErrorKind::Conflict, "taken").with_partial(half()))]))
            .layer(recorder.clone());
    assert!(block_on(failing.call(&call(), apply())).is_err());

    let text = recorder.recording().to_json(&Reverse);
    assert!(!text.contains("correct-horse"));
    let recording = Recording::from_json(&text, &Reverse).unwrap();
    assert_eq!(recording.to_json(&Reverse), text);

    let replay = Replay::new(recording);
    assert_eq!(replay.not_asked(), ["apply thing.default#shop.db", "apply thing.default#shop.db"]);
    let never = DriverRef::new(Script::new([Act::Panic])).layer(replay.clone());
    // the same thing under another guid
    let other = Guid::derive(&Lineage::new([2; 16]), &uid(), 0);
    let Response::Apply(applied) = block_on(never.call(&call(), with_inputs(&other, 1))).unwrap() else { panic!() };
    assert_eq!(applied.outputs.child("name"), Some(&Value::from(format!("db-{other}"))));
    let Response::Apply(first) = first else { panic!() };
    assert_eq!(applied.outputs.child("password"), first.outputs.child("password"));
    let error = check_error(block_on(never.call(&call(), apply())), ErrorKind::Conflict, true, "taken");
    assert_eq!(error.partial(), Some(&half()));
    check_error(block_on(never.call(&call(), apply())), ErrorKind::NotFound, true, "was not recorded, or less often");
    assert!(replay.not_asked().is_empty());
}

#[test]
fn a_replay_has_guids_of_its_own() {
    let [database, reader]: [ResourceUid; 2] =
        ["thing.default#shop.db", "thing.default#shop.reader"].map(|uid| uid.parse().unwrap());
    // One that was replaced, and one that reads the new one and the old one.
    let requests = |lineage: u8| -> Vec<Request> {
        let guid = |uid: &ResourceUid, number| Guid::derive(&Lineage::new([lineage; 16]), uid, number);
        let (old, new) = (guid(&database, 0), guid(&database, 1));
        let apply = |uid: &ResourceUid, guid: &Guid, inputs: serde_json::Value| {
            Request::Apply(ApplyRequest::new(uid.clone(), guid.clone(), inputs.into()))
        };
        vec![
            apply(&database, &old, json!({"name": format!("db-{old}")})),
            apply(&database, &new, json!({"name": format!("é{new}é")})),
            apply(&reader, &guid(&reader, 2), json!({"of": format!("{new}{old}"), "by": {old.to_string(): new}})),
        ]
    };
    let recorded = |lineage| {
        let recorder = Recorder::new();
        let driver = DriverRef::new(StaticDriver).layer(recorder.clone());
        requests(lineage).into_iter().for_each(|request| drop(block_on(driver.call(&call(), request)).unwrap()));
        recorder.recording().to_json(&Reverse)
    };
    let text = recorded(1);
    assert_eq!(recorded(2), text);
    assert!(text.contains(r#""$guid(thing.default#shop.db 2)$guid(thing.default#shop.db)""#), "{text}");
    let replay = Replay::new(Recording::from_json(&text, &Reverse).unwrap());
    let replay = DriverRef::new(Script::new([Act::Panic])).layer(replay);
    for (request, again) in requests(2).into_iter().zip(requests(2)) {
        let Request::Apply(ApplyRequest { inputs, .. }) = again else { panic!() };
        let Response::Apply(applied) = block_on(replay.call(&call(), request)).unwrap() else { panic!() };
        assert_eq!(applied.outputs, inputs, "constants are what was put in");
    }
}

#[test]
fn a_replay_tells_other_inputs() {
    let recorder = Recorder::new();
    let driver = DriverRef::new(StaticDriver).layer(recorder.clone());
    block_on(driver.call(&call(), with_inputs(&guid(), 1))).unwrap();
    let replay = DriverRef::new(StaticDriver).layer(Replay::new(recorder.recording()));
    let answer = block_on(replay.call(&call(), with_inputs(&guid(), 2)));
    check_error(answer, ErrorKind::NotFound, true, "was recorded with other inputs");
    assert!(Recording::from_json("{}", &Reverse).unwrap_err().to_string().contains("`version`"));
}

#[test]
fn a_registry_puts_its_layers_around_all() {
    let recorder = Recorder::new();
    let registry = Registry::empty().with("before", StaticDriver).layer(recorder.clone()).with("after", StaticDriver);
    for name in ["before", "after"] {
        block_on(registry.get(name).unwrap().call(&call(), apply())).unwrap();
    }
    assert_eq!(Replay::new(recorder.recording()).not_asked().len(), 2);
    assert_eq!(Registry::new().names().collect::<Vec<_>>(), ["command", "directory", "static"]);
}
