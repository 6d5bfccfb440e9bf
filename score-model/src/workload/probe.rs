//! How to tell whether a container is well.

use serde::{Deserialize, Serialize};

use super::{Text, port_number, present, present_some_text};
use crate::schema::HEADER_NAME;
use crate::shared_text::{some_text, text, texts};

/// How to tell whether a container is well. Where both ways are given, a command is to be preferred.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Probe {
    /// A request that is answered when all is well.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub http_get: Option<HttpProbe>,
    /// A command that succeeds when all is well.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub exec: Option<ExecProbe>,
}

/// A probe by a command in the container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ExecProbe {
    /// The command and its arguments.
    #[serde(deserialize_with = "texts")]
    pub command: Vec<Text>,
}

/// A probe by an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[non_exhaustive]
pub struct HttpProbe {
    /// The host; the workload itself where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present_some_text")]
    pub host: Option<Text>,
    /// The scheme; HTTP where none is written.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub scheme: Option<Scheme>,
    /// The path.
    #[serde(deserialize_with = "text")]
    pub path: Text,
    /// The port in the container.
    #[serde(deserialize_with = "port_number")]
    pub port: u16,
    /// Headers of the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http_headers: Vec<HttpHeader>,
}

/// The scheme of an [`HttpProbe`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum Scheme {
    /// HTTP.
    #[default]
    Http,
    /// HTTPS.
    Https,
}

impl Scheme {
    /// As it is written: `HTTP` or `HTTPS`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
        }
    }
}

/// A header of an [`HttpProbe`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HttpHeader {
    /// The name.
    #[serde(deserialize_with = "header_name")]
    pub name: Text,
    /// The value.
    #[serde(deserialize_with = "some_text")]
    pub value: Text,
}

fn header_name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
    let name = text(deserializer)?;
    if (HEADER_NAME.holds)(&name) { Ok(name) } else { Err(serde::de::Error::custom(HEADER_NAME.rule)) }
}
