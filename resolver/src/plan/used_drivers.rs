//! Which drivers a plan has to do with.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::DriverCatalogue;

/// The drivers of what is desired and of all that is recorded, by name.
#[derive(Debug, Default)]
pub(super) struct UsedDrivers {
    names: FxHashSet<Arc<str>>,
    /// The one that came last: mostly the next is the same.
    last: Option<Arc<str>>,
}

impl UsedDrivers {
    pub(super) fn add(&mut self, name: &Arc<str>) {
        if self.last.as_ref().is_none_or(|last| !Arc::ptr_eq(last, name)) {
            self.last = Some(name.clone());
            self.names.insert(name.clone());
        }
    }

    /// Whether all of them are there. Workloads have none.
    pub(super) fn are_all_in(&self, catalogue: &DriverCatalogue) -> bool {
        self.names.iter().all(|name| name.is_empty() || catalogue.contains_key(name))
    }

    /// Those that there are.
    pub(super) fn of(&self, catalogue: &DriverCatalogue) -> DriverCatalogue {
        let used = self.names.iter().filter_map(|name| catalogue.get_key_value(name));
        used.map(|(name, driver)| (name.clone(), driver.clone())).collect()
    }
}
