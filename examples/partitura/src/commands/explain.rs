//! `explain`: why this module; why not the others.

use std::path::PathBuf;

use score_engine::model::ResourceUid;

use super::DONE;
use super::session::resolution;
use crate::arguments::{Format, Options};
use crate::problem::{Problem, print_json, print_text};
use crate::site::Site;

pub(super) fn run(options: &Options, uid: &ResourceUid, files: &[PathBuf]) -> Result<u8, Problem> {
    let site = Site::find(options, files)?;
    let resolution = resolution(options, &site)?;
    let Some(explanation) = resolution.explain(uid) else {
        return Err(Problem::wrong("unknown-uid", format!("`{uid}` is not in the resolution of the files given")));
    };
    if options.format == Format::Json {
        print_json(&explanation.to_json());
    } else {
        print_text(&explanation.to_string());
    }
    Ok(DONE)
}
