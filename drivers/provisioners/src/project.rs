//! Provisioning all that a project's workloads ask for.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use score_model::{Map, Value};
use score_templates::{Data, Host};

use crate::data::{map_data, merge, value};
use crate::files::is_local;
use crate::input::{Input, Services};
use crate::manifests::Manifests;
use crate::outcome::{Outcome, check_manifest};
use crate::provisioner::Kind;
use crate::state::{State, map_or_empty};
use crate::substitution::Scope;
use crate::template::Templates;
use crate::{Dialect, Error, Provisioner, World};

/// What all resources together gave.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Provisioned {
    /// Compose networks.
    pub networks: Map,
    /// Compose services.
    pub services: Map,
    /// Compose volumes.
    pub volumes: Map,
    /// Compose models.
    pub models: Map,
    /// The models that each workload asked for.
    pub models_of: BTreeMap<String, BTreeSet<String>>,
    /// Kubernetes manifests.
    pub manifests: Manifests,
    /// Lines for people, with the uid of the resource.
    pub logs: Vec<(String, String)>,
    /// What is not as it was meant, for people.
    pub warnings: Vec<String>,
    /// The uids of what looks into the environment.
    pub environments: BTreeSet<String>,
    /// The names of the environment variables that were asked for.
    pub accessed: BTreeSet<String>,
}

impl State {
    /// Provisions all that the workloads ask for, in order, and remembers what came of it. Files and directories are written at once.
    ///
    /// # Errors
    /// The first resource that cannot be provisioned; what came before stays done, and what it shared itself by then.
    pub fn provision(
        &mut self,
        dialect: Dialect,
        provisioners: &[Provisioner],
        world: &World,
    ) -> Result<Provisioned, Error> {
        let services = Services::of(dialect, self);
        let built_in = Provisioner::built_in_environment();
        let mut host = Host::default().with_time(
            (world.time / 1_000_000_000).cast_signed(),
            u32::try_from(world.time % 1_000_000_000).unwrap_or_default(),
        );
        for (name, value) in &world.variables {
            host = host.with_variable(name, value);
        }
        let continuing = host.clone().with_variable(CONTINUES, "true");
        let mut provisioned = Provisioned::default();
        let mut chosen = Vec::new();
        let unsorted = |e| Error::Provision(format!("failed to determine sort order for provisioning: {e}"));
        for uid in self.provisioning_order().map_err(unsorted)? {
            let provisioner = self.choose(dialect, provisioners, &built_in, &uid)?;
            if provisioner.kind == Kind::Environment {
                provisioned.environments.insert(uid.clone());
            }
            chosen.push((uid, provisioner));
        }
        let mut run = Run {
            dialect,
            services,
            host,
            continuing,
            continues: false,
            world,
            shared: map_data(&self.shared),
            templates: BTreeMap::new(),
        };
        let done = self.provision_all(chosen, &mut run, &mut provisioned);
        self.shared = map_or_empty(&value(&run.shared));
        done.map(|()| provisioned)
    }

    fn provision_all(
        &mut self,
        chosen: Vec<(String, &Provisioner)>,
        run: &mut Run<'_>,
        provisioned: &mut Provisioned,
    ) -> Result<(), Error> {
        let mounts = run.world.directory.join(&self.mounts_directory);
        let last: BTreeMap<usize, usize> =
            chosen.iter().enumerate().map(|(index, (_, provisioner))| (address(provisioner), index)).collect();
        for (index, (uid, provisioner)) in chosen.into_iter().enumerate() {
            run.continues = last.get(&address(provisioner)) != Some(&index);
            let mut outcome = self.provision_one(&uid, provisioner, run, provisioned)?;
            if run.dialect == Dialect::Compose {
                let failed = |e| Error::Provision(format!("resource '{uid}': failed to apply outputs: {e}"));
                apply_files(&mounts, &outcome).map_err(failed)?;
            }
            let Some(resource) = self.resources.get_mut(&uid) else { continue };
            resource.provisioner.clone_from(&provisioner.uri);
            resource.state = Value::from(std::mem::take(&mut outcome.state));
            resource.outputs = Value::from(std::mem::take(&mut outcome.outputs));
            let strict = matches!(provisioner.kind, Kind::Template(_));
            provisioned.take_over(&uid, &resource.source_workload, outcome, strict)?;
        }
        Ok(())
    }

    fn choose<'a>(
        &self,
        dialect: Dialect,
        provisioners: &'a [Provisioner],
        built_in: &'a Provisioner,
        uid: &str,
    ) -> Result<&'a Provisioner, Error> {
        let Some(resource) = self.resources.get(uid) else {
            return Err(Error::Provision(format!("resource '{uid}' is not part of the project")));
        };
        let serves = |p: &Provisioner| p.matches(&resource.ty, &resource.class, &resource.id);
        let found = provisioners.iter().find(|provisioner| serves(provisioner));
        let is_environment = |provisioner: &Provisioner| provisioner.ty == "environment";
        let otherwise = || {
            (dialect == Dialect::Compose && serves(built_in) && !provisioners.iter().any(is_environment))
                .then_some(built_in)
        };
        let Some(found) = found.or_else(otherwise) else {
            let mut message = format!("resource '{uid}' is not supported by any provisioner.");
            if dialect == Dialect::Kubernetes {
                message += " Please implement a custom resource provisioner to support this resource type.";
            } else {
                message.pop();
            }
            return Err(Error::Provision(message));
        };
        if !resource.provisioner.is_empty() && resource.provisioner != found.uri {
            return Err(Error::Provision(format!(
                "resource '{uid}' was previously provisioned by a different provider - undefined behavior"
            )));
        }
        Ok(found)
    }

    fn provision_one(
        &self,
        uid: &str,
        provisioner: &Provisioner,
        run: &mut Run<'_>,
        provisioned: &mut Provisioned,
    ) -> Result<Outcome, Error> {
        let Run { dialect, world, .. } = *run;
        let Some(resource) = self.resources.get(uid) else { return Ok(Outcome::default()) };
        let workload = &resource.source_workload;
        let params = match &resource.params {
            Value::Null => Value::Null,
            // No params at all are none.
            Value::Map(params) if params.is_empty() => Value::Null,
            params => {
                let scope = Scope::new(self, workload, &provisioned.environments, &world.variables);
                scope.tree(params, &mut provisioned.accessed).map_err(|problem| {
                    Error::Provision(format!("failed to substitute params for resource '{uid}': {problem}"))
                })?
            }
        };
        let spec = self.workloads.get(workload).map(|workload| &workload.spec);
        let metadata = spec.and_then(|spec| spec.child("metadata")).cloned().unwrap_or_default();
        let input = Input {
            dialect,
            uid,
            resource,
            params: &params,
            services: &run.services,
            workload_metadata: &metadata,
            namespace: &world.namespace,
            compose_project: &self.compose_project,
            mounts_directory: &self.mounts_directory,
        };
        let failed = |problem: String| Error::Provision(format!("resource '{uid}': failed to provision: {problem}"));
        match &provisioner.kind {
            Kind::Template(texts) => {
                let templates = match run.templates.entry(address(provisioner)) {
                    Entry::Occupied(parsed) => parsed.into_mut(),
                    Entry::Vacant(new) => new.insert(Templates::parse(dialect, texts).map_err(failed)?),
                };
                let seed = [world.seed.as_slice(), uid.as_bytes()].concat();
                let host = if run.continues { &run.continuing } else { &run.host };
                let mut host = host.clone().with_seed(seed);
                crate::template::provision(templates, &input, &mut run.shared, &mut host).map_err(failed)
            }
            Kind::Command { .. } if world.forbid_commands => {
                Err(failed(format!("programs are forbidden, and '{}' is one", provisioner.uri)))
            }
            Kind::Command { program, args } => {
                let variable = |name: &str| world.variables.get(name);
                let search: Vec<PathBuf> =
                    variable("PATH").map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
                let home = variable("HOME").map(PathBuf::from);
                let outcome = crate::command::provision(program, args, &input, &value(&run.shared), &search, home);
                let outcome = outcome.map_err(failed)?;
                merge(&mut run.shared, &outcome.shared);
                Ok(outcome)
            }
            Kind::Environment if params != Value::Null => Err(failed("no params expected".into())),
            Kind::Environment => Ok(Outcome::default()),
        }
    }
}

/// The variable that is `true` for templates, as `env` gives it, while more resources of their provisioner follow in this run: what is made of all of them can be left to the last.
const CONTINUES: &str = "SCORE_PROVISIONER_CONTINUES";

/// Where a provisioner is: two may have one uri.
fn address(provisioner: &Provisioner) -> usize {
    std::ptr::from_ref(provisioner).addr()
}

/// What provisioning has at hand for all resources.
struct Run<'a> {
    dialect: Dialect,
    services: Services,
    host: Host,
    /// The host of resources after which others of their provisioner follow.
    continuing: Host,
    /// Whether this is such a resource.
    continues: bool,
    world: &'a World,
    /// What provisioners share, as templates see it.
    shared: Data,
    /// Parsed once.
    templates: BTreeMap<usize, Templates>,
}

impl Provisioned {
    fn take_over(&mut self, uid: &str, workload: &str, outcome: Outcome, strict: bool) -> Result<(), Error> {
        let failed = |problem: String| Error::Provision(format!("resource '{uid}': failed to provision: {problem}"));
        if !outcome.models.is_empty() {
            let names = outcome.models.keys().map(ToString::to_string);
            self.models_of.entry(workload.to_owned()).or_default().extend(names);
        }
        self.services.extend(outcome.services);
        self.networks.extend(outcome.networks);
        self.volumes.extend(outcome.volumes);
        self.models.extend(outcome.models);
        for (index, manifest) in outcome.manifests.into_iter().enumerate() {
            let is_named = |key: &str| manifest.child(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
            check_manifest(index, &manifest, is_named("apiVersion") && is_named("kind"), strict).map_err(failed)?;
            self.manifests.add(manifest);
        }
        self.logs.extend(outcome.logs.into_iter().map(|line| (uid.to_owned(), line)));
        Ok(())
    }
}

/// Makes and removes the directories and files of an outcome below the directory of mounts.
fn apply_files(mounts: &Path, outcome: &Outcome) -> Result<(), Error> {
    let local = |path: &str| {
        if is_local(path) {
            Ok(mounts.join(path))
        } else {
            Err(Error::Provision(format!("failing to write non relative volume directory '{path}'")))
        }
    };
    for (path, wanted) in &outcome.directories {
        let full = local(path)?;
        if *wanted {
            std::fs::create_dir_all(&full).map_err(|e| Error::io("failed to create directory", &full, e))?;
        } else if full.exists() {
            std::fs::remove_dir_all(&full).map_err(|e| Error::io("failed to remove directory", &full, e))?;
        }
    }
    for (path, content) in &outcome.files {
        let full = local(path)?;
        match content {
            Some(content) => crate::write_file(&full, content.as_bytes(), 0o644)?,
            None if full.exists() => {
                std::fs::remove_file(&full).map_err(|e| Error::io("failed to remove file", &full, e))?;
            }
            None => {}
        }
    }
    Ok(())
}
