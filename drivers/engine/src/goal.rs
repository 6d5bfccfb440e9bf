//! What is desired of an environment, and the documents that say so.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::{Diagnostic, Diagnostics, Path, Severity, Source, Value, Workload};
use score_resolver::{Snapshot, StoredDocument};

/// What is desired of an environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// The workloads that are given; `None`: nothing is to be left.
    workloads: Option<Vec<Workload>>,
    prune: bool,
}

impl Goal {
    /// These workloads, and those that are recorded under other names.
    pub fn up(workloads: impl IntoIterator<Item = Workload>) -> Self {
        Self { workloads: Some(workloads.into_iter().collect()), prune: false }
    }

    /// Nothing.
    pub fn down() -> Self {
        Self { workloads: None, prune: false }
    }

    /// Whether workloads that are recorded but not given go.
    #[must_use]
    pub fn prune(mut self, prune: bool) -> Self {
        self.prune = prune;
        self
    }

    /// All workloads that there are to be, with their documents; `None` where nothing is to be left.
    pub(crate) fn desired(self, snapshot: &Snapshot) -> Result<Option<Desired>, Diagnostics> {
        let Some(given) = self.workloads else { return Ok(None) };
        let (mut workloads, mut documents, mut diagnostics) = (BTreeMap::new(), BTreeMap::new(), Diagnostics::new());
        for workload in given {
            let name: Arc<str> = workload.name.as_str().into();
            documents.insert(name.clone(), document(&workload));
            if let Some(other) = workloads.insert(name.clone(), workload) {
                let message = format!("there are two workloads called `{name}`");
                let place = other.place(&Path::root());
                diagnostics
                    .push(Diagnostic::error("duplicate-workload", message).at(place).help("give each its own name"));
            }
        }
        let recorded = snapshot.documents().iter().filter(|_| !self.prune);
        for (name, stored) in recorded {
            if workloads.contains_key(name) {
                continue;
            }
            let text = shared_text(&stored.text);
            let (workload, found) = Workload::parse(Source::new(stored.file.clone(), text)).into_parts();
            // what was recorded was sound, and warnings about it were told
            diagnostics.extend(found.into_iter().filter(|found| found.severity == Severity::Error));
            if let Some(workload) = workload {
                workloads.insert(name.clone(), workload);
                documents.insert(name.clone(), stored.clone());
            }
        }
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        Ok(Some(Desired { workloads: workloads.into_values().collect(), documents }))
    }
}

/// Workloads, as [`Goal::up`].
impl From<Vec<Workload>> for Goal {
    fn from(workloads: Vec<Workload>) -> Self {
        Self::up(workloads)
    }
}

/// The workloads that there are to be, by name, and their documents.
pub(crate) struct Desired {
    pub(crate) workloads: Vec<Workload>,
    pub(crate) documents: BTreeMap<Arc<str>, StoredDocument>,
}

fn shared_text(text: &Value) -> Arc<str> {
    match text {
        Value::String(text) => text.clone(),
        Value::Secret(secret) => shared_text(secret.expose()),
        _ => "".into(),
    }
}

/// A workload as a text that reads as it: the one that it was read from, unless something was laid over that.
fn document(workload: &Workload) -> StoredDocument {
    let document = workload.document();
    // Not asked by its place: nobody needs to know where in it everything is.
    let file = Some(document.source()).filter(|_| document.was_written());
    if let Some(file) = file {
        let reads_so = || {
            let again = Workload::parse(file.clone());
            again.value().is_some_and(|again| again.document().value() == document.value())
        };
        if document.is_as_written() || reads_so() {
            return StoredDocument::new(file.name(), file.shared_text());
        }
    }
    let name = file.map_or_else(|| workload.name.to_string(), |file| file.name().to_owned());
    StoredDocument::new(name, document.value().expose().to_string())
}
