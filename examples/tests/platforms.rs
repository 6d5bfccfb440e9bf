//! The platforms of the examples are proven: no errors in any environment.

use std::path::Path;

use score_engine::drivers::Registry;
use score_engine::read_platform;
use score_engine::resolver::{Platform, check as prove};
use score_templates::TemplateDriver;
use score_workloads::{ComposeProject, ComposeWorkload, KubernetesManifests, KubernetesWorkload};

#[track_caller]
fn check(platform: &str) {
    let files = read_platform(&Path::new(env!("CARGO_MANIFEST_DIR")).join(platform)).unwrap();
    let (platform, warnings) = Platform::load(&files).into_result().unwrap();
    assert!(warnings.is_empty(), "{warnings}");
    let drivers = Registry::new()
        .with("template", TemplateDriver)
        .with("compose-workload", ComposeWorkload)
        .with("compose-project", ComposeProject)
        .with("kubernetes-workload", KubernetesWorkload)
        .with("kubernetes-manifests", KubernetesManifests);
    let found = prove(&platform, &drivers.catalogue(), true).diagnostics;
    assert!(!found.has_errors(), "{found}");
}

#[test]
fn the_shop() {
    check("shop/platform");
}

#[test]
fn the_samples() {
    check("samples/platform");
}
