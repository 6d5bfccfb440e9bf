//! Expressions into values.

use std::sync::Arc;

use crate::data::{Data, Map};
use crate::execute::{Executor, Fault, Place};
use crate::functions::{Body, CERTIFICATE, Function, Parameter};
use crate::methods;
use crate::operand::{Reflected, truth};
use crate::special::{self, Special};
use crate::syntax::{Command, Number, Operand, OperandKind, Pipeline};
use crate::text::Text;
use crate::types::Type;

type Evaluated = Result<Reflected, Fault>;

/// What is called with arguments, for the messages.
#[derive(Clone, Copy)]
enum Callee<'p> {
    Command(&'p Command),
    Operand(&'p Operand),
}

impl<'p> Executor<'p, '_> {
    pub(crate) fn pipeline(&mut self, pipeline: &'p Pipeline) -> Evaluated {
        self.place = Place::Pipeline(pipeline);
        self.context.step(1)?;
        let mut value = None;
        for command in &pipeline.commands {
            value = Some(self.command(command, value)?.unwrapped());
        }
        let value = value.unwrap_or(Reflected::Missing);
        for variable in &pipeline.variables {
            if pipeline.assigns {
                self.assign(&variable.name, value.clone())?;
            } else {
                self.variables.push((Arc::clone(&variable.name), value.clone()));
            }
        }
        Ok(value)
    }

    /// A command, which takes what is piped to it as its last argument.
    fn command(&mut self, command: &'p Command, piped: Option<Reflected>) -> Evaluated {
        let Some((first, arguments)) = command.operands.split_first() else {
            return Err(Fault::Error("empty command".to_owned()));
        };
        match &first.kind {
            OperandKind::Field(_) | OperandKind::Chain { .. } => return self.fields(first, arguments, piped),
            OperandKind::Variable { name, fields } => {
                if fields.is_empty() {
                    self.place = Place::Operand(first);
                    let value = self.variable(name)?;
                    not_a_function(first, arguments, piped.as_ref())?;
                    return Ok(value);
                }
                return self.fields(first, arguments, piped);
            }
            OperandKind::Function(name) => {
                self.place = Place::Operand(first);
                return self.function(name, Callee::Command(command), arguments, piped);
            }
            OperandKind::Pipeline(pipeline) => {
                not_a_function(first, arguments, piped.as_ref())?;
                return self.pipeline(pipeline);
            }
            OperandKind::Bool(_)
            | OperandKind::Nil
            | OperandKind::Dot
            | OperandKind::Number(_)
            | OperandKind::String { .. } => {}
        }
        self.place = Place::Operand(first);
        not_a_function(first, arguments, piped.as_ref())?;
        match &first.kind {
            OperandKind::Nil => Err(Fault::Error("nil is not a command".to_owned())),
            _ => self.constant(first),
        }
    }

    /// A literal, or dot.
    fn constant(&mut self, operand: &'p Operand) -> Evaluated {
        self.place = Place::Operand(operand);
        Ok(match &operand.kind {
            OperandKind::Bool(value) => Reflected::Plain(Data::Bool(*value)),
            OperandKind::String { text, .. } => Reflected::Plain(Data::String(text.clone())),
            OperandKind::Number(number) => ideal(number)?,
            _ => self.dot.clone(),
        })
    }

    fn variable(&self, name: &Arc<str>) -> Evaluated {
        let variables = self.variables.iter().skip(self.base).rev();
        match variables.into_iter().find(|(variable, _)| variable == name) {
            Some((_, value)) => Ok(value.clone()),
            None => Err(Fault::Error(format!("undefined variable: {name}"))),
        }
    }

    /// `.a.b`, `$x.a.b` or `(…).a.b`, the last of which may be a method that is called.
    fn fields(&mut self, operand: &'p Operand, arguments: &'p [Operand], piped: Option<Reflected>) -> Evaluated {
        self.place = Place::Operand(operand);
        let (mut receiver, fields) = match &operand.kind {
            OperandKind::Field(fields) => (self.dot.clone(), fields),
            OperandKind::Variable { name, fields } => (self.variable(name)?, fields),
            OperandKind::Chain { of, fields } => {
                if matches!(of.kind, OperandKind::Nil) {
                    return Err(Fault::Error(format!("indirection through explicit nil in {operand}")));
                }
                (self.argument(of, Parameter::Any, false)?, fields)
            }
            _ => return self.constant(operand),
        };
        let Some((last, path)) = fields.split_last() else {
            return Ok(receiver);
        };
        for field in path {
            receiver = self.field(field, operand, &[], None, receiver)?;
        }
        self.field(last, operand, arguments, piped, receiver)
    }

    fn field(
        &mut self,
        name: &Text,
        operand: &'p Operand,
        arguments: &'p [Operand],
        piped: Option<Reflected>,
        receiver: Reflected,
    ) -> Evaluated {
        let shown = name.to_string_lossy();
        let has_arguments = !arguments.is_empty() || piped.is_some();
        let failure = |message: String| Err(Fault::Error(message));
        match &receiver {
            Reflected::Missing => return Ok(Reflected::Missing),
            Reflected::Wrapped(Data::Null) => {
                return failure(format!("nil pointer evaluating interface {{}}.{shown}"));
            }
            _ => {}
        }
        match receiver.data() {
            Data::Map(map) => {
                if has_arguments {
                    return failure(format!("{shown} is not a method but has arguments"));
                }
                let value = self.context.heap.entries(map).get(name).cloned();
                return Ok(value.map_or(Reflected::Missing, |value| Reflected::of(value, &map.element)));
            }
            Data::Struct(value) => {
                if let Some((field, kind)) = value.typed_field(name) {
                    if has_arguments {
                        return failure(format!("{shown} has arguments but cannot be invoked as function"));
                    }
                    return Ok(Reflected::of(field.clone(), kind));
                }
            }
            Data::Special(special) => {
                if let Some(method) = methods::method(special, name) {
                    let receiver = receiver.data().clone();
                    return self.invoke(&shown, method, Callee::Operand(operand), arguments, piped, Some(receiver));
                }
            }
            _ => {}
        }
        failure(format!("can't evaluate field {shown} in type {}", receiver.static_type()))
    }

    fn function(
        &mut self,
        name: &Arc<str>,
        callee: Callee<'p>,
        arguments: &'p [Operand],
        piped: Option<Reflected>,
    ) -> Evaluated {
        let functions = self.program.functions;
        let Some(function) = functions.get(name) else {
            return Err(Fault::Error(format!("\"{name}\" is not a defined function")));
        };
        self.invoke(name, function, callee, arguments, piped, None)
    }

    fn invoke(
        &mut self,
        name: &str,
        function: &Function,
        callee: Callee<'p>,
        arguments: &'p [Operand],
        piped: Option<Reflected>,
        receiver: Option<Data>,
    ) -> Evaluated {
        let fixed = function.parameters.len();
        let given = arguments.len() + usize::from(piped.is_some());
        if function.variadic.is_some() && given < fixed {
            let message = format!("wrong number of args for {name}: want at least {fixed} got {}", arguments.len());
            return Err(Fault::Error(message));
        }
        if function.variadic.is_none() && given != fixed {
            return Err(Fault::Error(format!("wrong number of args for {name}: want {fixed} got {given}")));
        }
        self.context.step(1)?;
        match function.body {
            Body::Lazy => return self.lazy(name == "or", arguments, piped),
            Body::Uncallable(why) => return Err(Fault::Error(why.to_owned())),
            _ => {}
        }
        let result = match &function.body {
            Body::Reflected(body) => {
                let values = self.values(function, arguments, piped, receiver, std::convert::identity)?;
                body(&mut self.context, &values)
            }
            Body::Call(body) => {
                let mut values = self.values(function, arguments, piped, receiver, std::convert::identity)?;
                let callee = match (arguments.first(), values.first()) {
                    (Some(operand), _) => Reflected::Plain(Data::from(operand.to_string())),
                    (None, Some(value)) => value.clone(),
                    (None, None) => Reflected::Missing,
                };
                values.insert(0, callee);
                body(&mut self.context, &values)
            }
            Body::Plain(body) => {
                let values = self.values(function, arguments, piped, receiver, Reflected::into_data)?;
                body(&mut self.context, &values).map(|data| result(function, data))
            }
            Body::Host(body) => {
                let values = self.values(function, arguments, piped, receiver, std::convert::identity)?;
                let settled: Option<Vec<Data>> =
                    values.iter().map(|value| self.context.heap.settled(value.data())).collect();
                match settled {
                    Some(values) => body(&values).map(|data| result(function, data)).map_err(Into::into),
                    None => Err("an argument contains itself".into()),
                }
            }
            Body::Lazy | Body::Uncallable(_) => Ok(Reflected::Missing),
        };
        let result = match result {
            Ok(value) => self.context.charge(value.data()).map(|()| value),
            Err(failed) => Err(failed),
        };
        result.map_err(|failed| {
            self.place = match callee {
                Callee::Command(command) => Place::Command(command),
                Callee::Operand(operand) => Place::Operand(operand),
            };
            match Fault::from(failed) {
                Fault::Error(message) => Fault::Error(format!("error calling {name}: {message}")),
                limit @ Fault::Limit(_) => limit,
            }
        })
    }

    /// All that a function is called with, each as `keep` keeps it.
    fn values<T>(
        &mut self,
        function: &Function,
        arguments: &'p [Operand],
        piped: Option<Reflected>,
        receiver: Option<Data>,
        keep: fn(Reflected) -> T,
    ) -> Result<Vec<T>, Fault> {
        let parameter =
            |index: usize| function.parameters.get(index).copied().or(function.variadic).unwrap_or(Parameter::Any);
        let given = arguments.len() + usize::from(piped.is_some());
        // One more for what a call is told of its callee.
        let mut values = Vec::with_capacity(given + 1);
        values.extend(receiver.map(Reflected::Plain).map(keep));
        for (index, operand) in arguments.iter().enumerate() {
            values.push(keep(self.argument(operand, parameter(index), true)?));
        }
        if let Some(piped) = piped {
            values.push(keep(validate(piped, parameter(arguments.len()))?));
        }
        Ok(values)
    }

    /// `and` and `or`: the first operand that decides, or the last.
    fn lazy(&mut self, or: bool, arguments: &'p [Operand], piped: Option<Reflected>) -> Evaluated {
        let mut value = Reflected::Missing;
        for operand in arguments {
            value = self.argument(operand, Parameter::Reflected, true)?;
            if truth(&self.context.heap, value.data()) == or {
                return Ok(value);
            }
        }
        match piped {
            Some(piped) => validate(piped, Parameter::Reflected),
            None => Ok(value),
        }
    }

    /// An argument for a parameter; `typed` is false for the receiver of a chain, which may be anything.
    fn argument(&mut self, operand: &'p Operand, parameter: Parameter, typed: bool) -> Evaluated {
        self.place = Place::Operand(operand);
        let value = match &operand.kind {
            OperandKind::Dot => self.dot.clone(),
            OperandKind::Nil => {
                return match parameter {
                    Parameter::Any => Ok(Reflected::Wrapped(Data::Null)),
                    Parameter::Reflected => Ok(Reflected::Missing),
                    Parameter::Map => Ok(absent_map()),
                    _ if parameter.can_be_nil() => Ok(Reflected::Missing),
                    _ => Err(Fault::Error(format!("cannot assign nil to {parameter}"))),
                };
            }
            OperandKind::Field(_) | OperandKind::Chain { .. } => self.fields(operand, &[], None)?,
            OperandKind::Variable { name, fields } => {
                if fields.is_empty() {
                    self.variable(name)?
                } else {
                    self.fields(operand, &[], None)?
                }
            }
            OperandKind::Pipeline(pipeline) => self.pipeline(pipeline)?,
            OperandKind::Function(name) => self.function(name, Callee::Operand(operand), &[], None)?,
            OperandKind::Bool(_) | OperandKind::Number(_) | OperandKind::String { .. } => {
                return if typed { self.literal(operand, parameter) } else { self.constant(operand) };
            }
        };
        if typed { validate(value, parameter) } else { Ok(value) }
    }

    /// A literal as the parameter wants it.
    fn literal(&mut self, operand: &'p Operand, parameter: Parameter) -> Evaluated {
        let wanted = match (parameter, &operand.kind) {
            (Parameter::Any | Parameter::Reflected, _)
            | (Parameter::Bool, OperandKind::Bool(_))
            | (Parameter::String, OperandKind::String { .. }) => return self.constant(operand),
            (Parameter::Int, OperandKind::Number(Number { int: Some(int), .. })) => {
                return Ok(Reflected::Plain(Data::Int(*int)));
            }
            (Parameter::Duration, OperandKind::Number(Number { int: Some(int), .. })) => {
                return Ok(Reflected::Plain(special::of_duration(*int)));
            }
            (Parameter::Uint32, OperandKind::Number(Number { uint: Some(uint), .. })) => {
                // Go's reflection keeps the low bits.
                return Ok(Reflected::Plain(Data::Uint(uint & 0xffff_ffff)));
            }
            (Parameter::Float, OperandKind::Number(Number { float: Some(float), .. })) => {
                return Ok(Reflected::Plain(Data::Float(*float)));
            }
            (Parameter::Bool, _) => "bool",
            (Parameter::String, _) => "string",
            (Parameter::Int | Parameter::Duration, _) => "integer",
            (Parameter::Uint32, _) => "unsigned integer",
            (Parameter::Float, _) => "float",
            _ => return Err(Fault::Error(format!("can't handle {operand} for arg of type {parameter}"))),
        };
        Err(Fault::Error(format!("expected {wanted}; found {operand}")))
    }
}

impl Parameter {
    fn can_be_nil(self) -> bool {
        matches!(self, Self::Any | Self::Reflected | Self::Map | Self::List | Self::Version | Self::Location)
    }

    fn accepts(self, data: &Data) -> bool {
        match self {
            Self::Any | Self::Reflected => true,
            Self::Bool => matches!(data, Data::Bool(_)),
            Self::Int => matches!(data, Data::Int(_)),
            Self::Float => matches!(data, Data::Float(_)),
            Self::String => matches!(data, Data::String(_)),
            Self::Map => matches!(data, Data::Map(map) if map.element == Type::Any),
            Self::Time | Self::Version | Self::Duration | Self::Location => {
                matches!(data, Data::Special(special) if special.type_name() == self.to_string())
            }
            Self::List => matches!(data, Data::List(list) if list.element == Type::Any),
            Self::Certificate => matches!(data, Data::Struct(value) if value.kind.name == CERTIFICATE),
            Self::Uint32 => false,
        }
    }
}

fn absent_map() -> Reflected {
    Reflected::Plain(Data::Map(Arc::new(Map::absent(Type::Any))))
}

/// The value as the parameter takes it.
fn validate(value: Reflected, parameter: Parameter) -> Evaluated {
    match value {
        Reflected::Missing => match parameter {
            Parameter::Map => Ok(absent_map()),
            _ if parameter.can_be_nil() => Ok(Reflected::Missing),
            _ => Err(Fault::Error(format!("invalid value; expected {parameter}"))),
        },
        value if matches!(parameter, Parameter::Any | Parameter::Reflected) => Ok(value),
        Reflected::Plain(data) | Reflected::Wrapped(data) if parameter.accepts(&data) => Ok(Reflected::Plain(data)),
        value => {
            let got = match value.data() {
                Data::Null => "interface {}".to_owned(),
                data => data.type_name(),
            };
            Err(Fault::Error(format!("wrong type for value; expected {parameter}; got {got}")))
        }
    }
}

fn result(function: &Function, data: Data) -> Reflected {
    if function.returns_any || matches!(data, Data::Null) { Reflected::Wrapped(data) } else { Reflected::Plain(data) }
}

fn not_a_function(first: &Operand, arguments: &[Operand], piped: Option<&Reflected>) -> Result<(), Fault> {
    if arguments.is_empty() && piped.is_none() {
        return Ok(());
    }
    Err(Fault::Error(format!("can't give argument to non-function {first}")))
}

/// A literal number of its own kind.
fn ideal(number: &Number) -> Evaluated {
    if let Some((real, imaginary)) = number.complex {
        return Ok(Reflected::Plain(Data::Special(Special::Complex(real, imaginary))));
    }
    let written = number.written.as_str();
    let hexadecimal = matches!(written.as_bytes(), [b'0', b'x' | b'X', _, ..]) && !written.contains(['p', 'P']);
    let character = written.starts_with('\'');
    if let Some(float) = number.float
        && !hexadecimal
        && !character
        && written.contains(['.', 'e', 'E', 'p', 'P'])
    {
        return Ok(Reflected::Plain(Data::Float(float)));
    }
    match number.int {
        Some(int) => Ok(Reflected::Plain(Data::Int(int))),
        None => Err(Fault::Error(format!("{written} overflows int"))),
    }
}
