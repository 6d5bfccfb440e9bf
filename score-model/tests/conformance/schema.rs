//! Verdicts of the schema: ours as JSON Schema, the specification's own, the fast check, and the typed model say the same.

use std::path::Path;
use std::sync::LazyLock;

use score_model::{Document, Mode, Source, Value, Workload, score_schema, upgrade};
use serde_json::Value as Json;

use crate::{Report, cases};

static OURS: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::validator_for(&score_schema()).unwrap_or_else(|error| panic!("{error}")));

pub(crate) fn run(path: &Path) -> Report {
    let mut report = Report::default();
    for case in cases(path) {
        let document = &case["document"];
        let name = case["name"].as_str().unwrap_or_default();
        report.case(name, check(document, case["valid"] == true, case["where"].as_str().unwrap_or_default()));
    }
    report
}

fn check(document: &Json, valid: bool, at: &str) -> Result<(), String> {
    // These verdicts are score-go's, whose schema lags behind in one point: compatible mode. It reads only the newer form of files and volumes.
    let got = schema_problems(document, Mode::Compatible);
    if got.is_empty() != valid {
        return Err(format!("want valid = {valid}, got {got:?}"));
    }
    let schema = OURS.is_valid(document);
    if schema != schema_problems(document, Mode::Strict).is_empty() {
        return Err(format!("the JSON Schema document says valid = {schema}, the check in strict mode does not"));
    }
    // One of the messages names what is wrong there: the part itself, or one of its keys.
    let last = at.rsplit('/').next().unwrap_or_default().replace("~1", "/");
    let below = document.pointer(at).and_then(Json::as_object).into_iter().flat_map(|map| map.keys());
    let named = |name: &str| got.iter().any(|message| message.contains(name));
    if valid || at.is_empty() || at.contains(' ') || named(&last) || below.into_iter().any(|key| named(key)) {
        Ok(())
    } else {
        Err(format!("no message names `{last}`: {got:?}"))
    }
}

/// The messages of the schema's problems.
pub(crate) fn schema_problems(document: &Json, mode: Mode) -> Vec<String> {
    const BEYOND: [&str; 12] = [
        "undeclared-resource",
        "unknown-reference",
        "unknown-metadata",
        "malformed-placeholder",
        "before-itself",
        "unknown-container",
        "before-cycle",
        "no-probe",
        "private-id",
        "deprecated",
        "duplicate-key",
        "not-base64",
    ];
    let checked = Workload::from_document(Document::from_value(Value::from(document.clone())), mode);
    let problems = checked.diagnostics().iter().filter(|problem| !BEYOND.contains(&&*problem.code));
    problems.map(|problem| problem.message.clone()).collect()
}

/// Cases of what comes after and around the schema.
pub(crate) fn validate(path: &Path) -> Report {
    let mut report = Report::default();
    for case in cases(path) {
        let name = case["name"].as_str().unwrap_or_default();
        let outcome = match case["stage"].as_str() {
            Some("schema") => stage_schema(&case),
            Some("semantic") => stage_semantic(&case["document"], &case).and_then(|()| {
                case.get("schema_valid_variant").map_or(Ok(()), |variant| {
                    let problems = schema_problems(&variant["document"], Mode::Compatible);
                    if !problems.is_empty() {
                        return Err(format!("the variant: {problems:?}"));
                    }
                    stage_semantic(&variant["document"], variant)
                })
            }),
            Some("upgrade") => stage_upgrade(&case),
            stage => Err(format!("unknown stage {stage:?}")),
        };
        let verdicts = || {
            let document = case.get("document").filter(|document| document.is_object());
            let (Some(document), Some(want)) = (document, case["spec_schema_valid"].as_bool()) else { return Ok(()) };
            let got = OURS.is_valid(document);
            if got == want { Ok(()) } else { Err(format!("the specification says valid = {want}, our schema {got}")) }
        };
        report.case(name, outcome.and_then(|()| verdicts()));
    }
    report
}

fn wanted(case: &Json) -> Vec<&str> {
    case["errors"].as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

fn stage_schema(case: &Json) -> Result<(), String> {
    let want = wanted(case);
    let checked = match case.get("text").and_then(Json::as_str) {
        Some(text) => Workload::parse_in(Mode::Compatible, Source::new("score.yaml", text)),
        None => Workload::from_document(Document::from_value(Value::from(case["document"].clone())), Mode::Compatible),
    };
    let problems = checked.diagnostics();
    if problems.has_errors() == want.is_empty() {
        return Err(format!("want {want:?}, got {problems}"));
    }
    let shown = problems.to_string();
    // score-go says: `/metadata` `missing properties: 'name'`.
    let names: Vec<&str> = want.iter().filter_map(|text| text.split('\'').nth(1)).collect();
    if names.iter().all(|name| shown.contains(&format!("`{name}`"))) {
        Ok(())
    } else {
        Err(format!("{want:?}: {shown}"))
    }
}

fn stage_semantic(document: &Json, case: &Json) -> Result<(), String> {
    let checked = Workload::from_document(Document::from_value(Value::from(document.clone())), Mode::Compatible);
    let problems: Vec<_> = checked.diagnostics().iter().collect();
    let codes_of = |text: &str| -> Result<(&str, Vec<String>), String> {
        let quoted = |quote: char| text.split(quote).skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let placeholder = text.split_inclusive('}').next().unwrap_or_default().trim_start_matches("placeholder ");
        Ok(match text {
            text if text.ends_with("is malformed") => ("malformed-placeholder", vec![placeholder.to_owned()]),
            text if text.contains("unsupported first element") => ("unknown-reference", vec![placeholder.to_owned()]),
            text if text.contains("does not resolve to a resource") => {
                ("undeclared-resource", vec![placeholder.to_owned()])
            }
            text if text.contains("self-referencing") => ("before-itself", quoted('"')),
            text if text.contains("refers to unknown container") => ("unknown-container", quoted('"')),
            text if text.contains("contain a cycle") => ("before-cycle", vec![]),
            "metadata.name is required" if document["metadata"].is_object() => {
                ("missing-field", vec!["name".to_owned()])
            }
            "metadata.name is required" => ("", vec!["metadata".to_owned()]),
            "metadata.name must be a non-empty string" => ("", vec!["name".to_owned()]),
            text => return Err(format!("no such message is known: {text}")),
        })
    };
    let want = wanted(case);
    for text in &want {
        let (code, names) = codes_of(text)?;
        let found = problems.iter().any(|problem| {
            (code.is_empty() || problem.code == code) && names.iter().all(|name| problem.message.contains(&**name))
        });
        if !found {
            return Err(format!("no problem like {text:?} among {:?}", checked.diagnostics()));
        }
    }
    let beyond = [
        "malformed-placeholder",
        "unknown-reference",
        "undeclared-resource",
        "before-itself",
        "unknown-container",
        "before-cycle",
    ];
    let extra = problems.iter().filter(|problem| beyond.contains(&&*problem.code)).count();
    if extra > want.len() { Err(format!("more than {want:?}: {}", checked.diagnostics())) } else { Ok(()) }
}

fn stage_upgrade(case: &Json) -> Result<(), String> {
    let document = Document::from_value(Value::from(case["document"].clone()));
    let (document, diagnostics) = upgrade(document, Mode::Compatible).into_parts();
    let want = wanted(case);
    if diagnostics.has_errors() == want.is_empty() {
        return Err(format!("want {want:?}, got {diagnostics}"));
    }
    let document = document.ok_or("nothing was made")?;
    if let Some(want) = case.get("upgraded").filter(|want| want.is_object())
        && document.value().expose() != *want
    {
        return Err(format!("want {want}, got {}", document.value().expose()));
    }
    let changes = case["changes"].as_array().map_or(0, Vec::len);
    if diagnostics.iter().filter(|problem| problem.code == "deprecated").count() == changes || !want.is_empty() {
        Ok(())
    } else {
        Err(format!("want {}, got {diagnostics}", case["changes"]))
    }
}
