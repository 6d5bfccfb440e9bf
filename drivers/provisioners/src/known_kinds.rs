//! Fields of well-known Kubernetes kinds, against slips of the pen.

use score_model::Value;

const METADATA: &[&str] = &[
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Kind, its own top-level fields, and those of its `spec`.
type Known = (&'static str, &'static [&'static str], &'static [&'static str]);

const SPEC: &[&str] = &["spec", "status"];

const CORE: &[Known] = &[
    ("ConfigMap", &["binaryData", "data", "immutable"], &[]),
    ("Secret", &["data", "immutable", "stringData", "type"], &[]),
    ("ServiceAccount", &["automountServiceAccountToken", "imagePullSecrets", "secrets"], &[]),
    ("Namespace", SPEC, &["finalizers"]),
    (
        "Service",
        SPEC,
        &[
            "allocateLoadBalancerNodePorts",
            "clusterIP",
            "clusterIPs",
            "externalIPs",
            "externalName",
            "externalTrafficPolicy",
            "healthCheckNodePort",
            "internalTrafficPolicy",
            "ipFamilies",
            "ipFamilyPolicy",
            "loadBalancerClass",
            "loadBalancerIP",
            "loadBalancerSourceRanges",
            "ports",
            "publishNotReadyAddresses",
            "selector",
            "sessionAffinity",
            "sessionAffinityConfig",
            "trafficDistribution",
            "type",
        ],
    ),
    (
        "PersistentVolumeClaim",
        SPEC,
        &[
            "accessModes",
            "dataSource",
            "dataSourceRef",
            "resources",
            "selector",
            "storageClassName",
            "volumeAttributesClassName",
            "volumeMode",
            "volumeName",
        ],
    ),
    (
        "Pod",
        SPEC,
        &[
            "activeDeadlineSeconds",
            "affinity",
            "automountServiceAccountToken",
            "containers",
            "dnsConfig",
            "dnsPolicy",
            "enableServiceLinks",
            "ephemeralContainers",
            "hostAliases",
            "hostIPC",
            "hostNetwork",
            "hostPID",
            "hostUsers",
            "hostname",
            "hostnameOverride",
            "imagePullSecrets",
            "initContainers",
            "nodeName",
            "nodeSelector",
            "os",
            "overhead",
            "preemptionPolicy",
            "priority",
            "priorityClassName",
            "readinessGates",
            "resourceClaims",
            "resources",
            "restartPolicy",
            "runtimeClassName",
            "schedulerName",
            "schedulingGates",
            "securityContext",
            "serviceAccount",
            "serviceAccountName",
            "setHostnameAsFQDN",
            "shareProcessNamespace",
            "subdomain",
            "terminationGracePeriodSeconds",
            "tolerations",
            "topologySpreadConstraints",
            "volumes",
            "workloadRef",
        ],
    ),
];

const APPS: &[Known] = &[
    (
        "Deployment",
        SPEC,
        &[
            "minReadySeconds",
            "paused",
            "progressDeadlineSeconds",
            "replicas",
            "revisionHistoryLimit",
            "rollbackTo",
            "selector",
            "strategy",
            "template",
        ],
    ),
    (
        "StatefulSet",
        SPEC,
        &[
            "minReadySeconds",
            "ordinals",
            "persistentVolumeClaimRetentionPolicy",
            "podManagementPolicy",
            "replicas",
            "revisionHistoryLimit",
            "selector",
            "serviceName",
            "template",
            "updateStrategy",
            "volumeClaimTemplates",
        ],
    ),
    ("DaemonSet", SPEC, &["minReadySeconds", "revisionHistoryLimit", "selector", "template", "updateStrategy"]),
    ("ReplicaSet", SPEC, &["minReadySeconds", "replicas", "selector", "template"]),
];

const NETWORKING: &[Known] = &[
    ("Ingress", SPEC, &["backend", "defaultBackend", "ingressClassName", "rules", "tls"]),
    ("IngressClass", SPEC, &["controller", "parameters"]),
    ("NetworkPolicy", SPEC, &["egress", "ingress", "podSelector", "policyTypes"]),
];

/// The path of a field of a manifest, or of its metadata or spec, that its kind does not have. Kinds that are not well known have any.
pub(crate) fn unknown_field(manifest: &Value) -> Option<String> {
    let text = |key: &str| manifest.child(key).and_then(Value::as_str);
    let kinds = match text("apiVersion")? {
        "v1" => CORE,
        "apps/v1" | "apps/v1beta1" | "apps/v1beta2" => APPS,
        "networking.k8s.io/v1" | "networking.k8s.io/v1beta1" => NETWORKING,
        _ => return None,
    };
    let (_, top, spec) = kinds.iter().find(|(kind, ..)| text("kind") == Some(kind))?;
    let unknown = |value: &Value, known: &dyn Fn(&str) -> bool| {
        value.as_map()?.keys().find(|key| !known(key)).map(ToString::to_string)
    };
    let common = |key: &str| matches!(key, "apiVersion" | "kind" | "metadata");
    unknown(manifest, &|key| common(key) || top.contains(&key))
        .or_else(|| {
            let metadata = manifest.child("metadata")?;
            unknown(metadata, &|key| METADATA.contains(&key)).map(|key| format!("metadata.{key}"))
        })
        .or_else(|| unknown(manifest.child("spec")?, &|key| spec.contains(&key)).map(|key| format!("spec.{key}")))
}
