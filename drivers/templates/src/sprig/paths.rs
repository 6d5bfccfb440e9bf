//! Paths, which are always those of Unix.

use crate::arguments::bytes;
use crate::context::Context;
use crate::data::Data;
use crate::functions::Parameter::{self, String as Str};
use crate::functions::{Function, Outcome, Table};

const ONE: &[Parameter] = &[Str];

pub(crate) static TABLE: Table = &[
    ("base", Function::plain(ONE, base)),
    ("dir", Function::plain(ONE, dir)),
    ("clean", Function::plain(ONE, |_, a| Ok(Data::text(cleaned(bytes(a, 0)))))),
    ("ext", Function::plain(ONE, ext)),
    ("isAbs", Function::plain(ONE, |_, a| Ok(bytes(a, 0).starts_with(b"/").into()))),
    ("osBase", Function::plain(ONE, base)),
    ("osDir", Function::plain(ONE, dir)),
    ("osClean", Function::plain(ONE, |_, a| Ok(Data::text(cleaned(bytes(a, 0)))))),
    ("osExt", Function::plain(ONE, ext)),
    ("osIsAbs", Function::plain(ONE, |_, a| Ok(bytes(a, 0).starts_with(b"/").into()))),
];

fn cleaned(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(last) if *last != b".." => drop(parts.pop()),
                None if rooted => {}
                _ => parts.push(part),
            },
            _ => parts.push(part),
        }
    }
    let mut out = if rooted { vec![b'/'] } else { Vec::new() };
    out.extend(parts.join(&b'/'));
    if out.is_empty() {
        out.push(b'.');
    }
    out
}

fn base(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let path = bytes(arguments, 0);
    if path.is_empty() {
        return Ok(Data::text("."));
    }
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    let name = path.get(..end).unwrap_or_default().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    Ok(Data::text(if name.is_empty() { b"/" } else { name }))
}

fn dir(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let path = bytes(arguments, 0);
    let end = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    Ok(Data::text(cleaned(path.get(..end).unwrap_or_default())))
}

fn ext(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let path = bytes(arguments, 0);
    let start = path.iter().rposition(|byte| matches!(byte, b'.' | b'/'));
    let extension = start.and_then(|start| path.get(start..)).filter(|extension| extension.starts_with(b"."));
    Ok(Data::text(extension.unwrap_or_default()))
}
