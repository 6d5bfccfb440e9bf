//! Workloads as Kubernetes objects.

mod container;
mod files;
mod manifests;
mod object;
mod secret_reference;
mod volumes;

pub(crate) use manifests::OBJECT;
pub use manifests::manifests;
pub(crate) use object::service_name;
pub use object::{Dialect, Object, Options, convert};
pub use secret_reference::{SecretPart, SecretReference};
