//! Compose's short forms in their long form, as the Score tool writes them.
//!
//! Keys that Compose does not know, and those that begin with `x-`, are left out, as there.

use std::sync::Arc;

use score_model::{Map, Value};

/// What a field of a service may be, and what it becomes.
#[derive(Clone, Copy)]
enum Form {
    /// As it is.
    Any,
    /// A text; numbers and truth values become texts.
    Text,
    /// True or false, also `yes` and `no`.
    Flag,
    /// A number, also as a text.
    Number,
    /// A number of bytes, also with a unit, as a text.
    Size,
    /// A command: a text is taken apart as a shell does.
    Command,
    /// A list of texts; one text is a list of one.
    Texts,
    /// A map to texts; a list of `KEY=VALUE` is one.
    Mapping,
    /// A list of maps, no short forms.
    Maps,
    /// A map, no short forms.
    Map,
    /// A span of time such as `1m30s`.
    Duration,
    /// See [`healthcheck`].
    Healthcheck,
    /// See [`depends_on`].
    DependsOn,
    /// `HOST:ADDRESS` or a map, as `HOST=ADDRESS`.
    Hosts,
}

const SERVICE: &[(&str, Form)] = &[
    ("annotations", Form::Mapping),
    ("attach", Form::Flag),
    ("blkio_config", Form::Any),
    ("build", Form::Map),
    ("cap_add", Form::Texts),
    ("cap_drop", Form::Texts),
    ("cgroup", Form::Text),
    ("cgroup_parent", Form::Text),
    ("command", Form::Command),
    ("configs", Form::Maps),
    ("container_name", Form::Text),
    ("cpu_count", Form::Number),
    ("cpu_percent", Form::Number),
    ("cpu_period", Form::Number),
    ("cpu_quota", Form::Number),
    ("cpu_rt_period", Form::Number),
    ("cpu_rt_runtime", Form::Number),
    ("cpu_shares", Form::Number),
    ("cpus", Form::Number),
    ("cpuset", Form::Text),
    ("credential_spec", Form::Any),
    ("depends_on", Form::DependsOn),
    ("deploy", Form::Any),
    ("develop", Form::Any),
    ("device_cgroup_rules", Form::Texts),
    ("devices", Form::Maps),
    ("dns", Form::Texts),
    ("dns_opt", Form::Texts),
    ("dns_search", Form::Texts),
    ("domainname", Form::Text),
    ("entrypoint", Form::Command),
    ("env_file", Form::Maps),
    ("environment", Form::Mapping),
    ("expose", Form::Texts),
    ("extends", Form::Any),
    ("external_links", Form::Texts),
    ("extra_hosts", Form::Hosts),
    ("gpus", Form::Any),
    ("group_add", Form::Texts),
    ("healthcheck", Form::Healthcheck),
    ("hostname", Form::Text),
    ("image", Form::Text),
    ("init", Form::Flag),
    ("ipc", Form::Text),
    ("isolation", Form::Text),
    ("label_file", Form::Texts),
    ("labels", Form::Mapping),
    ("links", Form::Texts),
    ("logging", Form::Any),
    ("mac_address", Form::Text),
    ("mem_limit", Form::Size),
    ("mem_reservation", Form::Size),
    ("mem_swappiness", Form::Number),
    ("memswap_limit", Form::Size),
    ("models", Form::Map),
    ("network_mode", Form::Text),
    ("networks", Form::Map),
    ("oom_kill_disable", Form::Flag),
    ("oom_score_adj", Form::Number),
    ("pid", Form::Text),
    ("pids_limit", Form::Number),
    ("platform", Form::Text),
    ("ports", Form::Maps),
    ("post_start", Form::Any),
    ("pre_stop", Form::Any),
    ("privileged", Form::Flag),
    ("profiles", Form::Texts),
    ("provider", Form::Any),
    ("pull_policy", Form::Text),
    ("read_only", Form::Flag),
    ("restart", Form::Text),
    ("runtime", Form::Text),
    ("scale", Form::Number),
    ("secrets", Form::Maps),
    ("security_opt", Form::Texts),
    ("shm_size", Form::Size),
    ("stdin_open", Form::Flag),
    ("stop_grace_period", Form::Duration),
    ("stop_signal", Form::Text),
    ("storage_opt", Form::Mapping),
    ("sysctls", Form::Mapping),
    ("tmpfs", Form::Texts),
    ("tty", Form::Flag),
    ("ulimits", Form::Any),
    ("use_api_socket", Form::Flag),
    ("user", Form::Text),
    ("userns_mode", Form::Text),
    ("uts", Form::Text),
    ("volumes", Form::Maps),
    ("volumes_from", Form::Texts),
    ("working_dir", Form::Text),
];

const VOLUME: &[(&str, Form)] = &[
    ("name", Form::Text),
    ("driver", Form::Text),
    ("driver_opts", Form::Mapping),
    ("external", Form::Flag),
    ("labels", Form::Mapping),
];

const NETWORK: &[(&str, Form)] = &[
    ("name", Form::Text),
    ("driver", Form::Text),
    ("driver_opts", Form::Mapping),
    ("ipam", Form::Any),
    ("external", Form::Flag),
    ("internal", Form::Flag),
    ("attachable", Form::Flag),
    ("enable_ipv4", Form::Flag),
    ("enable_ipv6", Form::Flag),
    ("labels", Form::Mapping),
];

/// A service in its long form.
///
/// # Errors
/// A short form that the Score tool does not take.
pub(crate) fn service(service: &Value) -> Result<Value, String> {
    let mut service = convert(service, SERVICE)?;
    if let Some(Value::List(ports)) = service.get("ports") {
        let ports = ports.iter().map(|port| {
            let mut port = port.as_map().cloned().unwrap_or_default();
            if let Some(published) = port.get("published").map(text) {
                port.insert("published".into(), published);
            }
            if let Some(target) = port.get("target").map(number) {
                port.insert("target".into(), target);
            }
            Value::from(port)
        });
        let ports = Value::list(ports.collect::<Vec<_>>());
        service.insert("ports".into(), ports);
    }
    Ok(Value::from(service))
}

/// How to build an image, in its long form.
pub(crate) fn build(build: &Value) -> Value {
    let mut converted = build.as_map().cloned().unwrap_or_default();
    for key in ["args", "labels"] {
        if let Some(mapping) = converted.get(key).and_then(|value| long_form(Form::Mapping, value).ok()) {
            converted.insert(key.into(), mapping);
        }
    }
    Value::from(converted)
}

/// A volume in its long form.
pub(crate) fn volume(volume: &Value) -> Value {
    convert(volume, VOLUME).map_or_else(|_| volume.clone(), Value::from)
}

/// A network in its long form.
pub(crate) fn network(network: &Value) -> Value {
    convert(network, NETWORK).map_or_else(|_| network.clone(), Value::from)
}

fn convert(value: &Value, fields: &[(&str, Form)]) -> Result<Map, String> {
    let Value::Map(written) = value else {
        return if *value == Value::Null { Ok(Map::default()) } else { Err("expected a map".into()) };
    };
    let mut converted = Map::default();
    for (key, value) in written.iter() {
        let Some((_, form)) = fields.iter().find(|(field, _)| *field == &**key) else { continue };
        if *value == Value::Null {
            continue;
        }
        let value = long_form(*form, value).map_err(|problem| format!("{key}: {problem}"))?;
        let empty = match &value {
            Value::Map(map) => map.is_empty(),
            Value::List(items) => items.is_empty() && !matches!(form, Form::Command),
            Value::String(text) => text.is_empty(),
            Value::Bool(set) => !set && !matches!(&**key, "init" | "attach" | "enable_ipv4" | "enable_ipv6"),
            _ => false,
        };
        if !empty {
            converted.insert(key.clone(), value);
        }
    }
    Ok(converted)
}

fn long_form(form: Form, value: &Value) -> Result<Value, String> {
    let wrong = |wanted: &str| Err(format!("expected {wanted}"));
    Ok(match (form, value) {
        (Form::Any, value) => value.clone(),
        (Form::Text | Form::Duration, Value::List(_) | Value::Map(_)) => return wrong("a text"),
        (Form::Text, value) => text(value),
        (Form::Duration, value) => duration(value),
        (Form::Flag, Value::Bool(_)) => value.clone(),
        (Form::Flag, value) => match text(value).as_str().unwrap_or_default().to_lowercase().as_str() {
            "yes" | "y" | "on" | "true" | "1" => Value::from(true),
            "no" | "n" | "off" | "false" | "0" => Value::from(false),
            _ => return wrong("true or false"),
        },
        (Form::Number, value) => number(value),
        (Form::Size, value) => text(&size(value).ok_or("expected a number of bytes")?),
        (Form::Command, Value::String(text)) => Value::list(shell_words(text)?.into_iter().map(Value::from)),
        (Form::Command | Form::Texts, Value::List(items)) => Value::list(items.iter().map(text)),
        (Form::Texts, Value::Map(_)) | (Form::Command, _) => return wrong("a list of texts"),
        (Form::Texts, one) => Value::list([text(one)]),
        (Form::Mapping, Value::Map(map)) => Value::map(map.iter().map(|(key, value)| match value {
            Value::Null => (key.clone(), Value::Null),
            value => (key.clone(), text(value)),
        })),
        (Form::Mapping, Value::List(items)) => Value::map(items.iter().filter_map(|item| {
            let item = text(item);
            let item = item.as_str()?.to_owned();
            Some(match item.split_once('=') {
                Some((key, value)) => (Arc::<str>::from(key), Value::from(value)),
                None => (Arc::from(item), Value::Null),
            })
        })),
        (Form::Mapping, _) => return wrong("a map"),
        (Form::Maps, Value::List(items)) if items.iter().all(|item| item.as_map().is_some()) => value.clone(),
        (Form::Maps, _) => return wrong("a list of maps"),
        (Form::Map, Value::Map(map)) => Value::map(map.iter().map(|(key, value)| match value {
            Value::Null => (key.clone(), Value::from(Map::default())),
            value => (key.clone(), value.clone()),
        })),
        (Form::Map, _) => return wrong("a map"),
        (Form::Healthcheck, Value::Map(map)) => healthcheck(map)?,
        (Form::Healthcheck, _) => return wrong("a map"),
        (Form::DependsOn, Value::Map(map)) => depends_on(map),
        (Form::DependsOn, _) => return wrong("a map"),
        (Form::Hosts, Value::List(items)) => Value::list(items.iter().map(|item| {
            let item = text(item);
            Value::from(item.as_str().unwrap_or_default().replacen(':', "=", usize::from(!has_equals(&item))))
        })),
        (Form::Hosts, Value::Map(map)) => Value::list(
            map.iter().map(|(host, address)| Value::from(format!("{host}={}", address.to_text().unwrap_or_default()))),
        ),
        (Form::Hosts, _) => return wrong("a list of texts"),
    })
}

fn has_equals(text: &Value) -> bool {
    text.as_str().is_some_and(|text| text.contains('='))
}

fn text(value: &Value) -> Value {
    match value {
        Value::String(_) => value.clone(),
        other => Value::from(other.to_text().unwrap_or_default().into_owned()),
    }
}

/// A number, where the value is one or a text of one.
fn number(value: &Value) -> Value {
    let parsed = value.as_str().and_then(|text| {
        let whole = text.parse::<i64>().ok().map(Value::from);
        whole.or_else(|| text.parse::<f64>().ok().map(|float| Value::Number(float.into())))
    });
    parsed.unwrap_or_else(|| value.clone())
}

/// Bytes: units are powers of 1024.
fn size(value: &Value) -> Option<Value> {
    let Value::String(text) = value else { return Some(value.clone()) };
    let lower = text.trim().to_lowercase();
    let end = lower.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(lower.len());
    let (amount, unit) = lower.split_at(end);
    let power = match unit {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        "p" | "pb" | "pib" => 50,
        _ => return None,
    };
    let bytes = amount.trim().parse::<f64>().ok()? * 2_f64.powi(power);
    Some(Value::from(bytes as i64))
}

/// A span of time as Go writes it: `90s` is `1m30s`. What is none stays as it is.
fn duration(value: &Value) -> Value {
    let Some(text) = value.as_str() else { return value.clone() };
    let Some(nanoseconds) = nanoseconds(text) else { return value.clone() };
    Value::from(go_duration(nanoseconds))
}

fn nanoseconds(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0_f64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (amount, after) = rest.split_at(end);
        let units =
            [("ns", 1e0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 36e11), ("d", 864e11)];
        let (unit, scale) = units.into_iter().find(|(unit, _)| after.starts_with(unit))?;
        total += amount.parse::<f64>().ok()? * scale;
        rest = &after[unit.len()..];
    }
    (!text.is_empty()).then_some(total as u64)
}

fn go_duration(nanoseconds: u64) -> String {
    let fraction = |value: u64, scale: u64, unit: &str| {
        let text = format!("{}.{:0width$}", value / scale, value % scale, width = scale.ilog10() as usize);
        format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
    };
    match nanoseconds {
        0 => "0s".to_owned(),
        n if n < 1_000 => format!("{n}ns"),
        n if n < 1_000_000 => fraction(n, 1_000, "µs"),
        n if n < 1_000_000_000 => fraction(n, 1_000_000, "ms"),
        n => {
            let seconds = n / 1_000_000_000;
            let rest = fraction(n % 60_000_000_000, 1_000_000_000, "s");
            match (seconds / 3600, seconds / 60 % 60) {
                (0, 0) => rest,
                (0, minutes) => format!("{minutes}m{rest}"),
                (hours, minutes) => format!("{hours}h{minutes}m{rest}"),
            }
        }
    }
}

fn healthcheck(written: &Map) -> Result<Value, String> {
    let mut converted = Map::default();
    for (key, value) in written {
        let value = match (&**key, value) {
            (_, Value::Null) => continue,
            ("test", Value::String(command)) => Value::list([Value::from("CMD-SHELL"), Value::from(command.clone())]),
            ("test", Value::List(items)) => Value::list(items.iter().map(text)),
            ("interval" | "timeout" | "start_period" | "start_interval", value) => duration(value),
            ("retries", value) => number(value),
            ("disable", value) => match long_form(Form::Flag, value)? {
                Value::Bool(false) => continue,
                flag => flag,
            },
            _ => continue,
        };
        converted.insert(key.clone(), value);
    }
    Ok(Value::from(converted))
}

/// The long form of the Score tool: what is not required there is not required, whatever Compose assumes.
fn depends_on(written: &Map) -> Value {
    Value::map(written.iter().map(|(service, condition)| {
        let mut converted = Map::default();
        let flag = |key: &str| condition.child(key).and_then(Value::as_bool).unwrap_or_default();
        converted.extend(condition.child("condition").map(|condition| ("condition".into(), condition.clone())));
        if flag("restart") {
            converted.insert("restart".into(), Value::from(true));
        }
        converted.insert("required".into(), Value::from(flag("required")));
        (service.clone(), Value::from(converted))
    }))
}

/// A command taken apart as a shell does.
fn shell_words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), c) => word.get_or_insert_default().push(c),
            (Some(_), '\\') => match rest.next() {
                Some(escaped @ ('"' | '\\' | '$' | '`')) => word.get_or_insert_default().push(escaped),
                Some(other) => word.get_or_insert_default().extend(['\\', other]),
                None => return Err("the command ends inside quotes".into()),
            },
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().extend(rest.next()),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("the command ends inside quotes".into());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(written: serde_json::Value, want: Result<serde_json::Value, &str>) {
        match (service(&Value::from(written)), want) {
            (Ok(found), Ok(want)) => assert_eq!(found.redacted(), want),
            (Err(found), Err(want)) => assert!(found.contains(want), "{found}"),
            (found, want) => panic!("found {found:?}, want {want:?}"),
        }
    }

    #[test]
    fn short_forms() {
        check(
            json!({"command": "serve --name 'a b' \"c\\\"d\"", "environment": ["A=b=c", "D"], "labels": {"n": 5, "t": true}}),
            Ok(
                json!({"command": ["serve", "--name", "a b", "c\"d"], "environment": {"A": "b=c", "D": null}, "labels": {"n": "5", "t": "true"}}),
            ),
        );
        check(
            json!({"healthcheck": {"test": "x y", "interval": "90s", "retries": 5, "bogus": 1}, "x-own": 1, "bogus": 2}),
            Ok(json!({"healthcheck": {"test": ["CMD-SHELL", "x y"], "interval": "1m30s", "retries": 5}})),
        );
        check(
            json!({"mem_limit": "64m", "cpus": "0.5", "privileged": "yes", "dns": "1.1.1.1", "extra_hosts": ["a:1.2.3.4"]}),
            Ok(
                json!({"mem_limit": "67108864", "cpus": 0.5, "privileged": true, "dns": ["1.1.1.1"], "extra_hosts": ["a=1.2.3.4"]}),
            ),
        );
        check(
            json!({"depends_on": {"db": {"condition": "service_started", "restart": true}}, "ports": [{"target": "80", "published": 8080}]}),
            Ok(json!({
                "depends_on": {"db": {"condition": "service_started", "restart": true, "required": false}},
                "ports": [{"target": 80, "published": "8080"}],
            })),
        );
        check(json!({"networks": {"back": null}, "read_only": false}), Ok(json!({"networks": {"back": {}}})));
        check(json!({"ports": ["80:80"]}), Err("ports"));
        check(json!({"volumes": ["d:/data"]}), Err("volumes"));
        check(json!({"networks": ["a"]}), Err("networks"));
        check(json!({"depends_on": ["a"]}), Err("depends_on"));
    }

    #[track_caller]
    fn check_duration(text: &str, want: &str) {
        assert_eq!(duration(&Value::from(text)), Value::from(want));
    }

    #[test]
    fn durations() {
        check_duration("2s", "2s");
        check_duration("60s", "1m0s");
        check_duration("1.5s", "1.5s");
        check_duration("300ms", "300ms");
        check_duration("3h", "3h0m0s");
        check_duration("soon", "soon");
    }
}
