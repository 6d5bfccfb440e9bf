//! The stores keep what any store must.

use std::sync::Arc;

use futures_executor::block_on;
use score_engine::drivers::Registry;
use score_engine::{Engine, EngineError, FileStore, Holder, LockOptions, MemoryStore, Store as _, store_conformance};

#[test]
fn memory_store_conforms() {
    let store = MemoryStore::new();
    block_on(store_conformance(&|| Arc::new(store.clone()))).unwrap();
}

#[test]
fn file_store_conforms_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/.partitura");
    block_on(store_conformance(&|| Arc::new(FileStore::new(&path)))).unwrap();
    assert!(!path.exists(), "{:?}", std::fs::read_dir(&path).map(Iterator::collect::<Vec<_>>));
}

#[test]
fn a_file_store_tells_who_holds_it_while_they_live() {
    let directory = tempfile::tempdir().unwrap();
    let store = FileStore::new(directory.path());
    let scope = score_engine::resolver::Context::new("development").scope();
    let this = Holder::this_process(std::time::SystemTime::UNIX_EPOCH);
    let gone = Holder { pid: u32::MAX, ..this.clone() };
    for (holder, told) in [(this.clone(), Some(this)), (gone.clone(), (!cfg!(target_os = "linux")).then_some(gone))] {
        assert_eq!(block_on(store.holder(&scope)), None);
        let (lease, _) = block_on(store.lock(&scope, holder)).unwrap();
        assert_eq!(block_on(store.holder(&scope)), told);
        block_on(store.unlock(lease)).unwrap();
    }
}

/// A program that was being started when its starter died holds the lock until it runs.
#[test]
#[cfg(target_os = "linux")]
fn a_lock_whose_holder_is_gone_is_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let scope = score_engine::resolver::Context::new("development").scope();
    let engine = Engine::new(Registry::new(), FileStore::new(directory.path()));
    let (store, this) = (FileStore::new(directory.path()), Holder::this_process(std::time::SystemTime::UNIX_EPOCH));
    let (lease, _) = block_on(store.lock(&scope, this.clone())).unwrap();
    let refused = block_on(engine.open(&scope, LockOptions::default())).unwrap_err();
    assert!(matches!(refused, EngineError::Locked { .. }), "{refused}");
    block_on(store.unlock(lease)).unwrap();

    let (lease, _) = block_on(store.lock(&scope, Holder { pid: u32::MAX, ..this })).unwrap();
    let program = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(100));
        block_on(store.unlock(lease)).unwrap();
    });
    block_on(block_on(engine.open(&scope, LockOptions::default())).unwrap().close()).unwrap();
    program.join().unwrap();
}
