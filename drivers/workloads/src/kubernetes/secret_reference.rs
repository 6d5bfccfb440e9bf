//! References to keys of Kubernetes Secrets inside texts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const START: &str = "🔐💬";
const END: &str = "💬🔐";

/// A key of a Secret, as it travels through outputs and placeholders until something can refer to it: `🔐💬NAME_KEY💬🔐`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretReference {
    /// The name of the Secret; it has no `_`.
    pub name: String,
    /// The key in it.
    pub key: String,
}

/// A piece of a text with references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPart {
    /// Plain text, never empty.
    Text(String),
    /// A reference.
    Reference(SecretReference),
}

impl SecretReference {
    /// The text that stands for it.
    pub fn encode(&self) -> String {
        format!("{START}{}_{}{END}", self.name, self.key)
    }

    /// Takes a text apart. A marker that does not end is plain text.
    ///
    /// # Errors
    /// The text of a reference that does not name a key.
    pub fn split(text: &str) -> Result<Vec<SecretPart>, String> {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once(START)
            && let Some((inner, after)) = after.split_once(END)
        {
            let (name, key) =
                inner.split_once('_').ok_or_else(|| format!("invalid secret ref: `{inner}` doesn't contain _"))?;
            if !before.is_empty() {
                parts.push(SecretPart::Text(before.to_owned()));
            }
            parts.push(SecretPart::Reference(Self { name: name.to_owned(), key: key.to_owned() }));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(SecretPart::Text(rest.to_owned()));
        }
        Ok(parts)
    }

    /// The variable that holds it where it is but a part of another variable: FNV-1 of its name and key.
    pub(super) fn variable(&self) -> String {
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
        let offset: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
        let bytes = self.name.bytes().chain(self.key.bytes());
        let hash = bytes.fold(offset, |hash, byte| hash.wrapping_mul(PRIME) ^ u128::from(byte));
        format!("__ref_{}", URL_SAFE_NO_PAD.encode(hash.to_be_bytes()).replace(['-', '_'], "0"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(name: &str, key: &str) -> SecretReference {
        SecretReference { name: name.into(), key: key.into() }
    }

    #[track_caller]
    fn check_variable(name: &str, key: &str, want: &str) {
        assert_eq!(reference(name, key).variable(), want);
    }

    #[test]
    fn variables() {
        check_variable("hello", "world", "__ref_7nSlDImL8R05KcUzKJ00KQ");
        check_variable("hello", "dan", "__ref_pCu17eplmVon10uSLW8i8A");
        check_variable("my-secret", "pass_word", "__ref_VrXvaXIoCFh1tSs3ury8Jg");
    }

    #[test]
    fn splitting() {
        let (one, two) = (reference("s1", "k1"), reference("a.val1d-dns", "k_y"));
        let text = format!("{}thing{}{START}x", one.encode(), two.encode());
        let want = [
            SecretPart::Reference(one),
            SecretPart::Text("thing".into()),
            SecretPart::Reference(two),
            SecretPart::Text(format!("{START}x")),
        ];
        assert_eq!(SecretReference::split(&text).unwrap(), want);
        assert!(SecretReference::split(&format!("{START}nokey{END}")).is_err());
        assert_eq!(SecretReference::split("").unwrap(), []);
    }
}
