//! Kubernetes objects as the types of the Kubernetes API read them.

use k8s_openapi::api::{apps, autoscaling, batch, core, networking};
use k8s_openapi::serde::Serialize;
use k8s_openapi::serde::de::DeserializeOwned;
use serde_json::Value;

/// Whether the kind is one that is known here. An object of one deserialises into its type, and no part of it is lost on the way.
#[track_caller]
pub(crate) fn check(object: &Value) -> bool {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    match (text("apiVersion"), text("kind")) {
        ("v1", "ConfigMap") => survives::<core::v1::ConfigMap>(object),
        ("v1", "Namespace") => survives::<core::v1::Namespace>(object),
        ("v1", "PersistentVolumeClaim") => survives::<core::v1::PersistentVolumeClaim>(object),
        ("v1", "Secret") => survives::<core::v1::Secret>(object),
        ("v1", "Service") => survives::<core::v1::Service>(object),
        ("v1", "ServiceAccount") => survives::<core::v1::ServiceAccount>(object),
        ("apps/v1", "Deployment") => survives::<apps::v1::Deployment>(object),
        ("apps/v1", "StatefulSet") => survives::<apps::v1::StatefulSet>(object),
        ("autoscaling/v2", "HorizontalPodAutoscaler") => survives::<autoscaling::v2::HorizontalPodAutoscaler>(object),
        ("batch/v1", "Job") => survives::<batch::v1::Job>(object),
        ("networking.k8s.io/v1", "Ingress") => survives::<networking::v1::Ingress>(object),
        ("networking.k8s.io/v1", "NetworkPolicy") => survives::<networking::v1::NetworkPolicy>(object),
        _ => return false,
    }
    true
}

#[track_caller]
fn survives<T: DeserializeOwned + Serialize>(object: &Value) {
    let typed: T = serde_json::from_value(object.clone()).unwrap_or_else(|e| panic!("{e}: {object:#}"));
    let again = serde_json::to_value(typed).unwrap();
    if let Some(lost) = lost(object, &again, "") {
        panic!("`{lost}` is no part of the type: {object:#}");
    }
}

/// The path of something that is written and not read. What is empty may go.
fn lost(written: &Value, read: &Value, path: &str) -> Option<String> {
    match (written, read) {
        (Value::Object(written), read) => written
            .iter()
            .find_map(|(key, value)| lost(value, read.get(key).unwrap_or(&Value::Null), &format!("{path}.{key}"))),
        (Value::Array(written), read) => written.iter().enumerate().find_map(|(index, value)| {
            lost(value, read.get(index).unwrap_or(&Value::Null), &format!("{path}.{index}"))
        }),
        (Value::Null, _) => None,
        (written, read) => (written != read).then(|| path.to_owned()),
    }
}
