//! Finding secrets again in what foreign code gave back: marks do not survive it, texts do.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

use crate::Value;

/// Texts shorter than this are only found where they are all of a text: inside others they would be found everywhere.
const SHORTEST_INSIDE: usize = 4;
/// Texts shorter than this are not looked for in base64, nor line by line.
const SHORTEST_ENCODED: usize = 8;
/// Texts shorter than this are not looked for in keys: a password `password` must not hide every map that has such a key.
const SHORTEST_IN_KEYS: usize = 12;

/// The texts of secrets, to mark or strike out what contains them.
///
/// A secret is found as it is, inside longer text (from four characters on), escaped as in JSON, and, from eight characters on, in base64 and line by line.
///
/// ```
/// use score_model::{SecretTexts, Value};
///
/// let secrets = SecretTexts::of(&Value::map([("password", Value::secret(Value::from("tr0ub4dor")))]));
/// assert_eq!(secrets.redact("no login with tr0ub4dor"), "no login with <secret>");
/// assert!(secrets.mark(&Value::from("pg://me:tr0ub4dor@db")).has_secret());
/// ```
#[derive(Clone, Default)]
pub struct SecretTexts {
    exact: BTreeSet<String>,
    inside: BTreeSet<String>,
}

impl SecretTexts {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those of the parts of `value` that are marked as secret.
    pub fn of(value: &Value) -> Self {
        let mut secrets = Self::new();
        secrets.add(value);
        secrets
    }

    /// Also those of the parts of `value` that are marked as secret.
    pub fn add(&mut self, value: &Value) {
        match value {
            Value::Secret(secret) => self.add_whole(secret.expose()),
            Value::List(items) => items.iter().for_each(|item| self.add(item)),
            Value::Map(map) => map.values().for_each(|item| self.add(item)),
            _ => {}
        }
    }

    /// Also all texts and numbers in `value`, marked or not.
    pub fn add_whole(&mut self, value: &Value) {
        match value {
            Value::Secret(secret) => self.add_whole(secret.expose()),
            Value::List(items) => items.iter().for_each(|item| self.add_whole(item)),
            Value::Map(map) => map.values().for_each(|item| self.add_whole(item)),
            Value::String(text) => self.add_text(text),
            Value::Number(number) => self.add_text(&number.to_string()),
            Value::Null | Value::Bool(_) | Value::Unknown => {}
        }
    }

    fn add_text(&mut self, text: &str) {
        if text.trim().is_empty() || !self.exact.insert(text.to_owned()) {
            return;
        }
        self.add_inside(text);
        self.add_inside(text.trim());
        if text.len() < SHORTEST_ENCODED {
            return;
        }
        for line in text.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_ENCODED && *line != text) {
            self.add_inside(line);
        }
        // what encodes whole groups of three bytes does not depend on what surrounds the secret
        for before in 0..3_usize {
            let shifted = [&b"\0\0"[..before], text.as_bytes()].concat();
            let whole = shifted.len() / 3 * 3;
            let encoded = BASE64.encode(shifted.get(..whole).unwrap_or_default());
            let begin = if before == 0 { 0 } else { 4 };
            self.add_inside(encoded.get(begin..).unwrap_or_default());
        }
    }

    fn add_inside(&mut self, text: &str) {
        if text.chars().count() < SHORTEST_INSIDE {
            return;
        }
        let quoted = serde_json::Value::from(text).to_string();
        let escaped = quoted.get(1..quoted.len() - 1).unwrap_or_default();
        if escaped != text {
            self.inside.insert(escaped.to_owned());
        }
        self.inside.insert(text.to_owned());
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty()
    }

    /// Whether `text` is or contains one.
    pub fn are_in(&self, text: &str) -> bool {
        self.exact.contains(text) || self.inside.iter().any(|secret| text.contains(secret.as_str()))
    }

    /// Whether `key` contains one that is no mere word: a password `password` must not forbid everything of that name.
    pub fn are_in_key(&self, key: &str) -> bool {
        self.inside.iter().any(|secret| secret.len() >= SHORTEST_IN_KEYS && key.contains(secret.as_str()))
    }

    /// `text` with `<secret>` where one was.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.exact.contains(text) {
            return Cow::Borrowed(STRUCK);
        }
        // where they overlap, all of it goes: pieces of a struck secret would be left otherwise
        let mut found: Vec<(usize, usize)> = Vec::new();
        for secret in &self.inside {
            let mut from = 0;
            while let Some(at) = text.get(from..).and_then(|rest| rest.find(secret.as_str())) {
                found.push((from + at, from + at + secret.len()));
                from += at + text.get(from + at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            }
        }
        found.sort_unstable();
        let (mut redacted, mut at) = (String::new(), 0);
        let mut found = found.into_iter().peekable();
        while let Some((start, mut end)) = found.next() {
            while let Some((_, later)) = found.next_if(|(next, _)| *next <= end) {
                end = end.max(later);
            }
            redacted.push_str(text.get(at..start).unwrap_or_default());
            redacted.push_str(STRUCK);
            at = end;
        }
        if at == 0 {
            return Cow::Borrowed(text);
        }
        redacted.push_str(text.get(at..).unwrap_or_default());
        Cow::Owned(redacted)
    }

    /// `value` with everything marked as secret that is or contains one. A map in which a key contains one (of twelve characters or more) is secret as a whole.
    #[must_use]
    pub fn mark(&self, value: &Value) -> Value {
        if self.is_empty() {
            return value.clone();
        }
        match value {
            Value::String(text) if self.are_in(text) => Value::secret(value.clone()),
            Value::Number(number) if self.exact.contains(&number.to_string()) => Value::secret(value.clone()),
            Value::List(items) => Value::list(items.iter().map(|item| self.mark(item))),
            Value::Map(map) if map.keys().any(|key| self.are_in_key(key)) => Value::secret(value.clone()),
            Value::Map(map) => Value::map(map.iter().map(|(key, item)| (key.clone(), self.mark(item)))),
            other => other.clone(),
        }
    }
}

/// What stands where a secret was.
const STRUCK: &str = "<secret>";

impl fmt::Debug for SecretTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretTexts({})", self.exact.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(secret: &str, text: &str, want: &str) {
        let secrets = SecretTexts::of(&Value::list([Value::secret(Value::from(secret))]));
        assert_eq!(secrets.redact(text), want);
        assert_eq!(secrets.mark(&Value::from(text)).has_secret(), want != text);
    }

    #[test]
    fn found_where_it_is() {
        check("tr0ub4dor", "tr0ub4dor", "<secret>");
        check("tr0ub4dor", "a tr0ub4dor, tr0ub4dortr0ub4dor!", "a <secret>, <secret>!");
        check("tr0ub4dor", "troubadour", "troubadour");
        check("abab", "xabababx", "x<secret>x");
        check("a", "a", "<secret>");
        check("a", "banana", "banana");
        check("line one\nline two\n", "it says: line two", "it says: <secret>");
        check("say \"tr0ub\"", r#"{"x":"say \"tr0ub\""}"#, r#"{"x":"<secret>"}"#);
        check("größer", "ist größer.", "ist <secret>.");
    }

    #[test]
    fn found_in_base64_wherever_it_begins() {
        let secret = "correct horse";
        let secrets = SecretTexts::of(&Value::secret(Value::from(secret)));
        for before in ["", "a", "ab", "abc", "user:"] {
            for after in ["", "x", "xy", "@host"] {
                let encoded = BASE64.encode(format!("{before}{secret}{after}"));
                assert!(secrets.are_in(&encoded), "{before}…{after}");
            }
        }
    }

    proptest::proptest! {
        /// Wherever a secret is, it is found, and what is left has nothing of it.
        #[test]
        fn nothing_is_left(secret in "[a-z0-9\"\\\\é]{4,20}", before in "[a-z ]{0,9}", after in "[a-z ]{0,9}") {
            let secrets = SecretTexts::of(&Value::secret(Value::from(secret.as_str())));
            for text in [format!("{before}{secret}{after}"), serde_json::json!({"x": format!("{before}{secret}")}).to_string()] {
                let redacted = secrets.redact(&text);
                proptest::prop_assert!(!redacted.replace(STRUCK, "").contains(&secret), "{}", redacted);
                proptest::prop_assert!(redacted.contains(STRUCK));
                proptest::prop_assert!(secrets.mark(&Value::from(text.as_str())).has_secret());
            }
        }
    }

    #[test]
    fn keys_and_numbers() {
        let secrets = SecretTexts::of(&Value::secret(Value::list([Value::from("canary-static"), Value::from(123456)])));
        assert!(secrets.mark(&Value::map([("my-canary-static", Value::from(1))])).has_secret());
        assert!(secrets.mark(&Value::from(123456)).has_secret());
        assert!(!secrets.mark(&Value::from(1234567)).has_secret());
        assert!(secrets.are_in("code 123456"));
    }
}
