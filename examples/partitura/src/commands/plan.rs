//! `plan`: what would change.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_executor::block_on;
use score_engine::Goal;
use score_engine::resolver::{Context, PlanOptions, Platform};

use super::session::{Given, engine, given};
use super::{CHANGES, DONE};
use crate::arguments::{Format, Options, PlanArguments};
use crate::problem::{Problem, print_json, print_notes, print_text, write_private};
use crate::site::Site;

pub(super) fn run(
    options: &Options,
    files: &[PathBuf],
    plan: PlanArguments,
    out: Option<&Path>,
    detailed: bool,
) -> Result<u8, Problem> {
    let site = Site::find(options, files)?;
    let Wanted { platform, context, goal, options: plan } = wanted(options, &site, plan)?;
    let engine = engine(options, &site, platform)?;
    let plan = block_on(engine.plan(&context, goal, plan))?;
    if let Some(out) = out {
        let text = engine.save(&plan)?;
        write_private(out, &text)?;
    }
    match options.format {
        Format::Json => {
            print_notes(plan.warnings());
            print_json(&plan.redacted());
        }
        Format::Markdown => print_text(&plan.to_markdown()),
        _ => print_text(&plan.to_string()),
    }
    let status = if detailed && plan.has_changes() { CHANGES } else { DONE };
    // The process ends: nobody needs its memory back piece by piece.
    std::mem::forget(plan);
    Ok(status)
}

/// What is wanted, of whom and where.
pub(super) struct Wanted {
    pub(super) platform: Option<Arc<Platform>>,
    pub(super) context: Context,
    pub(super) goal: Goal,
    pub(super) options: PlanOptions,
}

/// What the arguments of `plan` and `up` want, warnings told.
pub(super) fn wanted(options: &Options, site: &Site, plan: PlanArguments) -> Result<Wanted, Problem> {
    let mut planned = PlanOptions::default().refresh(plan.refresh);
    planned.targets = plan.targets;
    planned.excludes = plan.excludes;
    planned.replace = plan.replaces;
    if plan.destroy {
        return Ok(Wanted { platform: None, context: site.context(options)?, goal: Goal::down(), options: planned });
    }
    let Given { platform, context, workloads } = given(options, site)?;
    let goal = Goal::up(workloads).prune(plan.prune);
    let planned = planned.sources(site.sources(&[])?);
    Ok(Wanted { platform: Some(platform), context, goal, options: planned })
}
