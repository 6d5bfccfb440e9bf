//! What one render has changed in maps.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::data::{Data, List, Map, Struct};
use crate::text::Text;

/// How deep values may nest where something recurses over them.
pub(crate) const MAX_NESTING: usize = 200;

/// How many values may be gone through to settle one: values that share parts are larger than they look.
const MAX_SETTLED: usize = 1_000_000;

/// The maps that a render has changed, by identity.
///
/// Values are immutable and shared; a map that `set`, `unset` or `merge` changes gets its new entries here, and
/// everything that reads a map asks here first. So a map is a reference, as in Go, and the data that the render was
/// given stays as it was.
#[derive(Debug, Default)]
pub(crate) struct Heap {
    changed: HashMap<usize, Changed>,
}

#[derive(Debug)]
struct Changed {
    /// Kept, so that its address stays its identity.
    _map: Arc<Map>,
    entries: BTreeMap<Text, Data>,
}

fn identity(map: &Arc<Map>) -> usize {
    Arc::as_ptr(map).addr()
}

impl Heap {
    /// The entries of a map as they are now.
    pub(crate) fn entries<'a>(&'a self, map: &'a Arc<Map>) -> &'a BTreeMap<Text, Data> {
        if self.changed.is_empty() {
            return &map.entries;
        }
        self.changed.get(&identity(map)).map_or(&map.entries, |changed| &changed.entries)
    }

    /// The entries of a map, to change them.
    pub(crate) fn entries_mut(&mut self, map: &Arc<Map>) -> &mut BTreeMap<Text, Data> {
        let changed = self
            .changed
            .entry(identity(map))
            .or_insert_with(|| Changed { _map: Arc::clone(map), entries: map.entries.clone() });
        &mut changed.entries
    }

    /// The value as it is now, free of this heap; [`None`] if it contains itself or is
    /// too large.
    pub(crate) fn settled(&self, data: &Data) -> Option<Data> {
        if self.changed.is_empty() {
            return Some(data.clone());
        }
        let mut budget = MAX_SETTLED;
        self.settle(data, MAX_NESTING, &mut budget)
    }

    fn settle(&self, data: &Data, depth: usize, budget: &mut usize) -> Option<Data> {
        let depth = depth.checked_sub(1)?;
        *budget = budget.checked_sub(1)?;
        Some(match data {
            Data::List(list) => Data::List(match self.settle_all(&list.items, depth, budget)? {
                Some(items) => Arc::new(List { element: list.element.clone(), absent: list.absent, items }),
                None => Arc::clone(list),
            }),
            Data::Struct(value) => Data::Struct(match self.settle_all(&value.values, depth, budget)? {
                Some(values) => Arc::new(Struct { kind: Arc::clone(&value.kind), values }),
                None => Arc::clone(value),
            }),
            Data::Map(map) => {
                let mut changed = self.changed.contains_key(&identity(map));
                let mut entries = BTreeMap::new();
                for (key, value) in self.entries(map) {
                    let settled = self.settle(value, depth, budget)?;
                    changed |= !same(value, &settled);
                    entries.insert(key.clone(), settled);
                }
                if !changed {
                    return Some(data.clone());
                }
                Data::Map(Arc::new(Map { element: map.element.clone(), absent: map.absent, entries }))
            }
            _ => data.clone(),
        })
    }

    /// The values as they are now, if any of them changed.
    fn settle_all(&self, values: &[Data], depth: usize, budget: &mut usize) -> Option<Option<Vec<Data>>> {
        let mut changed = false;
        let mut settled = Vec::with_capacity(values.len());
        for value in values {
            let now = self.settle(value, depth, budget)?;
            changed |= !same(value, &now);
            settled.push(now);
        }
        Some(changed.then_some(settled))
    }
}

/// Whether two values are one allocation, or have none.
fn same(before: &Data, after: &Data) -> bool {
    match (before, after) {
        (Data::List(before), Data::List(after)) => Arc::ptr_eq(before, after),
        (Data::Map(before), Data::Map(after)) => Arc::ptr_eq(before, after),
        (Data::Struct(before), Data::Struct(after)) => Arc::ptr_eq(before, after),
        _ => true,
    }
}
