//! What happens during a deployment, told as it happens: JSON lines on standard output, or text on standard error.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Write;
use std::time::SystemTime;

use score_engine::model::{Diagnostics, ResourceUid};
use score_engine::resolver::{Action, Event, Plan, Summary};
use serde_json::{Value, json};

use crate::arguments::Format;

/// What tells the events of this plan's deployment. In text, what the plan calls unchanged has no line of its own: a person looks for what happens.
pub(crate) fn teller(plan: &Plan, format: Format) -> impl FnMut(&Event) + use<> {
    let planned: BTreeMap<ResourceUid, Action> = match format {
        Format::Json => BTreeMap::new(),
        _ => {
            let changes = plan.changes().iter().filter(|change| change.action.is_change());
            changes.map(|change| (change.uid.clone(), change.action)).collect()
        }
    };
    move |event| match event {
        _ if format == Format::Json => print_line(serde_json::to_value(event).unwrap_or_default()),
        Event::Unchanged { uid } => match planned.get(uid) {
            None => {}
            // Of what has no effects only the record goes.
            Some(Action::Delete | Action::Forget) => print_text(&format_args!("{uid}: removed")),
            Some(_) => print_text(event),
        },
        _ => print_text(event),
    }
}

fn print_text(line: &dyn Display) {
    // A closed pipe is no reason to stop a deployment.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Tells problems that were found before anything started.
pub(crate) fn print_diagnostics(diagnostics: &Diagnostics) {
    for diagnostic in diagnostics {
        let mut line = serde_json::to_value(diagnostic).unwrap_or_default();
        if let Value::Object(fields) = &mut line {
            fields.insert("event".into(), "diagnostic".into());
        }
        print_line(line);
    }
}

/// Tells that it is over.
pub(crate) fn print_finished(summary: &Summary) {
    print_line(json!({
        "event": "finished",
        "succeeded": summary.succeeded,
        "unchanged": summary.unchanged,
        "failed": summary.failed,
        "skipped": summary.skipped,
        "cancelled": summary.cancelled,
    }));
}

/// Prints an object, and when that is.
fn print_line(mut line: Value) {
    if let Value::Object(fields) = &mut line {
        fields.insert("time".into(), now().into());
    }
    // A closed pipe is no reason to stop a deployment.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn now() -> String {
    jiff::Timestamp::try_from(SystemTime::now()).unwrap_or_default().to_string()
}
