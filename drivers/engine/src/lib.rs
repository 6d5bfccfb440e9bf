//! Obeying a run: the loop, the journal, stores, leases and sealing.

mod file_store;
mod files;
mod journal;
mod key_file;
mod memory_store;
mod random;
mod reading;
mod sealing;
mod store;
mod store_conformance;

pub use file_store::{Damage, FileStore};
pub use journal::{Export, Journal, JournalError, Recorded};
pub use key_file::{KeyFile, KeySource};
pub use memory_store::MemoryStore;
pub use reading::{read_platform, read_score_files};
pub use sealing::{KeyId, Keys, Sealer, SealingKey};
pub use store::{Ack, Holder, Lease, Loaded, Store, StoreError};
pub use store_conformance::{Nonconforming, store_conformance};

// The crates below, so that an embedder depends on this one alone.
pub use score_drivers as drivers;
pub use score_graph as graph;
pub use score_model as model;
pub use score_resolver as resolver;
