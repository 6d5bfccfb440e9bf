//! Go's `fmt`: values by verb, with flags, width and precision.

mod directives;
mod scalars;

use crate::data::Data;
use crate::heap::{Heap, MAX_NESTING};
use crate::special::Special;
use crate::text::Text;
use crate::unicode;
use crate::version::Version;

/// What a directive says between `%` and its verb.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    plus_v: bool,
    sharp_v: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Writes values into a buffer.
pub(crate) struct Printer<'h> {
    heap: &'h Heap,
    out: Vec<u8>,
    limit: usize,
    flags: Flags,
    erroring: bool,
    overflow: bool,
}

/// The result did not fit, or a value nests too deeply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// `fmt.Sprint`: the values one after the other, a blank between two that are no strings.
pub(crate) fn print(heap: &Heap, values: &[Data], limit: usize) -> Result<Vec<u8>, TooLarge> {
    let mut printer = Printer::new(heap, Vec::new(), limit);
    let mut after_string = false;
    for (index, value) in values.iter().enumerate() {
        let string = matches!(value, Data::String(_));
        if index > 0 && !string && !after_string {
            printer.push(" ");
        }
        printer.argument(value, 'v');
        after_string = string;
    }
    printer.finish()
}

/// `fmt.Sprintln`: the values separated by blanks, and a line end.
pub(crate) fn print_line(heap: &Heap, values: &[Data], limit: usize) -> Result<Vec<u8>, TooLarge> {
    let mut printer = Printer::new(heap, Vec::new(), limit);
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            printer.push(" ");
        }
        printer.argument(value, 'v');
    }
    printer.push("\n");
    printer.finish()
}

/// One value as `%v` appended to a buffer.
pub(crate) fn append(heap: &Heap, value: &Data, out: Vec<u8>, limit: usize) -> Result<Vec<u8>, TooLarge> {
    let mut printer = Printer::new(heap, out, limit);
    printer.argument(value, 'v');
    printer.finish()
}

/// `fmt.Sprintf`.
pub(crate) fn printf(heap: &Heap, format: &[u8], values: &[Data], limit: usize) -> Result<Vec<u8>, TooLarge> {
    let mut printer = Printer::new(heap, Vec::new(), limit);
    printer.formatted(format, values);
    printer.finish()
}

impl<'h> Printer<'h> {
    fn new(heap: &'h Heap, out: Vec<u8>, limit: usize) -> Self {
        Self { heap, out, limit, flags: Flags::default(), erroring: false, overflow: false }
    }

    fn finish(self) -> Result<Vec<u8>, TooLarge> {
        if self.overflow { Err(TooLarge) } else { Ok(self.out) }
    }

    fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    fn push_bytes(&mut self, bytes: &[u8]) {
        if self.out.len().saturating_add(bytes.len()) > self.limit {
            self.overflow = true;
        } else {
            self.out.extend_from_slice(bytes);
        }
    }

    fn push_char(&mut self, character: char) {
        self.push(character.encode_utf8(&mut [0; 4]));
    }

    fn fill(&mut self, count: usize, byte: u8) {
        if self.out.len().saturating_add(count) > self.limit {
            self.overflow = true;
        } else {
            self.out.resize(self.out.len() + count, byte);
        }
    }

    /// The text in its width; zeros only to the left.
    fn pad(&mut self, bytes: &[u8], zero: bool) {
        let Some(width) = self.flags.width else {
            return self.push_bytes(bytes);
        };
        let missing = width.saturating_sub(unicode::characters(bytes).count());
        if self.flags.minus {
            self.push_bytes(bytes);
            self.fill(missing, b' ');
        } else {
            self.fill(missing, if zero { b'0' } else { b' ' });
            self.push_bytes(bytes);
        }
    }

    fn pad_flagged(&mut self, bytes: &[u8]) {
        self.pad(bytes, self.flags.zero && !self.flags.minus);
    }

    fn argument(&mut self, value: &Data, verb: char) {
        match (value, verb) {
            (Data::Null, 'T' | 'v') => self.pad_flagged(b"<nil>"),
            (Data::Null, _) => self.bad_verb(value, verb, 0),
            (_, 'T') => self.string(value.type_name().as_bytes(), 's', value, 0),
            (Data::List(_) | Data::Map(_), 'p') => self.push("0x0"),
            (_, 'p') => self.bad_verb(value, verb, 0),
            _ => self.value(value, verb, 0),
        }
    }

    /// A value, at a depth in others.
    fn value(&mut self, value: &Data, verb: char, depth: usize) {
        if depth > MAX_NESTING || self.overflow {
            self.overflow = true;
            return;
        }
        if verb == 'w' && !self.erroring && !matches!(value, Data::Null) {
            return self.bad_verb(value, verb, depth);
        }
        match value {
            Data::Null => {
                // A nil in a list or map has no verb.
                if self.flags.sharp_v {
                    self.push("interface {}(nil)");
                } else {
                    self.push("<nil>");
                }
            }
            Data::Bool(bool) => {
                if matches!(verb, 't' | 'v') {
                    self.pad_flagged(if *bool { b"true" } else { b"false" });
                } else {
                    self.bad_verb(value, verb, depth);
                }
            }
            Data::Int(int) | Data::Int64(int) => self.integer(int.unsigned_abs(), *int < 0, true, verb, value, depth),
            Data::Uint(int) => self.integer(*int, false, false, verb, value, depth),
            Data::Byte(int) => self.integer(u64::from(*int), false, false, verb, value, depth),
            Data::Float(number) => self.float(*number, verb, value, depth),
            Data::String(text) => self.string(text, verb, value, depth),
            Data::Special(special) => {
                let stringer = matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') && !self.erroring && !self.flags.sharp_v;
                if let Special::Time(time) = special
                    && self.flags.sharp_v
                {
                    let source = time.to_source();
                    return self.pad_flagged(source.as_bytes());
                }
                match special {
                    Special::Complex(real, imaginary) => self.complex(*real, *imaginary, verb, value, depth),
                    _ if stringer => self.string(special.to_text().as_bytes(), verb, value, depth),
                    Special::Version(version) | Special::VersionValue(version) => {
                        let pointer = matches!(special, Special::Version(_));
                        self.version(version, pointer, verb, depth);
                    }
                    _ => match special.integer() {
                        Some(int) => self.integer(int.unsigned_abs(), int < 0, true, verb, value, depth),
                        None => self.string(special.to_text().as_bytes(), verb, value, depth),
                    },
                }
            }
            Data::List(list) => self.list(list, verb, depth),
            Data::Map(map) => {
                if self.flags.sharp_v {
                    self.push(&format!("map[string]{}", map.element));
                    if map.absent {
                        return self.push("(nil)");
                    }
                }
                self.push(if self.flags.sharp_v { "{" } else { "map[" });
                let heap = self.heap;
                for (index, (key, entry)) in heap.entries(map).iter().enumerate() {
                    self.separate(index);
                    self.value(&Data::String(key.clone()), verb, depth + 1);
                    self.push(":");
                    self.value(entry, verb, depth + 1);
                }
                self.close("]");
            }
            Data::Struct(fields) => {
                if fields.kind.pointer {
                    if depth > 0 {
                        return self.push("0xc000000000");
                    }
                    self.push("&");
                }
                if self.flags.sharp_v {
                    self.push(&fields.kind.name);
                }
                self.push("{");
                for (index, ((name, _), entry)) in fields.kind.fields.iter().zip(&fields.values).enumerate() {
                    self.separate(index);
                    if self.flags.plus_v || self.flags.sharp_v {
                        self.push(name);
                        self.push(":");
                    }
                    self.value(entry, verb, depth + 1);
                }
                self.push("}");
            }
        }
    }

    /// A version where its `String` method does not count: as the struct that it is.
    fn version(&mut self, version: &Version, pointer: bool, verb: char, depth: usize) {
        if pointer {
            if depth > 0 {
                return self.push("0xc000000000");
            }
            self.push("&");
        }
        if self.flags.sharp_v {
            self.push("semver.Version");
        }
        self.push("{");
        let fields = [
            ("major", Data::Uint(version.major)),
            ("minor", Data::Uint(version.minor)),
            ("patch", Data::Uint(version.patch)),
            ("pre", Data::from(version.prerelease.as_str())),
            ("metadata", Data::from(version.metadata.as_str())),
            ("original", Data::from(version.original.as_str())),
        ];
        for (index, (name, field)) in fields.iter().enumerate() {
            self.separate(index);
            if self.flags.plus_v || self.flags.sharp_v {
                self.push(name);
                self.push(":");
            }
            self.value(field, verb, depth + 1);
        }
        self.push("}");
    }

    fn list(&mut self, list: &crate::data::List, verb: char, depth: usize) {
        if self.flags.sharp_v {
            self.push(&format!("[]{}", list.element));
            if list.absent {
                return self.push("(nil)");
            }
        }
        self.push(if self.flags.sharp_v { "{" } else { "[" });
        for (index, item) in list.items.iter().enumerate() {
            self.separate(index);
            self.value(item, verb, depth + 1);
        }
        self.close("]");
    }

    fn close(&mut self, bracket: &str) {
        self.push(if self.flags.sharp_v { "}" } else { bracket });
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.push(if self.flags.sharp_v { ", " } else { " " });
        }
    }

    /// `%!verb(type=value)`
    fn bad_verb(&mut self, value: &Data, verb: char, depth: usize) {
        self.push("%!");
        self.push_char(verb);
        self.push("(");
        if matches!(value, Data::Null) {
            self.push("<nil>");
        } else {
            let erroring = std::mem::replace(&mut self.erroring, true);
            self.push(&value.type_name());
            self.push("=");
            self.value(value, 'v', depth);
            self.erroring = erroring;
        }
        self.push(")");
    }
}

/// The value as `%v` prints it.
pub(crate) fn text_of(heap: &Heap, value: &Data, limit: usize) -> Result<Text, TooLarge> {
    match value {
        Data::String(text) => Ok(text.clone()),
        _ => append(heap, value, Vec::new(), limit).map(Text::from),
    }
}
