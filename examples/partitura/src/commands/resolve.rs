//! `resolve`: the resolved graph of the files given.

use std::path::PathBuf;

use super::DONE;
use super::session::resolution;
use crate::arguments::{Format, Options};
use crate::problem::{Problem, print_json, print_text};
use crate::site::Site;

pub(super) fn run(options: &Options, files: &[PathBuf]) -> Result<u8, Problem> {
    if matches!(options.format, Format::Svg | Format::Html) {
        return Err(Problem::not_built("this format"));
    }
    let site = Site::find(options, files)?;
    let resolution = resolution(options, &site)?;
    match options.format {
        Format::Json => print_json(&resolution.to_json()),
        Format::Dot => print_text(&resolution.to_dot()),
        Format::Mermaid => print_text(&resolution.to_mermaid()),
        _ => print_text(&resolution.to_string()),
    }
    Ok(DONE)
}
