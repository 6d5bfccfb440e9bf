//! Workloads as Compose services.

mod interpolation;
mod mounts;
mod project;
mod service;
mod wait;

pub use interpolation::escape_command;
pub use mounts::MOUNTS;
pub(crate) use project::SECTIONS;
pub use project::project;
pub(crate) use service::no_image;
pub use service::{Converted, Dialect, MountedFile, Options, Section, convert};
pub use wait::{init_section, wait_service};
