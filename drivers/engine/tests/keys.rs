//! Keys of states: lost, wrong, rotated, removed.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use futures_executor::block_on;
use score_engine::drivers::MemoryDriver;
use score_engine::{Engine, EngineError, FileStore, Goal, JournalError, KeyFile, LockOptions, SealingKey};
use score_resolver::{Context, PlanOptions};
use support::{chain, context, deploy, engine, workload};

struct State {
    directory: tempfile::TempDir,
    world: MemoryDriver,
}

impl State {
    fn new() -> Self {
        let state = Self { directory: tempfile::tempdir().unwrap(), world: MemoryDriver::new() };
        let resources =
            [("vault".to_owned(), "vault", vec![]), ("thing".to_owned(), "thing", vec!["vault.password".to_owned()])];
        block_on(deploy(&state.engine(), vec![workload("shop", &resources)])).unwrap();
        state
    }

    fn engine(&self) -> Engine {
        engine(&self.world, FileStore::new(self.directory.path().join("state")))
    }

    fn key(&self) -> std::path::PathBuf {
        self.directory.path().join("state/key")
    }

    fn read(&self, engine: &Engine) -> Result<usize, EngineError> {
        Ok(block_on(engine.snapshot(&context().scope()))?.snapshot.objects().len())
    }
}

#[test]
fn a_lost_key_is_told_and_never_made_anew() {
    let state = State::new();
    let kept = std::fs::read(state.key()).unwrap();
    std::fs::remove_file(state.key()).unwrap();
    let missing = |error: &EngineError| matches!(error, EngineError::Journal(JournalError::MissingKey { .. }));
    assert!(missing(&state.read(&state.engine()).unwrap_err()));
    let opened = block_on(state.engine().open(&context().scope(), LockOptions::default()));
    assert!(missing(&opened.unwrap_err()) && !state.key().exists());
    std::fs::write(state.key(), kept).unwrap();
    assert_eq!(state.read(&state.engine()).unwrap(), 3);
}

#[test]
fn a_wrong_key_is_told() {
    let state = State::new();
    let error = state.read(&state.engine().key(SealingKey::new([7; 32]))).unwrap_err();
    assert!(matches!(error, EngineError::Journal(JournalError::WrongKey { .. })), "{error}");
    assert!(error.help().unwrap().contains("--state-key"));
}

#[test]
fn a_rotated_key_seals_anew_and_changes_nothing() {
    let state = State::new();
    let old = KeyFile::new(state.key()).read().unwrap().unwrap().id();
    block_on(async {
        let mut session = state.engine().open(&context().scope(), LockOptions::default()).await.unwrap();
        assert_ne!(session.rotate_key().await.unwrap(), old);
        session.close().await.unwrap();
    });
    KeyFile::new(state.key()).forget_old().unwrap();
    assert!(!KeyFile::new(state.key()).read().unwrap().unwrap().open(&old));
    let changes = state.world.changes();
    let (summary, _) = block_on(deploy(&state.engine(), Goal::up([]))).unwrap();
    assert_eq!((summary.succeeded, summary.unchanged, state.world.changes()), (0, 3, changes));
}

#[test]
fn nothing_is_left_of_a_state_that_says_nothing() {
    let state = State::new();
    block_on(deploy(&state.engine(), Goal::down())).unwrap();
    assert!(!state.directory.path().join("state").exists());
}

#[test]
fn a_key_elsewhere_stays() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("elsewhere/key");
    let store = FileStore::new(directory.path().join("state"));
    let engine = engine(&MemoryDriver::new(), store).key(KeyFile::new(&key));
    block_on(deploy(&engine, vec![workload("shop", &[("thing".to_owned(), "thing", vec![])])])).unwrap();
    assert!(!directory.path().join("state/key").exists());
    block_on(deploy(&engine, Goal::down())).unwrap();
    assert!(key.exists() && !directory.path().join("state").exists());
}

#[test]
fn an_export_tells_no_secret() {
    let state = State::new();
    let export = block_on(state.engine().export(&context().scope())).unwrap();
    let text = serde_json::to_string(&export).unwrap();
    assert!(text.contains("thing.default#shop.thing") && !text.contains("canary"), "{text}");
}

#[test]
fn a_key_that_something_was_sealed_with_stays_though_nothing_is_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state");
    let opened_and_closed = || {
        let engine = engine(&MemoryDriver::new(), FileStore::new(&state));
        block_on(async { engine.open(&context().scope(), LockOptions::default()).await?.close().await }).unwrap();
    };
    opened_and_closed();
    assert!(!state.exists());
    KeyFile::new(state.join("key")).rotate().unwrap();
    opened_and_closed();
    assert!(state.join("key").exists());
}

#[test]
fn a_key_that_a_saved_plan_needs_stays() {
    let staging = Context::new("staging");
    let planned = |engine: &Engine, context: &Context| {
        let plan = block_on(engine.plan(context, vec![chain("thing", 1)], PlanOptions::default())).unwrap();
        engine.save(&plan).unwrap()
    };
    // of a state that is not there yet, made while another one is
    let state = State::new();
    let saved = planned(&state.engine(), &staging);
    block_on(deploy(&state.engine(), Goal::down())).unwrap();
    assert!(state.engine().load(&saved).unwrap().has_changes());
    // of the only state, which goes, and the plan is void
    let state = State::new();
    planned(&state.engine(), &context());
    block_on(deploy(&state.engine(), Goal::down())).unwrap();
    assert!(!state.key().exists());
}
