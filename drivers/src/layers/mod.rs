//! Layers for every driver.

mod chaos;
mod concurrency;
mod guid_names;
mod isolate;
mod rate;
mod record;
mod recording;
mod retry;
mod timeout;
#[cfg(feature = "tracing")]
mod trace;

pub use chaos::Chaos;
pub use concurrency::Concurrency;
pub use isolate::{Isolate, Task};
pub use rate::Rate;
pub use record::{Recorder, Replay};
pub use recording::{Recording, UnreadableRecording};
pub use retry::Retry;
pub use timeout::Timeout;
#[cfg(feature = "tracing")]
pub use trace::Trace;
