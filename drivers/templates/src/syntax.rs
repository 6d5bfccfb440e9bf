//! What a template is made of once it is parsed.
//!
//! Control structures are flattened into [`Instruction`]s with jumps, so that neither running nor dropping a template
//! recurses over its nesting; only parenthesised expressions nest, and their depth is bounded by the parser.
//! Everything prints as Go prints it in the `at <…>` of its messages.

use std::fmt;
use std::sync::Arc;

use crate::format::quote;
use crate::text::Text;

/// One step of a template.
#[derive(Debug)]
pub(crate) enum Instruction {
    /// Write this text.
    Text(Text),
    /// Evaluate, and print unless it declares variables.
    Action(Pipeline),
    /// Open a scope, evaluate, and jump if the result is empty.
    Branch { pipeline: Pipeline, sets_dot: bool, otherwise: usize },
    /// Open a scope, evaluate, and run what follows up to `Next` for each element; jump to `otherwise` if there is
    /// none, which is at the `EndScope` where there is no else.
    Range { pipeline: Pipeline, otherwise: usize, end: usize },
    /// The end of the body of a range.
    Next,
    /// Close the innermost scope.
    EndScope,
    /// Continue elsewhere.
    Jump(usize),
    /// Leave the innermost range.
    Break,
    /// Go on with the next element of the innermost range.
    Continue,
    /// Run another template.
    Call(Box<TemplateCall>),
}

/// `{{template "name" pipeline}}`.
#[derive(Debug)]
pub(crate) struct TemplateCall {
    pub(crate) position: usize,
    pub(crate) name: String,
    pub(crate) argument: Option<Pipeline>,
}

/// Commands joined by `|`, and the variables that take the result.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) position: usize,
    pub(crate) assigns: bool,
    pub(crate) variables: Vec<Variable>,
    pub(crate) commands: Vec<Command>,
}

/// A variable that is declared or assigned.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: Arc<str>,
}

/// An operand and its arguments.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) position: usize,
    pub(crate) operands: Vec<Operand>,
}

/// One word of a command.
#[derive(Debug)]
pub(crate) struct Operand {
    pub(crate) position: usize,
    pub(crate) kind: OperandKind,
}

#[derive(Debug)]
pub(crate) enum OperandKind {
    Bool(bool),
    Nil,
    Dot,
    Number(Number),
    /// The text as written and what it stands for.
    String {
        written: String,
        text: Text,
    },
    /// `name`
    Function(Arc<str>),
    /// `.a.b`
    Field(Vec<Text>),
    /// `$name.a.b`
    Variable {
        name: Arc<str>,
        fields: Vec<Text>,
    },
    /// `(…)`
    Pipeline(Pipeline),
    /// `(…).a.b`, `name.a.b`
    Chain {
        of: Box<Operand>,
        fields: Vec<Text>,
    },
}

/// A number, which is all the kinds of number that can hold it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Number {
    pub(crate) written: String,
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    /// Has an imaginary part, which no function takes.
    pub(crate) complex: Option<(f64, f64)>,
}

/// A parsed template: instructions that end by running out.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) name: Arc<str>,
    pub(crate) instructions: Vec<Instruction>,
    /// Whether there is anything but blank text.
    pub(crate) blank: bool,
}

impl fmt::Display for TemplateCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{template {}", quote::quoted(self.name.as_bytes()))?;
        if let Some(argument) = &self.argument {
            write!(f, " {argument}")?;
        }
        f.write_str("}}")
    }
}

impl fmt::Display for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, variable) in self.variables.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(&variable.name)?;
        }
        if !self.variables.is_empty() {
            f.write_str(if self.assigns { " = " } else { " := " })?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            if index > 0 {
                f.write_str(" | ")?;
            }
            fmt::Display::fmt(command, f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, operand) in self.operands.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            operand.fmt_in_parens(f)?;
        }
        Ok(())
    }
}

impl Operand {
    /// As a part of something else, where a pipeline has its parentheses.
    fn fmt_in_parens(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if matches!(self.kind, OperandKind::Pipeline(_)) { write!(f, "({self})") } else { fmt::Display::fmt(self, f) }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = match &self.kind {
            OperandKind::Bool(value) => return write!(f, "{value}"),
            OperandKind::Nil => return f.write_str("nil"),
            OperandKind::Dot => return f.write_str("."),
            OperandKind::Number(number) => return f.write_str(&number.written),
            OperandKind::String { written, .. } => return f.write_str(written),
            OperandKind::Function(name) => return f.write_str(name),
            OperandKind::Pipeline(pipeline) => return fmt::Display::fmt(pipeline, f),
            OperandKind::Field(fields) => fields,
            OperandKind::Variable { name, fields } => {
                f.write_str(name)?;
                fields
            }
            OperandKind::Chain { of, fields } => {
                of.fmt_in_parens(f)?;
                fields
            }
        };
        fields.iter().try_for_each(|field| write!(f, ".{}", field.to_string_lossy()))
    }
}
