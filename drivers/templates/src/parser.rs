//! The parser: tokens into [`Body`]s.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::TemplateError;
use crate::format::number::{parse_float, parse_int, parse_uint};
use crate::format::{float, number, quote};
use crate::functions::Functions;
use crate::lexer::{Keyword, Lexer, Token, TokenKind};
use crate::syntax::{Body, Command, Instruction, Number, Operand, OperandKind, Pipeline, TemplateCall, Variable};
use crate::text::Text;

/// How deep parentheses may nest.
const MAX_PARENTHESES: usize = 100;

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
    trees: Vec<Tree>,
    tree: Tree,
    bodies: BTreeMap<Arc<str>, Arc<Body>>,
}

/// A template, definition or block that is being read.
struct Tree {
    name: Arc<str>,
    kind: Kind,
    /// Three tokens of look-ahead. The first is also the one whose line errors name.
    tokens: [Token; 3],
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

impl Tree {
    fn new(name: &str, kind: Kind) -> Self {
        let token = || Token { kind: TokenKind::Error, position: 0, text: String::new(), line: 0 };
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

impl Parser<'_> {
    fn error<T>(&self, message: impl Into<String>) -> Parsed<T> {
        let [token, ..] = &self.tree.tokens;
        Err(TemplateError::syntax(self.name, token.line, message.into()))
    }

    fn unexpected<T>(&self, token: &Token, context: &str) -> Parsed<T> {
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

    fn next(&mut self) -> Token {
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
    fn backup_two(&mut self, token: Token) {
        self.tree.tokens[1] = token;
        self.tree.peeked = 2;
    }

    fn peek(&mut self) -> Token {
        let token = self.next();
        self.backup();
        token
    }

    fn next_word(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
    }

    fn peek_word(&mut self) -> Token {
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
                self.tree.push(Instruction::Text(Text::from(token.text)));
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

    fn template_name(&mut self, token: &Token, context: &str) -> Parsed<String> {
        if !matches!(token.kind, TokenKind::String | TokenKind::RawString) {
            return self.unexpected(token, context);
        }
        match quote::unquote(&token.text).map(String::from_utf8) {
            Some(Ok(name)) => Ok(name),
            _ => self.error("invalid syntax"),
        }
    }

    fn pipeline(&mut self, context: &str, end: TokenKind) -> Parsed<Pipeline> {
        let mut pipeline = Pipeline {
            position: self.peek_word().position,
            assigns: false,
            variables: Vec::new(),
            commands: Vec::new(),
        };
        self.declarations(&mut pipeline, context)?;
        loop {
            let token = self.next_word();
            if token.kind == end {
                break;
            }
            match token.kind {
                TokenKind::Bool
                | TokenKind::CharConstant
                | TokenKind::Complex
                | TokenKind::Dot
                | TokenKind::Field
                | TokenKind::Identifier
                | TokenKind::Number
                | TokenKind::Nil
                | TokenKind::RawString
                | TokenKind::String
                | TokenKind::Variable
                | TokenKind::LeftParen => {
                    self.backup();
                    let command = self.command()?;
                    pipeline.commands.push(command);
                }
                _ => return self.unexpected(&token, context),
            }
        }
        if pipeline.commands.is_empty() {
            return self.error(format!("missing value for {context}"));
        }
        for (index, command) in pipeline.commands.iter().enumerate().skip(1) {
            let constant = matches!(
                command.operands.first().map(|operand| &operand.kind),
                Some(
                    OperandKind::Bool(_)
                        | OperandKind::Dot
                        | OperandKind::Nil
                        | OperandKind::Number(_)
                        | OperandKind::String { .. }
                )
            );
            if constant {
                return self.error(format!("non executable command in pipeline stage {}", index + 1));
            }
        }
        Ok(pipeline)
    }

    fn declarations(&mut self, pipeline: &mut Pipeline, context: &str) -> Parsed<()> {
        loop {
            let variable = self.peek_word();
            if variable.kind != TokenKind::Variable {
                return Ok(());
            }
            self.next();
            // The blank after the variable matters where it is an operand after all.
            let after = self.peek();
            let next = self.peek_word();
            let name: Arc<str> = Arc::from(variable.text.as_str());
            match next.kind {
                TokenKind::Assign | TokenKind::Declare => {
                    pipeline.assigns = next.kind == TokenKind::Assign;
                    self.next_word();
                    pipeline.variables.push(Variable { name: Arc::clone(&name) });
                    self.tree.variables.push(name);
                    return Ok(());
                }
                TokenKind::Char if next.text == "," => {
                    self.next_word();
                    pipeline.variables.push(Variable { name: Arc::clone(&name) });
                    self.tree.variables.push(name);
                    if context == "range" && pipeline.variables.len() < 2 {
                        match self.peek_word().kind {
                            TokenKind::Variable | TokenKind::RightDelimiter | TokenKind::RightParen => continue,
                            _ => return self.error("range can only initialize variables"),
                        }
                    }
                    return self.error(format!("too many declarations in {context}"));
                }
                _ if after.kind == TokenKind::Space => {
                    self.tree.tokens[1] = after;
                    self.tree.tokens[2] = variable;
                    self.tree.peeked = 3;
                    return Ok(());
                }
                _ => {
                    self.backup_two(variable);
                    return Ok(());
                }
            }
        }
    }

    fn command(&mut self) -> Parsed<Command> {
        let mut command = Command { position: self.peek_word().position, operands: Vec::new() };
        loop {
            self.peek_word();
            if let Some(operand) = self.operand()? {
                command.operands.push(operand);
            }
            let token = self.next();
            match token.kind {
                TokenKind::Space => continue,
                TokenKind::RightDelimiter | TokenKind::RightParen => self.backup(),
                TokenKind::Pipe => {}
                _ => return self.unexpected(&token, "operand"),
            }
            break;
        }
        if command.operands.is_empty() {
            return self.error("empty command");
        }
        Ok(command)
    }

    /// A term and the fields that follow it without a blank.
    fn operand(&mut self) -> Parsed<Option<Operand>> {
        let Some(mut operand) = self.term()? else {
            return Ok(None);
        };
        let first = self.peek();
        if first.kind != TokenKind::Field {
            return Ok(Some(operand));
        }
        let mut chain = Vec::new();
        while self.peek().kind == TokenKind::Field {
            chain.push(field_name(&self.next().text));
        }
        match &mut operand.kind {
            OperandKind::Field(fields) | OperandKind::Variable { fields, .. } => {
                fields.extend(chain);
                // A chain is placed at its second field, as Go does.
                operand.position = first.position;
            }
            OperandKind::Bool(_)
            | OperandKind::String { .. }
            | OperandKind::Number(_)
            | OperandKind::Nil
            | OperandKind::Dot => {
                let term = quote::quoted(operand.to_string().as_bytes());
                return self.error(format!("unexpected . after term {term}"));
            }
            OperandKind::Function(_) | OperandKind::Pipeline(_) | OperandKind::Chain { .. } => {
                let kind = OperandKind::Chain { of: Box::new(operand), fields: chain };
                operand = Operand { position: first.position, kind };
            }
        }
        Ok(Some(operand))
    }

    fn term(&mut self) -> Parsed<Option<Operand>> {
        let token = self.next_word();
        let position = token.position;
        let kind = match token.kind {
            TokenKind::Identifier => {
                if !self.functions.contains(&token.text) {
                    let name = quote::quoted(token.text.as_bytes());
                    return self.error(format!("function {name} not defined"));
                }
                OperandKind::Function(Arc::from(token.text))
            }
            TokenKind::Dot => OperandKind::Dot,
            TokenKind::Nil => OperandKind::Nil,
            TokenKind::Variable => {
                let name: Arc<str> = Arc::from(token.text);
                if !self.tree.variables.contains(&name) {
                    return self.error(format!("undefined variable {}", quote::quoted(name.as_bytes())));
                }
                OperandKind::Variable { name, fields: Vec::new() }
            }
            TokenKind::Field => OperandKind::Field(vec![field_name(&token.text)]),
            TokenKind::Bool => OperandKind::Bool(token.text == "true"),
            TokenKind::CharConstant | TokenKind::Complex | TokenKind::Number => {
                match parse_number(&token.text, token.kind) {
                    Ok(number) => OperandKind::Number(number),
                    Err(message) => return self.error(message),
                }
            }
            TokenKind::LeftParen => {
                if self.tree.paren_depth >= MAX_PARENTHESES {
                    return self.error("max expression depth exceeded");
                }
                self.tree.paren_depth += 1;
                let pipeline = self.pipeline("parenthesized pipeline", TokenKind::RightParen)?;
                self.tree.paren_depth -= 1;
                return Ok(Some(Operand { position: pipeline.position, kind: OperandKind::Pipeline(pipeline) }));
            }
            TokenKind::String | TokenKind::RawString => match quote::unquote(&token.text) {
                Some(text) => OperandKind::String { written: token.text, text: Text::from(text) },
                None => return self.error("invalid syntax"),
            },
            _ => {
                self.backup();
                return Ok(None);
            }
        };
        Ok(Some(Operand { position, kind }))
    }
}

fn field_name(written: &str) -> Text {
    Text::from(written.strip_prefix('.').unwrap_or(written))
}

fn parse_number(written: &str, kind: TokenKind) -> Result<Number, String> {
    let mut number = Number { written: written.to_owned(), ..Number::default() };
    if kind == TokenKind::CharConstant {
        let code = match quote::unquote_character(written) {
            Some(Ok(code)) => code,
            Some(Err(())) => return Err(format!("malformed character constant: {written}")),
            None => return Err("invalid syntax".to_owned()),
        };
        number.int = Some(i64::from(code));
        number.uint = Some(u64::from(code));
        number.float = Some(f64::from(code));
        return Ok(number);
    }
    if kind == TokenKind::Complex {
        let (real, imaginary) = split_complex(written).ok_or("syntax error scanning complex number")?;
        simplify_complex(&mut number, real, imaginary);
        return Ok(number);
    }
    if let Some(imaginary) = written.strip_suffix('i').and_then(|digits| parse_float(digits).ok()) {
        simplify_complex(&mut number, 0.0, imaginary);
        return Ok(number);
    }
    number.uint = parse_uint(written, 0).ok();
    number.int = parse_int(written, 0).ok();
    if number.int == Some(0) {
        number.uint = Some(0);
    }
    #[expect(clippy::cast_precision_loss, reason = "a literal is the nearest float")]
    if let Some(int) = number.int {
        number.float = Some(int as f64);
    } else if let Some(uint) = number.uint {
        number.float = Some(uint as f64);
    } else if let Ok(value) = parse_float(written) {
        if !written.contains(['.', 'e', 'E', 'p', 'P']) {
            return Err(format!("integer overflow: {}", quote::quoted(written.as_bytes())));
        }
        take_float(&mut number, value);
    }
    if number.int.is_none() && number.uint.is_none() && number.float.is_none() {
        return Err(format!("illegal number syntax: {}", quote::quoted(written.as_bytes())));
    }
    Ok(number)
}

/// A float, and the integers that equal it.
fn take_float(number: &mut Number, value: f64) {
    number.float = Some(value);
    let int = number::truncate(value);
    #[expect(clippy::cast_precision_loss, reason = "equality is what is asked")]
    if int as f64 == value {
        number.int = Some(int);
    }
    if value >= 0.0 && value.fract() == 0.0 && value < 18_446_744_073_709_551_616.0 {
        number.uint = float::format(value, 'f', None).parse().ok();
    }
}

fn simplify_complex(number: &mut Number, real: f64, imaginary: f64) {
    number.complex = Some((real, imaginary));
    if imaginary == 0.0 {
        take_float(number, real);
    }
}

/// `1+2i` in two.
fn split_complex(written: &str) -> Option<(f64, f64)> {
    let digits = written.strip_suffix('i')?;
    let signs = digits.char_indices().skip(1).filter(|(_, character)| matches!(character, '+' | '-'));
    for (index, _) in signs {
        let (real, imaginary) = digits.split_at(index);
        if let (Ok(real), Ok(imaginary)) = (parse_float(real), parse_float(imaginary)) {
            return Some((real, imaginary));
        }
    }
    None
}
