//! JSON Schemas of params, inputs and outputs: what they allow, and what of it is secret.

mod conceal;
mod conform;
mod defaults;
mod quick;
mod shape;
mod subschema;
mod types;

use std::fmt;
use std::sync::{Arc, OnceLock};

use score_model::{Path, Value};

pub(crate) use conceal::expr as conceal;
pub(crate) use defaults::with_defaults;
pub(crate) use shape::Shape;
pub(crate) use subschema::Subschema;
pub(crate) use types::Types;

/// A JSON Schema that is ready for use. Cheap to clone.
///
/// Beside what JSON Schema says, `writeOnly` has a meaning here: `writeOnly: true` marks a secret, and `writeOnly: false`, written out, what no secret may get into (an argument list, which
/// everybody on a machine can see).
#[derive(Clone)]
pub struct Schema(Arc<Compiled>);

struct Compiled {
    json: Arc<Value>,
    /// Whether it is one of those that are seen to be schemas at a glance.
    is_simple: bool,
    /// Made, of those, when something is to be said of a value that contradicts it.
    validator: OnceLock<Option<jsonschema::Validator>>,
    /// Whether there is anything that a value can contradict.
    constrains: bool,
    has_secrets: bool,
    has_defaults: bool,
}

/// A schema that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidSchema {
    /// Where in the schema.
    pub path: Path,
    /// What is wrong with it.
    pub message: String,
}

/// A value that contradicts a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Where in the value.
    pub path: Path,
    /// Whether it is the key at `path` that should not be there, rather than its value that is wrong.
    pub of_key: bool,
    /// What is wrong, names in backticks. Contains no values that are secret.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Schema {
    /// Makes a schema ready for use.
    ///
    /// # Errors
    /// It is no JSON Schema, or refers to something outside itself.
    pub fn new(json: Arc<Value>) -> Result<Self, InvalidSchema> {
        let is_simple = quick::is_schema(&json);
        let validator = OnceLock::new();
        if !is_simple {
            let made = jsonschema::validator_for(&json.expose()).map_err(|error| InvalidSchema {
                path: Path::from_pointer(error.instance_path().as_str()),
                message: error.to_string(),
            })?;
            let _ = validator.set(Some(made));
        }
        let root = Subschema::of(&json);
        let (constrains, has_secrets) = (root.constrains(), root.may_contain_secret());
        let has_defaults = subschema::has_defaults(&json, 0);
        Ok(Self(Arc::new(Compiled { json, is_simple, validator, constrains, has_secrets, has_defaults })))
    }

    /// The schema as JSON.
    pub fn json(&self) -> &Arc<Value> {
        &self.0.json
    }

    /// Everything in which a value contradicts this schema. What is not known yet contradicts nothing.
    pub fn violations(&self, value: &Value) -> Vec<Violation> {
        self.conform(&Shape::Known(value.clone()))
    }

    /// The value with what this schema calls secret marked as such.
    #[must_use]
    pub fn conceal(&self, value: Value) -> Value {
        if self.0.has_secrets { conceal::value(value, &self.root()) } else { value }
    }

    pub(crate) fn root(&self) -> Subschema<'_> {
        Subschema::of(&self.0.json)
    }

    pub(crate) fn has_secrets(&self) -> bool {
        self.0.has_secrets
    }

    pub(crate) fn has_defaults(&self) -> bool {
        self.0.has_defaults
    }

    pub(crate) fn constrains(&self) -> bool {
        self.0.constrains
    }

    fn validator(&self) -> Option<&jsonschema::Validator> {
        self.0.validator.get_or_init(|| jsonschema::validator_for(&self.0.json.expose()).ok()).as_ref()
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.0.json == other.0.json
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schema({:?})", self.0.json)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
