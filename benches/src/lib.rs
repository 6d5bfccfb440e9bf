//! Deterministic generators that the benches share.

mod deployment;
mod exponent;
mod score;
mod shape;

pub use deployment::Deployment;
pub use exponent::{Measured, Series};
pub use score::score_yaml;
pub use shape::Shape;
