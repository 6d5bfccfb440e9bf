//! What a person may want to know before saying yes.

use std::collections::BTreeMap;

use score_model::{Diagnostic, Diagnostics, Value};

use super::{Action, Change, Changes};
use crate::Snapshot;

/// Warns where something new is probably something old under another name: of one type and class, and made of the same inputs, or the only one that comes while only one goes.
pub(super) fn renames(changes: &Changes, state: &Snapshot, warnings: &mut Diagnostics) {
    if !changes.have([Action::Delete]) || !changes.have([Action::Create]) {
        return;
    }
    let of_kind = |action: Action| {
        let mut kinds: BTreeMap<(&str, &str), Vec<&Change>> = BTreeMap::new();
        for change in changes.iter().filter(|change| change.action == action && !change.uid.is_workload()) {
            kinds.entry((change.uid.ty(), change.uid.class())).or_default().push(change);
        }
        kinds
    };
    let (mut going, coming) = (of_kind(Action::Delete), of_kind(Action::Create));
    for (kind, coming) in coming {
        let Some(going) = going.remove(&kind) else { continue };
        let print = |inputs: &Option<Value>| inputs.as_ref()?.fingerprint(state.fingerprint_key());
        let mut by_inputs: BTreeMap<_, Vec<&Change>> = BTreeMap::new();
        for old in &going {
            by_inputs.entry(print(&old.before)).or_default().push(old);
        }
        for new in &coming {
            let same = print(&new.after).and_then(|print| by_inputs.get_mut(&Some(print))?.pop());
            let only = || (going.len() == 1 && coming.len() == 1).then(|| going.first().copied()).flatten();
            if let Some(old) = same.or_else(only) {
                warnings.push(rename(old, new));
            }
        }
    }
}

fn rename(old: &Change, new: &Change) -> Diagnostic {
    let (from, to) = (&old.uid, &new.uid);
    let message = format!("`{from}` is deleted and `{to}` created: is that the same under another name?");
    Diagnostic::warning("likely-rename", message)
        .help(format!("to keep it, add `{{from: \"{from}\", to: \"{to}\"}}` under `moved:` in the platform, or say `state move '{from}' '{to}'`"))
}
