//! Flags as the Score tools read them, and the scripts of `completion`.
#![cfg(feature = "program")]

use clap::{FromArgMatches as _, Parser};
use score_provisioners::program::{GenerateArguments, Inspect, Verbosity, command};
use score_provisioners::{Dialect, ProjectDirectory};

#[derive(Parser, Debug)]
#[command(name = "score-test", args_override_self = true)]
struct Arguments {
    #[command(flatten)]
    verbosity: Verbosity,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    Generate(GenerateArguments),
    #[command(flatten)]
    Inspect(Inspect),
}

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    let matches = command::<Arguments>().try_get_matches_from(line.split(' '))?;
    Arguments::from_arg_matches(&matches)
}

/// Whether a line is quiet, and whether it forbids programs; `None` where it is refused.
#[track_caller]
fn check(line: &str, want: Option<(bool, bool)>) {
    let got = parse(line).ok().map(|arguments| match arguments.command {
        Command::Generate(generate) => (arguments.verbosity.quiet, generate.forbid_commands),
        Command::Inspect(_) => (arguments.verbosity.quiet, false),
    });
    assert_eq!(got, want, "{line}");
}

#[test]
fn booleans() {
    check("score-test generate a.yaml", Some((false, false)));
    check("score-test generate --quiet a.yaml", Some((true, false)));
    check("score-test --quiet generate a.yaml --forbid-commands", Some((true, true)));
    check("score-test --quiet=T generate --forbid-commands=1", Some((true, true)));
    check("score-test --quiet=false generate --forbid-commands=F a.yaml", Some((false, false)));
    check("score-test --quiet --quiet=0 generate", Some((false, false)));
    check("score-test -vv version --no-logo=true --quiet", Some((true, false)));
    check("score-test generate --quiet=perhaps", None);
    check("score-test generate --quiet= a.yaml", None);
}

#[test]
fn completion() {
    for (shell, word) in [("bash", "complete"), ("zsh", "#compdef"), ("fish", "complete"), ("powershell", "Register")] {
        let script = |line: &str| match parse(line).unwrap().command {
            Command::Inspect(inspect) => {
                let project = ProjectDirectory::of(Dialect::Compose, std::path::Path::new("none"));
                inspect.run::<Arguments>(&project, "1").unwrap()
            }
            Command::Generate(_) => String::new(),
        };
        let described = script(&format!("score-test completion {shell}"));
        assert!(described.contains(word) && described.contains("override-property"), "{shell}: {described}");
        let silent = script(&format!("score-test completion {shell} --no-descriptions"));
        assert!(silent.len() <= described.len() && !silent.contains("Refuse provisioners"), "{shell}: {silent}");
    }
    assert!(parse("score-test completion cmd").is_err());
}
