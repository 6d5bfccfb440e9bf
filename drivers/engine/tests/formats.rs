//! States that other versions wrote.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::SystemTime;

use futures_executor::block_on;
use score_engine::resolver::Context;
use score_engine::{
    FileStore, Holder, Journal, JournalError, KeyFile, KeySource, MemoryStore, SealingKey, Store as _, StoreError,
};
use serde_json::{Value as Json, json};

/// The state of version 1 in a directory, and its keys.
fn version_1() -> (tempfile::TempDir, KeySource) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("default+default+development.journal"), include_bytes!("formats/1.state"))
        .unwrap();
    std::fs::write(directory.path().join("key"), include_bytes!("formats/1.key")).unwrap();
    let keys = KeySource::from(KeyFile::new(directory.path().join("key")));
    (directory, keys)
}

/// What somebody writes on top of it, and what it becomes when it is folded, says the same.
#[test]
fn a_state_of_version_1_goes_on_in_the_latest_version() {
    let ((directory, keys), scope) = (version_1(), Context::new("development").scope());
    let store = Arc::new(FileStore::new(directory.path()));
    let (mut snapshot, moved) = block_on(async {
        let holder = Holder::this_process(SystemTime::UNIX_EPOCH);
        let (mut journal, recorded) = Journal::open(store.clone(), &keys, &scope, holder).await.unwrap();
        let moved = recorded
            .snapshot
            .moving(&"vault.default#shop.vault".parse().unwrap(), &"vault.default#shop.other".parse().unwrap())
            .unwrap();
        let mut snapshot = recorded.snapshot;
        journal.append([moved.clone()]).await.unwrap();
        snapshot.fold(moved.clone());
        journal.close(&snapshot).await.unwrap();
        (snapshot, moved)
    });
    let read = || block_on(Journal::read(&*store, &keys, &scope)).unwrap().snapshot;
    assert_eq!(read(), snapshot);
    block_on(async {
        let holder = Holder::this_process(SystemTime::UNIX_EPOCH);
        let (mut journal, recorded) = Journal::open(store.clone(), &keys, &scope, holder).await.unwrap();
        journal.compact(&recorded.snapshot).await.unwrap();
        journal.append([moved.clone()]).await.unwrap();
        journal.close(&recorded.snapshot).await.unwrap();
    });
    snapshot.fold(moved);
    assert_eq!(read(), snapshot);
}

/// Version 1 of the journal and of its entries, as it was first written: it must stay readable, secrets included.
#[test]
fn a_state_of_version_1_is_read() {
    let ((directory, keys), scope) = (version_1(), Context::new("development").scope());
    let recorded = block_on(Journal::read(&FileStore::new(directory.path()), &keys, &scope)).unwrap();
    assert_eq!(recorded.warnings, Vec::<String>::new());
    let snapshot = recorded.snapshot;
    let listed = snapshot.list().iter().map(|listed| json!([listed.uid, listed.status])).collect::<Json>();
    let expected = json!([
        ["data.default#shop.data", "unreferenced"],
        ["slow.default#shop.slow", "unknown"],
        ["thing.default#shop.thing", "ready"],
        ["thing.default#shop.thing", "deposed"],
        ["vault.default#shop.vault", "ready"],
        ["workload.default#shop", "ready"],
    ]);
    assert_eq!(listed, expected);
    let thing = snapshot.object(&"thing.default#shop.thing".parse().unwrap()).unwrap();
    assert_eq!(thing.outputs.expose(), json!({"list": [1, 2.5, true, null, "é"], "token": "canary-token"}));
    assert_eq!(thing.outputs.redacted()["token"], json!({"$secret": true}));
    assert_eq!(thing.state.expose(), json!({"by": "sh"}));
    assert_eq!(thing.artefacts[0].value.expose(), json!({"title": "hello"}));
    assert_eq!(thing.depends_on, ["vault.default#shop.vault".parse().unwrap()]);
    let document = &snapshot.documents()["shop"];
    assert!(&*document.file == "score.yaml" && document.text.to_text().unwrap().contains("slow: {type: slow}"));
}

/// A state whose journal has just this entry, read with the key of the tests.
fn read(entries: &[&str]) -> JournalError {
    let (store, scope) = (MemoryStore::new(), Context::new("development").scope());
    block_on(async {
        let (lease, loaded) = store.lock(&scope, Holder::this_process(SystemTime::UNIX_EPOCH)).await.unwrap();
        let entries: Vec<Vec<u8>> = entries.iter().map(|entry| entry.as_bytes().to_vec()).collect();
        store.append(&lease, loaded.version, &entries).await.unwrap();
        store.unlock(lease).await.unwrap();
        Journal::read(&store, &KeySource::from(SealingKey::new([1; 32])), &scope).await.unwrap_err()
    })
}

#[test]
fn a_state_of_a_later_version_is_refused() {
    let error = read(&[r#"{"journal": 99, "key": "0123456789abcdef"}"#]);
    assert!(matches!(error, JournalError::Store(StoreError::UnknownFormat { found: 99, .. })), "{error}");
    assert!(error.help().is_some_and(|help| help.contains("version")), "{:?}", error.help());
}

#[test]
fn an_entry_of_an_unknown_kind_is_refused() {
    let key = SealingKey::new([1; 32]).id();
    let error = read(&[&format!(r#"{{"journal": 1, "key": "{key}"}}"#), "\u{7}from the future"]);
    assert!(matches!(error, JournalError::Entry { number: 2, .. }), "{error}");
    assert!(error.help().is_some_and(|help| help.contains("version")), "{:?}", error.help());
}
