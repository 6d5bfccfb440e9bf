//! What the drivers of this crate are told of a resource: the inputs of a module that is an entry of a provisioner file.

use score_drivers::{Error, InputProblem, Path, Prior, ResourceUid, ValidateRequest};
use score_model::{Map, Value};

use crate::input::{Input, Services};
use crate::provisioner::read;
use crate::state::{ResourceState, State, WorkloadState, map_or_empty};
use crate::{Dialect, Kind};

/// Where the files of provisioners are, from the document that mounts them.
pub(crate) const MOUNTS: &str = "mounts";

/// What a driver is told, read.
pub(crate) struct Told {
    pub(crate) dialect: Dialect,
    pub(crate) uri: String,
    pub(crate) kind: Kind,
    uid: ResourceUid,
    resource: ResourceState,
    params: Value,
    /// What others share.
    pub(crate) shared: Value,
    services: Services,
    workload_metadata: Value,
    compose_project: String,
}

impl Told {
    /// Reads the inputs of a resource. `shared` is what it sees of what others share.
    pub(crate) fn read(
        uid: &ResourceUid,
        guid: &str,
        inputs: &Value,
        prior: Option<&Prior>,
        shared: &Value,
    ) -> Result<Self, Error> {
        let given = |key: &str| inputs.child(key).cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entry = given("provisioner");
        let dialect = match entry.child("dialect").and_then(Value::as_str) {
            Some("compose") => Dialect::Compose,
            Some("kubernetes") => Dialect::Kubernetes,
            _ => return Err(Error::invalid("the `dialect` of `provisioner` must be `compose` or `kubernetes`")),
        };
        let fields =
            entry.as_map().into_iter().flatten().filter(|(key, _)| !matches!(&***key, "dialect" | "templates"));
        let templates = entry.child("templates").and_then(Value::as_map).into_iter().flatten();
        let mut fields: Map = fields.chain(templates).map(|(key, value)| (key.clone(), value.clone())).collect();
        fields.insert("type".into(), Value::from(uid.ty()));
        let provisioner = read(dialect, &Value::from(fields)).map_err(Error::invalid)?;

        let mut state = State::default();
        for (name, workload) in given("workloads").as_map().into_iter().flatten() {
            state
                .workloads
                .insert(name.to_string(), WorkloadState { spec: workload.clone(), ..WorkloadState::default() });
        }
        let resource = ResourceState {
            guid: guid.to_owned(),
            ty: uid.ty().to_owned(),
            class: uid.class().to_owned(),
            id: uid.id().to_owned(),
            metadata: given("metadata"),
            source_workload: text(&given("source_workload")),
            provisioner: provisioner.uri.clone(),
            state: map_or_empty(&prior.map(|prior| prior.state.unmarked()).unwrap_or_default()),
            ..ResourceState::default()
        };
        Ok(Self {
            dialect,
            uri: provisioner.uri,
            kind: provisioner.kind,
            uid: uid.clone(),
            resource,
            params: Some(given("params").unmarked())
                .filter(|all| *all != Value::from(Map::default()))
                .unwrap_or_default(),
            shared: map_or_empty(shared),
            services: Services::of(dialect, &state),
            workload_metadata: given("workload_metadata"),
            compose_project: text(&given("compose_project")),
        })
    }

    /// What is wrong with the entry in these inputs, or with what `check` looks at. Nothing, where it is not known yet.
    pub(crate) fn problems(
        request: &ValidateRequest,
        check: impl FnOnce(&Self) -> Result<(), Error>,
    ) -> Vec<InputProblem> {
        let entry = "provisioner";
        if request.inputs.child(entry).is_some_and(Value::has_unknown) {
            return Vec::new();
        }
        let told = Self::read(&request.uid, "", &request.inputs, None, &Value::Null);
        let problem = told.and_then(|told| check(&told)).err();
        problem.map(|problem| InputProblem::new(Path::root().child(entry), problem.message())).into_iter().collect()
    }

    /// As a provisioner is told it.
    pub(crate) fn input(&self) -> Input<'_> {
        Input {
            dialect: self.dialect,
            uid: self.uid.as_str(),
            resource: &self.resource,
            params: &self.params,
            services: &self.services,
            workload_metadata: &self.workload_metadata,
            namespace: "",
            compose_project: &self.compose_project,
            mounts_directory: MOUNTS,
        }
    }
}
