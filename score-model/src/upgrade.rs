//! Deprecated forms of Score files, upgraded with a warning each.

use std::sync::Arc;

use crate::marks::Marks;
use crate::{Checked, Diagnostic, Diagnostics, Document, Map, Mode, Path, Value};

/// Lists of files and volumes become maps by target; a file's content as a list of lines becomes one text; `read_only` of a volume becomes `readOnly`.
///
/// Every upgrade is a warning at its place. Everything else stays as it is, whether right or wrong.
pub fn upgrade(document: Document, mode: Mode) -> Checked<Document> {
    let containers = document.value().child("containers").and_then(Value::as_map);
    let lists: Vec<Path> = containers
        .into_iter()
        .flatten()
        .flat_map(|(name, container)| ["files", "volumes"].map(|kind| (name, kind, container.child(kind))))
        .filter(|(_, _, value)| matches!(value, Some(Value::List(_))))
        .map(|(name, kind, _)| ["containers", &**name, kind].into_iter().collect())
        .collect();
    if lists.is_empty() {
        return Checked::new(document, Diagnostics::new());
    }
    let mut upgrade = Upgrade { document: &document, mode, diagnostics: Diagnostics::new() };
    let mut upgraded = document.clone();
    for path in lists {
        let (value, marks) = upgrade.list(&path);
        upgraded.replace(&path, value, marks);
    }
    Checked::new(upgraded, upgrade.diagnostics)
}

struct Upgrade<'a> {
    document: &'a Document,
    mode: Mode,
    diagnostics: Diagnostics,
}

impl Upgrade<'_> {
    fn warn(&mut self, path: &Path, message: String, help: &str) {
        let place = self.document.key_place(path);
        self.diagnostics.push(Diagnostic::warning("deprecated", message).at(place).help(help));
    }

    /// What the Score tools pass over in silence: an error, in compatible mode a warning.
    fn complain(&mut self, code: &'static str, path: &Path, message: String, help: &str) {
        match self.mode {
            Mode::Strict => self.error(code, path, message, help),
            Mode::Compatible => {
                let place = self.document.place(path);
                self.diagnostics.push(Diagnostic::warning(code, message).at(place).help(help));
            }
        }
    }

    fn error(&mut self, code: &'static str, path: &Path, message: String, help: &str) {
        let place = self.document.place(path);
        self.diagnostics.push(Diagnostic::error(code, message).at(place).help(help));
    }

    /// The map that the list at `path` becomes, and its marks.
    fn list(&mut self, path: &Path) -> (Value, Marks) {
        let kind = path.keys().last().cloned().unwrap_or_default();
        self.warn(
            path,
            format!("`{kind}` as a list is deprecated"),
            "write a map from the path in the container to the rest",
        );
        let (list, marks) = self.document.part(path);
        let mut map = Map::default();
        let mut children: Vec<Marks> = Vec::new();
        for (index, (item, marks)) in list.as_list().into_iter().flatten().zip(marks.children.iter()).enumerate() {
            let path = path.child(index.to_string());
            let Value::Map(fields) = item else {
                let help = match item.as_str().and_then(|text| text.split_once(':')) {
                    Some((source, rest)) if &*kind == "volumes" => {
                        let (target, read_only) = match rest.split_once(':') {
                            Some((target, "ro")) => (target, ", readOnly: true"),
                            Some((target, _)) => (target, ""),
                            None => (rest, ""),
                        };
                        let is_path = source.starts_with(['.', '/', '~', '$']);
                        let source = if is_path { source.to_owned() } else { format!("\"${{resources.{source}}}\"") };
                        format!("write `volumes: {{{target}: {{source: {source}{read_only}}}}}`")
                    }
                    _ => "write a map from the path in the container to the rest".to_owned(),
                };
                self.complain("wrong-type", &path, format!("item {index} of `{kind}` must be a map"), &help);
                continue;
            };
            let target = match fields.get("target") {
                Some(Value::String(target)) => target.clone(),
                Some(_) => {
                    let path = path.child("target");
                    self.error(
                        "wrong-type",
                        &path,
                        "`target` must be a text".to_owned(),
                        "write the path in the container",
                    );
                    continue;
                }
                None => {
                    let message = format!("item {index} of `{kind}` has no `target`");
                    self.error("missing-field", &path, message, "add it: the path in the container");
                    continue;
                }
            };
            let (value, mut marks) = self.item(&path, fields, marks);
            let target_marks = self.document.part(&path.child("target")).1;
            marks.key = target_marks.value;
            match map.get_index_of(&target) {
                None => children.push(marks),
                Some(index) => {
                    let message = format!("a second item of `{kind}` has the target `{target}`");
                    let path = path.child("target");
                    self.complain("duplicate-key", &path, message, "remove one of the two, or give it another target");
                    if let Some(child) = children.get_mut(index) {
                        *child = marks;
                    }
                }
            }
            map.insert(target, value);
        }
        let marks = Marks { children: Arc::new(children), ..marks };
        (Value::from(map), marks)
    }

    /// An item without its target, its own deprecated forms upgraded.
    fn item(&mut self, path: &Path, fields: &Map, marks: &Marks) -> (Value, Marks) {
        let is_volume = path.keys().get(2).is_some_and(|kind| &**kind == "volumes");
        let strict = self.mode == Mode::Strict;
        // Of both spellings the Score tools take the deprecated one.
        let renamed = is_volume
            && matches!(fields.get("read_only"), Some(Value::Bool(_)))
            && !(strict && fields.contains_key("readOnly"));
        let mut map = Map::default();
        let mut children = Vec::new();
        for ((key, value), marks) in fields.iter().zip(marks.children.iter()) {
            let (mut key, mut value) = (key.clone(), value.clone());
            match (&*key, &value) {
                ("target", _) => continue,
                ("readOnly", _) if renamed => continue,
                ("content", Value::List(lines)) if !is_volume => {
                    // A line with nothing in it is an empty one; in the Score tools it says `<nil>`.
                    let nothing = if strict { "" } else { "<nil>" };
                    let of = |line: &Value| match line {
                        Value::Null => Some(nothing.to_owned()),
                        line => Some(line.to_text()?.into()),
                    };
                    let lines: Option<Vec<_>> = lines.iter().map(of).collect();
                    if let Some(lines) = lines {
                        let text = Value::from(lines.join("\n"));
                        self.warn(
                            &path.child("content"),
                            "`content` as a list is deprecated".to_owned(),
                            "write one text: `content: |` and the lines",
                        );
                        value = text;
                    }
                }
                ("read_only", _) if renamed => {
                    self.warn(&path.child("read_only"), "`read_only` is deprecated".to_owned(), "write `readOnly`");
                    key = Arc::from("readOnly");
                }
                _ => {}
            }
            map.insert(key, value);
            children.push(marks.clone());
        }
        (Value::from(map), Marks { children: Arc::new(children), ..marks.clone() })
    }
}
