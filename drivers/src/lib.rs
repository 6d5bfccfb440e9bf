//! How the world is touched: the driver trait, layers, registry, and the drivers that need nothing.
//!
//! # Writing a driver
//!
//! A [`Driver`] creates, observes, updates and destroys one kind of thing. Two methods are required: [`info`](Driver::info), what is known of it without a call, and [`apply`](Driver::apply), which makes it
//! so. The others have defaults; what a driver does not list in its [`Capabilities`] is never asked of it. Methods are plain `async fn`, and no runtime is needed; a driver that needs one is run on it by the layer [`Isolate::on`]. This crate is the one dependency line of a
//! driver author: it re-exports what is needed of the crates below.
//!
//! ```
//! use std::path::PathBuf;
//! use score_drivers::{
//!     Applied, ApplyRequest, Call, Capabilities, Conformance, DestroyRequest, Driver, DriverInfo, Error, ErrorKind, Value,
//! };
//! use serde_json::json;
//!
//! /// Directories for volumes, one for each resource.
//! struct Volumes(PathBuf);
//!
//! impl Driver for Volumes {
//!     fn info(&self) -> DriverInfo {
//!         DriverInfo::new(Capabilities::default().destroy())
//!             .inputs(json!({"type": "object", "properties": {"prefix": {"type": "string"}}}))
//!             .outputs(json!({"type": "object", "required": ["path"], "properties": {"path": {"type": "string"}}}))
//!     }
//!
//!     async fn apply(&self, call: &Call, request: ApplyRequest) -> Result<Applied, Error> {
//!         let prefix = request.inputs.child("prefix").and_then(Value::as_str).unwrap_or("volume");
//!         let path = self.0.join(format!("{prefix}-{}", request.guid)); // the guid is the identity of the thing
//!         std::fs::create_dir_all(&path).map_err(|error| {
//!             Error::new(ErrorKind::Other, format!("cannot make `{}`", path.display())).with_source(error)
//!         })?;
//!         call.log(format!("{} is there", path.display()));
//!         let mut applied = Applied::new(json!({"path": path.to_string_lossy()}).into());
//!         applied.state = json!({"path": path.to_string_lossy()}).into(); // what destroying will need
//!         Ok(applied)
//!     }
//!
//!     async fn destroy(&self, _: &Call, request: DestroyRequest) -> Result<(), Error> {
//!         let Some(path) = request.prior.state.child("path").and_then(Value::as_str) else { return Ok(()) };
//!         match std::fs::remove_dir_all(path) {
//!             Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
//!                 Err(Error::new(ErrorKind::Other, format!("cannot remove `{path}`")).with_source(error))
//!             }
//!             _ => Ok(()), // what is gone is gone
//!         }
//!     }
//! }
//!
//! // in its tests, one line:
//! let base = tempfile::tempdir()?;
//! Conformance::of(json!({"prefix": "data"})).check(Volumes(base.path().to_owned()))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What to keep in mind, all of it tested by [`Conformance`]:
//!
//! - **The same again.** An engine that crashed asks again, with the same [key](Call::key) and inputs, whether or not the first attempt was recorded. Name what you make after the guid, pass the key on, or look before you
//!   make.
//! - **Nothing is forgotten.** When an apply fails half-way, return what came to exist with the error ([`Error::with_partial`]), and say whether more may have happened ([`Error::definite`]).
//! - **Secrets** arrive marked ([`Value::Secret`]) and are opened with [`Secret::expose`]. Mark the secrets that you return ([`Value::secret`]); a schema says which they are with `writeOnly`, and with `writeOnly: false` where none may go. What you
//!   keep in `state` is always sealed. Secrets that you were given are struck out of log lines, errors and panics.
//! - **Nothing of your own.** Time, randomness, cancellation and deadlines come from the [`Call`]; retries are for the [`Retry`] layer: mark the error as [`temporary`](Error::temporary).
//! - **Pure drivers** ([`Capabilities::PURE`]) touch nothing outside. They are called while planning, so that a plan shows what they give.
//!
//! # Calling drivers
//!
//! A [`Registry`] has drivers by name; each is a [`DriverRef`], which is asked with a [`Request`] and answers with the [`Response`] of the same operation. A [`Layer`] is one function around that, whatever the operation:
//!
//! ```
//! use score_drivers::{Call, DriverRef, Error, Layer, Registry, Request, Response};
//!
//! /// Lets nothing be destroyed.
//! #[derive(Clone)]
//! struct Museum;
//!
//! impl Layer for Museum {
//!     async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, Error> {
//!         match request {
//!             Request::Destroy(request) => Err(Error::invalid(format!("`{}` is an exhibit", request.uid))),
//!             request => next.call(call, request).await,
//!         }
//!     }
//! }
//!
//! let registry = Registry::new().layer(Museum);
//! ```
//!
//! Layers for every driver, from the outside in the order in which they make sense: [`Recorder`] or [`Replay`], `Trace` (feature `tracing`), [`Retry`], [`Rate`], [`Concurrency`], [`Timeout`], [`Isolate`], [`Chaos`].
//!
//! # Drivers
//!
//! | name | | |
//! |---|---|---|
//! | `static` | [`StaticDriver`] | constants |
//! | `command` | [`CommandDriver`] | a program that is told and answers JSON |
//! | `directory` | [`DirectoryDriver`] | files in a directory |
//! | | [`MemoryDriver`] | a world in memory, for tests and examples |

mod builtin;
mod call;
mod cancel;
mod clock;
mod conformance;
mod driver;
mod driver_ref;
mod error;
mod file_artefact;
mod layer;
mod layers;
mod panic;
mod redact;
mod registry;
mod seed;
mod soundness;

pub use builtin::{CommandDriver, DirectoryDriver, Ended, MemoryDriver, MemoryObject, Program, StaticDriver};
pub use call::{Call, Progress, ProgressSink};
pub use cancel::{Cancel, Cancelled};
pub use clock::{Clock, ClockRef, ManualClock, Sleep, SystemClock};
pub use conformance::{Conformance, Unmet, UnmetDemand};
pub use driver::Driver;
pub use driver_ref::DriverRef;
pub use error::{Error, ErrorKind, full_message};
pub use file_artefact::FileArtefact;
pub use layer::Layer;
#[cfg(feature = "tracing")]
pub use layers::Trace;
pub use layers::{
    Chaos, Concurrency, Isolate, Rate, Recorder, Recording, Replay, Retry, Task, Timeout, UnreadableRecording,
};
pub use panic::quiet_panics;
pub use registry::Registry;
pub use seed::Seed;

// What a driver author needs of the crates below.
pub use score_model::{InvalidUid, Map, Number, Path, ResourceUid, Seal, Secret, SecretTexts, Value};
pub use score_resolver::{
    Applied, ApplyRequest, Artefact, Capabilities, Context, DestroyRequest, DriverCatalogue, DriverInfo, Failure, Guid,
    IdempotencyKey, ImportRequest, InputProblem, InvalidGuid, Lineage, ObserveRequest, Observed, PlanRequest, Planned,
    Prior, Request, Response, Scope, ValidateRequest,
};
