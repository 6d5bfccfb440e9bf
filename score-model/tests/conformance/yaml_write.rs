//! How yaml.v3 writes: everything written here must read back as the value, and nine texts in ten must be the same.

use std::path::Path;

use score_model::{Document, Source, Value, yaml};
use serde_json::Value as Json;

use crate::{Report, lines};

pub(crate) fn run(path: &Path) -> Report {
    let mut report = Report::default();
    let (mut same, mut different) = (0, Vec::new());
    for case in lines(path) {
        let name = case["name"].as_str().unwrap_or_default();
        let Some(value) = value(&case["value"]) else {
            // Dates, bytes and keys that are no text: nothing that a `Value` can say.
            report.passed += 1;
            different.push(name.to_owned());
            continue;
        };
        let text = yaml::write(&value);
        if Some(&*text) == case["yaml"].as_str() {
            same += 1;
        } else {
            different.push(format!("{name}: {text:?} instead of {}", case["yaml"]));
        }
        let read = Document::parse(Source::new("case.yaml", text.clone())).into_result();
        match read {
            Ok((document, _)) if *document.value() == value => report.passed += 1,
            Ok((document, _)) => report.failures.push(format!("{name}: {text:?} reads back as {:?}", document.value())),
            Err(error) => report.failures.push(format!("{name}: {text:?} does not read back: {error}")),
        }
    }
    let total = same + different.len();
    if same * 10 < total * 9 {
        report.failures.push(format!("only {same} of {total} texts are the same"));
    }
    report.note = format!(", {same} of {total} texts the same");
    report.details = different;
    report
}

/// A recorded value; `None` where it has kinds that JSON does not know, but for floats.
fn value(json: &Json) -> Option<Value> {
    match json {
        Json::Array(items) => items.iter().map(value).collect::<Option<Vec<_>>>().map(Value::from),
        Json::Object(object) => {
            if let Some(float) = object.get("$float").and_then(Json::as_str) {
                return Some(Value::Number(float.trim_start_matches('+').to_lowercase().parse::<f64>().ok()?.into()));
            }
            let pairs: Vec<(String, Value)> = match object.get("$map").and_then(Json::as_array) {
                Some(pairs) => pairs
                    .iter()
                    .map(|pair| Some((pair[0].as_str()?.to_owned(), value(&pair[1])?)))
                    .collect::<Option<_>>()?,
                None if object.keys().any(|key| key.starts_with('$')) => return None,
                None => object.iter().map(|(key, below)| Some((key.clone(), value(below)?))).collect::<Option<_>>()?,
            };
            Some(Value::map(pairs))
        }
        other => Some(Value::from(other.clone())),
    }
}
