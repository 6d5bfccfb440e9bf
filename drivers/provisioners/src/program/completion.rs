//! The command `completion`.

use clap::{Args, Subcommand};
use clap_complete::aot::{Shell, generate};

/// For which shell, as the Score tools name them.
#[derive(Subcommand, Clone, Debug)]
#[non_exhaustive]
pub enum Completion {
    /// For bash.
    Bash(Descriptions),
    /// For fish.
    Fish(Descriptions),
    /// For PowerShell.
    Powershell(Descriptions),
    /// For zsh.
    Zsh(Descriptions),
}

/// Whether what is completed is described.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct Descriptions {
    /// Say nothing about flags and commands.
    #[arg(long)]
    pub no_descriptions: bool,
}

impl Completion {
    /// The script by which the shell completes the words of this command.
    pub fn script(&self, command: clap::Command) -> String {
        let (shell, Descriptions { no_descriptions }) = match self {
            Self::Bash(descriptions) => (Shell::Bash, descriptions),
            Self::Fish(descriptions) => (Shell::Fish, descriptions),
            Self::Powershell(descriptions) => (Shell::PowerShell, descriptions),
            Self::Zsh(descriptions) => (Shell::Zsh, descriptions),
        };
        let mut command = if *no_descriptions { silent(command) } else { command };
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        generate(shell, &mut command, name, &mut script);
        String::from_utf8_lossy(&script).into_owned()
    }
}

/// The same command without a word about itself.
fn silent(command: clap::Command) -> clap::Command {
    command.about(None).mut_args(|argument| argument.help(None)).mut_subcommands(silent)
}
