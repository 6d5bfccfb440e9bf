//! What several commands need: drivers, the resolution of the files given, the engine.

use score_engine::drivers::Registry;
use score_engine::drivers::{CommandDriver, DirectoryDriver};
use score_engine::resolver::{Resolution, Resolver};
use score_templates::TemplateDriver;
use score_workloads::{ComposeProject, ComposeWorkload, KubernetesManifests, KubernetesWorkload};

use crate::arguments::Options;
use crate::problem::{Problem, print_notes};
use crate::site::{Site, context};

/// The drivers that this program knows by name.
pub(super) fn registry(site: &Site) -> Registry {
    let command = match site.platform_directory() {
        Some(directory) => CommandDriver::in_directory(directory),
        None => CommandDriver::new(),
    };
    Registry::new()
        .with("command", command)
        .with("directory", DirectoryDriver::below(&site.base))
        .with("template", TemplateDriver)
        .with("compose-workload", ComposeWorkload::default())
        .with("compose-project", ComposeProject::default())
        .with("kubernetes-workload", KubernetesWorkload::default())
        .with("kubernetes-manifests", KubernetesManifests::default())
}

/// The resolution of the files given, warnings told.
pub(super) fn resolution(options: &Options, site: &Site) -> Result<Resolution, Problem> {
    let (platform, warnings) = site.needed_platform()?;
    let context = context(&platform, options)?;
    print_notes(&warnings);
    let (workloads, warnings) = site.needed_workloads()?;
    print_notes(&warnings);
    let resolver = Resolver::new(platform).drivers(registry(site).catalogue());
    let (resolution, warnings) = resolver.resolve(&context, &workloads).into_result()?;
    print_notes(&warnings);
    Ok(resolution)
}
