//! One workload as Compose services.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::{Amounts, Checked, ComputeResources, Diagnostic, Diagnostics, Map, Probe, Readiness, Value};

use super::interpolation::{escape_command, literal};
use crate::before::StartOrder;
use crate::quantity::{compose_cpus, compose_memory};
use crate::{ResolvedContainer, ResolvedContent, ResolvedWorkload, Resources};

/// In whose manner services are made.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Dialect {
    /// Our own: the document is whole, but for files that are no texts, which lie beside it. Files are configs, every `$` of the workload is doubled so that Compose takes it as it is, amounts of memory and processors become limits and
    /// reservations.
    #[default]
    Native,
    /// That of `score-compose`: files are bind mounts below a directory, Compose may replace variables in the environment and in the sources of volumes, amounts are left out with a warning.
    ScoreCompose {
        /// The directory, as the document names it.
        mounts: Arc<str>,
    },
}

/// How a workload becomes Compose services.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Options {
    /// In whose manner.
    pub dialect: Dialect,
    /// The image of containers whose image is `.`.
    pub image: Option<Arc<str>>,
    /// Ports of the workload, by name, and the port of the host at which each can be reached.
    pub publish: BTreeMap<Arc<str>, u16>,
    /// Services for which all containers wait, each as its section of the document tells: until it is healthy, has ended well, or runs.
    pub wait_for: BTreeMap<Arc<str>, Value>,
    /// Models that all containers use.
    pub models: Vec<Arc<str>>,
}

/// A named part of a Compose document.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Section {
    /// The kind of artefact that it is: `compose.service` or `compose.config`.
    pub kind: &'static str,
    /// Its name.
    pub key: Arc<str>,
    /// What it says.
    pub value: Value,
}

/// What a workload is in Compose.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Converted {
    /// Parts of the document.
    pub sections: Vec<Section>,
    /// Files to write beside it; in the native dialect those that are no texts, below [`MOUNTS`](super::MOUNTS).
    pub files: Vec<MountedFile>,
}

/// A file that a service mounts.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MountedFile {
    /// Its path below the directory of mounts.
    pub path: Arc<str>,
    /// What is in it.
    pub content: ResolvedContent,
    /// Its permissions.
    pub mode: u32,
}

/// The label on services that are to end before others start.
pub(super) const INIT_LABEL: &str = "dev.score.compose.labels.is-init-container";

/// Makes of each container a service `WORKLOAD-CONTAINER`.
///
/// The containers of a workload share one network, as those of a pod do: one of them owns it and has the workload as its host name. Containers that end
/// before its owner starts have their own.
/// Probes and `before` become what Compose has for them; see [`Dialect`] for the rest.
pub fn convert(workload: &ResolvedWorkload, resources: &Resources, options: &Options) -> Checked<Converted> {
    let order = match StartOrder::new(workload) {
        Ok(order) => order,
        Err(problems) => return Checked::failed(problems),
    };
    let mut conversion = Conversion {
        workload,
        resources,
        options,
        owner: network_owner(workload, &order, &options.dialect),
        order,
        converted: Converted::default(),
        problems: Diagnostics::new(),
    };
    for name in options.publish.keys().filter(|name| !workload.ports.contains_key(*name)) {
        let known: Vec<&str> = workload.ports.keys().map(|name| &**name).collect();
        conversion.problems.push(
            Diagnostic::error("unknown-port", format!("workload `{}` has no port `{name}` to publish", workload.name))
                .help(format!("its ports are: {}", known.join(", "))),
        );
    }
    for (name, container) in &workload.containers {
        let service = conversion.service(name, container);
        let key = service_name(workload, name);
        let value = match options.dialect {
            Dialect::Native => literal(&service),
            Dialect::ScoreCompose { .. } => service,
        };
        conversion.converted.sections.push(Section { kind: "compose.service", key, value });
    }
    Checked::new(conversion.converted, conversion.problems)
}

/// The container in whose network the others are: the first by name that does not wait for one of them, preferably one for which nothing waits.
fn network_owner<'a>(workload: &'a ResolvedWorkload, order: &StartOrder<'a>, dialect: &Dialect) -> Option<&'a str> {
    let together = |name: &str| workload.containers.get(name).is_some_and(|c| !c.runs_to_completion());
    let free = |name: &&str| !order.waits_for_all(name).into_iter().any(together);
    let names = || workload.containers.keys().map(|name| &**name).filter(|name| together(name));
    let last = workload.containers.iter().find(|(_, container)| container.before.is_empty()).map(|(name, _)| &**name);
    match dialect {
        Dialect::Native => last.filter(free).or_else(|| names().find(free)),
        Dialect::ScoreCompose { .. } => last,
    }
}

fn service_name(workload: &ResolvedWorkload, container: &str) -> Arc<str> {
    format!("{}-{container}", workload.name).into()
}

pub(super) struct Conversion<'a> {
    pub(super) workload: &'a ResolvedWorkload,
    pub(super) resources: &'a Resources,
    pub(super) options: &'a Options,
    order: StartOrder<'a>,
    owner: Option<&'a str>,
    pub(super) converted: Converted,
    pub(super) problems: Diagnostics,
}

impl Conversion<'_> {
    fn service(&mut self, name: &str, container: &ResolvedContainer) -> Value {
        let mut service = Map::default();
        let mut set = |key: &str, value: Value| {
            let empty = match &value {
                Value::Null => true,
                Value::List(items) => items.is_empty(),
                Value::Map(map) => map.is_empty(),
                _ => false,
            };
            if !empty {
                service.insert(key.into(), value);
            }
        };
        set("image", self.image(name, container));
        set("entrypoint", self.texts(&container.command));
        set("command", self.texts(&container.args));
        set("environment", Value::map(container.variables.iter().map(|(key, text)| (key.clone(), text.clone()))));
        set("annotations", self.annotations());
        set("labels", self.labels(container));
        if self.owner == Some(name) {
            set("hostname", Value::from(self.workload.name.clone()));
            set("ports", self.ports());
        } else if let Some(owner) = self.owner.filter(|owner| self.joins(name, container, owner)) {
            set("network_mode", Value::from(format!("service:{}", service_name(self.workload, owner))));
        }
        set("depends_on", self.depends_on(name));
        self.check_probe(name, container);
        set("healthcheck", self.healthcheck(container));
        set("deploy", self.deploy(name, container));
        set("volumes", self.mounts(name, container));
        set("configs", self.configs(name, container));
        set("models", Value::map(self.options.models.iter().map(|model| (model.clone(), Value::map::<Arc<str>>([])))));
        Value::from(service)
    }

    /// A command: in `score-compose`, all of a service that is kept from being replaced.
    fn texts(&self, items: &[Arc<str>]) -> Value {
        Value::list(items.iter().map(|item| match self.options.dialect {
            Dialect::Native => Value::from(item.clone()),
            Dialect::ScoreCompose { .. } => Value::from(escape_command(item)),
        }))
    }

    /// Whether a container is in the network of `owner`: while it runs, the owner does.
    fn joins(&self, name: &str, container: &ResolvedContainer, owner: &str) -> bool {
        !container.runs_to_completion()
            || (self.options.dialect == Dialect::Native && self.order.waits_for_all(name).contains(owner))
    }

    fn image(&mut self, name: &str, container: &ResolvedContainer) -> Value {
        if &*container.image != "." {
            return Value::from(container.image.clone());
        }
        if let Some(image) = &self.options.image {
            return Value::from(image.clone());
        }
        self.problems.push(no_image(self.workload, name));
        Value::Null
    }

    fn annotations(&self) -> Value {
        let own = ("compose.score.dev/workload-name".into(), Value::from(self.workload.name.clone()));
        let written = self.workload.annotations.iter().map(|(key, text)| (key.clone(), Value::from(text.clone())));
        Value::map::<Arc<str>>(written.chain([own]))
    }

    /// Tells those who wait for a container that ends to wait until it has ended well.
    fn labels(&self, container: &ResolvedContainer) -> Value {
        if self.options.dialect == Dialect::Native && container.runs_to_completion() {
            Value::map([(INIT_LABEL, Value::from("true"))])
        } else {
            Value::Null
        }
    }

    fn ports(&self) -> Value {
        Value::list(self.options.publish.iter().filter_map(|(name, host)| {
            let port = self.workload.ports.get(name)?;
            Some(Value::map([
                ("name", Value::from(name.clone())),
                ("target", Value::from(i64::from(port.target()))),
                ("published", Value::from(host.to_string())),
                ("protocol", Value::from(port.protocol.as_str().to_lowercase())),
            ]))
        }))
    }

    fn depends_on(&mut self, name: &str) -> Value {
        let mut depends_on = BTreeMap::new();
        for (service, section) in &self.options.wait_for {
            depends_on.insert(service.clone(), condition_of(section));
        }
        for (other, ready) in self.order.waits_for(name) {
            let condition = match ready {
                Readiness::Healthy => "service_healthy",
                Readiness::Complete => "service_completed_successfully",
                _ => "service_started",
            };
            let probed = self.workload.containers.get(other).is_some_and(|c| self.healthcheck(c) != Value::Null);
            if ready == Readiness::Healthy && !probed {
                let message = format!(
                    "containers.{other}.before: ready 'healthy' requires a readiness or liveness probe to be defined, one with `exec`"
                );
                let help = format!(
                    "give `{other}` a readinessProbe or livenessProbe with `exec`, or wait until it is `started`"
                );
                self.problems.push(Diagnostic::error("no-probe", message).help(help));
            }
            depends_on.insert(service_name(self.workload, other), condition);
        }
        Value::map(depends_on.into_iter().map(|(service, condition)| (service, dependency(condition))))
    }

    /// By the command of the readiness probe, else by that of the liveness probe. Compose has no HTTP probes; in `score-compose` a readiness probe by HTTP hides a liveness probe by command.
    fn healthcheck(&self, container: &ResolvedContainer) -> Value {
        let exec = |probe: &Option<Probe>| probe.as_ref().and_then(|probe| probe.exec.clone()).map(|exec| exec.command);
        let hidden = self.options.dialect != Dialect::Native && container.readiness.is_some();
        let liveness = || exec(&container.liveness).filter(|_| !hidden);
        let Some(command) = exec(&container.readiness).or_else(liveness) else { return Value::Null };
        let test =
            [Value::from("CMD")].into_iter().chain(command.into_iter().map(|item| Value::from(item.to_string())));
        Value::map([
            ("test", Value::list(test.collect::<Vec<_>>())),
            ("interval", Value::from("5s")),
            ("timeout", Value::from("5s")),
        ])
    }

    /// Whether the probe that counts in `score-compose` says what to do.
    fn check_probe(&mut self, name: &str, container: &ResolvedContainer) {
        let liveness = container.liveness.as_ref().map(|probe| ("livenessProbe", probe));
        let probe = container.readiness.as_ref().map(|probe| ("readinessProbe", probe)).or(liveness);
        let Some((key, probe)) = probe.filter(|_| self.options.dialect != Dialect::Native) else { return };
        let problem = match probe {
            Probe { exec: Some(exec), .. } if exec.command.is_empty() => "exec command is empty",
            Probe { exec: None, http_get: None, .. } => "exec or httpGet must be specified",
            _ => return,
        };
        self.problems.push(Diagnostic::error("bad-probe", format!("containers.{name}.{key}: {problem}")));
    }

    fn deploy(&mut self, name: &str, container: &ResolvedContainer) -> Value {
        if self.options.dialect != Dialect::Native {
            let ComputeResources { limits, requests, .. } = &container.resources;
            for (key, amounts) in [("requests", requests), ("limits", limits)] {
                if *amounts != Amounts::default() {
                    let message = format!("containers.{name}.resources.{key}: not supported - ignoring");
                    self.problems.push(Diagnostic::warning("ignored", message));
                }
            }
            return Value::Null;
        }
        let parts = [("limits", &container.resources.limits), ("reservations", &container.resources.requests)];
        let parts = parts.map(|(key, amounts)| (key, amounts_of(amounts)));
        let parts: Vec<_> = parts.into_iter().filter(|(_, part)| *part != Value::Null).collect();
        if parts.is_empty() { Value::Null } else { Value::map([("resources", Value::map(parts))]) }
    }
}

fn amounts_of(amounts: &Amounts) -> Value {
    let cpus = amounts.cpu.as_ref().map(|cpu| ("cpus", Value::from(compose_cpus(cpu))));
    let memory = amounts.memory.as_ref().map(|memory| ("memory", Value::from(compose_memory(memory))));
    let parts: Vec<_> = cpus.into_iter().chain(memory).collect();
    if parts.is_empty() { Value::Null } else { Value::map(parts) }
}

/// What it is to wait for a service.
pub(super) fn dependency(condition: &str) -> Value {
    Value::map([("condition", Value::from(condition)), ("required", Value::from(true))])
}

/// When a service of this section is ready for others.
pub(super) fn condition_of(section: &Value) -> &'static str {
    let init = || section.child("labels").and_then(|labels| labels.child(INIT_LABEL)).and_then(Value::as_str);
    let healthcheck = section.child("healthcheck");
    let disabled = healthcheck.and_then(|check| check.child("disable")).and_then(Value::as_bool) == Some(true);
    if healthcheck.is_some() && !disabled {
        "service_healthy"
    } else if init() == Some("true") {
        "service_completed_successfully"
    } else {
        "service_started"
    }
}

pub(crate) fn no_image(workload: &ResolvedWorkload, container: &str) -> Diagnostic {
    let message = format!("container `{container}` of workload `{}` has no image: its image is `.`", workload.name);
    Diagnostic::error("no-image", message).help("give the driver an `image`, or write one in the Score file")
}
