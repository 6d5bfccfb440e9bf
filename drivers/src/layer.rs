//! Drivers around drivers.

use std::future::Future;

use score_resolver::{Request, Response};

use crate::{Call, DriverRef, Error};

/// A driver around a driver: one function that sees every request, whatever the operation.
///
/// A layer answers a request with the response of the same operation; [`DriverRef`] turns anything else into an error.
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use score_drivers::{Call, DriverRef, Error, Layer, Request, Response};
///
/// /// Counts what is asked.
/// #[derive(Default)]
/// struct Count(AtomicU32);
///
/// impl Layer for Count {
///     async fn call(&self, call: &Call, request: Request, next: &DriverRef) -> Result<Response, Error> {
///         self.0.fetch_add(1, Ordering::Relaxed);
///         next.call(call, request).await
///     }
/// }
/// ```
pub trait Layer: Send + Sync + 'static {
    /// Answers `request`, usually by asking `next`.
    ///
    /// # Errors
    /// Those of the driver, and the layer's own.
    fn call(
        &self,
        call: &Call,
        request: Request,
        next: &DriverRef,
    ) -> impl Future<Output = Result<Response, Error>> + Send;
}

/// A layer that is shared, say between a driver and the test that looks into it.
impl<L: Layer> Layer for std::sync::Arc<L> {
    fn call(
        &self,
        call: &Call,
        request: Request,
        next: &DriverRef,
    ) -> impl Future<Output = Result<Response, Error>> + Send {
        L::call(self, call, request, next)
    }
}
