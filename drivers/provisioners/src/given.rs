//! What a provisioner gave, as pieces of documents.

use std::path::{Component, Path};

use score_drivers::{Applied, Artefact};
use score_model::{Map, Value};

use crate::files::is_local;
use crate::outcome::{Outcome, check_manifest};
use crate::told::MOUNTS;

impl Outcome {
    /// Outputs, state, and the pieces of documents: sections of a Compose document in their long form, Kubernetes objects, and the files that services mount. `strict`: Kubernetes objects are held against what is known
    /// of their kinds.
    pub(crate) fn applied(self, strict: bool) -> Result<Applied, String> {
        let artefact = |kind: &str, key: &str, value: Value| Artefact { kind: kind.into(), key: key.into(), value };
        let mut artefacts = Vec::new();
        for (path, content) in &self.files {
            if let Some(content) = content {
                artefacts.push(artefact("file", &mounted(path)?, Value::from(content.as_str())));
            }
        }
        for (path, wanted) in &self.directories {
            let path = mounted(path)?;
            if *wanted {
                artefacts.push(artefact("directory", &path, Value::Null));
            }
        }
        let sections = [
            ("compose.network", self.networks),
            ("compose.service", self.services),
            ("compose.volume", self.volumes),
            ("compose.model", self.models),
        ];
        for (kind, section) in sections {
            artefacts.extend(section.into_iter().map(|(name, written)| artefact(kind, &name, written)));
        }
        for (index, manifest) in self.manifests.into_iter().enumerate() {
            let key = key_of(&manifest);
            check_manifest(index, &manifest, key.is_some(), strict)?;
            artefacts.push(artefact("kubernetes.object", &key.unwrap_or_default(), manifest));
        }
        for (index, line) in self.logs.iter().enumerate() {
            artefacts.push(artefact("log", &index.to_string(), Value::from(line.as_str())));
        }
        let map = |map: Map| if map.is_empty() { Value::Null } else { Value::from(map) };
        Ok(Applied::new(Value::from(self.outputs)).state(map(self.state)).shared(map(self.shared)).artefacts(artefacts))
    }
}

/// The name of a file or directory below that of mounts.
fn mounted(path: &str) -> Result<String, String> {
    if !is_local(path) {
        return Err(format!("the path '{path}' leaves the directory of mounts"));
    }
    let mut parts = vec![MOUNTS];
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => parts.extend(name.to_str()),
            Component::ParentDir => {
                parts.pop();
            }
            _ => {}
        }
    }
    Ok(parts.join("/"))
}

/// `KIND/NAMESPACE/NAME`.
fn key_of(manifest: &Value) -> Option<String> {
    let text = |keys: &[&str]| {
        let found = manifest.get(&keys.iter().copied().collect()).filter(|found| *found != Value::Null);
        found.unwrap_or_else(|| Value::from("")).to_text().map(std::borrow::Cow::into_owned).unwrap_or_default()
    };
    let (version, kind) = (text(&["apiVersion"]), text(&["kind"]));
    let known = !version.is_empty() && !kind.is_empty();
    known.then(|| format!("{kind}/{}/{}", text(&["metadata", "namespace"]), text(&["metadata", "name"])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, want: Option<&str>) {
        assert_eq!(mounted(path).ok().as_deref(), want);
    }

    #[test]
    fn files_stay_below_the_directory_of_mounts() {
        check("a/b.sql", Some("mounts/a/b.sql"));
        check("./a/../b", Some("mounts/b"));
        check("a/../../b", None);
        check("/etc/passwd", None);
        check("", None);
    }
}
