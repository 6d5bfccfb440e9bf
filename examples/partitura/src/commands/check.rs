//! `check`: proves the platform.

use std::path::PathBuf;

use score_engine::resolver::check;
use serde_json::json;

use super::session::registry;
use super::{DONE, WRONG};
use crate::arguments::{Format, Options};
use crate::problem::{Problem, print_json, print_text};
use crate::site::{self, Site};

pub(super) fn run(options: &Options, files: &[PathBuf], strict: bool) -> Result<u8, Problem> {
    let site = Site::find(options, files)?;
    let (platform, mut found) = site.platform_as_it_is()?;
    if let Some(platform) = &platform {
        site::may_be_meant(platform, options)?;
    }
    let proof =
        platform.map(|platform| check(&platform, &registry(options, &site).catalogue(), strict)).unwrap_or_default();
    found.append(proof.diagnostics);
    found.sort();
    if options.format == Format::Json {
        let promised: Vec<_> =
            proof.promised.iter().map(|promise| json!({"module": promise.module, "output": promise.output})).collect();
        print_json(&json!({"diagnostics": found, "promised": promised}));
    } else {
        print_text(&found.to_string());
        for promise in &proof.promised {
            print_text(&format!(
                "promised, not proven: `{}` gives the output `{}`; only its driver knows",
                promise.module, promise.output
            ));
        }
    }
    Ok(if found.has_errors() { WRONG } else { DONE })
}
