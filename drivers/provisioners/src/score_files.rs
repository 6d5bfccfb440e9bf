//! Score files on their way into a project.

use std::collections::BTreeSet;

use score_model::{Document, Map, Mode, Nulls, Property, Source, Value, Workload};

use crate::compose_form;
use crate::state::State;
use crate::yaml::first_problem;
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
    /// How to build the images of containers: `CONTAINER=DIRECTORY`, or `CONTAINER={…}` with a Compose build section.
    pub builds: Vec<String>,
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
            let undecoded = |problem: &str| {
                Error::Workload(match dialect {
                    Dialect::Compose => format!("failed to decode '{file}' as yaml: {problem}"),
                    Dialect::Kubernetes => format!("failed to decode input score file: {file}: {problem}"),
                })
            };
            let (document, _) =
                Document::parse(source.clone()).into_result().map_err(|found| undecoded(&first_problem(&found)))?;
            if !matches!(document.value(), Value::Map(_) | Value::Null) {
                return Err(undecoded("it must be a map"));
            }
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
            let item = match dialect {
                Dialect::Compose => "\n  - ",
                Dialect::Kubernetes => "\n - ",
            };
            return Err(Error::Workload(format!("validation failed:{item}{}", problems.join(item))));
        }
        for (file, document) in documents {
            let document = overridden(document, overrides)?;
            let (workload, builds) = checked(dialect, &file, document, overrides)?;
            let kept = self.workloads.get(&*workload.name).map(|kept| kept.instance_suffix.clone());
            let state = self.workloads.entry(workload.name.to_string()).or_default();
            let with_image = overrides.image.as_ref().map(|image| workload.document().with_image(image));
            state.spec = with_image.as_ref().unwrap_or(workload.document()).value().clone();
            state.file = Some(file);
            state.builds = builds;
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
        let invalid = |problem: &str| {
            let name = file.name();
            Error::Workload(format!("--overrides-file '{name}' is invalid: failed to decode yaml: {problem}"))
        };
        let (over, _) = Document::parse(file.clone()).into_result().map_err(|found| invalid(&first_problem(&found)))?;
        match over.value() {
            Value::Map(_) => document = document.merged(&over, Nulls::Replace),
            Value::Null => {}
            _ => return Err(invalid("it must be a map")),
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

/// A workload, and how to build the images of its containers.
fn checked(dialect: Dialect, file: &str, document: Document, overrides: &Overrides) -> Result<(Workload, Map), Error> {
    let name = document.value().child("metadata").and_then(|metadata| metadata.child("name")).cloned();
    let (workload, problems) = Workload::from_document(document, Mode::Compatible).into_parts();
    // `score-k8s` looks at placeholders only when it replaces them.
    let looked_at = |code: &str| dialect == Dialect::Compose || !PLACEHOLDERS.contains(&code);
    let found =
        problems.iter().filter(|problem| problem.severity == score_model::Severity::Error && looked_at(&problem.code));
    let found: Vec<String> = found.map(ToString::to_string).collect();
    let Some(workload) = workload.filter(|_| found.is_empty()) else {
        let what = match dialect {
            Dialect::Compose => {
                let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
                format!("validation errors in workload '{name}'")
            }
            Dialect::Kubernetes => format!("invalid score file: {file}"),
        };
        return Err(Error::Workload(format!("{what}: {}", found.join("\n"))));
    };
    let mut builds = Map::default();
    for entry in &overrides.builds {
        let (container, build) = build(entry, &workload)
            .map_err(|problem| Error::Workload(format!("invalid --build '{entry}': {problem}")))?;
        builds.insert(container.into(), build);
    }
    let without = workload.containers.iter().find(|(name, container)| {
        container.needs_image() && overrides.image.is_none() && !builds.contains_key(&***name)
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
    Ok((workload, builds))
}

/// What an entry of `--build` says: a container of the workload, and how to build its image.
fn build<'e>(entry: &'e str, workload: &Workload) -> Result<(&'e str, Value), String> {
    let (container, build) = entry.split_once('=').ok_or("expected 2 =-separated parts")?;
    if !workload.containers.contains_key(container) {
        return Err(format!("unknown container '{container}'"));
    }
    let build = if build.starts_with('{') {
        let document = Document::parse(Source::new("--build", build)).into_result();
        document.map_err(|found| first_problem(&found))?.0.value().clone()
    } else if build.is_empty() {
        Value::from(Map::default())
    } else {
        Value::map([("context", Value::from(build))])
    };
    Ok((container, compose_form::build(&build)?))
}

/// The problems of placeholders.
const PLACEHOLDERS: [&str; 4] =
    ["malformed-placeholder", "undeclared-resource", "unknown-metadata", "unknown-reference"];
