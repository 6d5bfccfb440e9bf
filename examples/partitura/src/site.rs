//! Where things are: Score files, platform and state, as the arguments say.

use std::cell::{OnceCell, RefCell};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use score_engine::model::{Checked, Diagnostics, Source, Workload};
use score_engine::resolver::{Context, ContextError, ContextRequest, Platform, SourceDigest};
use score_engine::{read_platform, read_score_files, read_workload_with};

use crate::arguments::Options;
use crate::problem::Problem;

/// Where things are.
#[derive(Debug, Default)]
pub(crate) struct Site {
    /// The directory of the first file given, or the first directory given, or the current one.
    pub(crate) base: PathBuf,
    files: Vec<PathBuf>,
    platform: Option<PathBuf>,
    /// What is read is read once: a plan lists the digests of what it comes from.
    score_files: OnceCell<Vec<Source>>,
    platform_files: OnceCell<Vec<Source>>,
    /// Of the files that Score files name as `source`.
    embedded: RefCell<Vec<SourceDigest>>,
}

impl Site {
    /// Finds everything that the arguments name.
    pub(crate) fn find(options: &Options, files: &[PathBuf]) -> Result<Self, Problem> {
        if options.definitions.is_some() {
            return Err(Problem::not_built("`--definitions`"));
        }
        for file in files {
            if !file.exists() {
                return Err(Problem::usage(format!("there is no `{}`", file.display())));
            }
        }
        let base = match files.first() {
            Some(first) if first.is_dir() => first.clone(),
            Some(first) => first.parent().unwrap_or(Path::new("")).to_owned(),
            None => PathBuf::new(),
        };
        let platform = match &options.platform {
            Some(given) => Some(there(given)?.to_owned()),
            None => Some(base.join("platform")).filter(|path| path.exists()),
        };
        Ok(Self { base, files: files.to_vec(), platform, ..Self::default() })
    }

    /// The directory in which drivers start programs: the platform's.
    pub(crate) fn platform_directory(&self) -> Option<PathBuf> {
        let platform = self.platform.as_ref()?;
        if platform.is_dir() { Some(platform.clone()) } else { platform.parent().map(Path::to_owned) }
    }

    /// Where state is kept.
    pub(crate) fn state_directory(&self, options: &Options) -> Result<PathBuf, Problem> {
        match &options.state {
            Some(given) if given.to_string_lossy().contains("://") => {
                Err(Problem::not_built(&format!("a store at `{}`", given.display())))
            }
            Some(given) => Ok(given.clone()),
            None => Ok(self.base.join(".partitura")),
        }
    }

    /// The platform, or that there is none.
    pub(crate) fn platform(&self) -> Result<Option<(Arc<Platform>, Diagnostics)>, Problem> {
        let Some(platform) = self.load_platform()? else { return Ok(None) };
        let (platform, warnings) = platform.into_result()?;
        Ok(Some((Arc::new(platform), warnings)))
    }

    /// The platform, which must be there, as far as it could be understood, and everything that is wrong with it.
    pub(crate) fn platform_as_it_is(&self) -> Result<(Option<Platform>, Diagnostics), Problem> {
        match self.load_platform()? {
            Some(platform) => Ok(platform.into_parts()),
            None => self.needed_platform().map(|_| (None, Diagnostics::new())),
        }
    }

    /// The platform, which must be there.
    pub(crate) fn needed_platform(&self) -> Result<(Arc<Platform>, Diagnostics), Problem> {
        self.platform()?.ok_or_else(|| {
            let wanted = self.base.join("platform");
            Problem::usage_with_help(
                format!("there is no platform at `{}`", wanted.display()),
                "name one with `--platform`",
            )
        })
    }

    /// For whom and where, as declared by the platform where there is one, and as the options say. A broken platform tells as much as could be understood of it.
    pub(crate) fn context(&self, options: &Options) -> Result<Context, Problem> {
        let platform = self.load_platform()?.and_then(|platform| platform.into_parts().0);
        context(&platform.unwrap_or_default(), options)
    }

    /// The files that a plan comes from, named as they are seen from the base: those of the platform and the Score files given, with what these name, and those `named` beside them that are there.
    pub(crate) fn sources(&self, named: &[SourceDigest]) -> Result<Vec<SourceDigest>, Problem> {
        let base = if self.base.as_os_str().is_empty() { Path::new(".") } else { &*self.base };
        let base = whole(base);
        let seen = |name: &str| relative(&whole(Path::new(name)), &base).to_string_lossy().into_owned();
        let sources = self.score_files()?.iter().chain(self.platform_files()?);
        let read = sources.map(|source| SourceDigest::new(seen(source.name()), source.text().as_bytes()));
        let mut digests: Vec<SourceDigest> = read.collect();
        for embedded in &*self.embedded.borrow() {
            let embedded = SourceDigest { name: seen(&embedded.name).into(), ..embedded.clone() };
            if !digests.iter().any(|digest| digest.name == embedded.name) {
                digests.push(embedded);
            }
        }
        for source in named {
            if !digests.iter().any(|digest| digest.name == source.name)
                && let Ok(bytes) = std::fs::read(base.join(&*source.name))
            {
                digests.push(SourceDigest::new(source.name.clone(), &bytes));
            }
        }
        Ok(digests)
    }

    fn score_files(&self) -> Result<&[Source], Problem> {
        once(&self.score_files, || read_score_files(&self.files))
    }

    fn platform_files(&self) -> Result<&[Source], Problem> {
        once(&self.platform_files, || self.platform.as_deref().map_or(Ok(Vec::new()), read_platform))
    }

    fn load_platform(&self) -> Result<Option<Checked<Platform>>, Problem> {
        let Some(path) = &self.platform else { return Ok(None) };
        Ok(Some(load_platform(path, self.platform_files()?)))
    }

    /// The workloads of the files given as far as they can be understood, and every problem of every file.
    pub(crate) fn workloads(&self) -> Result<(Vec<Workload>, Diagnostics), Problem> {
        let (mut workloads, mut found) = (Vec::new(), Diagnostics::new());
        for source in self.score_files()?.iter().cloned() {
            let mut seen = |path: &Path, bytes: &[u8]| {
                self.embedded.borrow_mut().push(SourceDigest::new(path.to_string_lossy(), bytes));
            };
            let (workload, diagnostics) = read_workload_with(source, &mut seen).into_parts();
            workloads.extend(workload);
            found.append(diagnostics);
        }
        found.sort();
        Ok((workloads, found))
    }

    /// The workloads of the files given, of which there must be some; warnings beside them.
    pub(crate) fn needed_workloads(&self) -> Result<(Vec<Workload>, Diagnostics), Problem> {
        if self.files.is_empty() {
            return Err(Problem::usage("no Score file is given"));
        }
        let (workloads, found) = self.workloads()?;
        if found.has_errors() {
            return Err(found.into());
        }
        self.has_score_files()?;
        Ok((workloads, found))
    }

    /// That the directories given have Score files in them.
    pub(crate) fn has_score_files(&self) -> Result<(), Problem> {
        if !self.score_files()?.is_empty() {
            return Ok(());
        }
        let given: Vec<_> = self.files.iter().map(|file| format!("`{}`", file.display())).collect();
        Err(Problem::usage_with_help(
            format!("there is no Score file in {}", given.join(", ")),
            "Score files are called `score.yaml`, `*.score.yaml` or `score-*.yaml`",
        ))
    }
}

/// The path from the root of the file system.
fn whole(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

/// How one path is written from the directory of another, both from the root.
fn relative(path: &Path, base: &Path) -> PathBuf {
    let shared = path.components().zip(base.components()).take_while(|(one, other)| one == other).count();
    let up = base.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(path.components().skip(shared)).collect()
}

/// What is in the cell, read first where there is nothing.
fn once(
    cell: &OnceCell<Vec<Source>>,
    read: impl FnOnce() -> Result<Vec<Source>, Diagnostics>,
) -> Result<&[Source], Problem> {
    if cell.get().is_none() {
        let sources = read()?;
        return Ok(cell.get_or_init(|| sources));
    }
    Ok(cell.get().map_or(&[], Vec::as_slice))
}

/// A platform beside the one that the arguments name.
pub(crate) fn other_platform(path: &Path) -> Result<Platform, Problem> {
    let files = read_platform(there(path)?)?;
    Ok(load_platform(path, &files).into_result()?.0)
}

fn load_platform(path: &Path, files: &[Source]) -> Checked<Platform> {
    let directory = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    Platform::load_below(&directory.to_string_lossy(), files)
}

/// The path of a platform that somebody named, where it is there.
fn there(path: &Path) -> Result<&Path, Problem> {
    if path.exists() { Ok(path) } else { Err(Problem::usage(format!("there is no platform `{}`", path.display()))) }
}

/// Whether the options that name a context say what `context` says; those not given say nothing.
pub(crate) fn agrees(options: &Options, context: &Context) -> Result<(), Problem> {
    let fields = [
        ("organisation", &options.organisation, &context.organisation),
        ("project", &options.project, &context.project),
        ("environment", &options.environment, &context.environment),
        ("environment-type", &options.environment_type, &context.environment_type),
    ];
    for (name, given, planned) in fields {
        if let Some(given) = given.as_deref().filter(|given| *given != &**planned) {
            return Err(Problem::wrong("stale", format!("the plan is for {name} `{planned}`, not `{given}`")));
        }
    }
    for (key, value) in &options.labels {
        if context.labels.get(key.as_str()).is_none_or(|planned| **planned != **value) {
            return Err(Problem::wrong("stale", format!("the plan is not for label `{key}={value}`")));
        }
    }
    Ok(())
}

/// For whom and where, as the platform declares and the options say.
pub(crate) fn context(platform: &Platform, options: &Options) -> Result<Context, Problem> {
    context_in(platform, options, options.environment.as_deref())
}

/// The same, for every environment that the platform declares where the options name none.
pub(crate) fn contexts(platform: &Platform, options: &Options) -> Result<Vec<Context>, Problem> {
    if options.environment.is_some() || platform.environments().next().is_none() {
        return Ok(vec![context(platform, options)?]);
    }
    platform.environments().map(|(name, _)| context_in(platform, options, Some(name))).collect()
}

/// The environment as this platform knows it; `None` where it does not.
pub(crate) fn context_of(platform: &Platform, options: &Options, environment: &str) -> Option<Context> {
    context_in(platform, options, Some(environment)).ok()
}

fn context_in(platform: &Platform, options: &Options, environment: Option<&str>) -> Result<Context, Problem> {
    platform.context(&request(options, environment)).map_err(|error| Problem::usage(error.to_string()))
}

/// Whether the options contradict nothing that the platform declares. They may leave open which environment is meant.
pub(crate) fn may_be_meant(platform: &Platform, options: &Options) -> Result<(), Problem> {
    match platform.context(&request(options, options.environment.as_deref())) {
        Ok(_) | Err(ContextError::WhichEnvironment { .. }) => Ok(()),
        Err(error) => Err(Problem::usage(error.to_string())),
    }
}

fn request(options: &Options, environment: Option<&str>) -> ContextRequest {
    let labels = options.labels.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into()));
    ContextRequest {
        organisation: options.organisation.as_deref().map(Into::into),
        project: options.project.as_deref().map(Into::into),
        environment: environment.map(Into::into),
        environment_type: options.environment_type.as_deref().map(Into::into),
        labels: labels.collect(),
    }
}
