//! Which resources a project has, and in which order they are provisioned.

use std::collections::{BTreeMap, BTreeSet};

use score_model::{Escapes, Path, Template, Value};

use crate::Error;
use crate::state::{ResourceState, State, empty};
use crate::substitution::{Asked, resources_of};

impl State {
    /// Takes over what the workloads ask for. What is there already keeps its identity, state and outputs; nothing is removed.
    ///
    /// `new_guid` gives the identity of what is new.
    ///
    /// # Errors
    /// Two workloads ask for one resource with other params or metadata.
    pub fn prime(&mut self, new_guid: &mut dyn FnMut() -> String) -> Result<(), Error> {
        let mut seen = BTreeSet::new();
        for (workload, state) in &self.workloads {
            for (name, resource) in resources_of(&state.spec) {
                let asked = Asked::of(workload, name, resource);
                let uid = asked.uid();
                let written = |key: &str| resource.child(key).cloned().unwrap_or_default();
                let (params, metadata) = (written("params"), written("metadata"));
                let first = seen.insert(uid.clone());
                let known = self.resources.entry(uid.clone()).or_insert_with(|| ResourceState {
                    guid: new_guid(),
                    ty: asked.ty.to_owned(),
                    class: asked.class.to_owned(),
                    id: asked.id.into_owned(),
                    state: empty(),
                    outputs: empty(),
                    ..ResourceState::default()
                });
                if first {
                    (known.params, known.metadata) = (params, metadata);
                    known.source_workload = workload.clone();
                    continue;
                }
                if params != Value::Null {
                    if known.params != Value::Null && known.params != params {
                        let message = format!("resource '{uid}': multiple definitions with different params");
                        return Err(Error::Workload(message));
                    }
                    known.params = params;
                    known.source_workload = workload.clone();
                }
                if metadata != Value::Null {
                    if known.metadata != Value::Null && known.metadata != metadata {
                        let message = format!("resource '{uid}': multiple definitions with different metadata");
                        return Err(Error::Workload(message));
                    }
                    known.metadata = metadata;
                }
            }
        }
        Ok(())
    }

    /// The uids of all that the workloads ask for, each after what its params refer to: layer by layer, each layer sorted.
    ///
    /// # Errors
    /// Params refer to what the workload does not ask for, or to each other.
    pub fn provisioning_order(&self) -> Result<Vec<String>, Error> {
        let mut open: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (workload, state) in &self.workloads {
            let resources = resources_of(&state.spec);
            for (name, resource) in &resources {
                let needs = open.entry(Asked::of(workload, name, resource).uid()).or_default();
                let Some(params) = resource.child("params") else { continue };
                let mut references = Vec::new();
                collect(params, &Path::root(), &mut references);
                for (path, reference) in references {
                    let keys: Path = reference.parse().unwrap_or_else(|e: std::convert::Infallible| match e {});
                    let [root, target, ..] = keys.keys() else { continue };
                    if &**root != "resources" {
                        continue;
                    }
                    match resources.get(&**target) {
                        Some(found) => needs.insert(Asked::of(workload, target, found).uid()),
                        None => {
                            let keys: String = path.keys().iter().map(|key| format!("{key}: ")).collect();
                            return Err(Error::Workload(format!(
                                "workload '{workload}' resource '{name}': {keys}refers to unknown resource names '{target}'"
                            )));
                        }
                    };
                }
            }
        }
        let mut order = Vec::with_capacity(open.len());
        while !open.is_empty() {
            let free: Vec<String> =
                open.iter().filter(|(_, needs)| needs.is_empty()).map(|(uid, _)| uid.clone()).collect();
            if free.is_empty() {
                let names: Vec<String> = open.into_keys().collect();
                return Err(Error::Workload(format!(
                    "a cycle exists involving resource param placeholders, among '{}'",
                    names.join("', '")
                )));
            }
            for uid in &free {
                open.remove(uid);
            }
            for needs in open.values_mut().filter(|needs| !needs.is_empty()) {
                needs.retain(|need| free.binary_search(need).is_err());
            }
            order.extend(free);
        }
        Ok(order)
    }
}

fn collect(value: &Value, path: &Path, found: &mut Vec<(Path, String)>) {
    match value {
        Value::String(text) if text.contains('$') => {
            let template = Template::parse(text, Escapes::Score);
            found.extend(template.placeholders().map(|(inner, _)| (path.clone(), inner.to_owned())));
        }
        Value::List(items) => {
            items.iter().enumerate().for_each(|(index, item)| collect(item, &path.child(index.to_string()), found));
        }
        Value::Map(map) => map.iter().for_each(|(key, value)| collect(value, &path.child(key.clone()), found)),
        _ => {}
    }
}
