//! A drop-in `score-compose`: arguments, files and printing. All the rest is in the crates.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program prints")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use score_model::{Document, Map, Source, Value, yaml};
use score_provisioners::{Dialect, InitOptions, Overrides, PatchTemplate, ProjectDirectory, State, World};

const DIALECT: Dialect = Dialect::Compose;

/// Makes Docker Compose projects of Score files.
#[derive(Parser)]
#[command(name = "score-compose", version)]
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
    /// Takes Score files into the project and writes the Compose file.
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
    /// The name of the Compose project.
    #[arg(short, long, allow_hyphen_values = true)]
    project: Option<String>,
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
    #[arg(short, long, default_value = "compose.yaml")]
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
    /// How to build a container's image: CONTAINER=DIRECTORY or CONTAINER={…}.
    #[arg(long)]
    build: Vec<String>,
    /// A file for the names of all environment variables that are used.
    #[arg(long)]
    env_file: Option<PathBuf>,
    /// A port of the host: HOST_PORT:WORKLOAD:CONTAINER_PORT or HOST_PORT:RESOURCE_UID.OUTPUT:CONTAINER_PORT.
    #[arg(short, long)]
    publish: Vec<String>,
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
            options.project = init.project;
            options.provisioners = init.provisioners;
            options.patch_templates = init.patch_templates;
            options.no_default_provisioners = init.no_default_provisioners;
            project.initialise(DIALECT, &options, &world)?.iter().for_each(|line| log(line));
        }
        Command::Generate(options) => {
            world.forbid_commands = options.forbid_commands;
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
                "json" if resources.is_empty() => println!("null"),
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
        Command::Version => println!("score-compose {}", env!("CARGO_PKG_VERSION")),
    }
    Ok(())
}

fn load(project: &ProjectDirectory) -> Result<State, Box<dyn Error>> {
    Ok(project.load()?.ok_or("state directory does not exist, please run \"score-compose init\" first")?)
}

fn read(path: &Path) -> Result<Source, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("failed to read file '{}': {e}", path.display()))?;
    Ok(Source::new(path.display().to_string(), text))
}

fn generate(mut options: Generate, project: &ProjectDirectory, world: &World, log: &dyn Fn(&str)) -> Done {
    options.files.sort();
    let flags = [
        ("overrides-file", options.overrides_file.is_some(), true),
        ("override-property", !options.override_property.is_empty(), true),
        ("image", options.image.is_some(), false),
        ("build", !options.build.is_empty(), false),
    ];
    for (flag, _, needs_file) in flags.into_iter().filter(|(_, given, _)| *given) {
        match options.files.len() {
            0 if needs_file => return Err(format!("--{flag} cannot be used without providing a score file").into()),
            0 | 1 => {}
            _ => return Err(format!("--{flag} cannot be used when multiple score files are provided").into()),
        }
    }
    let files = options.files.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let mut overrides = Overrides::default();
    overrides.file = options.overrides_file.as_deref().map(read).transpose()?;
    overrides.properties = options.override_property;
    overrides.image = options.image;
    overrides.builds = builds(&options.build)?;
    let mut state = load(project)?;
    state.add(DIALECT, &files, &overrides, &mut String::new)?;
    if state.workloads.is_empty() {
        return Err("no workloads found, please provide a Score file to generate from".into());
    }
    let mut number = 0;
    state.prime(&mut || {
        number += 1;
        world.guid(&format!("resource {number}"))
    })?;
    let mut provisioned = state
        .provision(DIALECT, &project.provisioners()?, world)
        .map_err(|error| format!("failed to provision: {error}"))?;
    let mut compose = state.compose_project(&mut provisioned, world)?;
    for (about, line) in &provisioned.logs {
        log(&format!("{about}: {line}"));
    }
    for (index, text) in state.patch_templates.iter().enumerate() {
        let patched = PatchTemplate::parse(DIALECT, text)?.apply(DIALECT, &compose, &state, "");
        compose = patched.map_err(|error| format!("failed to patch template {}: {error}", index + 1))?;
    }
    for warning in state.publish(&mut compose, &options.publish)? {
        log(&warning);
    }
    project.save(&state)?;
    if let Some(path) = &options.env_file {
        let names: String = provisioned.accessed.iter().map(|name| format!("{name}=\n")).collect();
        score_provisioners::replace_file(path, names.as_bytes(), 0o644)?;
    }
    let text = yaml::write_in_order(&compose);
    match &*options.output {
        "" => return Err("no output file specified".into()),
        "-" => print!("{text}"),
        path => score_provisioners::replace_file(Path::new(path), text.as_bytes(), 0o644)?,
    }
    Ok(())
}

/// How to build the images of containers, as `--build` says.
fn builds(entries: &[String]) -> Result<Map, Box<dyn Error>> {
    let mut builds = Map::default();
    for entry in entries {
        let (container, build) =
            entry.split_once('=').ok_or_else(|| format!("--build '{entry}': expected CONTAINER=BUILD"))?;
        let build = if build.starts_with('{') {
            let (document, _) = Document::parse(Source::new("--build", build))
                .into_result()
                .map_err(|problems| problems.to_string())?;
            document.value().clone()
        } else if build.is_empty() {
            Value::from(Map::default())
        } else {
            Value::map([("context", Value::from(build))])
        };
        builds.insert(container.into(), build);
    }
    Ok(builds)
}
