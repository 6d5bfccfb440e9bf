//! The documents of a project: its workloads, and all that was provisioned for them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use score_model::{Container, Document, File, FileContent, Map, Mode, Severity, Value, Workload};
use score_workloads::{
    ResolvedContainer, ResolvedContent, ResolvedFile, ResolvedWorkload, Resources, compose, kubernetes,
};

use crate::error::reason;
use crate::files::is_local;
use crate::project::Provisioned;
use crate::state::State;
use crate::substitution::{Environment, Scope};
use crate::{Dialect, Error, World};

/// The service for which all workloads wait, and which waits for all that was provisioned.
const WAIT_SERVICE: &str = "wait-for-resources";

impl State {
    /// The Compose project. Files of the workloads are written below the directory of mounts; warnings go to `provisioned.warnings`.
    ///
    /// # Errors
    /// What cannot be converted.
    pub fn compose_project(&self, provisioned: &mut Provisioned, world: &World) -> Result<Value, Error> {
        let mut services = provisioned.services.clone();
        let mut options = compose::Options::default();
        options.dialect = compose::Dialect::ScoreCompose { mounts: (&*self.mounts_directory).into() };
        if !services.is_empty() {
            services.insert(WAIT_SERVICE.into(), compose::wait_service("alpine", &provisioned.services));
            options.wait_for.insert(WAIT_SERVICE.into(), compose::init_section());
        }
        for name in self.workloads.keys() {
            let failed = |problem: String| {
                Error::Convert(format!("failed to convert workload '{name}' to Docker compose: {problem}"))
            };
            let models = provisioned.models_of.get(name).into_iter().flatten();
            options.models = models.map(|model| Arc::from(&**model)).collect();
            let (workload, resources) = self.resolve(Dialect::Compose, name, provisioned, world).map_err(failed)?;
            let (converted, warnings) =
                compose::convert(&workload, &resources, &options).into_result().map_err(|e| failed(messages(&e)))?;
            provisioned.warnings.extend(warnings.iter().map(|warning| warning.message.clone()));
            for file in &converted.files {
                let path = world.directory.join(&self.mounts_directory).join(&*file.path);
                crate::write_file(&path, &bytes(&file.content), file.mode)?;
            }
            let builds = self.workloads.get(name).map(|workload| &workload.builds);
            let spec = self.workloads.get(name).map(|workload| workload.spec.clone()).unwrap_or_default();
            for section in converted.sections {
                let container = section.key.strip_prefix(&format!("{name}-")).unwrap_or_default();
                let mut service = section.value.as_map().cloned().unwrap_or_default();
                if let Some(build) = builds.and_then(|builds| builds.get(container)) {
                    service.remove("image");
                    service.insert("build".into(), build.clone());
                }
                // An empty list that was written stays, and takes away what the image has.
                for (written, key) in [("command", "entrypoint"), ("args", "command")] {
                    let path = ["containers", container, written].into_iter().collect();
                    if spec.get(&path).and_then(|list| list.as_list().map(<[Value]>::is_empty)) == Some(true) {
                        service.insert(key.into(), Value::list([]));
                    }
                }
                if services.insert(section.key.clone(), Value::from(service)).is_some() {
                    return Err(Error::Convert(format!(
                        "failed to add converted workload '{name}': duplicate service name '{}'",
                        section.key
                    )));
                }
            }
        }
        let mut project = Map::default();
        project.insert("name".into(), Value::from(&*self.compose_project));
        project.insert("services".into(), Value::from(services));
        let sections =
            [("volumes", &provisioned.volumes), ("networks", &provisioned.networks), ("models", &provisioned.models)];
        for (key, section) in sections.into_iter().filter(|(_, section)| !section.is_empty()) {
            project.insert(key.into(), Value::from(section.clone()));
        }
        Ok(Value::from(project))
    }

    /// Hands over all Kubernetes manifests, patched: `first`, those of the resources, those of the workloads. Where no patch template wants to see them all, those of one workload at most are kept at a time.
    ///
    /// # Errors
    /// What cannot be converted or patched; some were handed over by then.
    pub fn kubernetes_manifests(
        &self,
        provisioned: &mut Provisioned,
        world: &World,
        first: Option<Value>,
        mut take: impl FnMut(&Value),
    ) -> Result<(), Error> {
        if self.patch_templates.is_empty() {
            first.iter().for_each(&mut take);
            return self.unpatched_manifests(provisioned, world, |manifest| take(&manifest));
        }
        let mut manifests: Vec<Value> = first.into_iter().collect();
        self.unpatched_manifests(provisioned, world, |manifest| manifests.push(manifest))?;
        let patched = self.patched(Dialect::Kubernetes, Value::from(manifests), &world.namespace)?;
        patched.as_list().unwrap_or_default().iter().for_each(take);
        Ok(())
    }

    fn unpatched_manifests(
        &self,
        provisioned: &mut Provisioned,
        world: &World,
        mut take: impl FnMut(Value),
    ) -> Result<(), Error> {
        let mut check_and_take = |mut manifest: Value| {
            if let Some(path) = unresolved(&manifest) {
                return Err(Error::Convert(format!("unresolved secret ref in manifest: {path}")));
            }
            put_into(&world.namespace, &mut manifest);
            take(manifest);
            Ok(())
        };
        for manifest in provisioned.manifests.iter() {
            check_and_take(manifest.clone())?;
        }
        for (name, state) in &self.workloads {
            let failed = |problem: String| Error::Convert(format!("workload: {name}: failed to convert: {problem}"));
            let mut options = kubernetes::Options::default();
            options.dialect = kubernetes::Dialect::ScoreK8s;
            options.managed_by = Dialect::Kubernetes.tool().into();
            options.instance = Some(format!("{name}{}", state.instance_suffix).into());
            let (workload, resources) = self.resolve(Dialect::Kubernetes, name, provisioned, world).map_err(failed)?;
            let converted = kubernetes::convert(&workload, &resources, &options).into_result();
            let (objects, _) = converted.map_err(|e| failed(messages(&e)))?;
            objects.into_iter().try_for_each(|object| check_and_take(object.manifest))?;
        }
        Ok(())
    }

    /// A workload with all placeholders replaced and all files read.
    fn resolve(
        &self,
        dialect: Dialect,
        name: &str,
        provisioned: &mut Provisioned,
        world: &World,
    ) -> Result<(ResolvedWorkload, Resources), String> {
        let Some(state) = self.workloads.get(name) else { return Err("it is not part of the project".into()) };
        let checked = Workload::from_document(Document::from_value(state.spec.clone()), Mode::Compatible);
        let Some(workload) = checked.value() else { return Err(messages(checked.diagnostics())) };
        let mut resolved = ResolvedWorkload::default();
        resolved.name = name.into();
        let annotations = workload.metadata.child("annotations").and_then(Value::as_map).into_iter().flatten();
        resolved.annotations =
            annotations.filter_map(|(key, text)| Some((key.clone(), Arc::from(text.as_str()?)))).collect();
        resolved.ports = workload.service.ports.iter().map(|(name, port)| (Arc::from(&**name), port.clone())).collect();
        let scope = Scope::new(self, name, &provisioned.environments, &world.variables);
        let folder = state.file.as_deref().and_then(|file| Path::new(file).parent()).map(Path::to_path_buf);
        let folder = world.directory.join(folder.unwrap_or_default());
        let accessed = &mut provisioned.accessed;
        for (name, container) in &workload.containers {
            let mut container = resolve_container(dialect, name, container, &scope, &folder, accessed)?;
            if state.builds.contains_key(&**name) {
                container.image = Arc::default();
            }
            resolved.containers.insert(Arc::from(&**name), container);
        }
        // The source of a volume may be any resource of the project, by its uid.
        let volumes = resolved.containers.values().flat_map(|container| container.volumes.values());
        let sources = volumes.filter_map(|volume| {
            let resource = self.resources.get(&*volume.source)?;
            Some((&*volume.source, resource.outputs.clone()))
        });
        let resources = sources.collect();
        Ok((resolved, resources))
    }
}

fn resolve_container(
    dialect: Dialect,
    name: &str,
    container: &Container,
    scope: &Scope<'_>,
    folder: &Path,
    accessed: &mut BTreeSet<String>,
) -> Result<ResolvedContainer, String> {
    let mut resolved = ResolvedContainer::default();
    resolved.image = Arc::from(&*container.image);
    resolved.command = container.command.iter().map(|text| Arc::from(&**text)).collect();
    resolved.args = container.args.iter().map(|text| Arc::from(&**text)).collect();
    resolved.before = container.before.iter().map(|(other, ready)| (Arc::from(&**other), *ready)).collect();
    resolved.resources = container.resources.clone();
    resolved.liveness.clone_from(&container.liveness_probe);
    resolved.readiness.clone_from(&container.readiness_probe);
    for (key, text) in &container.variables {
        let value = match dialect {
            Dialect::Compose => scope.text_with_escapes(text, accessed),
            Dialect::Kubernetes => scope.text(text, Environment::Immediate, accessed),
        };
        let value = value.map_err(|problem| match dialect {
            Dialect::Compose => format!("containers.{name}.variables.{key}: {problem}"),
            Dialect::Kubernetes => format!(
                "containers.{name}.variables: failed to convert: '{key}': failed to convert: failed to substitute placeholders: {problem}"
            ),
        })?;
        resolved.variables.insert(Arc::from(&**key), Value::from(value));
    }
    for (target, volume) in &container.volumes {
        let environment = if dialect == Dialect::Compose { Environment::Deferred } else { Environment::Immediate };
        let mut volume = volume.clone();
        let source = scope.volume(&volume.source, environment, accessed);
        let source = source.map_err(|problem| match dialect {
            Dialect::Compose => format!("containers.{name}.volumes[{target}]: {problem}"),
            Dialect::Kubernetes => format!(
                "containers.{name}.volumes.{target}: failed to convert: source: failed to resolve placeholder: {problem}"
            ),
        })?;
        volume.source = source.as_str().into();
        resolved.volumes.insert(Arc::from(&**target), volume);
    }
    for (target, file) in &container.files {
        let problem = |problem: String| match dialect {
            Dialect::Compose => format!("containers.{name}.files[{target}]{problem}"),
            Dialect::Kubernetes => format!("containers.{name}.files.{target}: failed to convert{problem}"),
        };
        let file = resolve_file(dialect, file, scope, folder, accessed).map_err(problem)?;
        resolved.files.insert(Arc::from(&**target), file);
    }
    Ok(resolved)
}

fn resolve_file(
    dialect: Dialect,
    file: &File,
    scope: &Scope<'_>,
    folder: &Path,
    accessed: &mut BTreeSet<String>,
) -> Result<ResolvedFile, String> {
    let mode = match file.mode.as_deref() {
        None => None,
        Some(mode) => Some(u32::from_str_radix(mode, 8).map_err(|e| format!(": mode: failed to parse '{mode}': {e}"))?),
    };
    let bytes = match &file.content {
        FileContent::Text(text) => text.as_bytes().to_vec(),
        FileContent::Binary(text) => {
            let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            let place = if dialect == Dialect::Compose { ".binaryContent" } else { ": binaryContent" };
            let bytes = STANDARD.decode(packed).map_err(|e| format!("{place}: failed to decode base64: {e}"))?;
            return Ok(resolved_file(content(bytes), mode));
        }
        FileContent::Source(source) => read_source(dialect, source, folder)?,
        _ => return Err(": missing 'content', 'binaryContent', or 'source'".into()),
    };
    if file.no_expand {
        return Ok(resolved_file(content(bytes), mode));
    }
    let text = match (String::from_utf8(bytes), dialect) {
        (Ok(text), _) => text,
        (Err(no_text), Dialect::Compose) => return Ok(resolved_file(content(no_text.into_bytes()), mode)),
        (Err(_), Dialect::Kubernetes) => {
            return Err(": source content contains non-utf8 bytes; set noExpand=true or use binaryContent".into());
        }
    };
    let text = scope
        .text(&text, Environment::Immediate, accessed)
        .map_err(|problem| format!(": failed to substitute in content: {problem}"))?;
    Ok(resolved_file(ResolvedContent::Text(Value::from(text)), mode))
}

fn resolved_file(content: ResolvedContent, mode: Option<u32>) -> ResolvedFile {
    let mut file = ResolvedFile::new(content);
    file.mode = mode;
    file
}

fn content(bytes: Vec<u8>) -> ResolvedContent {
    match String::from_utf8(bytes) {
        Ok(text) => ResolvedContent::Text(Value::from(text)),
        Err(no_text) => ResolvedContent::Bytes(no_text.into_bytes().into()),
    }
}

fn bytes(content: &ResolvedContent) -> Vec<u8> {
    match content {
        ResolvedContent::Text(text) => text.to_text().unwrap_or_default().as_bytes().to_vec(),
        ResolvedContent::Bytes(bytes) => bytes.to_vec(),
    }
}

fn read_source(dialect: Dialect, source: &str, folder: &Path) -> Result<Vec<u8>, String> {
    let path: PathBuf = folder.join(source);
    match dialect {
        Dialect::Compose => {
            if !is_local(source) {
                return Err(".source: must be a relative path within the Score file's directory".into());
            }
            std::fs::read(&path)
                .map_err(|e| format!(".source: failed to read: open {}: {}", path.display(), reason(&e)))
        }
        Dialect::Kubernetes => std::fs::read(&path)
            .map_err(|e| format!(": source: failed to read file '{source}': open {}: {}", path.display(), reason(&e))),
    }
}

/// Puts a manifest into the namespace, if there is one and the manifest is not a namespace itself.
fn put_into(namespace: &str, manifest: &mut Value) {
    let has_metadata = manifest.child("metadata").is_some_and(|metadata| metadata.as_map().is_some());
    if !namespace.is_empty() && has_metadata && manifest.child("kind").and_then(Value::as_str) != Some("Namespace") {
        manifest.insert(&["metadata", "namespace"].into_iter().collect(), Value::from(namespace));
    }
}

/// Where in a manifest the first reference to a Secret is left.
fn unresolved(value: &Value) -> Option<String> {
    match value {
        // References have signs in them that are not ASCII: most texts need no closer look.
        Value::String(text) if !text.is_ascii() => {
            let parts = kubernetes::SecretReference::split(text).unwrap_or_default();
            parts.iter().any(|part| matches!(part, kubernetes::SecretPart::Reference(_))).then(String::new)
        }
        Value::List(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(index, item)| Some(format!(".{index}{}", unresolved(item)?)))
        }
        Value::Map(map) => {
            let left = map.iter().filter_map(|(key, value)| Some((key, unresolved(value)?)));
            left.min_by_key(|(key, _)| *key).map(|(key, path)| format!(".{key}{path}"))
        }
        _ => None,
    }
}

fn messages(problems: &score_model::Diagnostics) -> String {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("\n")
}
