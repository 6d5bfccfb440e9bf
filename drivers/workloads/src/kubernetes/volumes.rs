//! Volumes of a workload in its pod.

use std::sync::Arc;

use score_model::{Diagnostic, Map, Value};

use super::container::{Conversion, set};
use crate::ResolvedContainer;
use crate::names::hash;

impl Conversion<'_> {
    /// The mounts of a container's volumes; the volumes go to the pod, claims to the StatefulSet.
    pub(super) fn mount_volumes(&mut self, name: &str, container: &ResolvedContainer) -> Vec<Value> {
        let mut mounts = Vec::new();
        for (target, volume) in &container.volumes {
            // One volume may be mounted by several containers and at several paths: it is named after what it is.
            let volume_name: Arc<str> = format!("vol-{}", hash(&volume.source)).into();
            match self.volume(&volume.source, &volume_name) {
                Ok(()) => {}
                Err(message) => {
                    let workload = &self.shape.workload.name;
                    let message =
                        format!("volume `{target}` of container `{name}` of workload `{workload}`: {message}");
                    self.problems.push(Diagnostic::error("bad-volume", message));
                    continue;
                }
            }
            let mut mount = Map::default();
            set(&mut mount, "name", Value::from(volume_name));
            set(&mut mount, "mountPath", Value::from(target.clone()));
            set(&mut mount, "subPath", Value::from(volume.path.clone().unwrap_or_default()));
            if volume.read_only {
                set(&mut mount, "readOnly", Value::from(true));
            }
            mounts.push(Value::from(mount));
        }
        mounts
    }

    fn volume(&mut self, uid: &str, name: &Arc<str>) -> Result<(), String> {
        let outputs = self.resources.outputs(uid).ok_or_else(|| {
            format!("source `{uid}` is no resource of the workload; write it as `${{resources.NAME}}`")
        })?;
        let given = |key: &str| outputs.child(key).filter(|value| value.as_map().is_some_and(|map| !map.is_empty()));
        match (given("source"), given("claimSpec")) {
            (Some(source), None) => {
                let mut volume = source.as_map().cloned().unwrap_or_default();
                volume.insert("name".into(), Value::from(name.clone()));
                push_new(&mut self.volumes, Value::from(volume));
            }
            (None, Some(claim)) if self.stateful => {
                let metadata = Value::map([("name", Value::from(name.clone()))]);
                push_new(&mut self.claims, Value::map([("metadata", metadata), ("spec", claim.clone())]));
            }
            (None, Some(_)) => {
                return Err(format!(
                    "resource `{uid}` gives a `claimSpec`, which only a StatefulSet can use; annotate the workload with `k8s.score.dev/kind: StatefulSet`"
                ));
            }
            _ => {
                return Err(format!("resource `{uid}` must have either a `source` or a `claimSpec` output, not empty"));
            }
        }
        Ok(())
    }
}

pub(super) fn push_new(list: &mut Vec<Value>, value: Value) {
    if !list.contains(&value) {
        list.push(value);
    }
}
