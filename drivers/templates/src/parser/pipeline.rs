//! Pipelines: what stands between the braces, but for keywords.

use std::sync::Arc;

use super::literal::parse_number;
use super::{Parsed, Parser};
use crate::format::quote;
use crate::lexer::TokenKind;
use crate::syntax::{Command, Operand, OperandKind, Pipeline, Variable};
use crate::text::Text;

/// How deep parentheses may nest.
const MAX_PARENTHESES: usize = 100;

impl Parser<'_> {
    pub(super) fn pipeline(&mut self, context: &str, end: TokenKind) -> Parsed<Pipeline> {
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
            let name: Arc<str> = Arc::from(&*variable.text);
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
                Some(text) => OperandKind::String { written: token.text.into_owned(), text: Text::from(text) },
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
