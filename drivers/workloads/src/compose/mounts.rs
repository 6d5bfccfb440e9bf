//! Files and volumes of a container.

use std::sync::Arc;

use score_model::{Diagnostic, Map, Value, Volume};

use super::interpolation::literal;
use super::service::{Conversion, Dialect, MountedFile, Section};
use crate::names::hash;
use crate::paths::join;
use crate::{ResolvedContainer, ResolvedContent, ResolvedFile, Resources};

/// The directory beside a document of the native dialect in which are the files that services mount.
pub const MOUNTS: &str = "mounts";

/// The permissions of a file for which none are written.
const DEFAULT_MODE: u32 = 0o644;

impl Conversion<'_> {
    pub(super) fn mounts(&mut self, name: &str, container: &ResolvedContainer) -> Value {
        let mut mounts = Vec::new();
        for (target, volume) in &container.volumes {
            match self.mount(target, volume) {
                Ok(mount) => mounts.push(mount),
                Err(message) => self
                    .problems
                    .push(Diagnostic::error("bad-volume", format!("containers.{name}.volumes[{target}]: {message}"))),
            }
        }
        if let Dialect::ScoreCompose { mounts: directory } = &self.options.dialect {
            for (target, file) in &container.files {
                mounts.extend(self.bind(directory, name, target, file));
            }
            let source = |mount: &Value| mount.child("source").and_then(Value::as_str).unwrap_or_default().to_owned();
            mounts.sort_by_key(source);
        }
        Value::list(mounts)
    }

    fn mount(&self, target: &Arc<str>, volume: &Volume) -> Result<Value, String> {
        if self.options.dialect == Dialect::Native {
            return mount(target, volume, self.resources);
        }
        if let Some((ty, unknown)) = self.resources.outputs(&volume.source).and_then(unknown_key) {
            let uid = &volume.source;
            return Err(format!("resource '{uid}' outputs cannot decode for {ty}: field {unknown} not found"));
        }
        Ok(as_score_compose(&mount(target, volume, self.resources)?, &volume.source))
    }

    /// A file as one beside the document. One that its owner cannot write is written so that the next run can, and mounted read-only.
    fn bind(&mut self, directory: &str, name: &str, target: &Arc<str>, file: &ResolvedFile) -> Option<Value> {
        let mode = file.mode.unwrap_or(DEFAULT_MODE);
        if mode & 0o400 == 0 {
            let message = format!("containers.{name}.files[{target}]: mode must be at least 0400");
            self.problems.push(Diagnostic::error("bad-mode", message));
            return None;
        }
        let workload = &self.workload.name;
        let base = target.rsplit_once('/').map_or(&**target, |(_, base)| base);
        let mut path: Arc<str> = format!("files/{workload}-files-{base}").into();
        let there = self.converted.files.iter().find(|written| written.path == path);
        if there.is_some_and(|written| written.content != file.content) {
            path = format!("files/{workload}-{name}-files-{}-{base}", hash(target)).into();
        }
        let (writable, mode) = (mode & 0o200 != 0, mode | 0o600);
        let mut mount = Map::default();
        mount.insert("type".into(), Value::from("bind"));
        mount.insert("source".into(), Value::from(format!("{directory}/{path}")));
        mount.insert("target".into(), Value::from(target.clone()));
        if !writable {
            mount.insert("read_only".into(), Value::from(true));
        }
        self.converted.files.push(MountedFile { path, content: file.content.clone(), mode });
        Some(Value::from(mount))
    }

    /// Files as configs: texts in the document, others beside it.
    pub(super) fn configs(&mut self, name: &str, container: &ResolvedContainer) -> Value {
        if self.options.dialect != Dialect::Native {
            return Value::Null;
        }
        let mut grants = Vec::new();
        for (target, file) in &container.files {
            let key: Arc<str> = format!("{}-{name}-file-{}", self.workload.name, hash(target)).into();
            let mut grant = vec![("source", Value::from(key.clone())), ("target", Value::from(target.clone()))];
            if let Some(mode) = file.mode {
                grant.push(("mode", Value::from(format!("0{mode:o}"))));
            }
            grants.push(Value::map(grant));
            let value = match &file.content {
                ResolvedContent::Text(content) => literal(&Value::map([("content", content.clone())])),
                // What is no text cannot be in the document.
                content => {
                    let mode = file.mode.unwrap_or(DEFAULT_MODE);
                    let (path, content) = (key.clone(), content.clone());
                    self.converted.files.push(MountedFile { path, content, mode });
                    Value::map([("file", Value::from(format!("./{MOUNTS}/{key}")))])
                }
            };
            self.converted.sections.push(Section { kind: "compose.config", key, value });
        }
        Value::list(grants)
    }
}

fn mount(target: &Arc<str>, volume: &Volume, resources: &Resources) -> Result<Value, String> {
    let Some(outputs) = resources.outputs(&volume.source) else {
        return Ok(named(target, volume));
    };
    let uid = &*volume.source;
    let text = |key: &str| outputs.child(key).and_then(Value::as_str);
    let ty = match text("type") {
        Some(ty @ ("volume" | "bind" | "tmpfs")) => ty,
        Some(other) => {
            return Err(format!("resource '{uid}' has invalid type '{other}'; it must be volume, bind or tmpfs"));
        }
        None => return Err(format!("resource '{uid}' has no 'type' output; it must be volume, bind or tmpfs")),
    };
    let mut details = outputs.child(ty).and_then(Value::as_map).cloned();
    let mut mount = Map::default();
    mount.insert("type".into(), Value::from(ty));
    match (ty, text("source"), volume.path.as_deref().filter(|path| !path.is_empty())) {
        ("tmpfs", _, None) => {}
        ("tmpfs", _, Some(path)) => {
            return Err(format!("can't mount named tmpfs volume with sub path '{path}': not supported"));
        }
        ("bind", None, _) => return Err(format!("resource '{uid}' has no 'source' output")),
        ("bind", Some(source), Some(path)) => {
            mount.insert("source".into(), Value::from(join(source, path)));
        }
        // A volume without a name is made for the container.
        (_, source, path) => {
            mount.extend(source.map(|source| ("source".into(), Value::from(source))));
            if let Some(path) = path {
                let details = details.get_or_insert_default();
                let outer = details.get("subpath").and_then(Value::as_str).unwrap_or_default();
                details.insert("subpath".into(), Value::from(join(outer, path)));
            }
        }
    }
    mount.insert("target".into(), Value::from(target.clone()));
    mount.extend(details.map(|details| (ty.into(), Value::from(details))));
    if volume.read_only {
        mount.insert("read_only".into(), Value::from(true));
    }
    Ok(Value::from(mount))
}

/// The type of a volume, and the first key of its outputs that is not of this type. Below the type are whatever keys Compose is to have.
fn unknown_key(outputs: &Value) -> Option<(&str, &str)> {
    let ty = outputs.child("type")?.as_str().filter(|ty| ["volume", "bind", "tmpfs"].contains(ty))?;
    let own = |key: &str| key == "type" || key == ty || (key == "source" && ty != "tmpfs");
    let unknown = outputs.as_map()?.keys().find(|key| !own(key))?;
    Some((ty, unknown))
}

/// A mount as the types of `score-compose` make it: sizes are texts, not to make the path of a bind mount is said, and a mount in memory has the resource as its source.
fn as_score_compose(mount: &Value, uid: &str) -> Value {
    let mut converted = mount.as_map().cloned().unwrap_or_default();
    if let Some(Value::Map(details)) = converted.get("bind") {
        let mut details = Map::clone(details);
        if details.remove("create_host_path") != Some(Value::from(true)) {
            details.insert("create_host_path".into(), Value::from(false));
        }
        converted.insert("bind".into(), Value::from(details));
    }
    if mount.child("type").and_then(Value::as_str) == Some("tmpfs") {
        converted.insert("source".into(), Value::from(uid));
    }
    if let Some(Value::Map(details)) = converted.get("tmpfs") {
        let mut details = Map::clone(details);
        if let Some(size) = details.get("size").and_then(|size| size.to_text().map(std::borrow::Cow::into_owned)) {
            details.insert("size".into(), Value::from(size));
        }
        converted.insert("tmpfs".into(), Value::from(details));
    }
    Value::from(converted)
}

/// A volume that is no resource, by its name.
fn named(target: &Arc<str>, volume: &Volume) -> Value {
    let mut mount = Map::default();
    mount.insert("type".into(), Value::from("volume"));
    mount.insert("source".into(), Value::from(&*volume.source));
    mount.insert("target".into(), Value::from(target.clone()));
    if let Some(path) = &volume.path {
        mount.insert("volume".into(), Value::map([("subpath", Value::from(&**path))]));
    }
    if volume.read_only {
        mount.insert("read_only".into(), Value::from(true));
    }
    Value::from(mount)
}
