//! Texts that cannot be wrong: names, types, classes, ids and keys, each checked when it is made.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that does not follow the rule of what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}: {rule}")]
#[non_exhaustive]
pub struct InvalidText {
    /// The text.
    pub text: String,
    /// What it should have been, such as `a name`.
    pub what: &'static str,
    /// The rule, for people.
    pub rule: &'static str,
}

/// What a text must be like.
#[derive(Debug)]
pub(crate) struct Rule {
    /// What such a text is called, with its article.
    pub(crate) what: &'static str,
    /// The rule, for people.
    pub(crate) rule: &'static str,
    /// The rule as a regular expression, for JSON Schema. Anchored.
    pub(crate) pattern: Option<&'static str>,
    /// Least and greatest number of characters.
    pub(crate) length: (usize, Option<usize>),
    /// The rule as a program.
    pub(crate) holds: fn(&str) -> bool,
}

/// Defines a text that follows a [`Rule`].
macro_rules! text {
    ($(#[$documentation:meta])* $name:ident, $rule:ident) => {
        $(#[$documentation])*
        ///
        /// Dereferences to its text. Cheap to clone.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Checks a text.
            ///
            /// # Errors
            /// The text does not follow the rule.
            pub fn new(text: impl Into<Arc<str>>) -> Result<Self, InvalidText> {
                let text = text.into();
                if ($rule.holds)(&text) {
                    Ok(Self(text))
                } else {
                    Err(InvalidText { text: text.to_string(), what: $rule.what, rule: $rule.rule })
                }
            }

            /// The text.
            #[inline]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Deref for $name {
            type Target = str;

            #[inline]
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            #[inline]
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<Arc<str>> for $name {
            #[inline]
            fn borrow(&self) -> &Arc<str> {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for Arc<str> {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidText;

            fn from_str(text: &str) -> Result<Self, InvalidText> {
                Self::new(text)
            }
        }

        impl TryFrom<Arc<str>> for $name {
            type Error = InvalidText;

            fn try_from(text: Arc<str>) -> Result<Self, InvalidText> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidText;

            fn try_from(text: &str) -> Result<Self, InvalidText> {
                Self::new(text)
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new($crate::shared_text::text(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use text;

text! {
    /// The name of a workload, container, port or resource: 2 to 63 of `a-z`, `0-9` and `-`, with no `-` at either end.
    Name, NAME
}
text! {
    /// A resource type: 2 to 63 letters, digits and `-`, with no `-` at either end.
    TypeName, TYPE
}
text! {
    /// The class of a resource, by the rule of types.
    ClassName, CLASS
}
text! {
    /// The id of a shared resource: 2 to 63 of `a-z`, `0-9`, `-` and `.`, with neither `-` nor `.` at the ends, nor beside a dot.
    ResourceId, ID
}
text! {
    /// The key of an annotation: a name, with or without a domain and `/` before it.
    AnnotationKey, ANNOTATION
}
text! {
    /// The name of an environment variable: any text without `=` that is not empty.
    VariableName, VARIABLE
}

pub(crate) static NAME: Rule = Rule {
    what: "a name",
    rule: "names have 2 to 63 characters of `a-z`, `0-9` and `-`, with no `-` at either end",
    pattern: Some("^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$"),
    length: (2, Some(63)),
    holds: |text| is_label(text, lower),
};

pub(crate) static TYPE: Rule = Rule {
    what: "a resource type",
    rule: "types have 2 to 63 letters, digits and `-`, with no `-` at either end",
    pattern: Some("^[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]$"),
    length: (2, Some(63)),
    holds: |text| is_label(text, |byte| byte.is_ascii_alphanumeric()),
};

pub(crate) static CLASS: Rule = Rule {
    what: "a class",
    rule: "classes have 2 to 63 letters, digits and `-`, with no `-` at either end",
    pattern: Some("^[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]$"),
    length: (2, Some(63)),
    holds: |text| is_label(text, |byte| byte.is_ascii_alphanumeric()),
};

pub(crate) static ID: Rule = Rule {
    what: "an id",
    rule: "ids have 2 to 63 characters: parts of `a-z`, `0-9` and `-` joined by dots, no part with a `-` at either end",
    pattern: Some("^[a-z0-9]+(?:-+[a-z0-9]+)*(?:\\.[a-z0-9]+(?:-+[a-z0-9]+)*)*$"),
    length: (2, Some(63)),
    holds: |text| (2..=63).contains(&text.len()) && text.split('.').all(|part| is_dashed(part, lower)),
};

pub(crate) static ANNOTATION: Rule = Rule {
    what: "an annotation key",
    rule: "keys are 2 to 63 letters, digits, `.`, `_` and `-` that begin and end with a letter or digit, with or without a domain such as `example.com/` before it",
    pattern: Some(
        "^(([a-z0-9][a-z0-9-]{0,61}[a-z0-9])(\\.[a-z0-9][a-z0-9-]{0,61}[a-z0-9])*/)?[A-Za-z0-9][A-Za-z0-9._-]{0,61}[A-Za-z0-9]$",
    ),
    length: (2, Some(316)),
    holds: is_annotation,
};

pub(crate) static VARIABLE: Rule = Rule {
    what: "the name of a variable",
    rule: "names of variables are not empty and contain no `=`",
    pattern: Some("^[^=]+$"),
    length: (1, None),
    holds: |text| !text.is_empty() && !text.contains('='),
};

fn lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_label(text: &str, alphanumeric: impl Fn(u8) -> bool) -> bool {
    (2..=63).contains(&text.len()) && is_dashed(text, alphanumeric)
}

fn is_dashed(text: &str, alphanumeric: impl Fn(u8) -> bool) -> bool {
    let inner = |byte: u8| byte == b'-' || alphanumeric(byte);
    match text.as_bytes() {
        [] => false,
        [one] => alphanumeric(*one),
        [first, middle @ .., last] => {
            alphanumeric(*first) && alphanumeric(*last) && middle.iter().all(|byte| inner(*byte))
        }
    }
}

fn is_annotation(text: &str) -> bool {
    let (domain, name) = match text.rsplit_once('/') {
        Some((domain, name)) => (Some(domain), name),
        None => (None, text),
    };
    let name_holds = match name.as_bytes() {
        [first, middle @ .., last] => {
            (2..=63).contains(&name.len())
                && first.is_ascii_alphanumeric()
                && last.is_ascii_alphanumeric()
                && middle.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
        }
        _ => false,
    };
    let domain_holds = domain.is_none_or(|domain| domain.split('.').all(|part| is_label(part, lower)));
    text.len() <= 316 && name_holds && domain_holds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rule: &Rule, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!((rule.holds)(text), "{text:?} is {}", rule.what);
        }
        for text in bad {
            assert!(!(rule.holds)(text), "{text:?} is not {}", rule.what);
        }
    }

    #[test]
    fn rules() {
        let (longest, longer) = ("a".repeat(63), "a".repeat(64));
        check(&NAME, &["ab", "a-b", "a--b", "01", &longest], &["", "a", "-a", "a-", "A1", "a_b", "a.b", "é1", &longer]);
        check(&TYPE, &["ab", "Ab", "a-B"], &["a", "a.b", "a_b", "-a"]);
        check(&ID, &["ab", "a.b", "a-b.c", "a--b"], &["a", ".a", "a.", "a..b", "a-.b", "A.b"]);
        check(
            &ANNOTATION,
            &["ab", "a.b_c", "example.com/ab", "ex/Ab"],
            &["a", "/ab", "e.com/ab", "ex.com/a", "a/b/cd"],
        );
        check(&VARIABLE, &["A", "a b", "é"], &["", "A=B"]);
    }
}
