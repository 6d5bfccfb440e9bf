//! The driver `provisioner`: entries of provisioner files that render templates.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use score_drivers::{
    Applied, ApplyRequest, Call, Capabilities, Driver, DriverInfo, Error, InputProblem, ValidateRequest,
};
use score_model::Value;
use score_templates::Host;

use crate::Kind;
use crate::data::map_data;
use crate::template::{Templates, provision};
use crate::told::Told;

/// How many provisioners are kept parsed.
const KEPT: usize = 1000;

/// The driver `provisioner`: `template://` entries of provisioner files as modules of a platform. Pure.
///
/// | input | |
/// |---|---|
/// | `provisioner` | the entry: `uri`, `dialect` (`compose` or `kubernetes`) and `templates`, field → text |
/// | `params`, `metadata` | of the resource |
/// | `source_workload` | the name of the workload for which it is |
/// | `workloads` | name → `{metadata, service}`, where the entry reads them |
/// | `workload_metadata`, `compose_project` | likewise |
///
/// A platform makes these inputs of the files that end in `.provisioners.yaml`; nobody needs to write them. What is rendered are outputs and artefacts: `compose.service`, `compose.network`, `compose.volume`,
/// `compose.model`, `kubernetes.object`, and `file` and `directory` for what services mount, below `mounts` beside the document. The lines of `info_logs` are artefacts `log`.
///
/// Randomness follows from the call's seed, so that a resource gets the same passwords each time it is rendered; there is no time and no environment. What entries share is what the call tells and the answer adds
/// to ([`ApplyRequest::shared`]).
#[derive(Clone, Debug, Default)]
pub struct TemplateProvisioner {
    parsed: Arc<Mutex<BTreeMap<String, Parsed>>>,
}

/// Templates, and the entry that they are of.
#[derive(Debug)]
struct Parsed {
    of: Value,
    templates: Arc<Templates>,
}

impl TemplateProvisioner {
    /// The driver.
    pub fn new() -> Self {
        Self::default()
    }

    /// The templates of an entry: the same ones serve many resources.
    fn templates(&self, entry: &Value, told: &Told) -> Result<Arc<Templates>, Error> {
        let Kind::Template(texts) = &told.kind else {
            return Err(Error::invalid(format!("`{}` is no provisioner that renders templates", told.uri)));
        };
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = parsed.get(&told.uri).filter(|known| known.of == *entry) {
            return Ok(known.templates.clone());
        }
        let templates = Arc::new(Templates::parse(told.dialect, texts).map_err(Error::invalid)?);
        if parsed.len() >= KEPT {
            parsed.clear();
        }
        parsed.insert(told.uri.clone(), Parsed { of: entry.clone(), templates: templates.clone() });
        Ok(templates)
    }
}

impl Driver for TemplateProvisioner {
    fn info(&self) -> DriverInfo {
        DriverInfo::new(Capabilities::PURE.validate())
    }

    async fn validate(&self, _: &Call, request: ValidateRequest) -> Result<Vec<InputProblem>, Error> {
        let entry = request.inputs.child("provisioner").cloned().unwrap_or_default();
        Ok(Told::problems(&request, |told| self.templates(&entry, told).map(drop)))
    }

    async fn apply(&self, call: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        if request.inputs.has_unknown() || request.shared.has_unknown() {
            return Ok(Applied::new(Value::Unknown));
        }
        let prior = request.prior.as_ref();
        let told = Told::read(&request.uid, &request.guid.to_string(), &request.inputs, prior, &request.shared)?;
        let entry = request.inputs.child("provisioner").cloned().unwrap_or_default();
        let templates = self.templates(&entry, &told)?;
        let mut host = Host::default();
        if let Some(seed) = call.seed() {
            host = host.with_seed(seed.derive("provisioner").as_bytes());
        }
        let mut shared = map_data(&told.shared);
        let outcome = provision(&templates, &told.input(), &mut shared, &mut host).map_err(Error::invalid)?;
        outcome.logs.iter().for_each(|line| call.log(line.as_str()));
        outcome.applied(true).map_err(Error::invalid)
    }
}
