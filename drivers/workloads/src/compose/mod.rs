//! Workloads as Compose services.

mod interpolation;
mod project;
mod service;

pub use project::project;
pub(crate) use service::{bad_quantity, no_image};
pub use service::{Options, Section, convert};
