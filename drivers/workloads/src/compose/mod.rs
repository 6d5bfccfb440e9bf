//! Workloads as Compose services.

mod interpolation;
mod project;
mod service;

pub(crate) use project::SECTIONS;
pub use project::project;
pub use service::{Options, Section, convert};
pub(crate) use service::{bad_quantity, no_image};
