//! `validate`: every problem of every file, and against a platform, if there is one.

use std::path::PathBuf;

use score_engine::model::{Diagnostic, Diagnostics, Place};
use score_engine::resolver::Resolver;
use serde_json::json;

use super::session::{registry, variables};
use super::{DONE, WRONG};
use crate::arguments::{Format, Options};
use crate::problem::{Problem, print_json, print_text};
use crate::site::{Site, context};

pub(super) fn run(options: &Options, files: &[PathBuf]) -> Result<u8, Problem> {
    let site = Site::find(options, files)?;
    if files.is_empty() {
        return Err(Problem::usage("no Score file is given"));
    }
    let found = find(options, &site);
    let found = match found {
        Ok(found) | Err(Problem::Wrong(found)) => found,
        Err(usage) => return Err(usage),
    };
    if options.format == Format::Json {
        print_json(&json!({"diagnostics": found}));
    } else {
        print_text(&found.to_string());
    }
    Ok(if found.has_errors() { WRONG } else { DONE })
}

/// Everything that is found. Where files alone are wrong already, the platform is asked about what can be understood of them. Of a broken platform is told, too.
fn find(options: &Options, site: &Site) -> Result<Diagnostics, Problem> {
    let (workloads, mut found) = site.workloads()?;
    site.has_score_files()?;
    match site.platform() {
        Ok(None) => {}
        Ok(Some((platform, warnings))) => {
            let context = context(&platform, options)?;
            found.append(warnings);
            let resolver = Resolver::new(platform).drivers(registry(options, site).catalogue()).variables(variables());
            let further = resolver.resolve(&context, &workloads).into_parts().1;
            // What is wrong is left out, and may be missed there.
            let told = |problem: &Diagnostic| {
                let known = found.iter().filter_map(|known| known.place.as_ref());
                problem.place.as_ref().is_some_and(|place| known.clone().any(|known| is_within(known, place)))
            };
            let further: Vec<Diagnostic> = further.into_iter().filter(|problem| !told(problem)).collect();
            found.extend(further);
        }
        Err(Problem::Wrong(broken)) => found.append(broken),
        Err(usage) => return Err(usage),
    }
    found.sort();
    Ok(found)
}

/// Whether one place lies in another.
fn is_within(inner: &Place, outer: &Place) -> bool {
    let (span, outer_span) = (inner.span, outer.span);
    inner.source.name() == outer.source.name() && outer_span.start <= span.start && span.end <= outer_span.end
}
