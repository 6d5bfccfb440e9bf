//! Files in a directory.

mod files;
mod kept;
mod wanted;

use std::path::PathBuf;

use score_model::Value;
use score_resolver::{
    Applied, ApplyRequest, Capabilities, DestroyRequest, DriverInfo, InputProblem, ObserveRequest, Observed,
    PlanRequest, Planned, ValidateRequest,
};
use serde_json::json;

use self::files::Files;
use self::kept::Kept;
use self::wanted::{Wanted, parents};
use crate::{Call, Driver, Error, ErrorKind};

/// Writes files under a directory, and removes those that it wrote before and no longer should.
///
/// Inputs: `path`, the directory; `files`, name → text; `artefacts`, a list as `${artefacts.KIND}` gives it, in which the key is the file's name. What is in a file is said as a [`FileArtefact`](crate::FileArtefact) says it: a value that is not a text is written as YAML. Of artefacts
/// with one key the last counts, and an entry of `files` counts more than an artefact. Output: `path`, as given.
///
/// A name is a relative path without `..`; it leads neither through a symbolic link nor out of the directory. Files appear whole or not at all; those with secrets are readable by their owner only. A file
/// that is there already with other content, and that this resource did not write, is refused and stays as it is. Directories are made where they are needed. Destroying removes what was written, but for files that somebody
/// changed since, and the directories that were made if they are empty then.
#[derive(Clone, Debug, Default)]
pub struct DirectoryDriver {
    base: PathBuf,
}

impl DirectoryDriver {
    /// A relative `path` starts at the current directory.
    pub fn new() -> Self {
        Self::default()
    }

    /// A relative `path` starts at `base`.
    pub fn below(base: impl Into<PathBuf>) -> Self {
        Self { base: base.into() }
    }

    fn files(&self, path: &str) -> Files {
        Files::new(self.base.join(path))
    }

    /// Removes what is kept, and tells in the log what cannot be told apart from somebody else's.
    fn remove(&self, call: &Call, kept: &mut Kept) -> Result<(), Error> {
        let files = self.files(&kept.path);
        for (name, digest) in kept.files.clone() {
            if !files.remove(&name, &digest)? {
                call.log(format!("`{name}` was changed by somebody else and stays"));
            }
            kept.files.remove(&name);
        }
        files.remove_directories(&kept.directories, kept.made);
        Ok(())
    }

    /// Takes for its own the directories that an attempt which nobody recorded left behind: those that hold a file as it should be and nothing else.
    fn adopt(&self, wanted: &Wanted, kept: &mut Kept) -> Result<(), Error> {
        let files = self.files(&wanted.path);
        if kept.is_empty() && files.holds_only(wanted, "")? {
            kept.made = 1;
        }
        for directory in wanted.directories() {
            let recorded = kept.files.keys().any(|name| parents(name).any(|parent| parent == directory));
            if !recorded && files.holds_only(wanted, &directory)? {
                kept.directories.insert(directory);
            }
        }
        Ok(())
    }

    fn write(&self, call: &Call, wanted: &Wanted, kept: &mut Kept) -> Result<(), Error> {
        let files = self.files(&wanted.path);
        let conflicts: Vec<String> = wanted
            .files
            .iter()
            .filter_map(|(name, content)| files.conflict(name, content, kept).transpose())
            .collect::<Result<_, _>>()?;
        if !conflicts.is_empty() {
            return Err(Error::new(ErrorKind::Conflict, conflicts.join("; ")));
        }
        let obsolete: Vec<_> = kept.files.keys().filter(|name| !wanted.files.contains_key(*name)).cloned().collect();
        for name in obsolete {
            if let Some(digest) = kept.files.get(&name) {
                if !files.remove(&name, digest)? {
                    call.log(format!("`{name}` was changed by somebody else and stays"));
                }
                kept.files.remove(&name);
            }
        }
        self.adopt(wanted, kept)?;
        let needed = wanted.directories();
        // the inner ones come after the outer ones in the order of names
        for directory in kept.directories.clone().into_iter().rev().filter(|directory| !needed.contains(directory)) {
            if files.remove_directory(&directory) {
                kept.directories.remove(&directory);
            }
        }
        kept.made = kept.made.max(files.make_root()?);
        for directory in needed {
            if files.make_directory(&directory)? {
                kept.directories.insert(directory);
            }
        }
        for (name, content) in &wanted.files {
            files.write(name, content)?;
            kept.files.insert(name.clone(), content.digest());
        }
        Ok(())
    }
}

impl Driver for DirectoryDriver {
    fn info(&self) -> DriverInfo {
        DriverInfo::new(Capabilities::default().destroy().observe().plan().validate())
            .inputs(json!({
                "type": "object",
                "required": ["path"],
                "properties": {
                    "path": {"type": "string", "minLength": 1, "writeOnly": false},
                    "files": {"type": "object"},
                    "artefacts": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["key", "value"],
                            "properties": {"key": {"writeOnly": false}},
                        },
                    },
                },
                "additionalProperties": false,
            }))
            .outputs(json!({"type": "object", "required": ["path"], "properties": {"path": {"type": "string"}}}))
    }

    async fn validate(&self, _: &Call, request: ValidateRequest) -> Result<Vec<InputProblem>, Error> {
        Ok(Wanted::read(&request.inputs).err().unwrap_or_default())
    }

    async fn plan(&self, _: &Call, request: PlanRequest) -> Result<Planned, Error> {
        let mut planned = Planned::default();
        planned.outputs = request.inputs.child("path").filter(|path| !path.has_unknown()).map(outputs);
        Ok(planned)
    }

    async fn apply(&self, call: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        let wanted = Wanted::read(&request.inputs).map_err(|problems| {
            let problems: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
            Error::invalid(problems.join("; "))
        })?;
        let mut kept = match &request.prior {
            None => Kept::new(&wanted.path),
            Some(prior) => Kept::read(&prior.state, &wanted.path)?,
        };
        let mut applied = Applied::new(outputs(&Value::from(wanted.path.as_str())));
        if kept.path != wanted.path {
            if let Err(error) = self.remove(call, &mut kept) {
                applied.outputs = outputs(&Value::from(kept.path.as_str()));
                applied.state = kept.to_value();
                return Err(error.with_partial(applied));
            }
            kept = Kept::new(&wanted.path);
        }
        let written = self.write(call, &wanted, &mut kept);
        let something = request.prior.is_some() || !kept.is_empty();
        applied.state = kept.to_value();
        match written {
            Ok(()) => Ok(applied),
            Err(error) if something => Err(error.with_partial(applied)),
            Err(error) => Err(error),
        }
    }

    async fn destroy(&self, call: &Call, request: DestroyRequest) -> Result<(), Error> {
        let path = path_of(&request.prior.inputs);
        self.remove(call, &mut Kept::read(&request.prior.state, &path)?)
    }

    async fn observe(&self, _: &Call, request: ObserveRequest) -> Result<Observed, Error> {
        let prior = &request.prior;
        let mut kept = Kept::read(&prior.state, &path_of(&prior.inputs))?;
        let files = self.files(&kept.path);
        let wanted = Wanted::read(&prior.inputs).ok().filter(|wanted| wanted.path == kept.path);
        if let Some(wanted) = &wanted {
            self.adopt(wanted, &mut kept)?;
        }
        // what was attempted and is there as it was to be came to exist, whether or not it was recorded
        for (name, content) in wanted.iter().flat_map(|wanted| &wanted.files) {
            if files.digest(name)? == Some(content.digest()) {
                kept.files.insert(name.clone(), content.digest());
            }
        }
        let mut complete = wanted.is_some_and(|wanted| wanted.files.keys().all(|name| kept.files.contains_key(name)));
        let mut gone = Vec::new();
        for (name, digest) in &kept.files {
            match files.digest(name)? {
                Some(found) => complete &= found == *digest,
                None => gone.push(name.clone()),
            }
        }
        complete &= gone.is_empty();
        gone.iter().for_each(|name| drop(kept.files.remove(name)));
        if kept.files.is_empty() && !(complete && files.exists()) {
            return Ok(Observed::Absent);
        }
        let mut applied = Applied::new(outputs(&Value::from(kept.path.as_str())));
        applied.state = kept.to_value();
        Ok(Observed::Present { applied, complete })
    }
}

fn outputs(path: &Value) -> Value {
    Value::map([("path", path.clone())])
}

fn path_of(inputs: &Value) -> String {
    inputs.child("path").and_then(Value::as_str).unwrap_or_default().to_owned()
}
