//! Volumes of a workload in its pod.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::{Diagnostic, Map, Memory, Value};

use super::container::{Conversion, set};
use super::object::{Dialect, empty};
use crate::ResolvedContainer;
use crate::names::hash;

impl Conversion<'_> {
    /// The mounts of a container's volumes; the volumes go to the pod, claims to the StatefulSet.
    pub(super) fn mount_volumes(&mut self, name: &str, container: &ResolvedContainer) -> Vec<Value> {
        let mut mounts = Vec::new();
        for (target, volume) in &container.volumes {
            let volume_name = match self.volume(&volume.source, name, target) {
                Ok(volume_name) => volume_name,
                Err(message) => {
                    let message = format!("containers.{name}.volumes.{target}: failed to convert: {message}");
                    self.problems.push(Diagnostic::error("bad-volume", message));
                    continue;
                }
            };
            let mut mount = Map::default();
            set(&mut mount, "name", Value::from(volume_name));
            set(&mut mount, "mountPath", Value::from(target.clone()));
            set(&mut mount, "subPath", Value::from(volume.path.as_deref().unwrap_or_default()));
            if volume.read_only {
                set(&mut mount, "readOnly", Value::from(true));
            }
            mounts.push(Value::from(mount));
        }
        mounts
    }

    fn volume(&mut self, uid: &str, container: &str, target: &str) -> Result<Arc<str>, String> {
        let outputs = self.resources.outputs(uid).ok_or_else(|| {
            format!("source: resource '{uid}' does not exist; write one of the workload as `${{resources.NAME}}`")
        })?;
        if self.shape.options.dialect == Dialect::ScoreK8s
            && let Some(unknown) = unknown_key(outputs)
        {
            return Err(format!(
                "failed to convert resource '{uid}' outputs into a Kubernetes volume: unknown field \"{unknown}\""
            ));
        }
        let outputs = match self.shape.options.dialect {
            Dialect::ScoreK8s => &with_amounts(outputs),
            Dialect::Native => outputs,
        };
        let given = |key: &str| outputs.child(key).filter(|value| value.as_map().is_some());
        let failed = |problem: &str| Err(format!("failed to convert resource '{uid}' outputs into volume: {problem}"));
        let is_empty = |value: &Value| value.as_map().is_some_and(Map::is_empty);
        // The volume of one resource may be mounted in many places; the Score tool makes one for each place.
        let named_after = if self.shape.options.dialect == Dialect::Native { uid } else { target };
        let name = format!("vol-{}", hash(named_after));
        match (given("source"), given("claimSpec")) {
            (Some(source), None) if is_empty(source) => failed("source is empty"),
            (None, Some(claim)) if is_empty(claim) => failed("claimSpec is empty"),
            (Some(source), None) => Ok(self.volume_named(&name, container, target, source.clone())),
            (None, Some(claim)) if self.stateful => Ok(self.claim_named(&name, container, target, claim)),
            (None, Some(_)) => Err(format!(
                "resource `{uid}` gives a `claimSpec`, which only a StatefulSet can use; annotate the workload with `k8s.score.dev/kind: StatefulSet`"
            )),
            _ => failed("either 'source' or 'claimSpec' required"),
        }
    }

    /// Adds a volume to the pod, under `name` unless that is taken: the same path in two containers may hold two things. The Score tool gives every mount a volume of its own,
    /// even of one resource.
    pub(super) fn volume_named(&mut self, name: &str, container: &str, target: &str, source: Value) -> Arc<str> {
        let shared = self.shape.options.dialect == Dialect::Native && self.volumes.get(name) == Some(&source);
        let taken = self.volumes.contains_key(name) && !shared;
        let name = if taken { second_name(name, container, target) } else { Arc::from(name) };
        self.volumes.insert(name.clone(), source);
        name
    }

    /// Adds a claim to the StatefulSet, under `name` unless that is the name of another one.
    fn claim_named(&mut self, name: &str, container: &str, target: &str, spec: &Value) -> Arc<str> {
        let named = |claim: &&Value| {
            claim.child("metadata").and_then(|metadata| metadata.child("name")).and_then(Value::as_str) == Some(name)
        };
        let name = match self.claims.iter().find(named) {
            Some(there) if there.child("spec") == Some(spec) => return Arc::from(name),
            Some(_) => second_name(name, container, target),
            None => Arc::from(name),
        };
        let metadata = Value::fields([("name", Value::from(name.clone()))]);
        let typed = self.shape.options.dialect == Dialect::ScoreK8s;
        let status = typed.then(|| ("status", empty()));
        let parts = [("metadata", metadata), ("spec", spec.clone())];
        self.claims.push(Value::fields(parts.into_iter().chain(status)));
        name
    }

    /// Puts the ConfigMaps and Secrets that a container mounts at one folder together into one projected volume: of two mounts at one folder only one would be seen.
    pub(super) fn project(&mut self, mounts: Vec<Value>) -> Vec<Value> {
        let mut projected: BTreeMap<Arc<str>, Vec<(Arc<str>, Value)>> = BTreeMap::new();
        let mut others = Vec::new();
        for mount in mounts {
            let text = |key: &str| mount.child(key).and_then(Value::as_str).map(Arc::<str>::from);
            let kept = |volume: &Value| volume.child("configMap").is_some() || volume.child("secret").is_some();
            match (text("name"), text("mountPath")) {
                (Some(name), Some(folder)) if self.volumes.get(&name).is_some_and(kept) => {
                    projected.entry(folder).or_default().push((name, mount));
                }
                _ => others.push(mount),
            }
        }
        for (folder, group) in projected {
            let [(name, mount)] = &*group else {
                let name: Arc<str> = format!("proj-vol-{}", self.projections).into();
                self.projections += 1;
                let sources = group.iter().filter_map(|(name, _)| self.volumes.remove(name)).map(projection);
                let sources = Value::list(sources.collect::<Vec<_>>());
                self.volumes
                    .insert(name.clone(), Value::fields([("projected", Value::fields([("sources", sources)]))]));
                others.push(Value::fields([
                    ("name", Value::from(name)),
                    ("mountPath", Value::from(folder)),
                    ("readOnly", Value::from(true)),
                ]));
                continue;
            };
            // What stays alone comes in the order of folders all the same.
            if let Some(volume) = self.volumes.remove(name) {
                self.volumes.insert(name.clone(), volume);
            }
            others.push(mount.clone());
        }
        others
    }
}

/// A volume or claim with its amounts as Kubernetes writes them.
fn with_amounts(value: &Value) -> Value {
    let amount = |value: &Value| match value.to_text().map(|text| Memory::new(&*text)) {
        Some(Ok(amount)) => Value::from(amount.kubernetes()),
        _ => value.clone(),
    };
    let amounts = |value: &Value| match value {
        Value::Map(map) => Value::map(map.iter().map(|(key, value)| (key.clone(), amount(value)))),
        other => other.clone(),
    };
    match value {
        Value::Map(map) => Value::map(map.iter().map(|(key, value)| {
            let value = match &**key {
                "sizeLimit" => amount(value),
                "limits" | "requests" => amounts(value),
                _ => with_amounts(value),
            };
            (key.clone(), value)
        })),
        Value::List(items) => Value::list(items.iter().map(with_amounts)),
        other => other.clone(),
    }
}

/// The name of what a container mounts at a path where another one mounts something too.
fn second_name(name: &str, container: &str, target: &str) -> Arc<str> {
    let (kind, _) = name.split_once('-').unwrap_or((name, ""));
    format!("{kind}-{}", hash(&format!("{container}:{target}"))).into()
}

/// A ConfigMap or Secret volume as the source of a projected one.
fn projection(volume: Value) -> Value {
    let Value::Map(map) = &volume else { return volume };
    Value::map(map.iter().map(|(kind, source)| {
        let mut fields = source.as_map().cloned().unwrap_or_default();
        if let Some(name) = fields.remove("secretName") {
            fields.insert("name".into(), name);
        }
        fields.remove("defaultMode");
        (kind.clone(), Value::from(fields))
    }))
}

/// The first key of a volume's outputs that Kubernetes does not know.
fn unknown_key(outputs: &Value) -> Option<Arc<str>> {
    let keys = |value: &Value| value.as_map().into_iter().flat_map(|map| map.keys().cloned()).collect::<Vec<_>>();
    let unknown = |value: &Value, known: &[&str]| keys(value).into_iter().find(|key| !known.contains(&&**key));
    if let Some(key) = unknown(outputs, &["source", "claimSpec"]) {
        return Some(key);
    }
    if let Some(key) = outputs.child("claimSpec").and_then(|claim| unknown(claim, CLAIM)) {
        return Some(key);
    }
    let source = outputs.child("source")?.as_map()?;
    source.iter().find_map(|(kind, details)| {
        let known = SOURCES.iter().find(|(name, _)| *name == &**kind);
        match known {
            None => Some(kind.clone()),
            Some((_, fields)) => unknown(details, fields),
        }
    })
}

const CLAIM: &[&str] = &[
    "accessModes",
    "dataSource",
    "dataSourceRef",
    "resources",
    "selector",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
    "volumeName",
];

/// The kinds of volumes and their fields.
const SOURCES: &[(&str, &[&str])] = &[
    ("awsElasticBlockStore", &["fsType", "partition", "readOnly", "volumeID"]),
    ("azureDisk", &["cachingMode", "diskName", "diskURI", "fsType", "kind", "readOnly"]),
    ("azureFile", &["readOnly", "secretName", "shareName"]),
    ("cephfs", &["monitors", "path", "readOnly", "secretFile", "secretRef", "user"]),
    ("cinder", &["fsType", "readOnly", "secretRef", "volumeID"]),
    ("configMap", &["defaultMode", "items", "name", "optional"]),
    ("csi", &["driver", "fsType", "nodePublishSecretRef", "readOnly", "volumeAttributes"]),
    ("downwardAPI", &["defaultMode", "items"]),
    ("emptyDir", &["medium", "sizeLimit"]),
    ("ephemeral", &["volumeClaimTemplate"]),
    ("fc", &["fsType", "lun", "readOnly", "targetWWNs", "wwids"]),
    ("flexVolume", &["driver", "fsType", "options", "readOnly", "secretRef"]),
    ("flocker", &["datasetName", "datasetUUID"]),
    ("gcePersistentDisk", &["fsType", "partition", "pdName", "readOnly"]),
    ("gitRepo", &["directory", "repository", "revision"]),
    ("glusterfs", &["endpoints", "path", "readOnly"]),
    ("hostPath", &["path", "type"]),
    ("image", &["pullPolicy", "reference"]),
    (
        "iscsi",
        &[
            "chapAuthDiscovery",
            "chapAuthSession",
            "fsType",
            "initiatorName",
            "iqn",
            "iscsiInterface",
            "lun",
            "portals",
            "readOnly",
            "secretRef",
            "targetPortal",
        ],
    ),
    ("nfs", &["path", "readOnly", "server"]),
    ("persistentVolumeClaim", &["claimName", "readOnly"]),
    ("photonPersistentDisk", &["fsType", "pdID"]),
    ("portworxVolume", &["fsType", "readOnly", "volumeID"]),
    ("projected", &["defaultMode", "sources"]),
    ("quobyte", &["group", "readOnly", "registry", "tenant", "user", "volume"]),
    ("rbd", &["fsType", "image", "keyring", "monitors", "pool", "readOnly", "secretRef", "user"]),
    (
        "scaleIO",
        &[
            "fsType",
            "gateway",
            "protectionDomain",
            "readOnly",
            "secretRef",
            "sslEnabled",
            "storageMode",
            "storagePool",
            "system",
            "volumeName",
        ],
    ),
    ("secret", &["defaultMode", "items", "optional", "secretName"]),
    ("storageos", &["fsType", "readOnly", "secretRef", "volumeName", "volumeNamespace"]),
    ("vsphereVolume", &["fsType", "storagePolicyID", "storagePolicyName", "volumePath"]),
];
