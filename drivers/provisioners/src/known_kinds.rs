//! Fields of well-known Kubernetes kinds and what may stand in them, against slips of the pen.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use score_model::{Map, Value};

/// Kinds with their types, as `VERSION/KIND`, and types with their fields: a line each.
const TABLE: &str = include_str!("known_kinds.txt");

/// The lines of the table by their first words. Fields are taken apart when they are first asked for: most never are.
static KNOWN: LazyLock<HashMap<&str, Known>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter_map(|line| line.split_once(' '));
    lines.map(|(word, rest)| (word, Known { rest, fields: OnceLock::new() })).collect()
});

/// What the table says of a kind or type.
struct Known {
    rest: &'static str,
    fields: OnceLock<Vec<(&'static str, &'static str)>>,
}

/// The fields of a type, each with its type.
fn fields(ty: &str) -> Option<&'static [(&'static str, &'static str)]> {
    let known = KNOWN.get(ty)?;
    Some(known.fields.get_or_init(|| known.rest.split(' ').filter_map(|field| field.split_once(':')).collect()))
}

/// What the strict reader of Kubernetes finds wrong first with a manifest. Kinds that are not well known may have any fields.
pub(crate) fn problem(manifest: &Value) -> Option<String> {
    let text = |key: &str| manifest.child(key).and_then(Value::as_str);
    let kind = KNOWN.get(&*format!("{}/{}", text("apiVersion")?, text("kind")?))?;
    Check { path: Vec::new() }.check(manifest, kind.rest).err()
}

struct Check<'v> {
    /// Where the value is that is being checked, a field or index each.
    path: Vec<Step<'v>>,
}

impl<'v> Check<'v> {
    fn check(&mut self, value: &'v Value, ty: &str) -> Result<(), String> {
        let fits = match (ty, value) {
            (_, Value::Null | Value::Unknown | Value::Secret(_)) | ("any", _) => true,
            ("string" | "duration", value) => matches!(value, Value::String(_)),
            ("bool", value) => matches!(value, Value::Bool(_)),
            ("int32", value) => value.as_i64().is_some_and(|int| i32::try_from(int).is_ok()),
            ("int64", value) => value.as_i64().is_some(),
            ("port", Value::String(_)) => true,
            ("port", value) => value.as_i64().is_some_and(|int| i32::try_from(int).is_ok()),
            ("bytes", Value::String(text)) => STANDARD.decode(text.replace(['\r', '\n'], "")).is_ok(),
            ("time" | "micro", Value::String(text)) => is_time(text),
            ("quantity", Value::String(text)) => is_quantity(text.trim()),
            ("quantity", Value::Number(_)) => true,
            (ty, Value::List(items)) if ty.starts_with('[') => {
                let mut items = items.iter().enumerate();
                return items.try_for_each(|(index, item)| self.below(Step::Index(index), item, &ty[1..]));
            }
            (ty, Value::Map(map)) if ty.starts_with('{') => {
                return map.iter().try_for_each(|(key, value)| self.below(Step::Key(key), value, &ty[1..]));
            }
            (ty, Value::Map(map)) => match fields(ty) {
                Some(fields) => return self.check_fields(map, fields),
                None => false,
            },
            _ => false,
        };
        if fits { Ok(()) } else { Err(format!("\"{}\" is no {}", written(&self.path), name(ty))) }
    }

    fn check_fields(&mut self, map: &'v Map, fields: &[(&str, &str)]) -> Result<(), String> {
        map.iter().try_for_each(|(key, value)| match fields.iter().find(|(field, _)| *field == &**key) {
            Some((_, ty)) => self.below(Step::Key(key), value, ty),
            None => {
                self.path.push(Step::Key(key));
                Err(format!("strict decoding error: unknown field \"{}\"", written(&self.path)))
            }
        })
    }

    fn below(&mut self, step: Step<'v>, value: &'v Value, ty: &str) -> Result<(), String> {
        self.path.push(step);
        self.check(value, ty)?;
        self.path.pop();
        Ok(())
    }
}

/// A part of where something is.
enum Step<'v> {
    Key(&'v str),
    Index(usize),
}

fn written(path: &[Step<'_>]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.extend([".", key]),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

/// A type, for people.
fn name(ty: &str) -> &str {
    match ty {
        "int32" | "int64" => "whole number",
        "bool" => "truth value",
        "string" => "text",
        "port" => "whole number or text",
        "bytes" => "text in base64",
        "time" | "micro" => "time",
        ty if ty.starts_with('[') => "list",
        ty if ty.starts_with('{') => "map",
        ty => ty,
    }
}

/// `[+-]digits[.digits]`, then a unit or an exponent.
fn is_quantity(text: &str) -> bool {
    const UNITS: [&str; 16] = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, unit) = unsigned.split_at(end);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = number.matches('.').count() <= 1 && digits(&number.replace('.', ""));
    let exponent = unit.strip_prefix(['e', 'E']).map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
    is_number && (UNITS.contains(&unit) || exponent.is_some_and(digits))
}

/// `2026-01-31T10:20:30Z`, with fractions of a second and another zone where wanted.
fn is_time(text: &str) -> bool {
    let Some((date_time, rest)) = text.split_at_checked(19) else { return false };
    let zone = match rest.strip_prefix('.') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => {
            rest.trim_start_matches(|c: char| c.is_ascii_digit())
        }
        Some(_) => return false,
        None => rest,
    };
    has_form(date_time, "dddd-dd-ddTdd:dd:dd") && (zone == "Z" || has_form(zone, "sdd:dd"))
}

/// Whether a text is of a form, in which `d` stands for a digit, and `s` for a sign.
fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            b's' => matches!(byte, b'+' | b'-'),
            form => byte == form,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(manifest: serde_json::Value, want: Option<&str>) {
        assert_eq!(problem(&Value::from(manifest)).as_deref(), want);
    }

    #[test]
    fn manifests() {
        let pod = |container: serde_json::Value| {
            let template =
                json!({"metadata": {"creationTimestamp": null}, "spec": {"containers": [{"name": "a"}, container]}});
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"template": template}})
        };
        let secret = |data: serde_json::Value| json!({"apiVersion": "v1", "kind": "Secret", "data": data});
        let config = |data: serde_json::Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "data": data});
        check(
            pod(json!({"ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": 0.5, "memory": "1.5Gi"}}})),
            None,
        );
        check(
            pod(json!({"livenessProbe": {"httpGet": {"port": "www"}, "periodSeconds": 1_000_000.0}, "args": null})),
            None,
        );
        check(
            pod(json!({"port": []})),
            Some("strict decoding error: unknown field \"spec.template.spec.containers[1].port\""),
        );
        check(pod(json!({"ports": {}})), Some("\"spec.template.spec.containers[1].ports\" is no list"));
        check(
            pod(json!({"ports": [{"containerPort": "80"}]})),
            Some("\"spec.template.spec.containers[1].ports[0].containerPort\" is no whole number"),
        );
        check(
            pod(json!({"ports": [{"containerPort": 3_000_000_000_u64}]})),
            Some("\"spec.template.spec.containers[1].ports[0].containerPort\" is no whole number"),
        );
        check(
            pod(json!({"resources": {"limits": {"cpu": "half"}}})),
            Some("\"spec.template.spec.containers[1].resources.limits.cpu\" is no quantity"),
        );
        check(
            pod(json!({"securityContext": "none"})),
            Some("\"spec.template.spec.containers[1].securityContext\" is no SecurityContext"),
        );
        check(secret(json!({"a": "YQ=="})), None);
        check(secret(json!({"a": "not base64"})), Some("\"data.a\" is no text in base64"));
        check(config(json!({"a": "b"})), None);
        check(config(json!({"n": 1})), Some("\"data.n\" is no text"));
        check(
            json!({"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"targetPort": 1.5}]}}),
            Some("\"spec.ports[0].targetPort\" is no whole number or text"),
        );
        check(
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"creationTimestamp": "2026-01-31T10:20:30.5+01:00"}}),
            None,
        );
        check(
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"creationTimestamp": "today"}}),
            Some("\"metadata.creationTimestamp\" is no time"),
        );
        check(json!({"apiVersion": "v1", "kind": "List", "items": [{"anything": 1}]}), None);
        check(json!({"apiVersion": "batch/v1", "kind": "Job", "spec": {"anything": 1}}), None);
    }
}
