//! Deterministic generators that the benches share.

mod deployment;
mod exponent;
mod score;
mod shape;

pub use deployment::{ORDINARY, THINGS, ordinary, things};
pub use exponent::{Measured, Series};
pub use score::score_yaml;
pub use shape::Shape;
