//! PEM, as Go's `encoding/pem` reads and writes it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::sprig::encoding::decode_base64;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
const WIDTH: usize = 64;

/// What is between two lines of dashes.
pub(super) struct Block {
    pub(super) label: String,
    pub(super) content: Vec<u8>,
}

/// The first block of a text that is well formed; whatever is around it does not matter.
pub(super) fn decode(text: &str) -> Option<Block> {
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let label = line.strip_prefix(BEGIN).and_then(|rest| rest.trim_end().strip_suffix(DASHES));
        if let Some(label) = label
            && let Some(content) = content(lines.clone(), label)
        {
            return Some(Block { label: label.to_owned(), content });
        }
    }
    None
}

fn content<'t>(lines: impl Iterator<Item = &'t str>, label: &str) -> Option<Vec<u8>> {
    let mut encoded = String::new();
    for line in lines {
        if let Some(rest) = line.strip_prefix(END) {
            let rest = rest.strip_prefix(label)?.strip_prefix(DASHES)?;
            return rest.trim().is_empty().then(|| decode_base64(encoded.as_bytes()).ok())?;
        }
        // Headers stand before the content.
        if !(encoded.is_empty() && line.contains(':')) {
            encoded.extend(line.chars().filter(|character| !matches!(character, ' ' | '\t')));
        }
    }
    None
}

pub(super) fn encode(label: &str, content: &[u8]) -> String {
    let encoded = STANDARD.encode(content);
    let mut out = format!("{BEGIN}{label}{DASHES}\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(WIDTH).unwrap_or((rest, ""));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.push_str(&format!("{END}{label}{DASHES}\n"));
    out
}
