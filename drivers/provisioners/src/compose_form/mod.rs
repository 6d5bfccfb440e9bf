//! Compose's short forms in their long form, as the Score tool writes them.
//!
//! Keys that Compose does not know, and those that begin with `x-`, are left out, as there.

mod types;

use std::sync::Arc;

use score_model::{Map, Value};

use types::{Field, Form};

/// How to build an image, in its long form.
///
/// # Errors
/// A form that the Score tool does not take.
pub(crate) fn build(build: &Value) -> Result<Value, String> {
    LENIENT.object(build, types::BUILD).map(Value::from)
}

/// A whole project as it is after patches: no short forms, and no keys that Compose does not know.
///
/// # Errors
/// The first that there is.
pub(crate) fn patched_project(project: &Value) -> Result<Value, String> {
    let mut project = STRICT.object(project, types::PROJECT)?;
    project.entry("services".into()).or_insert_with(|| Value::from(Map::default()));
    Ok(Value::from(project))
}

/// How a document is read.
#[derive(Clone, Copy)]
pub(crate) struct Reader {
    /// Short forms and unknown keys are refused.
    strict: bool,
}

/// What templates render: short forms become long ones, keys that nobody knows are left out.
pub(crate) const LENIENT: Reader = Reader { strict: false };
/// What programs write, and what patches leave.
pub(crate) const STRICT: Reader = Reader { strict: true };

impl Reader {
    /// A section of a project, such as `services`, with its entries in their long form.
    pub(crate) fn section(self, section: &str, entries: &Map) -> Result<Map, String> {
        let fields = types::PROJECT.iter().find_map(|(name, form)| match form {
            Form::NamedInline(fields) if *name == section => Some(*fields),
            _ => None,
        });
        let entries = entries.iter().map(|(name, entry)| match self.object(entry, fields.unwrap_or_default()) {
            Ok(long) => Ok((name.clone(), Value::from(long))),
            Err(problem) => Err(format!("{name}: {problem}")),
        });
        entries.collect()
    }

    fn object(self, value: &Value, fields: &[Field]) -> Result<Map, String> {
        let nothing = Map::default();
        let written = match value {
            Value::Map(written) => &**written,
            Value::Null => &nothing,
            _ => return Err("expected a map".into()),
        };
        let mut converted = Map::default();
        for (key, value) in written.iter() {
            let Some((_, form)) = fields.iter().find(|(field, _)| *field == &**key) else {
                if self.strict {
                    return Err(format!("json: unknown field \"{key}\""));
                }
                continue;
            };
            let value = match value {
                Value::Null => None,
                value => self.long_form(*form, value).map_err(|problem| format!("{key}: {problem}"))?,
            };
            converted.extend(value.map(|value| (key.clone(), value)));
        }
        for (field, form) in fields {
            let untold = match form {
                Form::Always => !converted.contains_key(*field),
                Form::OptOut => written.get(*field).is_none_or(|value| *value == Value::Null),
                _ => false,
            };
            if untold {
                converted.insert((*field).into(), Value::from(false));
            }
        }
        Ok(converted)
    }

    /// A text; other values become one, if short forms are taken.
    fn text(self, value: &Value) -> Result<Value, String> {
        match value {
            Value::String(_) => Ok(value.clone()),
            Value::Null if self.strict => Ok(Value::from("")),
            _ if self.strict => Err("expected a text".into()),
            other => Ok(text(other)),
        }
    }

    fn texts(self, items: &[Value]) -> Result<Vec<Value>, String> {
        items.iter().map(|item| self.text(item)).collect()
    }

    /// The long form of a value; nothing where it says nothing.
    fn long_form(self, form: Form, value: &Value) -> Result<Option<Value>, String> {
        let wrong = |wanted: &str| Err(format!("expected {wanted}"));
        let short = !self.strict;
        let filled = |items: Vec<Value>| if items.is_empty() { None } else { Some(Value::list(items)) };
        let entries = |map: Map| if map.is_empty() { None } else { Some(Value::from(map)) };
        Ok(match (form, value) {
            (Form::Text, Value::String(text)) if text.is_empty() => None,
            (Form::Text, Value::String(_)) => Some(value.clone()),
            (Form::Text, Value::Number(_)) if short && value.as_i64().is_some() => Some(text(value)),
            (Form::Text, _) => return wrong("a text"),
            (Form::Flag | Form::MaybeFlag | Form::OptOut | Form::Always, value) => {
                let Some(flag) = self.flag(value) else { return wrong("true or false") };
                let said = match form {
                    Form::Flag => flag,
                    Form::OptOut => !flag,
                    _ => true,
                };
                said.then(|| Value::from(flag))
            }
            (Form::Number | Form::MaybeNumber, value) => {
                let number = if short { number(value) } else { value.clone() };
                let Value::Number(found) = number else { return wrong("a number") };
                (found.as_f64() != 0.0 || matches!(form, Form::MaybeNumber)).then_some(number)
            }
            (Form::Count, Value::String(text)) if text.eq_ignore_ascii_case("all") => Some(Value::from(-1)),
            (Form::Count, value) => return self.long_form(Form::Number, value),
            (Form::Size, value) => match size(value) {
                Some(0) => None,
                Some(bytes) => Some(Value::from(bytes.to_string())),
                None => return wrong("a number of bytes"),
            },
            (Form::Mode, value) => {
                let octal = |text: &str| i64::from_str_radix(text, 8).ok();
                let mode = value.as_i64().or_else(|| value.as_str().and_then(octal));
                let Some(mode) = mode else { return wrong("permissions, an octal number") };
                Some(Value::from(format!("0{mode:o}")))
            }
            (Form::Duration, value) => match value.as_str().and_then(nanoseconds) {
                Some(nanoseconds) => Some(Value::from(go_duration(nanoseconds))),
                None => return wrong("a span of time such as `1m30s`"),
            },
            // An empty command takes away what the image has.
            (Form::Command, Value::String(text)) if short => {
                Some(Value::list(shell_words(text)?.into_iter().map(Value::from)))
            }
            (Form::Command, Value::List(items)) => Some(Value::list(self.texts(items)?)),
            (Form::Command, _) => return wrong("a list of texts"),
            (Form::Texts | Form::TextOrTexts, Value::List(items)) => filled(self.texts(items)?),
            (Form::TextOrTexts, Value::String(_)) if short => Some(Value::list([value.clone()])),
            (Form::Texts | Form::TextOrTexts, _) => return wrong("a list of texts"),
            (Form::Mapping | Form::Environment, Value::List(items)) if short => entries(
                items
                    .iter()
                    .filter_map(|item| {
                        let item = text(item).as_str()?.to_owned();
                        Some(match item.split_once('=') {
                            Some((key, value)) => (Arc::<str>::from(key), Value::from(value)),
                            None => (Arc::from(item), no_value(form)),
                        })
                    })
                    .collect(),
            ),
            (Form::Mapping | Form::Environment | Form::Options, Value::Map(map)) => {
                let texts = map.iter().map(|(key, value)| match value {
                    Value::Null => Ok((key.clone(), no_value(form))),
                    value => Ok((key.clone(), self.text(value).map_err(|problem| format!("{key}: {problem}"))?)),
                });
                entries(texts.collect::<Result<_, String>>()?)
            }
            (Form::ManyOptions, Value::Map(map)) => {
                let lists = map.iter().map(|(key, value)| match value {
                    Value::List(items) => Ok((key.clone(), Value::list(self.texts(items)?))),
                    one => Ok((key.clone(), Value::list([self.text(one)?]))),
                });
                entries(lists.collect::<Result<_, String>>()?)
            }
            (Form::Hosts, value) => filled(hosts(value)?),
            (Form::Test, Value::String(command)) if short => {
                Some(Value::list([Value::from("CMD-SHELL"), Value::from(command.clone())]))
            }
            (Form::Test, value) => return self.long_form(Form::Texts, value),
            (Form::Limits, Value::Map(map)) => {
                let limits = map.iter().map(|(key, value)| {
                    let limit = |side: &str| Value::from(value.child(side).and_then(Value::as_i64).unwrap_or_default());
                    let limits = match value {
                        Value::Number(_) => value.clone(),
                        _ => Value::map([("soft", limit("soft")), ("hard", limit("hard"))]),
                    };
                    (key.clone(), limits)
                });
                entries(limits.collect())
            }
            (Form::Object(fields), value) => Some(Value::from(self.object(value, fields)?)),
            (Form::Inline(fields), value) => entries(self.object(value, fields)?),
            (Form::Objects(fields), Value::List(items)) => {
                let objects = items.iter().map(|item| match item {
                    Value::Map(_) => self.object(item, fields).map(Value::from),
                    _ => Err("expected a list of maps".to_owned()),
                });
                filled(objects.collect::<Result<_, _>>()?)
            }
            (Form::Objects(_), _) => return wrong("a list of maps"),
            (Form::Named(_), Value::Map(map)) if map.is_empty() => None,
            (Form::Named(fields) | Form::NamedInline(fields), Value::Map(map)) => {
                let objects = map.iter().map(|(key, value)| {
                    let null = *value == Value::Null && matches!(form, Form::Named(_));
                    let object = if null { Value::Null } else { Value::from(self.object(value, fields)?) };
                    Ok((key.clone(), object))
                });
                entries(objects.collect::<Result<_, String>>()?)
            }
            _ => return wrong("a map"),
        })
    }

    fn flag(self, value: &Value) -> Option<bool> {
        match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if !self.strict => match text.to_lowercase().as_str() {
                "yes" | "y" | "on" | "true" | "1" => Some(true),
                "no" | "n" | "off" | "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What a key without a value is.
fn no_value(form: Form) -> Value {
    if matches!(form, Form::Environment) { Value::Null } else { Value::from("") }
}

fn hosts(value: &Value) -> Result<Vec<Value>, String> {
    let mut hosts: Vec<String> = match value {
        Value::List(items) => {
            let text = |item: &Value| item.to_text().map(std::borrow::Cow::into_owned).unwrap_or_default();
            let items = items.iter().map(text);
            items.map(|host| if host.contains('=') { host } else { host.replacen(':', "=", 1) }).collect()
        }
        Value::Map(map) => {
            let each = |(host, addresses): (&Arc<str>, &Value)| {
                let one = |address: &Value| format!("{host}={}", address.to_text().unwrap_or_default());
                addresses.as_list().map_or_else(|| vec![one(addresses)], |several| several.iter().map(one).collect())
            };
            map.iter().flat_map(each).collect()
        }
        _ => return Err("expected a list of texts".into()),
    };
    hosts.sort_unstable();
    Ok(hosts.into_iter().map(Value::from).collect())
}

/// A value as Go prints it.
fn text(value: &Value) -> Value {
    match value {
        Value::String(_) => value.clone(),
        Value::Number(score_model::Number::Float(float)) => Value::from(float_text(*float)),
        other => Value::from(other.to_text().unwrap_or_default().into_owned()),
    }
}

fn float_text(float: f64) -> String {
    if float == 0.0 || (1e-4..1e21).contains(&float.abs()) {
        return float.to_string();
    }
    let text = format!("{float:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    match exponent.strip_prefix('-') {
        Some(exponent) => format!("{digits}e-{exponent:0>2}"),
        None => format!("{digits}e+{exponent:0>2}"),
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
fn size(value: &Value) -> Option<i64> {
    let Value::String(text) = value else { return value.as_i64() };
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
    Some(bytes as i64)
}

/// A span of time.
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
        match (LENIENT.object(&Value::from(written), types::SERVICE).map(Value::from), want) {
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
        check(json!({"networks": {"back": {}}, "read_only": false}), Ok(json!({"networks": {"back": {}}})));
        check(json!({"ports": ["80:80"]}), Err("ports"));
        check(json!({"volumes": ["d:/data"]}), Err("volumes"));
        check(json!({"networks": ["a"]}), Err("networks"));
        check(json!({"depends_on": ["a"]}), Err("depends_on"));
    }

    #[track_caller]
    fn check_yaml(written: &str, want: serde_json::Value) {
        let document = score_model::Document::parse(score_model::Source::new("service", written));
        check(document.into_result().unwrap().0.value().redacted(), Ok(want));
    }

    /// As `score-compose` writes them.
    #[test]
    fn below_the_service() {
        check_yaml("{networks: {back: null, f: {}}}", json!({"networks": {"back": null, "f": {}}}));
        check_yaml("{deploy: {}, logging: {}}", json!({"deploy": {}, "logging": {}}));
        check_yaml(
            "{ulimits: {a: 5, b: {soft: 1, hard: 2}, c: {single: 3}}}",
            json!({"ulimits": {"a": 5, "b": {"soft": 1, "hard": 2}, "c": {"soft": 0, "hard": 0}}}),
        );
        check_yaml(
            "{deploy: {replicas: 0, labels: [a], resources: {limits: {cpus: '0.5', memory: 50M}}, placement: {}, restart_policy: {delay: 90s}}}",
            json!({"deploy": {
                "replicas": 0,
                "labels": {"a": ""},
                "resources": {"limits": {"cpus": 0.5, "memory": "52428800"}},
                "restart_policy": {"delay": "1m30s"},
            }}),
        );
        check_yaml(
            "{volumes: [{type: bind, source: a, bind: {}}, {type: bind, bind: {create_host_path: true}}]}",
            json!({"volumes": [
                {"type": "bind", "source": "a", "bind": {"create_host_path": false}},
                {"type": "bind", "bind": {}},
            ]}),
        );
        check_yaml(
            "{env_file: [{path: x}, {path: y, required: true}]}",
            json!({"env_file": [{"path": "x", "required": false}, {"path": "y"}]}),
        );
        check_yaml(
            "{build: {context: x, args: [A=1, B], labels: [x], secrets: [{source: s, mode: 0440}], bogus: 1}}",
            json!({"build": {
                "context": "x",
                "args": {"A": "1", "B": null},
                "labels": {"x": ""},
                "secrets": [{"source": "s", "mode": "0440"}],
            }}),
        );
        check_yaml("{gpus: [{count: all, driver: n}]}", json!({"gpus": [{"count": -1, "driver": "n"}]}));
        check_yaml(
            "{cpu_percent: 50, cpus: 0, scale: 0, init: false, tty: false}",
            json!({"cpu_percent": 50, "scale": 0, "init": false}),
        );
        check_yaml(
            "{logging: {options: {a: 1, b: true, c: null}}, labels: {c: null, d: 1.50}, sysctls: [c]}",
            json!({
                "logging": {"options": {"a": "1", "b": "true", "c": ""}},
                "labels": {"c": "", "d": "1.5"},
                "sysctls": {"c": ""},
            }),
        );
        check_yaml(
            "{expose: [1], extra_hosts: {c: [d, e], a: b}}",
            json!({"expose": ["1"], "extra_hosts": ["a=b", "c=d", "c=e"]}),
        );
        check_yaml(
            "{blkio_config: {device_read_bps: [{path: p, rate: 5m}]}, post_start: [{command: a b}]}",
            json!({
                "blkio_config": {"device_read_bps": [{"path": "p", "rate": "5242880"}]},
                "post_start": [{"command": ["a", "b"]}],
            }),
        );
        check_yaml("{command: '', entrypoint: [], ports: []}", json!({"command": [], "entrypoint": []}));
        check_yaml("{depends_on: {b: null}}", json!({"depends_on": {"b": {"required": false}}}));
        check_yaml(
            "{provider: {type: x, options: {a: 1, b: [1, 2]}}}",
            json!({"provider": {"type": "x", "options": {"a": ["1"], "b": ["1", "2"]}}}),
        );
        check_yaml(
            "{environment: {A: 1000000, B: 1.0, C: 1e3, D: 1.5e30, E: }}",
            json!({"environment": {"A": "1000000", "B": "1", "C": "1000", "D": "1.5e+30", "E": null}}),
        );
        check_yaml(
            "{volumes: [{type: tmpfs, tmpfs: {size: 1000, mode: 0755}}, {type: volume, volume: {nocopy: false, labels: {a: 1}}}]}",
            json!({"volumes": [
                {"type": "tmpfs", "tmpfs": {"size": "1000", "mode": 493}},
                {"type": "volume", "volume": {"labels": {"a": "1"}}},
            ]}),
        );
        check(json!({"image": true}), Err("image: expected a text"));
        check(json!({"cap_add": "ALL"}), Err("cap_add"));
        check(json!({"healthcheck": {"interval": 5}}), Err("healthcheck: interval"));
    }

    #[track_caller]
    fn check_patched(project: serde_json::Value, want: Result<serde_json::Value, &str>) {
        match (patched_project(&Value::from(project)), want) {
            (Ok(found), Ok(want)) => assert_eq!(found.redacted(), want),
            (Err(found), Err(want)) => assert!(found.contains(want), "{found}"),
            (found, want) => panic!("found {found:?}, want {want:?}"),
        }
    }

    #[test]
    fn patched() {
        check_patched(
            json!({"name": "p", "services": {"a": {"image": null, "labels": {"x": "y"}}}, "volumes": {"v": {}}}),
            Ok(json!({"name": "p", "services": {"a": {"labels": {"x": "y"}}}, "volumes": {"v": {}}})),
        );
        check_patched(json!({"services": null}), Ok(json!({"services": {}})));
        let env = |written: serde_json::Value| json!({"services": {"a": {"environment": {"A": written}}}});
        check_patched(env(json!("5")), Ok(env(json!("5"))));
        check_patched(env(json!(null)), Ok(env(json!(null))));
        check_patched(env(json!(5)), Err("environment: A: expected a text"));
        check_patched(json!({"services": {"a": {"command": [5]}}}), Err("command: expected a text"));
        check_patched(json!({"services": {"a": {"cap_add": [true]}}}), Err("cap_add: expected a text"));
        check_patched(json!({"x-own": 1}), Err("unknown field \"x-own\""));
        check_patched(json!({"services": {"a": {"bogus": 1}}}), Err("unknown field \"bogus\""));
        check_patched(json!({"services": {"a": {"command": "a b"}}}), Err("command"));
        check_patched(json!({"services": {"a": {"ports": ["80:80"]}}}), Err("ports"));
    }

    #[track_caller]
    fn check_duration(written: &str, want: &str) {
        assert_eq!(nanoseconds(written).map(go_duration).as_deref(), Some(want));
    }

    #[test]
    fn durations() {
        check_duration("2s", "2s");
        check_duration("60s", "1m0s");
        check_duration("1.5s", "1.5s");
        check_duration("300ms", "300ms");
        check_duration("3h", "3h0m0s");
        assert_eq!(nanoseconds("soon"), None);
    }
}
