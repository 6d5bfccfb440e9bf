//! Which golden path serves each request, why, and what would change.

mod context;
mod driver_info;
mod explain;
mod expr;
mod identity;
mod platform;
mod recipe;
mod record;
mod request;
mod resolution;
mod resolver;

pub use context::{Context, Scope};
pub use driver_info::{Capabilities, DriverCatalogue, DriverInfo};
pub use explain::{Explanation, Mismatch, Outranked, Rejected};
pub use expr::{Expr, Holes, MissingOutput};
pub use identity::{Guid, IdempotencyKey, Lineage};
pub use platform::{
    ClassPattern, ContextError, ContextRequest, Coprovision, Entry, Environment, Module, Moved, Platform,
    PlatformBuilder, Precedence, RequestedBy, ResourceType, Rule, RuleId,
};
pub use recipe::{Recipe, ReplaceOrder, Retention};
pub use record::{Intent, Object, Operation, Record};
pub use request::{
    Applied, ApplyRequest, Artefact, DestroyRequest, Failure, ImportRequest, InputProblem, ObserveRequest, Observed,
    PlanRequest, Planned, Prior, Request, Response, ValidateRequest,
};
pub use resolution::{EdgeKind, EdgeLabel, Node, Resolution};
pub use resolver::Resolver;
