//! Which golden path serves each request, why, and what would change.

mod context;
mod driver_info;
mod expr;
mod identity;
mod recipe;
mod record;
mod request;

pub use context::{Context, Scope};
pub use driver_info::{Capabilities, DriverCatalogue, DriverInfo};
pub use expr::{Expr, Holes, MissingOutput};
pub use identity::{Guid, IdempotencyKey, Lineage};
pub use recipe::{Recipe, ReplaceOrder, Retention};
pub use record::{Intent, Object, Operation, Record};
pub use request::{
    Applied, ApplyRequest, Artefact, DestroyRequest, Failure, ImportRequest, InputProblem, ObserveRequest, Observed,
    PlanRequest, Planned, Prior, Request, Response, ValidateRequest,
};
