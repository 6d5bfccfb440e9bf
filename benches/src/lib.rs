//! Deterministic generators that the benches share.

mod exponent;
mod score;
mod shape;

pub use exponent::{Measured, Series};
pub use score::score_yaml;
pub use shape::Shape;
