//! The Score model: what a developer wrote, with positions, validated.
//!
//! A [`Workload`] is one Score file (<https://score.dev>). Reading gives [`Checked`] values: as much as could be understood, and every problem that was found, each a [`Diagnostic`] with file,
//! line and column. Nothing here touches the world: texts come in as a [`Source`].
//!
//! ```
//! use score_model::{Source, Workload};
//!
//! let text = r#"{"apiVersion": "score.dev/v1b1", "metadata": {"name": "shop"}, "containers": {"main": {"image": "shop:1"}}}"#;
//! let (workload, _warnings) = Workload::parse(Source::new("score.yaml", text)).into_result()?;
//! assert_eq!(&*workload.name, "shop");
//! # Ok::<(), score_model::Diagnostics>(())
//! ```

mod diagnostic;
mod document;
mod embed;
mod json;
mod lookup;
mod marks;
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
pub use lookup::{Lookup, LookupError, LookupErrorReason, ResourceLookup};
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
pub use shared_text::Entries;
pub use source::{Place, Position, Source, Span};
pub use suggest::suggest;
pub use template::{Escapes, Part, Template, Whole, substitute};
pub use uid::{DEFAULT_CLASS, InvalidUid, MAX_CLASS, MAX_ID, ResourceUid, WORKLOAD_TYPE};
pub use upgrade::upgrade;
pub use value::{Map, Secret, Value};
pub use workload::{
    Amounts, CLASS_ANNOTATION, ComputeResources, Container, ContainerBuilder, ExecProbe, File, FileContent, HttpHeader,
    HttpProbe, Port, Probe, Protocol, Readiness, Resource, ResourceBuilder, Scheme, Service, Volume, Workload,
    WorkloadBuilder,
};
