//! How resources ended, each counted once.

use crate::Summary;

/// How one resource ended so far; of several steps the worst counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ended {
    NotYet,
    Unchanged,
    Succeeded,
    Skipped,
    Cancelled,
    Failed,
}

#[derive(Clone, Debug)]
pub(super) struct Tally {
    ended: Vec<Ended>,
    summary: Summary,
}

impl Tally {
    pub(super) fn new(changes: usize) -> Self {
        Self { ended: vec![Ended::NotYet; changes], summary: Summary::default() }
    }

    pub(super) fn summary(&self) -> Summary {
        self.summary
    }

    pub(super) fn is_skipped(&self, change: usize) -> bool {
        matches!(self.ended.get(change), Some(Ended::Skipped | Ended::Cancelled))
    }

    pub(super) fn unchanged(&mut self, change: usize) {
        self.set(change, Ended::Unchanged);
    }

    pub(super) fn succeeded(&mut self, change: usize) {
        self.set(change, Ended::Succeeded);
    }

    pub(super) fn skipped(&mut self, change: usize) {
        self.set(change, Ended::Skipped);
    }

    pub(super) fn cancelled(&mut self, change: usize) {
        self.set(change, Ended::Cancelled);
    }

    pub(super) fn failed(&mut self, change: usize) {
        self.set(change, Ended::Failed);
    }

    fn set(&mut self, change: usize, new: Ended) {
        let Some(ended) = self.ended.get_mut(change).filter(|ended| **ended < new) else { return };
        let old = std::mem::replace(ended, new);
        if let Some(count) = self.count(old) {
            *count -= 1;
        }
        if let Some(count) = self.count(new) {
            *count += 1;
        }
    }

    fn count(&mut self, of: Ended) -> Option<&mut usize> {
        match of {
            Ended::NotYet => None,
            Ended::Unchanged => Some(&mut self.summary.unchanged),
            Ended::Succeeded => Some(&mut self.summary.succeeded),
            Ended::Skipped => Some(&mut self.summary.skipped),
            Ended::Cancelled => Some(&mut self.summary.cancelled),
            Ended::Failed => Some(&mut self.summary.failed),
        }
    }
}
