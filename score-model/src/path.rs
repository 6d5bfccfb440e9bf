//! Ways into a value.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::shared_key;

/// Keys from the outside in: `a.b\.c` leads to key `b.c` below key `a`. A decimal key also leads into a list.
///
/// Cheap to clone. Written with dots, a dot inside a key as `\.` and backslashes before a dot or the end doubled; the empty path is written as nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Arc<[Arc<str>]>);

impl Path {
    /// The path to the value itself.
    #[inline]
    pub fn root() -> Self {
        Self(Arc::default())
    }

    /// The keys, from the outside in.
    #[inline]
    pub fn keys(&self) -> &[Arc<str>] {
        &self.0
    }

    /// Whether this is the path to the value itself.
    #[inline]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// This path and one key more.
    #[must_use]
    pub fn child(&self, key: impl Into<Arc<str>>) -> Self {
        self.0.iter().cloned().chain([key.into()]).collect()
    }

    /// This path, then the other.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        self.0.iter().chain(other.0.iter()).cloned().collect()
    }

    /// As a JSON pointer (RFC 6901): `/a/b.c`.
    pub fn pointer(&self) -> String {
        self.0.iter().fold(String::new(), |pointer, key| pointer + "/" + &key.replace('~', "~0").replace('/', "~1"))
    }

    /// The path that a JSON pointer (RFC 6901) names; a pointer without its leading `/` is taken as if it had one.
    pub fn from_pointer(pointer: &str) -> Self {
        if pointer.is_empty() {
            return Self::root();
        }
        let keys = pointer.strip_prefix('/').unwrap_or(pointer).split('/');
        keys.map(|key| Arc::from(key.replace("~1", "/").replace("~0", "~"))).collect()
    }
}

impl FromIterator<Arc<str>> for Path {
    fn from_iter<I: IntoIterator<Item = Arc<str>>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

impl<'a> FromIterator<&'a str> for Path {
    fn from_iter<I: IntoIterator<Item = &'a str>>(keys: I) -> Self {
        keys.into_iter().map(shared_key).collect()
    }
}

/// Splits at every dot that is not escaped; never fails. Of backslashes before a dot or at the end two are one, and one left over before a dot is its escape; elsewhere a backslash is itself. The empty
/// text is the root, a lone `\` the one empty key.
impl FromStr for Path {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => return Ok(Self::root()),
            "\\" => return Ok([""].into_iter().collect()),
            _ => {}
        }
        let mut keys = Vec::new();
        let mut key = String::new();
        let mut rest = text;
        while let Some((plain, from)) = rest.find(['.', '\\']).and_then(|at| rest.split_at_checked(at)) {
            key.push_str(plain);
            let after = from.trim_start_matches('\\');
            let (backslashes, after_dot) = (from.len() - after.len(), after.strip_prefix('.'));
            let pairs = if after_dot.is_some() || after.is_empty() { backslashes / 2 } else { 0 };
            let single = backslashes - 2 * pairs;
            key.extend(std::iter::repeat_n('\\', pairs));
            rest = match after_dot {
                Some(after_dot) if single == 0 => {
                    keys.push(std::mem::take(&mut key));
                    after_dot
                }
                Some(after_dot) => {
                    key.push('.');
                    after_dot
                }
                None => {
                    key.extend(std::iter::repeat_n('\\', single));
                    after
                }
            };
        }
        key.push_str(rest);
        keys.push(key);
        Ok(keys.iter().map(String::as_str).collect())
    }
}

/// Reads back as the same path.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if matches!(self.keys(), [only] if only.is_empty()) {
            return f.write_str("\\");
        }
        for (index, key) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            for part in key.split_inclusive('.') {
                let (part, dot) = part.strip_suffix('.').map_or((part, ""), |part| (part, "\\."));
                let backslashes = part.len() - part.trim_end_matches('\\').len();
                write!(f, "{part}{:\\<backslashes$}{dot}", "")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// As text.
impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let Ok(path) = text.parse();
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, keys: &[&str], pointer: &str) {
        let path: Path = text.parse().unwrap();
        assert_eq!(path.keys().iter().map(|key| &**key).collect::<Vec<_>>(), keys);
        assert_eq!(path.to_string(), text);
        assert_eq!(path.pointer(), pointer);
        assert_eq!(Path::from_pointer(pointer), path);
    }

    #[test]
    fn dots_and_pointers() {
        check("", &[], "");
        check("a", &["a"], "/a");
        check("a.b", &["a", "b"], "/a/b");
        check(r"a\.b.c/d", &["a.b", "c/d"], "/a.b/c~1d");
        check(r"a\b", &[r"a\b"], r"/a\b");
        check(r"a\\.b", &[r"a\", "b"], r"/a\/b");
        check(r"a\\\.b", &[r"a\.b"], r"/a\.b");
        check(r"a.b\\", &["a", r"b\"], r"/a/b\");
        check(r"\", &[""], "/");
        check(r"\\", &[r"\"], r"/\");
        check(".", &["", ""], "//");
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(keys in proptest::collection::vec(r"[ab.\\/~é]{0,4}", 0..4)) {
            let path: Path = keys.iter().map(|key| &**key).collect();
            proptest::prop_assert_eq!(path.to_string().parse::<Path>().unwrap(), path.clone(), "{}", path);
            proptest::prop_assert_eq!(Path::from_pointer(&path.pointer()), path);
        }
    }
}
