//! What the programs of the Score tools have in common: flags and commands that are the same in both, and how they speak.
//!
//! A program flattens these into its own arguments, adds what is its own, and leaves the rest to [`run`].

mod generate;
mod initialise;
mod inspect;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser};

use crate::{InitOptions, ProjectDirectory, World};

pub use generate::{GenerateArguments, deliver};
pub use initialise::InitArguments;
pub use inspect::{Format, Inspect, Provisioners, Resources};

/// How much a program says beside what was asked for.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct Verbosity {
    /// Say nothing but what was asked for.
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Say more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

impl Verbosity {
    /// Says what was done, on standard error.
    pub fn log(&self, line: &str) {
        if !self.quiet {
            say(&format!("INFO: {line}"));
        }
    }
}

/// Makes a project, and says what was done.
///
/// # Errors
/// Those of [`ProjectDirectory::initialise`].
pub fn initialise(
    project: &ProjectDirectory,
    options: &InitOptions,
    world: &World,
    verbosity: &Verbosity,
) -> Result<String, Box<dyn Error>> {
    project.initialise(project.dialect, options, world)?.iter().for_each(|line| verbosity.log(line));
    Ok(String::new())
}

/// Reads the arguments of the process, does what `program` does with them, and prints what it answers. What goes wrong is said as the Score tools do, after `Error: `, and ends with 1.
pub fn run<A: Parser>(program: impl FnOnce(A) -> Result<String, Box<dyn Error>>) -> ExitCode {
    let arguments = match A::try_parse() {
        Ok(arguments) => arguments,
        Err(help) if !help.use_stderr() || help.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            print(&help.to_string());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            say(error.to_string().replacen("error: ", "Error: ", 1).trim_end());
            return ExitCode::FAILURE;
        }
    };
    match program(arguments) {
        Ok(answer) => {
            print(&answer);
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("Error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Whoever no longer reads is not told: a pipe may end early.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

fn say(line: &str) {
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}
