//! Maps.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::arguments::{any, bytes, map, string};
use crate::context::Context;
use crate::data::{Data, Map};
use crate::functions::Parameter::{Any, Map as Dict, String as Str};
use crate::functions::{Failed, Function, Outcome, Table};
use crate::heap::MAX_NESTING;
use crate::sprig::merge;
use crate::sprig::strings::to_text;
use crate::text::Text;

pub(crate) static TABLE: Table = &[
    ("dict", Function::plain(&[], dict).and(Any)),
    ("get", Function::plain(&[Dict, Str], get).any()),
    ("set", Function::plain(&[Dict, Str, Any], set)),
    ("unset", Function::plain(&[Dict, Str], unset)),
    ("hasKey", Function::plain(&[Dict, Str], has_key)),
    ("pluck", Function::plain(&[Str], pluck).and(Dict)),
    ("keys", Function::plain(&[], keys).and(Dict)),
    ("values", Function::plain(&[Dict], values)),
    ("pick", Function::plain(&[Dict], |context, a| choose(context, a, true)).and(Str)),
    ("omit", Function::plain(&[Dict], |context, a| choose(context, a, false)).and(Str)),
    ("merge", Function::plain(&[Dict], |context, a| merge::merge(context, a, false)).and(Dict).any()),
    ("mustMerge", Function::plain(&[Dict], |context, a| merge::merge(context, a, false)).and(Dict).any()),
    ("mergeOverwrite", Function::plain(&[Dict], |context, a| merge::merge(context, a, true)).and(Dict).any()),
    ("mustMergeOverwrite", Function::plain(&[Dict], |context, a| merge::merge(context, a, true)).and(Dict).any()),
    ("deepCopy", Function::plain(&[Any], deep_copy).any()),
    ("mustDeepCopy", Function::plain(&[Any], deep_copy).any()),
    ("dig", Function::plain(&[], dig).and(Any).any()),
];

/// The entries of the map at this place.
fn entries<'a>(context: &'a Context<'_>, arguments: &'a [Data], index: usize) -> Option<&'a BTreeMap<Text, Data>> {
    map(arguments, index).map(|map| context.heap.entries(map))
}

fn dict(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let mut entries = BTreeMap::new();
    for pair in arguments.chunks(2) {
        let key = to_text(context, any(pair, 0))?;
        entries.insert(key, pair.get(1).cloned().unwrap_or_else(|| Data::text("")));
    }
    Ok(Data::map(entries))
}

fn get(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let value = entries(context, arguments, 0).and_then(|entries| entries.get(bytes(arguments, 1)));
    Ok(value.cloned().unwrap_or_else(|| Data::text("")))
}

fn set(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    if let Some(map) = map(arguments, 0) {
        if map.absent {
            return Err("assignment to entry in nil map".into());
        }
        context.heap.entries_mut(map).insert(string(arguments, 1), any(arguments, 2).clone());
    }
    Ok(any(arguments, 0).clone())
}

fn unset(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    if let Some(map) = map(arguments, 0).filter(|map| !map.absent) {
        context.heap.entries_mut(map).remove(bytes(arguments, 1));
    }
    Ok(any(arguments, 0).clone())
}

fn has_key(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    Ok(entries(context, arguments, 0).is_some_and(|entries| entries.contains_key(bytes(arguments, 1))).into())
}

fn pluck(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let maps = (1..arguments.len()).filter_map(|index| entries(context, arguments, index));
    Ok(maps.filter_map(|entries| entries.get(bytes(arguments, 0))).cloned().collect())
}

fn keys(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let maps = (0..arguments.len()).filter_map(|index| entries(context, arguments, index));
    let keys: Vec<Text> = maps.flat_map(BTreeMap::keys).cloned().collect();
    context.step(keys.len())?;
    Ok(Data::strings(keys))
}

fn values(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let values: Vec<Data> = entries(context, arguments, 0).into_iter().flat_map(BTreeMap::values).cloned().collect();
    context.step(values.len())?;
    Ok(Data::list(values))
}

/// The entries whose keys are given, or all others.
fn choose(context: &mut Context<'_>, arguments: &[Data], given: bool) -> Outcome {
    let keys = arguments.get(1..).unwrap_or_default();
    let named = |key: &Text| keys.iter().any(|given| matches!(given, Data::String(given) if given == key));
    let entries = entries(context, arguments, 0).into_iter().flatten();
    let chosen: BTreeMap<Text, Data> =
        entries.filter(|(key, _)| named(key) == given).map(|(key, value)| (key.clone(), value.clone())).collect();
    context.step(chosen.len())?;
    Ok(Data::map(chosen))
}

fn deep_copy(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    match any(arguments, 0) {
        Data::Null => Err("reflect: call of reflect.Value.Type on zero Value".into()),
        value => copy(context, value, MAX_NESTING),
    }
}

/// New maps all the way down: nothing that is set in the copy shows in the original.
pub(crate) fn copy(context: &mut Context<'_>, value: &Data, depth: usize) -> Outcome {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Failed::Limit("the value is too deeply nested"));
    };
    Ok(match value {
        Data::Map(map) => {
            let originals = context.heap.entries(map).clone();
            context.step(originals.len())?;
            let mut entries = BTreeMap::new();
            for (key, value) in originals {
                let value = copy(context, &value, depth)?;
                entries.insert(key, value);
            }
            Data::Map(Arc::new(Map { element: map.element.clone(), absent: map.absent, entries }))
        }
        Data::List(list) => {
            context.step(list.items.len())?;
            let items: Result<Vec<Data>, Failed> = list.items.iter().map(|item| copy(context, item, depth)).collect();
            Data::List(Arc::new(crate::data::List {
                element: list.element.clone(),
                absent: list.absent,
                items: items?,
            }))
        }
        other => other.clone(),
    })
}

fn dig(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let [keys @ .., default, root] = arguments else {
        return Err("dig needs at least three arguments".into());
    };
    if keys.is_empty() {
        return Err("dig needs at least three arguments".into());
    }
    let mut value = root;
    assert_map(value)?;
    for key in keys {
        assert_string(key)?;
    }
    for key in keys {
        let (Data::Map(map), Data::String(key)) = (assert_map(value)?, key) else {
            return Ok(default.clone());
        };
        match context.heap.entries(map).get(key) {
            Some(next) => value = next,
            None => return Ok(default.clone()),
        }
    }
    Ok(value.clone())
}

fn assert_map(value: &Data) -> Result<&Data, Failed> {
    match value {
        Data::Map(map) if map.element == crate::types::Type::Any => Ok(value),
        other => Err(conversion(other, "map[string]interface {}")),
    }
}

fn assert_string(value: &Data) -> Result<(), Failed> {
    if matches!(value, Data::String(_)) { Ok(()) } else { Err(conversion(value, "string")) }
}

fn conversion(value: &Data, wanted: &str) -> Failed {
    let found = match value {
        Data::Null => "nil".to_owned(),
        other => other.type_name(),
    };
    format!("interface conversion: interface {{}} is {found}, not {wanted}").into()
}
