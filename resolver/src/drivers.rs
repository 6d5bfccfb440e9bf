//! The drivers that resolution knows, their schemas made ready.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::schema::Schema;
use crate::{DriverCatalogue, DriverInfo};

/// The drivers that resolution knows, the schemas of each made ready when it is first asked for: most platforms use few of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drivers(BTreeMap<Arc<str>, (DriverInfo, OnceLock<Driver>)>);

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Driver {
    pub(crate) info: DriverInfo,
    pub(crate) inputs: Option<Schema>,
    pub(crate) outputs: Option<Schema>,
}

impl Drivers {
    pub(crate) fn new(catalogue: DriverCatalogue) -> Self {
        Self(catalogue.into_iter().map(|(name, info)| (name, (info, OnceLock::new()))).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Driver> {
        let (info, driver) = self.0.get(name)?;
        Some(driver.get_or_init(|| Driver::new(info.clone())))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }
}

impl Driver {
    fn new(info: DriverInfo) -> Self {
        // A schema of a driver that is none says nothing: it is the driver's conformance kit that finds it.
        let schema = |json: &Option<Arc<score_model::Value>>| json.clone().and_then(|json| Schema::new(json).ok());
        Self { inputs: schema(&info.inputs), outputs: schema(&info.outputs), info }
    }
}
