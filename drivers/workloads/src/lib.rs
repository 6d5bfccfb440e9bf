//! Workloads as Compose services and Kubernetes objects, and the assembly of whole documents.
//!
//! Everything here is pure: a [`ResolvedWorkload`] goes in, pieces of documents come out, and a document is made of the pieces of many nodes.
//!
//! ```
//! use score_model::Value;
//! use score_workloads::{ResolvedWorkload, Resources, compose, kubernetes};
//!
//! let document = Value::from(serde_json::json!({
//!     "metadata": {"name": "shop"},
//!     "containers": {"web": {"image": "nginx", "variables": {"GREETING": "hello"}}},
//! }));
//! let workload = ResolvedWorkload::read(&document)?;
//!
//! let (converted, _warnings) = compose::convert(&workload, &Resources::default(), &compose::Options::default()).into_result()?;
//! assert_eq!(&*converted.sections[0].key, "shop-web");
//!
//! let (objects, _warnings) = kubernetes::convert(&workload, &Resources::default(), &kubernetes::Options::default()).into_result()?;
//! assert_eq!(&*objects[0].key, "Deployment//shop");
//! # Ok::<(), score_model::Diagnostics>(())
//! ```

mod before;
pub mod compose;
mod drivers;
pub mod kubernetes;
mod names;
mod paths;
mod quantity;
mod reader;
mod resources;
mod sorted;
mod workload;

pub use drivers::{ComposeProject, ComposeWorkload, KubernetesManifests, KubernetesWorkload};
pub use resources::Resources;
pub use workload::{ResolvedContainer, ResolvedContent, ResolvedFile, ResolvedWorkload};
