//! The commands, one a file. Each gives the status to exit with.

mod against;
mod catalog;
mod check;
mod down;
mod drift;
mod explain;
mod import;
mod outputs;
mod plan;
mod render;
mod resolve;
mod session;
mod state;
mod test;
mod up;
mod validate;

use crate::arguments::{Arguments, Command, Format};
use crate::problem::Problem;

const DONE: u8 = 0;
const WRONG: u8 = 1;
const CHANGES: u8 = 2;

/// Does what is asked.
pub(crate) fn run(arguments: Arguments) -> Result<u8, Problem> {
    let Arguments { command, options } = arguments;
    let formats: &[Format] = match command {
        Command::Resolve(_) => &[Format::Dot, Format::Mermaid, Format::Svg, Format::Html],
        Command::Plan { .. } => &[Format::Markdown],
        _ => &[],
    };
    if !matches!(options.format, Format::Text | Format::Json) && !formats.contains(&options.format) {
        return Err(Problem::usage("this command writes `text` and `json` only"));
    }
    match command {
        Command::Validate(files) => validate::run(&options, &files.files),
        Command::Check { strict, against, files } => check::run(&options, &files.files, strict, against.as_deref()),
        Command::Resolve(files) => resolve::run(&options, &files.files),
        Command::Explain { uid, files } => explain::run(&options, &uid, &files.files),
        Command::Catalog(files) => catalog::run(&options, &files.files),
        Command::Plan { files, options: plan, out, detailed_exitcode } => {
            plan::run(&options, &files.files, plan, out.as_deref(), detailed_exitcode)
        }
        Command::Up { files, options: plan, run, plan: saved } => {
            up::run(&options, &files.files, plan, &run, saved.as_deref())
        }
        Command::Down { files, run, all } => down::run(&options, &files.files, &run, all),
        Command::Drift { files, detailed_exitcode } => drift::run(&options, &files.files, detailed_exitcode),
        Command::Outputs { rest, show_secrets } => outputs::run(&options, &rest, show_secrets),
        Command::Render { document, files, out, show_secrets } => {
            render::run(&options, document, &files.files, out.as_deref(), show_secrets)
        }
        Command::Import { uid, files } => import::run(&options, &uid, &files.files),
        Command::Test(files) => test::run(&options, &files.files),
        Command::State(command) => state::run(&options, command),
    }
}
