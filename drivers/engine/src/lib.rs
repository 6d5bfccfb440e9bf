//! Obeying a run: the loop, the journal, stores, leases and sealing.
//!
//! [`Engine`] is the one entry point for embedders. It resolves workloads on a platform, plans what would change, and opens [`Session`]s, in which it is the one writer of a state and applies plans. It needs
//! no runtime.
//!
//! Below it: a [`Journal`] of typed records, whose secrets a [`Sealer`] seals, above a [`Store`] of bytes; [`FileStore`] and [`MemoryStore`] are two, and [`store_conformance`] is what any other must pass. State is
//! written before and after each effect of a driver, so that a crash at any moment loses no record of anything that exists.
//!
//! All that happens is told as values ([`OnEvent`]) and as spans of `tracing`: a deployment, in it its nodes, and in them, with the layer `Trace` (feature `tracing` of
//! `score-drivers`), the calls of drivers.
//!
//! The crates below are re-exported: this is the one dependency that an embedder needs.
//!
//! ```
//! use futures_executor::block_on;
//! use score_engine::drivers::Registry;
//! use score_engine::model::{Container, Resource, Source, Workload};
//! use score_engine::resolver::{Context, Platform, PlanOptions, RunOptions};
//! use score_engine::{Engine, LockOptions, MemoryStore};
//!
//! let platform = "{types: {database: {}}, modules: {dev: {type: database, driver: static, inputs: {host: localhost}}}, rules: [{module: dev}]}";
//! let (platform, _) = Platform::load(&[Source::new("platform.yaml", platform)]).into_result()?;
//! let shop = Workload::builder("shop").container("main", Container::builder("shop:1")).resource("db", Resource::builder("database"));
//! let (shop, _) = shop.build().into_result()?;
//!
//! let engine = Engine::new(Registry::new(), MemoryStore::new()).platform(platform);
//! let context = Context::new("development");
//! block_on(async {
//!     let mut session = engine.open(&context.scope(), LockOptions::default()).await?;
//!     let plan = session.plan(&context, vec![shop], PlanOptions::default()).await?;
//!     let summary = session.apply(plan, RunOptions::default(), &mut |_event| {}).await?;
//!     assert_eq!(summary.failed, 0);
//!     assert_eq!(session.snapshot().objects().len(), 2);
//!     session.close().await
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod asking;
mod engine;
mod error;
mod evaluate;
mod executor;
mod file_store;
mod files;
mod goal;
mod impact;
mod interrupt;
mod journal;
mod key_file;
mod memory_store;
mod planning;
mod random;
mod reading;
mod saved;
mod sealing;
mod session;
mod spans;
mod store;
mod store_conformance;

pub use engine::{Engine, LockOptions};
pub use error::EngineError;
pub use executor::OnEvent;
pub use file_store::{Damage, FileStore};
pub use goal::Goal;
pub use interrupt::Interrupt;
pub use journal::{Export, Journal, JournalError, Recorded};
pub use key_file::{KeyFile, KeySource};
pub use memory_store::MemoryStore;
pub use reading::{read_platform, read_score_files, read_workload, read_workload_with};
pub use sealing::{KeyId, Keys, Sealer, SealingKey};
pub use session::Session;
pub use store::{Ack, Holder, Lease, Loaded, Store, StoreError};
pub use store_conformance::{Nonconforming, store_conformance};

// The crates below, so that an embedder depends on this one alone.
pub use score_drivers as drivers;
pub use score_graph as graph;
pub use score_model as model;
pub use score_resolver as resolver;
