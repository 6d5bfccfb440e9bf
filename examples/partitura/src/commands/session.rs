//! What several commands need: drivers, the resolution of the files given, the engine.

use futures_executor::block_on;
use score_engine::drivers::Registry;
use score_engine::drivers::{Command, Directory};
use score_engine::resolver::{Context, PlanOptions, Resolution, Resolver, Snapshot};
use score_engine::{Engine, FileStore, SealingKey};
use score_templates::TemplateDriver;
use score_workloads::{ComposeProject, ComposeWorkload, KubernetesManifests, KubernetesWorkload};

use crate::arguments::{Options, PlanArguments};
use crate::problem::{Problem, print_notes};
use crate::site::{Site, context};

/// The drivers that this program knows by name.
pub(super) fn registry(options: &Options, site: &Site) -> Result<Registry, Problem> {
    let _ = options;
    Ok(Registry::new()
        .with("command", Command::new().directory(site.platform_directory()))
        .with("directory", Directory::new(&site.base))
        .with("template", TemplateDriver::default())
        .with("compose-workload", ComposeWorkload::default())
        .with("compose-project", ComposeProject::default())
        .with("kubernetes-workload", KubernetesWorkload::default())
        .with("kubernetes-manifests", KubernetesManifests::default()))
}

/// The resolution of the files given, warnings told.
pub(super) fn resolution(options: &Options, site: &Site) -> Result<Resolution, Problem> {
    let (platform, warnings) = site.needed_platform()?;
    let context = context(&platform, options)?;
    print_notes(&warnings);
    let (workloads, warnings) = site.needed_workloads()?;
    print_notes(&warnings);
    let resolver = Resolver::new(platform).drivers(registry(options, site)?.catalogue());
    let (resolution, warnings) = resolver.resolve(&context, &workloads).into_result()?;
    print_notes(&warnings);
    Ok(resolution)
}
