//! The ports of a workload.

use serde::{Deserialize, Serialize};

use super::{is_default, port_number, present_port};
use crate::Entries;
use crate::names::Name;
use crate::shared_text::map;

/// Under which ports others reach a workload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Service {
    /// The ports, by name.
    #[serde(default, skip_serializing_if = "Entries::is_empty", deserialize_with = "map")]
    pub ports: Entries<Name, Port>,
}

/// A port of a [`Service`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Port {
    /// The number under which others reach it.
    #[serde(deserialize_with = "port_number")]
    pub port: u16,
    /// The protocol.
    #[serde(default, skip_serializing_if = "is_default")]
    pub protocol: Protocol,
    /// The number in the container, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present_port")]
    pub target_port: Option<u16>,
}

impl Port {
    /// The number in the container.
    pub fn target(&self) -> u16 {
        self.target_port.unwrap_or(self.port)
    }
}

/// The protocol of a [`Port`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Protocol {
    /// TCP.
    #[default]
    #[serde(rename = "TCP")]
    Tcp,
    /// UDP.
    #[serde(rename = "UDP")]
    Udp,
}

impl Protocol {
    /// As it is written: `TCP` or `UDP`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }
}
