//! Where a patch changes a document.

use std::sync::Arc;

use score_model::{Map, Value};

use super::query;

/// Keys between dots, or a query.
///
/// `\` takes the meaning of the character after it away. A number leads into a list, and makes one where there is nothing; with a colon in front it makes a map. `-1` is behind the last item of a
/// list, or, to delete it, the last one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PatchPath {
    Keys(Vec<Key>),
    /// A path with `|`, `#`, `@`, `*` or `?`: it changes what is there already, and makes nothing.
    Query(String),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key {
    text: Arc<str>,
    /// Whether it is the key of a map, if there is nothing yet.
    forced: bool,
}

impl Key {
    /// The place in a list that it names.
    fn index(&self) -> Option<usize> {
        let digits = self.text.bytes().all(|byte| byte.is_ascii_digit());
        // No text at all is the number 0.
        digits.then(|| if self.text.is_empty() { Some(0) } else { self.text.parse().ok() }).flatten()
    }

    /// The place in a list that it names, unless it is to be the key of a map.
    fn new_index(&self) -> Option<usize> {
        self.index().filter(|_| !self.forced)
    }

    fn is_last(&self) -> bool {
        &*self.text == "-1" && !self.forced
    }
}

impl PatchPath {
    pub(super) fn parse(path: &str) -> Result<Self, String> {
        if path.is_empty() {
            return Err("path cannot be empty".into());
        }
        let (mut keys, mut rest) = (Vec::new(), path.chars().peekable());
        loop {
            let forced = rest.next_if_eq(&':').is_some();
            let (mut text, mut more) = (String::new(), false);
            while let Some(c) = rest.next() {
                match c {
                    '\\' => text.extend(rest.next()),
                    '.' => {
                        more = true;
                        break;
                    }
                    '|' | '#' | '@' | '*' | '?' => return Ok(Self::Query(path.to_owned())),
                    c => text.push(c),
                }
            }
            keys.push(Key { text: text.into(), forced });
            if !more {
                return Ok(Self::Keys(keys));
            }
        }
    }

    /// Puts a value where the path leads; what is missing on the way is made.
    pub(super) fn set(&self, document: &mut Value, value: Value) -> Result<(), String> {
        match self {
            Self::Keys(keys) => set(document, keys, value),
            Self::Query(path) => {
                for place in query::find(document, path) {
                    if let Some(found) = query::at(document, &place) {
                        *found = value.clone();
                    }
                }
                Ok(())
            }
        }
    }

    /// Takes away what the path leads to, if there is something.
    pub(super) fn delete(&self, document: &mut Value) -> Result<(), String> {
        match self {
            Self::Keys(keys) => {
                delete(document, keys);
                Ok(())
            }
            Self::Query(_) => Err("cannot delete value from a complex path".into()),
        }
    }
}

/// The most items that a list gets because an index lies beyond its end.
const MAX_PADDING: usize = 100_000;

fn set(at: &mut Value, keys: &[Key], value: Value) -> Result<(), String> {
    let Some((key, rest)) = keys.split_first() else {
        *at = value;
        return Ok(());
    };
    if !matches!(at, Value::List(_) | Value::Map(_)) {
        *at = if key.new_index().is_some() { Value::list([]) } else { Value::from(Map::default()) };
    }
    match at {
        Value::Map(map) => {
            let map = Arc::make_mut(map);
            if let Some(inner) = map.get_mut(&key.text) {
                return set(inner, rest, value);
            }
            map.insert(key.text.clone(), build(rest, value)?);
        }
        Value::List(items) => {
            let items = Arc::make_mut(items);
            match (key.index(), key.new_index()) {
                (Some(index), _) if index < items.len() => {
                    return items.get_mut(index).map_or(Ok(()), |item| set(item, rest, value));
                }
                (_, Some(index)) => {
                    items.extend(padding(index, items.len())?);
                    items.push(build(rest, value)?);
                }
                _ if key.is_last() => items.push(build(rest, value)?),
                _ => return Err(format!("cannot set array element for non-numeric key '{}'", key.text)),
            }
        }
        _ => {}
    }
    Ok(())
}

/// What is made where there was nothing.
fn build(keys: &[Key], value: Value) -> Result<Value, String> {
    let Some((key, rest)) = keys.split_first() else { return Ok(value) };
    let inner = build(rest, value)?;
    let index = key.new_index().or_else(|| key.is_last().then_some(0));
    Ok(match index {
        Some(index) => Value::list(padding(index, 0)?.chain([inner])),
        None => Value::map([(key.text.clone(), inner)]),
    })
}

fn padding(index: usize, length: usize) -> Result<impl Iterator<Item = Value>, String> {
    let missing = index.saturating_sub(length);
    if missing > MAX_PADDING {
        return Err(format!("index {index} is far beyond the end of the list"));
    }
    Ok(std::iter::repeat_n(Value::Null, missing))
}

fn delete(at: &mut Value, keys: &[Key]) {
    let Some((key, rest)) = keys.split_first() else { return };
    match at {
        Value::Map(map) if rest.is_empty() => {
            Arc::make_mut(map).remove(&key.text);
        }
        Value::Map(map) => {
            if let Some(inner) = Arc::make_mut(map).get_mut(&key.text) {
                delete(inner, rest);
            }
        }
        Value::List(items) => {
            let index = if key.is_last() { items.len().checked_sub(1) } else { key.index() };
            let Some(index) = index.filter(|index| *index < items.len()) else { return };
            let items = Arc::make_mut(items);
            if rest.is_empty() {
                items.remove(index);
            } else if let Some(inner) = items.get_mut(index) {
                delete(inner, rest);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    #[track_caller]
    fn check_set(document: Json, path: &str, want: Result<Json, &str>) {
        let mut document = Value::from(document);
        let done = PatchPath::parse(path).and_then(|path| path.set(&mut document, Value::from("x")));
        match (done, want) {
            (Ok(()), Ok(want)) => assert_eq!(document.redacted(), want, "{path}"),
            (Err(found), Err(want)) => assert!(found.contains(want), "{found}"),
            (found, want) => panic!("{path}: {found:?}, want {want:?}"),
        }
    }

    #[test]
    fn setting() {
        check_set(json!({}), "a.b", Ok(json!({"a": {"b": "x"}})));
        check_set(json!({"a": {"b": 1}}), "a.b", Ok(json!({"a": {"b": "x"}})));
        check_set(json!({}), r"a\.b/c.d\:e", Ok(json!({"a.b/c": {"d:e": "x"}})));
        check_set(json!({}), r"a\*b", Ok(json!({"a*b": "x"})));
        check_set(json!({}), "a.2", Ok(json!({"a": [null, null, "x"]})));
        check_set(json!({}), "a.:2", Ok(json!({"a": {"2": "x"}})));
        check_set(json!({}), "a.-1.b", Ok(json!({"a": [{"b": "x"}]})));
        check_set(json!({"a": null}), "a.-1", Ok(json!({"a": {"-1": "x"}})));
        check_set(json!({"a": 5}), "a.1", Ok(json!({"a": [null, "x"]})));
        check_set(json!({"a": {"1": 2}}), "a.1", Ok(json!({"a": {"1": "x"}})));
        check_set(json!([1]), "-1", Ok(json!([1, "x"])));
        check_set(json!([1]), "3.b", Ok(json!([1, null, null, {"b": "x"}])));
        check_set(json!([1]), ":0", Ok(json!(["x"])));
        check_set(json!([1]), ":1", Err("non-numeric key '1'"));
        check_set(json!([1]), "a", Err("non-numeric key 'a'"));
        check_set(json!([1]), "", Err("cannot be empty"));
        check_set(json!({}), "a..b", Ok(json!({"a": [{"b": "x"}]})));
        check_set(json!([]), "99999999", Err("far beyond"));
    }

    #[track_caller]
    fn check_delete(document: Json, path: &str, want: Result<Json, &str>) {
        let mut document = Value::from(document);
        let done = PatchPath::parse(path).and_then(|path| path.delete(&mut document));
        match (done, want) {
            (Ok(()), Ok(want)) => assert_eq!(document.redacted(), want, "{path}"),
            (Err(found), Err(want)) => assert!(found.contains(want), "{found}"),
            (found, want) => panic!("{path}: {found:?}, want {want:?}"),
        }
    }

    #[test]
    fn deleting() {
        check_delete(json!({"a": {"b": 1, "c": 2}}), "a.b", Ok(json!({"a": {"c": 2}})));
        check_delete(json!({"a": [1, 2, 3]}), "a.0", Ok(json!({"a": [2, 3]})));
        check_delete(json!({"a": [1, {"b": 2}]}), "a.-1.b", Ok(json!({"a": [1, {}]})));
        check_delete(json!({"a": [1, 2]}), "a.-1", Ok(json!({"a": [1]})));
        check_delete(json!({"a": []}), "a.-1", Ok(json!({"a": []})));
        check_delete(json!({"a": [1]}), "a.7.b", Ok(json!({"a": [1]})));
        check_delete(json!({"a": 1}), "a.b.c", Ok(json!({"a": 1})));
        check_delete(json!({"a": 1}), "*", Err("complex path"));
    }
}
