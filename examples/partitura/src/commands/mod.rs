//! The commands, one a file. Each gives the status to exit with.

mod catalog;
mod check;
mod explain;
mod resolve;
mod session;
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
        Command::Check { strict, files } => check::run(&options, &files.files, strict),
        Command::Catalog(files) => catalog::run(&options, &files.files),
        Command::Resolve(files) => resolve::run(&options, &files.files),
        Command::Explain { uid, files } => explain::run(&options, &uid, &files.files),
        _ => Err(Problem::not_built("this command")),
    }
}
