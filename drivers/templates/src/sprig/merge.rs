//! `merge` and `mergeOverwrite`: maps into the first one.

use std::sync::Arc;

use crate::arguments::any;
use crate::context::Context;
use crate::data::{Data, Map};
use crate::functions::{Failed, Outcome};
use crate::heap::MAX_NESTING;
use crate::sprig::defaults::empty;
use crate::types::Type;

/// Merges all further maps into the first. What the first has stays, unless it is empty or is to be overwritten; maps
/// on both sides are merged in turn. Nested maps of a source that the first does not have are shared with it.
pub(crate) fn merge(context: &mut Context<'_>, arguments: &[Data], overwrite: bool) -> Outcome {
    let mut target = match any(arguments, 0) {
        Data::Map(target) => Arc::clone(target),
        _ => return Ok(Data::Null),
    };
    for source in arguments.iter().skip(1) {
        let Data::Map(source) = source else { continue };
        if target.absent {
            if source.absent {
                continue;
            }
            target = Arc::new(Map::new(Type::Any, std::collections::BTreeMap::new()));
        }
        into(context, &target, source, overwrite, MAX_NESTING)?;
    }
    Ok(Data::Map(target))
}

fn into(
    context: &mut Context<'_>,
    target: &Arc<Map>,
    source: &Arc<Map>,
    overwrite: bool,
    depth: usize,
) -> Result<(), Failed> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Failed::Limit("the value is too deeply nested"));
    };
    let entries = context.heap.entries(source).clone();
    context.step(entries.len())?;
    for (key, value) in entries {
        let current = context.heap.entries(target).get(&key).cloned();
        match (&value, &current) {
            // Nil overwrites, but fills nothing.
            (Data::Null, _) if !overwrite => continue,
            (Data::Map(source), Some(Data::Map(target))) if source.element == target.element && !target.absent => {
                into(context, target, source, overwrite, depth)?;
                if !empty(&context.heap, &Data::Map(Arc::clone(target))) {
                    continue;
                }
            }
            _ => {}
        }
        let vacant = current.is_none_or(|current| empty(&context.heap, &current));
        if overwrite || vacant {
            context.heap.entries_mut(target).insert(key, value);
        }
    }
    Ok(())
}
