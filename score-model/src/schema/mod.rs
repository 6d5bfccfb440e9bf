//! The schema of Score: one description, from which both the fast check with its messages and the JSON Schema document are made.

mod check;
mod document;
mod habits;
mod score;
mod shape;

pub(crate) use check::check;
pub use document::score_schema;
pub(crate) use score::{
    BASE64, BEFORE, CONTAINER, FILE, HEADER_NAME, METADATA, MODE, RESOURCE, TEMPLATE, VOLUME_SOURCE, WORKLOAD,
};
pub(crate) use shape::{Field, Map, Object, Shape};
