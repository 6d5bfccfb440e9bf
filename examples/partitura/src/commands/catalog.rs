//! `catalog`: what a Score file may ask for in this environment.

use std::path::PathBuf;

use score_engine::resolver::Offer;

use super::DONE;
use crate::arguments::{Format, Options};
use crate::problem::{Problem, print_json, print_text};
use crate::site::{Site, context};

pub(super) fn run(options: &Options, files: &[PathBuf]) -> Result<u8, Problem> {
    let site = Site::find(options, files)?;
    let (platform, _) = site.needed_platform()?;
    let context = context(&platform, options)?;
    let offer = Offer::new(&platform, &context);
    if options.format == Format::Json {
        print_json(&offer.to_json());
    } else {
        print_text(&offer.to_string());
    }
    Ok(DONE)
}
