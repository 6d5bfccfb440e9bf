//! The Score model: what a developer wrote, with positions, validated.
//!
//! A [`Workload`] is one Score file (<https://score.dev>, specification v1b1). Reading gives [`Checked`] values: as much as could be understood, and every problem that was found, each a
//! [`Diagnostic`] with file, line, column and, where one can be named, a fix. Nothing here touches the world: texts come in as a [`Source`], bytes of files are given by the caller.
//!
//! ```
//! use score_model::{Source, Workload};
//!
//! let text = "
//! apiVersion: score.dev/v1b1
//! metadata: {name: shop}
//! containers:
//!   main:
//!     image: shop:1
//!     variables: {DATABASE: \"${resources.bd.url}\"}
//! resources:
//!   db: {type: postgres}
//! ";
//! let checked = Workload::parse(Source::new("score.yaml", text));
//! let problem = checked.diagnostics().iter().next().expect("there is no resource `bd`");
//! assert_eq!((&*problem.code, problem.position().map(|at| (at.line, at.column))), ("undeclared-resource", Some((7, 28))));
//!
//! let (workload, _warnings) = Workload::parse(Source::new("score.yaml", text.replace("bd", "db"))).into_result()?;
//! assert_eq!(workload.resource_uid("db").map(|uid| uid.to_string()), Some("postgres.default#shop.db".to_owned()));
//! # Ok::<(), score_model::Diagnostics>(())
//! ```
//!
//! The pieces, each of use without the others:
//!
//! - [`Document`]: a YAML or JSON text as a [`Value`], in which every part can be traced to its place; [merging](Document::merged), [single properties](Document::with_property),
//!   [images](Document::with_image) and [embedded files](Document::embed_files) keep the places. [`yaml`] is the reader and the writer below it.
//! - [`Workload`] and its parts: the typed model; [`Workload::builder`] makes one in code; [`score_schema`] is its JSON Schema; [`upgrade`] brings deprecated forms up to date; [`unique_names`] is
//!   what several files must be together; [`Mode`] says how strictly files are taken.
//! - [`Template`], [`Reference`], [`substitute`], [`Lookup`]: placeholders, by one grammar for checking and for resolving.
//! - [`Value`] with [`Secret`] parts and parts that are not known yet; [`Split`] and [`Fingerprint`] are how it is kept.
//! - [`ResourceUid`], [`Name`], [`TypeName`], [`ClassName`], [`ResourceId`], [`Memory`], [`Cpu`]: texts that cannot hold what they should not.

mod diagnostic;
mod document;
mod embed;
mod entries;
mod json;
mod json_scan;
mod json_text;
mod lookup;
mod marks;
mod merge;
mod mode;
mod names;
mod number;
mod overrides;
mod path;
mod problem;
mod quantity;
mod reference;
mod rules;
mod schema;
mod seal;
mod secrets;
mod shared_text;
mod source;
mod suggest;
mod template;
mod uid;
mod upgrade;
mod value;
mod workload;
pub mod yaml;

pub use diagnostic::{Checked, Diagnostic, Diagnostics, Severity};
pub use document::Document;
pub use entries::Entries;
pub use lookup::{Lookup, LookupError, LookupErrorReason, ResourceLookup};
pub use merge::merge_patch;
pub use mode::Mode;
pub use names::{AnnotationKey, ClassName, InvalidText, Name, ResourceId, TypeName, VariableName};
pub use number::Number;
pub use overrides::{InvalidProperty, Nulls, Property, property_path};
pub use path::Path;
pub use quantity::{Cpu, Memory};
pub use reference::{InvalidReference, Reference};
pub use rules::unique_names;
pub use schema::score_schema;
pub use seal::{DoesNotOpen, Fingerprint, FingerprintKey, Seal, Split, StillUnknown};
pub use secrets::SecretTexts;
pub use shared_text::shared_key;
pub use source::{Place, Position, Source, Span};
pub use suggest::suggest;
pub use template::{Escapes, Part, Template, Whole, placeholders, substitute};
pub use uid::{DEFAULT_CLASS, InvalidUid, MAX_CLASS, MAX_ID, ResourceUid, WORKLOAD_TYPE};
pub use upgrade::upgrade;
pub use value::{Map, Secret, Value};
pub use workload::{
    Amounts, CLASS_ANNOTATION, ComputeResources, Container, ContainerBuilder, ExecProbe, File, FileContent, HttpHeader,
    HttpProbe, Port, Probe, Protocol, Readiness, Resource, ResourceBuilder, Scheme, Service, Volume, Workload,
    WorkloadBuilder, WorkloadParts,
};
