//! The stores keep what any store must.

use std::sync::Arc;

use futures_executor::block_on;
use score_engine::{FileStore, MemoryStore, store_conformance};

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
