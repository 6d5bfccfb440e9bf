//! File contents taken into the document.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::marks::Marks;
use crate::{Checked, Diagnostic, Diagnostics, Document, Map, Path, Value};

impl Document {
    /// Takes the content of every file with a `source` into the document: as `content` where it is UTF-8, else as `binaryContent` in base64. `read` gives the bytes of a path as it is written
    /// (relative paths start at the Score file), or says why it cannot.
    ///
    /// Every file that cannot be read is an error at its place, and stays as it is.
    pub fn embed_files(&self, read: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>) -> Checked<Self> {
        let mut document = self.clone();
        let mut diagnostics = Diagnostics::new();
        let containers = self.value().child("containers").and_then(Value::as_map).into_iter().flatten();
        for (name, container) in containers {
            for (target, file) in container.child("files").and_then(Value::as_map).into_iter().flatten() {
                let Some(source) = file.child("source").and_then(Value::as_str) else { continue };
                let path: Path = ["containers", &**name, "files", &**target].into_iter().collect();
                match read(source) {
                    Ok(bytes) => {
                        let (value, marks) = embedded(self.part(&path), bytes);
                        document.replace(&path, value, marks);
                    }
                    Err(message) => {
                        let message = format!("embedding file '{source}' for container '{name}': {message}");
                        let place = self.place(&path.child("source"));
                        diagnostics.push(Diagnostic::error("file", message).at(place));
                    }
                }
            }
        }
        Checked::new(document, diagnostics)
    }
}

/// The file with `bytes` instead of its source.
fn embedded((value, marks): (Value, Marks), bytes: Vec<u8>) -> (Value, Marks) {
    let (key, content) = match String::from_utf8(bytes) {
        Ok(text) => ("content", text),
        Err(error) => ("binaryContent", BASE64.encode(error.into_bytes())),
    };
    let mut map = Map::default();
    let mut children = Vec::new();
    for ((field, below), marks) in value.as_map().into_iter().flatten().zip(marks.children.iter()) {
        match &**field {
            "source" => map.insert(Arc::from(key), Value::from(&*content)),
            _ => map.insert(field.clone(), below.clone()),
        };
        children.push(marks.clone());
    }
    (Value::from(map), Marks { children: Arc::new(children), ..marks })
}
