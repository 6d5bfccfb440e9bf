//! `outputs`: what is recorded as outputs.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use score_engine::model::{ResourceUid, Value};
use serde_json::Value as Json;

use super::DONE;
use super::session::snapshot;
use crate::arguments::{Format, Options};
use crate::problem::{Problem, print_json, print_text};
use crate::site::Site;

pub(super) fn run(options: &Options, rest: &[String], show_secrets: bool) -> Result<u8, Problem> {
    let (uids, files) = split(rest)?;
    let site = Site::find(options, &files)?;
    let (snapshot, _) = snapshot(options, &site)?;
    if let Some(unknown) = uids.iter().find(|uid| snapshot.object(uid).is_none()) {
        return Err(Problem::wrong("unknown-uid", format!("nothing is recorded of `{unknown}`")));
    }
    let shown = |value: &Value| if show_secrets { value.expose() } else { value.redacted() };
    let outputs = snapshot.outputs().filter(|(uid, _)| uids.is_empty() || uids.contains(uid));
    if options.format == Format::Json {
        print_json(&Json::Object(outputs.map(|(uid, value)| (uid.to_string(), shown(value))).collect()));
        return Ok(DONE);
    }
    let mut text = String::new();
    for (uid, value) in outputs {
        let Some(map) = value.as_map().filter(|map| !map.is_empty()) else { continue };
        // Writing to a text does not fail.
        let _ = writeln!(text, "{uid}");
        for (key, value) in map {
            let _ = match shown(value) {
                Json::String(value) => writeln!(text, "  {key} = {value}"),
                Json::Object(fields) if fields.contains_key("$secret") => writeln!(text, "  {key} = <secret>"),
                other => writeln!(text, "  {key} = {other}"),
            };
        }
    }
    print_text(&text);
    Ok(DONE)
}

/// Uids, and files or directories.
fn split(rest: &[String]) -> Result<(Vec<ResourceUid>, Vec<PathBuf>), Problem> {
    let (mut uids, mut files) = (Vec::new(), Vec::new());
    for given in rest {
        match given.parse::<ResourceUid>() {
            Ok(uid) if !Path::new(given).exists() => uids.push(uid),
            Err(error) if !Path::new(given).exists() => {
                let neither = format!("`{given}` is neither a file nor a resource: {error}");
                return Err(Problem::usage(if given.contains('#') { error.to_string() } else { neither }));
            }
            _ => files.push(given.into()),
        }
    }
    Ok((uids, files))
}
