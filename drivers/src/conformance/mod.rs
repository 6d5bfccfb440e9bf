//! What every driver keeps, as a test.

mod demands;
mod suite;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use score_model::Value;

use self::suite::Suite;
use crate::DriverRef;

/// Holds a driver against what every driver keeps (see [`Driver`](crate::Driver)), with real calls: things are made, changed, repeated, dropped half-way, observed, imported and destroyed.
///
/// One line for a driver author:
///
/// ```
/// use score_drivers::{Conformance, MemoryDriver};
/// use serde_json::json;
///
/// # fn conforms() -> Result<(), score_drivers::Unmet> {
/// Conformance::of(json!({"size": 1})).check(MemoryDriver::new())
/// # }
/// # conforms().unwrap();
/// ```
///
/// More is found with inputs to [change](Self::changed_to) into, and where the world can be [counted](Self::counting).
///
/// Each call runs on a thread of its own, without a runtime. A driver that needs one comes with a layer that runs it there: `check(DriverRef::new(driver).layer(Isolate::on(move |task| drop(runtime.spawn(task)))))`.
#[derive(Clone)]
pub struct Conformance {
    inputs: Value,
    changed: Option<Value>,
    context: Option<Value>,
    limit: Duration,
    count: Option<Arc<dyn Fn() -> usize + Send + Sync>>,
}

/// What a driver does not keep: everything that was found. Its `Debug` is its text, for tests that return it.
#[derive(Clone, PartialEq, Eq)]
pub struct Unmet(Vec<UnmetDemand>);

/// One demand that a driver does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnmetDemand {
    /// What every driver keeps.
    pub demand: &'static str,
    /// What was found instead.
    pub found: String,
}

impl Conformance {
    /// With these inputs, from which the driver can make something.
    pub fn of(inputs: impl Into<Value>) -> Self {
        Self { inputs: inputs.into(), changed: None, context: None, limit: Duration::from_secs(60), count: None }
    }

    /// Also with inputs into which what was made can be changed.
    #[must_use]
    pub fn changed_to(self, inputs: impl Into<Value>) -> Self {
        Self { changed: Some(inputs.into()), ..self }
    }

    /// With this context, for drivers that ask for it.
    #[must_use]
    pub fn context(self, context: impl Into<Value>) -> Self {
        Self { context: Some(context.into()), ..self }
    }

    /// With a look into the world: how many things the driver made are there.
    #[must_use]
    pub fn counting(self, count: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        Self { count: Some(Arc::new(count)), ..self }
    }

    /// With another time in which each call must end; a minute otherwise. After one that does not end, no others are tried.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Holds a driver against all demands.
    ///
    /// # Errors
    /// All demands that it does not meet.
    pub fn check(&self, driver: impl Into<DriverRef>) -> Result<(), Unmet> {
        let unmet = Suite::new(self, driver.into()).run();
        if unmet.is_empty() { Ok(()) } else { Err(Unmet(unmet)) }
    }
}

impl fmt::Debug for Conformance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conformance")
            .field("inputs", &self.inputs)
            .field("changed", &self.changed)
            .finish_non_exhaustive()
    }
}

impl Unmet {
    /// The demands that are not met, in the order in which they were found.
    pub fn demands(&self) -> &[UnmetDemand] {
        &self.0
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the driver does not keep what every driver keeps:")?;
        self.0.iter().try_for_each(|UnmetDemand { demand, found }| writeln!(f, "- {demand}, but {found}"))
    }
}

impl fmt::Debug for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for Unmet {}
