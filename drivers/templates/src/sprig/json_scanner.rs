//! Whether a text is JSON, and what is wrong with it, in Go's words.

use crate::functions::Failed;
use crate::sprig::json::quoted_byte;

/// Go's limit is 10 000; reading recurses, so ours is lower.
const MAX_DEPTH: usize = 500;

/// What may come next.
#[derive(Clone, Copy)]
enum State {
    Value,
    /// A value or the end of an array.
    ValueOrEnd,
    /// A key or the end of an object.
    KeyOrEnd,
    Key,
    Colon,
    /// After a value.
    After,
}

/// Succeeds if the whole text is one JSON value.
pub(crate) fn scan(text: &[u8]) -> Result<(), Failed> {
    let mut scanner = Scanner { text, position: 0, open: Vec::new() };
    let mut state = State::Value;
    loop {
        let Some(byte) = scanner.skip_blanks() else {
            return match state {
                State::After if scanner.open.is_empty() => Ok(()),
                _ => Err("unexpected end of JSON input".into()),
            };
        };
        scanner.position += 1;
        state = match (state, byte) {
            (State::ValueOrEnd, b']') | (State::KeyOrEnd, b'}') => {
                scanner.open.pop();
                State::After
            }
            (State::Value | State::ValueOrEnd, _) => scanner.value(byte)?,
            (State::Key | State::KeyOrEnd, b'"') => {
                scanner.string()?;
                State::Colon
            }
            (State::Key | State::KeyOrEnd, _) => {
                return Err(invalid(byte, "looking for beginning of object key string"));
            }
            (State::Colon, b':') => State::Value,
            (State::Colon, _) => return Err(invalid(byte, "after object key")),
            (State::After, _) => match (scanner.open.last(), byte) {
                (Some(b'{'), b',') => State::Key,
                (Some(b'['), b',') => State::Value,
                (Some(b'{'), b'}') | (Some(b'['), b']') => {
                    scanner.open.pop();
                    State::After
                }
                (Some(b'{'), _) => return Err(invalid(byte, "after object key:value pair")),
                (Some(_), _) => return Err(invalid(byte, "after array element")),
                (None, _) => return Err(invalid(byte, "after top-level value")),
            },
        };
    }
}

fn invalid(byte: u8, context: &str) -> Failed {
    format!("invalid character {} {context}", quoted_byte(byte)).into()
}

struct Scanner<'t> {
    text: &'t [u8],
    position: usize,
    /// The brackets that are open.
    open: Vec<u8>,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    fn skip_blanks(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.position += 1;
        }
        self.peek()
    }

    /// The next byte of a word, number or escape. Go looks past the end for a blank, and blames that.
    fn next_in_token(&mut self) -> u8 {
        let byte = self.peek().unwrap_or(b' ');
        self.position += 1;
        byte
    }

    fn next(&mut self) -> Result<u8, Failed> {
        let byte = self.peek().ok_or_else(|| Failed::from("unexpected end of JSON input"))?;
        self.position += 1;
        Ok(byte)
    }

    fn value(&mut self, first: u8) -> Result<State, Failed> {
        match first {
            b'{' | b'[' => {
                if self.open.len() >= MAX_DEPTH {
                    return Err("exceeded max depth".into());
                }
                self.open.push(first);
                return Ok(if first == b'{' { State::KeyOrEnd } else { State::ValueOrEnd });
            }
            b'"' => self.string()?,
            b'-' => {
                let digit = self.next_in_token();
                if !digit.is_ascii_digit() {
                    return Err(invalid(digit, "in numeric literal"));
                }
                self.number(digit)?;
            }
            b'0'..=b'9' => self.number(first)?,
            b't' => self.word(b"true")?,
            b'f' => self.word(b"false")?,
            b'n' => self.word(b"null")?,
            _ => return Err(invalid(first, "looking for beginning of value")),
        }
        Ok(State::After)
    }

    fn string(&mut self) -> Result<(), Failed> {
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => match self.next_in_token() {
                    b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => {}
                    b'u' => {
                        for _ in 0..4 {
                            let digit = self.next_in_token();
                            if !digit.is_ascii_hexdigit() {
                                return Err(invalid(digit, "in \\u hexadecimal character escape"));
                            }
                        }
                    }
                    other => return Err(invalid(other, "in string escape code")),
                },
                byte if byte < 0x20 => return Err(invalid(byte, "in string literal")),
                _ => {}
            }
        }
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 1;
        }
    }

    fn number(&mut self, first: u8) -> Result<(), Failed> {
        if first != b'0' {
            self.digits();
        }
        if self.peek() == Some(b'.') {
            self.position += 1;
            let digit = self.next_in_token();
            if !digit.is_ascii_digit() {
                return Err(invalid(digit, "after decimal point in numeric literal"));
            }
            self.digits();
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.position += 1;
            let mut digit = self.next_in_token();
            if matches!(digit, b'+' | b'-') {
                digit = self.next_in_token();
            }
            if !digit.is_ascii_digit() {
                return Err(invalid(digit, "in exponent of numeric literal"));
            }
            self.digits();
        }
        Ok(())
    }

    fn word(&mut self, word: &'static [u8]) -> Result<(), Failed> {
        for expected in word.iter().skip(1) {
            let byte = self.next_in_token();
            if byte != *expected {
                let word = String::from_utf8_lossy(word);
                let expected = char::from(*expected);
                return Err(invalid(byte, &format!("in literal {word} (expecting '{expected}')")));
            }
        }
        Ok(())
    }
}
