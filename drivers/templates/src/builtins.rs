//! The functions of Go's `text/template` itself.

use std::sync::Arc;

use crate::compare;
use crate::context::Context;
use crate::data::Data;
use crate::format::printer;
use crate::functions::{Failed, Function, Outcome, Parameter, Table};
use crate::operand::{Reflected, truth};
use crate::text::Text;
use crate::unicode;

const ONE: &[Parameter] = &[Parameter::Reflected];
const TWO: &[Parameter] = &[Parameter::Reflected, Parameter::Reflected];

pub(crate) static TABLE: Table = &[
    ("and", Function::lazy()),
    ("or", Function::lazy()),
    ("not", Function::reflected(ONE, not)),
    ("len", Function::reflected(ONE, len)),
    ("index", Function::reflected(ONE, index).and(Parameter::Reflected)),
    ("slice", Function::reflected(ONE, slice).and(Parameter::Reflected)),
    ("call", Function::call(call)),
    ("eq", Function::reflected(ONE, compare::eq).and(Parameter::Reflected)),
    ("ne", Function::reflected(TWO, compare::ne)),
    ("lt", Function::reflected(TWO, compare::lt)),
    ("le", Function::reflected(TWO, compare::le)),
    ("gt", Function::reflected(TWO, compare::gt)),
    ("ge", Function::reflected(TWO, compare::ge)),
    ("print", Function::plain(&[], print).and(Parameter::Any)),
    ("println", Function::plain(&[], println).and(Parameter::Any)),
    ("printf", Function::plain(&[Parameter::String], printf).and(Parameter::Any)),
    ("html", Function::plain(&[], html).and(Parameter::Any)),
    ("js", Function::plain(&[], js).and(Parameter::Any)),
    ("urlquery", Function::plain(&[], urlquery).and(Parameter::Any)),
];

type Result<T> = std::result::Result<T, Failed>;

fn first(arguments: &[Reflected]) -> &Reflected {
    arguments.first().unwrap_or(&Reflected::Missing)
}

fn not(context: &mut Context<'_>, arguments: &[Reflected]) -> Result<Reflected> {
    Ok(Reflected::Plain(Data::Bool(!truth(&context.heap, first(arguments).data()))))
}

fn len(context: &mut Context<'_>, arguments: &[Reflected]) -> Result<Reflected> {
    let length = match first(arguments) {
        Reflected::Missing => return Err("reflect: call of reflect.Value.Type on zero Value".into()),
        Reflected::Wrapped(Data::Null) => return Err("len of nil pointer".into()),
        value => match value.data() {
            Data::String(text) => text.len(),
            Data::List(list) => list.items.len(),
            Data::Map(map) => context.heap.entries(map).len(),
            other => return Err(format!("len of type {}", pointee(other)).into()),
        },
    };
    Ok(Reflected::Plain(Data::Int(i64::try_from(length).unwrap_or(i64::MAX))))
}

/// The type of a value, of what it points to if it is a pointer.
fn pointee(data: &Data) -> String {
    let name = data.type_name();
    name.strip_prefix('*').map(str::to_owned).unwrap_or(name)
}

/// A position in something of this length; the length itself is allowed.
fn position(index: &Data, length: usize) -> Result<usize> {
    let number = match index {
        Data::Int(number) | Data::Int64(number) => *number,
        Data::Uint(number) => number.cast_signed(),
        Data::Byte(number) => i64::from(*number),
        Data::Null => return Err("cannot index slice/array with nil".into()),
        Data::Special(special) if special.integer().is_some() => special.integer().unwrap_or_default(),
        other => return Err(format!("cannot index slice/array with type {}", other.type_name()).into()),
    };
    match usize::try_from(number) {
        Ok(position) if position <= length => Ok(position),
        _ => Err(format!("index out of range: {number}").into()),
    }
}

fn index(context: &mut Context<'_>, arguments: &[Reflected]) -> Result<Reflected> {
    let mut item = first(arguments).clone();
    if matches!(item.data(), Data::Null) {
        return Err("index of untyped nil".into());
    }
    for index in arguments.iter().skip(1).map(Reflected::data) {
        item = match item.data() {
            Data::Null => return Err("index of nil pointer".into()),
            Data::String(text) => {
                let position = position(index, text.len())?;
                match text.get(position) {
                    Some(byte) => Reflected::Plain(Data::Byte(*byte)),
                    None => return Err("reflect: string index out of range".into()),
                }
            }
            Data::List(list) => {
                let position = position(index, list.items.len())?;
                match list.items.get(position) {
                    Some(item) => Reflected::of(item.clone(), &list.element),
                    None => return Err("reflect: slice index out of range".into()),
                }
            }
            Data::Map(map) => {
                let key = match index {
                    Data::String(key) => key,
                    Data::Null => return Err("value is nil; should be of type string".into()),
                    other => return Err(format!("value has type {}; should be string", other.type_name()).into()),
                };
                let value = context.heap.entries(map).get(key).cloned().unwrap_or_else(|| map.element.zero());
                Reflected::of(value, &map.element)
            }
            other => return Err(format!("can't index item of type {}", pointee(other)).into()),
        };
    }
    Ok(item)
}

fn slice(_: &mut Context<'_>, arguments: &[Reflected]) -> Result<Reflected> {
    let item = first(arguments).data();
    let indexes = arguments.get(1..).unwrap_or_default();
    if matches!(item, Data::Null) {
        return Err("slice of untyped nil".into());
    }
    if indexes.len() > 3 {
        return Err(format!("too many slice indexes: {}", indexes.len()).into());
    }
    let length = match item {
        Data::String(_) if indexes.len() == 3 => return Err("cannot 3-index slice a string".into()),
        Data::String(text) => text.len(),
        Data::List(list) => list.items.len(),
        other => return Err(format!("can't slice item of type {}", pointee(other)).into()),
    };
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = position(index.data(), length)?;
    }
    let [start, end, capacity] = bounds;
    if start > end {
        return Err(format!("invalid slice index: {start} > {end}").into());
    }
    if end > capacity {
        return Err(format!("invalid slice index: {end} > {capacity}").into());
    }
    Ok(match item {
        Data::List(list) => {
            let items = list.items.get(start..end).unwrap_or_default().to_vec();
            Reflected::Plain(Data::List(Arc::new(crate::data::List::new(list.element.clone(), items))))
        }
        Data::String(text) => Reflected::Plain(Data::text(text.get(start..end).unwrap_or_default())),
        _ => Reflected::Missing,
    })
}

/// No value of a template is a function. The first argument says what was to be called.
fn call(_: &mut Context<'_>, arguments: &[Reflected]) -> Result<Reflected> {
    let [callee, function, ..] = arguments else {
        return Err("call of nil".into());
    };
    match (function.data(), callee.data()) {
        (Data::Null, _) => Err("call of nil".into()),
        (other, Data::String(callee)) => {
            Err(format!("non-function {} of type {}", callee.to_string_lossy(), other.type_name()).into())
        }
        (other, _) => Err(format!("non-function <{0} Value> of type {0}", other.type_name()).into()),
    }
}

fn print(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    Ok(Data::text(printer::print(&context.heap, arguments, context.limits.size)?))
}

fn println(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    Ok(Data::text(printer::print_line(&context.heap, arguments, context.limits.size)?))
}

fn printf(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let Some((Data::String(format), values)) = arguments.split_first() else {
        return Ok(Data::text(""));
    };
    Ok(Data::text(printer::printf(&context.heap, format, values, context.limits.size)?))
}

/// The arguments as one text, where nil is `<no value>`.
fn joined(context: &Context<'_>, arguments: &[Data]) -> Result<Text> {
    if let [Data::String(text)] = arguments {
        return Ok(text.clone());
    }
    let shown: Vec<Data> = arguments
        .iter()
        .map(|value| if matches!(value, Data::Null) { Data::text("<no value>") } else { value.clone() })
        .collect();
    Ok(Text::from(printer::print(&context.heap, &shown, context.limits.size)?))
}

fn html(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let text = joined(context, arguments)?;
    let mut out = Vec::with_capacity(text.len());
    for byte in text.iter() {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            other => out.push(*other),
        }
    }
    Ok(Data::text(out))
}

fn js(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let text = joined(context, arguments)?;
    let mut out = Vec::with_capacity(text.len());
    let mut position = 0;
    for (character, width) in unicode::characters(&text) {
        match character {
            '\\' => out.extend_from_slice(b"\\\\"),
            '\'' => out.extend_from_slice(b"\\'"),
            '"' => out.extend_from_slice(b"\\\""),
            '<' => out.extend_from_slice(b"\\u003C"),
            '>' => out.extend_from_slice(b"\\u003E"),
            '&' => out.extend_from_slice(b"\\u0026"),
            '=' => out.extend_from_slice(b"\\u003D"),
            _ if character < ' ' || !character.is_ascii() && !unicode::is_print(character) => {
                out.extend_from_slice(format!("\\u{:04X}", u32::from(character)).as_bytes());
            }
            _ => out.extend_from_slice(text.get(position..position + width).unwrap_or_default()),
        }
        position += width;
    }
    Ok(Data::text(out))
}

fn urlquery(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let text = joined(context, arguments)?;
    let mut out = String::with_capacity(text.len());
    for byte in text.iter() {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(*byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    Ok(Data::text(out))
}
