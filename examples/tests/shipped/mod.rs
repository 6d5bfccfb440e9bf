//! What comes with the project, as its tests use it.

use std::path::Path;

use score_engine::drivers::Registry;
use score_engine::model::Diagnostics;
use score_engine::read_platform;
use score_engine::resolver::Platform;
use score_templates::TemplateDriver;
use score_workloads::{ComposeProject, ComposeWorkload, KubernetesManifests, KubernetesWorkload};

/// The platform in a directory of the examples, and what it was warned of.
pub(crate) fn platform(directory: &str) -> (Platform, Diagnostics) {
    let files = read_platform(&Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)).unwrap();
    Platform::load(&files).into_result().unwrap()
}

/// The drivers that the platforms of the examples need.
pub(crate) fn drivers() -> Registry {
    Registry::new()
        .with("template", TemplateDriver)
        .with("compose-workload", ComposeWorkload)
        .with("compose-project", ComposeProject)
        .with("kubernetes-workload", KubernetesWorkload)
        .with("kubernetes-manifests", KubernetesManifests)
}
