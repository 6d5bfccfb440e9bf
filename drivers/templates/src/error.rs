//! [`TemplateError`]: what went wrong, and where.

use std::fmt;

use crate::format::quote;

/// A template that does not parse, or that failed while it was rendered.
///
/// It prints what Go prints for the same template:
///
/// ```
/// # use score_templates::{Functions, Template};
/// let error = Template::parse("greeting", "Hello {{ .who", &Functions::default()).unwrap_err();
/// assert_eq!(error.to_string(), "template: greeting:1: unclosed action");
/// assert_eq!((error.line(), error.column()), (1, None));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct TemplateError(Box<Failure>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Failure {
    template: String,
    line: usize,
    column: Option<usize>,
    executing: Option<(String, String)>,
    message: String,
    kind: ErrorKind,
}

/// Which sort of problem it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is no template.
    Syntax,
    /// It could not be rendered with this data.
    Execution,
    /// It went beyond one of the [`Limits`](crate::Limits).
    Limit,
}

impl TemplateError {
    pub(crate) fn syntax(template: &str, line: usize, message: String) -> Self {
        Self(Box::new(Failure {
            template: template.to_owned(),
            line,
            column: None,
            executing: None,
            message,
            kind: ErrorKind::Syntax,
        }))
    }

    pub(crate) fn execution(
        template: &str,
        position: (usize, usize),
        executing: (String, String),
        message: String,
        kind: ErrorKind,
    ) -> Self {
        Self(Box::new(Failure {
            template: template.to_owned(),
            line: position.0,
            column: Some(position.1),
            executing: Some(executing),
            message,
            kind,
        }))
    }

    /// Which sort of problem it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The name the template was parsed under.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.0.template
    }

    /// The line in the template's text; the first is 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.0.line
    }

    /// How many bytes of that line come before the place, where that is known: failures of a render know it, syntax
    /// errors do not.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.0.column
    }

    /// The name of the definition that was being executed and the expression that failed in it, as it is normalised.
    #[must_use]
    pub fn executing(&self) -> Option<(&str, &str)> {
        self.0.executing.as_ref().map(|(name, expression)| (name.as_str(), expression.as_str()))
    }

    /// What went wrong, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { template, line, column, executing, message, .. } = &*self.0;
        write!(f, "template: {template}:{line}:")?;
        if let Some(column) = column {
            write!(f, "{column}:")?;
        }
        if let Some((name, expression)) = executing {
            write!(f, " executing {} at <{expression}>:", quote::quoted(name.as_bytes()))?;
        }
        write!(f, " {message}")
    }
}
