//! What somebody may have meant.

/// `` did you mean `x`? ``, where a candidate is close.
pub(crate) fn did_you_mean<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    score_model::suggest(text, candidates).map(|meant| format!("did you mean `{meant}`?"))
}
