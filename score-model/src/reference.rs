//! What a placeholder of a Score file refers to.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::shared_text::shared_key;
use crate::{Mode, Path};

/// What stands between `${` and `}` in a Score file, taken apart: `metadata.PATH` or `resources.NAME.PATH`.
///
/// Keys are parted by dots; `\.` is a dot inside a key. This is the one grammar for checking and for resolving.
///
/// ```
/// use score_model::Reference;
///
/// let reference: Reference = r"metadata.annotations.example\.com/key".parse()?;
/// assert_eq!(reference, Reference::Metadata(r"annotations.example\.com/key".parse().unwrap()));
/// assert!("resources".parse::<Reference>().is_err());
/// # Ok::<(), score_model::InvalidReference>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reference {
    /// Something in the workload's metadata.
    Metadata(Path),
    /// A resource, or an output of it.
    Resource {
        /// The name that the Score file gives it.
        name: Arc<str>,
        /// Where in its outputs; the root for the resource itself.
        path: Path,
    },
}

/// Not a reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidReference {
    /// The text does not follow the grammar.
    #[error("`${{{0}}}` is malformed")]
    Malformed(String),
    /// The first key is neither `metadata` nor `resources`.
    #[error("`${{{0}}}` begins neither with `metadata` nor with `resources`")]
    UnknownRoot(String),
}

impl Reference {
    /// Takes the text between the braces apart, as strictly as `mode` says: in compatible mode keys have letters, digits, `_` and `-` only; in strict mode also `/`, and dots as `\.`.
    ///
    /// # Errors
    /// The text does not follow the grammar, or its first key is unknown.
    pub fn parse(text: &str, mode: Mode) -> Result<Self, InvalidReference> {
        let target = Target::of(text, mode)?;
        let mut keys = split_keys(text).into_iter().skip(1).map(|key| shared_key(&key));
        Ok(match target {
            Target::Metadata => Self::Metadata(keys.collect()),
            Target::Resource { name, .. } => {
                keys.next();
                Self::Resource { name: name.into(), path: keys.collect() }
            }
        })
    }
}

/// What a reference leads to at first, without what is costly to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target<'t> {
    Metadata,
    Resource {
        name: Cow<'t, str>,
        /// No output of it is named.
        whole: bool,
    },
}

impl<'t> Target<'t> {
    pub(crate) fn of(text: &'t str, mode: Mode) -> Result<Self, InvalidReference> {
        let malformed = || InvalidReference::Malformed(text.to_owned());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let (mut previous, mut escaped) = (b'.', false);
        let mut dots = [None; 2];
        for (at, byte) in text.bytes().enumerate() {
            if !plain(byte) {
                match byte {
                    b'.' if previous != b'.' || escaped => {
                        if let Some(dot) = dots.iter_mut().find(|dot| dot.is_none()) {
                            *dot = Some(at);
                        }
                    }
                    b'/' if mode == Mode::Strict => {}
                    b'\\' if mode == Mode::Strict => escaped = true,
                    _ => return Err(malformed()),
                }
            }
            previous = byte;
        }
        if previous == b'.' && !escaped {
            return Err(malformed());
        }
        let part = |from: usize, to: usize| Cow::Borrowed(text.get(from..to).unwrap_or_default());
        let (count, root, second) = match dots {
            _ if escaped => {
                let keys = split_keys(text);
                if keys.iter().any(|key| key.is_empty() || key.contains('\\')) {
                    return Err(malformed());
                }
                let mut keys = keys.into_iter();
                (3.min(keys.len()), keys.next().unwrap_or_default(), keys.next().unwrap_or_default())
            }
            [Some(first), Some(second)] => (3, part(0, first), part(first + 1, second)),
            [Some(first), None] => (2, part(0, first), part(first + 1, text.len())),
            _ => (1, part(0, text.len()), Cow::default()),
        };
        match (count, &*root) {
            (..=1, _) => Err(malformed()),
            (_, "metadata") => Ok(Self::Metadata),
            (_, "resources") => Ok(Self::Resource { name: second, whole: count == 2 }),
            _ => Err(InvalidReference::UnknownRoot(text.to_owned())),
        }
    }
}

/// Splits at every dot but `\.`, which is a dot inside a key; there is no other escape.
pub(crate) fn split_keys(text: &str) -> Vec<Cow<'_, str>> {
    if !text.contains('\\') {
        return text.split('.').map(Cow::Borrowed).collect();
    }
    let mut keys = vec![String::new()];
    let mut rest = text;
    while let Some(at) = rest.find(['.', '\\']) {
        let escaped = rest[at..].starts_with("\\.");
        let dot = rest[at..].starts_with('.');
        if let Some(key) = keys.last_mut() {
            key.push_str(&rest[..at]);
            key.push_str(if escaped {
                "."
            } else if dot {
                ""
            } else {
                "\\"
            });
        }
        if dot {
            keys.push(String::new());
        }
        rest = &rest[at + if escaped { 2 } else { 1 }..];
    }
    if let Some(key) = keys.last_mut() {
        key.push_str(rest);
    }
    keys.into_iter().map(Cow::Owned).collect()
}

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        Self::parse(text, Mode::Strict)
    }
}

/// As it is written between the braces.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metadata(path) => write!(f, "metadata.{path}"),
            Self::Resource { name, path } if path.is_root() => write!(f, "resources.{name}"),
            Self::Resource { name, path } => write!(f, "resources.{name}.{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, strict: bool, compatible: bool) {
        assert_eq!(Reference::parse(text, Mode::Strict).is_ok(), strict, "strict");
        assert_eq!(Reference::parse(text, Mode::Compatible).is_ok(), compatible, "compatible");
        if let Ok(reference) = Reference::parse(text, Mode::Strict) {
            assert_eq!(reference.to_string(), text);
        }
    }

    #[test]
    fn grammar() {
        check("resources.db", true, true);
        check("resources.db.host", true, true);
        check("metadata.name", true, true);
        check(r"metadata.annotations.a\.b/c", true, false);
        check("resources", false, false);
        check("metadata.", false, false);
        check("resources..x", false, false);
        check("other.db.host", false, false);
        check("resources.db.ho st", false, false);
        check(r"resources.db.a\b", false, false);
        check("DB_HOST?required", false, false);
        check("", false, false);
    }
}
