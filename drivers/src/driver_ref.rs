//! Any driver, whatever its type.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use score_resolver::{
    Applied, ApplyRequest, DestroyRequest, DriverInfo, ImportRequest, InputProblem, ObserveRequest, Observed,
    PlanRequest, Planned, Request, Response, ValidateRequest,
};

use crate::{Call, Driver, Error, ErrorKind, Layer, panic, redact};

/// Any driver, whatever its type, with the layers around it. Cheap to clone.
#[derive(Clone)]
pub struct DriverRef {
    info: DriverInfo,
    driver: Arc<dyn Erased>,
}

/// The twin of [`Driver`] that can be stored: its methods are one.
trait Erased: Send + Sync {
    fn call<'a>(&'a self, call: &'a Call, request: Request) -> BoxFuture<'a, Result<Response, Error>>;
}

impl DriverRef {
    /// This driver.
    pub fn new(driver: impl Driver) -> Self {
        let info = driver.info();
        Self { driver: Arc::new(Typed { info: info.clone(), driver }), info }
    }

    /// What is known of it without calling it.
    pub fn info(&self) -> &DriverInfo {
        &self.info
    }

    /// This driver with a layer around it and around all layers that it has.
    #[must_use]
    pub fn layer(self, layer: impl Layer) -> Self {
        Self { info: self.info.clone(), driver: Arc::new(Layered { layer, next: self }) }
    }

    /// Asks it. What it cannot do it is not asked: see [`Driver`].
    ///
    /// # Errors
    /// Those of the driver and its layers; a panic of the driver is one. Secrets of the request are struck out of messages and of what is logged.
    pub async fn call(&self, call: &Call, request: Request) -> Result<Response, Error> {
        self.driver.call(call, request).await
    }

    /// What is wrong with inputs. The same as [`call`](Self::call) with [`Request::Validate`].
    ///
    /// # Errors
    /// Those of [`call`](Self::call).
    pub async fn validate(&self, call: &Call, request: ValidateRequest) -> Result<Vec<InputProblem>, Error> {
        match self.call(call, Request::Validate(request)).await? {
            Response::Validate(answer) => Ok(answer),
            other => Err(mismatch("validate", &other)),
        }
    }

    /// What an apply would give. The same as [`call`](Self::call) with [`Request::Plan`].
    ///
    /// # Errors
    /// Those of [`call`](Self::call).
    pub async fn plan(&self, call: &Call, request: PlanRequest) -> Result<Planned, Error> {
        match self.call(call, Request::Plan(request)).await? {
            Response::Plan(answer) => Ok(answer),
            other => Err(mismatch("plan", &other)),
        }
    }

    /// Makes it so. The same as [`call`](Self::call) with [`Request::Apply`].
    ///
    /// # Errors
    /// Those of [`call`](Self::call).
    pub async fn apply(&self, call: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        match self.call(call, Request::Apply(request)).await? {
            Response::Apply(answer) => Ok(answer),
            other => Err(mismatch("apply", &other)),
        }
    }

    /// What is there. The same as [`call`](Self::call) with [`Request::Observe`].
    ///
    /// # Errors
    /// Those of [`call`](Self::call).
    pub async fn observe(&self, call: &Call, request: ObserveRequest) -> Result<Observed, Error> {
        match self.call(call, Request::Observe(request)).await? {
            Response::Observe(answer) => Ok(answer),
            other => Err(mismatch("observe", &other)),
        }
    }

    /// Adopts what is there. The same as [`call`](Self::call) with [`Request::Import`].
    ///
    /// # Errors
    /// Those of [`call`](Self::call).
    pub async fn import(&self, call: &Call, request: ImportRequest) -> Result<Observed, Error> {
        match self.call(call, Request::Import(request)).await? {
            Response::Import(answer) => Ok(answer),
            other => Err(mismatch("import", &other)),
        }
    }

    /// Makes it gone. The same as [`call`](Self::call) with [`Request::Destroy`].
    ///
    /// # Errors
    /// Those of [`call`](Self::call).
    pub async fn destroy(&self, call: &Call, request: DestroyRequest) -> Result<(), Error> {
        match self.call(call, Request::Destroy(request)).await? {
            Response::Destroy => Ok(()),
            other => Err(mismatch("destroy", &other)),
        }
    }
}

impl fmt::Debug for DriverRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DriverRef").field("info", &self.info).finish_non_exhaustive()
    }
}

impl<D: Driver> From<D> for DriverRef {
    fn from(driver: D) -> Self {
        Self::new(driver)
    }
}

struct Typed<D> {
    info: DriverInfo,
    driver: D,
}

impl<D: Driver> Erased for Typed<D> {
    fn call<'a>(&'a self, call: &'a Call, request: Request) -> BoxFuture<'a, Result<Response, Error>> {
        if let Some(answer) = instead(&self.info, &request) {
            return Box::pin(async { answer });
        }
        Box::pin(async move {
            let secrets = redact::secrets_of(&request);
            let redacted;
            let call = match &secrets {
                None => call,
                Some(secrets) => {
                    redacted = redact::call(call, secrets);
                    &redacted
                }
            };
            let answer = async {
                match request {
                    Request::Validate(request) => self.driver.validate(call, request).await.map(Response::Validate),
                    Request::Plan(request) => self.driver.plan(call, request).await.map(Response::Plan),
                    Request::Apply(request) => self.driver.apply(call, request).await.map(Response::Apply),
                    Request::Destroy(request) => self.driver.destroy(call, request).await.map(|()| Response::Destroy),
                    Request::Observe(request) => self.driver.observe(call, request).await.map(Response::Observe),
                    Request::Import(request) => self.driver.import(call, request).await.map(Response::Import),
                    other => Err(Error::unsupported(other.operation())),
                }
            };
            let answer = panic::caught(answer).await;
            match &secrets {
                None => answer,
                Some(secrets) => answer.map_err(|error| redact::error(error, secrets)),
            }
        })
    }
}

/// What is answered instead of asking a driver for what it cannot do.
fn instead(info: &DriverInfo, request: &Request) -> Option<Result<Response, Error>> {
    let can = info.capabilities;
    match request {
        Request::Validate(_) if !can.validate => Some(Ok(Response::Validate(Vec::new()))),
        Request::Plan(_) if !can.plan => Some(Ok(Response::Plan(Planned::default()))),
        Request::Destroy(_) if can.pure || !can.destroy => Some(Ok(Response::Destroy)),
        Request::Observe(_) if can.pure || !can.observe => Some(Ok(Response::Observe(Observed::Unknown))),
        Request::Import(_) if can.pure || !can.import => Some(Err(Error::unsupported("import"))),
        _ => None,
    }
}

struct Layered<L> {
    layer: L,
    next: DriverRef,
}

impl<L: Layer> Erased for Layered<L> {
    fn call<'a>(&'a self, call: &'a Call, request: Request) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(async move {
            let asked = request.operation();
            let response = self.layer.call(call, request, &self.next).await?;
            if asked == response.operation() { Ok(response) } else { Err(mismatch(asked, &response)) }
        })
    }
}

fn mismatch(asked: &str, response: &Response) -> Error {
    Error::new(ErrorKind::BadAnswer, format!("a layer answered `{}` to `{asked}`", response.operation()))
}
