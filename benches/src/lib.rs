//! Deterministic generators that the benches share.

mod exponent;
mod shape;

pub use exponent::{Measured, Series};
pub use shape::Shape;
