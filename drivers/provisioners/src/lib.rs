//! The Score tools' provisioners and projects: provisioner files, state, provisioning, patches.
//!
//! A project is a [`State`]: workloads, the resources they ask for, and what provisioners remember. [`Provisioner`]s come from the tools' own files, in either [`Dialect`].
//!
//! ```
//! use score_model::{Source, Value};
//! use score_provisioners::{Dialect, Provisioner, State, World};
//!
//! let file = "- {uri: template://cache, type: cache, outputs: 'host: {{ .Type }}-{{ .Class }}'}";
//! let provisioners = Provisioner::read_all(Dialect::Compose, Source::new("cache.provisioners.yaml", file))?;
//!
//! let mut state = State::new(Dialect::Compose, "demo");
//! let spec = Value::from(serde_json::json!({"metadata": {"name": "shop"}, "resources": {"cache": {"type": "cache"}}}));
//! state.workloads.entry("shop".into()).or_default().spec = spec;
//! state.prime(&mut || "00000000-0000-4000-8000-000000000000".into())?;
//! state.provision(Dialect::Compose, &provisioners, &World::default())?;
//! assert_eq!(state.resources["cache.default#shop.cache"].outputs.redacted()["host"], "cache-default");
//! # Ok::<(), score_provisioners::Error>(())
//! ```
//!
//! Templates may ask `env "SCORE_PROVISIONER_CONTINUES"`: it is `true` while more resources of their provisioner follow in the same run, and always empty in the Score tools. A file that tells of all of
//! them need only be rendered by the last.

mod command;
mod command_driver;
mod command_uri;
mod compose_form;
mod convert;
mod data;
mod dialect;
mod error;
mod files;
mod given;
mod initialise;
mod input;
mod known_kinds;
mod kyaml;
mod listing;
mod manifests;
mod order;
mod outcome;
mod patch;
#[cfg(feature = "program")]
pub mod program;
mod project;
mod project_directory;
mod provisioner;
mod publish;
mod score_files;
mod sources;
mod state;
mod substitution;
mod template;
mod template_driver;
mod told;
mod version;
mod world;
mod yaml;

pub use command_driver::CommandProvisioner;
pub use command_uri::CommandUri;
pub use dialect::Dialect;
pub use error::Error;
pub use files::replace_file;
pub use initialise::InitOptions;
pub use kyaml::kyaml;
pub use listing::{provisioners_json, provisioners_table, resources_json, resources_table, table};
pub use manifests::Manifests;
pub use patch::PatchTemplate;
pub use project::Provisioned;
pub use project_directory::ProjectDirectory;
pub use provisioner::{Kind, Provisioner};
pub use score_files::Overrides;
pub use sources::{Fetched, fetch};
pub use state::{ResourceState, State, WorkloadState};
pub use template_driver::TemplateProvisioner;
pub use version::check_version;
pub use world::World;

use files::write_file;
