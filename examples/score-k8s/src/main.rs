//! A drop-in `score-k8s`: arguments, files and printing. All the rest is in the crates.

use std::error::Error;
use std::mem::ManuallyDrop;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use score_model::{Value, yaml};
use score_provisioners::program::{self, GenerateArguments, InitArguments, Inspect, Verbosity};
use score_provisioners::{Dialect, ProjectDirectory, World};

const DIALECT: Dialect = Dialect::Kubernetes;

/// Manifests are many small values: with this allocator a thousand workloads take a fifth less time than with that of the C library, for half a megabyte more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Makes Kubernetes manifests of Score files.
#[derive(Parser)]
#[command(name = "score-k8s", version, arg_required_else_help = true, args_override_self = true)]
struct Arguments {
    #[command(flatten)]
    verbosity: Verbosity,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a project in this directory.
    Init(InitArguments),
    /// Takes Score files into the project and writes the manifests.
    Generate(Generate),
    #[command(flatten)]
    Inspect(Inspect),
}

#[derive(Args)]
struct Generate {
    #[command(flatten)]
    common: GenerateArguments,
    /// The file to write; `-` is standard output.
    #[arg(short, long, default_value = "manifests.yaml")]
    output: String,
    /// The namespace of all manifests.
    #[arg(short, long, default_value = "")]
    namespace: String,
    /// Add the namespace itself.
    #[arg(long)]
    generate_namespace: bool,
    /// `yaml` or `kyaml`.
    #[arg(long, default_value = "yaml")]
    format: String,
}

fn main() -> ExitCode {
    program::run(|arguments: Arguments| {
        let world = World::here()?;
        let project = ProjectDirectory::of(DIALECT, &world.directory);
        match arguments.command {
            Command::Init(init) => program::initialise(&project, &init.into(), &world, &arguments.verbosity),
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
    world.namespace.clone_from(&options.namespace);
    if options.generate_namespace && options.namespace.is_empty() {
        return Err("--namespace flag is required when using --generate-namespace".into());
    }
    let append: fn(&mut String, &Value) = match &*options.format {
        "yaml" => yaml::append,
        "kyaml" => |text, manifest| text.push_str(&score_provisioners::kyaml(manifest)),
        other => {
            return Err(format!("invalid --format value {other:?}, expected \"yaml\" or \"kyaml\"").into());
        }
    };
    // The process ends with them: to take them apart would be a tenth of its work.
    let mut state = ManuallyDrop::new(project.load_existing()?);
    let GenerateArguments { files, overrides_file, override_property, image, .. } = &options.common;
    if files.len() != 1
        && (overrides_file.as_ref().is_some_and(|file| !file.as_os_str().is_empty())
            || !program::given(override_property).is_empty()
            || image.as_ref().is_some_and(|image| !image.is_empty()))
    {
        return Err("cannot use --override-property, --overrides-file, or --image when 0 or more than 1 score files are provided".into());
    }
    let mut number = 0;
    let mut next = |what: &str| {
        number += 1;
        format!("{what} {number}")
    };
    let mut suffix = || format!("-{}", world.hex(&next("suffix"), 5));
    state.add(DIALECT, &options.common.sources(DIALECT)?, &options.common.overrides()?, &mut suffix)?;
    if state.workloads.is_empty() {
        return Err("Project is empty, please add a score file".into());
    }
    let primed = state.prime(&mut || world.guid(&next("resource")));
    primed.map_err(|error| format!("failed to prime resources: {error}"))?;
    let provisioners = project.provisioners().map_err(|error| format!("failed to load provisioners: {error}"))?;
    let provisioned = state.provision(DIALECT, &provisioners, &world);
    let mut provisioned =
        ManuallyDrop::new(provisioned.map_err(|error| format!("failed to provision resources: {error}"))?);
    project.save(&state)?;
    verbosity.log(provisioned.logs.iter().map(|(about, line)| format!("{about}: {line}")));
    let first = options.generate_namespace.then(|| namespace(&options.namespace));
    let mut text = String::new();
    state.kubernetes_manifests(&mut provisioned, &world, first, |manifest| {
        text.push_str("---\n");
        append(&mut text, manifest);
    })?;
    Ok(program::deliver(&options.output, text)?)
}

fn namespace(name: &str) -> Value {
    let labels = Value::map([("app.kubernetes.io/managed-by", Value::from(DIALECT.tool()))]);
    Value::map([
        ("apiVersion", Value::from("v1")),
        ("kind", Value::from("Namespace")),
        ("metadata", Value::map([("name", Value::from(name)), ("labels", labels)])),
    ])
}
