//! Placeholders, overrides, uids, embedding, and the smaller things.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use score_model::{
    Cpu, Document, Escapes, Lookup, Memory, Mode, Nulls, Property, Resource, ResourceUid, Source, Template, Value,
    Whole, Workload, property_path, substitute, yaml,
};
use serde_json::{Value as Json, json};

use crate::{Report, cases, file};

fn text(json: &Json) -> &str {
    json.as_str().unwrap_or_default()
}

fn equal<T: PartialEq + std::fmt::Debug>(got: T, want: T) -> Result<(), String> {
    if got == want { Ok(()) } else { Err(format!("want {want:?}, got {got:?}")) }
}

/// A result as recorded: a value, or a message that contains the error.
fn outcome(got: Result<Value, String>, case: &Json) -> Result<(), String> {
    match (got, case.get("error").and_then(Json::as_str)) {
        (Ok(got), None) => equal(got.expose(), case["expected"].clone()),
        (Err(got), Some(want)) if got.contains(want) => Ok(()),
        (got, _) => Err(format!("got {:?}, want {case}", got.map(|value| value.expose()))),
    }
}

pub(crate) fn placeholders(path: &Path) -> Report {
    let mut report = Report::default();
    let data = file(path);
    let metadata = Value::from(data["context"]["metadata"].clone());
    let resource = |name: &str, keys: &[Arc<str>]| {
        let resource = data["context"]["resources"].get(name)?;
        let keys: Vec<&str> = keys.iter().map(|key| &**key).collect();
        let lookup = resource["lookups"].as_array()?.iter().find(|lookup| lookup["keys"] == json!(keys));
        Some(match lookup {
            Some(lookup) => match lookup.get("error") {
                Some(error) => Err(text(error).to_owned()),
                None => Ok(Value::from(lookup["value"].clone())),
            },
            None => Err(format!("key '{}' not found", keys.last().unwrap_or(&""))),
        })
    };
    let scope = Lookup { metadata: &metadata, resource: &resource };
    let mut find = |reference: &str| scope.find(reference).map_err(|error| error.to_string());
    for case in data["references"].as_array().into_iter().flatten() {
        let got = find(text(&case["input"]));
        let got = got.map(|value| Value::from(value.to_text().unwrap_or_default().into_owned()));
        report.case(text(&case["name"]), outcome(got, case));
    }
    for case in ["strings", "values"].iter().flat_map(|kind| data[kind].as_array().into_iter().flatten()) {
        let got = substitute(&Value::from(case["input"].clone()), Whole::IsText, &mut find);
        let shown = |(path, error): (score_model::Path, String)| {
            path.keys().iter().map(|key| format!("{key}: ")).chain([error]).collect::<String>()
        };
        let got = got.map_err(|errors| errors.into_iter().map(shown).collect::<Vec<_>>().join("\n"));
        report.case(text(&case["name"]), outcome(got, case));
    }
    for case in data["custom"].as_array().into_iter().flatten() {
        if case["replacer"].is_null() {
            // A function cannot be absent here.
            report.passed += 1;
            continue;
        }
        let template = Template::parse_with(text(&case["input"]), Escapes::Score, &mut |escape| escape.repeat(2));
        let got = template.render(Whole::IsText, &mut |inner| Ok::<_, String>(Value::from(inner.to_uppercase())));
        report.case(text(&case["name"]), outcome(got.map_err(|errors| errors.join("\n")), case));
    }
    report
}

pub(crate) fn overrides(path: &Path) -> Report {
    let mut report = Report::default();
    let data = file(path);
    for case in data["dot_paths"].as_array().into_iter().flatten() {
        let got: Vec<String> = property_path(text(&case["input"])).iter().map(ToString::to_string).collect();
        report.case(text(&case["name"]), equal(json!(got), case["expected"].clone()));
    }
    for case in data["path_sets"].as_array().into_iter().flatten() {
        let keys: Vec<&str> = case["path"].as_array().into_iter().flatten().map(text).collect();
        let property = match case["delete"] == true {
            true => Property::delete(keys),
            false => Property::set(keys, Value::from(case["value"].clone())),
        };
        let document = Document::from_value(Value::from(case["spec"].clone()));
        let got = document.with_property(&property);
        let got = got.map(|document| document.value().clone()).map_err(|error| error.to_string());
        let unchanged = equal(document.value().expose(), case["spec"].clone());
        report.case(text(&case["name"]), outcome(got, case).and(unchanged));
    }
    for case in data["merges"].as_array().into_iter().flatten() {
        let document = |key: &str| Document::from_value(Value::from(case[key].clone()));
        let (input, over) = (document("input"), document("overrides"));
        let got = input.merged(&over, Nulls::DeleteExisting).value().clone();
        let unchanged = equal(input.value().expose(), case["input"].clone());
        report.case(text(&case["name"]), outcome(Ok(got), case).and(unchanged));
    }
    report
}

pub(crate) fn resource_uid(path: &Path) -> Report {
    let mut report = Report::default();
    for case in cases(path) {
        let mut builder = Resource::builder(text(&case["type"]));
        builder = case["class"].as_str().map_or(builder.clone(), |class| builder.class(class));
        builder = case["id"].as_str().map_or(builder.clone(), |id| builder.id(id));
        let (workload, name) = (text(&case["workload"]), text(&case["resource"]));
        let built = Workload::builder(workload).resource(name, builder).build();
        let got = built.value().and_then(|workload| workload.resource_uid(name));
        let parsed = text(&case["uid"]).parse::<ResourceUid>().map_err(|error| error.to_string()).and_then(|uid| {
            let parts = json!({"type": uid.ty(), "class": uid.class(), "id": uid.id()});
            equal(parts, case["parsed"].clone())
        });
        let outcome = equal(got.map(|uid| uid.to_string()), case["uid"].as_str().map(str::to_owned)).and(parsed);
        report.case(text(&case["name"]), outcome);
    }
    report
}

pub(crate) fn normalize(path: &Path) -> Report {
    let mut report = Report::default();
    for case in cases(path) {
        let document = Document::from_value(Value::from(case["input"].clone()));
        let files: BTreeMap<String, Vec<u8>> = case["files_base64"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, bytes)| {
                let bytes = base64::engine::general_purpose::STANDARD.decode(text(bytes));
                (name.clone(), bytes.unwrap_or_default())
            })
            .collect();
        let checked = document.embed_files(&mut |source| {
            let relative = source.strip_prefix("./").unwrap_or(source);
            let path = if source.starts_with('/') {
                source.to_owned()
            } else {
                format!("{}/{relative}", text(&case["base_dir"]))
            };
            files.get(&path).cloned().ok_or_else(|| format!("open {path}: no such file or directory"))
        });
        let got = match checked.into_result() {
            Ok((document, _)) => Ok(document.value().clone()),
            Err(diagnostics) => Err(diagnostics.to_string()),
        };
        report.case(text(&case["name"]), outcome(got, &case));
    }
    report
}

pub(crate) fn units(path: &Path) -> Report {
    let mut report = Report::default();
    for case in cases(path) {
        let outcome = match text(&case["kind"]) {
            "merge_patch" => {
                let document = |key: &str| Document::from_value(Value::from(case[key].clone()));
                let got = document("current").merged(&document("patch"), Nulls::Delete);
                outcome(Ok(got.value().clone()), &case)
            }
            "parse_resource_limits" => limits(&case),
            "decode_yaml" => match Document::parse(Source::new("case", text(&case["text"]))).into_result() {
                Ok((document, _)) => match case.get("expected") {
                    Some(want) => equal(document.value().expose(), want.clone()),
                    None => Ok(()),
                },
                Err(_) if case.get("error").is_some() => Ok(()),
                Err(error) => Err(error.to_string()),
            },
            "format_yaml" => equal(yaml::write(&Value::from(case["data"].clone())), text(&case["expected"]).to_owned()),
            // The others belong to the crates that do what they are about.
            _ => continue,
        };
        report.case(text(&case["name"]), outcome);
    }
    report
}

fn limits(case: &Json) -> Result<(), String> {
    let input = |key: &str| case["input"].get(key).and_then(Json::as_str);
    let cpu = input("cpu").map(Cpu::new).transpose();
    let memory = input("memory").map(Memory::new).transpose();
    match (cpu, memory, case.get("error")) {
        (Ok(cpu), Ok(memory), None) => {
            let got =
                json!({"milli_cpus": cpu.map(|cpu| cpu.millis()), "memory_bytes": memory.map(|memory| memory.bytes())});
            equal(got, case["expected"].clone())
        }
        (Err(_), _, Some(_)) | (_, Err(_), Some(_)) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

pub(crate) fn state(path: &Path) -> Report {
    let mut report = Report::default();
    for case in cases(path) {
        let workloads: Vec<Workload> = case["workloads"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|json| {
                let document = Document::from_value(Value::from(json.clone()));
                Workload::from_document(document, Mode::Compatible).value().cloned()
            })
            .collect();
        let expected = &case["expected"];
        let outcome = match text(&case["operation"]) {
            "add" => {
                let names: BTreeSet<&str> = workloads.iter().map(|workload| &*workload.name).collect();
                expected.get("workload_names").map_or(Ok(()), |want| equal(json!(names), want.clone()))
            }
            "prime" => {
                let uids: BTreeSet<String> = uids(&workloads).collect();
                let want = expected["resources"].as_object();
                want.map_or(Ok(()), |want| equal(uids, want.keys().cloned().collect()))
            }
            "round_trip_yaml" | "round_trip_json" => workloads.iter().try_for_each(|workload| {
                let name = &*workload.name;
                let written = yaml::write(workload.document().value());
                let (document, _) =
                    Document::parse(Source::new("case", written)).into_result().map_err(|e| e.to_string())?;
                let read = Workload::from_document(document, Mode::Compatible).value().cloned().ok_or("unreadable")?;
                let read = read.document().value();
                let at = |path: &[&str]| read.get(&path.iter().copied().collect()).unwrap_or_default().expose();
                equal(at(&["metadata"]), expected["workload_metadata"][name].clone())?;
                let resources = expected["resource_metadata"][name].as_object();
                resources
                    .into_iter()
                    .flatten()
                    .try_for_each(|(resource, want)| equal(at(&["resources", resource, "metadata"]), want.clone()))
            }),
            // What is sorted, and what is kept, is for others.
            _ => continue,
        };
        report.case(text(&case["name"]), outcome);
    }
    report
}

fn uids(workloads: &[Workload]) -> impl Iterator<Item = String> {
    workloads.iter().flat_map(|workload| {
        workload.resources.keys().filter_map(|name| workload.resource_uid(name)).map(|uid| uid.to_string())
    })
}
