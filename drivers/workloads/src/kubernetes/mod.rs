//! Workloads as Kubernetes objects.

mod container;
mod files;
mod manifests;
mod object;
mod volumes;

pub(crate) use manifests::OBJECT;
pub use manifests::manifests;
pub(crate) use object::service_name;
pub use object::{Object, Options, convert};
