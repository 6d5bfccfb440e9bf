//! The conversions and assemblies as drivers, all of them pure.

mod artefacts;
mod compose_project;
mod compose_workload;
mod kubernetes_manifests;
mod kubernetes_workload;

pub use compose_project::ComposeProject;
pub use compose_workload::ComposeWorkload;
pub use kubernetes_manifests::KubernetesManifests;
pub use kubernetes_workload::KubernetesWorkload;

use score_drivers::{Call, Error};
use score_model::{Checked, Diagnostics, Path, Value};

use crate::reader::Reader;
use crate::{ResolvedWorkload, Resources};

/// The workload and its resources, as the inputs `workload` and `resources` of both workload drivers give them.
fn workload_inputs(inputs: &Value) -> Result<(ResolvedWorkload, Resources), Error> {
    let workload = ResolvedWorkload::read(inputs.child("workload").unwrap_or(&Value::Null)).map_err(invalid)?;
    Ok((workload, Resources::read(inputs.child("resources").unwrap_or(&Value::Null))))
}

/// What `read` makes of inputs.
fn read_inputs<T>(inputs: &Value, read: impl FnOnce(&mut Reader<'_>) -> T) -> Result<T, Error> {
    let mut problems = Diagnostics::new();
    let options = read(&mut Reader::new(inputs, Path::root(), &mut problems));
    if problems.is_empty() { Ok(options) } else { Err(invalid(problems)) }
}

/// What was made, and its warnings told to those who watch.
fn told<T>(call: &Call, checked: Checked<T>) -> Result<T, Error> {
    let (value, warnings) = checked.into_result().map_err(invalid)?;
    warnings.iter().for_each(|warning| call.log(warning.to_string()));
    Ok(value)
}

fn invalid(problems: Diagnostics) -> Error {
    Error::invalid(problems.to_string())
}
