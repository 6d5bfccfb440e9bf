//! YAML texts as values: state files, provisioner files, what templates render.

use score_model::{Document, Source, Value};

/// What the first document of a text says, or the first thing that is wrong with it.
pub(crate) fn read(source: Source) -> Result<Value, String> {
    let document = Document::parse(source).into_result();
    let (document, _) = document
        .map_err(|problems| problems.iter().next().map(|problem| problem.message.clone()).unwrap_or_default())?;
    Ok(document.value().clone())
}
