//! Which golden path serves each request, why, and what would change.

mod check;
mod chunks;
mod context;
mod dependents;
mod drift;
mod driver_info;
mod drivers;
mod event;
mod explain;
mod expr;
mod expression;
mod foreseen;
pub mod golden_path;
mod identity;
mod impact;
mod import;
mod kept;
mod lanes;
mod likely;
mod listing;
mod offer;
mod outputs;
mod plan;
mod platform;
mod provisioned;
mod recipe;
mod record;
mod rendering;
mod request;
mod resolution;
mod resolve;
mod run;
mod sameness;
mod schema;
mod snapshot;
mod suggest;

pub use check::{BUDGET, Promise, Proof, check};
pub use context::{Context, Scope};
pub use drift::{Difference, Drift, DriftStatus, Drifted};
pub use driver_info::{Capabilities, DriverCatalogue, DriverInfo};
pub use event::{Event, Summary};
pub use explain::{Explanation, Mismatch, Outranked, Rejected};
pub use expr::{Expr, Holes, MissingOutput};
pub use golden_path::{GoldenPathTests, TestOutcome};
pub use identity::{Guid, IdempotencyKey, InvalidGuid, Lineage};
pub use impact::{Effect, Impact, impact};
pub use import::{Import, ImportError};
pub use listing::{Listed, RecordError, Status};
pub use offer::{Offer, OfferedType};
pub use plan::{
    Action, Ask, Basis, Change, Changes, MovedBasis, Plan, PlanOptions, PlanSummary, Planner, Preview, Proposal,
    Reason, Settled, SourceDigest, Stale, Step, UnreadablePlan,
};
pub use platform::{
    ClassPattern, ContextError, ContextRequest, Coprovision, Entry, Environment, Module, Moved, Platform,
    PlatformBuilder, Precedence, RequestedBy, ResourceType, Rule, RuleId, RuleLocation,
};
pub use recipe::{Recipe, ReplaceOrder, Retention};
pub use record::{Intent, Object, Operation, Record};
pub use request::{
    Applied, ApplyRequest, Artefact, DestroyRequest, Failure, ImportRequest, InputProblem, ObserveRequest, Observed,
    PlanRequest, Planned, Prior, Request, Response, ValidateRequest,
};
pub use resolution::{EdgeKind, EdgeLabel, Node, Resolution};
pub use resolve::Resolver;
pub use run::{Command, Invocation, Run, RunOptions, Ticket};
pub use schema::{InvalidSchema, Schema, Violation};
pub use score_graph::OnFailure;
pub use snapshot::{Snapshot, StoredDocument};
