//! `check`: proves the platform, and tells what it would change if it took the place of another one.

use std::path::{Path, PathBuf};

use futures_executor::block_on;
use score_engine::drivers::Call;
use score_engine::resolver::{Context, check};
use serde_json::json;

use super::against::Against;
use super::session::registry;
use super::{DONE, WRONG};
use crate::arguments::{Format, Options};
use crate::problem::{Problem, print_json, print_text};
use crate::site::{self, Site};

pub(super) fn run(options: &Options, files: &[PathBuf], strict: bool, against: Option<&Path>) -> Result<u8, Problem> {
    let site = Site::find(options, files)?;
    let (platform, mut found) = site.platform_as_it_is()?;
    if let Some(platform) = &platform {
        site::may_be_meant(platform, options)?;
    }
    let loads = !found.has_errors();
    // What stands in a file that cannot be read is missing everywhere else.
    let is_read = !found.iter().any(|problem| problem.code == "syntax");
    let proved = platform.as_ref().filter(|_| is_read);
    let registry = registry(options, &site);
    let proof = proved.map(|platform| check(platform, &registry.catalogue(), strict)).unwrap_or_default();
    found.append(proof.diagnostics);
    if let Some(platform) = proved {
        // Whatever the environment is.
        let call = Call::new(Context::new("").scope());
        found.append(block_on(registry.unsound_modules(platform, &call)));
    }
    let against = match (against, platform) {
        (Some(old), Some(platform)) if loads => Some(Against::new(options, &site, platform, old)?),
        // What does not load is compared with nothing.
        (old, _) => old.map(|_| Against::default()),
    };
    if let Some(against) = &against {
        found.append(against.problems.clone());
    }
    found.sort();
    if options.format == Format::Json {
        let promised: Vec<_> =
            proof.promised.iter().map(|promise| json!({"module": promise.module, "output": promise.output})).collect();
        let mut result = json!({"diagnostics": found, "promised": promised});
        if let Some(against) = &against {
            result["impact"] = against.to_json();
        }
        print_json(&result);
    } else {
        print_text(&found.to_string());
        for promise in &proof.promised {
            print_text(&format!(
                "promised, not proven: `{}` gives the output `{}`; only its driver knows",
                promise.module, promise.output
            ));
        }
        if let Some(against) = &against {
            print_text(&against.to_string());
        }
    }
    Ok(if found.has_errors() { WRONG } else { DONE })
}
