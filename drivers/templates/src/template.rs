//! [`Template`]: parsed once, rendered often.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::context::Context;
use crate::data::Data;
use crate::error::{ErrorKind, TemplateError};
use crate::execute::{Executor, Program};
use crate::functions::Functions;
use crate::heap::Heap;
use crate::host::Host;
use crate::limits::Limits;
use crate::parser;
use crate::regexp::Expressions;
use crate::syntax::Body;

/// A template that parsed. Cheap to clone, and shared between threads.
#[derive(Debug, Clone)]
pub struct Template(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    name: String,
    text: String,
    bodies: BTreeMap<Arc<str>, Arc<Body>>,
    functions: Functions,
    expressions: Arc<Expressions>,
}

/// What a render gave.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// The data as the template left it: `set`, `unset`, `merge` and their like change the maps they are given. What
    /// was not changed is shared with the data that went in.
    pub data: Data,
}

impl Template {
    /// Parses a template under a name, which is what errors call it and what `{{ template "…" }}` finds it by.
    ///
    /// # Errors
    ///
    /// The first problem, with its line: a text that is no template, or a function that does not exist.
    pub fn parse(name: &str, text: &str, functions: &Functions) -> Result<Self, TemplateError> {
        let bodies = parser::parse(name, text, functions)?;
        Ok(Self(Arc::new(Parsed {
            name: name.to_owned(),
            text: text.to_owned(),
            bodies,
            functions: functions.clone(),
            expressions: Arc::default(),
        })))
    }

    /// The name it was parsed under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The text it was parsed from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Renders with the default [`Limits`].
    ///
    /// # Errors
    ///
    /// What failed, with its line and column; then nothing is rendered.
    pub fn render(&self, data: &Data, host: &mut Host) -> Result<String, TemplateError> {
        let (bytes, _) = self.execute(data, host, Limits::default())?;
        self.text_of(bytes)
    }

    /// Renders within limits, and gives the data as the template left it.
    ///
    /// # Errors
    ///
    /// What failed, with its line and column; then nothing is rendered and nothing is changed but the state of the
    /// host's randomness.
    pub fn render_within(&self, data: &Data, host: &mut Host, limits: Limits) -> Result<Rendered, TemplateError> {
        let (bytes, heap) = self.execute(data, host, limits)?;
        let text = self.text_of(bytes)?;
        match heap.settled(data) {
            Some(data) => Ok(Rendered { text, data }),
            None => Err(self.failure("the data contains itself or is too large".to_owned(), ErrorKind::Limit)),
        }
    }

    /// Renders to bytes, which are not UTF-8 where functions cut characters in half or decode binary data.
    ///
    /// # Errors
    ///
    /// What failed, with its line and column; then nothing is rendered.
    pub fn render_bytes(&self, data: &Data, host: &mut Host, limits: Limits) -> Result<Vec<u8>, TemplateError> {
        Ok(self.execute(data, host, limits)?.0)
    }

    fn execute(&self, data: &Data, host: &mut Host, limits: Limits) -> Result<(Vec<u8>, Heap), TemplateError> {
        let parsed = &*self.0;
        let program =
            Program { name: &parsed.name, text: &parsed.text, bodies: &parsed.bodies, functions: &parsed.functions };
        let Some(body) = parsed.bodies.get(parsed.name.as_str()) else {
            return Err(self.failure("the template is incomplete".to_owned(), ErrorKind::Execution));
        };
        let context = Context::new(host, limits, Arc::clone(&parsed.expressions));
        let executor = Executor::new(&program, body, context, data.clone());
        let (bytes, context) = executor.run()?;
        Ok((bytes, context.heap))
    }

    fn text_of(&self, bytes: Vec<u8>) -> Result<String, TemplateError> {
        String::from_utf8(bytes).map_err(|error| {
            let place = error.utf8_error().valid_up_to();
            self.failure(format!("the output is not UTF-8 after {place} bytes"), ErrorKind::Execution)
        })
    }

    /// A failure of the template as a whole.
    fn failure(&self, message: String, kind: ErrorKind) -> TemplateError {
        let name = self.0.name.clone();
        TemplateError::execution(&self.0.name, (1, 0), (name, String::new()), message, kind)
    }
}
