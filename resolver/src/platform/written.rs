//! Where parts of a platform were written.

use std::sync::Arc;

use score_model::{Document, Path, Place, Span};

/// Where something was written: a document and the path to it. Nothing for what was built in code. Equal to every other, so that equality is about meaning.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written(Option<Arc<(Document, Path)>>);

impl Written {
    pub(crate) fn new(document: &Document, path: Path) -> Self {
        Self(Some(Arc::new((document.clone(), path))))
    }

    /// Where the value at `path` below it was written.
    pub(crate) fn place(&self, path: &Path) -> Option<Place> {
        self.0.as_ref().map(|written| written.0.place(&written.1.join(path)))
    }

    /// Where a part of the text at `path` below it was written.
    pub(crate) fn place_within(&self, path: &Path, span: Span) -> Option<Place> {
        self.0.as_ref().map(|written| written.0.place_within(&written.1.join(path), span))
    }

    /// Where the key at `path` below it was written.
    pub(crate) fn key_place(&self, path: &Path) -> Option<Place> {
        self.0.as_ref().map(|written| written.0.key_place(&written.1.join(path)))
    }
}

impl PartialEq for Written {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
