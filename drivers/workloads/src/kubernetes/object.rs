//! One workload as Kubernetes objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::{Checked, Diagnostic, Map, Value, merge_patch, shared_key};

use super::container::Conversion;
use crate::before::StartOrder;
use crate::{ResolvedWorkload, Resources};

/// In whose manner objects are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Dialect {
    /// Our own: each file is mounted alone at its path, so that nothing beside it is hidden; its text can be read in its ConfigMap.
    #[default]
    Native,
    /// That of `score-k8s`, field by field: files hide the folder in which they are, those of one folder are projected together; ConfigMaps and Secrets have neither labels nor a namespace; empty
    /// parts of typed objects are written.
    ScoreK8s,
}

/// How a workload becomes Kubernetes objects.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// In whose manner.
    pub dialect: Dialect,
    /// The namespace of all objects; `None`: none is written.
    pub namespace: Option<Arc<str>>,
    /// How many pods; `None`: nothing is said, which is one.
    pub replicas: Option<u32>,
    /// Merged into the specification of the pods (RFC 7386): a service account, a security context, tolerations.
    pub pod: Value,
    /// Labels of all objects, beside those that are always there.
    pub labels: BTreeMap<Arc<str>, Arc<str>>,
    /// The image of containers whose image is `.`.
    pub image: Option<Arc<str>>,
    /// The label `app.kubernetes.io/instance` by which the pods are found; `None`: the name of the workload.
    pub instance: Option<Arc<str>>,
    /// The label `app.kubernetes.io/managed-by`.
    pub managed_by: Arc<str>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dialect: Dialect::Native,
            namespace: None,
            replicas: None,
            pod: Value::Null,
            labels: BTreeMap::new(),
            image: None,
            instance: None,
            managed_by: "partitura".into(),
        }
    }
}

/// A Kubernetes object.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Object {
    /// `KIND/NAMESPACE/NAME`, the namespace empty where there is none.
    pub key: Arc<str>,
    /// The manifest.
    pub manifest: Value,
}

/// Annotations that begin so are for this conversion, not for the pods.
const ANNOTATIONS: &str = "k8s.score.dev/";
const WORKLOAD_NAME: &str = "k8s.score.dev/workload-name";

/// Makes of a workload a Deployment, or a StatefulSet where its annotation `k8s.score.dev/kind` says so; a Service if it has ports, named after its annotation
/// `k8s.score.dev/service-name`, else after the workload; ConfigMaps for its files; Secrets for what is secret in files and variables, which is nowhere else.
///
/// Containers with `before` become init containers: such as end before others start plainly, others as native sidecars (Kubernetes 1.29 or later).
pub fn convert(workload: &ResolvedWorkload, resources: &Resources, options: &Options) -> Checked<Vec<Object>> {
    let order = match StartOrder::new(workload) {
        Ok(order) => order,
        Err(problems) => return Checked::failed(problems),
    };
    let annotation = |key: &str| workload.annotations.get(key).cloned();
    let kind = annotation("k8s.score.dev/kind").unwrap_or_else(|| "Deployment".into());
    let stateful = match &*kind {
        "Deployment" => false,
        "StatefulSet" => true,
        other => {
            let message = format!("workload `{}` cannot be of kind `{other}`", workload.name);
            let help = "the annotation `k8s.score.dev/kind` may be `Deployment` or `StatefulSet`";
            return Checked::failed(Diagnostic::error("unknown-kind", message).help(help).into());
        }
    };
    let mut conversion = Conversion::new(workload, resources, options, stateful);
    let mut pod = conversion.pod(&order);
    if options.pod != Value::Null {
        pod = merge_patch(&pod, &options.pod);
    }
    let Conversion { mut objects, claims, problems, .. } = conversion;
    let shape = Shape { workload, options };
    if let Some(service_name) = service_name(workload) {
        objects.push(shape.service(&service_name, shape.ports()));
    }
    let selector = Value::fields([("matchLabels", shape.selector())]);
    let mut spec: Vec<(&str, Value)> = Vec::new();
    spec.extend(options.replicas.map(|replicas| ("replicas", Value::from(i64::from(replicas)))));
    spec.push(("selector", selector));
    if stateful {
        let headless: Arc<str> = format!("{}-headless-svc", workload.name).into();
        let port = Value::fields([
            ("name", Value::from("default")),
            ("port", Value::from(99)),
            ("targetPort", Value::from(99)),
        ]);
        let headless_spec = Value::fields([
            ("clusterIP", Value::from("None")),
            ("ports", Value::list([port])),
            ("selector", shape.selector()),
        ]);
        objects.push(shape.service(&headless, headless_spec));
        spec.push(("serviceName", Value::from(headless)));
    }
    spec.push(("template", Value::fields([("metadata", shape.pod_metadata()), ("spec", pod)])));
    if !claims.is_empty() {
        spec.push(("volumeClaimTemplates", Value::list(claims)));
    }
    let mut status = None;
    if options.dialect == Dialect::ScoreK8s {
        spec.push((if stateful { "updateStrategy" } else { "strategy" }, empty()));
        let replicas = [("replicas", Value::from(0)), ("availableReplicas", Value::from(0))];
        status = Some(("status", Value::fields(replicas.into_iter().filter(|_| stateful))));
    }
    let parts = [("spec", Value::fields(spec))].into_iter().chain(status);
    objects.push(shape.object("apps/v1", &kind, &workload.name, parts));
    Checked::new(objects, problems)
}

/// What `score-k8s` writes of a part of a typed object in which nothing is.
pub(super) fn empty() -> Value {
    Value::from(Map::default())
}

/// The name of a workload's Service; `None` where it has no ports.
pub(crate) fn service_name(workload: &ResolvedWorkload) -> Option<Arc<str>> {
    let written = workload.annotations.get("k8s.score.dev/service-name");
    (!workload.ports.is_empty()).then(|| written.unwrap_or(&workload.name).clone())
}

/// What all objects of a workload have alike.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a> {
    pub(super) workload: &'a ResolvedWorkload,
    pub(super) options: &'a Options,
}

impl Shape<'_> {
    pub(super) fn object<'k>(
        &self,
        version: &str,
        kind: &str,
        name: &str,
        rest: impl IntoIterator<Item = (&'k str, Value)>,
    ) -> Object {
        let namespace = self.options.namespace.as_deref();
        let mut metadata = vec![
            ("name", Value::from(name)),
            ("labels", self.labels()),
            ("annotations", Value::fields([(WORKLOAD_NAME, Value::from(self.workload.name.clone()))])),
        ];
        metadata.extend(namespace.map(|namespace| ("namespace", Value::from(namespace))));
        self.object_with(version, kind, name, Value::fields(metadata), rest)
    }

    fn object_with<'k>(
        &self,
        version: &str,
        kind: &str,
        name: &str,
        metadata: Value,
        rest: impl IntoIterator<Item = (&'k str, Value)>,
    ) -> Object {
        let head = [
            ("apiVersion", Value::from(shared_key(version))),
            ("kind", Value::from(shared_key(kind))),
            ("metadata", metadata),
        ];
        Object {
            key: format!("{kind}/{}/{name}", self.options.namespace.as_deref().unwrap_or_default()).into(),
            manifest: Value::fields(head.into_iter().chain(rest)),
        }
    }

    /// An object that keeps what others refer to.
    pub(super) fn part(&self, kind: &str, name: &str, content: (&str, Value)) -> Object {
        match self.options.dialect {
            Dialect::Native => self.object("v1", kind, name, [content]),
            Dialect::ScoreK8s => {
                self.object_with("v1", kind, name, Value::fields([("name", Value::from(name))]), [content])
            }
        }
    }

    fn service(&self, name: &str, spec: Value) -> Object {
        let typed = self.options.dialect == Dialect::ScoreK8s;
        let status = typed.then(|| ("status", Value::fields([("loadBalancer", empty())])));
        self.object("v1", "Service", name, [("spec", spec)].into_iter().chain(status))
    }

    fn instance(&self) -> Value {
        Value::from(self.options.instance.clone().unwrap_or_else(|| self.workload.name.clone()))
    }

    fn labels(&self) -> Value {
        let mut labels: BTreeMap<Arc<str>, Value> =
            self.options.labels.iter().map(|(key, text)| (key.clone(), Value::from(text.clone()))).collect();
        labels.insert("app.kubernetes.io/name".into(), Value::from(self.workload.name.clone()));
        labels.insert("app.kubernetes.io/instance".into(), self.instance());
        labels.insert("app.kubernetes.io/managed-by".into(), Value::from(self.options.managed_by.clone()));
        Value::map(labels)
    }

    fn selector(&self) -> Value {
        Value::fields([("app.kubernetes.io/instance", self.instance())])
    }

    fn pod_metadata(&self) -> Value {
        let written = self.workload.annotations.iter().filter(|(key, _)| !key.starts_with(ANNOTATIONS));
        let mut annotations: BTreeMap<Arc<str>, Value> =
            written.map(|(key, text)| (key.clone(), Value::from(text.clone()))).collect();
        annotations.insert(WORKLOAD_NAME.into(), Value::from(self.workload.name.clone()));
        Value::fields([("annotations", Value::map(annotations)), ("labels", self.labels())])
    }

    fn ports(&self) -> Value {
        let ports = self.workload.ports.iter().map(|(name, port)| {
            Value::fields([
                ("name", Value::from(name.clone())),
                ("port", Value::from(i64::from(port.port))),
                ("targetPort", Value::from(i64::from(port.target()))),
                ("protocol", Value::from(port.protocol.as_str())),
            ])
        });
        Value::fields([("ports", Value::list(ports)), ("selector", self.selector())])
    }
}
