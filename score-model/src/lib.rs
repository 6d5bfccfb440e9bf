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
mod json;
mod marks;
mod number;
mod path;
mod seal;
mod secrets;
mod source;
mod template;
mod uid;
mod value;
mod workload;
pub mod yaml;

pub use diagnostic::{Checked, Diagnostic, Diagnostics, Severity};
pub use document::Document;
pub use number::Number;
pub use path::Path;
pub use seal::{DoesNotOpen, Fingerprint, FingerprintKey, Seal, Split, StillUnknown};
pub use secrets::SecretTexts;
pub use source::{Place, Position, Source, Span};
pub use template::{Escapes, Part, Template};
pub use uid::{DEFAULT_CLASS, InvalidUid, MAX_CLASS, MAX_ID, ResourceUid, WORKLOAD_TYPE};
pub use value::{Map, Secret, Value};
pub use workload::{CLASS_ANNOTATION, Resource, Workload};
