//! The parser: tokens into [`Body`]s.

mod literal;
mod pipeline;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::TemplateError;
use crate::format::quote;
use crate::functions::Functions;
use crate::lexer::{Keyword, Lexer, Token, TokenKind};
use crate::syntax::{Body, Instruction, TemplateCall};
use crate::text::Text;

/// Parses a template and what is defined in it.
pub(crate) fn parse(
    name: &str,
    text: &str,
    functions: &Functions,
) -> Result<BTreeMap<Arc<str>, Arc<Body>>, TemplateError> {
    let mut parser = Parser {
        name,
        lexer: Lexer::new(text),
        functions,
        trees: Vec::new(),
        tree: Tree::new(name, Kind::Main),
        bodies: BTreeMap::new(),
    };
    parser.run()?;
    Ok(parser.bodies)
}

struct Parser<'p> {
    name: &'p str,
    lexer: Lexer<'p>,
    functions: &'p Functions,
    /// The definitions around the one being read.
    trees: Vec<Tree<'p>>,
    tree: Tree<'p>,
    bodies: BTreeMap<Arc<str>, Arc<Body>>,
}

/// A template, definition or block that is being read.
struct Tree<'p> {
    name: Arc<str>,
    kind: Kind,
    /// Three tokens of look-ahead. The first is also the one whose line errors name.
    tokens: [Token<'p>; 3],
    peeked: usize,
    variables: Vec<Arc<str>>,
    action_line: usize,
    range_depth: usize,
    paren_depth: usize,
    open: Vec<Open>,
    instructions: Vec<Instruction>,
    blank: bool,
}

enum Kind {
    Main,
    Definition,
    /// The call that stands where the block is.
    Block(Box<TemplateCall>),
}

/// A control structure whose end has not been read.
struct Open {
    keyword: Keyword,
    /// The `if … else if …` links, each with a scope of its own; one for everything else.
    links: Vec<Link>,
    /// How many variables there were before.
    variables: usize,
    has_else: bool,
}

struct Link {
    /// The instruction that jumps where the condition fails.
    branch: usize,
    /// The jump that leaves the first body, where there is an else.
    exit: Option<usize>,
}

impl Tree<'_> {
    fn new(name: &str, kind: Kind) -> Self {
        let token = || Token { kind: TokenKind::Error, position: 0, text: Cow::Borrowed(""), line: 0 };
        Self {
            name: Arc::from(name),
            kind,
            tokens: [token(), token(), token()],
            peeked: 0,
            variables: vec![Arc::from("$")],
            action_line: 0,
            range_depth: 0,
            paren_depth: 0,
            open: Vec::new(),
            instructions: Vec::new(),
            blank: true,
        }
    }

    fn push(&mut self, instruction: Instruction) {
        self.blank &= matches!(&instruction, Instruction::Text(text) if text.to_string_lossy().trim().is_empty());
        self.instructions.push(instruction);
    }

    fn set_target(&mut self, instruction: usize, target: usize) {
        match self.instructions.get_mut(instruction) {
            Some(Instruction::Branch { otherwise, .. } | Instruction::Range { otherwise, .. }) => *otherwise = target,
            Some(Instruction::Jump(to)) => *to = target,
            _ => {}
        }
    }
}

type Parsed<T> = Result<T, TemplateError>;

impl<'p> Parser<'p> {
    fn error<T>(&self, message: impl Into<String>) -> Parsed<T> {
        let [token, ..] = &self.tree.tokens;
        Err(TemplateError::syntax(self.name, token.line, message.into()))
    }

    fn unexpected<T>(&self, token: &Token<'_>, context: &str) -> Parsed<T> {
        if token.kind != TokenKind::Error {
            return self.error(format!("unexpected {} in {context}", token.describe()));
        }
        let line = self.tree.action_line;
        if line == 0 || line == token.line {
            return self.error(token.describe());
        }
        // "unclosed action in action" says too much.
        let action = if token.text.ends_with(" action") { "" } else { " in action" };
        self.error(format!("{}{action} started at {}:{line}", token.describe(), self.name))
    }

    fn next(&mut self) -> Token<'p> {
        let tree = &mut self.tree;
        match tree.peeked.checked_sub(1) {
            Some(peeked) => tree.peeked = peeked,
            None => tree.tokens[0] = self.lexer.next_token(),
        }
        let [first, second, third] = &tree.tokens;
        match tree.peeked {
            0 => first.clone(),
            1 => second.clone(),
            _ => third.clone(),
        }
    }

    fn backup(&mut self) {
        self.tree.peeked += 1;
    }

    /// Puts this token back before the last one.
    fn backup_two(&mut self, token: Token<'p>) {
        self.tree.tokens[1] = token;
        self.tree.peeked = 2;
    }

    fn peek(&mut self) -> Token<'p> {
        let token = self.next();
        self.backup();
        token
    }

    fn next_word(&mut self) -> Token<'p> {
        loop {
            let token = self.next();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
    }

    fn peek_word(&mut self) -> Token<'p> {
        let token = self.next_word();
        self.backup();
        token
    }

    fn expect_end(&mut self, context: &str) -> Parsed<()> {
        let token = self.next_word();
        if token.kind == TokenKind::RightDelimiter { Ok(()) } else { self.unexpected(&token, context) }
    }

    fn run(&mut self) -> Parsed<()> {
        loop {
            let at_top = self.tree.open.is_empty() && matches!(self.tree.kind, Kind::Main);
            let token = if at_top { self.peek() } else { self.peek_word() };
            if token.kind == TokenKind::End {
                if at_top {
                    return self.finish_tree();
                }
                return self.error("unexpected EOF");
            }
            if at_top && token.kind == TokenKind::LeftDelimiter {
                let delimiter = self.next();
                if self.next_word().kind == TokenKind::Keyword(Keyword::Define) {
                    self.definition()?;
                    continue;
                }
                self.backup_two(delimiter);
            }
            self.text_or_action()?;
        }
    }

    /// Takes up what has been read of a tree.
    fn finish_tree(&mut self) -> Parsed<()> {
        let tree = &mut self.tree;
        let name = Arc::clone(&tree.name);
        let instructions = std::mem::take(&mut tree.instructions);
        let body = Body { name: Arc::clone(&name), instructions, blank: tree.blank };
        if self.bodies.get(&name).is_none_or(|earlier| earlier.blank) {
            self.bodies.insert(name, Arc::new(body));
        } else if !body.blank {
            let name = quote::quoted(name.as_bytes());
            return self.error(format!("template: multiple definition of template {name}"));
        }
        Ok(())
    }

    fn begin_tree(&mut self, name: &str, kind: Kind) {
        let outer = std::mem::replace(&mut self.tree, Tree::new(name, kind));
        self.trees.push(outer);
    }

    fn definition(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        self.begin_tree("", Kind::Definition);
        let token = self.next_word();
        self.tree.name = Arc::from(self.template_name(&token, CONTEXT)?);
        self.expect_end(CONTEXT)
    }

    fn text_or_action(&mut self) -> Parsed<()> {
        let token = self.next_word();
        match token.kind {
            TokenKind::Text => {
                self.tree.push(Instruction::Text(Text::from(&*token.text)));
                Ok(())
            }
            TokenKind::LeftDelimiter => {
                self.tree.action_line = token.line;
                self.action()
            }
            _ => self.unexpected(&token, "input"),
        }
    }

    fn action(&mut self) -> Parsed<()> {
        let token = self.next_word();
        if let TokenKind::Keyword(keyword) = token.kind {
            match keyword {
                Keyword::If | Keyword::With | Keyword::Range => {
                    let variables = self.tree.variables.len();
                    let branch = self.header(keyword)?;
                    let links = vec![Link { branch, exit: None }];
                    self.tree.open.push(Open { keyword, links, variables, has_else: false });
                    return Ok(());
                }
                Keyword::Block => return self.block(),
                Keyword::Else => self.otherwise()?,
                Keyword::End => self.end()?,
                Keyword::Break => self.leave("break", Instruction::Break)?,
                Keyword::Continue => self.leave("continue", Instruction::Continue)?,
                Keyword::Template => self.call()?,
                Keyword::Define => {
                    self.backup();
                    self.peek();
                    self.pipeline("command", TokenKind::RightDelimiter)?;
                }
            }
        } else {
            self.backup();
            self.peek();
            let pipeline = self.pipeline("command", TokenKind::RightDelimiter)?;
            self.tree.push(Instruction::Action(pipeline));
        }
        self.tree.action_line = 0;
        Ok(())
    }

    /// The pipeline of an `if`, `with` or `range`; gives the place of its instruction.
    fn header(&mut self, keyword: Keyword) -> Parsed<usize> {
        let context = match keyword {
            Keyword::With => "with",
            Keyword::Range => "range",
            _ => "if",
        };
        let pipeline = self.pipeline(context, TokenKind::RightDelimiter)?;
        let place = self.tree.instructions.len();
        if keyword == Keyword::Range {
            self.tree.range_depth += 1;
            self.tree.push(Instruction::Range { pipeline, otherwise: 0, end: 0 });
        } else {
            self.tree.push(Instruction::Branch { pipeline, sets_dot: keyword == Keyword::With, otherwise: 0 });
        }
        Ok(place)
    }

    fn otherwise(&mut self) -> Parsed<()> {
        let token = self.peek_word();
        let chained = match token.kind {
            TokenKind::Keyword(keyword @ (Keyword::If | Keyword::With)) => Some(keyword),
            _ => {
                self.expect_end("else")?;
                None
            }
        };
        let Some(mut open) = self.tree.open.pop() else {
            return match self.tree.kind {
                Kind::Main => self.error("unexpected {{else}}"),
                Kind::Definition => self.error("unexpected {{else}} in define clause"),
                Kind::Block(_) => self.error("unexpected {{else}} in block clause"),
            };
        };
        if open.has_else {
            return self.error("expected end; found {{else}}");
        }
        let mut exit = None;
        if open.keyword == Keyword::Range {
            self.tree.range_depth -= 1;
            self.tree.push(Instruction::Next);
        } else {
            exit = Some(self.tree.instructions.len());
            self.tree.push(Instruction::Jump(0));
        }
        let here = self.tree.instructions.len();
        if let Some(link) = open.links.last_mut() {
            link.exit = exit;
            self.tree.set_target(link.branch, here);
        }
        if chained == Some(open.keyword) {
            self.next();
            let branch = self.header(open.keyword)?;
            open.links.push(Link { branch, exit: None });
        } else {
            open.has_else = true;
        }
        self.tree.open.push(open);
        Ok(())
    }

    fn end(&mut self) -> Parsed<()> {
        self.expect_end("end")?;
        let Some(open) = self.tree.open.pop() else {
            return self.end_tree();
        };
        if open.keyword == Keyword::Range && !open.has_else {
            self.tree.range_depth -= 1;
            self.tree.push(Instruction::Next);
        }
        self.tree.variables.truncate(open.variables);
        for (index, link) in open.links.iter().rev().enumerate() {
            let here = self.tree.instructions.len();
            // The last link ends in its else, if it has one; the others jump on failure already.
            if index == 0 && !open.has_else {
                self.tree.set_target(link.branch, here);
            }
            if let Some(exit) = link.exit {
                self.tree.set_target(exit, here);
            }
            self.tree.push(Instruction::EndScope);
        }
        if let Some(link) = open.links.first()
            && open.keyword == Keyword::Range
        {
            let scope_end = self.tree.instructions.len() - 1;
            if let Some(Instruction::Range { end, .. }) = self.tree.instructions.get_mut(link.branch) {
                *end = scope_end;
            }
        }
        Ok(())
    }

    /// The end of a definition or block.
    fn end_tree(&mut self) -> Parsed<()> {
        if matches!(self.tree.kind, Kind::Main) {
            return self.error("unexpected {{end}}");
        }
        self.finish_tree()?;
        if let Some(outer) = self.trees.pop() {
            let inner = std::mem::replace(&mut self.tree, outer);
            if let Kind::Block(call) = inner.kind {
                self.tree.push(Instruction::Call(call));
            }
        }
        Ok(())
    }

    fn leave(&mut self, word: &str, instruction: Instruction) -> Parsed<()> {
        let token = self.next_word();
        if token.kind != TokenKind::RightDelimiter {
            return self.unexpected(&token, &format!("{{{{{word}}}}}"));
        }
        if self.tree.range_depth == 0 {
            return self.error(format!("{{{{{word}}}}} outside {{{{range}}}}"));
        }
        self.tree.push(instruction);
        Ok(())
    }

    fn block(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "block clause";
        let token = self.next_word();
        let name = self.template_name(&token, CONTEXT)?;
        let argument = Some(self.pipeline(CONTEXT, TokenKind::RightDelimiter)?);
        let call = TemplateCall { position: token.position, name: name.clone(), argument };
        self.begin_tree(&name, Kind::Block(Box::new(call)));
        Ok(())
    }

    fn call(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "template clause";
        let token = self.next_word();
        let name = self.template_name(&token, CONTEXT)?;
        let mut argument = None;
        if self.next_word().kind != TokenKind::RightDelimiter {
            self.backup();
            argument = Some(self.pipeline(CONTEXT, TokenKind::RightDelimiter)?);
        }
        self.tree.push(Instruction::Call(Box::new(TemplateCall { position: token.position, name, argument })));
        Ok(())
    }

    fn template_name(&mut self, token: &Token<'_>, context: &str) -> Parsed<String> {
        if !matches!(token.kind, TokenKind::String | TokenKind::RawString) {
            return self.unexpected(token, context);
        }
        match quote::unquote(&token.text).map(String::from_utf8) {
            Some(Ok(name)) => Ok(name),
            _ => self.error("invalid syntax"),
        }
    }
}
