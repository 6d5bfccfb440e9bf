//! Obeying a run: the loop, the journal, stores, leases and sealing.

mod file_store;
mod files;
mod key_file;
mod memory_store;
mod random;
mod sealing;
mod store;
mod store_conformance;

pub use file_store::{Damage, FileStore};
pub use key_file::{KeyFile, KeySource};
pub use memory_store::MemoryStore;
pub use sealing::{KeyId, Keys, Sealer, SealingKey};
pub use store::{Ack, Holder, Lease, Loaded, Store, StoreError};
pub use store_conformance::{Nonconforming, store_conformance};
