//! What must be true of any text.

use std::collections::BTreeSet;

use score_model::{
    Diagnostics, Document, Escapes, Mode, Nulls, Path, Property, Reference, Source, Template, Value, Workload, yaml,
};

use crate::memory;

/// Reads a text in every way that there is; what it is like, or what is wrong.
pub(crate) fn check(text: &str) -> Result<String, String> {
    // What is made once, such as patterns, is not this text's.
    let _ = Workload::parse(Source::new("warm.yaml", "a: 1"));
    let source = Source::new("score.yaml", text);
    let (read, peak) = memory::peak_of(|| Workload::parse(source.clone()));
    let most = 100_000 + 1000 * text.len();
    if peak > most {
        return Err(format!("reading takes {peak} bytes of memory, for {} of text", text.len()));
    }
    let mut sort = sort(read.diagnostics());
    let (shown, _) = (read.diagnostics().to_string(), serde_json::to_string(read.diagnostics()).map_err(whole)?);
    if shown.len() > 20_000 + 100 * text.len() * (1 + read.diagnostics().iter().count()) {
        return Err(format!("messages take {} bytes, for {} of text", shown.len(), text.len()));
    }
    small_languages(text)?;
    let _ = Workload::parse_in(Mode::Compatible, source.clone());
    let _ = Source::from_bytes("score.yaml", text.as_bytes());
    let _ = Document::parse_all(source.clone());
    let (document, problems) = Document::parse(source).into_parts();
    let Some(document) = document.filter(|_| !problems.has_errors()) else { return Ok(sort) };
    sort += " understood";
    // JSON that is right is read another way.
    let usual = Workload::from_document(document.clone(), Mode::Strict);
    let further = read.diagnostics().iter().any(|problem| problem.code == "further-document");
    if problems.iter().next().is_none() && !further && usual != read {
        return Err(format!("read one way it is {read:?}, the other way {usual:?}"));
    }
    rewritten(&document)?;
    overridden(&document)?;
    if let Some(workload) = read.value().filter(|_| !read.diagnostics().has_errors()) {
        sort += " and right";
        let json = serde_json::to_string(workload).map_err(whole)?;
        let again: Workload =
            serde_json::from_str(&json).map_err(|error| format!("not right when written: {error}"))?;
        if again.containers != workload.containers || again.resources != workload.resources {
            return Err("another workload when written and read".to_owned());
        }
    }
    Ok(sort)
}

/// Which problems there are.
fn sort(diagnostics: &Diagnostics) -> String {
    let sorts: BTreeSet<String> = diagnostics
        .iter()
        .map(|problem| {
            let words = problem.message.split('`').step_by(2).collect::<String>();
            let place = problem.position().map_or(0, |at| at.column.min(2));
            format!("{} {} {place}", problem.code, words.replace(|c: char| c.is_ascii_digit(), ""))
        })
        .collect();
    sorts.into_iter().take(3).collect::<Vec<_>>().join(", ")
}

/// What is in it is the same when written and read, as YAML and as JSON, and stands within the text.
fn rewritten(document: &Document) -> Result<(), String> {
    let value = document.value();
    if size(value, 10_000) == 0 {
        return Ok(());
    }
    let mut forms = vec![yaml::write(value), yaml::write_in_order(value)];
    // JSON does not escape what may not stand in YAML.
    let forbidden = |c| matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}');
    let json = value.expose().to_string();
    if !has_odd_float(value) && !json.contains(forbidden) {
        forms.push(json);
    }
    for form in forms {
        let again = Document::parse(Source::new("again", &*form)).into_result();
        let again = again.map_err(|error| format!("{form:?} does not read back: {error}"))?.0;
        if again.value() != value {
            return Err(format!("{form:?} reads back as {:?} instead of {value:?}", again.value()));
        }
    }
    places(document, value, &Path::root())
}

fn places(document: &Document, value: &Value, path: &Path) -> Result<(), String> {
    for place in [document.place(path), document.key_place(path)] {
        let (span, text) = (place.span, place.source.text());
        if span.start > span.end || span.end > text.len() {
            return Err(format!("`{path}` is said to stand at {span:?} of {} bytes", text.len()));
        }
    }
    match value {
        Value::Map(map) if path.keys().len() < 5 => {
            map.iter().take(20).try_for_each(|(key, below)| places(document, below, &path.child(key.clone())))
        }
        Value::List(items) if path.keys().len() < 5 => {
            let items = items.iter().take(20).enumerate();
            items.into_iter().try_for_each(|(index, below)| places(document, below, &path.child(index.to_string())))
        }
        _ => Ok(()),
    }
}

/// Laid over itself it stays what it is, but for nulls.
fn overridden(document: &Document) -> Result<(), String> {
    let merged = document.merged(document, Nulls::Replace);
    if merged.value() != document.value() {
        return Err(format!("laid over itself: {:?}", merged.value()));
    }
    let property = Property::set(["metadata", "name"], Value::from("x"));
    if let Ok(changed) = document.with_property(&property) {
        let _ = Workload::from_document(changed, Mode::Strict).diagnostics().to_string();
    }
    let _ = document.with_image("image").embed_files(&mut |_| Ok(vec![0xff]));
    Ok(())
}

/// Placeholders, properties and paths.
fn small_languages(text: &str) -> Result<(), String> {
    for escapes in [Escapes::Score, Escapes::Platform] {
        for (inner, span) in Template::parse(text, escapes).placeholders() {
            if text.get(span.start..span.end) != Some(&*format!("${{{inner}}}")) {
                return Err(format!("placeholder `{inner}` does not stand at {span:?}"));
            }
        }
    }
    let line = text.lines().next().unwrap_or_default();
    let _ = (line.parse::<Property>(), line.parse::<Reference>());
    let path: Path = line.parse().unwrap_or_else(|never: std::convert::Infallible| match never {});
    if path.to_string().parse() != Ok(path.clone()) {
        return Err(format!("{:?} is another path when written and read", path.keys()));
    }
    Ok(())
}

/// How many parts a value has, up to a limit, from which on it is 0: more than that may be shared parts many times over.
fn size(value: &Value, most: usize) -> usize {
    fn count(value: &Value, left: &mut usize) {
        *left = left.saturating_sub(1);
        match value {
            _ if *left == 0 => {}
            Value::Map(map) => map.values().for_each(|below| count(below, left)),
            Value::List(items) => items.iter().for_each(|below| count(below, left)),
            _ => {}
        }
    }
    let mut left = most;
    count(value, &mut left);
    if left == 0 { 0 } else { most - left }
}

/// Whether there is a float that JSON does not know, or that it writes in a way YAML reads otherwise.
fn has_odd_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.to_json().is_none(),
        Value::List(items) => items.iter().any(has_odd_float),
        Value::Map(map) => map.values().any(has_odd_float),
        _ => false,
    }
}

fn whole(error: serde_json::Error) -> String {
    error.to_string()
}
