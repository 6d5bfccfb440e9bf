//! A drop-in `score-k8s`: arguments, files and printing. All the rest is in the crates.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program prints")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use score_model::{Source, Value, yaml};
use score_provisioners::{Dialect, InitOptions, Overrides, PatchTemplate, ProjectDirectory, State, World};

const DIALECT: Dialect = Dialect::Kubernetes;

/// Makes Kubernetes manifests of Score files.
#[derive(Parser)]
#[command(name = "score-k8s", version)]
struct Arguments {
    /// Say nothing but what was asked for.
    #[arg(long, global = true)]
    quiet: bool,
    /// Say more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a project in this directory.
    Init(Init),
    /// Takes Score files into the project and writes the manifests.
    Generate(Generate),
    /// Shows the provisioners.
    #[command(subcommand)]
    Provisioners(Provisioners),
    /// Shows the resources.
    #[command(subcommand)]
    Resources(Resources),
    /// Succeeds if the version of this program satisfies a constraint, such as `>=1.2`.
    CheckVersion { constraint: String },
    /// Prints the version.
    Version,
}

#[derive(Args)]
struct Init {
    /// The sample Score file to write, if there is none.
    #[arg(short, long, default_value = "./score.yaml")]
    file: PathBuf,
    /// Write no sample Score file.
    #[arg(long)]
    no_sample: bool,
    /// Provisioner files: paths, or `-`.
    #[arg(long)]
    provisioners: Vec<String>,
    /// Patch templates: paths, or `-`.
    #[arg(long)]
    patch_templates: Vec<String>,
    /// Write no default provisioners.
    #[arg(long)]
    no_default_provisioners: bool,
}

#[derive(Args)]
struct Generate {
    /// Score files; without any, the project as it is.
    files: Vec<PathBuf>,
    /// The file to write; `-` is standard output.
    #[arg(short, long, default_value = "manifests.yaml")]
    output: String,
    /// A file to lay over the Score file.
    #[arg(long)]
    overrides_file: Option<PathBuf>,
    /// A value to lay over the Score file: PATH=VALUE.
    #[arg(long, allow_hyphen_values = true)]
    override_property: Vec<String>,
    /// The image of containers whose image is `.`.
    #[arg(short, long)]
    image: Option<String>,
    /// The namespace of all manifests.
    #[arg(short, long, default_value = "")]
    namespace: String,
    /// Add the namespace itself.
    #[arg(long, requires = "namespace")]
    generate_namespace: bool,
    /// `yaml` or `kyaml`.
    #[arg(long, default_value = "yaml")]
    format: String,
    /// Refuse provisioners that are programs.
    #[arg(long)]
    forbid_commands: bool,
}

#[derive(Subcommand)]
enum Provisioners {
    /// Lists them.
    List {
        /// `table` or `json`.
        #[arg(short, long, default_value = "table")]
        format: String,
    },
}

#[derive(Subcommand)]
enum Resources {
    /// Lists them.
    List {
        /// `table` or `json`.
        #[arg(short, long, default_value = "table")]
        format: String,
    },
    /// Prints the outputs of one.
    GetOutputs {
        /// Its uid: TYPE.CLASS#ID.
        uid: String,
        /// `json`, `yaml`, or a Go template.
        #[arg(short, long, default_value = "json")]
        format: String,
    },
}

type Done = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => {
            eprintln!("{}", error.to_string().replacen("error: ", "Error: ", 1));
            return ExitCode::FAILURE;
        }
        Err(help) => {
            print!("{help}");
            return ExitCode::SUCCESS;
        }
    };
    let log = |line: &str| {
        if !arguments.quiet {
            eprintln!("INFO: {line}");
        }
    };
    match run(arguments.command, &log) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, log: &dyn Fn(&str)) -> Done {
    let mut world = World::here()?;
    let project = ProjectDirectory::of(DIALECT, &world.directory);
    match command {
        Command::Init(init) => {
            let mut options = InitOptions::default();
            options.sample = (!init.no_sample).then_some(init.file);
            options.provisioners = init.provisioners;
            options.patch_templates = init.patch_templates;
            options.no_default_provisioners = init.no_default_provisioners;
            project.initialise(DIALECT, &options, &world)?.iter().for_each(|line| log(line));
        }
        Command::Generate(options) => {
            world.forbid_commands = options.forbid_commands;
            world.namespace.clone_from(&options.namespace);
            generate(options, &project, &world, log)?;
        }
        Command::Provisioners(Provisioners::List { format }) => {
            load(&project)?;
            let provisioners = project.provisioners()?;
            match &*format {
                _ if provisioners.is_empty() => {}
                "json" => print!("{}", score_provisioners::provisioners_json(&provisioners)),
                _ => print!("{}", score_provisioners::provisioners_table(&provisioners)),
            }
        }
        Command::Resources(Resources::List { format }) => {
            let resources = load(&project)?.list()?;
            match &*format {
                _ if resources.is_empty() => println!("No resources found"),
                "json" => print!("{}", score_provisioners::resources_json(&resources)),
                _ => print!("{}", score_provisioners::resources_table(&resources)),
            }
        }
        Command::Resources(Resources::GetOutputs { uid, format }) => {
            print!("{}", load(&project)?.outputs(&uid, &format)?);
        }
        Command::CheckVersion { constraint } => {
            score_provisioners::check_version(env!("CARGO_PKG_VERSION"), &constraint)?;
        }
        Command::Version => println!("score-k8s {}", env!("CARGO_PKG_VERSION")),
    }
    Ok(())
}

fn load(project: &ProjectDirectory) -> Result<State, Box<dyn Error>> {
    Ok(project.load()?.ok_or("state directory does not exist, please run \"score-k8s init\" first")?)
}

fn read(path: &Path) -> Result<Source, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("failed to read file '{}': {e}", path.display()))?;
    Ok(Source::new(path.display().to_string(), text))
}

fn generate(mut options: Generate, project: &ProjectDirectory, world: &World, log: &dyn Fn(&str)) -> Done {
    options.files.sort();
    let mut state = load(project)?;
    if !matches!(&*options.format, "yaml" | "kyaml") {
        return Err(format!("unsupported format '{}', it must be yaml or kyaml", options.format).into());
    }
    let overridden =
        options.overrides_file.is_some() || !options.override_property.is_empty() || options.image.is_some();
    if overridden && options.files.len() != 1 {
        return Err("cannot use --override-property, --overrides-file, or --image when 0 or more than 1 score files are provided".into());
    }
    let files = options.files.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let mut overrides = Overrides::default();
    overrides.file = options.overrides_file.as_deref().map(read).transpose()?;
    overrides.properties = options.override_property;
    overrides.image = options.image;
    let mut number = 0;
    let mut next = |what: &str| {
        number += 1;
        format!("{what} {number}")
    };
    state.add(DIALECT, &files, &overrides, &mut || format!("-{}", world.hex(&next("suffix"), 5)))?;
    if state.workloads.is_empty() {
        return Err("Project is empty, please add a score file".into());
    }
    state.prime(&mut || world.guid(&next("resource")))?;
    let mut provisioned = state
        .provision(DIALECT, &project.provisioners()?, world)
        .map_err(|error| format!("failed to provision resources: {error}"))?;
    project.save(&state)?;
    for (about, line) in &provisioned.logs {
        log(&format!("{about}: {line}"));
    }
    let mut manifests = state.kubernetes_manifests(&mut provisioned, world)?;
    if options.generate_namespace {
        manifests.insert(0, namespace(&options.namespace));
    }
    let mut manifests = Value::list(manifests);
    for (index, text) in state.patch_templates.iter().enumerate() {
        let patched = PatchTemplate::parse(DIALECT, text)?.apply(DIALECT, &manifests, &state, &options.namespace);
        manifests = patched.map_err(|error| format!("failed to patch template {}: {error}", index + 1))?;
    }
    let write = if options.format == "kyaml" { score_provisioners::kyaml } else { yaml::write };
    let documents = manifests.as_list().unwrap_or_default().iter();
    let text: String = documents.map(|manifest| format!("---\n{}", write(manifest))).collect();
    match &*options.output {
        "" => return Err("no output file specified".into()),
        "-" => print!("{text}"),
        path => score_provisioners::replace_file(Path::new(path), text.as_bytes(), 0o644)?,
    }
    Ok(())
}

fn namespace(name: &str) -> Value {
    let labels = Value::map([("app.kubernetes.io/managed-by", Value::from(DIALECT.tool()))]);
    Value::map([
        ("apiVersion", Value::from("v1")),
        ("kind", Value::from("Namespace")),
        ("metadata", Value::map([("name", Value::from(name)), ("labels", labels)])),
    ])
}
