//! What can be asked on the command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use score_engine::model::ResourceUid;

/// Turns Score files and golden paths into what runs.
#[derive(Debug, Parser)]
#[command(name = "partitura", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// Options of all commands.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The platform: a directory or one file [default: `platform` beside the files given]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) platform: Option<PathBuf>,
    /// Resource definitions of the Humanitec format
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) definitions: Option<PathBuf>,
    /// The organisation [default: default]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) organisation: Option<String>,
    /// The project [default: default]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// The environment [default: the declared one, else `development`]
    #[arg(short, long, global = true, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// The type of an environment that is not declared [default: its name]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) environment_type: Option<String>,
    /// A label of the environment; may be given several times
    #[arg(long = "label", global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) labels: Vec<(String, String)>,
    /// Where state is kept [default: `.partitura` beside the files given]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// The key that seals secrets in state [default: `key` in the state's directory, made on first use]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) state_key: Option<PathBuf>,
    /// How long to wait for another deployment of the same environment, such as `30s` or `5m`
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration, default_value = "0s")]
    pub(crate) lock_timeout: Duration,
    /// Refuse `cmd://` entries of provisioner files
    #[arg(long, global = true)]
    pub(crate) forbid_commands: bool,
    /// How results are written
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    Dot,
    Mermaid,
    Svg,
    Html,
    Markdown,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Tell every problem of every file
    Validate(Files),
    /// Prove the platform before anyone deploys
    Check {
        /// Gaps that nobody serves are errors
        #[arg(long)]
        strict: bool,
        /// Tell what would become of what there is if this platform took the place of another one: a directory or file
        #[arg(long, value_name = "DIR")]
        against: Option<PathBuf>,
        #[command(flatten)]
        files: Files,
    },
    /// Show the resolved graph
    Resolve(Files),
    /// Say why this module serves a resource, and why not the others
    Explain {
        /// The resource, `TYPE.CLASS#ID`
        uid: ResourceUid,
        #[command(flatten)]
        files: Files,
    },
    /// List the types, classes, params and outputs that exist in this environment
    Catalog(Files),
    /// Show what would change
    Plan {
        #[command(flatten)]
        files: Files,
        #[command(flatten)]
        options: PlanArguments,
        /// Save the plan for `up --plan`
        #[arg(long, value_name = "PLAN")]
        out: Option<PathBuf>,
        /// Exit with 2 when there are changes
        #[arg(long)]
        detailed_exitcode: bool,
    },
    /// Make it so
    Up {
        #[command(flatten)]
        files: Files,
        #[command(flatten)]
        options: PlanArguments,
        #[command(flatten)]
        run: RunArguments,
        /// Do what a saved plan says
        #[arg(long, value_name = "PLAN")]
        plan: Option<PathBuf>,
    },
    /// Destroy what is recorded, in reverse
    Down {
        #[command(flatten)]
        files: Files,
        #[command(flatten)]
        run: RunArguments,
        /// Also what is kept
        #[arg(long)]
        all: bool,
    },
    /// Tell what differs in the world from what was recorded; change nothing
    Drift {
        #[command(flatten)]
        files: Files,
        /// Exit with 2 when something drifted
        #[arg(long)]
        detailed_exitcode: bool,
    },
    /// Show outputs
    Outputs {
        /// A resource (`TYPE.CLASS#ID`), and files or directories
        #[arg(value_name = "UID|FILE")]
        rest: Vec<String>,
        /// Show secrets in clear
        #[arg(long)]
        show_secrets: bool,
    },
    /// Print the document made of all recorded artefacts
    Render {
        #[arg(value_enum)]
        document: Document,
        #[command(flatten)]
        files: Files,
        /// Write it to a file or, several manifests, to a directory
        #[arg(long, value_name = "FILE-or-DIR")]
        out: Option<PathBuf>,
        /// Print secrets in clear
        #[arg(long)]
        show_secrets: bool,
    },
    /// Adopt what exists
    Import {
        /// The resource, `TYPE.CLASS#ID`
        uid: ResourceUid,
        #[command(flatten)]
        files: Files,
    },
    /// Hold golden paths against what they must resolve to
    Test(Files),
    /// Look at and mend what is recorded
    #[command(subcommand)]
    State(StateCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// List what is recorded
    List(Files),
    /// Show one record
    Show {
        uid: ResourceUid,
        #[command(flatten)]
        files: Files,
    },
    /// Forget a record: what it is of stays in the world
    Forget {
        uid: ResourceUid,
        #[command(flatten)]
        files: Files,
    },
    /// Give a record another uid
    Move {
        from: ResourceUid,
        to: ResourceUid,
        #[command(flatten)]
        files: Files,
    },
    /// Take away a lock that nobody holds any more
    Unlock(Files),
    /// Print all records, secrets sealed
    Export(Files),
    /// Seal secrets with a new key from now on, and what is recorded anew
    RotateKey {
        /// Forget the older keys: what other environments sealed with them and did not seal anew cannot be read any more
        #[arg(long)]
        forget_old: bool,
        #[command(flatten)]
        files: Files,
    },
}

/// A document that is made of many nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Document {
    Compose,
    Kubernetes,
}

#[derive(Debug, Default, Args)]
pub(crate) struct Files {
    /// Score files, or directories of them
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    /// Plan what `down` would do
    #[arg(long)]
    pub(crate) destroy: bool,
    /// Remove recorded workloads that are not given
    #[arg(long)]
    pub(crate) prune: bool,
    /// Look at the world first
    #[arg(long)]
    pub(crate) refresh: bool,
    /// Only this resource and what it depends on; may be given several times
    #[arg(long = "target", value_name = "UID")]
    pub(crate) targets: Vec<ResourceUid>,
    /// Not this resource, nor what depends on it; may be given several times
    #[arg(long = "exclude", value_name = "UID")]
    pub(crate) excludes: Vec<ResourceUid>,
    /// Make this resource anew; may be given several times
    #[arg(long = "replace", value_name = "UID")]
    pub(crate) replaces: Vec<ResourceUid>,
}

impl PlanArguments {
    /// Whether any of them is given.
    pub(crate) fn is_given(&self) -> bool {
        let given = [self.destroy, self.prune, self.refresh];
        given.contains(&true) || [&self.targets, &self.excludes, &self.replaces].iter().any(|uids| !uids.is_empty())
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// How many drivers are called at a time
    #[arg(long, value_name = "N", default_value = "10")]
    pub(crate) parallelism: NonZeroUsize,
    /// After a failure go on with all that does not depend on it
    #[arg(long)]
    pub(crate) keep_going: bool,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    if key.is_empty() { Err("the key is empty".into()) } else { Ok((key.into(), value.into())) }
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| "write a duration such as `30s`, `5m` or `250ms`")?;
    match &text[digits.len()..] {
        "ms" => Ok(Duration::from_millis(number)),
        "" | "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        "h" => Ok(Duration::from_secs(number.saturating_mul(3600))),
        unit => Err(format!("`{unit}` is no unit: write `ms`, `s`, `m` or `h`")),
    }
}
