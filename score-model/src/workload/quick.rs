//! The quick way for JSON that has nothing wrong with it: straight into the model, no tree between.
//!
//! Whatever is not entirely right, or merely unusual, is not understood here; then the usual way says what it is. What is understood here, the usual way understands alike, without a word: a property
//! test says so.

use std::sync::Arc;

use serde::Deserialize;

use super::{Container, FileContent, Readiness, Resource, Service, Workload, present};
use crate::names::Name;
use crate::reference::Target;
use crate::rules::{has, is_base64};
use crate::schema::{self, METADATA, RESOURCE_METADATA};
use crate::shared_text::{map, text};
use crate::template::placeholders;
use crate::{Document, Entries, Escapes, Mode, Source, Value, json};

/// The workload that a JSON text says, if there is not the least to say about it.
pub(super) fn read(source: &Source, mode: Mode) -> Option<Workload> {
    if !json::looks_like_json(source.text()) {
        return None;
    }
    let mut deserializer = serde_json::Deserializer::from_str(source.text());
    let root = Root::deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    let name = Name::new(root.metadata.child("name")?.as_str()?).ok()?;
    static WORKLOAD_METADATA: schema::Shape = METADATA;
    let good = &*root.api_version == "score.dev/v1b1"
        && !root.containers.is_empty()
        && schema::check(&WORKLOAD_METADATA, &root.metadata, None, mode).is_empty();
    let workload = Workload {
        name,
        metadata: root.metadata,
        service: root.service.unwrap_or_default(),
        containers: root.containers,
        resources: root.resources,
        document: Document::of_json(source.clone()),
    };
    let quick = Quick { workload: &workload, mode };
    (good && quick.containers() && quick.resources()).then_some(workload)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Root {
    #[serde(deserialize_with = "text")]
    api_version: Arc<str>,
    #[serde(deserialize_with = "json::part")]
    metadata: Value,
    #[serde(default, deserialize_with = "present")]
    service: Option<Service>,
    #[serde(deserialize_with = "map")]
    containers: Entries<Name, Container>,
    #[serde(default, deserialize_with = "map")]
    resources: Entries<Name, Resource>,
}

/// The rules beyond the schema, as a question with a yes or no.
struct Quick<'a> {
    workload: &'a Workload,
    mode: Mode,
}

impl Quick<'_> {
    fn containers(&self) -> bool {
        self.workload.containers.iter().all(|(name, container)| {
            let probed = container.liveness_probe.is_some() || container.readiness_probe.is_some();
            let probes = [&container.liveness_probe, &container.readiness_probe];
            container.variables.values().all(|text| self.text(text))
                && container.files.values().all(|file| match &file.content {
                    FileContent::Text(text) => file.no_expand || self.text(text),
                    FileContent::Binary(text) => self.mode == Mode::Compatible || is_base64(text),
                    FileContent::Source(_) => true,
                })
                && container.volumes.values().all(|volume| self.text(&volume.source))
                && container.before.iter().all(|(target, ready)| {
                    // That it comes before what comes before nothing is enough; longer chains go the usual way.
                    let last = self.workload.containers.get(target).is_some_and(|target| target.before.is_empty());
                    target != name && last && (probed || *ready != Readiness::Healthy)
                })
                && (self.mode == Mode::Compatible
                    || probes.into_iter().flatten().all(|probe| probe.http_get.is_some() || probe.exec.is_some()))
        })
    }

    fn resources(&self) -> bool {
        static METADATA_OF_RESOURCE: schema::Shape = RESOURCE_METADATA;
        self.workload.resources.values().all(|resource| {
            resource.id.as_deref().is_none_or(|id| !id.contains('.'))
                && resource.params.as_ref().is_none_or(|params| self.tree(params))
                && (resource.metadata == Value::Null
                    || schema::check(&METADATA_OF_RESOURCE, &resource.metadata, None, self.mode).is_empty())
        })
    }

    fn tree(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.text(text),
            Value::List(items) => items.iter().all(|item| self.tree(item)),
            Value::Map(map) => map.values().all(|value| self.tree(value)),
            _ => true,
        }
    }

    fn text(&self, text: &str) -> bool {
        placeholders(text, Escapes::Score).all(|(inner, _)| match Target::of(inner, self.mode) {
            Ok(Target::Resource(name)) => self.workload.resources.contains_key(&*name),
            Ok(Target::Metadata) => self.mode == Mode::Compatible || has(&self.workload.metadata, inner),
            Err(_) => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, understood: bool) {
        assert_eq!(read(&Source::new("score.json", text), Mode::Strict).is_some(), understood, "{text}");
    }

    /// A Score file whose container has these further fields.
    fn file(container: &str, resource: &str) -> String {
        format!(
            r#"{{"apiVersion": "score.dev/v1b1", "metadata": {{"name": "shop", "annotations": {{"ex.com/ab": "1"}}}},
                "service": {{"ports": {{"web": {{"port": 80, "targetPort": 8080, "protocol": "TCP"}}}}}},
                "containers": {{"main": {{"image": "a" {container}}}, "other": {{"image": "."}}}},
                "resources": {{"db": {{"type": "postgres" {resource}}}}}}}"#
        )
    }

    #[test]
    fn what_is_right_is_understood() {
        check(&file("", ""), true);
        check(
            &file(r#", "command": ["a"], "args": [], "variables": {"A": "${resources.db.host} ${metadata.name}"}"#, ""),
            true,
        );
        check(
            &file(r#", "files": {"/a": {"content": "a", "mode": "0644"}, "/b": {"binaryContent": "aGVsbG8="}}"#, ""),
            true,
        );
        check(&file(r#", "volumes": {"/a": {"source": "${resources.db}", "path": "x", "readOnly": true}}"#, ""), true);
        check(&file(r#", "before": {"other": {"ready": "complete"}}"#, ""), true);
        check(&file(r#", "resources": {"limits": {"memory": "1Gi", "cpu": "0.5"}, "requests": {}}"#, ""), true);
        check(&file(r#", "livenessProbe": {"exec": {"command": ["a"]}}"#, ""), true);
        check(
            &file(
                r#", "readinessProbe": {"httpGet": {"path": "/", "port": 80, "httpHeaders": [{"name": "a", "value": "b"}]}}"#,
                "",
            ),
            true,
        );
        check(
            &file("", r#", "class": "large", "id": "shared-db", "params": {"a": [1, null]}, "metadata": {"x": 1}"#),
            true,
        );
    }

    #[test]
    fn what_is_not_right_or_unusual_is_left() {
        check(&file(r#", "image": "b""#, ""), false);
        check(&file(r#", "variables": {"A": "1", "A": "2"}"#, ""), false);
        check(&file(r#", "variables": {"A": "${resources.no.host}"}"#, ""), false);
        check(&file(r#", "files": []"#, ""), false);
        check(&file(r#", "files": {"/a": {}}"#, ""), false);
        check(&file(r#", "livenessProbe": {}"#, ""), false);
        check(&file(r#", "livenessProbe": null"#, ""), false);
        check(&file(r#", "before": {"main": {"ready": "started"}}"#, ""), false);
        check(&file("", r#", "metadata": null"#), false);
        check(&file("", r#", "params": []"#), false);
        check(&file("", r#", "id": "a.b""#), false);
        check(&file("", r#", "params": {"a": -0}"#), false);
        check("[]", false);
        check("a: 1", false);
    }
}
