//! `down`: destroys what is recorded, in reverse.

use std::path::PathBuf;

use score_engine::Goal;
use score_engine::resolver::PlanOptions;

use super::plan::Wanted;
use super::up::{Purpose, deploy};
use crate::arguments::{Options, RunArguments};
use crate::problem::Problem;
use crate::site::Site;

pub(super) fn run(options: &Options, files: &[PathBuf], run: &RunArguments, all: bool) -> Result<u8, Problem> {
    let site = Site::find(options, files)?;
    let context = site.context(options)?;
    let options_of_plan = PlanOptions::default().all(all);
    let wanted = Wanted { platform: None, context, goal: Goal::down(), options: options_of_plan };
    deploy(options, &site, run, Purpose::Wanted(Box::new(wanted)))
}
