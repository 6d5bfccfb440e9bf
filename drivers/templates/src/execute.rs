//! The executor: instructions into text.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::context::Context;
use crate::data::Data;
use crate::error::{ErrorKind, TemplateError};
use crate::format::{printer, quote};
use crate::functions::{Failed, Functions};
use crate::operand::{Reflected, truth};
use crate::special::Special;
use crate::syntax::{Body, Command, Instruction, Operand, Pipeline, TemplateCall};
use crate::text::Text;
use crate::types::Type;

/// What is rendered: a parsed template with all that it defines.
pub(crate) struct Program<'p> {
    pub(crate) name: &'p str,
    pub(crate) text: &'p str,
    pub(crate) bodies: &'p BTreeMap<Arc<str>, Arc<Body>>,
    pub(crate) functions: &'p Functions,
}

/// The part of the template that is being evaluated, for messages.
#[derive(Clone, Copy)]
pub(crate) enum Place<'p> {
    Start,
    Operand(&'p Operand),
    Pipeline(&'p Pipeline),
    Command(&'p Command),
    Call(&'p TemplateCall),
}

/// One render.
pub(crate) struct Executor<'p, 'h> {
    pub(crate) program: &'p Program<'p>,
    pub(crate) context: Context<'h>,
    pub(crate) place: Place<'p>,
    pub(crate) dot: Reflected,
    pub(crate) variables: Vec<(Arc<str>, Reflected)>,
    /// Where the variables of the current template begin.
    pub(crate) base: usize,
    body: &'p Body,
    output: Vec<u8>,
    scopes: Vec<Scope<'p>>,
    depth: usize,
}

/// What is to be restored at the end of a construct.
enum Scope<'p> {
    Branch { variables: usize, dot: Option<Reflected> },
    Range(Box<Loop>),
    Call { body: &'p Body, next: usize, base: usize, dot: Reflected },
}

/// A range that is being iterated.
struct Loop {
    /// How many variables there were before the range, and before its body.
    outer: usize,
    inner: usize,
    dot: Reflected,
    start: usize,
    elements: Elements,
}

enum Elements {
    List { list: Arc<crate::data::List>, next: usize },
    Map { entries: std::vec::IntoIter<(Text, Data)>, element: Type },
    Count { next: u64, count: u64, kind: fn(u64) -> Data },
    None,
}

/// A failure on its way to becoming an error with a place.
pub(crate) enum Fault {
    Error(String),
    Limit(&'static str),
}

impl From<Failed> for Fault {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Error(message) => Self::Error(message),
            Failed::Limit(message) => Self::Limit(message),
        }
    }
}

impl<'p, 'h> Executor<'p, 'h> {
    pub(crate) fn new(program: &'p Program<'p>, body: &'p Body, context: Context<'h>, data: Data) -> Self {
        let dot = Reflected::Wrapped(data).unwrapped();
        Self {
            program,
            context,
            place: Place::Start,
            variables: vec![(Arc::from("$"), dot.clone())],
            dot,
            base: 0,
            body,
            output: Vec::new(),
            scopes: Vec::new(),
            depth: 0,
        }
    }

    /// Runs the template to its end.
    pub(crate) fn run(mut self) -> Result<(Vec<u8>, Context<'h>), TemplateError> {
        match self.execute() {
            Ok(()) => Ok((self.output, self.context)),
            Err(fault) => Err(self.error(fault)),
        }
    }

    fn error(&self, fault: Fault) -> TemplateError {
        let (message, kind) = match fault {
            Fault::Error(message) => (message, ErrorKind::Execution),
            Fault::Limit(message) => (message.to_owned(), ErrorKind::Limit),
        };
        let (offset, written) = match self.place {
            Place::Start => (0, String::new()),
            Place::Operand(operand) => (operand.position, operand.to_string()),
            Place::Pipeline(pipeline) => (pipeline.position, pipeline.to_string()),
            Place::Command(command) => (command.position, command.to_string()),
            Place::Call(call) => (call.position, call.to_string()),
        };
        let before = self.program.text.get(..offset).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        let column = offset - before.rfind('\n').map_or(0, |newline| newline + 1);
        let executing = (self.body.name.to_string(), written);
        TemplateError::execution(self.program.name, (line, column), executing, message, kind)
    }

    fn execute(&mut self) -> Result<(), Fault> {
        let mut next = 0;
        loop {
            let body = self.body;
            let Some(instruction) = body.instructions.get(next) else {
                let Some(Scope::Call { body, next: after, base, dot }) = self.scopes.pop() else {
                    return Ok(());
                };
                self.variables.truncate(self.base);
                (self.body, self.base, self.dot, next) = (body, base, dot, after);
                self.depth -= 1;
                continue;
            };
            next = self.step(instruction, next)?;
        }
    }

    /// Executes one instruction; gives the next one.
    fn step(&mut self, instruction: &'p Instruction, here: usize) -> Result<usize, Fault> {
        match instruction {
            Instruction::Text(text) => {
                self.context.step(1 + text.len() / 64)?;
                if self.output.len() + text.len() > self.context.limits.size {
                    return Err(Fault::Limit("the output is too large"));
                }
                self.output.extend_from_slice(text);
            }
            Instruction::Action(pipeline) => {
                let value = self.pipeline(pipeline)?;
                if pipeline.variables.is_empty() {
                    self.print(&value)?;
                }
            }
            Instruction::Branch { pipeline, sets_dot, otherwise } => {
                let variables = self.variables.len();
                let value = self.pipeline(pipeline)?;
                let holds = truth(&self.context.heap, value.data());
                let dot = (holds && *sets_dot).then(|| std::mem::replace(&mut self.dot, value));
                self.scopes.push(Scope::Branch { variables, dot });
                if !holds {
                    return Ok(*otherwise);
                }
            }
            Instruction::Range { pipeline, otherwise, .. } => {
                let outer = self.variables.len();
                let value = self.pipeline(pipeline)?;
                let elements = self.elements(value, pipeline)?;
                let inner = self.variables.len();
                let dot = self.dot.clone();
                self.scopes.push(Scope::Range(Box::new(Loop { outer, inner, dot, start: here, elements })));
                if !self.iterate(pipeline)? {
                    return Ok(*otherwise);
                }
            }
            Instruction::Next => return self.next_element(),
            Instruction::Jump(target) => return Ok(*target),
            Instruction::EndScope => self.end_scope(),
            Instruction::Continue => {
                self.unwind_to_range();
                return self.next_element();
            }
            Instruction::Break => {
                self.unwind_to_range();
                return Ok(self.end_of_range());
            }
            Instruction::Call(call) => {
                self.call(call, here + 1)?;
                return Ok(0);
            }
        }
        Ok(here + 1)
    }

    fn print(&mut self, value: &Reflected) -> Result<(), Fault> {
        match value {
            Reflected::Missing => self.output.extend_from_slice(b"<no value>"),
            Reflected::Plain(Data::String(text)) | Reflected::Wrapped(Data::String(text)) => {
                self.output.extend_from_slice(text);
            }
            other => {
                // A pointer is printed as what it points to.
                let data = pointed_to(other.data());
                let output = std::mem::take(&mut self.output);
                let limit = self.context.limits.size;
                self.output = printer::append(&self.context.heap, &data, output, limit).map_err(Failed::from)?;
            }
        }
        if self.output.len() > self.context.limits.size {
            return Err(Fault::Limit("the output is too large"));
        }
        Ok(())
    }

    fn call(&mut self, call: &'p TemplateCall, next: usize) -> Result<(), Fault> {
        self.place = Place::Call(call);
        let Some(body) = self.program.bodies.get(call.name.as_str()) else {
            let name = quote::quoted(call.name.as_bytes());
            return Err(Fault::Error(format!("template {name} not defined")));
        };
        let limit = self.context.limits.depth;
        if self.depth >= limit {
            return Err(Fault::Error(format!("exceeded maximum template depth ({limit})")));
        }
        let argument = match &call.argument {
            Some(pipeline) => self.pipeline(pipeline)?,
            None => Reflected::Missing,
        };
        self.context.step(1)?;
        self.depth += 1;
        let dot = std::mem::replace(&mut self.dot, argument.clone());
        self.scopes.push(Scope::Call { body: self.body, next, base: self.base, dot });
        self.base = self.variables.len();
        self.variables.push((Arc::from("$"), argument));
        self.body = body;
        Ok(())
    }

    fn end_scope(&mut self) {
        match self.scopes.pop() {
            Some(Scope::Branch { variables, dot }) => {
                self.variables.truncate(variables);
                if let Some(dot) = dot {
                    self.dot = dot;
                }
            }
            Some(Scope::Range(range)) => {
                self.variables.truncate(range.outer);
                self.dot = range.dot;
            }
            Some(call @ Scope::Call { .. }) => self.scopes.push(call),
            None => {}
        }
    }

    /// Closes the scopes inside the innermost range.
    fn unwind_to_range(&mut self) {
        while matches!(self.scopes.last(), Some(Scope::Branch { .. })) {
            self.end_scope();
        }
    }

    fn end_of_range(&self) -> usize {
        match self.current_range() {
            Some((_, _, end)) => end,
            None => usize::MAX,
        }
    }

    /// The innermost range: its place, its pipeline and its end.
    fn current_range(&self) -> Option<(usize, &'p Pipeline, usize)> {
        let Some(Scope::Range(range)) = self.scopes.last() else {
            return None;
        };
        match self.body.instructions.get(range.start) {
            Some(Instruction::Range { pipeline, end, .. }) => Some((range.start, pipeline, *end)),
            _ => None,
        }
    }

    fn next_element(&mut self) -> Result<usize, Fault> {
        let Some((start, pipeline, end)) = self.current_range() else {
            return Ok(usize::MAX);
        };
        Ok(if self.iterate(pipeline)? { start + 1 } else { end })
    }

    fn elements(&mut self, value: Reflected, pipeline: &Pipeline) -> Result<Elements, Fault> {
        let value = value.into_data();
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        let (count, kind): (u64, fn(u64) -> Data) = match &value {
            Data::Null => return Ok(Elements::None),
            Data::List(list) => return Ok(Elements::List { list: Arc::clone(list), next: 0 }),
            Data::Map(map) => {
                // The body may change the map; what is visited is what it held before.
                let entries = self.context.heap.entries(map).iter();
                let entries: Vec<_> = entries.map(|(key, value)| (key.clone(), value.clone())).collect();
                return Ok(Elements::Map { entries: entries.into_iter(), element: map.element.clone() });
            }
            Data::Int(number) => (count(*number), |index| Data::Int(index.cast_signed())),
            Data::Int64(number) => (count(*number), |index| Data::Int64(index.cast_signed())),
            Data::Uint(number) => (*number, Data::Uint),
            Data::Byte(number) => (u64::from(*number), |index| Data::Byte(u8::try_from(index).unwrap_or_default())),
            Data::Special(Special::Month(number)) => (count(*number), |index| special(index, Special::Month)),
            Data::Special(Special::Weekday(number)) => (count(*number), |index| special(index, Special::Weekday)),
            Data::Special(Special::Duration(number)) => (count(*number), |index| special(index, Special::Duration)),
            _ => {
                let shown = self.context.text_of(&pointed_to(&value))?;
                return Err(Fault::Error(format!("range can't iterate over {}", shown.to_string_lossy())));
            }
        };
        if pipeline.variables.len() > 1 {
            let shown = self.context.text_of(&value)?;
            let shown = shown.to_string_lossy();
            return Err(Fault::Error(format!("can't use {shown} to iterate over more than one variable")));
        }
        Ok(Elements::Count { next: 0, count, kind })
    }

    /// Sets dot and variables to the next element of the innermost range; false if there is none.
    fn iterate(&mut self, pipeline: &Pipeline) -> Result<bool, Fault> {
        self.context.step(1)?;
        let Some(Scope::Range(range)) = self.scopes.last_mut() else {
            return Ok(false);
        };
        let element = match &mut range.elements {
            Elements::None => None,
            Elements::List { list, next } => list.items.get(*next).map(|item| {
                let index = Data::Int(i64::try_from(*next).unwrap_or_default());
                *next += 1;
                (Reflected::Plain(index), Reflected::of(item.clone(), &list.element))
            }),
            Elements::Map { entries, element } => {
                entries.next().map(|(key, value)| (Reflected::Plain(Data::String(key)), Reflected::of(value, element)))
            }
            Elements::Count { next, count, kind } => (*next < *count).then(|| {
                let value = kind(*next);
                *next += 1;
                (Reflected::Missing, Reflected::Plain(value))
            }),
        };
        self.variables.truncate(range.inner);
        let Some((index, element)) = element else {
            self.dot = range.dot.clone();
            return Ok(false);
        };
        match pipeline.variables.as_slice() {
            [] => {}
            [variable] if pipeline.assigns => self.assign(&variable.name, element.clone())?,
            [key, variable, ..] if pipeline.assigns => {
                self.assign(&key.name, index)?;
                self.assign(&variable.name, element.clone())?;
            }
            [_] => self.set_top(1, element.clone()),
            [_, _, ..] => {
                self.set_top(1, element.clone());
                self.set_top(2, index);
            }
        }
        self.dot = element;
        Ok(true)
    }

    fn set_top(&mut self, from_top: usize, value: Reflected) {
        let length = self.variables.len();
        if let Some(index) = length.checked_sub(from_top)
            && let Some((_, variable)) = self.variables.get_mut(index)
        {
            *variable = value;
        }
    }

    /// Sets the innermost variable of this name.
    pub(crate) fn assign(&mut self, name: &Arc<str>, value: Reflected) -> Result<(), Fault> {
        let base = self.base;
        match self.variables.iter_mut().skip(base).rev().find(|(variable, _)| variable == name) {
            Some((_, variable)) => {
                *variable = value;
                Ok(())
            }
            None => Err(Fault::Error(format!("undefined variable: {name}"))),
        }
    }
}

fn special(index: u64, kind: fn(i64) -> Special) -> Data {
    Data::Special(kind(index.cast_signed()))
}

/// The struct itself, where a template has a pointer to it.
fn pointed_to(data: &Data) -> Data {
    match data {
        Data::Struct(value) if value.kind.pointer => {
            let kind = crate::types::StructType {
                name: value.kind.name.clone(),
                pointer: false,
                fields: value.kind.fields.clone(),
                json: value.kind.json.clone(),
            };
            Data::Struct(Arc::new(crate::data::Struct { kind: Arc::new(kind), values: value.values.clone() }))
        }
        _ => data.clone(),
    }
}
