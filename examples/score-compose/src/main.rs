//! A drop-in `score-compose`: arguments, files and printing. All the rest is in the crates.

use std::error::Error;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use score_model::yaml;
use score_provisioners::program::{self, GenerateArguments, InitArguments, Inspect, Verbosity};
use score_provisioners::{Dialect, InitOptions, ProjectDirectory, World};

const DIALECT: Dialect = Dialect::Compose;

/// Makes Docker Compose projects of Score files.
#[derive(Parser)]
#[command(name = "score-compose", version, arg_required_else_help = true, args_override_self = true)]
struct Arguments {
    #[command(flatten)]
    verbosity: Verbosity,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a project in this directory.
    Init(Init),
    /// Takes Score files into the project and writes the Compose file.
    Generate(Generate),
    #[command(flatten)]
    Inspect(Inspect),
}

#[derive(Args)]
struct Init {
    #[command(flatten)]
    common: InitArguments,
    /// The name of the Compose project.
    #[arg(short, long, allow_hyphen_values = true)]
    project: Option<String>,
}

#[derive(Args)]
struct Generate {
    #[command(flatten)]
    common: GenerateArguments,
    /// The file to write; `-` is standard output.
    #[arg(short, long, default_value = "compose.yaml")]
    output: String,
    /// How to build a container's image: CONTAINER=DIRECTORY or CONTAINER={…}.
    #[arg(long)]
    build: Vec<String>,
    /// A file for the names of all environment variables that are used.
    #[arg(long)]
    env_file: Option<PathBuf>,
    /// A port of the host: HOST_PORT:WORKLOAD:CONTAINER_PORT or HOST_PORT:RESOURCE_UID.OUTPUT:CONTAINER_PORT.
    #[arg(short, long)]
    publish: Vec<String>,
}

fn main() -> ExitCode {
    program::run(|arguments: Arguments| {
        let world = World::here()?;
        let project = ProjectDirectory::of(DIALECT, &world.directory);
        match arguments.command {
            Command::Init(init) => {
                let mut options = InitOptions::from(init.common);
                options.project = init.project.filter(|name| !name.is_empty());
                program::initialise(&project, &options, &world, &arguments.verbosity)
            }
            Command::Generate(options) => generate(&options, &project, world, &arguments.verbosity),
            Command::Inspect(inspect) => inspect.run::<Arguments>(&project, env!("CARGO_PKG_VERSION")),
        }
    })
}

fn generate(
    options: &Generate,
    project: &ProjectDirectory,
    mut world: World,
    verbosity: &Verbosity,
) -> Result<String, Box<dyn Error>> {
    world.forbid_commands = options.common.forbid_commands;
    let files = options.common.sources(DIALECT)?;
    let GenerateArguments { overrides_file, override_property, image, .. } = &options.common;
    let flags = [
        ("image", image.as_ref().is_some_and(|image| !image.is_empty()), false),
        ("build", !program::given(&options.build).is_empty(), false),
        ("overrides-file", overrides_file.as_ref().is_some_and(|file| !file.as_os_str().is_empty()), true),
        ("override-property", !program::given(override_property).is_empty(), true),
    ];
    for (flag, _, needs_file) in flags.into_iter().filter(|(_, given, _)| *given) {
        match files.len() {
            0 if needs_file => return Err(format!("--{flag} cannot be used without providing a score file").into()),
            0 | 1 => {}
            _ => return Err(format!("--{flag} cannot be used when multiple score files are provided").into()),
        }
    }
    let mut overrides = options.common.overrides()?;
    overrides.builds = program::given(&options.build).to_vec();
    // The process ends with them: to take them apart would be a tenth of its work.
    let mut state = ManuallyDrop::new(project.load_existing()?);
    state.add(DIALECT, &files, &overrides, &mut String::new)?;
    if state.workloads.is_empty() {
        return Err("no workloads found, please provide a Score file to generate from".into());
    }
    let mut number = 0;
    let primed = state.prime(&mut || {
        number += 1;
        world.guid(&format!("resource {number}"))
    });
    primed.map_err(|error| format!("failed to prime resources: {error}"))?;
    let provisioners = project.provisioners().map_err(|error| format!("failed to load provisioners: {error}"))?;
    let provisioned = state.provision(DIALECT, &provisioners, &world);
    let mut provisioned = ManuallyDrop::new(provisioned.map_err(|error| format!("failed to provision: {error}"))?);
    let compose = state.compose_project(&mut provisioned, &world)?;
    verbosity.log(provisioned.logs.iter().map(|(about, line)| format!("{about}: {line}")));
    verbosity.warn(&provisioned.warnings);
    let mut compose = ManuallyDrop::new(state.patched(DIALECT, compose, "")?);
    verbosity.warn(state.publish(&mut compose, program::given(&options.publish))?);
    project.save(&state)?;
    if let Some(path) = &options.env_file {
        let names: String = provisioned.accessed.iter().map(|name| format!("{name}=\n")).collect();
        score_provisioners::replace_file(path, names.as_bytes(), 0o644)?;
    }
    Ok(program::deliver(&options.output, yaml::write_in_order(&compose))?)
}
