//! What runs.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ContainerBuilder, Probe, Text, is_default, present, present_some_text, present_text};
use crate::Entries;
use crate::names::{Name, VariableName};
use crate::quantity::{Cpu, Memory};
use crate::schema::MODE;
use crate::shared_text::{SharedText, by_text, entries, map, some_text, text, texts};

/// A container of a workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Container {
    /// The image; `.` where it is given at deployment.
    #[serde(deserialize_with = "some_text")]
    pub image: Text,
    /// Instead of the image's entrypoint; empty for that.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "texts")]
    pub command: Vec<Text>,
    /// Instead of the image's arguments; empty for those.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "texts")]
    pub args: Vec<Text>,
    /// Environment variables, with placeholders as written.
    #[serde(default, skip_serializing_if = "Entries::is_empty", deserialize_with = "variables")]
    pub variables: Entries<VariableName, Text>,
    /// Files, by their path in the container.
    #[serde(default, skip_serializing_if = "Entries::is_empty", deserialize_with = "by_text")]
    pub files: Entries<Text, File>,
    /// Volumes, by their path in the container.
    #[serde(default, skip_serializing_if = "Entries::is_empty", deserialize_with = "by_text")]
    pub volumes: Entries<Text, Volume>,
    /// Containers that start only after this one has come as far as is said.
    #[serde(default, skip_serializing_if = "Entries::is_empty", with = "before")]
    pub before: Entries<Name, Readiness>,
    /// How much memory and processor time it gets.
    #[serde(default, skip_serializing_if = "is_default")]
    pub resources: ComputeResources,
    /// How to tell whether it is alive.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub liveness_probe: Option<Probe>,
    /// How to tell whether it can take requests.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub readiness_probe: Option<Probe>,
}

impl Container {
    /// Starts a container written in code.
    pub fn builder(image: &str) -> ContainerBuilder {
        ContainerBuilder::new(image)
    }

    /// Whether the image is to be given at deployment: it is `.`.
    pub fn needs_image(&self) -> bool {
        &*self.image == "."
    }
}

/// A file in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// The access mode, in octal, as written.
    pub mode: Option<Text>,
    /// What it contains.
    pub content: FileContent,
    /// Whether placeholders in the content stay as they are.
    pub no_expand: bool,
}

/// What a [`File`] contains.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileContent {
    /// What a file beside the Score file contains: its path, absolute or from the Score file.
    Source(Text),
    /// This text, with placeholders.
    Text(Text),
    /// Bytes, in base64, never expanded.
    Binary(Text),
}

impl File {
    /// The access mode as a number; `None` where none is written.
    pub fn mode_bits(&self) -> Option<u32> {
        self.mode.as_deref().and_then(|mode| u32::from_str_radix(mode, 8).ok())
    }

    /// The bytes of its content, placeholders as written. `None` where it must be taken from a file, or is no base64.
    pub fn bytes(&self) -> Option<Cow<'_, [u8]>> {
        use base64::Engine as _;
        match &self.content {
            FileContent::Source(_) => None,
            FileContent::Text(text) => Some(Cow::Borrowed(text.as_bytes())),
            FileContent::Binary(text) => {
                let packed: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
                base64::engine::general_purpose::STANDARD.decode(packed).ok().map(Cow::Owned)
            }
        }
    }
}

/// How a [`File`] is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WrittenFile {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "mode")]
    mode: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present_some_text")]
    source: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present_text")]
    content: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present_text")]
    binary_content: Option<Text>,
    #[serde(default, skip_serializing_if = "is_default")]
    no_expand: bool,
}

impl Serialize for File {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (mut source, mut content, mut binary_content) = (None, None, None);
        let (slot, text) = match &self.content {
            FileContent::Source(text) => (&mut source, text),
            FileContent::Text(text) => (&mut content, text),
            FileContent::Binary(text) => (&mut binary_content, text),
        };
        *slot = Some(text.clone());
        let (mode, no_expand) = (self.mode.clone(), self.no_expand);
        WrittenFile { mode, source, content, binary_content, no_expand }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for File {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = WrittenFile::deserialize(deserializer)?;
        let content = match (written.source, written.content, written.binary_content) {
            (Some(path), None, None) => FileContent::Source(path),
            (None, Some(text), None) => FileContent::Text(text),
            (None, None, Some(text)) => FileContent::Binary(text),
            _ => return Err(serde::de::Error::custom("exactly one of `source`, `content`, `binaryContent` is needed")),
        };
        Ok(Self { mode: written.mode, content, no_expand: written.no_expand })
    }
}

/// A volume in a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Volume {
    /// The volume: usually a placeholder that names a resource.
    #[serde(deserialize_with = "text")]
    pub source: Text,
    /// The path inside the volume.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present_text")]
    pub path: Option<Text>,
    /// Whether nothing can be written to it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub read_only: bool,
}

/// How far a container must have come before another one starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Readiness {
    /// It runs.
    Started,
    /// Its probe succeeds.
    Healthy,
    /// It has ended well.
    Complete,
}

impl Readiness {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Healthy => "healthy",
            Self::Complete => "complete",
        }
    }
}

/// How much of the machine a container gets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ComputeResources {
    /// The most it may use.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limits: Amounts,
    /// The least it needs.
    #[serde(default, skip_serializing_if = "is_default")]
    pub requests: Amounts,
}

/// Amounts of memory and processor time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Amounts {
    /// Memory.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub memory: Option<Memory>,
    /// Processor time.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub cpu: Option<Cpu>,
}

fn variables<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Entries<VariableName, Text>, D::Error> {
    entries::<VariableName, Text, VariableName, SharedText, D>(deserializer)
}

fn mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text>, D::Error> {
    let mode = text(deserializer)?;
    if (MODE.holds)(&mode) { Ok(Some(mode)) } else { Err(serde::de::Error::custom(MODE.rule)) }
}

/// `before` is written as `NAME: {ready: STATE}`.
mod before {
    use super::*;

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Entry {
        ready: Readiness,
    }

    pub(super) fn serialize<S: Serializer>(map: &Entries<Name, Readiness>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(map.iter().map(|(name, ready)| (name, Entry { ready: *ready })))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Entries<Name, Readiness>, D::Error> {
        let map: Entries<Name, Entry> = map(deserializer)?;
        Ok(map.into_iter().map(|(name, entry)| (name, entry.ready)).collect())
    }
}
