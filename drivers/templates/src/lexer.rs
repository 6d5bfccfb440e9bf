//! The lexer: template text into tokens, one at a time.

use std::borrow::Cow;

use crate::format::quote;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    End,
    Field,
    Identifier,
    LeftDelimiter,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelimiter,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Nil,
    Dot,
    Keyword(Keyword),
}

/// The words that begin or end a construct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

/// A piece of the template text. For [`TokenKind::Error`] the text is the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token<'t> {
    pub(crate) kind: TokenKind,
    /// Byte offset in the template text.
    pub(crate) position: usize,
    pub(crate) text: Cow<'t, str>,
    pub(crate) line: usize,
}

impl Token<'_> {
    /// The token as messages show it.
    pub(crate) fn describe(&self) -> String {
        match self.kind {
            TokenKind::End => "EOF".to_owned(),
            TokenKind::Error => self.text.clone().into_owned(),
            TokenKind::Keyword(_) | TokenKind::Nil | TokenKind::Dot => format!("<{}>", self.text),
            _ if self.text.len() > 10 => {
                let cut: String = self.text.chars().take(10).collect();
                format!("{}...", quote::quoted(cut.as_bytes()))
            }
            _ => quote::quoted(self.text.as_bytes()),
        }
    }
}

const LEFT: &str = "{{";
const RIGHT: &str = "}}";
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

#[derive(Debug)]
pub(crate) struct Lexer<'t> {
    input: &'t str,
    position: usize,
    start: usize,
    line: usize,
    start_line: usize,
    paren_depth: usize,
    inside_action: bool,
    failed: bool,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(input: &'t str) -> Self {
        Self {
            input,
            position: 0,
            start: 0,
            line: 1,
            start_line: 1,
            paren_depth: 0,
            inside_action: false,
            failed: false,
        }
    }

    /// The next token; [`TokenKind::End`] for ever after the last one.
    pub(crate) fn next_token(&mut self) -> Token<'t> {
        if self.failed {
            return Token { kind: TokenKind::End, position: 0, text: Cow::Borrowed(""), line: self.start_line };
        }
        if self.inside_action { self.inside_action() } else { self.text() }
    }

    fn rest(&self) -> &'t str {
        self.input.get(self.position..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.position += next.len_utf8();
        if next == '\n' {
            self.line += 1;
        }
        Some(next)
    }

    /// Moves on by so many bytes, lines counted.
    fn skip(&mut self, bytes: usize) {
        let skipped = self.rest().get(..bytes).unwrap_or_default();
        self.line += skipped.matches('\n').count();
        self.position += bytes;
    }

    fn ignore(&mut self) {
        self.start = self.position;
        self.start_line = self.line;
    }

    fn token(&mut self, kind: TokenKind) -> Token<'t> {
        let text = Cow::Borrowed(self.input.get(self.start..self.position).unwrap_or_default());
        let token = Token { kind, position: self.start, text, line: self.start_line };
        self.ignore();
        token
    }

    fn error(&mut self, message: impl Into<String>) -> Token<'t> {
        self.failed = true;
        Token { kind: TokenKind::Error, position: self.start, text: Cow::Owned(message.into()), line: self.start_line }
    }

    fn text(&mut self) -> Token<'t> {
        loop {
            let rest = self.rest();
            let Some(length) = rest.find(LEFT) else {
                if rest.is_empty() {
                    return Token {
                        kind: TokenKind::End,
                        position: self.position,
                        text: Cow::Borrowed(""),
                        line: self.line,
                    };
                }
                self.skip(rest.len());
                return self.token(TokenKind::Text);
            };
            let text = rest.get(..length).unwrap_or_default();
            let after = rest.get(length + LEFT.len()..).unwrap_or_default();
            let trims = has_left_trim(after);
            let kept = if trims { text.trim_end_matches(SPACES) } else { text };
            self.skip(kept.len());
            let token = (!kept.is_empty()).then(|| self.token(TokenKind::Text));
            self.skip(text.len() - kept.len());
            self.ignore();
            if let Some(token) = token {
                return token;
            }
            self.position += LEFT.len();
            let marker = if trims { 2 } else { 0 };
            if !after.get(marker..).unwrap_or_default().starts_with("/*") {
                let token = self.token(TokenKind::LeftDelimiter);
                self.skip(marker);
                self.ignore();
                self.inside_action = true;
                self.paren_depth = 0;
                return token;
            }
            self.skip(marker);
            self.ignore();
            if let Err(message) = self.comment() {
                return self.error(message);
            }
        }
    }

    fn comment(&mut self) -> Result<(), &'static str> {
        let length = self.rest().get(2..).and_then(|rest| rest.find("*/")).ok_or("unclosed comment")?;
        let after = self.rest().get(length + 4..).unwrap_or_default();
        let (delimiter, trims) = at_right_delimiter(after);
        if !delimiter {
            self.skip(length + 4);
            return Err("comment ends before closing delimiter");
        }
        self.skip(length + 4 + if trims { 2 } else { 0 } + RIGHT.len());
        if trims {
            self.skip_spaces();
        }
        self.ignore();
        Ok(())
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.skip(rest.len() - rest.trim_start_matches(SPACES).len());
    }

    fn right_delimiter(&mut self) -> Token<'t> {
        let (_, trims) = at_right_delimiter(self.rest());
        if trims {
            self.skip(2);
            self.ignore();
        }
        self.skip(RIGHT.len());
        let token = self.token(TokenKind::RightDelimiter);
        if trims {
            self.skip_spaces();
            self.ignore();
        }
        self.inside_action = false;
        token
    }

    fn inside_action(&mut self) -> Token<'t> {
        if at_right_delimiter(self.rest()).0 {
            if self.paren_depth == 0 {
                return self.right_delimiter();
            }
            return self.error("unclosed left paren");
        }
        let Some(first) = self.advance() else {
            return self.error("unclosed action");
        };
        match first {
            ' ' | '\t' | '\r' | '\n' => self.space(),
            '=' => self.token(TokenKind::Assign),
            ':' => {
                if self.advance() == Some('=') {
                    self.token(TokenKind::Declare)
                } else {
                    self.error("expected :=")
                }
            }
            '|' => self.token(TokenKind::Pipe),
            '"' => self.quoted('"', TokenKind::String, "unterminated quoted string"),
            '\'' => self.quoted('\'', TokenKind::CharConstant, "unterminated character constant"),
            '`' => {
                while let Some(next) = self.advance() {
                    if next == '`' {
                        return self.token(TokenKind::RawString);
                    }
                }
                self.error("unterminated raw quoted string")
            }
            '$' => self.name(TokenKind::Variable),
            '.' if self.rest().bytes().next().is_some_and(|next| !next.is_ascii_digit()) => self.name(TokenKind::Field),
            '.' | '+' | '-' | '0'..='9' => {
                self.position -= 1;
                self.number()
            }
            '(' => {
                self.paren_depth += 1;
                self.token(TokenKind::LeftParen)
            }
            ')' => match self.paren_depth.checked_sub(1) {
                Some(depth) => {
                    self.paren_depth = depth;
                    self.token(TokenKind::RightParen)
                }
                None => self.error("unexpected right paren"),
            },
            _ if is_alphanumeric(first) => self.identifier(),
            ' '..='~' => self.token(TokenKind::Char),
            _ => self.error(format!("unrecognized character in action: {}", quote::unicode(first))),
        }
    }

    /// A run of spaces, of which one has been read.
    fn space(&mut self) -> Token<'t> {
        let mut count = 1;
        while self.peek().is_some_and(|next| SPACES.contains(&next)) {
            self.advance();
            count += 1;
        }
        let last = self.input.get(self.position - 1..).unwrap_or_default();
        let (delimiter, trims) = at_right_delimiter(last);
        if delimiter && trims {
            self.position -= 1;
            if last.starts_with('\n') {
                self.line -= 1;
            }
            if count == 1 {
                return self.right_delimiter();
            }
        }
        self.token(TokenKind::Space)
    }

    fn quoted(&mut self, end: char, kind: TokenKind, unterminated: &'static str) -> Token<'t> {
        loop {
            match self.advance() {
                Some('\\') => {
                    if matches!(self.advance(), None | Some('\n')) {
                        return self.error(unterminated);
                    }
                }
                None | Some('\n') => return self.error(unterminated),
                Some(next) if next == end => return self.token(kind),
                Some(_) => {}
            }
        }
    }

    /// What follows a `.` or a `$`.
    fn name(&mut self, kind: TokenKind) -> Token<'t> {
        if self.at_terminator() {
            return self.token(if kind == TokenKind::Field { TokenKind::Dot } else { kind });
        }
        while self.peek().is_some_and(is_alphanumeric) {
            self.advance();
        }
        if !self.at_terminator() {
            return self.bad_character();
        }
        self.token(kind)
    }

    fn identifier(&mut self) -> Token<'t> {
        while self.peek().is_some_and(is_alphanumeric) {
            self.advance();
        }
        if !self.at_terminator() {
            return self.bad_character();
        }
        let kind = match self.input.get(self.start..self.position).unwrap_or_default() {
            "block" => TokenKind::Keyword(Keyword::Block),
            "break" => TokenKind::Keyword(Keyword::Break),
            "continue" => TokenKind::Keyword(Keyword::Continue),
            "define" => TokenKind::Keyword(Keyword::Define),
            "else" => TokenKind::Keyword(Keyword::Else),
            "end" => TokenKind::Keyword(Keyword::End),
            "if" => TokenKind::Keyword(Keyword::If),
            "range" => TokenKind::Keyword(Keyword::Range),
            "template" => TokenKind::Keyword(Keyword::Template),
            "with" => TokenKind::Keyword(Keyword::With),
            "nil" => TokenKind::Nil,
            "true" | "false" => TokenKind::Bool,
            _ => TokenKind::Identifier,
        };
        self.token(kind)
    }

    fn bad_character(&mut self) -> Token<'t> {
        // The terminator check fails on a character, never on the end of the text.
        let character = self.peek().map(quote::unicode).unwrap_or_default();
        self.error(format!("bad character {character}"))
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some(' ' | '\t' | '\r' | '\n' | '.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(_) => self.rest().starts_with(RIGHT),
        }
    }

    fn number(&mut self) -> Token<'t> {
        let mut valid = self.scan_number();
        let complex = valid && matches!(self.peek(), Some('+' | '-'));
        if complex {
            valid = self.scan_number() && self.input.get(..self.position).is_some_and(|read| read.ends_with('i'));
        }
        if valid {
            return self.token(if complex { TokenKind::Complex } else { TokenKind::Number });
        }
        let read = self.input.get(self.start..self.position).unwrap_or_default();
        self.error(format!("bad number syntax: {}", quote::quoted(read.as_bytes())))
    }

    fn accept(&mut self, valid: &str) -> bool {
        let accepted = self.peek().is_some_and(|next| valid.contains(next));
        if accepted {
            self.position += 1;
        }
        accepted
    }

    fn scan_number(&mut self) -> bool {
        const DECIMAL: &str = "0123456789_";
        const HEXADECIMAL: &str = "0123456789abcdefABCDEF_";
        self.accept("+-");
        let mut digits = DECIMAL;
        if self.accept("0") {
            if self.accept("xX") {
                digits = HEXADECIMAL;
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        while self.accept(digits) {}
        if self.accept(".") {
            while self.accept(digits) {}
        }
        let exponent = match digits {
            DECIMAL => self.accept("eE"),
            HEXADECIMAL => self.accept("pP"),
            _ => false,
        };
        if exponent {
            self.accept("+-");
            while self.accept(DECIMAL) {}
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.advance();
            return false;
        }
        true
    }
}

fn has_left_trim(after: &str) -> bool {
    let mut characters = after.chars();
    characters.next() == Some('-') && characters.next().is_some_and(|next| SPACES.contains(&next))
}

/// Whether a right delimiter begins here, and whether it has a trim marker.
fn at_right_delimiter(rest: &str) -> (bool, bool) {
    let mut characters = rest.chars();
    if characters.next().is_some_and(|first| SPACES.contains(&first)) && characters.next() == Some('-') {
        let delimiter = rest.get(2..).unwrap_or_default().starts_with(RIGHT);
        return (delimiter, delimiter);
    }
    (rest.starts_with(RIGHT), false)
}

fn is_alphanumeric(character: char) -> bool {
    character == '_' || crate::unicode::is_letter(character) || crate::unicode::is_digit(character)
}
