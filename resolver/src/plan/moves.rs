//! Records that get another uid.

use std::borrow::Cow;

use score_model::ResourceUid;

use crate::{Record, Resolution, Snapshot};

/// The moves that the platform asks for and that are still to be made, and the snapshot after them.
///
/// What moved on from a uid moves to where the chain of entries ends. A move is to be made when the old uid is recorded and not desired, and the new one is desired and not recorded.
pub(super) fn apply<'a>(
    desired: Option<&Resolution>,
    snapshot: &'a Snapshot,
) -> (Vec<(ResourceUid, ResourceUid)>, Cow<'a, Snapshot>) {
    let desired = desired.filter(|desired| !desired.platform().moved().is_empty());
    let Some(desired) = desired else { return (Vec::new(), Cow::Borrowed(snapshot)) };
    let mut state = snapshot.clone();
    let mut moves = Vec::new();
    for (from, to) in desired.platform().moves() {
        let is_recorded = |uid| state.object(uid).is_some();
        if is_recorded(from) && !is_recorded(to) && desired.node(from).is_none() && desired.node(to).is_some() {
            state.fold(Record::Moved { from: from.clone(), to: to.clone() });
            moves.push((from.clone(), to.clone()));
        }
    }
    if moves.is_empty() { (moves, Cow::Borrowed(snapshot)) } else { (moves, Cow::Owned(state)) }
}
