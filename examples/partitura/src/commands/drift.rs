//! `drift`: what differs in the world from what was recorded.

use std::path::PathBuf;

use futures_executor::block_on;
use score_engine::model::Value;
use score_engine::resolver::DriftStatus;
use serde_json::Value as Json;

use super::session::engine;
use super::{CHANGES, DONE};
use crate::arguments::{Format, Options};
use crate::problem::{Problem, print_json, print_text};
use crate::site::Site;

pub(super) fn run(options: &Options, files: &[PathBuf], detailed: bool) -> Result<u8, Problem> {
    let site = Site::find(options, files)?;
    let scope = site.context(options)?.scope();
    let drift = block_on(engine(options, &site, None)?.drift(&scope))?;
    if options.format == Format::Json {
        print_json(&drift.redacted());
    } else {
        for drifted in drift.drifted() {
            let status = match drifted.status {
                DriftStatus::Gone => "gone",
                DriftStatus::Changed if !drifted.incomplete => "changed",
                DriftStatus::Changed if drifted.changes.is_empty() => "incomplete: something of it remains to be done",
                DriftStatus::Changed => "changed, and something of it remains to be done",
                _ => "nobody can tell",
            };
            print_text(&format!("{}: {status}", drifted.uid));
            for change in &drifted.changes {
                let shown = |value: &Option<Value>| value.as_ref().map_or(Json::Null, Value::redacted);
                let (recorded, observed) = (shown(&change.recorded), shown(&change.observed));
                print_text(&format!("    {}: recorded {recorded}, found {observed}", change.path));
            }
        }
    }
    Ok(if detailed && drift.has_changes() { CHANGES } else { DONE })
}
