//! What several commands need: drivers, the resolution of the files given, the engine.

use std::sync::Arc;

use futures_executor::block_on;
use score_engine::drivers::{CommandDriver, DirectoryDriver, Registry};
use score_engine::model::{Diagnostic, Diagnostics, Workload};
use score_engine::resolver::{Context, Platform, Resolution, Resolver, Snapshot};
use score_engine::{Engine, FileStore, KeyFile};
use score_provisioners::{CommandProvisioner, TemplateProvisioner};
use score_templates::TemplateDriver;
use score_workloads::{ComposeProject, ComposeWorkload, KubernetesManifests, KubernetesWorkload};

use crate::arguments::Options;
use crate::problem::{Problem, print_notes};
use crate::site::{Site, context};

/// The drivers that this program knows by name.
pub(super) fn registry(options: &Options, site: &Site) -> Registry {
    let programs = CommandProvisioner::in_directory(&site.base).forbidden(options.forbid_commands);
    let command = match site.platform_directory() {
        Some(directory) => CommandDriver::in_directory(directory),
        None => CommandDriver::new(),
    };
    Registry::new()
        .with("command", command)
        .with("directory", DirectoryDriver::below(&site.base))
        .with("template", TemplateDriver)
        .with("provisioner", TemplateProvisioner::new())
        .with("provisioner-command", programs)
        .with("compose-workload", ComposeWorkload)
        .with("compose-project", ComposeProject)
        .with("kubernetes-workload", KubernetesWorkload)
        .with("kubernetes-manifests", KubernetesManifests)
}

/// The variables of this process that are text.
pub(super) fn variables() -> impl Iterator<Item = (Arc<str>, Arc<str>)> {
    std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?.into(), text.into_string().ok()?.into())))
}

/// The engine over the state and, where it is needed, the platform.
pub(super) fn engine(options: &Options, site: &Site, platform: Option<Arc<Platform>>) -> Result<Engine, Problem> {
    let mut engine = Engine::new(registry(options, site), FileStore::new(site.state_directory(options)?));
    if let Some(platform) = platform {
        engine = engine.platform(platform).variables(variables());
    }
    if let Some(file) = &options.state_key {
        engine = engine.key(KeyFile::new(file));
    }
    Ok(engine)
}

/// What is given to resolve.
pub(super) struct Given {
    pub(super) platform: Arc<Platform>,
    pub(super) context: Context,
    pub(super) workloads: Vec<Workload>,
}

/// The platform and the workloads of the files given, which must be there, warnings told. Of a broken platform is told together with what is wrong in the files.
pub(super) fn given(options: &Options, site: &Site) -> Result<Given, Problem> {
    let (platform, warnings) = site.needed_platform().map_err(|problem| match (problem, site.workloads()) {
        (Problem::Wrong(mut found), Ok((_, more)) | Err(Problem::Wrong(more))) => {
            found.append(more);
            found.sort();
            Problem::Wrong(found)
        }
        (problem, _) => problem,
    })?;
    let context = context(&platform, options)?;
    print_notes(&warnings);
    let (workloads, warnings) = site.needed_workloads()?;
    print_notes(&warnings);
    Ok(Given { platform, context, workloads })
}

/// The resolution of the files given, warnings told.
pub(super) fn resolution(options: &Options, site: &Site) -> Result<Resolution, Problem> {
    let Given { platform, context, workloads } = given(options, site)?;
    let resolver = Resolver::new(platform).drivers(registry(options, site).catalogue()).variables(variables());
    let (resolution, warnings) = resolver.resolve(&context, &workloads).into_result()?;
    print_notes(&warnings);
    Ok(resolution)
}

/// What is recorded in the environment that the options name, warnings told.
pub(super) fn snapshot(options: &Options, site: &Site) -> Result<(Snapshot, Context), Problem> {
    let context = site.context(options)?;
    let recorded = block_on(engine(options, site, None)?.snapshot(&context.scope()))?;
    print_notes(&state_warnings(&recorded.warnings));
    Ok((recorded.snapshot, context))
}

/// What people should know of a state as it was found.
pub(super) fn state_warnings(warnings: &[String]) -> Diagnostics {
    warnings.iter().map(|warning| Diagnostic::warning("state", warning.clone())).collect()
}
