//! Workloads as Kubernetes objects.

mod container;
mod files;
mod manifests;
mod object;
mod volumes;

pub use manifests::manifests;
pub use object::{Object, Options, convert};
