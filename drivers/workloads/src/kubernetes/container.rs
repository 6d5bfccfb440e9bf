//! The pod of a workload and its containers.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::{Amounts, Diagnostic, Diagnostics, HttpProbe, Map, Probe, Readiness, Value, shared_key};

use super::object::{Dialect, Object, Options, Shape};
use super::secret_reference::{SecretPart, SecretReference};
use crate::before::StartOrder;
use crate::compose::no_image;
use crate::{ResolvedContainer, ResolvedWorkload, Resources};

/// A workload on its way to Kubernetes, and what comes of it on the way.
pub(super) struct Conversion<'a> {
    pub(super) shape: Shape<'a>,
    pub(super) resources: &'a Resources,
    pub(super) stateful: bool,
    /// ConfigMaps and Secrets.
    pub(super) objects: Vec<Object>,
    /// The volumes of the pod, by name.
    pub(super) volumes: Map,
    /// How many of them put others together.
    pub(super) projections: usize,
    /// The volume claim templates of a StatefulSet.
    pub(super) claims: Vec<Value>,
    pub(super) problems: Diagnostics,
}

impl<'a> Conversion<'a> {
    pub(super) fn new(
        workload: &'a ResolvedWorkload,
        resources: &'a Resources,
        options: &'a Options,
        stateful: bool,
    ) -> Self {
        Self {
            shape: Shape { workload, options },
            resources,
            stateful,
            objects: Vec::new(),
            volumes: Map::new(),
            projections: 0,
            claims: Vec::new(),
            problems: Diagnostics::new(),
        }
    }

    /// The `spec` of the pod.
    pub(super) fn pod(&mut self, order: &StartOrder<'a>) -> Value {
        let mut init = Vec::new();
        for (name, container) in order.sequence().filter(|(_, container)| !container.before.is_empty()) {
            init.push(self.init_container(name, container));
        }
        let containers = &self.shape.workload.containers;
        let plain: Vec<Value> = containers
            .iter()
            .filter(|(_, container)| container.before.is_empty())
            .map(|(name, container)| {
                let mut converted = self.container(name, container);
                set(&mut converted, "livenessProbe", probe(container.liveness.as_ref()));
                set(&mut converted, "readinessProbe", probe(container.readiness.as_ref()));
                Value::from(converted)
            })
            .collect();
        let mut pod = Map::default();
        set(&mut pod, "initContainers", Value::list(init));
        set(&mut pod, "containers", Value::list(plain));
        let volumes = std::mem::take(&mut self.volumes).into_iter().map(|(name, source)| {
            let mut volume = source.as_map().cloned().unwrap_or_default();
            volume.insert(shared_key("name"), Value::from(name));
            Value::from(volume)
        });
        set(&mut pod, "volumes", Value::list(volumes));
        Value::from(pod)
    }

    /// A container for which others wait. One that must have ended for any of them ends; every other one is a native sidecar, and healthy when its startup probe has succeeded.
    fn init_container(&mut self, name: &str, container: &ResolvedContainer) -> Value {
        let mut converted = self.container(name, container);
        if container.before.values().any(|ready| *ready == Readiness::Complete) {
            return Value::from(converted);
        }
        set(&mut converted, "restartPolicy", Value::from("Always"));
        set(&mut converted, "livenessProbe", probe(container.liveness.as_ref()));
        set(&mut converted, "readinessProbe", probe(container.readiness.as_ref()));
        if container.before.values().any(|ready| *ready == Readiness::Healthy) {
            let startup = probe(container.readiness.as_ref().or(container.liveness.as_ref()));
            if startup == Value::Null {
                let message = format!("others wait until container `{name}` is healthy, which has no probe");
                let help = format!("give `{name}` a readinessProbe or livenessProbe, or wait until it is `started`");
                self.problems.push(Diagnostic::error("no-probe", message).help(help));
            }
            set(&mut converted, "startupProbe", startup);
        }
        Value::from(converted)
    }

    /// What every container has, probes aside; those are held against what they must have.
    fn container(&mut self, name: &str, container: &ResolvedContainer) -> Map {
        for (key, probe) in [("livenessProbe", &container.liveness), ("readinessProbe", &container.readiness)] {
            if let Some(Probe { http_get: None, exec: None, .. }) = probe {
                let message = format!("containers.{name}.{key}: either httpGet or exec must be defined");
                self.problems.push(Diagnostic::error("bad-probe", message));
            }
        }
        let image = match (&*container.image, &self.shape.options.image) {
            (".", Some(image)) => image.clone(),
            (".", None) => {
                self.problems.push(no_image(self.shape.workload, name));
                Arc::from("")
            }
            _ => container.image.clone(),
        };
        let mut converted = Map::default();
        set(&mut converted, "name", Value::from(name));
        set(&mut converted, "image", Value::from(image));
        set(&mut converted, "command", Value::list(container.command.iter().cloned().map(Value::from)));
        set(&mut converted, "args", Value::list(container.args.iter().cloned().map(Value::from)));
        set(&mut converted, "env", self.variables(name, container));
        let mut resources = Map::default();
        set(&mut resources, "limits", amounts_of(&container.resources.limits));
        set(&mut resources, "requests", amounts_of(&container.resources.requests));
        if self.shape.options.dialect == Dialect::ScoreK8s {
            converted.insert(shared_key("resources"), Value::from(resources));
        } else {
            set(&mut converted, "resources", Value::from(resources));
        }
        let mut mounts = self.mount_volumes(name, container);
        mounts.extend(self.mount_files(name, container));
        if self.shape.options.dialect == Dialect::ScoreK8s {
            mounts = self.project(mounts);
        }
        set(&mut converted, "volumeMounts", Value::list(mounts));
        converted
    }

    /// Secret texts go into one Secret, under the name of their variable; references to other Secrets stay references.
    fn variables(&mut self, name: &str, container: &ResolvedContainer) -> Value {
        let secret_name: Arc<str> = format!("{}-{name}-variables", self.shape.workload.name).into();
        let (mut referring, mut variables, mut secrets) = (BTreeMap::new(), Vec::new(), Map::default());
        for (key, text) in &container.variables {
            if text.has_secret() {
                let secret_key = secret_key(key);
                variables.push(variable(key, from_secret(&secret_name, &secret_key)));
                secrets.insert(secret_key, text.clone());
                continue;
            }
            let text = text.as_str().unwrap_or_default();
            match SecretReference::split(text) {
                Err(problem) => {
                    let message = format!(
                        "containers.{name}.variables: failed to convert: '{key}': failed to convert: failed to resolve secret references: {problem}"
                    );
                    self.problems.push(Diagnostic::error("secret-reference", message));
                }
                Ok(parts) => match &*parts {
                    [] => variables.push(variable(key, ("value", Value::Null))),
                    [SecretPart::Text(text)] => variables.push(variable(key, ("value", Value::from(&**text)))),
                    [SecretPart::Reference(to)] => variables.push(variable(key, from_secret(&to.name, &to.key))),
                    several => {
                        let mut text = String::new();
                        for part in several {
                            match part {
                                SecretPart::Text(plain) => text.push_str(plain),
                                SecretPart::Reference(to) => {
                                    text.push_str(&format!("$({})", to.variable()));
                                    let holder: Arc<str> = to.variable().into();
                                    referring.insert(holder.clone(), variable(&holder, from_secret(&to.name, &to.key)));
                                }
                            }
                        }
                        variables.push(variable(key, ("value", Value::from(text))));
                    }
                },
            }
        }
        if !secrets.is_empty() {
            self.objects.push(self.shape.part("Secret", &secret_name, ("stringData", Value::from(secrets))));
        }
        // Kubernetes replaces `$(NAME)` by variables that come before.
        Value::list(referring.into_values().chain(variables))
    }
}

fn variable(name: &Arc<str>, (key, value): (&str, Value)) -> Value {
    let mut variable = Map::default();
    variable.insert(shared_key("name"), Value::from(name.clone()));
    set(&mut variable, key, value);
    Value::from(variable)
}

fn from_secret(name: &str, key: &str) -> (&'static str, Value) {
    let reference = Value::fields([("name", Value::from(name)), ("key", Value::from(key))]);
    ("valueFrom", Value::fields([("secretKeyRef", reference)]))
}

/// Sets what is not empty.
pub(super) fn set(map: &mut Map, key: &str, value: Value) {
    let empty = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    };
    if !empty {
        map.insert(shared_key(key), value);
    }
}

/// The key of a Secret that stands for a variable, whose name may have characters that no key has.
fn secret_key(variable: &Arc<str>) -> Arc<str> {
    if variable.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')) && variable.len() <= 253 {
        variable.clone()
    } else {
        format!("variable-{}", crate::names::hash(variable)).into()
    }
}

/// Kubernetes knows one way to ask: by HTTP where there is one, else by the command.
fn probe(probe: Option<&Probe>) -> Value {
    match probe {
        Some(Probe { http_get: Some(http), .. }) => Value::fields([("httpGet", http_get(http))]),
        Some(Probe { exec: Some(command), .. }) => {
            let mut exec = Map::default();
            set(&mut exec, "command", Value::list(command.command.iter().cloned().map(Value::from)));
            Value::fields([("exec", Value::from(exec))])
        }
        _ => Value::Null,
    }
}

fn http_get(http: &HttpProbe) -> Value {
    let mut converted = Map::default();
    set(&mut converted, "host", Value::from(http.host.clone().unwrap_or_default()));
    set(&mut converted, "path", Value::from(http.path.clone()));
    set(&mut converted, "port", Value::from(i64::from(http.port)));
    set(&mut converted, "scheme", http.scheme.map(|scheme| Value::from(scheme.as_str())).unwrap_or_default());
    let headers = http.http_headers.iter().map(|header| {
        Value::fields([("name", Value::from(header.name.clone())), ("value", Value::from(header.value.clone()))])
    });
    set(&mut converted, "httpHeaders", Value::list(headers));
    Value::from(converted)
}

fn amounts_of(amounts: &Amounts) -> Value {
    let mut converted = Map::default();
    set(&mut converted, "cpu", amounts.cpu.as_ref().map(|cpu| Value::from(cpu.kubernetes())).unwrap_or_default());
    set(
        &mut converted,
        "memory",
        amounts.memory.as_ref().map(|memory| Value::from(memory.kubernetes())).unwrap_or_default(),
    );
    Value::from(converted)
}
