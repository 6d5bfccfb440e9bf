//! How yaml.v3 reads: no document may give another value, realistic ones must agree, and few of the others may be refused on one side only.

use std::path::Path;

use score_model::yaml::{self, Kind, Node, Scalar};
use score_model::{Number, Source};
use serde_json::{Value as Json, json};

use crate::{Report, lines};

const REALISTIC: [&str; 4] = ["score", "provisioners", "compose", "kubernetes"];

pub(crate) fn run(path: &Path) -> Report {
    let mut report = Report::default();
    let (mut one_sided, mut unrealistic) = (Vec::new(), 0);
    for case in lines(path) {
        let name = case["name"].as_str().unwrap_or_default();
        let realistic = REALISTIC.iter().any(|start| name.starts_with(start));
        unrealistic += usize::from(!realistic);
        match (outcome(&case), realistic) {
            (Outcome::Agrees, _) => report.passed += 1,
            (Outcome::OneSided(what), false) => {
                report.passed += 1;
                one_sided.push(format!("{what}: {name}"));
            }
            (Outcome::OneSided(what), true) => report.failures.push(format!("{name}: {what}")),
            (Outcome::Other(what), _) => report.failures.push(format!("{name}: {what}")),
        }
    }
    if one_sided.len() * 100 > unrealistic * 8 {
        report.failures.push(format!("{} of {unrealistic} refused on one side only", one_sided.len()));
    }
    report.note = format!(", {} of {unrealistic} unusual ones refused on one side only", one_sided.len());
    report.details = one_sided;
    report
}

enum Outcome {
    Agrees,
    /// One side refuses what the other reads.
    OneSided(String),
    /// Both read it, and say different things.
    Other(String),
}

fn outcome(case: &Json) -> Outcome {
    let Some(text) = text(case) else {
        // Not UTF-8: such bytes cannot come as far as a `Source` unless they are decoded first.
        return Outcome::Agrees;
    };
    let read = match text {
        Ok(text) => yaml::read(&Source::new("case.yaml", text)).into_result().map(|(node, _)| node),
        Err(error) => Err(error),
    };
    match (read, case.get("value")) {
        (Ok(Some(node)), Some(want)) => {
            let got = json(&node);
            if !same(&got, want) {
                return Outcome::Other(format!("want {want:.200}, got {got:.200}"));
            }
            match case.get("as_map").and_then(|as_map| as_map.get("value")) {
                Some(want) if !same(&as_map(&node), want) => Outcome::Other(format!("as a map, want {want}")),
                _ => Outcome::Agrees,
            }
        }
        (Ok(None), Some(want)) => Outcome::Other(format!("want {want}, got nothing")),
        (Ok(None), None) if case["error"] == "EOF" => Outcome::Agrees,
        (Ok(_), None) => Outcome::OneSided("accepted here".to_owned()),
        (Err(error), Some(_)) => {
            Outcome::OneSided(format!("refused here: {}", error.to_string().lines().next().unwrap_or_default()))
        }
        (Err(_), None) => Outcome::Agrees,
    }
}

fn text(case: &Json) -> Option<Result<String, score_model::Diagnostics>> {
    use base64::Engine as _;
    if let Some(text) = case.get("yaml") {
        return text.as_str().map(|text| Ok(text.to_owned()));
    }
    if let Some(parts) = case.get("yaml_repeat").and_then(Json::as_array) {
        let repeat = |part: &Json| {
            let count = usize::try_from(part[1].as_u64().unwrap_or_default()).unwrap_or_default();
            part[0].as_str().unwrap_or_default().repeat(count)
        };
        return Some(Ok(parts.iter().map(repeat).collect()));
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(case["yaml_base64"].as_str()?).ok()?;
    Some(Source::from_bytes("case.yaml", &bytes).into_result().map(|(source, _)| source.text().to_owned()))
}

/// A node in the form of the recorded values.
fn json(node: &Node) -> Json {
    match node.kind() {
        Kind::Scalar(scalar) => scalar_json(scalar),
        Kind::List(items) => Json::Array(items.iter().map(json).collect()),
        Kind::Map(entries) => {
            let plain = |key: &Node| match key.kind() {
                Kind::Scalar(Scalar::String(text)) if !text.starts_with('$') => Some(text.to_string()),
                _ => None,
            };
            let object: Option<serde_json::Map<_, _>> =
                entries.iter().map(|entry| Some((plain(&entry.key)?, json(&entry.value)))).collect();
            object.map_or_else(
                || {
                    let mut pairs: Vec<Json> = Vec::new();
                    for entry in entries.iter() {
                        let key = json(&entry.key);
                        pairs.retain(|pair| pair[0] != key);
                        pairs.push(json!([key, json(&entry.value)]));
                    }
                    json!({"$map": pairs})
                },
                Json::Object,
            )
        }
        _ => Json::Null,
    }
}

fn scalar_json(scalar: &Scalar) -> Json {
    use base64::Engine as _;
    match scalar {
        Scalar::Bool(bool) => json!(bool),
        Scalar::Number(Number::Float(float)) if float.is_nan() => json!({"$float": "NaN"}),
        Scalar::Number(Number::Float(float)) if float.is_infinite() => {
            json!({"$float": if *float > 0.0 { "+Inf" } else { "-Inf" }})
        }
        Scalar::Number(number) => number.to_json().map_or(Json::Null, Json::Number),
        Scalar::String(text) => json!(text),
        Scalar::Timestamp(text) => json!({"$time": text}),
        Scalar::Binary(bytes) => json!({"$binary": base64::engine::general_purpose::STANDARD.encode(bytes)}),
        _ => Json::Null,
    }
}

/// The root decoded into a map of texts: keys become their text, null keys vanish.
fn as_map(node: &Node) -> Json {
    let Kind::Map(entries) = node.kind() else { return json(node) };
    let entries = entries.iter().filter(|entry| !matches!(entry.key.kind(), Kind::Scalar(Scalar::Null)));
    Json::Object(entries.map(|entry| (entry.text.to_string(), json(&entry.value))).collect())
}

fn same(got: &Json, want: &Json) -> bool {
    match (got, want) {
        (_, Json::Object(object)) if object.contains_key("$map") => {
            let pairs = |json: &Json| {
                let pairs = json["$map"].as_array().cloned();
                let pairs = pairs.or_else(|| {
                    Some(json.as_object()?.iter().map(|(key, value)| json!([key, value])).collect::<Vec<_>>())
                });
                pairs.unwrap_or_default()
            };
            let (got, want) = (pairs(got), pairs(want));
            got.len() == want.len() && want.iter().all(|want| got.iter().any(|got| same(got, want)))
        }
        (Json::String(text), Json::Object(object)) if object.contains_key("$str") => {
            object["$str"]["bytes"].as_u64() == Some(text.len() as u64)
        }
        (_, Json::Object(object)) if object.contains_key("$nest") => {
            let nest = &object["$nest"];
            let mut at = got;
            for _ in 0..nest["depth"].as_u64().unwrap_or_default() {
                let below = match nest.get("key").and_then(Json::as_str) {
                    Some(key) => at.get(key),
                    None => at.get(0),
                };
                let Some(below) = below else { return false };
                at = below;
            }
            same(at, &nest["leaf"])
        }
        (Json::Object(got), Json::Object(want)) => {
            got.len() == want.len() && want.iter().all(|(key, want)| got.get(key).is_some_and(|got| same(got, want)))
        }
        (Json::Array(got), Json::Array(want)) => {
            got.len() == want.len() && got.iter().zip(want).all(|(got, want)| same(got, want))
        }
        _ => got == want,
    }
}
