//! [`Context`]: what functions of a template may use and must keep to.

use std::collections::HashMap;
use std::sync::Arc;

use crate::data::Data;
use crate::format::printer::{self, TooLarge};
use crate::functions::Failed;
use crate::heap::Heap;
use crate::host::Host;
use crate::limits::Limits;
use crate::regexp::{Expressions, Regexp};
use crate::text::Text;

/// The state of a render that functions see.
pub(crate) struct Context<'h> {
    pub(crate) heap: Heap,
    pub(crate) host: &'h mut Host,
    pub(crate) limits: Limits,
    /// The regular expressions that this render has used.
    pub(crate) expressions: HashMap<Text, Arc<Regexp>>,
    /// Those that any render of the template has compiled.
    pub(crate) compiled: Arc<Expressions>,
    steps: u64,
}

impl From<TooLarge> for Failed {
    fn from(_: TooLarge) -> Self {
        Self::Limit("the result is too large or too deeply nested")
    }
}

impl<'h> Context<'h> {
    pub(crate) fn new(host: &'h mut Host, limits: Limits, compiled: Arc<Expressions>) -> Self {
        Self { heap: Heap::default(), host, limits, expressions: HashMap::new(), compiled, steps: 0 }
    }

    /// Accounts for work.
    pub(crate) fn step(&mut self, count: usize) -> Result<(), Failed> {
        self.steps = self.steps.saturating_add(count as u64);
        if self.steps > self.limits.steps { Err(Failed::Limit("the template does too much work")) } else { Ok(()) }
    }

    /// Asks before something of this size is made.
    pub(crate) fn reserve(&mut self, size: usize) -> Result<(), Failed> {
        if size > self.limits.size {
            return Err(TooLarge.into());
        }
        self.step(size / 64)
    }

    /// Asks before a list of this length is made.
    pub(crate) fn reserve_items(&mut self, length: usize) -> Result<(), Failed> {
        if length.saturating_mul(size_of::<Data>()) > self.limits.size {
            return Err(TooLarge.into());
        }
        self.step(length / 4)
    }

    /// Accounts for what a function made.
    pub(crate) fn charge(&mut self, data: &Data) -> Result<(), Failed> {
        match data {
            Data::String(text) => self.reserve(text.len()),
            Data::List(list) => self.reserve_items(list.items.len()),
            _ => Ok(()),
        }
    }

    /// The value as `%v` prints it.
    pub(crate) fn text_of(&self, value: &Data) -> Result<Text, Failed> {
        Ok(printer::text_of(&self.heap, value, self.limits.size)?)
    }
}
