//! What is said of arguments that cannot be taken, as the Score tools say it.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, Command, Error};

/// What a program answers to arguments that it cannot take.
pub(super) struct Refusal {
    /// For standard output: help.
    pub(super) out: String,
    /// For standard error.
    pub(super) err: String,
    pub(super) status: ExitCode,
}

impl Refusal {
    /// Of the arguments `given` to the program whose command is `root`.
    pub(super) fn new(error: &Error, mut root: Command, given: &[String]) -> Self {
        root.build();
        let (path, mut command, rest) = called(&root, given);
        if error.kind() == ErrorKind::InvalidSubcommand && path.len() > 1 {
            let help = command.render_help().to_string();
            return match (&*path.join(" "), rest) {
                (words, [topic, ..]) if words.ends_with(" help") => {
                    let err = format!("Unknown help topic [`{topic}`]\n{}\n", root.render_usage());
                    Self { out: String::new(), err, status: ExitCode::SUCCESS }
                }
                _ => Self { out: help, err: String::new(), status: ExitCode::SUCCESS },
            };
        }
        let usage = match error.kind() {
            ErrorKind::InvalidSubcommand => String::new(),
            _ => format!("{}\n\n", command.render_usage()),
        };
        let message = message(error, &path.join(" "), &command, rest);
        Self { out: String::new(), err: format!("{usage}Error: {message}\n"), status: ExitCode::FAILURE }
    }
}

/// The names of the command that was called, the command, and the arguments after its name.
fn called<'g>(root: &Command, given: &'g [String]) -> (Vec<String>, Command, &'g [String]) {
    let (mut path, mut command, mut rest) = (vec![root.get_name().to_owned()], root, given);
    for (index, word) in given.iter().enumerate() {
        if let Some(found) = command.find_subcommand(word) {
            path.push(word.clone());
            (command, rest) = (found, &given[index + 1..]);
        }
    }
    (path, command.clone(), rest)
}

fn message(error: &Error, path: &str, command: &Command, rest: &[String]) -> String {
    let told = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        Some(ContextValue::Strings(texts)) => texts.first().map_or("", String::as_str),
        _ => "",
    };
    // `--output <OUTPUT>`, `--quiet[=<BOOL>]`
    let flag = told(ContextKind::InvalidArg).split([' ', '=', '[', '.']).next().unwrap_or_default();
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let unknown = told(ContextKind::InvalidSubcommand);
            let similar = told(ContextKind::SuggestedSubcommand);
            let similar =
                if similar.is_empty() { String::new() } else { format!("\n\nDid you mean this?\n\t{similar}\n") };
            format!("unknown command \"{unknown}\" for \"{path}\"{similar}")
        }
        ErrorKind::UnknownArgument if flag.starts_with("--") => format!("unknown flag: {flag}"),
        ErrorKind::UnknownArgument if flag.starts_with('-') => {
            let letter = flag.trim_start_matches('-');
            let cluster = |word: &String| {
                let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
                letters.find(letter).map(|at| letters[at..].to_owned())
            };
            let cluster = rest.iter().find_map(cluster).unwrap_or_else(|| letter.to_owned());
            format!("unknown shorthand flag: '{letter}' in -{cluster}")
        }
        ErrorKind::UnknownArgument | ErrorKind::MissingRequiredArgument => {
            let (wanted, nested) = (command.get_positionals().count(), path.split(' ').count() > 2);
            match positionals(command, rest).as_slice() {
                [first, ..] if wanted == 0 && !nested => format!("unknown command \"{first}\" for \"{path}\""),
                received => format!("accepts {wanted} arg(s), received {}", received.len()),
            }
        }
        ErrorKind::InvalidValue if told(ContextKind::InvalidValue).is_empty() => match rest.last() {
            Some(last) if last.starts_with('-') && !last.starts_with("--") => {
                let letter = last.chars().last().unwrap_or_default();
                format!("flag needs an argument: '{letter}' in -{letter}")
            }
            _ => format!("flag needs an argument: {flag}"),
        },
        ErrorKind::ValueValidation => {
            let value = told(ContextKind::InvalidValue);
            format!(
                "invalid argument \"{value}\" for \"{flag}\" flag: strconv.ParseBool: parsing \"{value}\": invalid syntax"
            )
        }
        _ => error.to_string().trim_start_matches("error: ").trim_end().to_owned(),
    }
}

/// The arguments that are neither flags nor their values.
fn positionals<'g>(command: &Command, rest: &'g [String]) -> Vec<&'g str> {
    let (mut found, mut words) = (Vec::new(), rest.iter());
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix('-').filter(|flag| !flag.is_empty()) else {
            found.push(word.as_str());
            continue;
        };
        let named = command.get_arguments().find(|argument| match flag.strip_prefix('-') {
            Some(long) => argument.get_long() == Some(long),
            None => argument.get_short() == flag.chars().last(),
        });
        let takes_value = |action: &ArgAction| matches!(action, ArgAction::Set | ArgAction::Append);
        if named.is_some_and(|argument| takes_value(argument.get_action()) && !argument.is_require_equals_set()) {
            words.next();
        }
    }
    found
}
