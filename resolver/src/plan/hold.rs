//! Old objects that stay for now, because something that is deferred depends on them.

use rustc_hash::FxHashMap;
use score_model::ResourceUid;

use super::recorded::Recorded;
use super::{Action, Change, Changes, Reason};

/// Keeps what deferred things depend on as recorded, and what that depends on in turn, as far as it would not go before its new object comes: nobody loses what it uses while it waits.
pub(super) fn for_deferred(changes: &mut Changes, recorded: &Recorded<'_>) {
    let goes_later = |change: &Change| change.destroys().is_some() && !change.destroys_first();
    let is_deferred = |change: &Change| change.action == Action::Deferred;
    if !changes.have([Action::Deferred]) {
        return;
    }
    let is_recorded = |(place, _): &(usize, &Change)| recorded.object(*place).is_some();
    let mut going: FxHashMap<&ResourceUid, Vec<usize>> = FxHashMap::default();
    for (place, change) in changes.iter().enumerate().filter(is_recorded).filter(|(_, change)| goes_later(change)) {
        going.entry(&change.uid).or_default().push(place);
    }
    let waiting = changes.iter().enumerate().filter(is_recorded).filter(|(_, change)| is_deferred(change));
    let mut stays: Vec<usize> = waiting.map(|(place, _)| place).collect();
    let mut held = Vec::new();
    let mut next = 0;
    while let Some(place) = stays.get(next).copied() {
        next += 1;
        let Some(by) = changes.get(place).map(|change| &change.uid) else { continue };
        for uid in recorded.depends_on(place) {
            for place in going.remove(uid).into_iter().flatten() {
                stays.push(place);
                held.push((place, by.clone()));
            }
        }
    }
    for (place, by) in held {
        changes.edit(place, |change| {
            change.reasons.push(Reason::StillUsed { by });
            if change.recipe.is_none() {
                change.action = Action::Deferred;
            }
        });
    }
}
