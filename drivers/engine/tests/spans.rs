//! Deployments as spans.

#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use futures_executor::block_on;
use score_engine::drivers::{MemoryDriver, Registry, Trace};
use score_engine::{Engine, MemoryStore};
use support::{chain, deploy, platform};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// What is told, each with the path of the spans that it stands in.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    /// The paths of all spans, by id.
    spans: Vec<String>,
    entered: Vec<Id>,
    lines: Vec<String>,
}

impl Lines {
    fn path(&self, parent: Option<&Id>, is_contextual: bool) -> String {
        let parent = if is_contextual { self.entered.last() } else { parent };
        parent.map_or_else(String::new, |id| format!("{} > ", self.spans[id.into_u64() as usize - 1]))
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if matches!(field.name(), "uid" | "operation" | "scope" | "message") {
            self.0.push_str(&format!(" {value:?}"));
        }
    }
}

impl Subscriber for Told {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut lines = self.0.lock().unwrap();
        let mut fields = Fields(lines.path(span.parent(), span.is_contextual()) + span.metadata().name());
        span.record(&mut fields);
        lines.spans.push(fields.0);
        Id::from_u64(lines.spans.len() as u64)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut lines = self.0.lock().unwrap();
        let path = lines.path(event.parent(), event.is_contextual());
        let mut fields = Fields(format!("{path}{}", event.metadata().level()));
        event.record(&mut fields);
        lines.lines.push(fields.0);
    }
    fn enter(&self, id: &Id) {
        self.0.lock().unwrap().entered.push(id.clone());
    }
    fn exit(&self, _: &Id) {
        self.0.lock().unwrap().entered.pop();
    }
}

#[test]
fn a_deployment_holds_its_nodes_and_they_their_calls() {
    let told = Told::default();
    let registry = Registry::new().with("memory", MemoryDriver::new()).layer(Trace);
    let engine = Engine::new(registry, MemoryStore::new()).platform(platform()).isolation(None);
    tracing::subscriber::with_default(told.clone(), || block_on(deploy(&engine, vec![chain("thing", 2)]))).unwrap();
    let lines = told.0.lock().unwrap().lines.join("\n");
    insta::assert_snapshot!(lines, @r#"
    driver call "plan" thing.default#chain.n0 > DEBUG answered
    driver call "plan" thing.default#chain.n1 > DEBUG answered
    deployment default/default/development > node thing.default#chain.n0 "apply" > DEBUG thing.default#chain.n0: applying
    deployment default/default/development > node thing.default#chain.n0 "apply" > driver call "apply" thing.default#chain.n0 > DEBUG answered
    deployment default/default/development > node thing.default#chain.n0 "apply" > DEBUG thing.default#chain.n0: applied
    deployment default/default/development > node thing.default#chain.n1 "apply" > DEBUG thing.default#chain.n1: applying
    deployment default/default/development > node thing.default#chain.n1 "apply" > driver call "apply" thing.default#chain.n1 > DEBUG answered
    deployment default/default/development > node thing.default#chain.n1 "apply" > DEBUG thing.default#chain.n1: applied
    deployment default/default/development > DEBUG workload.default#chain: unchanged
    "#);
}
