//! What processes do to each other and to a state: they race, are killed at any moment, are stopped and wake up.
//!
//! `PARTITURA_KILLS=10000 cargo test -p score-engine --release --test processes` kills that many at random moments (100 unless given).
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use futures_executor::block_on;
use futures_util::future::BoxFuture;
use score_engine::drivers::{
    Applied, ApplyRequest, Call, Capabilities, DestroyRequest, Driver, DriverInfo, Error, ObserveRequest, Observed,
    Registry, Value,
};
use score_engine::resolver::Scope;
use score_engine::{Ack, Engine, FileStore, Goal, Holder, KeySource, Lease, Loaded, Store, StoreError};
use support::{chain, context, deploy, platform, wide};

const ROLE: &str = "PARTITURA_TEST_ROLE";
const DIRECTORY: &str = "PARTITURA_TEST_DIRECTORY";
const ARGUMENT: &str = "PARTITURA_TEST_ARGUMENT";

/// This test program again, as a process of its own that plays a role.
fn child(role: &str, directory: &Path, argument: impl ToString) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "play", "--ignored", "--nocapture", "--test-threads", "1"]);
    command.env(ROLE, role).env(DIRECTORY, directory).env(ARGUMENT, argument.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// What a child says: the lines that begin with `> `.
fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let output = BufReader::new(child.stdout.take().unwrap());
    output.lines().map_while(Result::ok).filter_map(|line| Some(line.split_once("> ")?.1.to_owned()))
}

fn say(what: impl std::fmt::Display) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "> {what}").unwrap();
    output.flush().unwrap();
}

fn finished(child: &mut Child) -> ExitStatus {
    drop(child.stdin.take());
    child.wait().unwrap()
}

fn signal(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

fn holder() -> Holder {
    Holder::this_process(SystemTime::now())
}

fn scope() -> Scope {
    context().scope()
}

fn lock(store: &FileStore) -> (Lease, Loaded) {
    loop {
        match block_on(store.lock(&scope(), holder())) {
            Err(StoreError::Locked { .. }) => std::thread::sleep(Duration::from_millis(1)),
            taken => return taken.unwrap(),
        }
    }
}

#[test]
#[ignore = "a role in the other tests"]
fn play() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let directory = PathBuf::from(std::env::var(DIRECTORY).unwrap());
    let argument: usize = std::env::var(ARGUMENT).unwrap().parse().unwrap();
    let store = FileStore::new(directory.join("state"));
    match role.as_str() {
        "count" => {
            for _ in 0..argument {
                let (lease, loaded) = lock(&store);
                let next = loaded.entries.len().to_string().into_bytes();
                block_on(store.append(&lease, loaded.version, &[next])).unwrap();
                block_on(store.unlock(lease)).unwrap();
            }
        }
        "come and go" => {
            for _ in 0..argument {
                let (lease, loaded) = lock(&store);
                assert_eq!(loaded.entries.len(), 0, "the one before us removed everything");
                block_on(store.append(&lease, loaded.version, &[b"mine".to_vec()])).unwrap();
                block_on(store.remove(lease)).unwrap();
            }
        }
        "append" => {
            let (lease, loaded) = lock(&store);
            let mut version = loaded.version;
            for number in loaded.entries.len().. {
                let entry = format!("{number} ").repeat(1 + number % 400).into_bytes();
                version = block_on(store.append(&lease, version, &[entry])).unwrap().version;
                say(number);
                if number % 50 == 49 {
                    let all = block_on(store.load(&scope())).unwrap().entries;
                    version = block_on(store.replace(&lease, version, &all)).unwrap().version;
                }
            }
        }
        "hold" => {
            let (lease, loaded) = lock(&store);
            say("locked");
            let _ = std::io::stdin().read(&mut [0]);
            match block_on(store.append(&lease, loaded.version, &[b"late".to_vec()])) {
                Err(StoreError::Fenced { .. }) => say("fenced"),
                other => say(format!("{other:?}")),
            }
        }
        "deploy" => {
            let engine = world_engine(&directory, Failing { store, left: AtomicUsize::new(argument) });
            say("deploying");
            let (summary, _) = block_on(deploy(&engine, vec![chain("thing", 3), wide("thing", 2)])).unwrap();
            assert!(summary.is_success());
            say("deployed");
        }
        // in a process of its own: a key is not removed while another process holds it, as one that is just being started holds all that this one does
        "down" => {
            block_on(deploy(&world_engine(&directory, store), Goal::down())).unwrap();
        }
        other => panic!("no role {other}"),
    }
}

#[test]
fn nobody_overwrites_what_another_wrote() {
    let directory = tempfile::tempdir().unwrap();
    let mut children: Vec<_> = (0..4).map(|_| child("count", directory.path(), 25)).collect();
    assert!(children.iter_mut().all(|child| finished(child).success()));
    let loaded = block_on(FileStore::new(directory.path().join("state")).load(&scope())).unwrap();
    let numbers: Vec<_> = (0..100).map(|number: usize| number.to_string().into_bytes()).collect();
    assert_eq!(loaded.entries, numbers);
}

#[test]
fn whoever_waits_for_what_is_removed_is_not_disturbed() {
    let directory = tempfile::tempdir().unwrap();
    let mut children: Vec<_> = (0..4).map(|_| child("come and go", directory.path(), 25)).collect();
    assert!(children.iter_mut().all(|child| finished(child).success()));
    assert!(!directory.path().join("state").exists());
}

/// How many processes are killed at random moments in each of the tests that do so.
fn kills() -> u64 {
    let kills = std::env::var("PARTITURA_KILLS").ok().and_then(|kills| kills.parse().ok());
    kills.unwrap_or(100_u64).div_ceil(2)
}

/// Some time into what the process does: another one each time, below this many microseconds.
fn kill_after(mut child: Child, kill: u64, longest: u64) {
    std::thread::sleep(Duration::from_micros(kill * 7919 % longest));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    // states that grow for ever would be slow to read
    for kills in (0..kills()).collect::<Vec<_>>().chunks(25) {
        let directory = tempfile::tempdir().unwrap();
        let store = FileStore::new(directory.path().join("state"));
        let mut acknowledged = 0;
        for kill in kills {
            let mut writer = child("append", directory.path(), 0);
            let mut said = lines(&mut writer);
            // after some writes, and some time into the next one
            let first = said.next().map(|line| line.parse::<usize>().unwrap());
            kill_after(writer, *kill, 20_000);
            let last = said.last().map(|line| line.parse().unwrap()).or(first);
            acknowledged = last.map_or(acknowledged, |last: usize| last + 1);
            let loaded = block_on(store.load(&scope())).unwrap();
            assert!(loaded.entries.len() >= acknowledged, "kill {kill}: {} of {acknowledged}", loaded.entries.len());
            for (number, entry) in loaded.entries.iter().enumerate() {
                assert_eq!(*entry, format!("{number} ").repeat(1 + number % 400).into_bytes(), "kill {kill}");
            }
        }
        assert!(acknowledged > 0);
    }
}

/// Deployments are killed until one comes to its end: all that was made is known all the time, and made once.
#[test]
fn what_was_made_is_known_after_a_kill_at_any_moment() {
    let mut kill = 0;
    while kill < kills() {
        let directory = tempfile::tempdir().unwrap();
        let engine = world_engine(directory.path(), FileStore::new(directory.path().join("state")));
        loop {
            let mut deploying = child("deploy", directory.path(), usize::MAX);
            let mut said = lines(&mut deploying);
            assert_eq!(said.next().unwrap(), "deploying");
            kill_after(deploying, kill, 15_000);
            kill += 1;
            let snapshot = block_on(engine.snapshot(&scope())).unwrap().snapshot;
            let made = keys(directory.path());
            for uid in made.keys() {
                let attempted = || snapshot.intents().any(|intent| intent.uid.as_str() == uid);
                assert!(
                    snapshot.object(&uid.parse().unwrap()).is_some() || attempted(),
                    "kill {kill}: `{uid}` is lost"
                );
            }
            for object in snapshot.objects().filter(|object| !object.pure && !object.driver.is_empty()) {
                assert!(made.contains_key(object.uid.as_str()), "kill {kill}: `{}` is not there", object.uid);
            }
            if said.any(|line| line == "deployed") {
                break;
            }
        }
        let made = keys(directory.path());
        assert!(made.len() == 5 && made.values().all(|keys| keys.len() == 1), "kill {kill}: {made:?}");
        assert!(finished(&mut child("down", directory.path(), 0)).success());
        assert!(!directory.path().join("state").exists(), "kill {kill}");
    }
}

#[test]
fn a_killed_holder_leaves_no_lock() {
    let directory = tempfile::tempdir().unwrap();
    let store = FileStore::new(directory.path().join("state"));
    let mut first = child("hold", directory.path(), 0);
    assert_eq!(lines(&mut first).next().unwrap(), "locked");
    match block_on(store.lock(&scope(), holder())) {
        Err(StoreError::Locked { holder: Some(holder), .. }) => assert_eq!(holder.pid, first.id()),
        other => panic!("{other:?}"),
    }
    assert!(matches!(block_on(store.break_lock(&scope())), Err(StoreError::Locked { .. })), "it lives");
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(block_on(store.break_lock(&scope())).unwrap(), None);
    let (lease, _) = block_on(store.lock(&scope(), holder())).unwrap();
    block_on(store.unlock(lease)).unwrap();
    assert!(!directory.path().join("state").exists());
}

#[test]
fn a_stopped_holder_that_lost_its_lock_wakes_up_and_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = FileStore::new(directory.path().join("state"));
    let mut first = child("hold", directory.path(), 0);
    let mut said = lines(&mut first);
    assert_eq!(said.next().unwrap(), "locked");
    signal(&first, "-STOP");
    assert!(matches!(block_on(store.lock(&scope(), holder())), Err(StoreError::Locked { .. })), "stopped, not dead");
    // what an operator does who has lost patience
    std::fs::remove_file(directory.path().join("state/default+default+development.lock")).unwrap();
    let (lease, loaded) = block_on(store.lock(&scope(), holder())).unwrap();
    block_on(store.append(&lease, loaded.version, &[b"mine".to_vec()])).unwrap();
    signal(&first, "-CONT");
    first.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert_eq!(said.next().unwrap(), "fenced");
    first.wait().unwrap();
    assert_eq!(block_on(store.load(&scope())).unwrap().entries, [b"mine"]);
    block_on(store.unlock(lease)).unwrap();
}

/// A process ends before and after each of its writes; the next one finishes, and nothing is made twice or lost.
#[test]
fn a_process_that_ends_at_any_commit_loses_nothing() {
    for point in 1.. {
        let directory = tempfile::tempdir().unwrap();
        let ended = finished(&mut child("deploy", directory.path(), point));
        let engine = world_engine(directory.path(), FileStore::new(directory.path().join("state")));
        let recorded = block_on(engine.snapshot(&scope())).unwrap();
        assert_eq!(recorded.warnings, Vec::<String>::new(), "point {point}");
        assert!(finished(&mut child("deploy", directory.path(), usize::MAX)).success(), "point {point}");
        let made = keys(directory.path());
        assert_eq!(made.len(), 5, "point {point}: {made:?}");
        assert!(made.values().all(|keys| keys.len() == 1), "point {point}: {made:?}");
        assert_eq!(block_on(engine.snapshot(&scope())).unwrap().snapshot.intents().len(), 0, "point {point}");
        assert!(finished(&mut child("down", directory.path(), 0)).success());
        assert!(!directory.path().join("state").exists(), "point {point}");
        if ended.success() {
            assert!(point > 10, "there are more commits than {point}");
            return;
        }
    }
}

fn world_engine(directory: &Path, store: impl Store) -> Engine {
    let registry = Registry::new().with("memory", World(directory.join("effects")));
    Engine::new(registry, store).platform(platform()).isolation(None)
}

/// The keys under which each thing was made.
fn keys(directory: &Path) -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(directory.join("effects")).unwrap_or_default();
    let mut keys = BTreeMap::<String, Vec<String>>::new();
    for line in text.lines() {
        let (uid, key) = line.split_once(' ').unwrap();
        let keys = keys.entry(uid.to_owned()).or_default();
        if !keys.iter().any(|known| known == key) {
            keys.push(key.to_owned());
        }
    }
    keys
}

/// Writes a line into a file for each thing it makes.
struct World(PathBuf);

impl Driver for World {
    fn info(&self) -> DriverInfo {
        DriverInfo::new(Capabilities::default().destroy().observe())
    }

    async fn apply(&self, call: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.0).unwrap();
        // at once, so that no kill leaves half a line
        file.write_all(format!("{} {}\n", request.uid, call.key().unwrap()).as_bytes()).unwrap();
        Ok(Applied::new(Value::map([("id", Value::from(request.uid.to_string()))])))
    }

    async fn observe(&self, _: &Call, request: ObserveRequest) -> Result<Observed, Error> {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        let there = text.lines().any(|line| line.split_once(' ').is_some_and(|(uid, _)| uid == request.uid.as_str()));
        let applied = Applied::new(Value::map([("id", Value::from(request.uid.to_string()))]));
        Ok(if there { Observed::Present { applied, complete: true } } else { Observed::Absent })
    }

    async fn destroy(&self, _: &Call, _: DestroyRequest) -> Result<(), Error> {
        Ok(())
    }
}

/// Ends the process at a write: the odd ones before, the even ones after.
#[derive(Debug)]
struct Failing {
    store: FileStore,
    left: AtomicUsize,
}

impl Failing {
    async fn write(&self, act: BoxFuture<'_, Result<Ack, StoreError>>) -> Result<Ack, StoreError> {
        let before = self.point();
        let done = if before { std::process::abort() } else { act.await };
        if self.point() { std::process::abort() } else { done }
    }

    fn point(&self) -> bool {
        self.left.fetch_sub(1, Ordering::SeqCst) == 1
    }
}

impl Store for Failing {
    fn load<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Loaded, StoreError>> {
        self.store.load(scope)
    }
    fn lock<'a>(&'a self, scope: &'a Scope, holder: Holder) -> BoxFuture<'a, Result<(Lease, Loaded), StoreError>> {
        self.store.lock(scope, holder)
    }
    fn append<'a>(
        &'a self,
        lease: &'a Lease,
        expected: u64,
        batch: &'a [Vec<u8>],
    ) -> BoxFuture<'a, Result<Ack, StoreError>> {
        Box::pin(self.write(self.store.append(lease, expected, batch)))
    }
    fn replace<'a>(
        &'a self,
        lease: &'a Lease,
        expected: u64,
        entries: &'a [Vec<u8>],
    ) -> BoxFuture<'a, Result<Ack, StoreError>> {
        Box::pin(self.write(self.store.replace(lease, expected, entries)))
    }
    fn remove(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        self.store.remove(lease)
    }
    fn unlock(&self, lease: Lease) -> BoxFuture<'_, Result<(), StoreError>> {
        self.store.unlock(lease)
    }
    fn break_lock<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Option<Holder>, StoreError>> {
        self.store.break_lock(scope)
    }
    fn request_cancel<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<(), StoreError>> {
        self.store.request_cancel(scope)
    }
    fn default_key(&self) -> KeySource {
        self.store.default_key()
    }
}
