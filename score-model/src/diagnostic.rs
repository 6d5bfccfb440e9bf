//! What is wrong with what people wrote, for people and for programs.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::ser::SerializeStruct;

use crate::{Place, Position};

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// What was asked for cannot be done.
    Error,
    /// It can be done, but probably is not what was meant.
    Warning,
}

/// One problem: what, where, and what to do about it.
///
/// Serialised as `{"code", "severity", "message", "file", "line", "column", "help"}` (absent parts as `null`), with `"witness"` where there is one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// A stable, machine-readable name of the kind of problem, such as `unknown-key`.
    pub code: Cow<'static, str>,
    /// How bad it is.
    pub severity: Severity,
    /// What happened, and to what, in one sentence without a full stop; names are in backticks.
    pub message: String,
    /// Where; `None` for what was not written in a file.
    pub place: Option<Place>,
    /// What to do about it, where that can be said.
    pub help: Option<String>,
    /// An example that shows the problem: the fields of a context that matter.
    pub witness: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code.into(), message.into())
    }

    /// A warning.
    pub fn warning(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code.into(), message.into())
    }

    fn new(severity: Severity, code: Cow<'static, str>, message: String) -> Self {
        Self { code, severity, message, place: None, help: None, witness: None }
    }

    /// The same problem at a place.
    #[must_use]
    pub fn at(mut self, place: impl Into<Option<Place>>) -> Self {
        self.place = place.into();
        self
    }

    /// The same problem with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same problem with an example that shows it.
    #[must_use]
    pub fn witness(mut self, witness: serde_json::Map<String, serde_json::Value>) -> Self {
        self.witness = Some(witness);
        self
    }

    /// Line and column of the place.
    pub fn position(&self) -> Option<Position> {
        self.place.as_ref().map(Place::position)
    }
}

/// `FILE:LINE:COLUMN: error[code]: message`, then the source line with a caret, then `hint: …`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}[{}]: {}", self.code, self.message)?;
        if let Some(place) = &self.place {
            let Position { line, column } = place.position();
            if let Some(text) = place.source.shown_line(line) {
                let shown: String = text.chars().take(200).collect();
                let width = place
                    .source
                    .text()
                    .get(place.span.start..place.span.end)
                    .map_or(1, |spanned| spanned.lines().next().unwrap_or_default().chars().count().clamp(1, 200));
                if column <= 200 {
                    let number = line.to_string();
                    let margin = " ".repeat(number.len());
                    write!(f, "\n{number} | {shown}\n{margin} | {}{}", " ".repeat(column - 1), "^".repeat(width))?;
                }
            }
        }
        if let Some(help) = &self.help {
            write!(f, "\nhint: {help}")?;
        }
        Ok(())
    }
}

impl Serialize for Diagnostic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let position = self.position();
        let mut fields = serializer.serialize_struct("Diagnostic", 7 + usize::from(self.witness.is_some()))?;
        fields.serialize_field("code", &self.code)?;
        fields.serialize_field("severity", &self.severity)?;
        fields.serialize_field("message", &self.message)?;
        fields.serialize_field("file", &self.place.as_ref().map(|place| place.source.name()))?;
        fields.serialize_field("line", &position.map(|position| position.line))?;
        fields.serialize_field("column", &position.map(|position| position.column))?;
        fields.serialize_field("help", &self.help)?;
        if let Some(witness) = &self.witness {
            fields.serialize_field("witness", witness)?;
        }
        fields.end()
    }
}

/// All problems that were found, in the order of files and places once [sorted](Diagnostics::sort). Its `Debug` is its text, for tests and programs that return it.
#[derive(Clone, Default, PartialEq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// No problems.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of another's.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The problems.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Puts them into the order of file, place, severity and code, and drops those said twice.
    pub fn sort(&mut self) {
        self.0.sort_by(|a, b| {
            let key = |d: &Diagnostic| d.place.as_ref().map(|p| (p.source.name().to_owned(), p.span.start));
            key(a)
                .cmp(&key(b))
                .then(a.severity.cmp(&b.severity))
                .then_with(|| a.code.cmp(&b.code))
                .then_with(|| a.message.cmp(&b.message))
        });
        self.0.dedup();
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("no diagnostics") } else { write!(f, "{self}") }
    }
}

impl std::error::Error for Diagnostics {}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, iter: I) {
        self.0.extend(iter);
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Serialize for Diagnostics {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// What checking gives: a value as far as one could be made, and everything that was found on the way.
///
/// There is always a value or an error.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the diagnostics are to be shown"]
pub struct Checked<T> {
    value: Option<T>,
    diagnostics: Diagnostics,
}

impl<T> Checked<T> {
    /// A value, and what was found; errors among it make the value unusable for [`into_result`](Self::into_result).
    pub fn new(value: T, diagnostics: Diagnostics) -> Self {
        Self { value: Some(value), diagnostics }
    }

    /// No value could be made. Where `diagnostics` has no error, one is added that says so.
    pub fn failed(mut diagnostics: Diagnostics) -> Self {
        if !diagnostics.has_errors() {
            diagnostics.push(Diagnostic::error("failed", "nothing could be made of this"));
        }
        Self { value: None, diagnostics }
    }

    /// The value as far as one could be made, whatever was found.
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Everything that was found.
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// The value and the warnings, or everything that was found where an error is among it.
    ///
    /// # Errors
    /// All diagnostics, when one of them is an error.
    pub fn into_result(self) -> Result<(T, Diagnostics), Diagnostics> {
        match self.value {
            Some(value) if !self.diagnostics.has_errors() => Ok((value, self.diagnostics)),
            _ => Err(self.diagnostics),
        }
    }

    /// Both parts.
    pub fn into_parts(self) -> (Option<T>, Diagnostics) {
        (self.value, self.diagnostics)
    }

    /// The same findings about another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Checked<U> {
        Checked { value: self.value.map(change), diagnostics: self.diagnostics }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Source, Span};

    #[test]
    fn shown_with_the_source_line_and_a_caret() {
        let source = Source::new("a.yaml", "one: 1\ntwo: é2\n");
        let shown = Diagnostic::error("bad-value", "`two` is wrong")
            .at(Place::new(source, Span::new(12, 15)))
            .help("write `2`")
            .to_string();
        assert_eq!(shown, "a.yaml:2:6: error[bad-value]: `two` is wrong\n2 | two: é2\n  |      ^^\nhint: write `2`");
    }

    #[test]
    fn those_that_nobody_expected_are_shown_as_text() {
        let both: Diagnostics =
            [Diagnostic::warning("one", "`a`"), Diagnostic::error("two", "`b`")].into_iter().collect();
        assert_eq!(format!("{both:?}"), "warning[one]: `a`\nerror[two]: `b`");
        assert_eq!(format!("{:?}", Diagnostics::new()), "no diagnostics");
    }

    #[test]
    fn a_failure_always_has_an_error() {
        assert!(Checked::<()>::failed(Diagnostics::new()).into_result().is_err());
    }
}
