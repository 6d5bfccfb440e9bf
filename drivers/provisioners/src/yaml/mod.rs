//! YAML texts as values: state files, provisioner files, what templates render.

mod quick;
mod scalar;

use score_model::{Document, Source, Value};

/// What the first document of a text says, or the first thing that is wrong with it.
///
/// [`Document::parse`] decides what a text says; most texts here are so plain that [`quick`] can read them, in a tenth of the time.
pub(crate) fn read(source: Source) -> Result<Value, String> {
    if let Some(value) = quick::read(source.text()) {
        return Ok(value);
    }
    let document = Document::parse(source).into_result();
    let (document, _) = document
        .map_err(|problems| problems.iter().next().map(|problem| problem.message.clone()).unwrap_or_default())?;
    Ok(document.value().clone())
}

#[cfg(test)]
mod tests;
