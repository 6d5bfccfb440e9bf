//! New texts from old ones.

use std::collections::HashSet;

/// What stands in Score files, and what makes readers of YAML stumble.
const PIECES: &[&str] = &[
    "\n",
    "\n  ",
    "\n    ",
    " ",
    "  ",
    "\t",
    "- ",
    "? ",
    ": ",
    ":",
    ",",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "\\",
    "#",
    " # c",
    "&a ",
    "*a",
    "&b ",
    "*b",
    "<<: *a",
    "<<: [*a, *b]",
    "!!str ",
    "!!int ",
    "!!binary ",
    "!!float ",
    "!!null ",
    "!x ",
    "|",
    ">",
    "|-",
    ">+2",
    "|1",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "é",
    "😀",
    "\0",
    "\r\n",
    "\r",
    "~",
    "null",
    "true",
    "yes",
    "0",
    "-0",
    "0x1f",
    "0o17",
    "08",
    "1_000",
    "1.5",
    "1e400",
    ".inf",
    ".nan",
    "1:30",
    "2001-01-01",
    "2001-12-14t21:59:43.10-05:00",
    "18446744073709551616",
    "-9223372036854775808",
    "${",
    "$$",
    "${resources.db.host}",
    "${metadata.name}",
    "${metadata.annotations.a\\.b}",
    "$${x}",
    "}",
    "apiVersion: score.dev/v1b1",
    "metadata",
    "name",
    "annotations",
    "service",
    "ports",
    "port",
    "targetPort",
    "protocol",
    "containers",
    "main",
    "image",
    "command",
    "args",
    "variables",
    "files",
    "target",
    "content",
    "source",
    "binaryContent",
    "noExpand",
    "mode",
    "volumes",
    "path",
    "readOnly",
    "read_only",
    "before",
    "ready",
    "complete",
    "healthy",
    "resources",
    "limits",
    "requests",
    "memory",
    "cpu",
    "128Mi",
    "0.5",
    "livenessProbe",
    "readinessProbe",
    "httpGet",
    "exec",
    "httpHeaders",
    "type",
    "class",
    "id",
    "params",
    "a: ",
    "b: ",
    "\"a\":",
    "\\u00e9",
    "\\ud83d\\ude00",
    "\\x41",
    "/",
];

/// Makes texts of those of a corpus, which grows by what is of a new sort.
pub(crate) struct Mutator {
    state: u64,
    corpus: Vec<String>,
    sorts: HashSet<String>,
}

impl Mutator {
    pub(crate) fn new(seed: u64, mut corpus: Vec<String>) -> Self {
        if corpus.is_empty() {
            corpus.push(String::new());
        }
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, corpus, sorts: HashSet::new() }
    }

    /// A new text.
    pub(crate) fn text(&mut self) -> String {
        let mut text = self.any_of_corpus();
        for _ in 0..=self.below(4) {
            let (start, end) = (self.place(&text), self.place(&text));
            let (start, end) = (start.min(end), start.max(end));
            match self.below(8) {
                0 | 1 => text.insert_str(start, PIECES[self.below(PIECES.len())]),
                2 => {
                    let piece = PIECES[self.below(PIECES.len())];
                    let end = self.near(&text, start);
                    text.replace_range(start..end, piece);
                }
                3 => {
                    let end = self.near(&text, start);
                    text.replace_range(start..end, "");
                }
                4 => {
                    let end = self.near(&text, start);
                    let again = text[start..end].repeat(1 + self.below(3));
                    text.insert_str(end, &again);
                }
                5 => {
                    let other = self.any_of_corpus();
                    let from = self.place(&other);
                    text.replace_range(start.., &other[from..]);
                }
                6 => {
                    let piece = text[start..end].to_owned();
                    let at = self.place(&text);
                    if piece.len() + text.len() < 1 << 16 {
                        text.insert_str(at, &piece);
                    }
                }
                _ => {
                    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
                    text.insert_str(line, [" ", "  ", "\t", "- "][self.below(4)]);
                }
            }
        }
        text
    }

    /// Keeps a text if it is the first of its sort, and says so.
    pub(crate) fn keep(&mut self, text: &str, sort: String) -> bool {
        let kept = text.len() < 8192 && self.sorts.insert(sort);
        if kept {
            self.corpus.push(text.to_owned());
        }
        kept
    }

    /// How many sorts of texts there were.
    pub(crate) fn sorts(&self) -> usize {
        self.sorts.len()
    }

    fn any_of_corpus(&mut self) -> String {
        let index = self.below(self.corpus.len());
        self.corpus[index].clone()
    }

    /// A place in a text, between two characters.
    fn place(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// A place a little further on.
    fn near(&mut self, text: &str, start: usize) -> usize {
        let mut end = (start + 1 + self.below(12)).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        end
    }

    fn below(&mut self, end: usize) -> usize {
        // xorshift64
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 16) as usize % end
    }
}
