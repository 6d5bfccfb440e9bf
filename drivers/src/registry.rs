//! Drivers by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use score_resolver::{DriverCatalogue, DriverInfo};

use crate::{CommandDriver, DirectoryDriver, DriverRef, Layer, StaticDriver};

/// Drivers by name, with layers around all of them. Cheap to clone.
///
/// ```
/// use score_drivers::{Registry, StaticDriver};
///
/// let registry = Registry::empty().with("constants", StaticDriver);
/// assert!(registry.get("constants").is_some());
/// assert!(registry.catalogue()["constants"].capabilities.pure);
/// ```
#[derive(Clone)]
pub struct Registry {
    drivers: BTreeMap<Arc<str>, DriverRef>,
    layers: Vec<Around>,
}

type Around = Arc<dyn Fn(DriverRef) -> DriverRef + Send + Sync>;

impl Registry {
    /// The drivers that need nothing: `static`, and `command` and `directory` for the current directory. Without layers: an engine puts around them what every driver should have.
    pub fn new() -> Self {
        Self::empty()
            .with("static", StaticDriver)
            .with("command", CommandDriver::new())
            .with("directory", DirectoryDriver::new())
    }

    /// Nothing.
    pub fn empty() -> Self {
        Self { drivers: BTreeMap::new(), layers: Vec::new() }
    }

    /// With a driver under this name, in the place of one that has it already. The layers of the registry go around it.
    #[must_use]
    pub fn with(mut self, name: impl Into<Arc<str>>, driver: impl Into<DriverRef>) -> Self {
        let driver = self.layers.iter().fold(driver.into(), |driver, around| around(driver));
        self.drivers.insert(name.into(), driver);
        self
    }

    /// With a layer around every driver, those that come later too, and around the layers that there are. Each driver gets a clone: what clones of a layer share, such as a limit, all drivers share.
    #[must_use]
    pub fn layer(mut self, layer: impl Layer + Clone) -> Self {
        let around: Around = Arc::new(move |driver: DriverRef| driver.layer(layer.clone()));
        for driver in self.drivers.values_mut() {
            *driver = around(driver.clone());
        }
        self.layers.push(around);
        self
    }

    /// With a layer around those of the drivers that there are now of which `which` says so, and around the layers that they have.
    #[must_use]
    pub fn layer_where(mut self, which: impl Fn(&DriverInfo) -> bool, layer: impl Layer + Clone) -> Self {
        for driver in self.drivers.values_mut().filter(|driver| which(driver.info())) {
            *driver = driver.clone().layer(layer.clone());
        }
        self
    }

    /// The driver of this name, with all layers around it.
    pub fn get(&self, name: &str) -> Option<&DriverRef> {
        self.drivers.get(name)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.drivers.keys().map(|name| &**name)
    }

    /// What resolution and plan read of it.
    pub fn catalogue(&self) -> DriverCatalogue {
        self.drivers.iter().map(|(name, driver)| (name.clone(), driver.info().clone())).collect()
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("drivers", &self.drivers).finish_non_exhaustive()
    }
}
