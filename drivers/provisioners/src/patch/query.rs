//! Queries: paths that find what is there.
//!
//! | | |
//! |---|---|
//! | `a*`, `?b` | the first key that looks like this and leads on |
//! | `#.a` | `a` of all items of a list |
//! | `#(a.b=="c")`, `#(a.b=="c").d` | the first item of a list for which this holds |
//! | `#(a.b=="c")#`, `#(a.b=="c")#.d` | all such items |
//!
//! Conditions are `==`, `!=`, `<`, `<=`, `>`, `>=`, `%` (looks like) and `!%`; without one it is enough to be there. What follows a `|` or a modifier such as `@reverse` is a value that is made, not
//! a place in the document: nothing is found.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use score_model::Value;

/// A step from a value to one inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(Arc<str>),
    Item(usize),
}

/// The places that a path leads to.
pub(super) fn find(document: &Value, path: &str) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    if !makes_a_value(path) {
        search(document, path, &mut Vec::new(), &mut found);
    }
    found
}

/// What is at a place.
pub(super) fn at<'a>(document: &'a mut Value, place: &[Step]) -> Option<&'a mut Value> {
    place.iter().try_fold(document, |at, step| match (at, step) {
        (Value::Map(map), Step::Key(key)) => Arc::make_mut(map).get_mut(key),
        (Value::List(items), Step::Item(index)) => Arc::make_mut(items).get_mut(*index),
        _ => None,
    })
}

const MODIFIERS: [&str; 13] = [
    "pretty", "ugly", "reverse", "this", "flatten", "join", "valid", "keys", "values", "tostr", "fromstr", "group",
    "dig",
];

/// Whether what follows makes a value instead of finding one.
fn makes_a_value(path: &str) -> bool {
    match path.strip_prefix('@') {
        Some(name) => {
            let end = name.find(['.', '|', ':']).unwrap_or(name.len());
            name.get(..end).is_some_and(|name| MODIFIERS.contains(&name))
        }
        None => path.starts_with(['[', '{']),
    }
}

/// Adds the places below `value`, which is at `here`, to which `path` leads; says whether there is one.
fn search(value: &Value, path: &str, here: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) -> bool {
    let mut into = |step: Step, inner: &Value, rest: Option<&str>| {
        here.push(step);
        let any = match rest {
            None => {
                found.push(here.clone());
                true
            }
            Some(rest) => search(inner, rest, here, found),
        };
        here.pop();
        any
    };
    match value {
        Value::Map(map) => {
            let Some(part) = KeyPart::of(path) else { return false };
            if !part.wild {
                let entry = map.get_index_of(&*part.text).and_then(|index| map.get_index(index));
                return entry.is_some_and(|(key, inner)| into(Step::Key(key.clone()), inner, part.rest));
            }
            let sorted: BTreeMap<&Arc<str>, &Value> = map.iter().collect();
            sorted
                .into_iter()
                .any(|(key, inner)| looks_like(key, &part.text) && into(Step::Key(key.clone()), inner, part.rest))
        }
        Value::List(items) => match ItemPart::of(path) {
            Some(ItemPart::Index(index, rest)) => {
                items.get(index).is_some_and(|item| into(Step::Item(index), item, rest))
            }
            Some(ItemPart::All(rest)) => {
                let mut any = false;
                for (index, item) in items.iter().enumerate() {
                    any |= into(Step::Item(index), item, Some(rest));
                }
                any
            }
            Some(ItemPart::Which { condition, all, rest }) => {
                let mut any = false;
                for (index, item) in items.iter().enumerate().filter(|(_, item)| condition.holds(item)) {
                    any |= into(Step::Item(index), item, rest);
                    if !all {
                        break;
                    }
                }
                any
            }
            None => false,
        },
        _ => false,
    }
}

/// The first part of a path, below a map.
struct KeyPart<'p> {
    text: String,
    /// Whether it is a pattern.
    wild: bool,
    rest: Option<&'p str>,
}

impl<'p> KeyPart<'p> {
    /// `None`: no place is meant.
    fn of(path: &'p str) -> Option<Self> {
        let mut part = Self { text: String::new(), wild: false, rest: None };
        let mut chars = path.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '|' => return None,
                '.' => {
                    part.rest = path.get(at + 1..);
                    return part.rest.is_none_or(|rest| !makes_a_value(rest)).then_some(part);
                }
                '\\' => part.text.extend(chars.next().map(|(_, c)| c)),
                c => {
                    part.wild |= matches!(c, '*' | '?');
                    part.text.push(c);
                }
            }
        }
        Some(part)
    }
}

/// The first part of a path, below a list.
enum ItemPart<'p> {
    Index(usize, Option<&'p str>),
    All(&'p str),
    Which { condition: Condition<'p>, all: bool, rest: Option<&'p str> },
}

impl<'p> ItemPart<'p> {
    /// `None`: nothing is meant that a list has.
    fn of(path: &'p str) -> Option<Self> {
        if let Some(rest) = path.strip_prefix("#.") {
            return Some(Self::All(rest));
        }
        let (condition, after) = match path.strip_prefix('#') {
            Some(query) if query.starts_with(['(', '[']) => Condition::of(query)?,
            _ => return Self::index(path),
        };
        let all = after.starts_with('#');
        let end = after.find(['.', '|']);
        let rest = match end.and_then(|end| after.split_at_checked(end)) {
            None => None,
            Some((_, rest)) => Some(rest.strip_prefix('.')?),
        };
        Some(Self::Which { condition, all, rest })
    }

    fn index(path: &'p str) -> Option<Self> {
        let end = path.find(['.', '|']).unwrap_or(path.len());
        let (index, rest) = path.split_at_checked(end)?;
        if !index.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let rest = match rest.strip_prefix('.') {
            Some(rest) if makes_a_value(rest) => return None,
            Some(rest) => Some(rest),
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Self::Index(index.parse().ok()?, rest))
    }
}

/// What is asked of an item.
struct Condition<'p> {
    /// Where in the item to look.
    path: &'p str,
    operator: &'p str,
    operand: Cow<'p, str>,
}

impl<'p> Condition<'p> {
    /// What stands between the brackets with which `query` begins, and what follows them.
    fn of(query: &'p str) -> Option<(Self, &'p str)> {
        let (mut depth, mut operator_at, mut quoted, mut escaped) = (0_usize, None, false, false);
        for (at, c) in query.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = !quoted,
                _ if quoted => {}
                '!' | '=' | '<' | '>' | '%' if depth == 1 && operator_at.is_none() => operator_at = Some(at),
                '(' | '[' => depth += 1,
                ')' | ']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        let after = query.get(at + 1..)?;
                        let (path, comparison) = match operator_at {
                            Some(operator_at) => (query.get(1..operator_at)?, query.get(operator_at..at)?),
                            None => (query.get(1..at)?, ""),
                        };
                        let operators = ["==", "!=", "!%", "<=", ">=", "=", "<", ">", "%", "!"];
                        let operator = operators.into_iter().find(|operator| comparison.starts_with(operator));
                        let (operator, operand) = comparison.split_at_checked(operator.map_or(0, str::len))?;
                        let condition = Self { path: path.trim(), operator, operand: unquoted(operand.trim()) };
                        return Some((condition, after));
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn holds(&self, item: &Value) -> bool {
        let value = match item {
            Value::List(_) | Value::Map(_) => value_at(item, self.path),
            _ if !self.path.is_empty() => return false,
            scalar => Some(scalar.clone()),
        };
        let truth = self.operand.strip_prefix('~').map(|kind| match (kind, &value) {
            ("*", value) => Some(value.is_some()),
            ("null", value) => Some(value.as_ref().is_none_or(|value| *value == Value::Null)),
            ("true", value) => Some(value.as_ref().and_then(truth) == Some(true)),
            ("false", None | Some(Value::Null)) => Some(true),
            ("false", Some(value)) => Some(truth(value) == Some(false)),
            _ => None,
        });
        match (truth, value) {
            (Some(Some(is)), _) => self.compares(&Value::from(is), "true"),
            (None, Some(value)) => self.compares(&value, &self.operand),
            _ => false,
        }
    }

    fn compares(&self, value: &Value, operand: &str) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let ordering = match value {
            _ if self.operator.is_empty() => return true,
            Value::String(text) => match self.operator {
                "%" => return looks_like(text, operand),
                "!%" => return !looks_like(text, operand),
                _ => Some((**text).cmp(operand)),
            },
            Value::Number(number) => number.as_f64().partial_cmp(&operand.parse().unwrap_or(0.0)),
            Value::Bool(bool) => match operand {
                "true" => Some(bool.cmp(&true)),
                "false" => Some(bool.cmp(&false)),
                // Anything else is neither.
                _ if *bool => Some(Greater).filter(|_| matches!(self.operator, "!=" | ">=")),
                _ => Some(Less).filter(|_| matches!(self.operator, "!=" | "<=")),
            },
            _ => None,
        };
        match (self.operator, ordering) {
            ("=" | "==", Some(Equal)) | ("<", Some(Less)) | (">", Some(Greater)) => true,
            ("!=", ordering) => ordering.is_some_and(|ordering| ordering != Equal),
            ("<=", Some(Less | Equal)) | (">=", Some(Greater | Equal)) => true,
            _ => false,
        }
    }
}

/// A text as it was meant between quotes.
fn unquoted(text: &str) -> Cow<'_, str> {
    let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else { return text.into() };
    match serde_json::from_str(text) {
        Ok(Value::String(text)) => Cow::Owned(text.to_string()),
        _ => inner.into(),
    }
}

/// The value to which a path leads from an item: of several, a list; of `#`, how many items there are.
fn value_at(item: &Value, path: &str) -> Option<Value> {
    if let Some(of) = path.strip_suffix('#').filter(|of| of.is_empty() || of.ends_with('.')) {
        let list = match of.strip_suffix('.') {
            Some(of) => value_at(item, of)?,
            None => item.clone(),
        };
        return list.as_list().map(|items| Value::from(i64::try_from(items.len()).unwrap_or(i64::MAX)));
    }
    let mut places = find(item, path);
    let mut item = item.clone();
    match places.len() {
        0 => None,
        1 => at(&mut item, &places.pop()?).map(|value| value.clone()),
        _ => Some(Value::list(places.iter().filter_map(|place| at(&mut item, place).map(|value| value.clone())))),
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(bool) => Some(*bool),
        Value::Number(number) => Some(number.as_f64() != 0.0),
        Value::String(text) => match text.to_lowercase().as_str() {
            "1" | "t" | "true" => Some(true),
            "0" | "f" | "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a text is what a pattern says: `*` is anything, `?` one character, `\` takes the meaning of the one after it away.
fn looks_like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut in_pattern) = (0, 0);
    // Where to go on when what follows the last `*` did not fit.
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() || in_pattern < pattern.len() {
        let (fits, length) = match (pattern.get(in_pattern), text.get(at)) {
            (Some('*'), _) => {
                retry = Some((in_pattern, at + 1));
                in_pattern += 1;
                continue;
            }
            (Some('\\'), c) => (c.is_some() && pattern.get(in_pattern + 1) == c, 2),
            (Some('?'), c) => (c.is_some(), 1),
            (Some(wanted), c) => (Some(wanted) == c, 1),
            (None, _) => (false, 0),
        };
        if fits {
            at += 1;
            in_pattern += length;
        } else {
            match retry {
                Some((star, next)) if next <= text.len() => (in_pattern, at) = (star, next),
                _ => return false,
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(path: &str, want: &[&str]) {
        let document = Value::from(json!({
            "services": {
                "web": {"image": "a", "labels": {"x.y": "1"}},
                "api": {"build": ".", "ports": [{"target": 80, "name": "http"}, {"target": 8443, "name": "https", "tls": true}]},
            },
            "list": ["a", "b", 3, null, {"kind": "X", "tags": ["one", "two"]}, {"kind": "Y", "tags": []}],
            "odd*": 1,
        }));
        let places: Vec<String> = find(&document, path)
            .into_iter()
            .map(|place| {
                let steps = place.into_iter().map(|step| match step {
                    Step::Key(key) => key.to_string(),
                    Step::Item(index) => index.to_string(),
                });
                steps.collect::<Vec<_>>().join("/")
            })
            .collect();
        assert_eq!(places, want, "{path}");
    }

    #[test]
    fn keys() {
        check("services.*.image", &["services/web/image"]);
        check("services.*", &["services/api"]);
        check("services.?eb.labels.x\\.y", &["services/web/labels/x.y"]);
        check("*.web", &["services/web"]);
        check("services.*.nothing", &[]);
        check("odd\\*", &["odd*"]);
        check("services|web", &[]);
        check("services.@reverse", &[]);
        check("@this.services", &[]);
        check("services.#", &[]);
    }

    #[test]
    fn items() {
        check("services.api.ports.#.target", &["services/api/ports/0/target", "services/api/ports/1/target"]);
        check("services.api.ports.#.tls", &["services/api/ports/1/tls"]);
        check("services.api.ports.#", &[]);
        check("list.#(kind==\"Y\")", &["list/5"]);
        check("list.#(kind==Y).tags", &["list/5/tags"]);
        check("list.#(kind!=\"Y\").tags", &["list/4/tags"]);
        check("list.#(kind).kind", &["list/4/kind"]);
        check("list.#(kind)#.kind", &["list/4/kind", "list/5/kind"]);
        check("list.#(kind%\"[XY]\")", &[]);
        check("list.#(kind%\"?\")#", &["list/4", "list/5"]);
        check("list.#(kind!%\"X*\")#", &["list/5"]);
        check("list.#(==\"b\")", &["list/1"]);
        check("list.#(==3)", &["list/2"]);
        check("list.#(>2)#", &["list/0", "list/1", "list/2"]);
        check("list.#(tags.#>1)#", &["list/4"]);
        check("list.#(tags.#(==\"two\"))#", &["list/4"]);
        check("list.#(kind==\"X\"|kind).tags", &[]);
        check("services.api.ports.#(target>=443).name", &["services/api/ports/1/name"]);
        check("services.api.ports.#(tls==true).name", &["services/api/ports/1/name"]);
        check("services.api.ports.#(tls==~false)#.name", &["services/api/ports/0/name"]);
        check("services.api.ports.#(tls==~*)#.name", &["services/api/ports/1/name"]);
        check("services.api.ports.#(target>=443", &[]);
        check("services.api.ports.#(name==\"h\\\"x\")", &[]);
        check("list.7", &[]);
    }

    #[track_caller]
    fn check_pattern(text: &str, pattern: &str, want: bool) {
        assert_eq!(looks_like(text, pattern), want, "{text} {pattern}");
    }

    #[test]
    fn patterns() {
        check_pattern("", "", true);
        check_pattern("", "*", true);
        check_pattern("a", "", false);
        check_pattern("abcbcd", "a*bcd", true);
        check_pattern("abcbce", "a*bcd", false);
        check_pattern("é", "?", true);
        check_pattern("a*", "a\\*", true);
        check_pattern("ab", "a\\*", false);
        check_pattern("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "*a*a*a*a*a*a*a*a*b", false);
    }
}
