//! What happens during a deployment, told as it happens: JSON lines on standard output, or text on standard error.

use std::io::Write;
use std::time::SystemTime;

use score_engine::model::Diagnostics;
use score_engine::resolver::{Event, Summary};
use serde_json::{Value, json};

use crate::arguments::Format;

/// Tells one event.
pub(crate) fn print(event: &Event, format: Format) {
    if format == Format::Json {
        let mut line = serde_json::to_value(event).unwrap_or_default();
        if let Value::Object(fields) = &mut line {
            fields.insert("time".into(), now().into());
        }
        print_line(&line);
    } else {
        // A closed pipe is no reason to stop a deployment.
        let _ = writeln!(std::io::stderr(), "{event}");
    }
}

/// Tells problems that were found before anything started.
pub(crate) fn print_diagnostics(diagnostics: &Diagnostics) {
    for diagnostic in diagnostics {
        let mut line = serde_json::to_value(diagnostic).unwrap_or_default();
        if let Value::Object(fields) = &mut line {
            fields.insert("event".into(), "diagnostic".into());
            fields.insert("time".into(), now().into());
        }
        print_line(&line);
    }
}

/// Tells that it is over.
pub(crate) fn print_finished(summary: &Summary) {
    print_line(&json!({
        "event": "finished",
        "time": now(),
        "succeeded": summary.succeeded,
        "unchanged": summary.unchanged,
        "failed": summary.failed,
        "skipped": summary.skipped,
        "cancelled": summary.cancelled,
    }));
}

fn print_line(line: &Value) {
    // A closed pipe is no reason to stop a deployment.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn now() -> String {
    jiff::Timestamp::try_from(SystemTime::now()).unwrap_or_default().to_string()
}
