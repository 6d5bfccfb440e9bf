//! Commands that show what there is, and change nothing.

use std::error::Error;

use clap::{Args, CommandFactory, Subcommand};

use super::Completion;
use crate::{
    Dialect, ProjectDirectory, check_version, provisioners_json, provisioners_table, resources_json, resources_table,
};

/// The commands of both programs that change nothing.
#[derive(Subcommand, Clone, Debug)]
#[non_exhaustive]
pub enum Inspect {
    /// Prints a script by which a shell completes what is typed.
    #[command(subcommand)]
    Completion(Completion),
    /// Shows the provisioners.
    #[command(subcommand)]
    Provisioners(Provisioners),
    /// Shows the resources.
    #[command(subcommand)]
    Resources(Resources),
    /// Succeeds if the version of this program satisfies a constraint, such as `>=1.2`.
    CheckVersion {
        /// An operator (`>`, `>=`, `=`) and a version.
        constraint: String,
    },
    /// Prints the version.
    Version {
        /// Show no logo; there is none.
        #[arg(long)]
        no_logo: bool,
        /// Do not ask for newer versions; this never does.
        #[arg(long)]
        no_updates_check: bool,
    },
}

/// Commands about provisioners.
#[derive(Subcommand, Clone, Debug)]
#[non_exhaustive]
pub enum Provisioners {
    /// Lists them.
    List(Format),
}

/// Commands about resources.
#[derive(Subcommand, Clone, Debug)]
#[non_exhaustive]
pub enum Resources {
    /// Lists them.
    List(Format),
    /// Prints the outputs of one.
    GetOutputs {
        /// Its uid.
        #[arg(value_name = "TYPE.CLASS#ID")]
        uid: String,
        /// `json`, `yaml`, or a Go template.
        #[arg(short, long, default_value = "json")]
        format: String,
    },
}

/// How to list.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct Format {
    /// `table` or `json`.
    #[arg(short, long, default_value = "table")]
    pub format: String,
}

impl Inspect {
    /// What is shown of a project by a program of this version, whose arguments are `A`.
    ///
    /// # Errors
    /// There is no project, or not what is asked for.
    pub fn run<A: CommandFactory>(&self, project: &ProjectDirectory, version: &str) -> Result<String, Box<dyn Error>> {
        let tool = project.dialect.tool();
        match self {
            Self::Completion(completion) => Ok(completion.script(super::command::<A>())),
            Self::Provisioners(Provisioners::List(Format { format })) => {
                project.load()?.ok_or_else(|| format!("no state directory found, run '{tool} init' first"))?;
                let directory = project.path().display();
                let provisioners = project.provisioners();
                let provisioners =
                    provisioners.map_err(|e| format!("failed to load provisioners in {directory}: {e}"))?;
                Ok(match &**format {
                    _ if provisioners.is_empty() => String::new(),
                    "json" => provisioners_json(&provisioners),
                    _ => provisioners_table(&provisioners),
                })
            }
            Self::Resources(Resources::List(Format { format })) => {
                let resources = project.load_existing()?.list()?;
                Ok(match (&**format, project.dialect) {
                    (_, Dialect::Kubernetes) if resources.is_empty() => "No resources found\n".into(),
                    ("json", _) if resources.is_empty() => "null\n".into(),
                    ("json", _) => resources_json(&resources),
                    _ => resources_table(&resources),
                })
            }
            Self::Resources(Resources::GetOutputs { uid, format }) => {
                Ok(project.load_existing()?.outputs(uid, format)?)
            }
            Self::CheckVersion { constraint } => {
                check_version(version, constraint)?;
                Ok(String::new())
            }
            Self::Version { .. } => Ok(format!("{tool} {version}\n")),
        }
    }
}
