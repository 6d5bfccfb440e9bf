//! What the programs of the Score tools have in common: flags and commands that are the same in both, and how they speak.
//!
//! A program flattens these into its own arguments, adds what is its own, and leaves the rest to [`run`].

mod completion;
mod flags;
mod generate;
mod initialise;
mod inspect;
mod refusal;

use std::error::Error;
use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser};

use crate::{InitOptions, ProjectDirectory, World};

use refusal::Refusal;

pub use completion::{Completion, Descriptions};
pub use flags::command;
pub use generate::{GenerateArguments, deliver, given};
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
    /// Says what was done, on standard error: a line for each.
    pub fn log(&self, lines: impl IntoIterator<Item = impl Display>) {
        self.say("INFO", lines);
    }

    /// Says what is not as it was meant, on standard error: a line for each.
    pub fn warn(&self, lines: impl IntoIterator<Item = impl Display>) {
        self.say("WARN", lines);
    }

    fn say(&self, level: &str, lines: impl IntoIterator<Item = impl Display>) {
        if !self.quiet {
            say(lines.into_iter().map(|line| format!("{level}: {line}\n")).collect());
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
    verbosity.log(project.initialise(project.dialect, options, world)?);
    Ok(String::new())
}

/// Reads the arguments of the process, does what `program` does with them, and prints what it answers. What goes wrong is said as the Score tools do, after `Error: `, and ends with 1.
pub fn run<A: Parser>(program: impl FnOnce(A) -> Result<String, Box<dyn Error>>) -> ExitCode {
    let given: Vec<OsString> = std::env::args_os().collect();
    let matches = flags::command::<A>().try_get_matches_from(&given);
    let arguments = match matches.and_then(|mut matches| A::from_arg_matches_mut(&mut matches)) {
        Ok(arguments) => arguments,
        Err(help) if !help.use_stderr() || help.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            print(&help.to_string());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let given: Vec<String> = given.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
            let refusal = Refusal::new(&error, flags::command::<A>(), &given);
            print(&refusal.out);
            say(refusal.err);
            return refusal.status;
        }
    };
    match program(arguments) {
        Ok(answer) => {
            print(&answer);
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(format!("Error: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Whoever no longer reads is not told: a pipe may end early.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// All at once: standard error passes on each piece by itself.
fn say(text: String) {
    drop(std::io::stderr().lock().write_all(text.as_bytes()));
}
