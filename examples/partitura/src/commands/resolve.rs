//! `resolve`: the resolved graph of the files given.

use std::path::PathBuf;

use super::DONE;
use super::session::resolution;
use crate::arguments::{Format, Options};
use crate::problem::{Problem, print_json, print_text};
use crate::site::Site;

pub(super) fn run(options: &Options, files: &[PathBuf]) -> Result<u8, Problem> {
    let site = Site::find(options, files)?;
    let resolution = resolution(options, &site)?;
    match options.format {
        Format::Json => print_json(&resolution.to_json()),
        Format::Dot => print_text(&resolution.to_dot()),
        Format::Mermaid => print_text(&resolution.to_mermaid()),
        Format::Svg => print_text(&resolution.to_svg()),
        Format::Html => print_text(&resolution.to_html()),
        _ => print_text(&resolution.to_string()),
    }
    Ok(DONE)
}
