//! A new project, or more for one that is there.

use std::path::PathBuf;

use crate::sources::fetch;
use crate::state::State;
use crate::{Dialect, Error, PatchTemplate, ProjectDirectory, World, replace_file};

/// What a project begins with.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct InitOptions {
    /// Where a sample Score file goes, unless there is one; `None`: nowhere.
    pub sample: Option<PathBuf>,
    /// The name of the Compose project; `None`: after the directory.
    pub project: Option<String>,
    /// Uris of provisioner files.
    pub provisioners: Vec<String>,
    /// Uris of patch templates; where there are none, those that are there stay.
    pub patch_templates: Vec<String>,
    /// Whether the default provisioners are left out.
    pub no_default_provisioners: bool,
}

impl ProjectDirectory {
    /// Makes a project, or adds to one that is there. Answers what was done, line by line.
    ///
    /// # Errors
    /// Something cannot be fetched, read or written, or is not sound.
    pub fn initialise(&self, dialect: Dialect, options: &InitOptions, world: &World) -> Result<Vec<String>, Error> {
        let mut done = Vec::new();
        if let Some(project) = &options.project
            && clean_project_name(project) != *project
        {
            return Err(Error::Workload("invalid value for --project, it must match ^[a-z0-9][a-z0-9_-]*$".into()));
        }
        let there = self.load()?;
        let is_new = there.is_none();
        let here = std::env::current_dir().unwrap_or_default();
        let directory = here.join(&world.directory);
        let base = || directory.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut state = match there {
            Some(there) => there,
            None => State::new(dialect, options.project.clone().unwrap_or_else(|| clean_project_name(&base()))),
        };
        if let Some(project) = &options.project {
            state.compose_project.clone_from(project);
        }
        let home = world.variables.get("HOME").map(PathBuf::from);
        if !options.patch_templates.is_empty() {
            state.patch_templates.clear();
            for uri in &options.patch_templates {
                let unfetched = |e| Error::Patch(format!("error fetching patch template from {uri}: {e}"));
                for fetched in fetch(uri, &world.directory, home.as_deref()).map_err(unfetched)? {
                    PatchTemplate::parse(dialect, &fetched.content)
                        .map_err(|e| Error::Patch(format!("error parsing patch template from {}: {e}", fetched.uri)))?;
                    // The Score tools cannot read back what begins with an empty line.
                    state.patch_templates.push(fetched.content.trim_start_matches(['\n', '\r']).to_owned());
                }
            }
        }
        self.create()?;
        self.save(&state)?;
        done.push(format!("{} the project in '{}'", if is_new { "Made" } else { "Kept" }, self.path().display()));
        let wants_defaults = is_new || dialect == Dialect::Kubernetes;
        if wants_defaults && !options.no_default_provisioners && !self.has_defaults() {
            self.write_defaults()?;
            done.push("Wrote the default provisioners".into());
        }
        if let Some(sample) = &options.sample {
            let path = world.directory.join(sample);
            if path.exists() {
                done.push(format!("Found an existing Score file '{}'", sample.display()));
            } else {
                replace_file(&path, SAMPLE.as_bytes(), 0o644)?;
                done.push(format!("Wrote a sample Score file '{}'", sample.display()));
            }
        }
        let mut now = world.time;
        for (index, uri) in options.provisioners.iter().enumerate() {
            let wrong = |message: String| Error::ProvisionerFile(message);
            let fetched = fetch(uri, &world.directory, home.as_deref());
            for fetched in fetched.map_err(|e| wrong(format!("failed to load provisioner {}: {e}", index + 1)))? {
                self.install(&fetched, now, &format!("{} s since 1970", world.time / 1_000_000_000))
                    .map_err(|e| wrong(format!("failed to save provisioner from {}: {e}", fetched.uri)))?;
                now += 1;
                done.push(format!("Took over the provisioners of '{}'", fetched.uri));
            }
        }
        Ok(done)
    }
}

/// A name with only what the name of a Compose project may have.
fn clean_project_name(name: &str) -> String {
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let cleaned: String = name.to_lowercase().chars().filter(allowed).collect();
    cleaned.trim_start_matches(['_', '-']).to_owned()
}

const SAMPLE: &str = include_str!("defaults/sample.score.yaml");
