//! How the world is touched: the driver trait, layers, registry, and the drivers that need nothing.

mod builtin;
mod call;
mod cancel;
mod clock;
mod conformance;
mod driver;
mod driver_ref;
mod error;
mod layer;
mod layers;
mod panic;
mod redact;
mod registry;
mod seed;

pub use builtin::{CommandDriver, DirectoryDriver, MemoryDriver, MemoryObject, StaticDriver};
pub use call::{Call, Progress, ProgressSink};
pub use cancel::{Cancel, Cancelled};
pub use clock::{Clock, ClockRef, ManualClock, Sleep, SystemClock};
pub use conformance::{Conformance, Unmet, UnmetDemand};
pub use driver::Driver;
pub use driver_ref::DriverRef;
pub use error::{Error, ErrorKind};
pub use layer::Layer;
#[cfg(feature = "tracing")]
pub use layers::Trace;
pub use layers::{
    Chaos, Concurrency, Isolate, Rate, Recorder, Recording, Replay, Retry, Task, Timeout, UnreadableRecording,
};
pub use registry::Registry;
pub use seed::Seed;

// What a driver author needs of the crates below.
pub use score_model::{InvalidUid, Map, Number, Path, ResourceUid, Secret, SecretTexts, Value};
pub use score_resolver::{
    Applied, ApplyRequest, Artefact, Capabilities, DestroyRequest, DriverCatalogue, DriverInfo, Failure, Guid,
    IdempotencyKey, ImportRequest, InputProblem, Lineage, ObserveRequest, Observed, PlanRequest, Planned, Prior,
    Request, Response, Scope, ValidateRequest,
};
