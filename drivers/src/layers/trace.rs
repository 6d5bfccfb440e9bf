//! Calls as spans.

use score_resolver::{Request, Response};
use tracing::Instrument as _;

use crate::{Call, DriverRef, Error, Layer};

/// Makes each call a [`tracing`] span `driver call` with `operation`, `uid` and `key`, and tells how it ended: at level debug, or warn where it failed. No value is shown, and no secret is in a message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trace;

impl Layer for Trace {
    async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, Error> {
        let span = tracing::info_span!(
            "driver call",
            operation = request.operation(),
            uid = %request.uid(),
            key = call.key().map(score_resolver::IdempotencyKey::as_str),
            attempt = call.attempt(),
        );
        async {
            let answer = next.call(call, request).await;
            match &answer {
                Ok(_) => tracing::debug!("answered"),
                Err(error) => {
                    tracing::warn!(kind = ?error.kind(), temporary = error.is_temporary(), "{}", error.full_message());
                }
            }
            answer
        }
        .instrument(span)
        .await
    }
}
