//! Workloads: Score files, checked.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::names::Name;
use crate::schema::{self, WORKLOAD};
use crate::{
    Checked, DEFAULT_CLASS, Diagnostic, Diagnostics, Document, Entries, Mode, Path, Place, ResourceUid, Source, Span,
    Value, WORKLOAD_TYPE, rules, shared_text, upgrade, yaml,
};

mod builder;
mod container;
mod extract;
mod probe;
mod quick;
mod resource;
mod service;

pub use builder::{ContainerBuilder, ResourceBuilder, WorkloadBuilder};
pub use container::{Amounts, ComputeResources, Container, File, FileContent, Readiness, Volume};
pub use probe::{ExecProbe, HttpHeader, HttpProbe, Probe, Scheme};
pub use resource::Resource;
pub use service::{Port, Protocol, Service};

/// The annotation that names a workload's class.
pub const CLASS_ANNOTATION: &str = "partitura.dev/class";

/// One Score file: what a developer wrote, checked.
///
/// Its [parts](WorkloadParts) are fields of it, too: `workload.containers["main"]`. Two workloads are equal when their documents are. Serialised as its document, where what is secret or not known is
/// redacted; deserialised with all checks.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Workload {
    /// The name, `metadata.name`.
    pub name: Name,
    document: Document,
    /// Made when first asked for: who only checks, or works on the document, needs none.
    parts: OnceLock<Box<WorkloadParts>>,
    /// Whether something that is wrong in the document is left out of the parts.
    mended: bool,
}

/// What a [`Workload`] consists of.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WorkloadParts {
    /// The whole metadata, a map.
    pub metadata: Value,
    /// Under which ports others reach it.
    pub service: Service,
    /// What runs, by name.
    pub containers: Entries<Name, Container>,
    /// What it asks for, by the name it gives each.
    pub resources: Entries<Name, Resource>,
}

impl Deref for Workload {
    type Target = WorkloadParts;

    fn deref(&self) -> &WorkloadParts {
        self.parts.get_or_init(|| Box::new(extract::parts(self.document.value())))
    }
}

impl PartialEq for Workload {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.document == other.document
    }
}

impl Workload {
    /// Reads a Score file, YAML or JSON: upgrades deprecated forms, checks it against the schema and the rules beyond it, in [strict mode](Mode::Strict). All problems are found in one run, in the order
    /// of their places.
    ///
    /// Where there are errors the value is what could be understood all the same: parts that are wrong are left out.
    pub fn parse(source: Source) -> Checked<Self> {
        Self::parse_in(Mode::Strict, source)
    }

    /// Like [`parse`](Self::parse), as strictly as `mode` says.
    pub fn parse_in(mode: Mode, source: Source) -> Checked<Self> {
        if let Some(workload) = quick::read(&source, mode) {
            return Checked::new(workload, Diagnostics::new());
        }
        let (document, mut diagnostics) = Document::parse(source.clone()).into_parts();
        let Some(document) = document else {
            let begin = "begin with `apiVersion: score.dev/v1b1`, `metadata: {name: my-workload}` and `containers: {main: {image: \"my-image:1\"}}`";
            let helped = |diagnostic: Diagnostic| match &*diagnostic.code {
                "empty" => diagnostic.help(begin),
                _ => diagnostic,
            };
            return Checked::failed(diagnostics.into_iter().map(helped).collect());
        };
        if let Some(start) = yaml::second_document(source.text()).filter(|_| mode == Mode::Strict) {
            let message = "a second document begins here: only the first one of a file is read";
            let place = Place::new(source, Span::new(start, start + 3));
            let diagnostic = Diagnostic::warning("further-document", message).at(place);
            diagnostics.push(diagnostic.help("put each workload into a file of its own"));
        }
        let (workload, further) = Self::from_document(document, mode).into_parts();
        diagnostics.append(further);
        diagnostics.sort();
        match workload {
            Some(workload) => Checked::new(workload, diagnostics),
            None => Checked::failed(diagnostics),
        }
    }

    /// Makes a workload of a document: one that overrides were laid over, say. See [`parse`](Self::parse).
    pub fn from_document(document: Document, mode: Mode) -> Checked<Self> {
        let (document, mut diagnostics) = upgrade(document, mode).into_parts();
        let Some(document) = document else { return Checked::failed(diagnostics) };
        let mut problems = schema::check(&WORKLOAD, document.value(), document.known_marks(), mode);
        let wrong: Vec<Path> = problems.iter().map(|problem| problem.path.clone()).collect();
        problems.extend(rules::check(document.value(), mode));
        diagnostics.extend(problems.into_iter().map(|problem| problem.diagnostic(&document)));
        diagnostics.sort();
        match extract::workload(document, &wrong) {
            Some(workload) => Checked::new(workload, diagnostics),
            None => Checked::failed(diagnostics),
        }
    }

    /// A workload with nothing wrong in its document.
    fn new(name: Name, document: Document) -> Self {
        Self { name, document, parts: OnceLock::new(), mended: false }
    }

    /// Starts a workload written in code.
    ///
    /// ```
    /// use score_model::{Container, Resource, Workload};
    ///
    /// let (workload, _warnings) = Workload::builder("shop")
    ///     .port("web", 80, None)
    ///     .container("main", Container::builder("shop:1").variable("DATABASE", "${resources.db.url}"))
    ///     .resource("db", Resource::builder("postgres").class("large"))
    ///     .build()
    ///     .into_result()?;
    /// assert_eq!(workload.resources["db"].ty, "postgres");
    /// # Ok::<(), score_model::Diagnostics>(())
    /// ```
    pub fn builder(name: &str) -> WorkloadBuilder {
        WorkloadBuilder::new(name)
    }

    /// The document as written, deprecated forms upgraded.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The same, without what can be read again: for who keeps it in case that somebody asks. See [`Document::unread`].
    #[must_use]
    pub fn unread(&self) -> Self {
        if self.mended {
            return self.clone();
        }
        Self::new(self.name.clone(), self.document.unread())
    }

    /// Where the value at `path` of the document was written; `None` for a workload built in code.
    pub fn place(&self, path: &Path) -> Option<Place> {
        self.document.was_written().then(|| self.document.place(path))
    }

    /// Where a range of bytes of the text at `path` was written, such as a placeholder in it; see [`Document::place_within`]. `None` for a workload built in code.
    pub fn place_within(&self, path: &Path, range: crate::Span) -> Option<Place> {
        self.document.was_written().then(|| self.document.place_within(path, range))
    }

    /// The class of its node: its annotation [`CLASS_ANNOTATION`], else `default`.
    pub fn class(&self) -> &str {
        self.annotation(CLASS_ANNOTATION).unwrap_or(DEFAULT_CLASS)
    }

    /// The value of an annotation of the workload.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.metadata.child("annotations")?.child(key)?.as_str()
    }

    /// The uid of its node: `workload.CLASS#NAME`. `None` where the class is no part of a uid.
    pub fn uid(&self) -> Option<ResourceUid> {
        ResourceUid::new(WORKLOAD_TYPE, self.class(), &self.name).ok()
    }

    /// The uid of the resource that it calls `name`; `None` where it has none of that name.
    pub fn resource_uid(&self, name: &str) -> Option<ResourceUid> {
        self.resources.get(name)?.uid(&self.name, name)
    }
}

impl Serialize for Workload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.value().redacted().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Workload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::from_value(Value::deserialize(deserializer)?);
        let checked = Self::from_document(document, Mode::Strict).into_result();
        checked.map(|(workload, _)| workload).map_err(|diagnostics| {
            let messages: Vec<&str> = diagnostics.iter().map(|diagnostic| &*diagnostic.message).collect();
            serde::de::Error::custom(messages.join("; "))
        })
    }
}

/// Reads what may be absent but not null.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn present_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text>, D::Error> {
    shared_text::text(deserializer).map(Some)
}

fn present_some_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text>, D::Error> {
    shared_text::some_text(deserializer).map(Some)
}

fn port_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    match u16::deserialize(deserializer)? {
        0 => Err(serde::de::Error::custom("a port is a whole number from 1 to 65535")),
        port => Ok(port),
    }
}

fn present_port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    port_number(deserializer).map(Some)
}

/// Writes a value, redacted.
fn redacted<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    value.redacted().serialize(serializer)
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The text of a field that is not checked further.
type Text = Arc<str>;
