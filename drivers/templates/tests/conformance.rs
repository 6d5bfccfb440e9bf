//! Recorded results of Go's own engine, from the directory in `SCORE_CONFORMANCE` or the one beside the workspace.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use score_templates::{Data, Functions, Host, Limits, Template, Text};
use serde_json::Value;

fn directory() -> Option<PathBuf> {
    let directory = std::env::var_os("SCORE_CONFORMANCE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"), PathBuf::from);
    if directory.is_dir() {
        return Some(directory);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is not there", directory.display());
    println!("skipped: {} is not there", directory.display());
    None
}

/// Values as the recording decoded them: all numbers floats, or those without fraction integers.
fn decode(value: &Value, floats: bool) -> Data {
    match value {
        Value::Number(number) if floats => Data::Float(number.as_f64().unwrap_or(f64::NAN)),
        Value::Array(items) => items.iter().map(|item| decode(item, floats)).collect(),
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| (key.as_str(), decode(value, floats))).collect::<Data>()
        }
        other => Data::from(other),
    }
}

/// Random functions as the recording had them: letters are `r`, digits are `7`.
fn fixed_randomness() -> Functions {
    let repeated = |letter: &'static str| {
        move |arguments: &[Data]| match arguments {
            [Data::Int(count)] => Ok(Data::from(letter.repeat(usize::try_from(*count).unwrap_or_default()))),
            _ => Err("wants one integer".to_owned()),
        }
    };
    Functions::default()
        .with("randAlphaNum", repeated("r"))
        .with("randAlpha", repeated("r"))
        .with("randAscii", repeated("r"))
        .with("randNumeric", repeated("7"))
        .with("uuidv4", |_| Ok(Data::from("00000000-0000-4000-8000-000000000000")))
        .with("encodeSecretRef", |arguments| match arguments {
            [Data::String(name), Data::String(key)] => {
                let (name, key) = (name.to_string_lossy(), key.to_string_lossy());
                Ok(Data::from(format!("🔐💬{name}_{key}💬🔐")))
            }
            _ => Err("wants two strings".to_owned()),
        })
        .with("substituteValue", |arguments| Ok(arguments.first().cloned().unwrap_or(Data::Null)))
}

fn host() -> Host {
    Host::default().with_seed("conformance").with_time(1_760_000_000, 0).with_variable("HOME", "/root")
}

type Outcome = Result<Vec<u8>, String>;

fn render(text: &str, data: &Data, functions: &Functions) -> Outcome {
    let template = Template::parse("", text, functions).map_err(|error| error.to_string())?;
    let rendered = template.render_bytes(data, &mut host(), Limits::default());
    rendered.map_err(|error| error.to_string())
}

fn show(outcome: &Outcome) -> String {
    match outcome {
        Ok(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        Err(message) => format!("ERROR {message}"),
    }
}

fn report(file: &str, total: usize, misses: &[String]) {
    println!("{file}: {} of {total} passed", total - misses.len());
    let shown: usize = std::env::var("SCORE_CONFORMANCE_SHOW").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    assert!(misses.is_empty(), "{file}:\n{}", misses.iter().take(shown).cloned().collect::<Vec<_>>().join("\n"));
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("readable");
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

fn decode_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        bits = bits << 6 | ALPHABET.iter().position(|letter| *letter == byte).expect("base64") as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}

#[test]
fn functions() {
    let Some(directory) = directory() else { return };
    let (fixed, plain) = (fixed_randomness(), Functions::default());
    let mut misses = Vec::new();
    let records = lines(&directory.join("gotemplate_functions.jsonl"));
    for record in &records {
        let text = |key: &str| record[key].as_str();
        let data = decode(&record["data"], text("ints") == Some("float64"));
        let wanted: Outcome = match (text("output"), text("output_base64"), text("error")) {
            (Some(output), ..) => Ok(output.as_bytes().to_vec()),
            (_, Some(output), _) => Ok(decode_base64(output)),
            (.., error) => Err(error.expect("an outcome").to_owned()),
        };
        let substituted = record["substituted"].as_bool() == Some(true) && wanted.is_ok();
        let template = text("template").expect("a template");
        let got = render(template, &data, if substituted { &fixed } else { &plain });
        if got != wanted {
            let name = text("name").unwrap_or_default();
            misses.push(format!("{name} {template:?}\n  want {}\n  got  {}", show(&wanted), show(&got)));
        }
    }
    report("gotemplate_functions.jsonl", records.len(), &misses);
}

#[test]
fn renders() {
    let Some(directory) = directory() else { return };
    let functions = fixed_randomness();
    let mut misses = Vec::new();
    let records = lines(&directory.join("gotemplate_renders.jsonl"));
    for record in &records {
        let data = decode(&record["data"], false);
        let template = record["tmpl"].as_str().expect("a template");
        let got = render(template, &data, &functions);
        let matches = match &got {
            Ok(bytes) => record["ok"] == true && record["out"].as_str().map(str::as_bytes) == Some(bytes.as_slice()),
            Err(_) => record["ok"] == false,
        };
        if !matches {
            let (id, want, err) = (&record["id"], &record["out"], &record["err"]);
            misses.push(format!("{id}\n  want {want} {err}\n  got  {}", show(&got)));
        }
    }
    report("gotemplate_renders.jsonl", records.len(), &misses);
}

/// Every template of the collection parses, with the functions that the reference tools have.
#[test]
fn templates() {
    let Some(directory) = directory() else { return };
    let functions = fixed_randomness();
    let text = std::fs::read_to_string(directory.join("gotemplate.json")).expect("readable");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let mut found = BTreeMap::new();
    collect(&document, &mut found);
    let misses: Vec<String> = found
        .keys()
        .filter_map(|text| Template::parse("", text, &functions).err().map(|error| format!("{text:?}: {error}")))
        .collect();
    report("gotemplate.json", found.len(), &misses);
}

fn collect<'v>(value: &'v Value, found: &mut BTreeMap<&'v str, Text>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(entries) => {
            for (key, value) in entries {
                match value {
                    Value::String(text) if key == "template" => {
                        found.insert(text, Text::default());
                    }
                    other => collect(other, found),
                }
            }
        }
        _ => {}
    }
}
