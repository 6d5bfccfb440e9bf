//! Flags as the Score tools read them.

use clap::{ArgAction, Command, CommandFactory};

/// The command of a program, whose flags may be said to be true or false (`--quiet`, `--quiet=true`, `--quiet=false`), or take what follows them, whatever it is (`--output -o`).
pub fn command<A: CommandFactory>() -> Command {
    with_values(A::command())
}

fn with_values(command: Command) -> Command {
    let command = command.mut_args(|argument| match argument.get_action() {
        ArgAction::SetTrue => argument
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_value("false")
            .default_missing_value("true")
            .value_parser(value)
            .value_name("BOOL")
            .hide_default_value(true),
        ArgAction::Set | ArgAction::Append if !argument.is_positional() => argument.allow_hyphen_values(true),
        _ => argument,
    });
    command.mut_subcommands(with_values)
}

/// As Go's `strconv.ParseBool` reads it.
fn value(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err("it is true or false".into()),
    }
}
