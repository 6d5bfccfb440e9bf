//! The drivers that resolution knows, their schemas made ready.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::schema::Schema;
use crate::{DriverCatalogue, DriverInfo};

/// The drivers that resolution knows, their schemas made ready.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drivers(BTreeMap<Arc<str>, Driver>);

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Driver {
    pub(crate) info: DriverInfo,
    pub(crate) inputs: Option<Schema>,
    pub(crate) outputs: Option<Schema>,
}

impl Drivers {
    pub(crate) fn new(catalogue: DriverCatalogue) -> Self {
        // A schema of a driver that is none says nothing: it is the driver's conformance kit that finds it.
        let schema = |json: &Option<Arc<score_model::Value>>| json.clone().and_then(|json| Schema::new(json).ok());
        let driver = |info: DriverInfo| Driver { inputs: schema(&info.inputs), outputs: schema(&info.outputs), info };
        Self(catalogue.into_iter().map(|(name, info)| (name, driver(info))).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Driver> {
        self.0.get(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }
}
