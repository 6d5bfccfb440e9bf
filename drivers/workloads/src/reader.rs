//! Reading a tree key by key, all that is wrong with it at once.

use std::borrow::Cow;
use std::sync::Arc;

use score_model::{Diagnostic, Diagnostics, Path, Value};
use serde::de::DeserializeOwned;

/// One place in a tree that is being read. Problems go to one list, with the path in the message.
pub(crate) struct Reader<'a> {
    value: &'a Value,
    path: Path,
    problems: &'a mut Diagnostics,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(value: &'a Value, path: Path, problems: &'a mut Diagnostics) -> Self {
        Self { value, path, problems }
    }

    pub(crate) fn problem(&mut self, code: &'static str, message: impl Into<Cow<'static, str>>) {
        let message = self.at(message.into());
        self.problems.push(Diagnostic::error(code, message));
    }

    pub(crate) fn problem_with_help(&mut self, code: &'static str, message: String, help: &str) {
        let message = self.at(message.into());
        self.problems.push(Diagnostic::error(code, message).help(help));
    }

    fn at(&self, message: Cow<'_, str>) -> String {
        if self.path.is_root() { message.into_owned() } else { format!("`{}`: {message}", self.path) }
    }

    fn child<'b>(&'b mut self, key: &str, value: &'b Value) -> Reader<'b> {
        Reader { value, path: self.path.child(key), problems: self.problems }
    }

    /// What lies below `key`; absent and null are the same.
    pub(crate) fn optional(&mut self, key: &str) -> Option<Reader<'_>> {
        let value = self.value.child(key).filter(|value| !matches!(value, Value::Null))?;
        Some(Reader { value, path: self.path.child(key), problems: self.problems })
    }

    pub(crate) fn required(&mut self, key: &str) -> Option<Reader<'_>> {
        if !self.value.child(key).is_some_and(|value| !matches!(value, Value::Null)) {
            self.problem("missing-key", format!("missing `{key}`"));
        }
        self.optional(key)
    }

    pub(crate) fn value(&self) -> &'a Value {
        self.value
    }

    /// A text that is not secret.
    pub(crate) fn text(&mut self) -> Option<Arc<str>> {
        match self.value {
            Value::String(text) => Some(text.clone()),
            Value::Secret(_) => {
                self.problem("secret-in-the-open", "is secret, and would be seen here");
                None
            }
            _ => {
                self.problem("wrong-kind", "is not a text");
                None
            }
        }
    }

    /// A text, with its mark where it is secret.
    pub(crate) fn secret_text(&mut self) -> Option<Value> {
        match self.value {
            Value::Secret(_) => self.value.to_text().map(|text| Value::secret(Value::from(&*text))),
            _ => self.text().map(Value::from),
        }
    }

    /// What is written here, as one of the model's own types.
    pub(crate) fn parsed<T: DeserializeOwned>(&mut self) -> Option<T> {
        match serde_json::from_value(self.value.redacted()) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.problem("bad-value", error.to_string());
                None
            }
        }
    }

    pub(crate) fn port(&mut self) -> Option<u16> {
        let port = self.value.as_i64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
        if port.is_none() {
            self.problem("bad-value", "is not a port, a number between 1 and 65535");
        }
        port
    }

    pub(crate) fn count(&mut self) -> Option<u32> {
        let count = self.value.as_i64().and_then(|count| u32::try_from(count).ok());
        if count.is_none() {
            self.problem("bad-value", "is not a count");
        }
        count
    }

    pub(crate) fn required_text(&mut self, key: &str) -> Option<Arc<str>> {
        self.required(key)?.text()
    }

    pub(crate) fn optional_text(&mut self, key: &str) -> Option<Arc<str>> {
        self.optional(key)?.text()
    }

    pub(crate) fn texts(&mut self, key: &str) -> Vec<Arc<str>> {
        let mut texts = Vec::new();
        self.items(key, |item| texts.extend(item.text()));
        texts
    }

    /// Every entry of the map below `key`.
    pub(crate) fn each(&mut self, key: &str, mut read: impl FnMut(Arc<str>, &mut Reader<'_>)) {
        let Some(mut map) = self.optional(key) else { return };
        match map.value {
            Value::Map(entries) => {
                for (key, value) in entries.iter() {
                    read(key.clone(), &mut map.child(key, value));
                }
            }
            _ => map.problem("wrong-kind", "is not a map"),
        }
    }

    /// Every item of the list below `key`.
    pub(crate) fn items(&mut self, key: &str, mut read: impl FnMut(&mut Reader<'_>)) {
        let Some(mut list) = self.optional(key) else { return };
        match list.value {
            Value::List(items) => {
                for (index, value) in items.iter().enumerate() {
                    read(&mut list.child(&index.to_string(), value));
                }
            }
            _ => list.problem("wrong-kind", "is not a list"),
        }
    }
}
