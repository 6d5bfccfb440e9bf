//! The fast check of a value against the schema, with messages for people.

use std::fmt::Write as _;
use std::sync::Arc;

use super::habits::elsewhere;
use super::shape::{Field, Map, Object, Shape};
use crate::marks::{Marks, Sort};
use crate::names::Rule;
use crate::problem::Problem;
use crate::suggest::suggest;
use crate::{Mode, Number, Path, Value};

/// Checks a value; `marks` tell what YAML said that the value does not show, and are not made where the text was JSON. All problems are found.
pub(crate) fn check(shape: &'static Shape, value: &Value, marks: Option<&Marks>, mode: Mode) -> Vec<Problem> {
    let mut check = Check { mode, problems: Vec::new(), example: "" };
    check.value(shape, value, marks, &At { parent: None, key: Key::Name("") });
    check.problems
}

struct Check {
    mode: Mode,
    problems: Vec<Problem>,
    /// How the key that is being checked, or the one that it is below, may be written.
    example: &'static str,
}

/// A place in the value, from the inside out; a path is made of it only for a problem.
struct At<'a> {
    parent: Option<&'a Self>,
    key: Key<'a>,
}

#[derive(Clone, Copy)]
enum Key<'a> {
    Name(&'a str),
    Index(usize),
}

impl std::fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Index(index) => index.fmt(f),
        }
    }
}

impl At<'_> {
    fn path(&self) -> Path {
        let mut keys = Vec::new();
        let mut at = self;
        while let Some(parent) = at.parent {
            keys.push(Arc::<str>::from(at.key.to_string()));
            at = parent;
        }
        keys.into_iter().rev().collect()
    }

    /// What messages call this part.
    fn name(&self) -> String {
        match (self.parent, self.key) {
            (None, _) => "the file".to_owned(),
            (Some(parent), Key::Index(index)) => format!("item {index} of {}", parent.name()),
            (Some(_), Key::Name(name)) => format!("`{name}`"),
        }
    }
}

impl Check {
    fn report(&mut self, code: &'static str, at: &At<'_>, at_key: bool, message: String, help: Option<String>) {
        let problem = Problem::error(code, at.path(), message).help(help);
        self.problems.push(if at_key { problem.at_key() } else { problem });
    }

    fn value(&mut self, shape: &'static Shape, value: &Value, marks: Option<&Marks>, at: &At<'_>) {
        let date = marks.is_some_and(|marks| marks.sort == Sort::Timestamp);
        match (shape, value) {
            (Shape::Open, Value::Map(_)) | (Shape::Bool, Value::Bool(_)) => self.open(value, marks, at),
            (Shape::Text(rule), Value::String(text)) if !date => {
                if !(rule.holds)(text) {
                    self.bad_text(rule, text, at, false);
                }
            }
            (Shape::Integer(least, most), Value::Number(number)) => match number.as_i64() {
                Some(int) if (*least..=*most).contains(&int) => {}
                _ => self.wrong_type(shape, value, at),
            },
            (Shape::Choice(texts), Value::String(text)) if !date => {
                if !texts.contains(&&**text) {
                    self.bad_choice(texts, text, at);
                }
            }
            (Shape::List(items), Value::List(list)) => {
                for (index, item) in list.iter().enumerate() {
                    let below = marks.and_then(|marks| marks.children.get(index));
                    self.value(items, item, below, &At { parent: Some(at), key: Key::Index(index) });
                }
            }
            (Shape::Map(map), Value::Map(entries)) => self.map(map, entries, marks, at),
            (Shape::Object(object), Value::Map(entries)) => self.object(object, entries, marks, at),
            _ if date => self.date(value, at),
            _ => self.wrong_type(shape, value, at),
        }
    }

    /// What may be anything must still have texts as keys.
    fn open(&mut self, value: &Value, marks: Option<&Marks>, at: &At<'_>) {
        let Some(marks) = marks else { return };
        match value {
            Value::Map(entries) => {
                for ((key, value), marks) in entries.iter().zip(marks.children.iter()) {
                    let at = At { parent: Some(at), key: Key::Name(key) };
                    self.key_is_text(marks, &at);
                    self.open(value, Some(marks), &at);
                }
            }
            Value::List(items) => {
                for (index, (item, marks)) in items.iter().zip(marks.children.iter()).enumerate() {
                    self.open(item, Some(marks), &At { parent: Some(at), key: Key::Index(index) });
                }
            }
            _ => {}
        }
    }

    fn key_is_text(&mut self, marks: &Marks, at: &At<'_>) {
        if marks.odd_key {
            let (message, help) = (format!("the key `{}` is not a text", at.key), format!("write `\"{}\"`", at.key));
            self.report("key-not-text", at, true, message, Some(help));
        }
    }

    fn map(&mut self, map: &'static Map, entries: &crate::Map, marks: Option<&Marks>, at: &At<'_>) {
        if entries.len() < map.least {
            let message = format!("{} is empty", at.name());
            let example = match map.values {
                Shape::Object(object) => object.fields.iter().find(|field| field.required),
                _ => None,
            };
            let help = example.map(|field| format!("add an entry, such as `main: {{{}}}`", field.example));
            self.report("empty", at, true, message, help);
        }
        let not_indented = not_indented(map, entries);
        for (index, (key, value)) in entries.iter().enumerate() {
            let marks = marks.and_then(|marks| marks.children.get(index));
            let at = At { parent: Some(at), key: Key::Name(key) };
            if let Some(marks) = marks {
                self.key_is_text(marks, &at);
            }
            if let Some(rule) = map.keys.filter(|rule| !(rule.holds)(key)) {
                self.bad_text(rule, key, &at, true);
            }
            let help = not_indented.and_then(|(empty, below)| match (map.values, value) {
                (_, Value::Null) if empty == &**key => {
                    Some(format!("indent `{below}` further than `{empty}`, if it belongs to it"))
                }
                (_, Value::Null | Value::Map(_)) => None,
                (Shape::Object(object), _) if object.field(key).is_some() => {
                    Some(format!("indent it further than `{empty}`, if it belongs to it"))
                }
                _ => None,
            });
            match help {
                Some(help) => self.wrong_type_with(map.values, value, &at, help),
                None => self.value(map.values, value, marks, &at),
            }
        }
    }

    fn object(&mut self, object: &'static Object, entries: &crate::Map, marks: Option<&Marks>, at: &At<'_>) {
        for (index, (key, value)) in entries.iter().enumerate() {
            let marks = marks.and_then(|marks| marks.children.get(index));
            let at = At { parent: Some(at), key: Key::Name(key) };
            match object.field(key) {
                Some(field) => {
                    let above = std::mem::replace(&mut self.example, field.example);
                    self.value(&field.shape, value, marks, &at);
                    self.example = above;
                }
                None if object.open => {
                    if let Some(marks) = marks {
                        self.key_is_text(marks, &at);
                    }
                    self.open(value, marks, &at);
                }
                None => self.unknown_key(object, key, entries, &at),
            }
        }
        for field in object.fields.iter().filter(|field| field.required && !entries.contains_key(field.name)) {
            self.missing(object, field, entries, at);
        }
        if !object.one_of.is_empty() {
            let given: Vec<&str> = object.one_of.iter().copied().filter(|name| entries.contains_key(*name)).collect();
            if given.len() != 1 {
                self.not_one_of(object, &given, at);
            }
        }
        let none_given = !object.any_of.is_empty() && !object.any_of.iter().any(|name| entries.contains_key(*name));
        if none_given && self.mode == Mode::Strict {
            let message = format!("{} has neither {}", at.name(), listed(object.any_of, "nor"));
            let mut examples = object.any_of.iter().filter_map(|name| object.field(name)).map(|field| field.example);
            let help = examples.next_back().map(|example| format!("add one of them, such as `{example}`"));
            self.report("missing-field", at, true, message, help);
        }
    }

    fn unknown_key(&mut self, object: &'static Object, key: &str, entries: &crate::Map, at: &At<'_>) {
        let free = object.fields.iter().map(|field| field.name).filter(|name| !entries.contains_key(*name));
        let help = match (elsewhere(object, key), suggest(key, free)) {
            _ if key.contains(ODD_BLANKS) => {
                "there is a blank in it that is no usual one, such as U+00A0: type it anew".to_owned()
            }
            _ if key.starts_with("//") => "comments begin with `#`, and JSON has none: remove it".to_owned(),
            (Some(elsewhere), _) => elsewhere.to_owned(),
            (None, Some(meant)) => format!("did you mean `{meant}`?"),
            (None, None) => {
                let names: Vec<&str> = object.fields.iter().map(|field| field.name).collect();
                let params = match object.field("params") {
                    Some(_) => "; what it should be like goes into `params`",
                    None => "",
                };
                format!("{} has {}{params}", object.what, listed(&names, "and"))
            }
        };
        self.report("unknown-field", at, true, format!("{} has no `{key}`", object.what), Some(help));
    }

    fn missing(&mut self, object: &'static Object, field: &'static Field, entries: &crate::Map, at: &At<'_>) {
        let message = format!("{} has no `{}`", at.name(), field.name);
        let misspelt = entries.keys().find(|key| {
            object.field(key).is_none()
                && suggest(key, object.fields.iter().map(|field| field.name)) == Some(field.name)
        });
        let help = match misspelt {
            Some(key) => format!("write `{}` instead of `{key}`", field.name),
            None => format!("add it, such as `{}`", field.example),
        };
        self.report("missing-field", at, true, message, Some(help));
    }

    fn not_one_of(&mut self, object: &'static Object, given: &[&str], at: &At<'_>) {
        let (message, help) = if given.is_empty() {
            let message = format!("{} has no {}", at.name(), listed(object.one_of, "or"));
            (message, "add exactly one of them".to_owned())
        } else {
            (format!("{} has both {}", at.name(), listed(given, "and")), "keep only one of them".to_owned())
        };
        self.report(if given.is_empty() { "missing-field" } else { "conflict" }, at, true, message, Some(help));
    }

    fn bad_text(&mut self, rule: &'static Rule, text: &str, at: &At<'_>, at_key: bool) {
        if text.is_empty() {
            let message =
                if at_key { format!("{} cannot be empty", rule.what) } else { format!("{} is empty", at.name()) };
            return self.report("bad-value", at, at_key, message, self.such_as());
        }
        let subject = if at_key { String::new() } else { format!("{}: ", at.name()) };
        let message = format!("{subject}`{text}` is not {}", rule.what);
        let help = match repaired(rule, text) {
            Some(repaired) => format!("{}; write `{repaired}`", rule.rule),
            None => rule.rule.to_owned(),
        };
        self.report("bad-value", at, at_key, message, Some(help));
    }

    fn bad_choice(&mut self, texts: &'static [&'static str], text: &str, at: &At<'_>) {
        let message = format!("{} must be {}, not `{text}`", at.name(), listed(texts, "or"));
        let help = suggest(text, texts.iter().copied()).map(|meant| format!("write `{meant}`")).or(self.such_as());
        self.report("bad-value", at, false, message, help);
    }

    fn date(&mut self, value: &Value, at: &At<'_>) {
        let message = format!("{} is an unquoted date, not a text", at.name());
        let help = format!("put it in quotes: `\"{}\"`", value.as_str().unwrap_or_default());
        self.report("wrong-type", at, false, message, Some(help));
    }

    fn wrong_type(&mut self, shape: &'static Shape, value: &Value, at: &At<'_>) {
        if *value == Value::Null {
            let message = format!("{} has no value", at.name());
            let help = match shape {
                Shape::Text(rule) if (rule.holds)("") => {
                    "give it a text, `\"\"` for an empty one, or remove the key".to_owned()
                }
                Shape::Text(_) if !self.example.is_empty() => {
                    format!("give it a text, such as `{}`, or remove the key", self.example)
                }
                shape => format!("give it {}, or remove the key", wanted(shape)),
            };
            return self.report("wrong-type", at, true, message, Some(help));
        }
        let message = format!("{} must be {}, not {}", at.name(), wanted(shape), described(value));
        let problem = Problem::error("wrong-type", at.path(), message);
        let quote = matches!((shape, value), (Shape::Text(_) | Shape::Choice(_), Value::Number(_) | Value::Bool(_)));
        let problem = problem.help(how_to_write(shape, value).or(self.such_as()));
        self.problems.push(if quote && !is_mode(shape) { problem.quote_it() } else { problem });
    }

    /// The same, with this help.
    fn wrong_type_with(&mut self, shape: &'static Shape, value: &Value, at: &At<'_>, help: String) {
        self.wrong_type(shape, value, at);
        if let Some(problem) = self.problems.pop() {
            self.problems.push(problem.help(help));
        }
    }

    fn such_as(&self) -> Option<String> {
        (!self.example.is_empty()).then(|| format!("write it such as `{}`", self.example))
    }
}

/// Blanks that look like others, and characters that do not show.
const ODD_BLANKS: [char; 5] = ['\u{a0}', '\u{200b}', '\u{202f}', '\u{3000}', '\u{feff}'];

/// Names in backticks, the last one after `joint`.
fn listed(names: &[&str], joint: &str) -> String {
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        let before = match index {
            0 => "",
            _ if index + 1 == names.len() => joint,
            _ => ",",
        };
        let _ = match before {
            "" => write!(text, "`{name}`"),
            "," => write!(text, ", `{name}`"),
            joint => write!(text, " {joint} `{name}`"),
        };
    }
    text
}

fn wanted(shape: &Shape) -> String {
    match shape {
        Shape::Open | Shape::Map(_) | Shape::Object(_) => "a map".to_owned(),
        Shape::Text(_) => "a text".to_owned(),
        Shape::Integer(least, most) => format!("a whole number from {least} to {most}"),
        Shape::Bool => "`true` or `false`".to_owned(),
        Shape::Choice(texts) => listed(texts, "or"),
        Shape::List(_) => "a list".to_owned(),
    }
}

fn described(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::Bool(bool) => format!("the truth value `{bool}`"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.chars().count() <= 40 => format!("the text `{text}`"),
        Value::String(_) => "a text".to_owned(),
        Value::List(_) => "a list".to_owned(),
        _ => "a map".to_owned(),
    }
}

/// An entry of a map that is empty, and one that seems to belong into it, were it indented further.
fn not_indented<'e>(map: &Map, entries: &'e crate::Map) -> Option<(&'e str, &'e str)> {
    let Shape::Object(object) = map.values else { return None };
    let is_field = |key: &str| object.field(key).is_some();
    let (empty, _) = entries.iter().find(|(key, value)| matches!(value, Value::Null) && !is_field(key))?;
    Some((empty, entries.keys().find(|key| is_field(key))?))
}

/// The words of a command line: quotes keep blanks.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match (c, quote) {
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, Some(open)) if c == open => quote = None,
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn is_mode(shape: &Shape) -> bool {
    matches!(shape, Shape::Text(rule) if std::ptr::eq(*rule, &super::MODE))
}

/// How to write what was probably meant.
fn how_to_write(shape: &'static Shape, value: &Value) -> Option<String> {
    match (shape, value) {
        (_, Value::Number(Number::Int(int))) if is_mode(shape) => {
            Some(format!("an access mode is a text: write `\"0{int:o}\"`"))
        }
        (Shape::Text(_) | Shape::Choice(_), Value::Number(_) | Value::Bool(_)) => {
            let text = value.to_text()?;
            Some(format!("put it in quotes: `\"{text}\"`"))
        }
        (Shape::Integer(..), Value::String(text)) => {
            let int = text.trim().parse::<u16>().ok()?;
            Some(format!("remove the quotes: `{int}`"))
        }
        (Shape::Bool, Value::String(text)) => match &*text.to_lowercase() {
            "true" | "yes" | "on" => Some("write `true`, without quotes".to_owned()),
            "false" | "no" | "off" => Some("write `false`, without quotes".to_owned()),
            _ => None,
        },
        (Shape::List(_), Value::String(text)) => Some(format!("write one item for each word: `{:?}`", words(text))),
        (Shape::Text(rule), Value::List(items))
            if std::ptr::eq(*rule, &super::TEMPLATE) && items.iter().all(|item| matches!(item, Value::String(_))) =>
        {
            Some("write one text; one of several lines begins with `|`, and its lines are indented below".to_owned())
        }
        (Shape::Object(object), Value::String(text))
            if text.split_once(':').is_some_and(|(key, _)| object.field(key).is_some()) =>
        {
            let (key, rest) = text.split_once(':')?;
            Some(format!("write a blank after the colon: `{key}: {rest}`"))
        }
        (Shape::Map(map), Value::List(items))
            if matches!(map.values, Shape::Text(_)) && items.iter().all(|item| matches!(item, Value::String(_))) =>
        {
            Some("write a map, one `KEY: \"value\"` for each entry".to_owned())
        }
        (Shape::Object(object), _) => {
            let one_of = || object.one_of.first().and_then(|name| object.field(name));
            let field = object.fields.iter().find(|field| field.required).or_else(one_of).or(object.fields.first())?;
            Some(format!("write a map, such as `{{{}}}`", field.example))
        }
        _ => None,
    }
}

/// What a text was probably meant to be: a name with capitals, blanks, `_` or needless `-`; an amount with `k` or `MB`.
fn repaired(rule: &Rule, text: &str) -> Option<String> {
    let text = text.trim();
    let dashed = text.to_lowercase().replace(['_', ' ', '/'], "-");
    let all_dashed = dashed.replace('.', "-");
    let upper = text.to_uppercase();
    let amount = upper.trim_end_matches('B');
    let dashed = [dashed.trim_matches('-'), all_dashed.trim_matches('-')];
    let others = [text, &upper, amount, &amount.replace('I', "i"), &text.replace(' ', "")];
    dashed.into_iter().chain(others).find(|candidate| (rule.holds)(candidate)).map(str::to_owned)
}
