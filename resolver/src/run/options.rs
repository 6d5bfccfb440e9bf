//! How a plan is executed.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use score_graph::OnFailure;

use crate::Step;

/// How a plan is executed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunOptions {
    /// How many steps may run at once; 10 unless given.
    pub parallelism: NonZeroUsize,
    /// How many steps may run at once with a driver; unlimited unless given.
    pub driver_limits: BTreeMap<Arc<str>, NonZeroUsize>,
    /// What to do after a failure; to start nothing new unless given.
    pub on_failure: OnFailure,
    /// How long steps are expected to take, in any unit: those with the longest way to the end start first.
    pub durations: BTreeMap<Step, u64>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            parallelism: NonZeroUsize::new(10).unwrap_or(NonZeroUsize::MIN),
            driver_limits: BTreeMap::new(),
            on_failure: OnFailure::default(),
            durations: BTreeMap::new(),
        }
    }
}

impl RunOptions {
    /// How many steps may run at once.
    #[must_use]
    pub fn parallelism(mut self, limit: NonZeroUsize) -> Self {
        self.parallelism = limit;
        self
    }

    /// How many steps may run at once with this driver.
    #[must_use]
    pub fn driver_limit(mut self, driver: impl Into<Arc<str>>, limit: NonZeroUsize) -> Self {
        self.driver_limits.insert(driver.into(), limit);
        self
    }

    /// What to do after a failure.
    #[must_use]
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// How long a step is expected to take.
    #[must_use]
    pub fn duration(mut self, step: Step, duration: u64) -> Self {
        self.durations.insert(step, duration);
        self
    }
}
