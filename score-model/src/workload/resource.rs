//! What a workload asks for.

use serde::{Deserialize, Serialize};

use super::{ResourceBuilder, present, redacted};
use crate::names::{ClassName, ResourceId, TypeName};
use crate::{DEFAULT_CLASS, ResourceUid, Value, json};

/// A resource that a workload asks for.
///
/// Serialised as in a Score file, where what is secret or not known is redacted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Resource {
    /// The resource type.
    #[serde(rename = "type")]
    pub ty: TypeName,
    /// The class, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub class: Option<ClassName>,
    /// The id of a shared resource, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub id: Option<ResourceId>,
    /// Metadata, a map; null where there is none.
    #[serde(default, skip_serializing_if = "is_null", serialize_with = "redacted", deserialize_with = "a_map")]
    pub metadata: Value,
    /// Params, a map with placeholders as written; `None` where there are none.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present_map",
        serialize_with = "redacted_option"
    )]
    pub params: Option<Value>,
}

impl Resource {
    /// Starts a resource written in code.
    pub fn builder(ty: &str) -> ResourceBuilder {
        ResourceBuilder::new(ty)
    }

    /// Its uid in a workload where it is called `name`: the id that was written, else `WORKLOAD.NAME`. `None` where these are too long for a uid.
    pub fn uid(&self, workload: &str, name: &str) -> Option<ResourceUid> {
        let class = self.class.as_deref().unwrap_or(DEFAULT_CLASS);
        match &self.id {
            Some(id) => ResourceUid::new(&self.ty, class, id).ok(),
            None => ResourceUid::new(&self.ty, class, &format!("{workload}.{name}")).ok(),
        }
    }
}

fn is_null(value: &Value) -> bool {
    *value == Value::Null
}

fn redacted_option<S: serde::Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => redacted(value, serializer),
        None => serializer.serialize_none(),
    }
}

fn a_map<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    match json::part(deserializer)? {
        map @ Value::Map(_) => Ok(map),
        _ => Err(serde::de::Error::custom("metadata and params are maps")),
    }
}

fn present_map<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    a_map(deserializer).map(Some)
}
