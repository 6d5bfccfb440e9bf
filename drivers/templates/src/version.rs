//! Semantic versions and constraints on them, as `github.com/Masterminds/semver` has them.

use std::cmp::Ordering;
use std::sync::LazyLock;

use crate::format::number::{NumberError, parse_uint};
use crate::format::quote::quoted;
use crate::regexp::Regexp;

const SUFFIXES: &str = r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?";
const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";

const MAX_VERSION: usize = 256;
const MAX_CONSTRAINT: usize = 512;
const MAX_ALTERNATIVES: usize = 32;

/// A pattern of this file, which is known to compile.
fn pattern(text: &str) -> Option<Regexp> {
    Regexp::new(text.as_bytes()).ok()
}

fn constrained() -> String {
    format!(r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?{SUFFIXES}")
}

static VERSION: LazyLock<Option<Regexp>> =
    LazyLock::new(|| pattern(&format!(r"^v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?{SUFFIXES}$")));
static CONSTRAINT: LazyLock<Option<Regexp>> =
    LazyLock::new(|| pattern(&format!(r"^\s*({OPERATORS})\s*({})\s*$", constrained())));
static RANGE: LazyLock<Option<Regexp>> = LazyLock::new(|| pattern(&format!(r"\s*({0})\s+-\s+({0})\s*", constrained())));
static FIND: LazyLock<Option<Regexp>> = LazyLock::new(|| pattern(&format!(r"({OPERATORS})\s*({})", constrained())));
static VALID: LazyLock<Option<Regexp>> = LazyLock::new(|| {
    pattern(&format!(r"^(\s*({OPERATORS})\s*({0})\s*)((?:\s+|,\s*)({OPERATORS})\s*({0})\s*)*$", constrained()))
});

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[doc(hidden)]
pub struct Version {
    pub(crate) major: u64,
    pub(crate) minor: u64,
    pub(crate) patch: u64,
    pub(crate) prerelease: String,
    pub(crate) metadata: String,
    pub(crate) original: String,
}

impl Version {
    /// Reads a version, in which minor and patch may be missing; the failure is Go's message.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_VERSION {
            return Err(format!("version string is too long (max {MAX_VERSION} bytes)"));
        }
        let groups = VERSION.as_ref().and_then(|version| version.groups(text));
        let Some([_, major, minor, patch, _, prerelease, _, _, metadata, ..]) = groups.as_deref() else {
            return Err("invalid semantic version".to_owned());
        };
        let version = Self {
            major: segment(major)?,
            minor: segment(minor)?,
            patch: segment(patch)?,
            prerelease: (*prerelease).to_owned(),
            metadata: (*metadata).to_owned(),
            original: text.to_owned(),
        };
        validate_prerelease(prerelease)?;
        Ok(version)
    }

    /// The version in full.
    pub(crate) fn to_text(&self) -> String {
        let mut out = format!("{}.{}.{}", self.major, self.minor, self.patch);
        if !self.prerelease.is_empty() {
            out.push_str(&format!("-{}", self.prerelease));
        }
        if !self.metadata.is_empty() {
            out.push_str(&format!("+{}", self.metadata));
        }
        out
    }

    /// By precedence: metadata does not count.
    pub(crate) fn precedence(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch).cmp(&(other.major, other.minor, other.patch)).then_with(|| {
            match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => compare_prereleases(&self.prerelease, &other.prerelease),
            }
        })
    }

    fn with_original(mut self) -> Self {
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        self.original = format!("{prefix}{}", self.to_text());
        self
    }

    pub(crate) fn next_patch(&self) -> Result<Self, String> {
        let increment = u64::from(self.prerelease.is_empty());
        let patch = self.patch.checked_add(increment).ok_or("patch version increment would overflow uint64")?;
        Ok(self.released(self.major, self.minor, patch))
    }

    pub(crate) fn next_minor(&self) -> Result<Self, String> {
        let minor = self.minor.checked_add(1).ok_or("minor version increment would overflow uint64")?;
        Ok(self.released(self.major, minor, 0))
    }

    pub(crate) fn next_major(&self) -> Result<Self, String> {
        let major = self.major.checked_add(1).ok_or("major version increment would overflow uint64")?;
        Ok(self.released(major, 0, 0))
    }

    fn released(&self, major: u64, minor: u64, patch: u64) -> Self {
        let (prerelease, metadata) = (String::new(), String::new());
        Self { major, minor, patch, prerelease, metadata, original: self.original.clone() }.with_original()
    }

    pub(crate) fn with_prerelease(&self, prerelease: &str) -> Result<Self, String> {
        validate_prerelease(prerelease)?;
        Ok(Self { prerelease: prerelease.to_owned(), ..self.clone() }.with_original())
    }

    pub(crate) fn with_metadata(&self, metadata: &str) -> Result<Self, String> {
        let valid = |part: &str| !part.is_empty() && part.bytes().all(is_identifier);
        if !metadata.is_empty() && !metadata.split('.').all(valid) {
            return Err("invalid metadata string".to_owned());
        }
        Ok(Self { metadata: metadata.to_owned(), ..self.clone() }.with_original())
    }
}

fn is_identifier(byte: u8) -> bool {
    byte == b'-' || byte.is_ascii_alphanumeric()
}

fn segment(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix('.').unwrap_or(text);
    if digits.is_empty() {
        return Ok(0);
    }
    parse_uint(digits, 10).map_err(|error| {
        let what = match error {
            NumberError::Range(_) => "value out of range",
            NumberError::Syntax => "invalid syntax",
        };
        format!("error parsing version segment: strconv.ParseUint: parsing \"{digits}\": {what}")
    })
}

fn validate_prerelease(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    for part in text.split('.') {
        if part.is_empty() || !part.bytes().all(is_identifier) {
            return Err("invalid prerelease string".to_owned());
        }
        if part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("version segment starts with 0".to_owned());
        }
    }
    Ok(())
}

fn compare_prereleases(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let ordering = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (left, right) => compare_parts(left.unwrap_or_default(), right.unwrap_or_default()),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
}

fn compare_parts(left: &str, right: &str) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    if left.is_empty() {
        return Ordering::Less;
    }
    if right.is_empty() {
        return Ordering::Greater;
    }
    match (parse_uint(left, 10), parse_uint(right, 10)) {
        (Err(_), Err(_)) => left.cmp(right),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Ok(left), Ok(right)) if left > right => Ordering::Greater,
        (Ok(_), Ok(_)) => Ordering::Less,
    }
}

/// What a version must be like: any of the alternatives, in each of which everything must hold.
pub(crate) struct Constraints(Vec<Vec<Constraint>>);

struct Constraint {
    operator: String,
    version: Version,
    /// Which parts are wildcards or missing.
    any: bool,
    any_minor: bool,
    any_patch: bool,
}

impl Constraints {
    /// Reads constraints; the failure is Go's message.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_CONSTRAINT {
            return Err(format!("constraint string is too long (max {MAX_CONSTRAINT} bytes)"));
        }
        let text = rewrite_ranges(text);
        let alternatives: Vec<&str> = text.split("||").collect();
        if alternatives.len() > MAX_ALTERNATIVES {
            return Err(format!("too many constraint groups (max {MAX_ALTERNATIVES})"));
        }
        let mut parsed = Vec::new();
        for alternative in alternatives {
            if !VALID.as_ref().is_some_and(|valid| valid.is_match(alternative.as_bytes())) {
                return Err(improper(alternative));
            }
            let mut found = FIND.as_ref().map(|find| find.find_all(alternative.as_bytes(), -1)).unwrap_or_default();
            if found.is_empty() {
                found.push(alternative.as_bytes().to_vec());
            }
            let constraints: Result<Vec<Constraint>, String> =
                found.iter().map(|part| Constraint::parse(&String::from_utf8_lossy(part))).collect();
            parsed.push(constraints?);
        }
        Ok(Self(parsed))
    }

    pub(crate) fn check(&self, version: &Version) -> bool {
        self.0.iter().any(|alternative| {
            let prereleases = alternative.iter().any(|constraint| !constraint.version.prerelease.is_empty());
            (prereleases || version.prerelease.is_empty())
                && alternative.iter().all(|constraint| constraint.check(version))
        })
    }
}

fn improper(text: &str) -> String {
    format!("improper constraint: {}", quoted(text.as_bytes()))
}

/// `1.2 - 1.4` as `>= 1.2, <= 1.4`.
fn rewrite_ranges(text: &str) -> String {
    let Some(range) = RANGE.as_ref() else {
        return text.to_owned();
    };
    let mut out = text.to_owned();
    for found in range.find_all(text.as_bytes(), -1) {
        let found = String::from_utf8_lossy(&found).into_owned();
        if let Some(groups) = range.groups(&found)
            && let (Some(low), Some(high)) = (groups.get(1), groups.get(11))
        {
            out = out.replacen(&found, &format!(">= {low}, <= {high} "), 1);
        }
    }
    out
}

impl Constraint {
    fn parse(text: &str) -> Result<Self, String> {
        let groups = CONSTRAINT.as_ref().and_then(|constraint| constraint.groups(text));
        let Some([_, operator, written, major, minor, patch, prerelease, ..]) = groups.as_deref() else {
            return Err(improper(text));
        };
        let wild = |part: &str| matches!(part.strip_prefix('.').unwrap_or(part), "" | "x" | "X" | "*");
        let (any_minor, any_patch) = (!wild(major) && wild(minor), !wild(major) && !wild(minor) && wild(patch));
        let full = if wild(major) {
            format!("0.0.0{prerelease}")
        } else if any_minor {
            format!("{major}.0.0{prerelease}")
        } else if any_patch {
            format!("{major}{minor}.0{prerelease}")
        } else {
            (*written).to_owned()
        };
        let version = Version::parse(&full).map_err(|_| "constraint parser error".to_owned())?;
        let any = wild(major) || any_minor || any_patch;
        Ok(Self { operator: (*operator).to_owned(), version, any, any_minor, any_patch })
    }

    fn check(&self, version: &Version) -> bool {
        let wanted = &self.version;
        let ordering = version.precedence(wanted);
        match self.operator.as_str() {
            "!=" => self.differs(version),
            ">" if self.any_minor => version.major > wanted.major,
            ">" if self.any_patch => (version.major, version.minor) > (wanted.major, wanted.minor),
            ">" => ordering == Ordering::Greater,
            "<" => ordering == Ordering::Less,
            ">=" | "=>" => ordering != Ordering::Less,
            "<=" | "=<" if !self.any => ordering != Ordering::Greater,
            "<=" | "=<" => {
                version.major < wanted.major
                    || version.major == wanted.major && (version.minor <= wanted.minor || self.any_minor)
            }
            "^" => self.caret(version),
            "~" | "~>" => self.tilde(version),
            _ if self.any => self.tilde(version),
            _ => ordering == Ordering::Equal,
        }
    }

    fn differs(&self, version: &Version) -> bool {
        let wanted = &self.version;
        if self.any {
            if wanted.major != version.major {
                return true;
            }
            if wanted.minor != version.minor && !self.any_minor {
                return true;
            }
            if self.any_minor {
                return false;
            }
            if wanted.patch != version.patch && !self.any_patch {
                return true;
            }
            if self.any_patch {
                let prereleases = !(version.prerelease.is_empty() && wanted.prerelease.is_empty());
                return prereleases && compare_prereleases(&version.prerelease, &wanted.prerelease) != Ordering::Equal;
            }
        }
        version.precedence(wanted) != Ordering::Equal
    }

    fn tilde(&self, version: &Version) -> bool {
        let wanted = &self.version;
        if version.precedence(wanted) == Ordering::Less {
            return false;
        }
        let anything = (wanted.major, wanted.minor, wanted.patch) == (0, 0, 0) && !self.any_minor && !self.any_patch;
        anything || version.major == wanted.major && (version.minor == wanted.minor || self.any_minor)
    }

    fn caret(&self, version: &Version) -> bool {
        let wanted = &self.version;
        if version.precedence(wanted) == Ordering::Less || version.major != wanted.major {
            return false;
        }
        if wanted.major > 0 || self.any_minor {
            return true;
        }
        if wanted.minor > 0 || self.any_patch {
            return version.minor == wanted.minor;
        }
        version.minor == 0 && version.patch == wanted.patch
    }
}
