//! YAML texts as values: state files, provisioner files, what templates render.

use score_model::{Diagnostics, Document, Source, Value};

/// What the first document of a text says, or the first thing that is wrong with it.
pub(crate) fn read(source: Source) -> Result<Value, String> {
    let document = Document::parse(source).into_result();
    let (document, _) = document.map_err(|problems| first_problem(&problems))?;
    Ok(document.value().clone())
}

/// The first thing that is wrong with a text, and in which line.
pub(crate) fn first_problem(problems: &Diagnostics) -> String {
    let Some(problem) = problems.iter().next() else { return String::new() };
    match problem.position() {
        Some(position) => format!("yaml: line {}: {}", position.line, problem.message),
        None => problem.message.clone(),
    }
}
