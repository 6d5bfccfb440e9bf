//! The rules of names that platform files use.

use score_model::{MAX_ID, Name, TypeName};

/// The Score rule for resource types and classes.
pub(crate) fn is_type(text: &str) -> bool {
    TypeName::new(text).is_ok()
}

/// The Score rule for names.
pub(crate) fn is_name(text: &str) -> bool {
    Name::new(text).is_ok()
}

/// The Score rule for ids, up to 253 bytes.
pub(crate) fn is_id(text: &str) -> bool {
    let dashed = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let end = |byte: Option<&u8>| byte.is_some_and(|byte| plain(*byte));
        let bytes = part.as_bytes();
        end(bytes.first()) && end(bytes.last()) && bytes.iter().all(|byte| *byte == b'-' || plain(*byte))
    };
    (2..=MAX_ID).contains(&text.len()) && text.split('.').all(dashed)
}
