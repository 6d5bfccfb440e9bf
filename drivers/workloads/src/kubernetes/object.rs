//! One workload as Kubernetes objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::{Checked, Diagnostic, Map, Value};

use super::container::Conversion;
use crate::before::StartOrder;
use crate::merge::merge_patch;
use crate::{ResolvedWorkload, Resources};

/// How a workload becomes Kubernetes objects.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Options {
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
        objects.push(shape.object("v1", "Service", &service_name, [("spec", shape.service())]));
    }
    let selector = Value::map([("matchLabels", shape.selector())]);
    let mut spec: Vec<(&str, Value)> = Vec::new();
    spec.extend(options.replicas.map(|replicas| ("replicas", Value::from(i64::from(replicas)))));
    spec.push(("selector", selector));
    if stateful {
        let headless: Arc<str> = format!("{}-headless-svc", workload.name).into();
        let port =
            Value::map([("name", Value::from("default")), ("port", Value::from(99)), ("targetPort", Value::from(99))]);
        let headless_spec = Value::map([
            ("clusterIP", Value::from("None")),
            ("ports", Value::list([port])),
            ("selector", shape.selector()),
        ]);
        objects.push(shape.object("v1", "Service", &headless, [("spec", headless_spec)]));
        spec.push(("serviceName", Value::from(headless)));
    }
    spec.push(("template", Value::map([("metadata", shape.pod_metadata()), ("spec", pod)])));
    if !claims.is_empty() {
        spec.push(("volumeClaimTemplates", Value::list(claims)));
    }
    objects.push(shape.object("apps/v1", &kind, &workload.name, [("spec", Value::map(spec))]));
    Checked::new(objects, problems)
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
    pub(super) fn object<const N: usize>(
        &self,
        version: &str,
        kind: &str,
        name: &str,
        rest: [(&str, Value); N],
    ) -> Object {
        let namespace = self.options.namespace.as_deref();
        let mut metadata = vec![
            ("name", Value::from(name)),
            ("labels", self.labels()),
            ("annotations", Value::map([(WORKLOAD_NAME, Value::from(self.workload.name.clone()))])),
        ];
        metadata.extend(namespace.map(|namespace| ("namespace", Value::from(namespace))));
        let mut manifest = Map::default();
        manifest.insert("apiVersion".into(), Value::from(version));
        manifest.insert("kind".into(), Value::from(kind));
        manifest.insert("metadata".into(), Value::map(metadata));
        manifest.extend(rest.map(|(key, value)| (key.into(), value)));
        Object {
            key: format!("{kind}/{}/{name}", namespace.unwrap_or_default()).into(),
            manifest: Value::from(manifest),
        }
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
        Value::map([("app.kubernetes.io/instance", self.instance())])
    }

    fn pod_metadata(&self) -> Value {
        let written = self.workload.annotations.iter().filter(|(key, _)| !key.starts_with(ANNOTATIONS));
        let mut annotations: BTreeMap<Arc<str>, Value> =
            written.map(|(key, text)| (key.clone(), Value::from(text.clone()))).collect();
        annotations.insert(WORKLOAD_NAME.into(), Value::from(self.workload.name.clone()));
        Value::map([("annotations", Value::map(annotations)), ("labels", self.labels())])
    }

    fn service(&self) -> Value {
        let ports = self.workload.ports.iter().map(|(name, port)| {
            Value::map([
                ("name", Value::from(name.clone())),
                ("port", Value::from(i64::from(port.port))),
                ("targetPort", Value::from(i64::from(port.target()))),
                ("protocol", Value::from(port.protocol.as_str())),
            ])
        });
        Value::map([("ports", Value::list(ports)), ("selector", self.selector())])
    }
}
