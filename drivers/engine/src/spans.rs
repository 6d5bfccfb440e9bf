//! A deployment as spans of `tracing`.

use std::collections::BTreeMap;

use score_model::ResourceUid;
use score_resolver::{Event, Operation, Scope};
use tracing::Span;

/// The span `deployment` (`scope`), below it a span `node` (`uid`, `operation`) from a resource's first call to its end, and in them all events, at level debug or warn where something failed.
pub(crate) struct Spans {
    deployment: Span,
    nodes: BTreeMap<ResourceUid, Span>,
}

impl Spans {
    pub(crate) fn new(scope: &Scope) -> Self {
        Self { deployment: tracing::info_span!("deployment", %scope), nodes: BTreeMap::new() }
    }

    /// Notes what happened.
    pub(crate) fn note(&mut self, event: &Event) {
        if self.deployment.is_disabled() {
            return;
        }
        if let Event::Started { uid, operation } = event {
            let operation = match operation {
                Operation::Apply => "apply",
                Operation::Destroy => "destroy",
            };
            let node = tracing::info_span!(parent: &self.deployment, "node", %uid, operation);
            self.nodes.insert(uid.clone(), node);
        }
        let span = self.of(event.uid());
        match event {
            Event::Failed { .. } => tracing::warn!(parent: span, "{event}"),
            _ => tracing::debug!(parent: span, "{event}"),
        }
        if let Event::Succeeded { uid, .. }
        | Event::Unchanged { uid }
        | Event::Failed { uid, .. }
        | Event::Skipped { uid, .. }
        | Event::Cancelled { uid } = event
        {
            self.nodes.remove(uid);
        }
    }

    /// What belongs to a resource happens in its span, or in the deployment's where it has none.
    pub(crate) fn of(&self, uid: Option<&ResourceUid>) -> &Span {
        uid.and_then(|uid| self.nodes.get(uid)).unwrap_or(&self.deployment)
    }
}
