//! Where things are: Score files, platform and state, as the arguments say.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use score_engine::model::{Checked, Diagnostics, Source, Workload};
use score_engine::resolver::{Context, ContextRequest, Platform, SourceDigest};
use score_engine::{read_platform, read_score_files, read_workload};

use crate::arguments::Options;
use crate::problem::Problem;

/// Where things are.
#[derive(Debug)]
pub(crate) struct Site {
    /// The directory of the first file given, or the first directory given, or the current one.
    pub(crate) base: PathBuf,
    files: Vec<PathBuf>,
    platform: Option<PathBuf>,
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
            Some(given) if !given.exists() => {
                return Err(Problem::usage(format!("there is no platform `{}`", given.display())));
            }
            Some(given) => Some(given.clone()),
            None => Some(base.join("platform")).filter(|path| path.exists()),
        };
        Ok(Self { base, files: files.to_vec(), platform })
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
        let Some(path) = &self.platform else { return Ok(None) };
        let (platform, warnings) = load(path)?.into_result()?;
        Ok(Some((Arc::new(platform), warnings)))
    }

    /// The platform, which must be there, as far as it could be understood, and everything that is wrong with it.
    pub(crate) fn platform_as_it_is(&self) -> Result<(Option<Platform>, Diagnostics), Problem> {
        match &self.platform {
            Some(path) => Ok(load(path)?.into_parts()),
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
        let platform = match &self.platform {
            Some(path) => load(path)?.into_parts().0,
            None => None,
        };
        context(&platform.unwrap_or_default(), options)
    }

    /// The files that a plan comes from, as they are now: those of the platform and the Score files given, and those `named` beside them that are there.
    pub(crate) fn sources(&self, named: &[SourceDigest]) -> Result<Vec<SourceDigest>, Problem> {
        let mut sources = read_score_files(&self.files)?;
        if let Some(platform) = &self.platform {
            sources.extend(read_platform(platform)?);
        }
        let digest = |source: &Source| SourceDigest::new(source.name(), source.text().as_bytes());
        let mut digests: Vec<SourceDigest> = sources.iter().map(digest).collect();
        for source in named {
            if !digests.iter().any(|digest| digest.name == source.name)
                && let Ok(bytes) = std::fs::read(&*source.name)
            {
                digests.push(SourceDigest::new(source.name.clone(), &bytes));
            }
        }
        Ok(digests)
    }

    /// The workloads of the files given as far as they can be understood, and every problem of every file.
    pub(crate) fn workloads(&self) -> Result<(Vec<Workload>, Diagnostics), Problem> {
        let (mut workloads, mut found) = (Vec::new(), Diagnostics::new());
        for source in read_score_files(&self.files)? {
            let (workload, diagnostics) = read_workload(source).into_parts();
            workloads.extend(workload.filter(|_| !diagnostics.has_errors()));
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
        if workloads.is_empty() {
            let given: Vec<_> = self.files.iter().map(|file| format!("`{}`", file.display())).collect();
            return Err(Problem::usage_with_help(
                format!("there is no Score file in {}", given.join(", ")),
                "Score files are called `score.yaml`, `*.score.yaml` or `score-*.yaml`",
            ));
        }
        Ok((workloads, found))
    }
}

fn load(path: &Path) -> Result<Checked<Platform>, Problem> {
    let directory = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    Ok(Platform::load_below(&directory.to_string_lossy(), &read_platform(path)?))
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
    let labels = options.labels.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into()));
    let request = ContextRequest {
        organisation: options.organisation.as_deref().map(Into::into),
        project: options.project.as_deref().map(Into::into),
        environment: options.environment.as_deref().map(Into::into),
        environment_type: options.environment_type.as_deref().map(Into::into),
        labels: labels.collect(),
    };
    platform.context(&request).map_err(|error| Problem::usage(error.to_string()))
}
