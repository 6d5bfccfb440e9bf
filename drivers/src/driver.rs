//! What a driver author writes.

use std::future::Future;
use std::sync::Arc;

use score_resolver::{
    Applied, ApplyRequest, DestroyRequest, DriverInfo, ImportRequest, InputProblem, ObserveRequest, Observed,
    PlanRequest, Planned, ValidateRequest,
};

use crate::{Call, Error};

/// Code that creates, observes, updates and destroys one kind of thing. Only [`info`](Self::info) and [`apply`](Self::apply) are required; write the methods as plain `async fn`.
///
/// What a driver says in its [`Capabilities`](crate::Capabilities) that it cannot do is never asked of it: its inputs are sound, nothing is known before an apply, destroying is forgetting, observing tells
/// nothing, importing is an error.
///
/// # What every driver keeps
/// - The same key and inputs again: the same answer, and nothing is made twice.
/// - Destroying what is gone succeeds; it is not there afterwards.
/// - It decides nothing by clocks, chance or the environment but what its [`Call`] gives it.
/// - A failed apply returns what did come to exist ([`Error::with_partial`]).
/// - It does not retry: it marks errors as temporary, and the [`Retry`](crate::Retry) layer does.
/// - A call may be dropped at any moment, like any future. What must not be left half-done belongs in a thread or task that the call waits for.
///
/// [`Conformance`](crate::Conformance) holds a driver against this in one line.
pub trait Driver: Send + Sync + 'static {
    /// What is known of the driver without calling it. Asked once, when the driver is put into a [`DriverRef`](crate::DriverRef).
    fn info(&self) -> DriverInfo;

    /// Makes it so: creates, or changes what is there.
    ///
    /// # Errors
    /// What did come to exist all the same goes into the error.
    fn apply(&self, call: &Call, request: ApplyRequest) -> impl Future<Output = Result<Applied, Error>> + Send;

    /// Says what is wrong with inputs, beyond their schema. Parts may be unknown: `check` of a platform asks about each module, whatever resource it is for ([`Registry::unsound_modules`](crate::Registry)).
    ///
    /// # Errors
    /// It cannot tell.
    fn validate(
        &self,
        call: &Call,
        request: ValidateRequest,
    ) -> impl Future<Output = Result<Vec<InputProblem>, Error>> + Send {
        let _ = (call, request);
        async { Err(Error::unsupported("validate")) }
    }

    /// Tells what an apply would give. May read the world, never write to it.
    ///
    /// # Errors
    /// It cannot tell.
    fn plan(&self, call: &Call, request: PlanRequest) -> impl Future<Output = Result<Planned, Error>> + Send {
        let _ = (call, request);
        async { Err(Error::unsupported("plan")) }
    }

    /// Makes it gone. What is gone already is gone: that succeeds.
    ///
    /// # Errors
    /// It may still be there.
    fn destroy(&self, call: &Call, request: DestroyRequest) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = (call, request);
        async { Err(Error::unsupported("destroy")) }
    }

    /// Tells what is there.
    ///
    /// # Errors
    /// It could not look; not being able to tell is [`Observed::Unknown`].
    fn observe(&self, call: &Call, request: ObserveRequest) -> impl Future<Output = Result<Observed, Error>> + Send {
        let _ = (call, request);
        async { Err(Error::unsupported("observe")) }
    }

    /// Adopts what these inputs would have made.
    ///
    /// # Errors
    /// It could not look.
    fn import(&self, call: &Call, request: ImportRequest) -> impl Future<Output = Result<Observed, Error>> + Send {
        let _ = (call, request);
        async { Err(Error::unsupported("import")) }
    }
}

/// A driver that is shared, say between a registry and the test that looks into it.
impl<D: Driver> Driver for Arc<D> {
    fn info(&self) -> DriverInfo {
        D::info(self)
    }

    fn apply(&self, call: &Call, request: ApplyRequest) -> impl Future<Output = Result<Applied, Error>> + Send {
        D::apply(self, call, request)
    }

    fn validate(
        &self,
        call: &Call,
        request: ValidateRequest,
    ) -> impl Future<Output = Result<Vec<InputProblem>, Error>> + Send {
        D::validate(self, call, request)
    }

    fn plan(&self, call: &Call, request: PlanRequest) -> impl Future<Output = Result<Planned, Error>> + Send {
        D::plan(self, call, request)
    }

    fn destroy(&self, call: &Call, request: DestroyRequest) -> impl Future<Output = Result<(), Error>> + Send {
        D::destroy(self, call, request)
    }

    fn observe(&self, call: &Call, request: ObserveRequest) -> impl Future<Output = Result<Observed, Error>> + Send {
        D::observe(self, call, request)
    }

    fn import(&self, call: &Call, request: ImportRequest) -> impl Future<Output = Result<Observed, Error>> + Send {
        D::import(self, call, request)
    }
}
