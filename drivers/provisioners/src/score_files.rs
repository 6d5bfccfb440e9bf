//! Score files on their way into a project.

use std::collections::BTreeSet;

use score_model::{Document, Map, Mode, Nulls, Property, Source, Value, Workload};

use crate::compose_form;
use crate::state::State;
use crate::{Dialect, Error};

/// What is laid over a Score file before it becomes part of a project.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Overrides {
    /// A document.
    pub file: Option<Source>,
    /// Single values: `PATH=VALUE`.
    pub properties: Vec<String>,
    /// The image of containers whose image is `.`.
    pub image: Option<String>,
    /// How to build the images of containers: by container, a Compose build section.
    pub builds: Map,
}

impl State {
    /// Takes Score files into the project; each replaces the workload of its name. `suffix` makes what tells the pods of a new workload from those of others.
    ///
    /// # Errors
    /// Everything that is wrong with the names of the workloads, or the first thing that is wrong with a file.
    pub fn add(
        &mut self,
        dialect: Dialect,
        files: &[Source],
        overrides: &Overrides,
        suffix: &mut dyn FnMut() -> String,
    ) -> Result<(), Error> {
        let mut problems = Vec::new();
        let (mut documents, mut names) = (Vec::new(), BTreeSet::new());
        for source in files {
            let file = source.name().to_owned();
            if is_blank(source.text()) {
                problems.push(format!("workload in file '{file}' is missing required metadata"));
                continue;
            }
            let (document, _) = Document::parse(source.clone()).into_result().map_err(|found| {
                let first = found.iter().next().map(|problem| problem.message.clone()).unwrap_or_default();
                Error::Workload(format!("failed to decode input score file: {file}: {first}"))
            })?;
            let metadata = document.value().child("metadata").filter(|metadata| metadata.as_map().is_some());
            let name = metadata.and_then(|metadata| metadata.child("name")).and_then(Value::as_str);
            match (metadata, name) {
                (None, _) => problems.push(format!("workload in file '{file}' is missing required metadata")),
                (_, None | Some("")) => problems.push(format!("workload in file '{file}' has empty metadata.name")),
                (_, Some(name)) if dialect == Dialect::Compose && !names.insert(name.to_owned()) => {
                    problems.push(format!("workload name '{name}' in file '{file}' is used more than once"));
                }
                _ => {}
            }
            documents.push((file, document));
        }
        if !problems.is_empty() {
            return Err(Error::Workload(format!("validation failed:\n  - {}", problems.join("\n  - "))));
        }
        let builds = overrides.builds.iter().map(|(container, build)| {
            let build = compose_form::build(build);
            let build =
                build.map_err(|e| Error::Workload(format!("invalid --build of container '{container}': {e}")))?;
            Ok((container.clone(), build))
        });
        let builds: Map = builds.collect::<Result<_, Error>>()?;
        for (file, document) in documents {
            let document = overridden(document, overrides)?;
            let workload = checked(dialect, &file, document, overrides)?;
            let kept = self.workloads.get(&*workload.name).map(|kept| kept.instance_suffix.clone());
            let state = self.workloads.entry(workload.name.to_string()).or_default();
            state.spec = workload.document().value().clone();
            state.file = Some(file);
            state.builds = builds.clone();
            state.instance_suffix = kept.filter(|kept| !kept.is_empty()).unwrap_or_else(&mut *suffix);
        }
        Ok(())
    }
}

/// Whether there is nothing but comments in a text.
pub(crate) fn is_blank(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

fn overridden(mut document: Document, overrides: &Overrides) -> Result<Document, Error> {
    // A file in which nothing is changes nothing.
    if let Some(file) = overrides.file.as_ref().filter(|file| !is_blank(file.text())) {
        let name = file.name().to_owned();
        let (over, _) = Document::parse(file.clone())
            .into_result()
            .map_err(|_| Error::Workload(format!("failed to decode overrides file '{name}'")))?;
        match over.value() {
            Value::Map(_) => document = document.merged(&over, Nulls::Replace),
            Value::Null => {}
            _ => return Err(Error::Workload(format!("failed to decode overrides file '{name}': it must be a map"))),
        }
    }
    for entry in &overrides.properties {
        let invalid = |e| Error::Workload(format!("--override-property '{entry}' is invalid, {e}"));
        let failed = |e| Error::Workload(format!("--override-property '{entry}' could not be applied: {e}"));
        let property: Property = entry.parse().map_err(invalid)?;
        document = document.with_property(&property).map_err(failed)?;
    }
    Ok(document)
}

fn checked(dialect: Dialect, file: &str, document: Document, overrides: &Overrides) -> Result<Workload, Error> {
    let (workload, problems) = Workload::from_document(document, Mode::Compatible).into_parts();
    // `score-k8s` looks at placeholders only when it replaces them.
    let looked_at = |code: &str| dialect == Dialect::Compose || !PLACEHOLDERS.contains(&code);
    let found =
        problems.iter().filter(|problem| problem.severity == score_model::Severity::Error && looked_at(&problem.code));
    let found: Vec<String> = found.map(ToString::to_string).collect();
    let Some(workload) = workload.filter(|_| found.is_empty()) else {
        return Err(Error::Workload(format!("invalid score file: {file}: {}", found.join("\n"))));
    };
    for (container, of) in &overrides.builds {
        if !workload.containers.contains_key(&**container) {
            let message =
                format!("--build '{container}={}': unknown container '{container}'", of.to_text().unwrap_or_default());
            return Err(Error::Workload(message));
        }
    }
    let without = workload.containers.iter().find(|(name, container)| {
        container.needs_image() && overrides.image.is_none() && !overrides.builds.contains_key(&***name)
    });
    if let Some((container, _)) = without {
        let name = &*workload.name;
        return Err(Error::Workload(match dialect {
            Dialect::Compose => format!(
                "failed to convert '{name}' because container '{container}' has no image and neither --image nor --build was provided"
            ),
            Dialect::Kubernetes => format!(
                "failed to convert '{file}' because container '{container}' has no image and --image was not provided"
            ),
        }));
    }
    let Some(image) = &overrides.image else { return Ok(workload) };
    let document = workload.document().with_image(image);
    Ok(Workload::from_document(document, Mode::Compatible).into_parts().0.unwrap_or(workload))
}

/// The problems of placeholders.
const PLACEHOLDERS: [&str; 4] =
    ["malformed-placeholder", "undeclared-resource", "unknown-metadata", "unknown-reference"];
