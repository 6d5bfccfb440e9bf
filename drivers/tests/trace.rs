//! Calls as spans.

#![cfg(feature = "tracing")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use futures_executor::block_on;
use score_drivers::{ApplyRequest, Call, CommandDriver, DriverRef, Guid, Lineage, Request, ResourceUid, Trace, Value};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Everything that is told, as text.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<String>>);

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.lock().unwrap().push_str(&format!(" {field}={value:?}"));
    }
}

impl Subscriber for Told {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.0.lock().unwrap().push_str(span.metadata().name());
        span.record(&mut self.clone());
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push_str(&format!("\n{}", event.metadata().level()));
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_call_is_a_span_without_secrets() {
    let told = Told::default();
    let uid: ResourceUid = "thing.default#shop.db".parse().unwrap();
    let guid = Guid::derive(&Lineage::new([1; 16]), &uid, 0);
    let inputs = Value::map([
        ("command", json!(["sh", "-c", "cat >&2; exit 1"]).into()),
        ("password", Value::secret(Value::from("correct-horse"))),
    ]);
    tracing::subscriber::with_default(told.clone(), || {
        let call = Call::new(score_resolver::Context::new("development").scope());
        let driver = DriverRef::new(CommandDriver::new()).layer(Trace);
        let answer = block_on(driver.call(&call, Request::Apply(ApplyRequest::new(uid, guid, inputs))));
        assert!(answer.is_err());
    });
    let told = told.0.lock().unwrap();
    assert!(told.starts_with(r#"driver call operation="apply" uid=thing.default#shop.db attempt=1"#), "{told}");
    assert!(told.contains("\nWARN message="), "{told}");
    assert!(told.contains("<secret>") && !told.contains("correct-horse"), "{told}");
}
